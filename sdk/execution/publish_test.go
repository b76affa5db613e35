package execution

import (
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

// The ids of a publish: the package is the first, the objects of init follow,
// the UpgradeCap is the last (specification §4.8).
func TestPublishIDs(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	digest := w.last.Effects.Transaction
	for n, want := range []sui.Address{lab, w.created("Counter"), w.created("Admin"), w.created("UpgradeCap")} {
		if got := sui.FreshObjectID(digest, uint64(n)); got != want {
			t.Errorf("id %d is %s, want %s", n, want, got)
		}
	}
	pkg, err := w.ledger.Object(lab)
	if err != nil || pkg.Package.Version != 1 || pkg.Owner != sui.Immutable() || len(pkg.Package.Linkage) != 2 {
		t.Errorf("package %+v, %v", pkg, err)
	}
	counter, err := w.ledger.Object(w.created("Counter"))
	if err != nil || counter.Owner != sui.SharedOwner(w.last.Effects.LamportVersion) {
		t.Errorf("counter's owner %s, want shared at %d", counter.Owner, w.last.Effects.LamportVersion)
	}
}

func TestPublishRefuses(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	packages := loadPackages(t)
	user := packages.Packages["user"]
	for name, c := range map[string]struct {
		modules [][]byte
		deps    []sui.Address
		kind    sui.FailureKind
	}{
		"missing dependency": {relink(t, packages, user.Modules, lab), []sui.Address{sui.MoveStdlib, sui.Framework}, sui.FailPublishUpgradeMissingDependency},
		"address set":        {relinkSelf(t, packages.Packages["lab"].Modules, sui.Address{5}), packages.Packages["lab"].Dependencies, sui.FailPublishNonZeroAddress},
		"garbage":            {[][]byte{{1, 2, 3}}, packages.Packages["lab"].Dependencies, sui.FailVMVerificationOrDeserialization},
	} {
		b := sui.NewBuilder()
		b.Transfer(w.alice, b.Publish(c.modules, c.deps))
		if f := w.refuse(b); f.Kind != c.kind {
			t.Errorf("%s: %v, want %s", name, f, c.kind)
		}
	}
}

func relinkSelf(t *testing.T, modules [][]byte, to sui.Address) [][]byte {
	return relink(t, &compiled{Placeholder: "0x0"}, modules, to)
}
