package dkg

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"io"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// signatureDomain begins what a dealer signs.
const signatureDomain = "SEAL_DKG_MESSAGE_SIGNATURE_V0"

// shareSize is the size of an encrypted share: the BCS of a vector of one
// scalar.
const shareSize = 33

// A message is what a dealer sends to all: commitments to its polynomial, and
// for each member an encrypted share.
type message struct {
	sender      uint16
	commitments commitments
	c, cHat     bls12381.G1Affine // ephemeral key of the encryption, to both bases
	shares      [][]byte
	proof       sameLog // of c and cHat
}

// A signedMessage is a message with the dealer's signature, and the proof that
// it knows the secret that it deals.
type signedMessage struct {
	message
	signature bls12381.G1Affine
	secret    knowledge
}

func (m *message) MarshalBCS(e *bcs.Encoder) {
	e.U16(m.sender)
	e.ULEB(uint64(len(m.commitments)))
	for _, c := range m.commitments {
		e.Fixed(encode(c))
	}
	e.Fixed(encode(m.c, m.cHat))
	e.ULEB(uint64(len(m.shares)))
	for _, s := range m.shares {
		e.Bytes(s)
	}
	m.proof.MarshalBCS(e)
}

func (m *message) UnmarshalBCS(d *bcs.Decoder) {
	m.sender = d.U16()
	for range bounded(d, 96) {
		m.commitments = append(m.commitments, decodeG2(d))
	}
	m.c, m.cHat = decodeG1(d), decodeG1(d)
	for range bounded(d, 1) {
		m.shares = append(m.shares, d.Bytes())
	}
	m.proof.UnmarshalBCS(d)
}

// bounded reads the length of a vector with one element per member at most.
func bounded(d *bcs.Decoder, size int) int {
	n := d.Length(size)
	if n > maxMembers {
		d.Fail(fmt.Errorf("%d elements, at most %d are allowed", n, maxMembers))
		return 0
	}
	return n
}

func (m *signedMessage) MarshalBCS(e *bcs.Encoder) {
	m.message.MarshalBCS(e)
	e.Fixed(encode(m.signature))
	m.secret.MarshalBCS(e)
}

func (m *signedMessage) UnmarshalBCS(d *bcs.Decoder) {
	m.message.UnmarshalBCS(d)
	m.signature = decodeG1(d)
	m.secret.UnmarshalBCS(d)
}

// signedBytes is what the dealer's signature is over.
func (m *signedMessage) signedBytes(committee sui.Address) []byte {
	e := bcs.NewEncoder()
	e.String(signatureDomain)
	e.Fixed(committee[:])
	m.message.MarshalBCS(e)
	m.secret.MarshalBCS(e)
	return e.Data()
}

// sign makes a BLS signature with the key in G2 and the signature in G1.
func (m *signedMessage) sign(committee sui.Address, key *fr.Element) {
	m.signature = hiddenG1(seal.HashToG1(m.signedBytes(committee)), key)
}

func (m *signedMessage) verifySignature(committee sui.Address, key bls12381.G2Affine) bool {
	hash := seal.HashToG1(m.signedBytes(committee))
	hash.Neg(&hash)
	ok, err := bls12381.PairingCheck([]bls12381.G1Affine{m.signature, hash}, []bls12381.G2Affine{generatorG2, key})
	return err == nil && ok
}

// The oracles of a dealer's message.
func encryptionOracle(committee sui.Address, dealer int) oracle {
	return ceremony(committee).extend("encs %d", dealer)
}

func secretOracle(committee sui.Address, dealer int) oracle {
	return ceremony(committee).extend("nizkpok of secret from %d", dealer)
}

// encryptShares encrypts the value of the polynomial at each member's point to
// that member, with one ephemeral key for all (ECIES).
func (m *message) encryptShares(random io.Reader, c *committee, p polynomial) error {
	rho, err := seal.RandomScalar(random)
	if err != nil {
		return err
	}
	o := encryptionOracle(c.ID, int(m.sender))
	m.c = hiddenG1(generatorG1, &rho)
	q := m.equation(o)
	m.cHat = hiddenG1(q.other, &rho)
	q.y = m.cHat
	for i, key := range c.encryption {
		e := bcs.NewEncoder()
		e.ULEB(1)
		e.Fixed(encode(p.at(i)))
		m.shares = append(m.shares, cryptShare(o, i, hiddenG1(key, &rho), e.Data()))
	}
	m.proof, err = q.prove(random, o.extend("zk"), &rho)
	return err
}

// equation is what the proof of a message is about.
func (m *message) equation(o oracle) equation {
	return equation{other: o.extend("g_hat").point(encode(m.c)), x: m.c, y: m.cHat}
}

// cryptShare encrypts or decrypts the share of a member with the point that
// dealer and member share: AES-256-CTR from zero, as the key is used once.
func cryptShare(o oracle, member int, shared bls12381.G1Affine, in []byte) []byte {
	e := bcs.NewEncoder()
	e.U64(uint64(member))
	e.Fixed(encode(shared))
	key := o.extend("encs").hash(e.Data())
	block, err := aes.NewCipher(key[:32])
	if err != nil {
		panic("dkg: " + err.Error()) // the key has 32 bytes
	}
	out := make([]byte, len(in))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(out, in)
	return out
}

// openShare decrypts a member's share and checks it against the commitments.
func (m *message) openShare(o oracle, member int, shared bls12381.G1Affine) (s fr.Element, ok bool) {
	d := bcs.NewDecoder(cryptShare(o, member, shared, m.shares[member]))
	if d.ULEB() != 1 {
		return s, false
	}
	s = decodeScalar(d)
	if d.Finish() != nil {
		return s, false
	}
	want, got := m.commitments.at(member), hiddenG2(&s)
	return s, got.Equal(&want)
}
