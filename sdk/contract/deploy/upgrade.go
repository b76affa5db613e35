package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

var upgradeCapType = sui.StructTag{Address: sui.Framework, Module: "package", Name: "UpgradeCap"}

// Upgrade publishes a new version of each package whose code, or one of whose
// dependencies, has changed; signer holds the UpgradeCaps. Packages that are
// not published at all are refused: see [Publish].
//
// An upgrade whose end was not recorded, because the run was stopped, is found
// on chain and recorded.
func Upgrade(ctx context.Context, chain Chain, signer sui.Signer, cfg Config) (*Deployment, error) {
	r, err := open(ctx, chain, cfg)
	if err != nil {
		return nil, err
	}
	for _, name := range order {
		if _, ok := r.have[name]; !ok {
			return nil, fmt.Errorf("upgrade package %s: %w on %s; publish it with: floe contracts publish", name, ErrNotPublished, cfg.Env)
		}
		if err := r.upgrade(ctx, signer, name); err != nil {
			return nil, fmt.Errorf("upgrade package %s: %w", name, err)
		}
	}
	return r.deployment(ctx)
}

// upgrade upgrades one package unless it is as it should be.
func (r *run) upgrade(ctx context.Context, signer sui.Signer, name string) error {
	c, err := r.catchUp(ctx, name)
	if err != nil {
		return err
	}
	p := r.have[name]
	same, err := r.upToDate(ctx, name, p)
	if err != nil {
		return err
	}
	if same {
		r.unchanged(name)
		return nil
	}
	modules, err := r.link(name, sui.Address{})
	if err != nil {
		return err
	}
	if err := r.files[name].prepare(); err != nil {
		return err
	}
	dependencies := r.dependencies(name)
	digest := sui.PackageDigest(modules, dependencies)
	b := sui.NewBuilder()
	object := b.Object(p.UpgradeCap)
	ticket := b.Call(sui.Framework, "package", "authorize_upgrade", nil, object, b.Pure(c.policy), b.Pure(digest[:]))
	receipt := b.Upgrade(modules, dependencies, p.Latest, ticket)
	b.Call(sui.Framework, "package", "commit_upgrade", nil, object, receipt)
	done, err := r.chain.Send(ctx, signer, b)
	if err != nil {
		return err
	}
	if p.Latest, err = writtenPackage(done); err != nil {
		return err
	}
	p.Version++
	return r.record(name, "upgraded", p, done.Digest)
}

// upgradeCap is the content of a 0x2::package::UpgradeCap.
type upgradeCap struct {
	id, pkg sui.Address // pkg is the package's latest version
	version uint64
	policy  uint8
}

// catchUp reads the package's UpgradeCap, which knows its latest version, and
// records that version if the file does not have it.
func (r *run) catchUp(ctx context.Context, name string) (upgradeCap, error) {
	p := r.have[name]
	if p.UpgradeCap.IsZero() {
		return upgradeCap{}, fmt.Errorf("%s has no upgrade-capability; add the id of the package's UpgradeCap", r.files[name].path)
	}
	o, err := r.chain.Object(ctx, p.UpgradeCap)
	if err != nil {
		return upgradeCap{}, fmt.Errorf("read UpgradeCap: %w", err)
	}
	c, err := parseUpgradeCap(o)
	if err != nil {
		return upgradeCap{}, err
	}
	if c.pkg == p.Latest {
		return c, nil
	}
	if c.version <= p.Version {
		return upgradeCap{}, fmt.Errorf("UpgradeCap %s is of package %s, version %d, not of %s; correct %s", c.id, c.pkg, c.version, p.Latest, r.files[name].path)
	}
	p.Latest, p.Version = c.pkg, c.version
	return c, r.record(name, "upgraded", p, sui.Digest{})
}

func parseUpgradeCap(o *sui.Object) (upgradeCap, error) {
	var c upgradeCap
	if t := o.Type(); t == nil || !t.Equal(&upgradeCapType) {
		return c, fmt.Errorf("read UpgradeCap: object %s is something else", o.ID())
	}
	d := bcs.NewDecoder(o.Move.Contents)
	d.Value(&c.id)
	d.Value(&c.pkg)
	c.version, c.policy = d.U64(), d.U8()
	if err := d.Finish(); err != nil {
		return c, fmt.Errorf("read UpgradeCap %s: %w", o.ID(), err)
	}
	return c, nil
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
