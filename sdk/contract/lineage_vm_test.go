package contract_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"reflect"
	"testing"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// catalog is a chain with a committee and one dataset of owner.
type catalog struct {
	*chain
	nodes   *nodes
	dataset *contract.DatasetCreated
	policy  sui.Address
	count   uint32
}

func newCatalog(t *testing.T) *catalog {
	c := &catalog{chain: newWorld(t), nodes: newNodes(t, 5)}
	c.setCommittee(c.nodes)
	c.setTime(noon)
	c.policy = c.createPolicy(nil, nil).PolicyID
	c.dataset = c.newDataset("iris")
	return c
}

func (c *catalog) newDataset(name string) *contract.DatasetCreated {
	c.t.Helper()
	return one[contract.DatasetCreated](c.t, c.run(owner, func(b *sui.Builder) {
		contract.CreateDataset(b, c.p, name, owner.address)
	}))
}

// stored registers and certifies a permanent blob within a transaction.
func (c *catalog) stored(b *sui.Builder, r contract.Registration) contract.Arg[contract.Blob] {
	blob := contract.RegisterBlob(b, c.p, r)
	cert := c.nodes.certificate(c.t, walrus.Confirmation{Epoch: 5, BlobID: r.BlobID}.Message(), 0, 1, 2)
	c.p.SystemCalls(b).CertifyBlob(contract.Object[contract.System](b, c.made.StorageSystem), blob,
		contract.Pure(b, cert.Signature), contract.Pure(b, cert.Bitmap()), contract.Pure(b, cert.Message))
	return blob
}

// terms are those of a version of the given parents, which share equally and
// get half of the income; owner gets the rest.
func terms(parents ...*contract.NodeRecorded) contract.Terms {
	t := contract.Terms{
		LicenceDigest: sha256.Sum256([]byte("licence")), CroissantDigest: sha256.Sum256([]byte("croissant")),
		Payees: []contract.Payee{{Account: owner.address, WeightBPS: 10_000}},
	}
	for i, p := range parents {
		weight := uint16(10_000 / len(parents))
		if i == 0 {
			weight += uint16(10_000 % len(parents))
		}
		t.Kind, t.PassedOnBPS = contract.KindTransform, 5_000
		t.Parents = append(t.Parents, contract.Parent{Version: p.VersionID, ManifestDigest: p.ManifestDigest, WeightBPS: weight})
	}
	return t
}

// next is what publishes the next version, with a manifest of its own.
func (c *catalog) next(t contract.Terms) func(b *sui.Builder) {
	c.count++
	r := c.registration(1)
	digest := sha256.Sum256(binary.BigEndian.AppendUint32(nil, c.count))
	return func(b *sui.Builder) {
		contract.PublishDerived(b, c.p, c.made.CatalogLineage, contract.NewVersion{
			Dataset: c.dataset.DatasetID, Cap: c.dataset.CapID, ManifestDigest: digest, ManifestBlob: r.BlobID,
			Policy: c.policy, Blobs: []contract.Arg[contract.Blob]{c.stored(b, r)},
		}, t)
	}
}

func (c *catalog) derive(t contract.Terms) *contract.NodeRecorded {
	c.t.Helper()
	return one[contract.NodeRecorded](c.t, c.run(owner, c.next(t)))
}

func (c *catalog) revoke(v sui.Address) func(b *sui.Builder) {
	return func(b *sui.Builder) {
		contract.RevokeVersion(b, c.p, c.made.CatalogLineage, c.dataset.CapID, v, nil)
	}
}

func (c *catalog) assertLiving(v sui.Address, depth uint64) func(b *sui.Builder) {
	return func(b *sui.Builder) { contract.AssertLiving(b, c.p, c.made.CatalogLineage, v, depth) }
}

func TestLineage(t *testing.T) {
	c := newCatalog(t)
	first := c.derive(terms())
	second := c.derive(terms())
	made := terms(first, second)
	made.RefundWindowMS = 1000
	child := c.derive(made)
	v := read(c.chain, child.VersionID, contract.ParseVersion)
	want := &contract.NodeRecorded{
		VersionID: child.VersionID, DatasetID: c.dataset.DatasetID, Number: 3, Previous: &second.VersionID, Kind: contract.KindTransform, Depth: 1,
		ManifestDigest: v.ManifestDigest, LicenceDigest: made.LicenceDigest[:], CroissantDigest: made.CroissantDigest[:], PolicyID: c.policy,
		ParentIDs: []sui.Address{first.VersionID, second.VersionID}, ParentDigests: [][]byte{first.ManifestDigest, second.ManifestDigest},
		WeightsBPS: []uint16{5000, 5000}, PassedOnBPS: 5000,
		Payees: []sui.Address{owner.address}, PayeeWeightsBPS: []uint16{10000}, RefundWindowMS: 1000, RecordedAtMS: noon,
	}
	if !reflect.DeepEqual(child, want) {
		t.Errorf("got %+v\nwant %+v", child, want)
	}
	grandchild := c.derive(terms(child, first))
	if grandchild.Depth != 2 {
		t.Errorf("depth is %d, want 2", grandchild.Depth)
	}
	c.run(stranger, c.assertLiving(grandchild.VersionID, 2))
	c.refuse(stranger, "lineage", "ETooDeep", c.assertLiving(grandchild.VersionID, 1))
	c.refuse(stranger, "lineage", "EUnknownVersion", c.assertLiving(c.policy, 16))

	got := one[contract.NodeRevoked](t, c.run(owner, c.revoke(second.VersionID)))
	if want := (&contract.NodeRevoked{VersionID: second.VersionID, DatasetID: c.dataset.DatasetID, ReasonDigest: []byte{}, RevokedAtMS: noon}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, v := range []*contract.NodeRecorded{second, child, grandchild} {
		c.refuse(stranger, "lineage", "ERevoked", c.assertLiving(v.VersionID, 16))
	}
	c.run(stranger, c.assertLiving(first.VersionID, 0))
	c.refuse(owner, "lineage", "ERevoked", c.revoke(second.VersionID))
	c.refuse(owner, "lineage", "EParentRevoked", c.next(terms(second)))
}

func TestRecordVersion(t *testing.T) {
	c := newCatalog(t)
	blob := c.register(c.registration(1))
	bind := func(b *sui.Builder) {
		contract.BindOrigin(b, c.p, c.made.CatalogLineage, c.dataset.CapID, blob.ObjectID, sha256.Sum256([]byte("scraped by us")))
	}
	bound := one[contract.OriginBound](t, c.run(owner, bind))
	if bound.DatasetID != c.dataset.DatasetID || bound.BlobID != blob.BlobID || bound.BlobObjectID != blob.ObjectID || bound.BoundAtMS != noon {
		t.Errorf("got %+v", bound)
	}
	c.refuse(owner, "lineage", "EOriginAlreadyBound", bind)
	published := one[contract.VersionPublished](t, c.run(owner, c.publish(c.nodes, c.dataset, c.policy, blob)))
	record := func(b *sui.Builder) {
		contract.RecordVersion(b, c.p, c.made.CatalogLineage, c.dataset.CapID, published.VersionID, terms())
	}
	got := one[contract.NodeRecorded](t, c.run(owner, record))
	if got.VersionID != published.VersionID || got.OriginDigest == nil || !bytes.Equal(*got.OriginDigest, bound.StatementDigest) {
		t.Errorf("got %+v", got)
	}
	c.refuse(owner, "lineage", "EAlreadyRecorded", record)

	late := c.register(c.registration(2))
	cert := c.nodes.certificate(t, walrus.Confirmation{Epoch: 5, BlobID: late.BlobID}.Message(), 0, 1, 2)
	c.run(owner, c.certify(late.ObjectID, cert))
	c.refuse(owner, "lineage", "EAlreadyCertified", func(b *sui.Builder) {
		contract.BindOrigin(b, c.p, c.made.CatalogLineage, c.dataset.CapID, late.ObjectID, [32]byte{})
	})
}

func TestVersionLifetime(t *testing.T) {
	c := newCatalog(t)
	v := c.derive(terms())
	extend := func(to uint32) func(b *sui.Builder) {
		return func(b *sui.Builder) { contract.ExtendVersion(b, c.p, v.VersionID, c.made.StorageSystem, to) }
	}
	expire := func(b *sui.Builder) { contract.ExpireVersion(b, c.p, v.VersionID, c.made.StorageSystem) }
	if got := one[contract.BlobExtended](t, c.run(stranger, extend(12))); got.PreviousEndEpoch != 9 || got.EndEpoch != 12 {
		t.Errorf("got %+v", got)
	}
	c.refuse(stranger, "catalog", "ENothingToExtend", extend(12))
	c.setCommittee(newNodes(t, 11))
	c.refuse(stranger, "catalog", "ENothingExpired", expire)
	c.setCommittee(newNodes(t, 12))
	if got := one[contract.BlobExpired](t, c.run(stranger, expire)); got.EndEpoch != 12 || got.Epoch != 12 {
		t.Errorf("got %+v", got)
	}
	c.refuse(stranger, "catalog", "ENothingExpired", expire)
	c.refuse(stranger, "blob", "EExpired", extend(20))
}

func TestConsent(t *testing.T) {
	c := newCatalog(t)
	version, other := c.derive(terms()), c.derive(terms())
	derived := c.derive(terms(version))
	given := one[contract.ConsentGiven](t, c.run(reader, func(b *sui.Builder) {
		contract.GiveConsent(b, c.p, c.dataset.DatasetID, sha256.Sum256([]byte("record")), ms(noon+1000))
	}))
	if given.Subject != reader.address || given.DatasetID != c.dataset.DatasetID || *given.EndsAtMS != noon+1000 || given.GivenAtMS != noon {
		t.Errorf("got %+v", given)
	}
	attach := func(b *sui.Builder) {
		contract.AttachConsent(b, c.p, given.ConsentID, c.made.CatalogLineage, c.dataset.CapID, version.VersionID)
	}
	if got := one[contract.ConsentAttached](t, c.run(owner, attach)); *got != (contract.ConsentAttached{ConsentID: given.ConsentID, VersionID: version.VersionID, DatasetID: c.dataset.DatasetID}) {
		t.Errorf("got %+v", got)
	}
	c.refuse(owner, "consent", "EAlreadyAttached", attach)
	withdraw := func(b *sui.Builder) { contract.WithdrawConsent(b, c.p, given.ConsentID, c.made.CatalogLineage) }
	c.refuse(stranger, "consent", "ENotSubject", withdraw)
	c.run(stranger, c.assertLiving(derived.VersionID, 16))

	events := c.run(reader, withdraw)
	revoked, withdrawn := one[contract.NodeRevoked](t, events), one[contract.ConsentWithdrawn](t, events)
	if revoked.VersionID != version.VersionID || *revoked.ConsentID != given.ConsentID || revoked.RevokedAtMS != noon {
		t.Errorf("got %+v", revoked)
	}
	if !reflect.DeepEqual(withdrawn.VersionIDs, []sui.Address{version.VersionID}) || withdrawn.Subject != reader.address {
		t.Errorf("got %+v", withdrawn)
	}
	c.refuse(stranger, "lineage", "ERevoked", c.assertLiving(version.VersionID, 16))
	c.refuse(stranger, "lineage", "ERevoked", c.assertLiving(derived.VersionID, 16))
	c.run(stranger, c.assertLiving(other.VersionID, 16))
	c.refuse(reader, "consent", "EWithdrawn", withdraw)
}

func TestHold(t *testing.T) {
	c := newCatalog(t)
	v := c.derive(terms())
	child := c.derive(terms(v))
	lineage, cap := c.made.CatalogLineage, c.dataset.CapID
	release := func(b *sui.Builder) { contract.ReleaseHold(b, c.p, lineage, cap, v.VersionID) }
	announce := func(b *sui.Builder) { contract.AnnounceRelease(b, c.p, lineage, cap, v.VersionID) }
	c.refuse(owner, "lineage", "ENotOnHold", release)
	c.refuse(owner, "lineage", "ENotOnHold", announce)
	c.run(owner, func(b *sui.Builder) { contract.PlaceHold(b, c.p, lineage, cap, v.VersionID, []byte{1}) })
	c.refuse(stranger, "lineage", "EOnHold", c.assertLiving(child.VersionID, 16))
	c.refuse(owner, "lineage", "ETooEarly", release)
	const days3 = 3 * 24 * 3600 * 1000
	if got := one[contract.HoldReleaseAnnounced](t, c.run(owner, announce)); got.ReleaseAtMS != noon+days3 {
		t.Errorf("got %+v", got)
	}
	c.setTime(noon + days3 - 1)
	c.refuse(owner, "lineage", "ETooEarly", release)
	c.setTime(noon + days3)
	c.run(owner, release)
	c.run(stranger, c.assertLiving(child.VersionID, 16))
}
