package lightclient_test

import (
	"context"
	"encoding/binary"
	"math/big"
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/lightclient"
)

// BenchmarkVerify verifies a summary that 125 validators of equal weight signed,
// about as many as mainnet has, by the committee alone and by a client, which
// parses the public keys once.
func BenchmarkVerify(b *testing.B) {
	const n = 125
	committee, sum := lightclient.Committee{}, int64(0)
	sig := lightclient.CheckpointSignature{}
	_, _, _, g2 := bls12381.Generators()
	for i := range n {
		var pub bls12381.G2Affine
		pub.ScalarMultiplication(&g2, big.NewInt(int64(i+1)))
		raw := pub.Bytes()
		committee.Members = append(committee.Members, lightclient.Member{PublicKey: raw[:], Weight: 10_000 / n})
		sig.Signers, sum = append(sig.Signers, i), sum+int64(i+1)
	}
	summary := &sui.CheckpointSummary{Sequence: 1}
	point, err := bls12381.HashToG1(lightclient.CheckpointMessage(summary), []byte(lightclient.CheckpointDST))
	if err != nil {
		b.Fatal(err)
	}
	point.ScalarMultiplication(&point, big.NewInt(sum))
	raw := point.Bytes()
	sig.Signature = raw[:]
	b.Run("committee", func(b *testing.B) {
		for b.Loop() {
			if err := committee.Verify(summary, sig); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("client", func(b *testing.B) {
		client := lightclient.New(nil, committee)
		bitmap := bitmapOf(n)
		for b.Loop() {
			if err := client.VerifySummary(context.Background(), summary, 0, sig.Signature, bitmap); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// bitmapOf is the Roaring bitmap of the first n indices.
func bitmapOf(n int) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(le.AppendUint32(nil, 12346), 1)
	b = le.AppendUint16(le.AppendUint16(b, 0), uint16(n-1))
	b = le.AppendUint32(b, 16)
	for i := range n {
		b = le.AppendUint16(b, uint16(i))
	}
	return b
}
