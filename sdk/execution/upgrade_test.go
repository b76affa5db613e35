package execution

import (
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

func TestUpgrade(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	cap, counter := w.created("UpgradeCap"), w.created("Counter")
	box := w.newBox(lab, 5)
	packages := loadPackages(t)

	// user links against version 1 of lab.
	user := packages.Packages["user"]
	deps := []sui.Address{sui.MoveStdlib, sui.Framework, lab}
	b := sui.NewBuilder()
	b.Transfer(w.alice, b.Publish(relink(t, packages, user.Modules, lab), deps))
	w.run(b)
	userID := packageOf(w.last)

	upgrade := func(name string, digestOf string) *sui.Builder {
		p := packages.Packages[name]
		b := sui.NewBuilder()
		c := w.use(b, cap)
		digest := sui.PackageDigest(packages.Packages[digestOf].Modules, p.Dependencies)
		ticket := b.Call(sui.Framework, "package", "authorize_upgrade", nil, c, b.Pure(uint8(0)), b.Pure(digest[:]))
		receipt := b.Upgrade(p.Modules, p.Dependencies, lab, ticket)
		b.Call(sui.Framework, "package", "commit_upgrade", nil, c, receipt)
		return b
	}
	if f := w.refuse(upgrade("lab_broken", "lab_broken")); f.Kind != sui.FailPackageUpgrade || f.Upgrade.Kind != sui.UpgradeIncompatible {
		t.Errorf("incompatible upgrade: %v", f)
	}
	if f := w.refuse(upgrade("lab_next", "lab")); f.Kind != sui.FailPackageUpgrade || f.Upgrade.Kind != sui.UpgradeDigestDoesNotMatch {
		t.Errorf("other modules than authorised: %v", f)
	}
	w.run(upgrade("lab_next", "lab_next"))
	next := packageOf(w.last)
	pkg := w.ledger.live[next].Package
	if pkg.Version != 2 || next == lab {
		t.Fatalf("package %s version %d", next, pkg.Version)
	}
	origins := map[string]sui.Address{}
	for _, o := range pkg.TypeOrigins {
		origins[o.Name] = o.Package
	}
	if origins["Box"] != lab || origins["Extra"] != next {
		t.Errorf("type origins %v", origins)
	}

	// Old objects work with the new code; the new type is of the new package.
	b = sui.NewBuilder()
	b.Call(next, "lab", "increment", nil, w.use(b, counter), b.Pure(uint64(1)))
	b.Transfer(w.alice, b.Call(next, "lab", "new_extra", nil, w.use(b, box)))
	r := w.run(b)
	if got := w.ledger.live[w.created("Extra")].Move.Type.String(); got != next.String()+"::lab::Extra" {
		t.Errorf("type %s", got)
	}
	if r.Events[0].Type.Address != lab || r.Events[0].Package != next {
		t.Errorf("event type %s of package %s", r.Events[0].Type, r.Events[0].Package)
	}

	// user still runs version 1, until it is itself linked to version 2.
	if got := w.output(userID, "user", "hidden_of_lab"); got != 42 {
		t.Errorf("user of version 1 sees %d", got)
	}
	b = sui.NewBuilder()
	deps[2] = next
	b.Transfer(w.alice, b.Publish(relink(t, packages, user.Modules, lab), deps))
	w.run(b)
	if got := w.output(packageOf(w.last), "user", "hidden_of_lab"); got != 43 {
		t.Errorf("user of version 2 sees %d", got)
	}
}

func packageOf(r *Result) (id sui.Address) {
	for _, o := range r.Written {
		if o.Package != nil {
			id = o.ID()
		}
	}
	return id
}

// output simulates a call without arguments that returns a number.
func (w *world) output(pkg sui.Address, module, fn string) uint64 {
	w.t.Helper()
	b := sui.NewBuilder()
	b.Call(pkg, module, fn, nil)
	r, err := w.engine.Execute(w.ledger, w.env, w.build(b), Options{Simulate: true})
	if err != nil || r.Error != nil {
		w.t.Fatal(err, r.Error)
	}
	return bcs.NewDecoder(r.Commands[0].Returns[0].BCS).U64()
}
