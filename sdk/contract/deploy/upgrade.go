package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

var upgradeCapType = sui.StructTag{Address: sui.Framework, Module: "package", Name: "UpgradeCap"}

// Upgrade publishes a new version of each package whose code, or one of whose
// dependencies, has changed; signer holds the UpgradeCaps. Packages that are
// not published at all are refused: see [Publish].
//
// An upgrade of a guarded package is proposed first, and done by a later call
// when its delay is over; until then it is among [Deployment.Pending]. What links
// to such a package is proposed after it was upgraded.
//
// An upgrade whose end was not recorded, because the run was stopped, is found
// on chain and recorded.
func Upgrade(ctx context.Context, chain Chain, signer sui.Signer, cfg Config) (*Deployment, error) {
	r, err := open(ctx, chain, cfg)
	if err != nil {
		return nil, err
	}
	for _, name := range r.order() {
		if _, ok := r.have[name]; !ok {
			return nil, fmt.Errorf("upgrade package %s: %w on %s; publish it with: floe contracts publish", name, ErrNotPublished, cfg.Env)
		}
		if err := r.upgrade(ctx, signer, name); err != nil {
			return nil, fmt.Errorf("upgrade package %s: %w", name, err)
		}
	}
	return r.deployment(ctx)
}

// upgrade upgrades one package unless it is as it should be, or has to wait.
func (r *run) upgrade(ctx context.Context, signer sui.Signer, name string) error {
	right, err := r.catchUp(ctx, signer, name)
	if err != nil {
		return err
	}
	same, err := r.upToDate(ctx, name, r.have[name])
	if err != nil {
		return err
	}
	if after := r.waitsFor(name); after != "" {
		r.later(Pending{Package: name, After: after})
		return nil
	}
	if same {
		r.unchanged(name)
		return nil
	}
	modules, err := r.link(name, sui.Address{})
	if err != nil {
		return err
	}
	code := newCode{modules: modules, dependencies: r.dependencies(name)}
	if right.guard != nil {
		return r.upgradeGuarded(ctx, signer, name, right.guard, code)
	}
	b := sui.NewBuilder()
	object := b.Object(right.cap.ID)
	digest := code.digest()
	ticket := b.Call(sui.Framework, "package", "authorize_upgrade", nil, object, b.Pure(right.cap.Policy), b.Pure(digest[:]))
	receipt := b.Upgrade(code.modules, code.dependencies, r.have[name].Latest, ticket)
	b.Call(sui.Framework, "package", "commit_upgrade", nil, object, receipt)
	return r.sendUpgrade(ctx, signer, name, b)
}

// newCode is what a package is upgraded to.
type newCode struct {
	modules      [][]byte
	dependencies []sui.Address
}

func (c newCode) digest() sui.Digest { return sui.PackageDigest(c.modules, c.dependencies) }

// waitsFor returns a package that the package links to and that waits itself:
// the new code will name its new version.
func (r *run) waitsFor(name string) string {
	for _, w := range r.wait {
		if slices.Contains(move.Dependencies(name), w.Package) {
			return w.Package
		}
	}
	return ""
}

// later notes an upgrade that is not done yet.
func (r *run) later(w Pending) {
	r.wait = append(r.wait, w)
	p := r.have[w.Package]
	r.Progress(Step{Package: w.Package, Action: "waiting", ID: p.Latest, Version: p.Version})
}

// sendUpgrade sends an upgrade and records it.
func (r *run) sendUpgrade(ctx context.Context, signer sui.Signer, name string, b *sui.Builder) error {
	if err := r.files[name].prepare(); err != nil {
		return err
	}
	done, err := r.chain.Send(ctx, signer, b)
	if err != nil {
		return contract.Explain(err)
	}
	p := r.have[name]
	if p.Latest, err = writtenPackage(done); err != nil {
		return err
	}
	p.Version++
	return r.record(name, "upgraded", p, done.Digest)
}

// upgradeRight is what allows upgrades: the UpgradeCap, alone or in a guard.
type upgradeRight struct {
	cap   contract.UpgradeCap
	guard *contract.UpgradeGuard
}

// catchUp reads what allows to upgrade the package. The UpgradeCap knows the
// latest version, which is recorded if the file does not have it.
func (r *run) catchUp(ctx context.Context, signer sui.Signer, name string) (upgradeRight, error) {
	right, err := r.right(ctx, signer, name)
	if err != nil {
		return right, err
	}
	c, p := right.cap, r.have[name]
	if c.Package == p.Latest {
		return right, nil
	}
	if c.Version <= p.Version {
		return right, fmt.Errorf("UpgradeCap %s is of package %s, version %d, not of %s; correct %s", c.ID, c.Package, c.Version, p.Latest, r.files[name].path)
	}
	p.Latest, p.Version = c.Package, c.Version
	return right, r.record(name, "upgraded", p, sui.Digest{})
}

// right reads the package's UpgradeCap or UpgradeGuard.
func (r *run) right(ctx context.Context, signer sui.Signer, name string) (right upgradeRight, err error) {
	p := r.have[name]
	if p.UpgradeCap.IsZero() {
		return right, fmt.Errorf("%s has no upgrade-capability; add the id of the package's UpgradeCap or UpgradeGuard", r.files[name].path)
	}
	o, err := r.chain.Object(ctx, p.UpgradeCap)
	if errors.Is(err, suirpc.ErrNotFound) {
		return r.lostGuard(ctx, signer, name)
	}
	if err != nil {
		return right, fmt.Errorf("read UpgradeCap: %w", err)
	}
	if t := o.Type(); t != nil && t.Equal(&upgradeCapType) {
		if err := bcs.Unmarshal(o.Move.Contents, &right.cap); err != nil {
			return right, fmt.Errorf("read UpgradeCap %s: %w", o.ID(), err)
		}
		return right, nil
	}
	g, err := contract.ParseUpgradeGuard(o)
	if err != nil || g.Package != r.have[contract.Access].Original {
		return right, fmt.Errorf("read UpgradeCap: object %s is neither an UpgradeCap nor a guard of ours; correct %s", p.UpgradeCap, r.files[name].path)
	}
	return upgradeRight{g.Cap, g}, nil
}

// upToDate tells whether the chain's latest version has our code and links to
// the latest versions of our packages.
func (r *run) upToDate(ctx context.Context, name string, p Package) (bool, error) {
	o, err := r.chain.Object(ctx, p.Latest)
	if err != nil {
		return false, fmt.Errorf("read package: %w", err)
	}
	if o.Package == nil {
		return false, errors.New("read package: object " + p.Latest.String() + " is no package; correct " + r.files[name].path)
	}
	modules, err := r.link(name, p.Original)
	if err != nil {
		return false, err
	}
	if len(modules) != len(o.Package.Modules) {
		return false, nil
	}
	for _, m := range o.Package.Modules {
		if !slices.ContainsFunc(modules, func(ours []byte) bool { return string(ours) == string(m.Bytes) }) {
			return false, nil
		}
	}
	linked := map[sui.Address]bool{sui.MoveStdlib: true, sui.Framework: true}
	for _, l := range o.Package.Linkage {
		linked[l.Upgraded] = true
	}
	for _, id := range r.dependencies(name) {
		if !linked[id] {
			return false, nil
		}
	}
	return true, nil
}
