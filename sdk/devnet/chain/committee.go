package chain

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"slices"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/lightclient"
)

const (
	committeeSize   = 4
	committeeWeight = 10_000 // Sui's total voting power
)

// A Committee is the set of validators that signs checkpoints, as light clients
// know it.
type (
	Committee           = lightclient.Committee
	Member              = lightclient.Member
	CheckpointSignature = lightclient.CheckpointSignature
)

// ErrBadSignature says that a checkpoint's signature is not that of a quorum.
var ErrBadSignature = lightclient.ErrBadSignature

// committeeKeys are the secret keys of the development committee. All
// validators of the embedded chain live in this process, so their signatures
// prove format, not decentralisation.
type committeeKeys struct {
	secret big.Int // the sum of all secret keys
	public Committee
}

// newCommitteeKeys derives the committee of a seed in an epoch, ascending by
// public key, as Sui's are. With each epoch one validator after the other gets a
// new key.
func newCommitteeKeys(seed []byte, epoch uint64) (*committeeKeys, error) {
	keys := &committeeKeys{public: Committee{Epoch: epoch}}
	_, _, _, g2 := bls12381.Generators()
	for i := range committeeSize {
		material := deriveSeed(seed, validatorName(i, epoch))
		scalars, err := fr.Hash(material, []byte("floe-devnet-validator-v1"), 1)
		if err != nil {
			return nil, fmt.Errorf("derive validator key: %w", err)
		}
		var secret big.Int
		scalars[0].BigInt(&secret)
		keys.secret.Add(&keys.secret, &secret)
		var pub bls12381.G2Affine
		pub.ScalarMultiplication(&g2, &secret)
		raw := pub.Bytes()
		keys.public.Members = append(keys.public.Members, Member{PublicKey: raw[:], Weight: committeeWeight / committeeSize})
	}
	keys.secret.Mod(&keys.secret, fr.Modulus())
	slices.SortFunc(keys.public.Members, func(a, b Member) int { return bytes.Compare(a.PublicKey, b.PublicKey) })
	return keys, nil
}

// validatorName names the key that validator i has in an epoch.
func validatorName(i int, epoch uint64) string {
	generation := (epoch + committeeSize - 1 - uint64(i)) / committeeSize
	if generation == 0 {
		return fmt.Sprintf("validator %d", i)
	}
	return fmt.Sprintf("validator %d, key %d", i, generation)
}

// deriveSeed returns 32 bytes that depend on the chain's seed and a purpose.
func deriveSeed(seed []byte, purpose string) []byte {
	h := sha256.New()
	h.Write([]byte("floe-devnet-v1\x00" + purpose + "\x00"))
	h.Write(seed)
	return h.Sum(nil)
}

// sign returns the signature of the whole committee over a summary. Because
// all keys are here, one multiplication by their sum gives the same bytes as
// adding up every member's signature.
func (k *committeeKeys) sign(summary *sui.CheckpointSummary) (CheckpointSignature, error) {
	point, err := bls12381.HashToG1(lightclient.CheckpointMessage(summary), []byte(lightclient.CheckpointDST))
	if err != nil {
		return CheckpointSignature{}, fmt.Errorf("sign checkpoint %d: %w", summary.Sequence, err)
	}
	sig := CheckpointSignature{Epoch: summary.Epoch}
	for i := range k.public.Members {
		sig.Signers = append(sig.Signers, i)
	}
	point.ScalarMultiplication(&point, &k.secret)
	raw := point.Bytes()
	sig.Signature = raw[:]
	return sig, nil
}

// roaring writes indices below 65,536 in the portable serialization of a
// Roaring bitmap (one array container), as validator signatures carry them.
func roaring(indices []int) []byte {
	const cookieNoRuns = 12346
	if len(indices) == 0 {
		return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, cookieNoRuns), 0)
	}
	b := binary.LittleEndian.AppendUint32(nil, cookieNoRuns)
	b = binary.LittleEndian.AppendUint32(b, 1)                      // containers
	b = binary.LittleEndian.AppendUint16(b, 0)                      // key: high 16 bits
	b = binary.LittleEndian.AppendUint16(b, uint16(len(indices)-1)) // cardinality − 1
	b = binary.LittleEndian.AppendUint32(b, 16)                     // offset of the container
	for _, i := range indices {
		b = binary.LittleEndian.AppendUint16(b, uint16(i))
	}
	return b
}
