package contract_test

import (
	"context"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/sui"
)

// consistency is the proof that a log of size new extends that of size old.
func (v *rfc6962) consistency(g *meter, old, new uint64) [][]byte {
	g.t.Helper()
	for _, p := range v.Consistency {
		if p.Old == old && p.New == new {
			return hashes(g.t, p.Proof)
		}
	}
	g.t.Fatalf("no proof from %d to %d", old, new)
	return nil
}

// logs prices logs of inferences without enclaves.
func (g *meter) logs() {
	c, v := newWorld(g.t), readRFC6962(g.t)
	step := g.on(c)
	step("catalog::inference_log::create", "", owner, func(b *sui.Builder) {
		contract.CreateLog(b, c.p, "answers", owner.address, sui.Address{}, sui.Address{}, nil)
	})
	l := c.newLog()
	step("catalog::inference_log::commit", "the first head", owner, c.commit(l, 5, v.root(g.t, 5), nil))
	step("catalog::inference_log::commit", "from 5 leaves to 20", owner, c.commit(l, 20, v.root(g.t, 20), v.consistency(g, 5, 20)))
	for _, p := range v.Inclusion {
		if p.Index == 3 && p.Size == 20 {
			step("catalog::inference_log::open_leaf", "of 20", stranger, func(b *sui.Builder) {
				contract.OpenLeaf(b, c.p, l.LogID, 3, leaf(3), hashes(g.t, p.Proof))
			})
		}
	}
}

func (g *meter) anchors() {
	c, o := newWorld(g.t), newOperator(g.t)
	c.setTime(noon)
	step := g.on(c)
	create := func(b *sui.Builder) { contract.CreateAnchor(b, c.p, origin, o.key) }
	step("access::anchors::create", "", owner, create)
	id := one[contract.AnchorCreated](g.t, c.run(owner, create)).AnchorID
	step("access::anchors::anchor_root", "the first", stranger, func(b *sui.Builder) { contract.AnchorRoot(b, c.p, id, o.sign(7, "a")) })
	step("access::anchors::anchor_root", "the next", stranger, func(b *sui.Builder) { contract.AnchorRoot(b, c.p, id, o.sign(9, "a")) })
	step("access::anchors::prove_fork", "", stranger, func(b *sui.Builder) { contract.ProveFork(b, c.p, id, o.sign(7, "a"), o.sign(7, "b")) })
}

// upgrades puts the packages behind a delay, upgrades storage, and then narrows
// what its guard allows.
func (g *meter) upgrades() {
	c, ctx := newWorld(g.t), context.Background()
	c.setTime(noon)
	delay := uint64(day)
	cfg := deploy.Config{Env: "test", Dir: c.dir, UpgradeDelayMS: &delay}
	calls := map[string]string{"guarded": "guard", "proposed": "propose", "upgraded": "authorize"}
	notes := map[string]string{"upgraded": "with the upgrade of `storage` and `commit`"}
	cfg.Progress = func(s deploy.Step) {
		if call := calls[s.Action]; call != "" && s.Package == contract.Storage {
			g.note("access::upgrade::"+call, notes[s.Action], c.done[s.Transaction].Effects.Gas)
		}
	}
	if _, err := deploy.Publish(ctx, c, owner, cfg); err != nil {
		g.t.Fatal(err)
	}
	cfg.Code = renamed(g.t)
	var d *deploy.Deployment
	for range 2 {
		var err error
		if d, err = deploy.Upgrade(ctx, c, owner, cfg); err != nil {
			g.t.Fatal(err)
		}
		c.setTime(c.clock() + delay)
	}
	step := g.on(c)
	type args struct {
		contract.UpgradeCalls
		guard contract.Arg[contract.UpgradeGuard]
		v     contract.Arg[contract.PackageVersion]
	}
	with := func(do func(b *sui.Builder, a args)) func(*sui.Builder) {
		return func(b *sui.Builder) {
			do(b, args{c.p.UpgradeCalls(b), contract.Object[contract.UpgradeGuard](b, d.Packages[contract.Storage].UpgradeCap), contract.Object[contract.PackageVersion](b, c.made.AccessVersion)})
		}
	}
	c.run(owner, with(func(b *sui.Builder, a args) {
		a.Propose(a.guard, contract.Pure(b, uint8(0)), contract.Pure(b, make([]byte, 32)), a.v)
	}))
	step("access::upgrade::cancel", "", owner, with(func(_ *sui.Builder, a args) { a.Cancel(a.guard, a.v) }))
	step("access::upgrade::raise_delay", "", owner, with(func(b *sui.Builder, a args) { a.RaiseDelay(a.guard, contract.Pure(b, 2*delay), a.v) }))
	step("access::upgrade::only_additive_upgrades", "", owner, with(func(_ *sui.Builder, a args) { a.OnlyAdditiveUpgrades(a.guard, a.v) }))
	step("access::upgrade::only_dep_upgrades", "", owner, with(func(_ *sui.Builder, a args) { a.OnlyDepUpgrades(a.guard, a.v) }))
	step("access::upgrade::make_immutable", "", owner, with(func(_ *sui.Builder, a args) { a.MakeImmutable(a.guard, a.v) }))
}
