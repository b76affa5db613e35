package indexer

import (
	"strings"
	"testing"

	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

// packageObject is a package whose code nobody can read.
func packageObject(at sui.Address, version uint64, definedIn sui.Address) *sui.Object {
	return &sui.Object{Package: &sui.MovePackage{ID: at, Version: version,
		Modules:     []sui.Module{{Name: "m", Bytes: []byte("code of a later time")}},
		TypeOrigins: []sui.TypeOrigin{{Module: "m", Name: "T", Package: definedIn}}}, Owner: sui.Owner{Kind: sui.OwnerImmutable}}
}

// What others publish, and what the system changes in place, stops nobody.
func TestUpgradesOfOthers(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	x, err := New(Config{DatabaseURL: "postgres:///x", NodeURL: node.URL, Packages: packages()})
	if err != nil {
		t.Fatal(err)
	}
	defer x.client.Close()
	foreign, mine := packageObject(id(0x98), 2, id(0x97)), packageObject(id(0xd9), 2, id(0xd3))
	node.Put(foreign, mine)
	wrote := func(obj *sui.Object) sui.ChangedObject {
		return sui.ChangedObject{ID: obj.Package.ID, Output: sui.StatePackageWrite, OutputVersion: obj.Package.Version, OutputDigest: obj.Digest()}
	}
	system := wrote(packageObject(id(2), 70, id(2))) // the node doesn't even have it
	system.Input, system.InputVersion = sui.StateExist, 69
	other := wrote(foreign)
	other.OutputDigest = sui.Digest{1}
	for _, c := range []struct {
		name string
		ch   sui.ChangedObject
		err  string
	}{
		{"of the system", system, ""},
		{"of others", wrote(foreign), ""},
		{"of ours, unreadable", wrote(mine), "read package " + id(0xd9).String()},
		{"another package than the effects name", other, "not the package that the effects name"},
		{"a package that the node does not have yet", wrote(packageObject(id(0x99), 2, id(0x97))), suirpc.ErrUnreachable.Error()},
	} {
		cp := &suirpc.Checkpoint{Transactions: []suirpc.CheckpointTx{{Effects: sui.TransactionEffects{Changed: []sui.ChangedObject{c.ch}}}}}
		found, err := x.upgrades(t.Context(), decode.New(packages()), cp)
		if len(found) != 0 || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, %v", c.name, found, err)
		}
	}
}
