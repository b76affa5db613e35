package policylint_test

import (
	"testing"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
	"github.com/floe-data/floe/sdk/policylint"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// node is a client of a chain of the test's own, and a key with coins there.
func node(t *testing.T) (*suirpc.Client, *sui.PrivateKey) {
	t.Helper()
	c := chaintest.Start(t)
	client, err := suirpc.Dial(t.Context(), c.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	key, err := sui.NewPrivateKey(sui.Ed25519, append(make([]byte, 31), 5))
	if err != nil {
		t.Fatal(err)
	}
	if err := client.RequestGas(t.Context(), c.Faucet, key.Address()); err != nil {
		t.Fatal(err)
	}
	return client, key
}

// TestIsSilentOnOurOwnPackage tries our package where it is, since its decisions
// read the lineage, an object that another package of ours makes.
func TestIsSilentOnOurOwnPackage(t *testing.T) {
	client, key := node(t)
	d, err := deploy.Publish(t.Context(), client, key, deploy.Config{Env: "test", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	target, err := policylint.FromChain(t.Context(), client, d.Packages[contract.Access].Latest, []sui.Address{d.Objects.CatalogLineage})
	if err != nil {
		t.Fatal(err)
	}
	r, err := policylint.Check(target, policylint.Options{Rounds: 6})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Grants) < 4 {
		t.Errorf("%d functions were tried", len(r.Grants))
	}
	if r.Alarming() {
		t.Errorf("false alarm\n%s", text(r))
	}
}

// TestOnChain tries a package that somebody published: on a copy, and where it
// is, with an object that its owner made there.
func TestOnChain(t *testing.T) {
	client, key := node(t)
	send := func(build func(*sui.Builder)) *suirpc.Executed {
		t.Helper()
		b := sui.NewBuilder()
		build(b)
		done, err := client.Send(t.Context(), key, b)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	var pkg, list sui.Address
	for _, ch := range send(func(b *sui.Builder) {
		b.Transfer(key.Address(), b.Publish(modules(t, "planted/reversed_prefix"), []sui.Address{sui.MoveStdlib, sui.Framework}))
	}).Effects.Changed {
		if o, err := client.Object(t.Context(), ch.ID); err == nil && o.Package != nil {
			pkg = ch.ID
		}
	}
	for _, ch := range send(func(b *sui.Builder) {
		b.Transfer(key.Address(), b.Call(pkg, "reversed_prefix", "create", nil))
	}).Effects.Changed {
		if o, err := client.Object(t.Context(), ch.ID); err == nil && o.Move != nil && o.Move.Type.Name == "List" {
			list = ch.ID
		}
	}
	for name, objects := range map[string][]sui.Address{"on a copy": nil, "where it is": {list}} {
		t.Run(name, func(t *testing.T) {
			target, err := policylint.FromChain(t.Context(), client, pkg, objects)
			if err != nil {
				t.Fatal(err)
			}
			r, err := policylint.Check(target, policylint.Options{Rounds: 4})
			if err != nil {
				t.Fatal(err)
			}
			if got := codes(r); len(got) != 1 || got[0] != policylint.ShortID {
				t.Errorf("found %v\n%s", got, text(r))
			}
		})
	}
}
