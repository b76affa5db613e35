package execution

import (
	"errors"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

func TestInputChecks(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	counter, box := w.created("Counter"), w.newBox(lab, 1)
	foreign := sui.Address{0xc, 3}
	w.mint(foreign, w.bob, 5*sui.MistPerSUI)
	old := w.ref(box)
	old.Version--
	good := func(b *sui.Builder) { b.Transfer(w.bob, b.SplitCoins(sui.GasCoin, b.Pure(uint64(1)))) }
	for name, c := range map[string]struct {
		build func(b *sui.Builder)
		gas   func(g *sui.GasData)
		want  string
	}{
		"no commands":     {func(b *sui.Builder) { b.Pure(true) }, nil, "no commands"},
		"old version":     {func(b *sui.Builder) { b.Transfer(w.bob, b.OwnedObject(old)) }, nil, "is not the newest"},
		"foreign object":  {func(b *sui.Builder) { b.Transfer(w.bob, b.OwnedObject(w.ref(foreign))) }, nil, "the sender is"},
		"shared as owned": {func(b *sui.Builder) { b.Transfer(w.bob, b.OwnedObject(w.ref(counter))) }, nil, "it is shared"},
		"owned as shared": {func(b *sui.Builder) { b.Transfer(w.bob, b.SharedObject(box, 1, true)) }, nil, "not shared"},
		"start version":   {func(b *sui.Builder) { b.Transfer(w.bob, b.SharedObject(counter, 1, true)) }, nil, "shared at version"},
		"mutable clock":   {func(b *sui.Builder) { b.Call(lab, "lab", "now", nil, b.SharedObject(sui.ClockID, 1, true)) }, nil, "immutable only"},
		"package":         {func(b *sui.Builder) { b.Transfer(w.bob, b.OwnedObject(w.ref(lab))) }, nil, "it is a package"},
		"no package":      {func(b *sui.Builder) { b.Call(sui.Address{7}, "m", "f", nil) }, nil, "no such package"},
		"absent object":   {func(b *sui.Builder) { b.Transfer(w.bob, b.OwnedObject(sui.ObjectRef{ID: sui.Address{8}})) }, nil, "does not exist"},
		"gas as input":    {func(b *sui.Builder) { b.Transfer(w.bob, b.OwnedObject(w.ref(w.gas))) }, nil, "used twice"},
		"low price":       {good, func(g *sui.GasData) { g.Price = 999 }, "below the reference price"},
		"low budget":      {good, func(g *sui.GasData) { g.Budget = 999_999 }, "below the least"},
		"high budget":     {good, func(g *sui.GasData) { g.Budget = 101 * sui.MistPerSUI }, "lower the budget"},
		"foreign gas":     {good, func(g *sui.GasData) { g.Payment = []sui.ObjectRef{w.ref(foreign)} }, "not the gas owner"},
		"no gas":          {good, func(g *sui.GasData) { g.Payment = nil }, "no gas payment"},
		"gas twice":       {good, func(g *sui.GasData) { g.Payment = append(g.Payment, g.Payment[0]) }, "used twice"},
		"gas of a box":    {good, func(g *sui.GasData) { g.Payment = []sui.ObjectRef{w.ref(box)} }, "coins of SUI only"},
	} {
		b := sui.NewBuilder()
		c.build(b)
		pt := b.Programmable()
		tx := &sui.TransactionData{Kind: sui.TransactionKind{Programmable: &pt}, Sender: w.alice, Gas: sui.GasData{
			Payment: []sui.ObjectRef{w.ref(w.gas)}, Owner: w.alice, Price: 1000, Budget: sui.MistPerSUI,
		}}
		if c.gas != nil {
			c.gas(&tx.Gas)
		}
		var refused *InputError
		if _, err := w.engine.Execute(w.ledger, w.env, tx, Options{}); !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want a refusal with %q", name, err, c.want)
		}
	}
}

func TestSignatures(t *testing.T) {
	w := newWorld(t)
	key, err := sui.NewPrivateKey(sui.Ed25519, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	other, err := sui.NewPrivateKey(sui.Secp256k1, []byte(strings.Repeat("x", 32)))
	if err != nil {
		t.Fatal(err)
	}
	b := sui.NewBuilder()
	b.Transfer(w.bob, sui.GasCoin)
	tx, err := b.Build(key.Address(), sui.GasData{Owner: other.Address(), Price: 1, Budget: 1})
	if err != nil {
		t.Fatal(err)
	}
	one, err1 := key.SignTransaction(bcs.Marshal(tx))
	two, err2 := other.SignTransaction(bcs.Marshal(tx))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if err := VerifySignatures(tx, []sui.Signature{two, one}); err != nil {
		t.Error(err)
	}
	for name, sigs := range map[string][]sui.Signature{"none": nil, "one": {one}, "twice": {one, one}, "three": {one, two, one}} {
		if err := VerifySignatures(tx, sigs); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	tx.Gas.Budget++
	if err := VerifySignatures(tx, []sui.Signature{one, two}); err == nil {
		t.Error("a changed transaction is accepted")
	}
}
