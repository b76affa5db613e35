package lightclient

import (
	"encoding/binary"
	"errors"
	"fmt"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// Quorum is the least weight, of 10,000, that must have signed.
const Quorum = 6_667

// CheckpointDST is the hash-to-curve domain of Sui's authority signatures
// (BLS12-381 min-sig: signatures in G1, public keys in G2).
const CheckpointDST = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"

// checkpointIntent is scope CheckpointSummary, version 0, app Sui.
var checkpointIntent = []byte{2, 0, 0}

// A Committee is the set of validators that signs the checkpoints of an epoch:
// BLS12-381 min-sig public keys (96 bytes, compressed G2).
type Committee struct {
	Epoch   uint64
	Members []Member
}

// A Member is one validator of a Committee; weights sum to 10,000.
type Member struct {
	PublicKey []byte // 96 bytes
	Weight    uint64
}

// A CheckpointSignature is the aggregate of a quorum's signatures.
type CheckpointSignature struct {
	Epoch     uint64
	Signature []byte // 48 bytes, compressed G1
	Signers   []int  // ascending indices into the committee
}

// CheckpointMessage is what validators sign: intent, summary, epoch.
func CheckpointMessage(summary *sui.CheckpointSummary) []byte {
	msg := append([]byte{}, checkpointIntent...)
	msg = append(msg, bcs.Marshal(summary)...)
	return binary.LittleEndian.AppendUint64(msg, summary.Epoch)
}

// ErrBadSignature says that a checkpoint's signature is not that of a quorum.
var ErrBadSignature = errors.New("checkpoint signature is invalid")

// Verify checks that sig is a quorum's signature over summary.
func (c *Committee) Verify(summary *sui.CheckpointSummary, sig CheckpointSignature) error {
	return c.verify(summary, sig, func(i int) (pub bls12381.G2Affine, err error) {
		_, err = pub.SetBytes(c.Members[i].PublicKey)
		return pub, err
	})
}

// points parses all public keys, which takes much longer than to add them up. It
// returns nil if one is bad: a signature without it may be good.
func (c *Committee) points() []bls12381.G2Affine {
	out := make([]bls12381.G2Affine, len(c.Members))
	for i, m := range c.Members {
		if _, err := out[i].SetBytes(m.PublicKey); err != nil {
			return nil
		}
	}
	return out
}

// verify is Verify with the public keys from key.
func (c *Committee) verify(summary *sui.CheckpointSummary, sig CheckpointSignature, key func(i int) (bls12381.G2Affine, error)) error {
	if summary.Epoch != c.Epoch || sig.Epoch != c.Epoch {
		return fmt.Errorf("%w: epoch %d, signature of epoch %d, committee of epoch %d", ErrBadSignature, summary.Epoch, sig.Epoch, c.Epoch)
	}
	var sum bls12381.G2Jac
	weight, last := uint64(0), -1
	for _, i := range sig.Signers {
		if i <= last || i >= len(c.Members) {
			return fmt.Errorf("%w: signer %d out of order or range", ErrBadSignature, i)
		}
		pub, err := key(i)
		if err != nil {
			return fmt.Errorf("read public key of validator %d: %w", i, err)
		}
		sum.AddMixed(&pub)
		weight, last = weight+c.Members[i].Weight, i
	}
	if weight < Quorum {
		return fmt.Errorf("%w: weight %d is below the quorum of %d", ErrBadSignature, weight, Quorum)
	}
	var point bls12381.G1Affine
	if _, err := point.SetBytes(sig.Signature); err != nil {
		return fmt.Errorf("%w: %v", ErrBadSignature, err)
	}
	hashed, err := bls12381.HashToG1(CheckpointMessage(summary), []byte(CheckpointDST))
	if err != nil {
		return fmt.Errorf("hash checkpoint: %w", err)
	}
	var pub bls12381.G2Affine
	pub.FromJacobian(&sum)
	_, _, _, g2 := bls12381.Generators()
	hashed.Neg(&hashed)
	ok, err := bls12381.PairingCheck([]bls12381.G1Affine{point, hashed}, []bls12381.G2Affine{g2, pub})
	if err != nil || !ok {
		return fmt.Errorf("%w: pairing check failed", ErrBadSignature)
	}
	return nil
}
