package seal

import (
	"crypto/hkdf"
	"crypto/sha3"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/floe-data/floe/sdk/sui"
)

// Sizes in bytes of the encoded values.
const (
	MasterKeySize = 32 // scalar, big-endian, below the group order
	PublicKeySize = 96 // compressed G2
	UserKeySize   = 48 // compressed G1
)

// Domain tags. Seal's own tag for identities and for proofs of possession is a
// prefix of the message; the RFC 9380 tag is that of BLS signatures.
const (
	hashToCurveDST = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
	identityTag    = "SUI-SEAL-IBE-BLS12381-00"
	possessionTag  = "SUI-SEAL-IBE-BLS12381-POP-00"
)

var (
	errIdentityPoint = errors.New("point is the identity of its group")
	errScalarRange   = errors.New("scalar is not below the group order")
)

var (
	_, _, generatorG1, generatorG2 = bls12381.Generators()
	groupOrder                     = fr.Modulus()
)

// A MasterKey is a key server's secret: a non-zero scalar. It prints as
// "MasterKey(hidden)" whatever the format verb.
//
// What is done with it, and what a clock can tell of it:
//
//   - [MasterKey.Extract] and [MasterKey.ProvePossession] multiply points of G1
//     by it: a fixed sequence of operations on randomised coordinates, without
//     branches or addresses that depend on the key. multiply.go says why.
//   - [MasterKey.PublicKey] multiplies the generator of G2, a few times in a
//     server's life: by gnark-crypto, whose time depends on the scalar, which is
//     therefore split into two random summands (blinded, not constant-time).
//   - Parsing and encoding it go through math/big or do not depend on it; they
//     happen when a server starts.
//
// The same multiplications serve the randomness of answers, which is as secret
// ([EncryptionKey.Encrypt]), a requester's key ([TransportKey.Open]), and all of a
// committee's ceremony (package oracle/dkg). Shares of a committee are master keys
// like any other. What interpolates them works on encrypted keys and public
// positions ([CombineUserKeys]), so that its time tells nothing.
//
// Two secrets go through gnark-crypto's variable-time multiplication as they are: a
// requester's own key on G2 ([TransportKey.Public]), and the randomness of [Encrypt].
// Each is used for one request or object, on its owner's machine, for nobody who
// waits.
//
// Drawing a scalar reduces 64 random bytes by math/big.
//
// This is about remote timing and caches that are shared. It is no protection
// against whoever measures the machine's power, or makes it err.
type MasterKey struct {
	s      fr.Element
	halves halves // of s
}

func newMasterKey(s fr.Element) *MasterKey { return &MasterKey{s: s, halves: halve(&s)} }

// NewMasterKey draws a key from rand.
func NewMasterKey(rand io.Reader) (*MasterKey, error) {
	s, err := RandomScalar(rand)
	if err != nil {
		return nil, fmt.Errorf("draw master key: %w", err)
	}
	return newMasterKey(s), nil
}

// ParseMasterKey reads the 32 big-endian bytes of a key. Zero and values at or
// above the group order are refused.
func ParseMasterKey(b []byte) (*MasterKey, error) {
	s, err := parseScalar(b)
	if err != nil {
		return nil, fmt.Errorf("parse master key: %w", err)
	}
	if s.IsZero() {
		return nil, errors.New("parse master key: scalar is zero")
	}
	return newMasterKey(s), nil
}

// DeriveMasterKey derives key number index from a 32-byte seed, as permissioned
// Seal servers do: HKDF-SHA3-256 without salt, info = index as u64 big-endian,
// 64 bytes out, reduced modulo the group order.
func DeriveMasterKey(seed []byte, index uint64) (*MasterKey, error) {
	if len(seed) != 32 {
		return nil, fmt.Errorf("derive master key: seed has %d bytes, want 32", len(seed))
	}
	info := binary.BigEndian.AppendUint64(nil, index)
	wide, err := hkdf.Key(sha3.New256, seed, nil, string(info), 64)
	if err != nil {
		return nil, fmt.Errorf("derive master key: %w", err)
	}
	return newMasterKey(reduceScalar(wide)), nil
}

// Bytes returns the 32 big-endian bytes of the key.
func (k *MasterKey) Bytes() []byte { b := k.s.Bytes(); return b[:] }

// Format hides the key from every fmt verb.
func (k MasterKey) Format(f fmt.State, _ rune) { io.WriteString(f, "MasterKey(hidden)") }

// MarshalText refuses, so that no encoder can write a key by accident.
func (k MasterKey) MarshalText() ([]byte, error) {
	return nil, errors.New("marshal master key: keys are never serialised; use Bytes on purpose")
}

// PublicKey returns g2 to the power of the key.
func (k *MasterKey) PublicKey() PublicKey { return PublicKey{p: MultiplyG2Generator(&k.s)} }

// Extract returns the user secret key of an identity: H1(full id) times the
// key. rand blinds the multiplication; the result does not depend on it.
func (k *MasterKey) Extract(rand io.Reader, fullID []byte) (UserKey, error) {
	id := hashIdentity(fullID)
	p, err := k.halves.multiply(rand, &id)
	if err != nil {
		return UserKey{}, fmt.Errorf("extract user key: %w", err)
	}
	return UserKey{p: p}, nil
}

// ProvePossession returns the 48-byte proof that the key server object holds
// this key, as /v1/service serves it.
func (k *MasterKey) ProvePossession(rand io.Reader, server sui.Address) ([]byte, error) {
	h := hashPossession(k.PublicKey(), server)
	p, err := k.halves.multiply(rand, &h)
	if err != nil {
		return nil, fmt.Errorf("prove possession: %w", err)
	}
	b := p.Bytes()
	return b[:], nil
}

// A PublicKey is a key server's public key, a point of G2 other than the identity.
type PublicKey struct{ p bls12381.G2Affine }

// ParsePublicKey reads the 96 compressed bytes and checks curve and subgroup.
func ParsePublicKey(b []byte) (PublicKey, error) {
	p, err := ParseG2(b)
	if err != nil {
		return PublicKey{}, fmt.Errorf("parse public key: %w", err)
	}
	return PublicKey{p: p}, nil
}

// Bytes returns the 96 compressed bytes.
func (k PublicKey) Bytes() []byte { b := k.p.Bytes(); return b[:] }

// VerifyPossession checks the proof that a key server object holds the secret
// of k. The error says what is wrong with it.
func (k PublicKey) VerifyPossession(proof []byte, server sui.Address) error {
	pop, err := ParseG1(proof)
	if err != nil {
		return fmt.Errorf("verify proof of possession: %w", err)
	}
	if !pairingsEqual(pop, generatorG2, hashPossession(k, server), k.p) {
		return fmt.Errorf("verify proof of possession: not made with the key registered for %s", server)
	}
	return nil
}

// A UserKey is the secret that opens everything encrypted to one identity at
// one key server, a point of G1.
type UserKey struct{ p bls12381.G1Affine }

// ParseUserKey reads the 48 compressed bytes and checks curve and subgroup.
func ParseUserKey(b []byte) (UserKey, error) {
	p, err := ParseG1(b)
	if err != nil {
		return UserKey{}, fmt.Errorf("parse user key: %w", err)
	}
	return UserKey{p: p}, nil
}

// Bytes returns the 48 compressed bytes.
func (k UserKey) Bytes() []byte { b := k.p.Bytes(); return b[:] }

// Format hides the key from every fmt verb.
func (k UserKey) Format(f fmt.State, _ rune) { io.WriteString(f, "UserKey(hidden)") }

// Verify checks that k is the key of the identity under the server's public key.
func (k UserKey) Verify(fullID []byte, server PublicKey) error {
	if !pairingsEqual(k.p, generatorG2, hashIdentity(fullID), server.p) {
		return errors.New("verify user key: not derived from this identity by this key server")
	}
	return nil
}

// FullID returns the identity that keys are derived for: the id of the first
// version of the policy package, then the inner id.
func FullID(pkg sui.Address, id []byte) []byte {
	return append(append(make([]byte, 0, len(pkg)+len(id)), pkg[:]...), id...)
}

// hashIdentity is Seal's H1.
func hashIdentity(fullID []byte) bls12381.G1Affine {
	return HashToG1(append([]byte(identityTag), fullID...))
}

func hashPossession(pk PublicKey, server sui.Address) bls12381.G1Affine {
	m := append([]byte(possessionTag), pk.Bytes()...)
	return HashToG1(append(m, server[:]...))
}

// HashToG1 is RFC 9380's hash to G1 with the domain of BLS signatures, which Seal
// uses for everything.
func HashToG1(message []byte) bls12381.G1Affine {
	p, err := bls12381.HashToG1(message, []byte(hashToCurveDST))
	if err != nil { // only for a DST above 255 bytes
		panic("seal: hash to curve: " + err.Error())
	}
	return p
}

// pairingsEqual reports e(a, b) == e(c, d).
func pairingsEqual(a bls12381.G1Affine, b bls12381.G2Affine, c bls12381.G1Affine, d bls12381.G2Affine) bool {
	c.Neg(&c)
	ok, err := bls12381.PairingCheck([]bls12381.G1Affine{a, c}, []bls12381.G2Affine{b, d})
	return err == nil && ok
}

// ParseG1 reads the 48 compressed bytes of a point of G1 and checks curve and
// subgroup; the identity is refused.
func ParseG1(b []byte) (p bls12381.G1Affine, err error) {
	if len(b) != UserKeySize {
		return p, fmt.Errorf("G1 point has %d bytes, want %d", len(b), UserKeySize)
	}
	if _, err := p.SetBytes(b); err != nil {
		return p, fmt.Errorf("decode G1 point: %w", err)
	}
	if p.IsInfinity() {
		return p, errIdentityPoint
	}
	return p, nil
}

// ParseG2 is [ParseG1] for the 96 bytes of a point of G2.
func ParseG2(b []byte) (p bls12381.G2Affine, err error) {
	if len(b) != PublicKeySize {
		return p, fmt.Errorf("G2 point has %d bytes, want %d", len(b), PublicKeySize)
	}
	if _, err := p.SetBytes(b); err != nil {
		return p, fmt.Errorf("decode G2 point: %w", err)
	}
	if p.IsInfinity() {
		return p, errIdentityPoint
	}
	return p, nil
}

func parseScalar(b []byte) (s fr.Element, err error) {
	if len(b) != MasterKeySize {
		return s, fmt.Errorf("scalar has %d bytes, want %d", len(b), MasterKeySize)
	}
	if err := s.SetBytesCanonical(b); err != nil {
		return s, errScalarRange
	}
	return s, nil
}

// scalarRandomness is how many bytes RandomScalar draws, but for a fraction of
// 2^-255.
const scalarRandomness = 64

// RandomScalar draws 64 bytes and reduces them, which leaves no measurable
// bias; it draws again on zero.
func RandomScalar(random io.Reader) (fr.Element, error) {
	var wide [scalarRandomness]byte
	for {
		if _, err := io.ReadFull(random, wide[:]); err != nil {
			return fr.Element{}, fmt.Errorf("read randomness: %w", err)
		}
		if s := reduceScalar(wide[:]); !s.IsZero() {
			return s, nil
		}
	}
}

func reduceScalar(wide []byte) (s fr.Element) {
	n := new(big.Int).SetBytes(wide)
	s.SetBigInt(n.Mod(n, groupOrder))
	return s
}

func scalarInt(s *fr.Element) *big.Int { return s.BigInt(new(big.Int)) }
