package execution

import (
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// publish creates a package, runs its init functions and returns its
// UpgradeCap.
func (cmd *command) publish(c *sui.Publish) ([]movevm.Value, error) {
	r := cmd.run
	if err := r.chargeModules(c.Modules); err != nil {
		return nil, err
	}
	deps, err := r.dependencies(c.Dependencies)
	if err != nil {
		return nil, err
	}
	pkg, err := movevm.BuildPackage(movevm.NewPackage{ID: r.session.FreshID(), Modules: c.Modules, Dependencies: deps})
	if err != nil {
		return nil, err
	}
	if err := r.addPackage(pkg); err != nil {
		return nil, err
	}
	for _, m := range c.Modules {
		name, err := movevm.ModuleName(m)
		if err != nil {
			return nil, err
		}
		if _, err := r.session.CallInit(pkg.ID, name); err != nil {
			return nil, err
		}
	}
	cap, err := cmd.upgradeCap(pkg.ID)
	return []movevm.Value{cap}, err
}

// maxPackageSize bounds the bytes of a package's modules (protocol version 95).
const maxPackageSize = 100 << 10

// chargeModules counts the work of checking modules.
func (r *run) chargeModules(modules [][]byte) error {
	var size uint64
	for _, m := range modules {
		size += uint64(len(m))
	}
	r.bytesUnits += publishUnits * size
	if size > maxPackageSize {
		return tooBig(sui.FailMovePackageTooBig, size, maxPackageSize)
	}
	return nil
}

// tooBig is the failure of something whose size is over a limit.
func tooBig(kind sui.FailureKind, size, limit uint64) error {
	e := bcs.NewEncoder()
	e.U64(size)
	e.U64(limit)
	return &failed{sui.ExecutionFailure{Kind: kind, Raw: e.Data()}}
}

// addPackage verifies a package and keeps it for the effects.
func (r *run) addPackage(pkg *sui.MovePackage) error {
	if err := r.session.AddPackage(pkg); err != nil {
		return err
	}
	r.published = append(r.published, pkg)
	return nil
}

// dependencies reads the packages to link against.
func (r *run) dependencies(ids []sui.Address) ([]*sui.MovePackage, error) {
	out := make([]*sui.MovePackage, len(ids))
	for i, id := range ids {
		pkg, err := r.host.Package(id)
		if err != nil {
			return nil, fail(sui.FailPublishUpgradeMissingDependency)
		}
		out[i] = pkg
	}
	return out, nil
}

// upgradeCap makes the 0x2::package::UpgradeCap of a new package.
func (cmd *command) upgradeCap(pkg sui.Address) (movevm.Value, error) {
	id, err := cmd.run.session.NewObjectID()
	if err != nil {
		return movevm.Value{}, err
	}
	e := bcs.NewEncoder()
	e.Value(id)
	e.Value(pkg)
	e.U64(1) // version
	e.U8(uint8(movevm.PolicyCompatible))
	return cmd.run.decode("package", "UpgradeCap", e)
}

// ticket is the content of a 0x2::package::UpgradeTicket.
type ticket struct {
	capID, pkg sui.Address
	policy     uint8
	digest     []byte
}

// upgrade publishes a new version of a package and returns an UpgradeReceipt.
func (cmd *command) upgrade(c *sui.Upgrade) ([]movevm.Value, error) {
	r := cmd.run
	t, err := cmd.ticket(c.Ticket)
	if err != nil {
		return nil, err
	}
	if err := checkTicket(c, t); err != nil {
		return nil, err
	}
	prev, err := r.upgradeOf(c.Package)
	if err != nil {
		return nil, err
	}
	if err := r.chargeModules(c.Modules); err != nil {
		return nil, err
	}
	deps, err := r.dependencies(c.Dependencies)
	if err != nil {
		return nil, err
	}
	next, err := movevm.BuildPackage(movevm.NewPackage{
		ID: r.session.FreshID(), Modules: c.Modules, Dependencies: deps, Previous: prev,
	})
	if err != nil {
		return nil, err
	}
	if err := movevm.CheckUpgrade(prev, next, movevm.UpgradePolicy(t.policy)); err != nil {
		return nil, err
	}
	if err := checkNoNewInit(prev, next); err != nil {
		return nil, err
	}
	if err := r.addPackage(next); err != nil {
		return nil, err
	}
	e := bcs.NewEncoder()
	e.Value(t.capID)
	e.Value(next.ID)
	receipt, err := r.decode("package", "UpgradeReceipt", e)
	return []movevm.Value{receipt}, err
}

// ticket takes an UpgradeTicket.
func (cmd *command) ticket(arg sui.Argument) (*ticket, error) {
	v, err := cmd.take(arg, nil)
	if err != nil {
		return nil, at(err, 0)
	}
	if !v.Type().Is(sui.Framework, "package", "UpgradeTicket") {
		return nil, at(&argError{Kind: sui.ArgTypeMismatch}, 0)
	}
	raw, err := cmd.run.session.Encode(v)
	if err != nil {
		return nil, err
	}
	t, d := new(ticket), bcs.NewDecoder(raw)
	d.Value(&t.capID)
	d.Value(&t.pkg)
	t.policy = d.U8()
	t.digest = d.Bytes()
	if err := d.Finish(); err != nil {
		return nil, fmt.Errorf("read upgrade ticket: %w", err)
	}
	return t, nil
}

func checkTicket(c *sui.Upgrade, t *ticket) error {
	if t.pkg != c.Package {
		return upgradeError(sui.UpgradeFailure{Kind: sui.UpgradePackageIDDoesNotMatch, Package: c.Package, Ticket: t.pkg})
	}
	if digest := sui.PackageDigest(c.Modules, c.Dependencies); string(t.digest) != string(digest[:]) {
		return upgradeError(sui.UpgradeFailure{Kind: sui.UpgradeDigestDoesNotMatch, Digest: digest[:]})
	}
	switch movevm.UpgradePolicy(t.policy) {
	case movevm.PolicyCompatible, movevm.PolicyAdditive, movevm.PolicyDepOnly:
		return nil
	}
	return upgradeError(sui.UpgradeFailure{Kind: sui.UpgradeUnknownPolicy, Policy: t.policy})
}

func upgradeError(f sui.UpgradeFailure) error {
	return &failed{sui.ExecutionFailure{Kind: sui.FailPackageUpgrade, Upgrade: &f}}
}

// upgradeOf reads the package that is upgraded.
func (r *run) upgradeOf(id sui.Address) (*sui.MovePackage, error) {
	obj, err := r.st.Object(id)
	if errors.Is(err, ErrNotFound) {
		return nil, upgradeError(sui.UpgradeFailure{Kind: sui.UpgradeUnableToFetchPackage, Package: id})
	}
	if err != nil {
		r.host.note(err)
		return nil, err
	}
	if obj.Package == nil {
		return nil, upgradeError(sui.UpgradeFailure{Kind: sui.UpgradeNotAPackage, Package: id})
	}
	return obj.Package, nil
}

// checkNoNewInit refuses init functions in modules that an upgrade adds: Sui
// does not run them.
func checkNoNewInit(prev, next *sui.MovePackage) error {
	for _, m := range next.Modules {
		if _, old := prev.Module(m.Name); old {
			continue
		}
		parsed, err := bytecode.Parse(m.Bytes)
		if err != nil {
			return fail(sui.FailVMVerificationOrDeserialization)
		}
		if _, found := parsed.Function("init"); found {
			return fail(sui.FailFeatureNotYetSupported)
		}
	}
	return nil
}
