package walrus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/floe-data/floe/sdk/sui"
)

// A Member is a storage node of a committee.
type Member struct {
	Name      string
	URL       string // where its HTTP API is served, e.g. http://127.0.0.1:9185
	PublicKey []byte // BLS12-381, 48 bytes
	Shards    []int  // its weight is their number
}

// A Committee is the set of storage nodes of one epoch. The order of Members
// is that of the chain: certificates name members by their index.
type Committee struct {
	Epoch   uint32
	NShards int
	Members []Member
}

// ErrNoQuorum means that too little weight stands behind something.
var ErrNoQuorum = errors.New("not a quorum")

// Validate checks that every shard belongs to exactly one member and that the
// keys are sound and distinct.
func (c *Committee) Validate() error {
	if _, err := NewParams(c.NShards); err != nil {
		return fmt.Errorf("check committee: %w", err)
	}
	owner := make([]string, c.NShards)
	owned := 0
	keys := make(map[string]string)
	for _, m := range c.Members {
		if _, err := parsePublicKey(m.PublicKey); err != nil {
			return fmt.Errorf("check committee: node %q: %w", m.Name, err)
		}
		if other, ok := keys[string(m.PublicKey)]; ok {
			return fmt.Errorf("check committee: nodes %q and %q have the same key", other, m.Name)
		}
		keys[string(m.PublicKey)] = m.Name
		for _, s := range m.Shards {
			if s < 0 || s >= c.NShards || owner[s] != "" {
				return fmt.Errorf("check committee: node %q: shard %d is out of range or owned twice", m.Name, s)
			}
			owner[s] = "node " + m.Name
			owned++
		}
	}
	if owned != c.NShards {
		return fmt.Errorf("check committee: %d of %d shards have an owner", owned, c.NShards)
	}
	return nil
}

// IsQuorum reports whether weight suffices for a certificate: 3w ≥ 2n+1.
func (c *Committee) IsQuorum(weight int) bool { return 3*weight >= 2*c.NShards+1 }

// IsValidity reports whether weight includes a correct node: 3w ≥ n+1.
func (c *Committee) IsValidity(weight int) bool { return 3*weight >= c.NShards+1 }

// Confirmation is what a storage node signs: in Epoch it holds all slivers of
// BlobID that it must hold. Deletable is the Blob object's id, nil for a
// permanent blob.
type Confirmation struct {
	Epoch     uint32
	BlobID    BlobID
	Deletable *sui.Address
}

// Intents of signed messages: type, version 0, application 3 (Walrus).
var (
	intentPoP          = []byte{0, 0, 3}
	intentConfirmation = []byte{1, 0, 3}
)

// Message returns the bytes to sign: intent ‖ epoch u32le ‖ blob id ‖ 0, or …
// ‖ 1 ‖ object id.
func (c Confirmation) Message() []byte {
	b := binary.LittleEndian.AppendUint32(slices.Clone(intentConfirmation), c.Epoch)
	b = append(b, c.BlobID[:]...)
	if c.Deletable == nil {
		return append(b, 0)
	}
	return append(append(b, 1), c.Deletable[:]...)
}

// ParseConfirmation reads exactly one message.
func ParseConfirmation(b []byte) (Confirmation, error) {
	var c Confirmation
	if len(b) != 40 && len(b) != 72 || !bytes.HasPrefix(b, intentConfirmation) {
		return c, fmt.Errorf("parse confirmation: %d bytes are not a storage confirmation", len(b))
	}
	c.Epoch = binary.LittleEndian.Uint32(b[3:])
	copy(c.BlobID[:], b[7:])
	switch {
	case b[39] == 0 && len(b) == 40:
	case b[39] == 1 && len(b) == 72:
		c.Deletable = new(sui.Address)
		copy(c.Deletable[:], b[40:])
	default:
		return Confirmation{}, errors.New("parse confirmation: persistence is neither permanent nor deletable")
	}
	return c, nil
}

// ProofOfPossession signs that the holder of key may join the committee of
// epoch that the account admin registers: 00 00 03 ‖ epoch u32le ‖ admin ‖
// public key.
func ProofOfPossession(key *SecretKey, epoch uint32, admin sui.Address) []byte {
	return key.Sign(popMessage(key.PublicKey(), epoch, admin))
}

// VerifyProofOfPossession checks what ProofOfPossession made.
func VerifyProofOfPossession(publicKey []byte, epoch uint32, admin sui.Address, proof []byte) error {
	return VerifySignature(publicKey, popMessage(publicKey, epoch, admin), proof)
}

func popMessage(publicKey []byte, epoch uint32, admin sui.Address) []byte {
	b := binary.LittleEndian.AppendUint32(slices.Clone(intentPoP), epoch)
	return append(append(b, admin[:]...), publicKey...)
}

// A Certificate proves to the chain that a quorum holds a blob. It is good for
// the epoch of its message only.
type Certificate struct {
	Signers   []int  // ascending indices into the committee's members
	Message   []byte // see Confirmation
	Signature []byte // aggregate, 96 bytes
	Weight    int    // shards of the signers
	Members   int    // size of the committee

	// Failures names the nodes that did not confirm in time; for the user,
	// not part of what is certified.
	Failures []NodeFailure
}

// NewCertificate aggregates signatures of message by member index. They must
// have been verified one by one. It errs with ErrNoQuorum.
func NewCertificate(c *Committee, message []byte, signatures map[int][]byte) (*Certificate, error) {
	cert := &Certificate{Message: message, Members: len(c.Members)}
	for i := range signatures {
		if i < 0 || i >= len(c.Members) {
			return nil, fmt.Errorf("certify: member %d of %d", i, len(c.Members))
		}
		cert.Signers = append(cert.Signers, i)
		cert.Weight += len(c.Members[i].Shards)
	}
	sort.Ints(cert.Signers)
	if !c.IsQuorum(cert.Weight) {
		return nil, fmt.Errorf("certify: %w: signers hold %d of %d shards", ErrNoQuorum, cert.Weight, c.NShards)
	}
	list := make([][]byte, 0, len(signatures))
	for _, i := range cert.Signers {
		list = append(list, signatures[i])
	}
	var err error
	if cert.Signature, err = aggregateSignatures(list); err != nil {
		return nil, fmt.Errorf("certify: %w", err)
	}
	return cert, nil
}

// Verify checks the certificate as the chain does: epoch, quorum, signature.
func (cert *Certificate) Verify(c *Committee) error {
	msg, err := ParseConfirmation(cert.Message)
	if err != nil {
		return fmt.Errorf("verify certificate: %w", err)
	}
	if msg.Epoch != c.Epoch {
		return fmt.Errorf("verify certificate of blob %s: made in epoch %d, committee is of epoch %d; collect confirmations again", msg.BlobID, msg.Epoch, c.Epoch)
	}
	keys, weight, last := make([][]byte, 0, len(cert.Signers)), 0, -1
	for _, i := range cert.Signers {
		if i <= last || i >= len(c.Members) {
			return fmt.Errorf("verify certificate of blob %s: signers are not ascending member indices below %d", msg.BlobID, len(c.Members))
		}
		last = i
		keys = append(keys, c.Members[i].PublicKey)
		weight += len(c.Members[i].Shards)
	}
	if !c.IsQuorum(weight) {
		return fmt.Errorf("verify certificate of blob %s: %w: signers hold %d of %d shards", msg.BlobID, ErrNoQuorum, weight, c.NShards)
	}
	if err := verifyAggregate(keys, cert.Message, cert.Signature); err != nil {
		return fmt.Errorf("verify certificate of blob %s: %w", msg.BlobID, err)
	}
	return nil
}

// Bitmap returns the signers as certify_blob takes them: bit i of byte b, from
// the least significant, is member 8b+i.
func (cert *Certificate) Bitmap() []byte {
	b := make([]byte, (cert.Members+7)/8)
	for _, i := range cert.Signers {
		b[i/8] |= 1 << (i % 8)
	}
	return b
}
