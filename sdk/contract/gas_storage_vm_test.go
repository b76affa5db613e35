package contract_test

import (
	"encoding/binary"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// lifetimes prices how long versions and single blobs are stored.
func (g *meter) lifetimes() {
	c := newCatalog(g.t)
	p, step, system := c.p, g.on(c.chain), c.made.StorageSystem
	v := c.derive(terms()).VersionID
	step("catalog::catalog::extend_version", "one blob", stranger, func(b *sui.Builder) { contract.ExtendVersion(b, p, v, system, 12) })
	blob := c.register(c.registration(2))
	published := one[contract.VersionPublished](c.t, c.run(owner, c.publish(c.nodes, c.dataset, c.policy, blob)))
	step("catalog::lineage::record", "no parent", owner, func(b *sui.Builder) {
		contract.RecordVersion(b, p, c.made.CatalogLineage, c.dataset.CapID, published.VersionID, terms())
	})

	r := c.registration(3)
	kept := c.register(r)
	c.run(owner, c.certify(kept.ObjectID, c.nodes.certificate(c.t, walrus.Confirmation{Epoch: 5, BlobID: kept.BlobID}.Message(), 0, 1, 2)))
	step("storage::system::extend_blob", "", owner, func(b *sui.Builder) { contract.ExtendBlob(b, p, system, kept.ObjectID, 11) })
	step("storage::system::extend_frozen_blob", "the first time", owner, func(b *sui.Builder) { contract.ExtendFrozenBlob(b, p, system, kept.ObjectID, 12) })
	r.Deletable = true
	freed := c.register(r)
	step("storage::system::delete_blob", "", owner, func(b *sui.Builder) { contract.DeleteBlob(b, p, system, freed.ObjectID) })
	never := c.register(c.registration(4))
	c.setCommittee(newNodes(c.t, 12))
	step("storage::system::expire_blob", "never extended", owner, func(b *sui.Builder) { contract.ExpireBlob(b, p, system, never.ObjectID) })
	step("catalog::catalog::expire_version", "one blob, extended before", stranger, func(b *sui.Builder) { contract.ExpireVersion(b, p, v, system) })
}

// committees prices what the administrator of the storage system does.
func (g *meter) committees() {
	c, n := newWorld(g.t), newNodes(g.t, 5)
	c.setTime(noon)
	p, step, system, cap := c.p, g.on(c), c.made.StorageSystem, c.made.StorageAdminCap
	step("storage::system::set_committee", "4 nodes", owner, func(b *sui.Builder) {
		contract.SetCommittee(b, p, system, cap, n.committee, n.proofs(owner.address))
	})
	next := newNodes(c.t, 6)
	step("storage::system::hand_over", "to 4 nodes, signed by 3 of 4", owner, c.handOver(next, n.handOver(c.t, n.committee, next.committee, 0, 1, 2)))
	later := newNodes(c.t, 7)
	propose := func(b *sui.Builder) {
		contract.ProposeCommittee(b, p, system, cap, later.committee, later.proofs(owner.address))
	}
	step("storage::system::propose_committee", "4 nodes", owner, propose)
	step("storage::system::cancel_committee", "4 nodes", owner, func(b *sui.Builder) { contract.CancelCommittee(b, p, system, cap) })
	step("storage::system::raise_committee_delay", "", owner, func(b *sui.Builder) { contract.RaiseCommitteeDelay(b, p, system, cap, 4*day) })
	c.run(owner, propose)
	c.setTime(noon + 4*day)
	step("storage::system::apply_committee", "4 nodes", owner, func(b *sui.Builder) { contract.ApplyCommittee(b, p, system, cap) })

	// what a system follows is recorded by its type, whose name costs storage
	fresh := newWorld(g.t)
	g.on(fresh)("storage::system::follow", "a type with the name of `0x2::sui::SUI`", owner, func(b *sui.Builder) {
		fresh.p.SystemCalls(b).Follow(sui.SUIType(), contract.Object[contract.System](b, fresh.made.StorageSystem), contract.Object[contract.AdminCap](b, fresh.made.StorageAdminCap))
	})
}

// migrations puts the objects that hold a version back to the one before, as
// they stand after an upgrade, and prices what puts the new one in force.
func (g *meter) migrations() {
	c := newWorld(g.t)
	p, step := c.p, g.on(c)
	for _, id := range []sui.Address{c.made.StorageSystem, c.made.CatalogVersion, c.made.CatalogLineage, c.made.AccessVersion} {
		o := c.live[id].Clone()
		version := binary.LittleEndian.Uint64(o.Move.Contents[32:]) // behind the id
		if version == 0 || version > 100 {
			c.t.Fatalf("%s: version %d", o.Type(), version)
		}
		binary.LittleEndian.PutUint64(o.Move.Contents[32:], version-1)
		c.put(o)
	}
	step("storage::system::migrate", "no committee", owner, func(b *sui.Builder) {
		contract.MigrateStorage(b, p, c.made.StorageSystem, c.made.StorageAdminCap)
	})
	step("catalog::lineage::migrate", "", owner, func(b *sui.Builder) { contract.MigrateCatalog(b, p, c.made.CatalogVersionCap) })
	step("access::version::migrate", "", owner, func(b *sui.Builder) { contract.MigrateAccess(b, p, c.made.AccessVersionCap) })
}
