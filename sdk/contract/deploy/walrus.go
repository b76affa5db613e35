package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// The Walrus adapter is compiled against Walrus' interface (move/walrus) and
// linked to the live contracts, where there are any.

// walrusInterface is the interface's name in package move.
const walrusInterface = "walrus"

// walrusContracts are Walrus' own, on this network.
type walrusContracts struct {
	original sui.Address // names the types
	// dependencies are the ids to publish with: the newest version, and all that
	// it links to.
	dependencies []sui.Address
}

// order is what is to be deployed here.
func (r *run) order() []string {
	if r.walrus == nil {
		return order
	}
	return append(slices.Clone(order), contract.WalrusAdapter)
}

// findWalrus reads where Walrus' contracts are from their System object: its
// type names the first version of the package, its package_id the one in force.
func (r *run) findWalrus(ctx context.Context) (*walrusContracts, error) {
	if r.WalrusSystem.IsZero() {
		return nil, nil
	}
	o, err := r.chain.Object(ctx, r.WalrusSystem)
	if err != nil {
		return nil, fmt.Errorf("find Walrus: %w; see that the object is that of this network", err)
	}
	t := o.Type()
	if t == nil || t.Module != "system" || t.Name != "System" || len(t.Params) != 0 {
		return nil, fmt.Errorf("find Walrus: object %s is not its System", r.WalrusSystem)
	}
	latest, err := walrusPackageID(o.Move.Contents)
	if err != nil {
		return nil, fmt.Errorf("find Walrus: read its System: %w", err)
	}
	pkg, err := r.chain.Object(ctx, latest)
	if err != nil {
		return nil, fmt.Errorf("find Walrus: %w", err)
	}
	if pkg.Package == nil || len(pkg.Package.Modules) == 0 {
		return nil, fmt.Errorf("find Walrus: object %s is no package", latest)
	}
	// modules of every version carry the first version's id
	m, err := bytecode.Parse(pkg.Package.Modules[0].Bytes)
	if err != nil {
		return nil, fmt.Errorf("find Walrus: %w", err)
	}
	if m.Address() != t.Address {
		return nil, fmt.Errorf("find Walrus: its System is of package %s, and names %s, a version of %s", t.Address, latest, m.Address())
	}
	w := &walrusContracts{original: t.Address, dependencies: []sui.Address{latest}}
	for _, l := range pkg.Package.Linkage {
		w.dependencies = appendNew(w.dependencies, l.Upgraded)
	}
	return w, nil
}

// walrusPackageID reads the third field of Walrus' System: id, version u64,
// package_id, new_package_id.
func walrusPackageID(contents []byte) (sui.Address, error) {
	var id, pkg sui.Address
	d := bcs.NewDecoder(contents)
	d.Value(&id)
	d.U64()
	d.Value(&pkg)
	if d.Option() {
		return pkg, errors.New("its contracts are being upgraded; publish once that is done")
	}
	return pkg, d.Finish()
}

// appendNew appends the ids that are not there yet.
func appendNew(ids []sui.Address, more ...sui.Address) []sui.Address {
	for _, id := range more {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
