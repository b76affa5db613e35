// Package contract is Floe's contracts as Go sees them: calls that go into a
// transaction, events and objects that come out of the chain, and what each
// abort means.
//
// Calls are functions over a [sui.Builder] that take [Packages], the ids under
// which the contracts are published; sending the transaction is for suirpc.
// Events are decoded by [DecodeEvent], objects by the Parse functions, failed
// transactions explained by [Explain]. The package does no I/O.
//
// The Move sources in the folder move are the law: field orders, function
// parameters and abort codes here are theirs, and tests compare them.
// Package deploy publishes and upgrades the contracts.
package contract

import (
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// The names of the packages, as package move and deployments use them.
const (
	Storage   = "storage"
	Catalog   = "catalog"
	Access    = "access"
	KeyServer = "key_server"
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
}

// Name returns the name of the package that has this id, original or latest.
func (p Packages) Name(id sui.Address) (string, bool) {
	for _, n := range []struct {
		name string
		pkg  Package
	}{{Storage, p.Storage}, {Catalog, p.Catalog}, {Access, p.Access}, {KeyServer, p.KeyServer}} {
		if !id.IsZero() && (id == n.pkg.Original || id == n.pkg.Latest) {
			return n.name, true
		}
	}
	return "", false
}

// Types of objects, for queries by type.

// AdminCapType is the right to set the storage committee.
func (p Packages) AdminCapType() *sui.StructTag { return p.Storage.typ("system", "AdminCap") }

// SystemType is the storage network's shared object.
func (p Packages) SystemType() *sui.StructTag { return p.Storage.typ("system", "System") }

// BlobType is a registered blob.
func (p Packages) BlobType() *sui.StructTag { return p.Storage.typ("blob", "Blob") }

// PolicyType is a policy.
func (p Packages) PolicyType() *sui.StructTag { return p.Access.typ("policy", "Policy") }

// PolicyCapType is the right to manage a policy's members.
func (p Packages) PolicyCapType() *sui.StructTag { return p.Access.typ("policy", "PolicyCap") }

// PassType is a pass of a policy.
func (p Packages) PassType() *sui.StructTag { return p.Access.typ("pass", "Pass") }

// KeyRequestType is a key request.
func (p Packages) KeyRequestType() *sui.StructTag { return p.Access.typ("key_request", "KeyRequest") }

// PackageVersionType is the shared object that every decision reads.
func (p Packages) PackageVersionType() *sui.StructTag {
	return p.Access.typ("version", "PackageVersion")
}

// DatasetType is a dataset.
func (p Packages) DatasetType() *sui.StructTag { return p.Catalog.typ("catalog", "Dataset") }

// DatasetCapType is the right to publish versions of a dataset.
func (p Packages) DatasetCapType() *sui.StructTag { return p.Catalog.typ("catalog", "DatasetCap") }

// LineageType is the shared object that says what was made from what.
func (p Packages) LineageType() *sui.StructTag { return p.Catalog.typ("lineage", "Lineage") }

// ConsentType is a consent to a dataset.
func (p Packages) ConsentType() *sui.StructTag { return p.Catalog.typ("consent", "Consent") }

// LogType is a log of inferences.
func (p Packages) LogType() *sui.StructTag { return p.Catalog.typ("inference_log", "Log") }

// LogCapType is the right to commit to a log of inferences.
func (p Packages) LogCapType() *sui.StructTag { return p.Catalog.typ("inference_log", "LogCap") }

// EnclaveConfigType says which code enclaves may run.
func (p Packages) EnclaveConfigType() *sui.StructTag {
	return p.Catalog.typ("enclave_config", "EnclaveConfig")
}

// EnclaveConfigCapType is the right to propose and revoke what enclaves may run.
func (p Packages) EnclaveConfigCapType() *sui.StructTag {
	return p.Catalog.typ("enclave_config", "EnclaveConfigCap")
}

// EnclaveRegistryType is the shared object with all keys of enclaves.
func (p Packages) EnclaveRegistryType() *sui.StructTag {
	return p.Catalog.typ("enclave", "EnclaveRegistry")
}

// EnclaveType is a registered enclave.
func (p Packages) EnclaveType() *sui.StructTag { return p.Catalog.typ("enclave", "Enclave") }

// VersionType is a published version of a dataset.
func (p Packages) VersionType() *sui.StructTag { return p.Catalog.typ("catalog", "Version") }

// KeyServerType is a registered key server.
func (p Packages) KeyServerType() *sui.StructTag {
	return p.KeyServer.typ("key_server", "KeyServer")
}

func (p Package) typ(module, name string) *sui.StructTag {
	return &sui.StructTag{Address: p.Original, Module: module, Name: name}
}

// ErrWrongType says that an object is not what it was taken for.
var ErrWrongType = errors.New("wrong type")

// An Identity is what all parsed objects have: their id, and the id of the
// package that defines their type. Whoever trusts the object compares Package
// with [Packages]: anybody can publish a type of the same name.
type Identity struct {
	ID      sui.Address
	Package sui.Address
}

// parse reads the contents of an object of type module::name: the id, then
// what read reads.
func parse(o *sui.Object, module, name string, read func(*bcs.Decoder)) (Identity, error) {
	if o == nil || o.Move == nil {
		return Identity{}, fmt.Errorf("parse %s: %w: not a Move object", name, ErrWrongType)
	}
	t := &o.Move.Type
	if t.Module != module || t.Name != name || len(t.Params) != 0 {
		return Identity{}, fmt.Errorf("parse %s: %w: object %s is a %s", name, ErrWrongType, o.ID(), t.Short())
	}
	id := Identity{Package: t.Address}
	d := bcs.NewDecoder(o.Move.Contents)
	d.Value(&id.ID)
	read(d)
	if err := d.Finish(); err != nil {
		return Identity{}, fmt.Errorf("parse %s %s: %w", name, id.ID, err)
	}
	return id, nil
}

// call adds a call of a function without type parameters.
func call(b *sui.Builder, p Package, module, function string, args ...sui.Arg) sui.Result {
	if p.Latest.IsZero() {
		b.Fail(fmt.Errorf("call %s::%s: the contract's package id is not known; publish the contracts with: floe contracts publish", module, function))
	}
	return b.Call(p.Latest, module, function, nil, args...)
}

func optionU64(d *bcs.Decoder) *uint64 {
	if !d.Option() {
		return nil
	}
	v := d.U64()
	return &v
}

func optionU32(d *bcs.Decoder) *uint32 {
	if !d.Option() {
		return nil
	}
	v := d.U32()
	return &v
}

func optionAddress(d *bcs.Decoder) *sui.Address {
	if !d.Option() {
		return nil
	}
	var v sui.Address
	d.Value(&v)
	return &v
}

func address(d *bcs.Decoder) (a sui.Address) {
	d.Value(&a)
	return a
}

func numbersU16(d *bcs.Decoder) []uint16 {
	out := make([]uint16, d.Length(2))
	for i := range out {
		out[i] = d.U16()
	}
	return out
}

// u256 adds a hash or blob id: its bytes are the number in little-endian
// order. The conversion avoids the BCS of its type as part of other values.
func u256[T ~[32]byte](b *sui.Builder, x T) sui.Arg { return b.Pure([32]byte(x)) }
