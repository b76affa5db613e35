package deploy

import (
	"context"
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// deployment finds the objects that belong to the packages.
func (r *run) deployment(ctx context.Context) (*Deployment, error) {
	d := &Deployment{Env: r.Env, ChainID: r.id, Packages: r.have, Pending: r.wait}
	for _, want := range []struct {
		pkg, module, name string
		id                *sui.Address
		needed            bool // users can do without the capabilities
	}{
		{contract.Storage, "system", "System", &d.Objects.StorageSystem, true},
		{contract.Storage, "system", "AdminCap", &d.Objects.StorageAdminCap, false},
		{contract.Catalog, "lineage", "Lineage", &d.Objects.CatalogLineage, true},
		{contract.Catalog, "enclave", "EnclaveRegistry", &d.Objects.EnclaveRegistry, false},
		{contract.Catalog, "catalog_version", "CatalogVersion", &d.Objects.CatalogVersion, true},
		{contract.Catalog, "catalog_version", "CatalogVersionCap", &d.Objects.CatalogVersionCap, false},
		{contract.Access, "version", "PackageVersion", &d.Objects.AccessVersion, true},
		{contract.Access, "version", "PackageVersionCap", &d.Objects.AccessVersionCap, false},
	} {
		original := r.have[want.pkg].Original
		publication, err := r.publication(ctx, original)
		if err != nil {
			return nil, fmt.Errorf("find %s of package %s: %w", want.name, want.pkg, err)
		}
		typ := sui.StructTag{Address: original, Module: want.module, Name: want.name}
		*want.id, err = r.created(ctx, publication, typ)
		if err != nil && (want.needed || !errors.Is(err, errGone)) {
			return nil, fmt.Errorf("find %s of package %s: %w", want.name, want.pkg, err)
		}
	}
	return d, nil
}

// publication returns the transaction that published a package: the one that
// wrote its first version, which nothing overwrites.
func (r *run) publication(ctx context.Context, original sui.Address) (*suirpc.Executed, error) {
	o, err := r.chain.Object(ctx, original)
	if err != nil {
		return nil, err
	}
	if o.Package == nil {
		return nil, fmt.Errorf("object %s is no package", original)
	}
	done, err := r.chain.Transaction(ctx, o.PreviousTransaction)
	if errors.Is(err, suirpc.ErrNotFound) {
		return nil, fmt.Errorf("%w; ask a full node that keeps old transactions", err)
	}
	return done, err
}

// errGone says that an object is not what it was, or not any more.
var errGone = errors.New("no such object")

// created returns the only object of a type that a transaction created.
func (r *run) created(ctx context.Context, done *suirpc.Executed, typ sui.StructTag) (sui.Address, error) {
	var ids []sui.Address
	for _, c := range done.Effects.Changed {
		if c.Operation == sui.IDCreated && c.Output == sui.StateExist {
			ids = append(ids, c.ID)
		}
	}
	objects, err := r.chain.Objects(ctx, ids)
	if err != nil {
		return sui.Address{}, err
	}
	for _, o := range objects {
		if o != nil && o.Move != nil && o.Move.Type.Equal(&typ) {
			return o.ID(), nil
		}
	}
	return sui.Address{}, fmt.Errorf("transaction %s created %s: %w now", done.Digest, typ.Short(), errGone)
}

// writtenPackage returns the id of the package that a transaction wrote.
func writtenPackage(done *suirpc.Executed) (sui.Address, error) {
	for _, c := range done.Effects.Changed {
		if c.Output == sui.StatePackageWrite {
			return c.ID, nil
		}
	}
	return sui.Address{}, fmt.Errorf("transaction %s wrote no package", done.Digest)
}
