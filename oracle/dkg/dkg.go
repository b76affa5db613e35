// Package dkg makes the key of a committee of key servers without anybody ever
// knowing it: each member deals shares of a random secret to all others, the
// sum of the secrets is the key, and a member's share of it is the sum of what
// was dealt to it. Any threshold of members can answer key requests; fewer
// learn nothing. A rotation deals the shares anew, to new members or with
// another threshold, and keeps the public key.
//
// The ceremony goes in three steps, with files between them and no server:
//
//	GenerateKeys -> (register on chain) -> Keys.Deal -> (exchange messages) -> Keys.Process
//
// All members must process the same messages; [Result.Messages] is the digest
// that they compare, and register on chain. One bad message ends the ceremony,
// with a [Blame] that names its sender and, when only the one who received a
// bad share could see it, carries the proof for the others.
//
// The messages are those of Seal's committees (fastcrypto-tbls, dkg_v1: VSS in
// G2, ECIES in G1, SHA3-512 as random oracle), written from its description;
// they have not been exchanged with Seal's own command line.
//
// What a clock can tell of the secrets: points of G1 are multiplied by keys,
// signing keys and nonces in a time that does not depend on them, and the
// generator of G2 by dealt secrets, shares and nonces blinded by a random summand
// (see package seal, multiply.go, for both). Arithmetic modulo the group order is
// gnark-crypto's, which subtracts the modulus by a branch. A ceremony takes a
// second in a committee's life and answers nobody's requests; what is left to
// measure is for who shares the machine: run it on one of your own.
package dkg

import (
	"errors"
	"fmt"
	"io"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"golang.org/x/crypto/blake2b"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// maxMembers bounds a committee, as Seal's library does.
const maxMembers = 1000

// A Committee is what the members agreed on before the ceremony, as it stands
// on chain.
type Committee struct {
	ID        sui.Address // the Committee object
	Threshold int         // members that a key takes, 1 to len(Members)
	Members   []Member    // party i is Members[i]
	// Old is the committee that hands over its key, nil for a new key.
	Old *Old
}

// A Member is a party of the ceremony.
type Member struct {
	EncryptionKey [48]byte // G1, shares are encrypted to it
	SigningKey    [96]byte // G2, its messages verify with it
	// OldParty is the position in the old committee of a member that was in
	// it, or NotOld. It is read in rotations only.
	OldParty int
}

// NotOld is the OldParty of members that were not in the old committee.
const NotOld = -1

// Old is the committee before a rotation.
type Old struct {
	Threshold         int
	PublicKey         [96]byte
	PartialPublicKeys [][96]byte // by old party
}

// Keys are a member's secrets for one ceremony. They print as "Keys(hidden)".
type Keys struct{ encryption, signing fr.Element }

// GenerateKeys draws keys from random, which is crypto/rand's Reader except in
// tests.
func GenerateKeys(random io.Reader) (*Keys, error) {
	k := new(Keys)
	var err error
	if k.encryption, err = seal.RandomScalar(random); err != nil {
		return nil, fmt.Errorf("generate ceremony keys: %w", err)
	}
	if k.signing, err = seal.RandomScalar(random); err != nil {
		return nil, fmt.Errorf("generate ceremony keys: %w", err)
	}
	return k, nil
}

// ParseKeys reads the 64 bytes that Bytes gave.
func ParseKeys(b []byte) (*Keys, error) {
	k := new(Keys)
	if len(b) != 64 {
		return nil, fmt.Errorf("parse ceremony keys: %d bytes, want 64", len(b))
	}
	if k.encryption.SetBytesCanonical(b[:32]) != nil || k.signing.SetBytesCanonical(b[32:]) != nil ||
		k.encryption.IsZero() || k.signing.IsZero() {
		return nil, errors.New("parse ceremony keys: not two scalars of BLS12-381")
	}
	return k, nil
}

// Bytes returns the secrets, 32 bytes each, big-endian.
func (k *Keys) Bytes() []byte {
	e, s := k.encryption.Bytes(), k.signing.Bytes()
	return append(e[:], s[:]...)
}

// Format hides the keys from every fmt verb.
func (k Keys) Format(f fmt.State, _ rune) { io.WriteString(f, "Keys(hidden)") }

// Member returns the public half, to be registered.
func (k *Keys) Member() Member {
	enc, sign := hiddenG1(generatorG1, &k.encryption), hiddenG2(&k.signing)
	return Member{EncryptionKey: enc.Bytes(), SigningKey: sign.Bytes(), OldParty: NotOld}
}

// Fingerprint is a digest of all that the members agreed on. Whoever shows a
// member another committee than the chain has, with keys of its own in it, learns
// what the member deals: members compare fingerprints before they deal, by another
// way than the one that brought them the committee.
func (c *Committee) Fingerprint() [32]byte {
	e := bcs.NewEncoder()
	e.String("floe committee v1")
	e.Fixed(c.ID[:])
	e.U64(uint64(c.Threshold))
	e.ULEB(uint64(len(c.Members)))
	for _, m := range c.Members {
		e.Fixed(m.EncryptionKey[:])
		e.Fixed(m.SigningKey[:])
		e.U64(uint64(m.OldParty)) // NotOld is the highest number
	}
	e.Bool(c.Old != nil)
	if o := c.Old; o != nil {
		e.U64(uint64(o.Threshold))
		e.Fixed(o.PublicKey[:])
		e.ULEB(uint64(len(o.PartialPublicKeys)))
		for _, k := range o.PartialPublicKeys {
			e.Fixed(k[:])
		}
	}
	return blake2b.Sum256(e.Data())
}

// A committee is a Committee whose keys parse.
type committee struct {
	*Committee
	encryption []bls12381.G1Affine
	signing    []bls12381.G2Affine
	old        []bls12381.G2Affine // partial public keys of the old committee
}

func (c *Committee) parse() (*committee, error) {
	n := len(c.Members)
	if n == 0 || n > maxMembers || c.Threshold < 1 || c.Threshold > n {
		return nil, fmt.Errorf("committee of %d with threshold %d: want 1 to %d members and a threshold among them", n, c.Threshold, maxMembers)
	}
	out := &committee{Committee: c}
	seen := map[int]bool{}
	encryption, signing := map[[48]byte]int{}, map[[96]byte]int{}
	for i, m := range c.Members {
		// Whoever copies another's keys can't use them, but has that one look for
		// itself in the wrong place.
		for _, err := range []error{alone(encryption, m.EncryptionKey, i), alone(signing, m.SigningKey, i)} {
			if err != nil {
				return nil, err
			}
		}
		enc, err := seal.ParseG1(m.EncryptionKey[:])
		if err != nil {
			return nil, fmt.Errorf("encryption key of party %d: %w", i, err)
		}
		sign, err := seal.ParseG2(m.SigningKey[:])
		if err != nil {
			return nil, fmt.Errorf("signing key of party %d: %w", i, err)
		}
		if c.Old != nil && m.OldParty != NotOld {
			if m.OldParty < 0 || m.OldParty >= len(c.Old.PartialPublicKeys) || seen[m.OldParty] {
				return nil, fmt.Errorf("party %d was not party %d of the old committee, or another was too", i, m.OldParty)
			}
			seen[m.OldParty] = true
		}
		out.encryption, out.signing = append(out.encryption, enc), append(out.signing, sign)
	}
	if c.Old == nil {
		return out, nil
	}
	if c.Old.Threshold < 1 || len(seen) < c.Old.Threshold {
		return nil, fmt.Errorf("%d members of the old committee go on, and %d are needed to hand over its key", len(seen), c.Old.Threshold)
	}
	for i, b := range c.Old.PartialPublicKeys {
		p, err := seal.ParseG2(b[:])
		if err != nil {
			return nil, fmt.Errorf("partial public key of old party %d: %w", i, err)
		}
		out.old = append(out.old, p)
	}
	return out, nil
}

// alone notes a party's key, which no other party may have.
func alone[K comparable](parties map[K]int, key K, party int) error {
	if other, taken := parties[key]; taken {
		return fmt.Errorf("parties %d and %d registered the same key: one has copied it; begin anew without that one", other, party)
	}
	parties[key] = party
	return nil
}

// A Blame ends a ceremony: it names who broke it.
type Blame struct {
	Party     int
	Why       string
	Complaint []byte // proof for the others, when they cannot see it themselves
}

func (b *Blame) Error() string {
	s := fmt.Sprintf("party %d broke the ceremony: %s; begin anew without it", b.Party, b.Why)
	if b.Complaint != nil {
		s += ", and show the others the complaint"
	}
	return s
}
