// Package contract is Floe's contracts as Go sees them: calls that go into a
// transaction, events and objects that come out of the chain, and what each
// abort means.
//
// Types, their decoders, calls and abort codes are generated from the compiled
// contracts by scripts/gen (the files *_gen.go): for each Move module a type of
// calls, for example [PolicyCalls], with a method for each function, whose
// arguments the Go compiler checks ([Arg]). The functions over a [sui.Builder]
// and [Packages] that are written by hand, for example [ComposePolicy], add what
// a contract can't know: which calls belong together, and the sentences that
// explain what comes of them. Sending the transaction is for suirpc.
//
// Events are decoded by [DecodeEvent], objects by the Parse functions, failed
// transactions explained by [Explain]; errors.Is knows each abort by its name,
// for example [PolicyENoAccess]. The package does no I/O.
//
// The Move sources in the folder move are the law. After a change there,
// `go run ./scripts/movec build` compiles them and generates the Go side; a test
// fails where the two differ. Package deploy publishes and upgrades contracts.
package contract

import (
	"fmt"

	"github.com/floe-data/floe/sdk/sui"
)

// The names of the packages, as package move and deployments use them.
const (
	Storage   = "storage"
	Catalog   = "catalog"
	Access    = "access"
	KeyServer = "key_server"
	// WalrusAdapter is published only where Walrus is.
	WalrusAdapter = "walrus_adapter"
	// Committee is published once for each committee of key servers.
	Committee = "committee"
)

// A Package is a published package. Original is its first id: types and Seal
// identities are named by it for ever. Latest is the id of its newest version:
// calls go there.
type Package struct {
	Original sui.Address
	Latest   sui.Address
}

// Packages are the contracts on one network.
type Packages struct {
	Storage, Catalog, Access, KeyServer Package
	// WalrusAdapter is there only where Walrus' contracts are.
	WalrusAdapter Package
	// Committee is the copy of one committee, if any: each has its own.
	Committee Package
	Shared    Shared
}

// Shared are the shared objects that calls name, one of each on a network.
type Shared struct {
	Lineage        sui.Address // what was made from what
	CatalogVersion sui.Address // the version of the catalog package in force
	AccessVersion  sui.Address // the version of the access package in force
}

// accessVersion is the object that every call of the access package reads.
func (p Packages) accessVersion(b *sui.Builder) Arg[PackageVersion] {
	return known[PackageVersion](b, p.Shared.AccessVersion, "access_version")
}

// catalogVersion is the object that calls of the catalog package read, but for
// those that read the lineage.
func (p Packages) catalogVersion(b *sui.Builder) Arg[CatalogVersion] {
	return known[CatalogVersion](b, p.Shared.CatalogVersion, "catalog_version")
}

func (p Packages) lineage(b *sui.Builder) Arg[Lineage] {
	return known[Lineage](b, p.Shared.Lineage, "catalog_lineage")
}

func known[T any](b *sui.Builder, id sui.Address, name string) Arg[T] {
	if id.IsZero() {
		b.Fail(fmt.Errorf("the object %s is not known; record it in the network's file, or publish the contracts with: floe contracts publish", name))
	}
	return Object[T](b, id)
}

// Name returns the name of the package that has this id, original or latest.
func (p Packages) Name(id sui.Address) (string, bool) {
	for _, n := range []struct {
		name string
		pkg  Package
	}{{Storage, p.Storage}, {Catalog, p.Catalog}, {Access, p.Access}, {KeyServer, p.KeyServer}, {WalrusAdapter, p.WalrusAdapter}, {Committee, p.Committee}} {
		if !id.IsZero() && (id == n.pkg.Original || id == n.pkg.Latest) {
			return n.name, true
		}
	}
	return "", false
}

func (p Package) typ(module, name string, params ...sui.TypeTag) *sui.StructTag {
	return &sui.StructTag{Address: p.Original, Module: module, Name: name, Params: params}
}
