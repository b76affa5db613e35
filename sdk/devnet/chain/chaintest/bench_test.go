package chaintest_test

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// BenchmarkGRPC executes payments of many senders at once, each signed, sent
// through gRPC, executed, put into a checkpoint and synced to disk before the
// answer. It reports transactions per second.
func BenchmarkGRPC(b *testing.B) {
	c := chaintest.Start(b)
	client, err := suirpc.Dial(b.Context(), c.URL)
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	var senders atomic.Uint32
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		if err := pay(b, client, c.Faucet, senders.Add(1), pb.Next); err != nil {
			b.Error(err)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
}

// pay sends 1 MIST again and again from an account of its own.
func pay(b *testing.B, client *suirpc.Client, faucet string, n uint32, next func() bool) error {
	seed := [32]byte{byte(n), byte(n >> 8)}
	key, err := sui.NewPrivateKey(sui.Ed25519, seed[:])
	if err != nil {
		return err
	}
	if err := client.RequestGas(b.Context(), faucet, key.Address()); err != nil {
		return err
	}
	coins, err := client.OwnedObjects(b.Context(), key.Address(), nil)
	if err != nil {
		return err
	}
	gas := coins[0].Ref()
	for next() {
		p := sui.NewBuilder()
		p.Transfer(sui.Address{2}, p.SplitCoins(sui.GasCoin, p.Pure(uint64(1))).At(0))
		tx, err := p.Build(key.Address(), sui.GasData{Payment: []sui.ObjectRef{gas}, Owner: key.Address(), Price: 1000, Budget: 10_000_000})
		if err != nil {
			return err
		}
		sig, err := key.SignTransaction(bcs.Marshal(tx))
		if err != nil {
			return err
		}
		done, err := client.Execute(b.Context(), tx, []sui.Signature{sig})
		if err != nil {
			return err
		}
		changed := done.Effects.Changed
		i := slices.IndexFunc(changed, func(c sui.ChangedObject) bool { return c.ID == gas.ID })
		gas = sui.ObjectRef{ID: gas.ID, Version: done.Effects.LamportVersion, Digest: changed[i].OutputDigest}
	}
	return nil
}
