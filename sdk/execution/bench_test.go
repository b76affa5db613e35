package execution

import (
	"slices"
	"testing"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// publishOurs publishes one of our packages that depends on the framework only.
func (w *world) publishOurs(name string) *Result {
	w.t.Helper()
	return w.run(ours(w.t, w.alice, name))
}

// ours is the program that publishes such a package.
func ours(t testing.TB, owner sui.Address, name string) *sui.Builder {
	t.Helper()
	p, err := move.Package(name)
	if err != nil {
		t.Fatal(err)
	}
	var modules [][]byte
	for _, m := range p.Modules {
		if _, err := bytecode.Parse(m.Bytes); err != nil {
			t.Fatal(err)
		}
		modules = append(modules, m.Bytes)
	}
	b := sui.NewBuilder()
	b.Transfer(owner, b.Publish(modules, []sui.Address{sui.MoveStdlib, sui.Framework}))
	return b
}

// sealApprove is a world with a policy, and what a key server simulates to ask
// whether its owner may have a key.
func sealApprove(t testing.TB) (*world, *sui.TransactionData) {
	t.Helper()
	w := newWorld(t)
	w.publishOurs("access")
	pkg, version := packageOf(w.last), w.created("PackageVersion")
	b := sui.NewBuilder()
	none := b.PureBytes([]byte{0})
	made := b.Call(pkg, "policy", "new", nil, none, none)
	b.Call(pkg, "policy", "share", nil, made.At(0))
	b.Transfer(w.alice, made.At(1))
	w.run(b)
	policy := w.created("Policy")

	shared := func(b *sui.Builder, id sui.Address) sui.Arg {
		return b.SharedObject(id, w.ledger.live[id].Owner.Version, false)
	}
	b = sui.NewBuilder()
	id := append(slices.Clone(policy[:]), 1, 2, 3)
	b.Call(pkg, "policy", "seal_approve", nil, b.Pure(id), shared(b, policy), shared(b, version), b.Clock())
	tx, err := b.Build(w.alice, sui.GasData{})
	if err != nil {
		t.Fatal(err)
	}
	return w, tx
}

// BenchmarkSealApprove is the question of a key server to a policy, from warm
// caches: the real access package, policy, version and clock.
func BenchmarkSealApprove(b *testing.B) {
	w, tx := sealApprove(b)
	b.ReportAllocs()
	for b.Loop() {
		if r, err := w.engine.Execute(w.ledger, w.env, tx, Options{Simulate: true}); err != nil || r.Error != nil {
			b.Fatal(err, r.Error)
		}
	}
}

// BenchmarkPublish publishes each of our packages that needs the framework
// only, in an engine that has seen none of them.
func BenchmarkPublish(b *testing.B) {
	for _, name := range []string{"access", "storage", "key_server"} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b)
			tx := w.build(ours(b, w.alice, name))
			b.ReportAllocs()
			for b.Loop() {
				if r, err := NewEngine().Execute(w.ledger, w.env, tx, Options{}); err != nil || r.Error != nil {
					b.Fatal(err, r.Error)
				}
			}
		})
	}
}
