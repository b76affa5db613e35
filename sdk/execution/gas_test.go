package execution

import (
	"errors"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

func TestGasSmashAndTransfer(t *testing.T) {
	w := newWorld(t)
	b := sui.NewBuilder()
	b.Transfer(w.bob, sui.GasCoin)
	tx, err := b.Build(w.alice, sui.GasData{Payment: []sui.ObjectRef{w.ref(w.gas), w.ref(w.coin)}, Price: 1000, Budget: sui.MistPerSUI})
	if err != nil {
		t.Fatal(err)
	}
	r := w.execute(tx)
	if r.Error != nil {
		t.Fatal(r.Error)
	}
	gas, err := w.ledger.Object(w.gas)
	if err != nil || gas.Owner != sui.AddressOwner(w.bob) {
		t.Fatalf("gas coin %v, %v", gas, err)
	}
	used := r.Effects.Gas
	if balance, _ := gas.CoinBalance(); balance != 105*sui.MistPerSUI-used.Computation-used.Storage+used.Rebate {
		t.Errorf("gas coin holds %d", balance)
	}
	if _, err := w.ledger.Object(w.coin); !errors.Is(err, ErrNotFound) {
		t.Errorf("the smashed coin is still there: %v", err)
	}
	if i := r.Effects.GasObject; i == nil || r.Effects.Changed[*i].ID != w.gas {
		t.Errorf("gas object %v", i)
	}
}

func TestStorageBeyondBudget(t *testing.T) {
	w := newWorld(t)
	b := sui.NewBuilder()
	var amounts []sui.Arg
	for range 20 { // 20 new coins cost 20 * 988000 MIST to store
		amounts = append(amounts, b.Pure(uint64(1)))
	}
	coins := b.SplitCoins(sui.GasCoin, amounts...)
	for i := range 20 {
		b.Transfer(w.bob, coins.At(i))
	}
	tx, err := b.Build(w.alice, sui.GasData{Payment: []sui.ObjectRef{w.ref(w.gas)}, Price: 1000, Budget: 3_000_000})
	if err != nil {
		t.Fatal(err)
	}
	r := w.execute(tx)
	if r.Error == nil || r.Error.Kind != sui.FailInsufficientGas || len(r.Effects.Changed) != 1 {
		t.Errorf("%v, %d changes", r.Error, len(r.Effects.Changed))
	}
}

// A sponsor's coin pays for the sender's transaction.
func TestSponsor(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	box, sponsored := w.newBox(lab, 1), sui.Address{0xc, 4}
	w.mint(sponsored, w.bob, sui.MistPerSUI)
	b := sui.NewBuilder()
	b.Call(lab, "lab", "set", nil, w.use(b, box), b.Pure(uint64(2)))
	b.Call(lab, "lab", "who", nil)
	gas := sui.GasData{Payment: []sui.ObjectRef{w.ref(sponsored)}, Owner: w.bob, Price: 1000, Budget: sui.MistPerSUI}
	tx, err := b.Build(w.alice, gas)
	if err != nil {
		t.Fatal(err)
	}
	if r := w.execute(tx); r.Error != nil || w.value(box) != 2 {
		t.Errorf("box holds %d, %v", w.value(box), r.Error)
	}
	coin := w.ledger.live[sponsored]
	if n, _ := coin.CoinBalance(); coin.Owner != sui.AddressOwner(w.bob) || n >= sui.MistPerSUI {
		t.Errorf("the sponsor's coin holds %d and belongs to %s", n, coin.Owner)
	}
	// The sponsor's other objects are not the sender's to use.
	b = sui.NewBuilder()
	w.mint(sui.Address{0xc, 5}, w.bob, 1)
	b.Transfer(w.alice, w.use(b, sui.Address{0xc, 5}))
	gas.Payment[0] = w.ref(sponsored)
	gas.Budget = 10_000_000
	if tx, err = b.Build(w.alice, gas); err != nil {
		t.Fatal(err)
	}
	var refused *InputError
	if _, err := w.engine.Execute(w.ledger, w.env, tx, Options{}); !errors.As(err, &refused) {
		t.Errorf("%v, want a refusal", err)
	}
}

// The budget covers the computation alone, and the gas coin was never charged
// for storage: the whole budget goes.
func TestLastResort(t *testing.T) {
	w := newWorld(t)
	b := sui.NewBuilder()
	b.Transfer(w.alice, b.SplitCoins(sui.GasCoin, b.Pure(uint64(7))))
	w.run(b)
	var paid sui.Address // a coin whose storage is paid
	for _, o := range w.last.Written {
		if n, _ := o.CoinBalance(); n == 7 {
			paid = o.ID()
		}
	}
	b = sui.NewBuilder()
	b.Transfer(w.bob, b.SplitCoins(sui.GasCoin, b.Pure(uint64(1))))
	tx, err := b.Build(w.alice, sui.GasData{Payment: []sui.ObjectRef{w.ref(w.coin), w.ref(paid)}, Price: 1000, Budget: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	r := w.execute(tx)
	if r.Error == nil || r.Error.Kind != sui.FailInsufficientGas {
		t.Errorf("failure %v", r.Error)
	}
	if want := (sui.GasUsed{Computation: 1_000_000}); r.Effects.Gas != want {
		t.Errorf("gas %+v, want %+v", r.Effects.Gas, want)
	}
	if o := w.ledger.live[w.coin]; o.Version() != r.Effects.LamportVersion || o.PreviousTransaction != r.Effects.Transaction {
		t.Errorf("the gas coin has version %d of %s", o.Version(), o.PreviousTransaction)
	}
}
