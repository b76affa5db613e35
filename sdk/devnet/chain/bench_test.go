package chain

import (
	"sync/atomic"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

// BenchmarkPay executes faucet payments one after the other: sign, execute,
// sign the checkpoint, sync to disk.
func BenchmarkPay(b *testing.B) {
	c, err := Open(Config{Dir: b.TempDir(), Seed: []byte("bench"), Now: newTestClock().now})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	for b.Loop() {
		if _, err := c.pay(b.Context(), sui.Address{1}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTransfers executes payments of many senders at once, which share
// checkpoints and syncs.
func BenchmarkTransfers(b *testing.B) {
	c, err := Open(Config{Dir: b.TempDir(), Seed: []byte("bench"), Now: newTestClock().now})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	var next atomic.Uint32
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		key := benchKey(b, next.Add(1))
		coins, err := c.pay(b.Context(), key.Address())
		if err != nil {
			b.Error(err)
			return
		}
		gas := coins[0].ID
		for pb.Next() {
			if err := benchTransfer(b, c, key, gas); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func benchKey(b *testing.B, n uint32) *sui.PrivateKey {
	seed := [32]byte{byte(n), byte(n >> 8)}
	key, err := sui.NewPrivateKey(sui.Ed25519, seed[:])
	if err != nil {
		b.Fatal(err)
	}
	return key
}

// benchTransfer sends 1 MIST from a gas coin, signatures included.
func benchTransfer(b *testing.B, c *Chain, key *sui.PrivateKey, gas sui.Address) error {
	var ref sui.ObjectRef
	err := c.ledger.read(func(v view) error {
		obj, err := v.object(gas)
		if err == nil {
			ref = obj.Ref()
		}
		return err
	})
	if err != nil {
		return err
	}
	pt := sui.NewBuilder()
	pt.Transfer(sui.Address{2}, pt.SplitCoins(sui.GasCoin, pt.Pure(uint64(1))).At(0))
	tx, err := pt.Build(key.Address(), sui.GasData{Payment: []sui.ObjectRef{ref}, Owner: key.Address(), Price: 1000, Budget: 10_000_000})
	if err != nil {
		return err
	}
	s, err := parseSubmission(signedRequest(tx, key))
	if err != nil {
		return err
	}
	return c.submit(b.Context(), s)
}
