package deploy

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// fakeChain executes publications and upgrades as far as this package looks at
// them. It runs no Move code: what init makes is in its table.
type fakeChain struct {
	t       *testing.T
	id      sui.Digest
	objects map[sui.Address]*sui.Object
	done    map[sui.Digest]*suirpc.Executed
	sent    []*sui.Builder
	fail    int // which transaction fails, from 1; 0 is none
}

func newChain(t *testing.T, id byte) *fakeChain {
	return &fakeChain{t: t, id: sui.Digest{id}, objects: map[sui.Address]*sui.Object{}, done: map[sui.Digest]*suirpc.Executed{}}
}

type fakeSigner struct{ sui.Signer }

func (fakeSigner) Address() sui.Address { return sui.Address{31: 0xaa} }

func (c *fakeChain) ChainID(context.Context) (sui.Digest, error) { return c.id, nil }

func (c *fakeChain) Object(_ context.Context, id sui.Address) (*sui.Object, error) {
	if o := c.objects[id]; o != nil {
		return o, nil
	}
	return nil, fmt.Errorf("object %s: %w", id, suirpc.ErrNotFound)
}

func (c *fakeChain) Objects(_ context.Context, ids []sui.Address) ([]*sui.Object, error) {
	out := make([]*sui.Object, len(ids))
	for i, id := range ids {
		out[i] = c.objects[id]
	}
	return out, nil
}

func (c *fakeChain) Transaction(_ context.Context, d sui.Digest) (*suirpc.Executed, error) {
	if e := c.done[d]; e != nil {
		return e, nil
	}
	return nil, fmt.Errorf("transaction %s: %w", d, suirpc.ErrNotFound)
}

func (c *fakeChain) OwnedObjects(context.Context, sui.Address, *sui.StructTag) ([]*sui.Object, error) {
	return nil, nil
}

var errSend = errors.New("connection refused")

func (c *fakeChain) Send(_ context.Context, _ sui.Signer, b *sui.Builder) (*suirpc.Executed, error) {
	if err := b.Err(); err != nil {
		return nil, err
	}
	c.sent = append(c.sent, b)
	if c.fail == len(c.sent) {
		return nil, errSend
	}
	tx := &transaction{chain: c, digest: sui.Digest{0xdd, byte(len(c.sent))}}
	for _, cmd := range b.Programmable().Commands {
		switch {
		case cmd.Publish != nil:
			tx.publish(cmd.Publish)
		case cmd.Upgrade != nil:
			tx.upgrade(b, cmd.Upgrade)
		}
	}
	done := &suirpc.Executed{Digest: tx.digest, Effects: sui.TransactionEffects{Changed: tx.changed}}
	c.done[tx.digest] = done
	return done, nil
}

type transaction struct {
	chain   *fakeChain
	digest  sui.Digest
	changed []sui.ChangedObject
}

func (tx *transaction) publish(p *sui.Publish) {
	id := tx.write(p.Modules, p.Dependencies, sui.Address{})
	for _, m := range parseAll(tx.chain.t, p.Modules) {
		switch m.Name() { // what the init functions make
		case "system":
			tx.create(sui.StructTag{Address: id, Module: "system", Name: "AdminCap"}, nil)
			tx.create(sui.StructTag{Address: id, Module: "system", Name: "System"}, nil)
		case "lineage":
			tx.create(sui.StructTag{Address: id, Module: "lineage", Name: "Lineage"}, nil)
		case "catalog_version":
			tx.create(sui.StructTag{Address: id, Module: "catalog_version", Name: "CatalogVersion"}, nil)
			tx.create(sui.StructTag{Address: id, Module: "catalog_version", Name: "CatalogVersionCap"}, nil)
		case "version":
			tx.create(sui.StructTag{Address: id, Module: "version", Name: "PackageVersion"}, nil)
			tx.create(sui.StructTag{Address: id, Module: "version", Name: "PackageVersionCap"}, nil)
		}
	}
	tx.create(upgradeCapType, capContent(id, 1))
}

// upgrade needs the object of authorize_upgrade to be the cap.
func (tx *transaction) upgrade(b *sui.Builder, u *sui.Upgrade) {
	cap := b.Programmable().Inputs[0].Ref.ID
	old := tx.chain.objects[u.Package].Package
	original := parseAll(tx.chain.t, [][]byte{old.Modules[0].Bytes})[0].Address()
	id := tx.write(u.Modules, u.Dependencies, original)
	tx.chain.objects[id].Package.Version = old.Version + 1
	tx.chain.objects[cap].Move.Contents = append(cap[:], capContent(id, old.Version+1)...)
}

func capContent(pkg sui.Address, version uint64) []byte {
	e := bcs.NewEncoder()
	e.Value(pkg)
	e.U64(version)
	e.U8(0)
	return e.Data()
}

func (tx *transaction) fresh() sui.Address {
	return sui.FreshObjectID(tx.digest, uint64(len(tx.changed)))
}

func (tx *transaction) create(typ sui.StructTag, content []byte) {
	id := tx.fresh()
	tx.chain.objects[id] = &sui.Object{Move: &sui.MoveObject{Type: typ, Contents: append(id[:], content...)}, PreviousTransaction: tx.digest}
	tx.changed = append(tx.changed, sui.ChangedObject{ID: id, Output: sui.StateExist, Operation: sui.IDCreated})
}

func (tx *transaction) write(modules [][]byte, dependencies []sui.Address, original sui.Address) sui.Address {
	id := tx.fresh()
	if original.IsZero() {
		original = id
	}
	pkg := &sui.MovePackage{ID: id, Version: 1}
	for _, m := range parseAll(tx.chain.t, modules) {
		m.Readdress(map[sui.Address]sui.Address{{}: original})
		pkg.Modules = append(pkg.Modules, sui.Module{Name: m.Name(), Bytes: m.Serialize()})
	}
	for _, d := range dependencies {
		pkg.Linkage = append(pkg.Linkage, sui.Linkage{Original: d, Upgraded: d})
	}
	tx.chain.objects[id] = &sui.Object{Package: pkg, PreviousTransaction: tx.digest}
	tx.changed = append(tx.changed, sui.ChangedObject{ID: id, Output: sui.StatePackageWrite, Operation: sui.IDCreated})
	return id
}

func parseAll(t *testing.T, modules [][]byte) []*bytecode.Module {
	t.Helper()
	out := make([]*bytecode.Module, len(modules))
	for i, b := range modules {
		m, err := bytecode.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = m
	}
	return out
}
