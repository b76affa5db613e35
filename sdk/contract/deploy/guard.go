package deploy

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// Guards: whoever holds a package's UpgradeCap can replace its code at any time,
// and with it the policies that the code decides on. Wrapped in an UpgradeGuard
// (move/access/sources/upgrade.move) the capability allows only what was
// proposed, visible as an event, a delay before.

// guard puts the package's UpgradeCap behind a delay, unless it is.
func (r *run) guard(ctx context.Context, signer sui.Signer, name string, delayMS uint64) error {
	right, err := r.right(ctx, signer, name)
	if err != nil || right.guard != nil {
		return err
	}
	if err := r.files[name].prepare(); err != nil {
		return err
	}
	b := sui.NewBuilder()
	inForce, err := r.inForce(ctx, b)
	if err != nil {
		return err
	}
	made := r.packages().UpgradeCalls(b).Guard(contract.Object[contract.UpgradeCap](b, right.cap.ID), contract.Pure(b, delayMS), inForce)
	b.Transfer(signer.Address(), made.Arg)
	done, err := r.chain.Send(ctx, signer, b)
	if err != nil {
		return contract.Explain(err)
	}
	p := r.have[name]
	if p.UpgradeCap, err = r.created(ctx, done, *r.packages().UpgradeGuardType()); err != nil {
		return err
	}
	return r.record(name, "guarded", p, done.Digest)
}

// lostGuard finds the guard that holds the recorded UpgradeCap, for a run that
// was stopped before it recorded the guard.
func (r *run) lostGuard(ctx context.Context, signer sui.Signer, name string) (upgradeRight, error) {
	p := r.have[name]
	owned, err := r.chain.OwnedObjects(ctx, signer.Address(), r.packages().UpgradeGuardType())
	if err != nil {
		return upgradeRight{}, fmt.Errorf("find guard: %w", err)
	}
	for _, o := range owned {
		g, err := contract.ParseUpgradeGuard(o)
		if err != nil {
			return upgradeRight{}, err
		}
		if g.Cap.ID == p.UpgradeCap {
			p.UpgradeCap = g.ID
			return upgradeRight{g.Cap, g}, r.record(name, "guarded", p, sui.Digest{})
		}
	}
	return upgradeRight{}, fmt.Errorf("UpgradeCap %s is gone, and %s has no guard that holds it; sign with the key that has it", p.UpgradeCap, signer.Address())
}

// upgradeGuarded proposes new code, or upgrades to it when its delay is over.
func (r *run) upgradeGuarded(ctx context.Context, signer sui.Signer, name string, g *contract.UpgradeGuard, code newCode) error {
	now, err := r.now(ctx)
	if err != nil {
		return err
	}
	digest := code.digest()
	proposed := g.Proposed != nil && string(g.Proposed.Digest) == string(digest[:])
	if g.Proposed != nil && !proposed && !r.Replace {
		return fmt.Errorf("an upgrade to other code (digest %x) is proposed; drop it with: floe contracts upgrade --replace", g.Proposed.Digest)
	}
	if proposed && uint64(now.UnixMilli()) < g.Proposed.ReadyAtMS {
		r.later(Pending{Package: name, Digest: digest, ReadyAtMS: g.Proposed.ReadyAtMS})
		return nil
	}
	b := sui.NewBuilder()
	calls, guard := r.packages().UpgradeCalls(b), contract.Object[contract.UpgradeGuard](b, g.ID)
	inForce, err := r.inForce(ctx, b)
	if err != nil {
		return err
	}
	if !proposed {
		if g.Proposed != nil {
			calls.Cancel(guard, inForce)
		}
		calls.Propose(guard, contract.Pure(b, g.Cap.Policy), contract.Pure(b, digest[:]), inForce)
		if g.DelayMS > 0 {
			return r.sendProposal(ctx, signer, name, g.ID, b)
		}
	}
	ticket := calls.Authorize(guard, inForce)
	receipt := b.Upgrade(code.modules, code.dependencies, r.have[name].Latest, ticket.Arg)
	calls.Commit(guard, contract.Arg[contract.UpgradeReceipt]{Arg: receipt}, inForce)
	return r.sendUpgrade(ctx, signer, name, b)
}

func (r *run) sendProposal(ctx context.Context, signer sui.Signer, name string, guard sui.Address, b *sui.Builder) error {
	done, err := r.chain.Send(ctx, signer, b)
	if err != nil {
		return contract.Explain(err)
	}
	o, err := r.chain.Object(ctx, guard)
	if err != nil {
		return fmt.Errorf("read guard: %w", err)
	}
	g, err := contract.ParseUpgradeGuard(o)
	if err != nil || g.Proposed == nil {
		return fmt.Errorf("read guard %s: no upgrade is proposed: %w", guard, err)
	}
	p := r.have[name]
	r.wait = append(r.wait, Pending{Package: name, Digest: sui.Digest(g.Proposed.Digest), ReadyAtMS: g.Proposed.ReadyAtMS})
	r.Progress(Step{Package: name, Action: "proposed", ID: p.Latest, Version: p.Version, Transaction: done.Digest})
	return nil
}

// inForce is the object that switches old versions of the access package off,
// whose upgrade module guards all packages.
func (r *run) inForce(ctx context.Context, b *sui.Builder) (v contract.Arg[contract.PackageVersion], err error) {
	publication, err := r.publication(ctx, r.have[contract.Access].Original)
	if err != nil {
		return v, fmt.Errorf("find PackageVersion: %w", err)
	}
	id, err := r.created(ctx, publication, *r.packages().PackageVersionType())
	if err != nil {
		return v, fmt.Errorf("find PackageVersion: %w", err)
	}
	return contract.Object[contract.PackageVersion](b, id), nil
}

// packages are those that are published so far.
func (r *run) packages() contract.Packages { return (&Deployment{Packages: r.have}).Contracts() }

// now is the chain's time. The Clock is its id and Unix milliseconds.
func (r *run) now(ctx context.Context) (time.Time, error) {
	o, err := r.chain.Object(ctx, sui.ClockID)
	if err != nil {
		return time.Time{}, fmt.Errorf("read clock: %w", err)
	}
	if o.Move == nil || len(o.Move.Contents) != 40 {
		return time.Time{}, fmt.Errorf("read clock: object %s is not the clock", sui.ClockID)
	}
	return time.UnixMilli(int64(binary.LittleEndian.Uint64(o.Move.Contents[32:]))).UTC(), nil
}
