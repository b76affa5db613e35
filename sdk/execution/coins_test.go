package execution

import (
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

func TestCoins(t *testing.T) {
	w := newWorld(t)
	b := sui.NewBuilder()
	coins := b.SplitCoins(sui.GasCoin, b.Pure(uint64(10)), b.Pure(uint64(20)))
	b.MergeCoins(w.use(b, w.coin), coins.At(0))
	b.Transfer(w.bob, coins.At(1))
	r := w.run(b)
	if got := w.value(w.coin); got != 5*sui.MistPerSUI+10 {
		t.Errorf("coin holds %d", got)
	}
	if r.Effects.Gas.Computation != 1_000_000 {
		t.Errorf("computation %d, want 1000000 (specification §4.9)", r.Effects.Gas.Computation)
	}
	var bobs uint64
	for _, o := range r.Written {
		if o.Owner == sui.AddressOwner(w.bob) {
			bobs, _ = o.CoinBalance()
			if o.StorageRebate != 988_000 {
				t.Errorf("storage rebate of a gas coin %d, want 988000 (specification §4.9)", o.StorageRebate)
			}
		}
	}
	if bobs != 20 {
		t.Errorf("bob has %d", bobs)
	}
}
