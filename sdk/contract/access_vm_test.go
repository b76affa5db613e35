package contract_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

const noon = 1_700_000_000_000

func ms(v uint64) *uint64 { return &v }

func (c *chain) createPolicy(notBefore, notAfter *uint64) *contract.PolicyCreated {
	c.t.Helper()
	return one[contract.PolicyCreated](c.t, c.run(owner, func(b *sui.Builder) {
		contract.CreatePolicy(b, c.p, notBefore, notAfter, owner.address)
	}))
}

// approve asks for the key of an identity, as a key server does.
func (c *chain) approve(policy sui.Address, id []byte) func(*sui.Builder) {
	return func(b *sui.Builder) {
		contract.SealApprove(b, c.p, id, c.reads(b, policy))
	}
}

func TestAccess(t *testing.T) {
	c := newWorld(t)
	c.setTime(noon)
	policy := c.createPolicy(nil, nil)
	id := append(policy.PolicyID[:], 1, 2, 3)

	c.run(owner, c.approve(policy.PolicyID, id))
	c.refuse(reader, "policy", "ENoAccess", c.approve(policy.PolicyID, id))

	granted := one[contract.AccessGranted](t, c.run(owner, func(b *sui.Builder) {
		contract.Grant(b, c.p, policy.PolicyID, policy.CapID, reader.address)
	}))
	if granted.PolicyID != policy.PolicyID || granted.Member != reader.address {
		t.Errorf("got %+v", granted)
	}
	if events := c.run(reader, c.approve(policy.PolicyID, id)); len(events) != 0 {
		t.Errorf("a decision leaves %d events", len(events))
	}
	c.refuse(stranger, "policy", "ENoAccess", c.approve(policy.PolicyID, id))
	c.refuse(owner, "members", "EAlreadyMember", func(b *sui.Builder) {
		contract.Grant(b, c.p, policy.PolicyID, policy.CapID, reader.address)
	})
	if p := read(c, policy.PolicyID, contract.ParsePolicy); p.Members.Size != 1 || p.Owner != owner.address {
		t.Errorf("got %+v", p)
	}

	revoked := one[contract.AccessRevoked](t, c.run(owner, func(b *sui.Builder) {
		contract.Revoke(b, c.p, policy.PolicyID, policy.CapID, reader.address)
	}))
	if revoked.PolicyID != policy.PolicyID || revoked.Member != reader.address {
		t.Errorf("got %+v", revoked)
	}
	c.refuse(reader, "policy", "ENoAccess", c.approve(policy.PolicyID, id))
	c.refuse(owner, "members", "ENotMember", func(b *sui.Builder) {
		contract.Revoke(b, c.p, policy.PolicyID, policy.CapID, reader.address)
	})
}

func TestMembersAreDynamicFields(t *testing.T) {
	c := newWorld(t)
	c.setTime(noon)
	policy := c.createPolicy(nil, nil)
	c.run(owner, func(b *sui.Builder) { contract.Grant(b, c.p, policy.PolicyID, policy.CapID, reader.address) })
	members := read(c, policy.PolicyID, contract.ParsePolicy).Members.ID
	field := c.live[sui.DynamicFieldID(members, sui.TypeTag{Kind: sui.KindAddress}, reader.address[:])]
	if field == nil {
		t.Fatal("the member is no dynamic field of Members")
	}
	// id, address, u64 of the grant's time
	if want := append(reader.address[:], 0, 0x68, 0xe5, 0xcf, 0x8b, 0x01, 0, 0); !bytes.Equal(field.Move.Contents[32:], want) {
		t.Errorf("got %x, want %x", field.Move.Contents[32:], want)
	}
}

func TestTimeWindow(t *testing.T) {
	c := newWorld(t)
	policy := c.createPolicy(ms(noon), ms(noon+1000))
	id := append(policy.PolicyID[:], 7)
	for _, v := range []struct {
		now  uint64
		name string
	}{{noon - 1, "ETooEarly"}, {noon, ""}, {noon + 1000, ""}, {noon + 1001, "ETooLate"}} {
		c.setTime(v.now)
		if v.name == "" {
			c.run(owner, c.approve(policy.PolicyID, id))
		} else {
			c.refuse(owner, "policy", v.name, c.approve(policy.PolicyID, id))
		}
	}
	from, to := read(c, policy.PolicyID, contract.ParsePolicy).Window()
	if *from != noon || *to != noon+1000 {
		t.Errorf("got %d to %d", *from, *to)
	}
	c.refuse(owner, "policy", "EInvalidWindow", func(b *sui.Builder) {
		contract.CreatePolicy(b, c.p, ms(noon), ms(noon), owner.address)
	})
}

func TestIdentitiesBelongToTheirPolicy(t *testing.T) {
	c := newWorld(t)
	policy, other := c.createPolicy(nil, nil), c.createPolicy(nil, nil)
	for what, id := range map[string][]byte{
		"nothing":             nil,
		"the bare id":         policy.PolicyID[:],
		"another policy's":    append(other.PolicyID[:], 1),
		"the last byte wrong": append(flip(policy.PolicyID[:], 31), 1),
	} {
		t.Run(what, func(t *testing.T) { c.refuse(owner, "policy", "EWrongIdentity", c.approve(policy.PolicyID, id)) })
	}
	c.refuse(owner, "policy", "EWrongCap", func(b *sui.Builder) {
		contract.Grant(b, c.p, policy.PolicyID, other.CapID, reader.address)
	})
}

func TestCapabilityBelongsToItsHolder(t *testing.T) {
	c := newWorld(t)
	policy := c.createPolicy(nil, nil)
	b := sui.NewBuilder()
	contract.Grant(b, c.p, policy.PolicyID, policy.CapID, stranger.address)
	if _, err := c.Send(t.Context(), stranger, b); err == nil {
		t.Error("a stranger used the owner's capability")
	}
}

// publish registers, certifies and publishes blobs as one version.
func (c *chain) publish(n *nodes, made *contract.DatasetCreated, policy sui.Address, blobs ...*contract.BlobRegistered) func(*sui.Builder) {
	return func(b *sui.Builder) {
		var args []contract.Arg[contract.Blob]
		for _, r := range blobs {
			cert := n.certificate(c.t, walrus.Confirmation{Epoch: n.committee.Epoch, BlobID: r.BlobID}.Message(), 0, 1, 2)
			args = append(args, contract.CertifyBlob(b, c.p, c.made.StorageSystem, r.ObjectID, cert.Signature, cert.Bitmap(), cert.Message))
		}
		contract.PublishVersion(b, c.p, contract.NewVersion{
			Dataset: made.DatasetID, Cap: made.CapID, ManifestDigest: sha256.Sum256([]byte("manifest")), ManifestBlob: blobs[0].BlobID, Policy: policy, Blobs: args,
		})
	}
}

func TestCatalog(t *testing.T) {
	c, n := newWorld(t), newNodes(t, 5)
	c.setCommittee(n)
	c.setTime(noon)
	policy := c.createPolicy(nil, nil)
	made := one[contract.DatasetCreated](t, c.run(owner, func(b *sui.Builder) {
		contract.CreateDataset(b, c.p, "iris", owner.address)
	}))
	if made.Name != "iris" || made.Owner != owner.address {
		t.Errorf("got %+v", made)
	}
	var previous *sui.Address
	for number := uint64(1); number <= 2; number++ {
		first, second := c.register(c.registration(byte(number))), c.register(c.registration(byte(0x10+number)))
		got := one[contract.VersionPublished](t, c.run(owner, c.publish(n, made, policy.PolicyID, first, second)))
		if got.Number != number || got.DatasetID != made.DatasetID || got.PolicyID != policy.PolicyID || !slices.Equal(got.BlobIDs, []walrus.BlobID{first.BlobID, second.BlobID}) {
			t.Errorf("got %+v", got)
		}
		d := read(c, made.DatasetID, contract.ParseDataset)
		if d.Name != "iris" || d.VersionCount != number || *d.Latest != got.VersionID {
			t.Errorf("got %+v", d)
		}
		v := read(c, got.VersionID, contract.ParseVersion)
		digest := sha256.Sum256([]byte("manifest"))
		if v.Dataset != made.DatasetID || v.Number != number || !bytes.Equal(v.ManifestDigest, digest[:]) || v.ManifestBlobID != first.BlobID ||
			v.Policy != policy.PolicyID || v.PublishedAtMS != noon || len(v.Blobs) != 2 || v.Blobs[1].ID != second.ObjectID || *v.Blobs[1].CertifiedEpoch != 5 {
			t.Errorf("got %+v", v)
		}
		if (v.Previous == nil) != (previous == nil) || previous != nil && *v.Previous != *previous {
			t.Errorf("previous is %v, want %v", v.Previous, previous)
		}
		if o := c.live[got.VersionID].Owner; o != sui.Immutable() {
			t.Errorf("version is %v, want immutable", o)
		}
		if c.live[first.ObjectID] != nil {
			t.Error("the blob is still its owner's")
		}
		previous = &got.VersionID
	}
}

func TestCatalogRefusals(t *testing.T) {
	c, n := newWorld(t), newNodes(t, 5)
	c.setCommittee(n)
	policy := c.createPolicy(nil, nil)
	create := func(name string) func(*sui.Builder) {
		return func(b *sui.Builder) { contract.CreateDataset(b, c.p, name, owner.address) }
	}
	made := one[contract.DatasetCreated](t, c.run(owner, create("iris")))
	c.refuse(owner, "catalog", "EInvalidName", create(""))
	blob, twin := c.register(c.registration(1)), c.register(c.registration(1))
	c.refuse(owner, "catalog", "EBlobNotCertified", func(b *sui.Builder) {
		contract.PublishVersion(b, c.p, contract.NewVersion{Dataset: made.DatasetID, Cap: made.CapID, ManifestBlob: blob.BlobID, Policy: policy.PolicyID, Blobs: []contract.Arg[contract.Blob]{contract.Object[contract.Blob](b, blob.ObjectID)}})
	})
	c.refuse(owner, "catalog", "EManifestNotIncluded", func(b *sui.Builder) {
		contract.PublishVersion(b, c.p, contract.NewVersion{Dataset: made.DatasetID, Cap: made.CapID, Policy: policy.PolicyID})
	})
	c.refuse(owner, "catalog", "EDuplicateBlob", c.publish(n, made, policy.PolicyID, blob, twin))
	if d := read(c, made.DatasetID, contract.ParseDataset); d.VersionCount != 0 || d.Latest != nil {
		t.Errorf("got %+v", d)
	}
}

// g2 is the generator of G2, a valid public key (IETF BLS signature suites).
const g2 = "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"

func (c *chain) keyServerContent(id sui.Address, version uint64) *contract.KeyServerContent {
	c.t.Helper()
	name, key := read(c, id, contract.ParseKeyServer).ContentName(version)
	return read(c, sui.DynamicFieldID(id, name, key), contract.ParseKeyServerContent)
}

func TestKeyServer(t *testing.T) {
	c := newWorld(t)
	pk, err := hex.DecodeString(g2)
	if err != nil {
		t.Fatal(err)
	}
	v1 := one[contract.KeyServerRegistered](t, c.run(owner, func(b *sui.Builder) {
		contract.RegisterKeyServerV1(b, c.p, "one", "http://one", pk)
	}))
	v2 := one[contract.KeyServerRegistered](t, c.run(owner, func(b *sui.Builder) {
		contract.RegisterKeyServer(b, c.p, "two", "http://two", pk)
	}))
	if v1.Version != 1 || v2.Version != 2 || !bytes.Equal(v2.PublicKey, pk) || c.live[v2.KeyServerID].Owner != sui.AddressOwner(owner.address) {
		t.Errorf("got %+v and %+v", v1, v2)
	}
	for _, want := range []contract.KeyServerContent{
		{Version: 1, Name: "one", URL: "http://one"}, {Version: 2, Name: "two", URL: "http://two"},
	} {
		id := map[uint64]sui.Address{1: v1.KeyServerID, 2: v2.KeyServerID}[want.Version]
		got := c.keyServerContent(id, want.Version)
		if got.Name != want.Name || got.URL != want.URL || got.Version != want.Version || !bytes.Equal(got.PublicKey, pk) || got.Committee != nil {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	c.run(owner, func(b *sui.Builder) { contract.UpgradeKeyServer(b, c.p, v1.KeyServerID) })
	moved := one[contract.KeyServerUpdated](t, c.run(owner, func(b *sui.Builder) {
		contract.UpdateKeyServer(b, c.p, v1.KeyServerID, "http://moved")
	}))
	if ks := read(c, v1.KeyServerID, contract.ParseKeyServer); ks.FirstVersion != 1 || ks.LastVersion != 2 || moved.URL != "http://moved" {
		t.Errorf("got %+v and %+v", ks, moved)
	}
	if got := c.keyServerContent(v1.KeyServerID, 2); got.URL != "http://moved" || got.Name != "one" {
		t.Errorf("got %+v", got)
	}
	c.refuse(owner, "key_server", "EInvalidVersion", func(b *sui.Builder) { contract.UpgradeKeyServer(b, c.p, v2.KeyServerID) })
	for what, bad := range map[string][]byte{"off the curve": flip(pk, 95), "short": pk[:95], "empty": nil} {
		t.Run(what, func(t *testing.T) {
			c.refuse(owner, "group_ops", "EInvalidInput", func(b *sui.Builder) { contract.RegisterKeyServer(b, c.p, "bad", "http://bad", bad) })
		})
	}
}

func TestStaleness(t *testing.T) {
	c := newWorld(t)
	c.setTime(noon)
	check := func(now, allowed uint64) func(*sui.Builder) {
		return func(b *sui.Builder) { contract.CheckStaleness(b, c.p, now, allowed) }
	}
	c.run(owner, check(noon+120_000, 120_000))
	c.run(owner, check(noon-5, 0))
	c.refuse(owner, "time", "EStaleFullnode", check(noon+120_001, 120_000))
	b := sui.NewBuilder()
	check(noon+1, 0)(b)
	_, err := c.Send(t.Context(), owner, b)
	var a *contract.AbortError
	if !errors.As(contract.Explain(err), &a) || a.Code != 93492 {
		t.Errorf("got %v, want code 93492", err)
	}
}
