package contract_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// These tests run the storage contract with real BLS12-381, which the Move
// unit-test runner has not.

// nodes are the keys of a committee of four that holds 3, 3, 2 and 2 shards of
// ten.
type nodes struct {
	committee *walrus.Committee
	keys      []*walrus.SecretKey
}

func newNodes(t *testing.T, epoch uint32) *nodes {
	t.Helper()
	n := &nodes{committee: &walrus.Committee{Epoch: epoch, NShards: 10}}
	for i, shards := range [][]int{{0, 1, 2}, {5, 4, 3}, {6, 9}, {7, 8}} {
		key, err := walrus.NewSecretKey(binary.BigEndian.AppendUint64(make([]byte, 24), uint64(1000+i)))
		if err != nil {
			t.Fatal(err)
		}
		name := string(rune('a' + i))
		n.keys = append(n.keys, key)
		n.committee.Members = append(n.committee.Members, walrus.Member{Name: name, URL: "http://" + name, PublicKey: key.PublicKey(), Shards: shards})
	}
	return n
}

func (n *nodes) proofs(admin sui.Address) [][]byte {
	var out [][]byte
	for _, k := range n.keys {
		out = append(out, walrus.ProofOfPossession(k, n.committee.Epoch, admin))
	}
	return out
}

// certificate is signed by some of the nodes.
func (n *nodes) certificate(t *testing.T, message []byte, signers ...int) *walrus.Certificate {
	t.Helper()
	signatures := map[int][]byte{}
	for _, i := range signers {
		signatures[i] = n.keys[i].Sign(message)
	}
	cert, err := walrus.NewCertificate(n.committee, message, signatures)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// setCommittee sets the first committee; later ones are handed over to.
func (c *chain) setCommittee(n *nodes) []any {
	c.t.Helper()
	current := read(c, c.made.StorageSystem, contract.ParseSystem).Committee()
	if current != nil {
		return c.run(owner, c.handOver(n, n.handOver(c.t, current, n.committee, 0, 1, 2)))
	}
	return c.run(owner, func(b *sui.Builder) {
		contract.SetCommittee(b, c.p, c.made.StorageSystem, c.made.StorageAdminCap, n.committee, n.proofs(owner.address))
	})
}

func (c *chain) handOver(n *nodes, signed *walrus.Certificate) func(*sui.Builder) {
	return func(b *sui.Builder) {
		contract.HandOver(b, c.p, c.made.StorageSystem, c.made.StorageAdminCap, n.committee, n.proofs(owner.address), signed)
	}
}

// handOver is signed by some of the nodes, who have the same keys in every
// epoch.
func (n *nodes) handOver(t *testing.T, current, next *walrus.Committee, signers ...int) *walrus.Certificate {
	t.Helper()
	was := *n
	was.committee = current
	return was.certificate(t, current.HandOver(next), signers...)
}

// registration is of a blob whose root hash is made up.
func (c *chain) registration(last byte) contract.Registration {
	root := walrus.Hash{last}
	return contract.Registration{
		System: c.made.StorageSystem, BlobID: walrus.DeriveBlobID(root, 1000), RootHash: root, Size: 1000, EndEpoch: 9,
	}
}

// register registers a blob of owner.
func (c *chain) register(r contract.Registration) *contract.BlobRegistered {
	c.t.Helper()
	return one[contract.BlobRegistered](c.t, c.run(owner, func(b *sui.Builder) {
		b.Transfer(owner.address, contract.RegisterBlob(b, c.p, r).Arg)
	}))
}

func (c *chain) certify(blob sui.Address, cert *walrus.Certificate) func(*sui.Builder) {
	return func(b *sui.Builder) {
		contract.CertifyBlob(b, c.p, c.made.StorageSystem, blob, cert.Signature, cert.Bitmap(), cert.Message)
	}
}

func TestCommittee(t *testing.T) {
	c, n := newWorld(t), newNodes(t, 5)
	got := one[contract.CommitteeChanged](t, c.setCommittee(n))
	if want := (&contract.CommitteeChanged{Epoch: 5, NShards: 10, NodeNames: []string{"a", "b", "c", "d"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	s := read(c, c.made.StorageSystem, contract.ParseSystem)
	if !reflect.DeepEqual(s.Committee(), n.committee) {
		t.Errorf("got %+v, want %+v", s.Committee(), n.committee)
	}
	if s.Version != 1 || s.Admin != c.made.StorageAdminCap || len(s.TotalPublicKey) != 48 {
		t.Errorf("got %+v", s)
	}
	c.refuse(owner, "system", "EMustPropose", func(b *sui.Builder) {
		contract.SetCommittee(b, c.p, c.made.StorageSystem, c.made.StorageAdminCap, n.committee, n.proofs(owner.address))
	})
	next := newNodes(t, 6)
	c.setCommittee(next)
	if s := read(c, c.made.StorageSystem, contract.ParseSystem); s.Epoch != 6 {
		t.Errorf("epoch is %d, want 6", s.Epoch)
	}
}

func TestHandOver(t *testing.T) {
	c, n := newWorld(t), newNodes(t, 5)
	c.setCommittee(n)
	next, other := newNodes(t, 6), newNodes(t, 7)
	good := n.handOver(t, n.committee, next.committee, 0, 1, 2)
	flipped, few := *good, *good
	flipped.Message, few.Signers = flip(good.Message, 20), good.Signers[:2]
	late := *n.committee
	late.Epoch = 4
	for _, v := range []struct {
		what, module, name string
		next               *nodes
		signed             *walrus.Certificate
	}{
		{"to another committee", "system", "EWrongSuccessor", other, good},
		{"to the same epoch", "system", "EEpochNotAfter", n, n.handOver(t, n.committee, n.committee, 0, 1, 2)},
		{"of another epoch's committee", "messages", "EEpochMismatch", next, n.handOver(t, &late, next.committee, 0, 1, 2)},
		{"a confirmation of a blob", "messages", "ENotHandOver", next, n.certificate(t, walrus.Confirmation{Epoch: 5}.Message(), 0, 1, 2)},
		{"cut short", "messages", "ENotHandOver", next, n.certificate(t, good.Message[:38], 0, 1, 2)},
		{"with a flipped bit", "committee", "EInvalidSignature", next, &flipped},
		{"by too few", "committee", "ENotEnoughWeight", next, &few},
	} {
		t.Run(v.what, func(t *testing.T) { c.refuse(owner, v.module, v.name, c.handOver(v.next, v.signed)) })
	}
	// a signed hand-over certifies no blob
	r := c.register(c.registration(1))
	c.refuse(owner, "messages", "EInvalidType", c.certify(r.ObjectID, good))
	if got := one[contract.CommitteeChanged](t, c.run(owner, c.handOver(next, good))); got.Epoch != 6 {
		t.Errorf("got %+v", got)
	}
}

func TestProposedCommittee(t *testing.T) {
	c, n := newWorld(t), newNodes(t, 5)
	c.setCommittee(n)
	const day = 86_400_000
	c.setTime(100)
	next := newNodes(t, 6)
	propose := func(n *nodes) func(*sui.Builder) {
		return func(b *sui.Builder) {
			contract.ProposeCommittee(b, c.p, c.made.StorageSystem, c.made.StorageAdminCap, n.committee, n.proofs(owner.address))
		}
	}
	apply := func(b *sui.Builder) { contract.ApplyCommittee(b, c.p, c.made.StorageSystem, c.made.StorageAdminCap) }
	cancel := func(b *sui.Builder) { contract.CancelCommittee(b, c.p, c.made.StorageSystem, c.made.StorageAdminCap) }
	raise := func(ms uint64) func(*sui.Builder) {
		return func(b *sui.Builder) {
			contract.RaiseCommitteeDelay(b, c.p, c.made.StorageSystem, c.made.StorageAdminCap, ms)
		}
	}
	c.refuse(owner, "system", "ENothingProposed", apply)
	c.refuse(owner, "system", "ENothingProposed", cancel)
	c.refuse(owner, "system", "EEpochNotAfter", propose(n))
	digest := next.committee.Digest()
	got := one[contract.CommitteeProposed](t, c.run(owner, propose(next)))
	if want := (&contract.CommitteeProposed{Epoch: 6, NShards: 10, NodeNames: []string{"a", "b", "c", "d"}, Digest: digest[:], ReadyAtMS: 100 + 3*day}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if s := read(c, c.made.StorageSystem, contract.ParseSystem); s.Epoch != 5 || s.Proposed == nil || s.Proposed.Committee.Epoch != 6 || len(s.Proposed.Committee.Members) != 4 || s.Proposed.ReadyAtMS != got.ReadyAtMS {
		t.Errorf("got %+v", s)
	}
	c.refuse(owner, "system", "EAlreadyProposed", propose(next))
	c.setTime(99 + 3*day)
	c.refuse(owner, "system", "ETooEarly", apply)
	if got := one[contract.CommitteeCancelled](t, c.run(owner, cancel)); got.Epoch != 6 {
		t.Errorf("got %+v", got)
	}
	c.refuse(owner, "system", "EInvalidDelay", raise(3*day))
	c.refuse(owner, "system", "EInvalidDelay", raise(315_576_000_001))
	if got := one[contract.CommitteeDelayRaised](t, c.run(owner, raise(4*day))); got.DelayMS != 4*day {
		t.Errorf("got %+v", got)
	}
	c.run(owner, propose(next))
	c.setTime(99 + 7*day)
	if got := one[contract.CommitteeChanged](t, c.run(owner, apply)); got.Epoch != 6 {
		t.Errorf("got %+v", got)
	}
	// what was proposed is void once another committee takes over
	c.run(owner, propose(newNodes(t, 9)))
	c.setCommittee(newNodes(t, 7))
	c.refuse(owner, "system", "ENothingProposed", apply)
}

// The digest was computed by npm @mysten/bcs and @noble/hashes; see
// testdata/vectors.mjs.
func TestCommitteeDigest(t *testing.T) {
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors map[string]string
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	c := &walrus.Committee{Epoch: 7, NShards: 5, Members: []walrus.Member{
		{Name: "a", URL: "http://a", PublicKey: []byte{9, 8}, Shards: []int{0, 4, 2}}, {Name: "b", URL: "http://b", PublicKey: []byte{7}, Shards: []int{1, 3}},
	}}
	if digest := c.Digest(); hex.EncodeToString(digest[:]) != vectors["CommitteeDigest"] {
		t.Errorf("got %x, want %s", digest, vectors["CommitteeDigest"])
	}
}

func TestCommitteeNeedsProofs(t *testing.T) {
	c := newWorld(t)
	swap := func(p [][]byte) { p[0], p[1] = p[1], p[0] }
	for name, spoil := range map[string]func(n *nodes, proofs [][]byte) [][]byte{
		"of another member":  func(_ *nodes, p [][]byte) [][]byte { swap(p); return p },
		"for another epoch":  func(n *nodes, p [][]byte) [][]byte { n.committee.Epoch++; return p },
		"for another sender": func(n *nodes, _ [][]byte) [][]byte { return n.proofs(stranger.address) },
		"cut short":          func(_ *nodes, p [][]byte) [][]byte { p[3] = p[3][:95]; return p },
		"empty":              func(_ *nodes, p [][]byte) [][]byte { p[2] = nil; return p },
	} {
		t.Run(name, func(t *testing.T) {
			n := newNodes(t, 5)
			proofs := spoil(n, n.proofs(owner.address))
			c.refuse(owner, "committee", "EInvalidProofOfPossession", func(b *sui.Builder) {
				contract.SetCommittee(b, c.p, c.made.StorageSystem, c.made.StorageAdminCap, n.committee, proofs)
			})
		})
	}
	n := newNodes(t, 5)
	proofs := n.proofs(owner.address)
	n.committee.Members[1].PublicKey = bytes.Repeat([]byte{0x99}, 48) // no point of the curve
	c.refuse(owner, "committee", "EInvalidProofOfPossession", func(b *sui.Builder) {
		contract.SetCommittee(b, c.p, c.made.StorageSystem, c.made.StorageAdminCap, n.committee, proofs)
	})
	n.committee.Members[1].PublicKey = append([]byte{0xc0}, make([]byte, 47)...) // infinity
	c.refuse(owner, "committee", "EInvalidPublicKey", func(b *sui.Builder) {
		contract.SetCommittee(b, c.p, c.made.StorageSystem, c.made.StorageAdminCap, n.committee, proofs)
	})
}

func TestCertifyPermanent(t *testing.T) {
	c, n := newWorld(t), newNodes(t, 5)
	c.setCommittee(n)
	for i, signers := range [][]int{{0, 1, 2}, {0, 2, 3}, {0, 1, 2, 3}} {
		r := c.register(c.registration(byte(i)))
		message := walrus.Confirmation{Epoch: 5, BlobID: r.BlobID}.Message()
		got := one[contract.BlobCertified](t, c.run(owner, c.certify(r.ObjectID, n.certificate(t, message, signers...))))
		if len(got.Signers) != len(signers) || got.ObjectID != r.ObjectID || got.BlobID != r.BlobID || got.EndEpoch != 9 || got.Epoch != 5 {
			t.Errorf("got %+v", got)
		}
		for j, s := range signers {
			if int(got.Signers[j]) != s {
				t.Errorf("signers are %v, want %v", got.Signers, signers)
			}
		}
		if want := []uint16{8, 7, 10}[i]; got.Weight != want {
			t.Errorf("weight is %d, want %d", got.Weight, want)
		}
		if b := read(c, r.ObjectID, contract.ParseBlob); b.CertifiedEpoch == nil || *b.CertifiedEpoch != 5 || b.BlobID != r.BlobID {
			t.Errorf("blob is %+v", b)
		}
		c.refuse(owner, "blob", "EAlreadyCertified", c.certify(r.ObjectID, n.certificate(t, message, signers...)))
	}
}

func TestCertifyDeletable(t *testing.T) {
	c, n := newWorld(t), newNodes(t, 5)
	c.setCommittee(n)
	reg := c.registration(1)
	reg.Deletable = true
	r, other := c.register(reg), c.register(reg)
	sign := func(object *sui.Address) *walrus.Certificate {
		return n.certificate(t, walrus.Confirmation{Epoch: 5, BlobID: r.BlobID, Deletable: object}.Message(), 0, 1, 2)
	}
	c.refuse(owner, "blob", "EPersistenceMismatch", c.certify(r.ObjectID, sign(nil)))
	c.refuse(owner, "blob", "EObjectIdMismatch", c.certify(r.ObjectID, sign(&other.ObjectID)))
	c.run(owner, c.certify(r.ObjectID, sign(&r.ObjectID)))
}

func TestCertifyRefusals(t *testing.T) {
	c, n := newWorld(t), newNodes(t, 5)
	c.setCommittee(n)
	r := c.register(c.registration(1))
	message := walrus.Confirmation{Epoch: 5, BlobID: r.BlobID}.Message()
	good := n.certificate(t, message, 0, 1, 2)
	stranger, err := walrus.NewSecretKey(binary.BigEndian.AppendUint64(make([]byte, 24), 77))
	if err != nil {
		t.Fatal(err)
	}
	sign := func(m walrus.Confirmation) *walrus.Certificate { return n.certificate(t, m.Message(), 0, 1, 2) }
	for _, v := range []struct {
		what, module, name         string
		signature, bitmap, message []byte
	}{
		{"a flipped bit", "committee", "EInvalidSignature", flip(good.Signature, 50), good.Bitmap(), message},
		{"no signature", "committee", "EInvalidSignature", nil, good.Bitmap(), message},
		{"another message", "committee", "EInvalidSignature", good.Signature, good.Bitmap(), flip(message, 10)},
		{"other signers named", "committee", "EInvalidSignature", good.Signature, []byte{0x0f}, message},
		{"one signer's alone", "committee", "EInvalidSignature", n.keys[0].Sign(message), good.Bitmap(), message},
		{"a stranger's", "committee", "EInvalidSignature", stranger.Sign(message), good.Bitmap(), message},
		{"too few signers", "committee", "ENotEnoughWeight", n.keys[0].Sign(message), []byte{0x01}, message},
		{"a signer too many", "committee", "EInvalidBitmap", good.Signature, []byte{0x17}, message},
		{"the epoch before", "messages", "EEpochMismatch", sign(walrus.Confirmation{Epoch: 4, BlobID: r.BlobID}).Signature, good.Bitmap(), walrus.Confirmation{Epoch: 4, BlobID: r.BlobID}.Message()},
		{"another blob", "blob", "EBlobIdMismatch", sign(walrus.Confirmation{Epoch: 5}).Signature, good.Bitmap(), walrus.Confirmation{Epoch: 5}.Message()},
	} {
		t.Run(v.what, func(t *testing.T) {
			c.refuse(owner, v.module, v.name, func(b *sui.Builder) {
				contract.CertifyBlob(b, c.p, c.made.StorageSystem, r.ObjectID, v.signature, v.bitmap, v.message)
			})
		})
	}
	c.run(owner, c.certify(r.ObjectID, good))
}

func TestCertificateAfterEpochChange(t *testing.T) {
	c, n := newWorld(t), newNodes(t, 5)
	c.setCommittee(n)
	r := c.register(c.registration(1))
	old := n.certificate(t, walrus.Confirmation{Epoch: 5, BlobID: r.BlobID}.Message(), 0, 1, 2)
	next := newNodes(t, 6)
	c.setCommittee(next)
	c.refuse(owner, "messages", "EEpochMismatch", c.certify(r.ObjectID, old))
	c.run(owner, c.certify(r.ObjectID, next.certificate(t, walrus.Confirmation{Epoch: 6, BlobID: r.BlobID}.Message(), 1, 2, 3)))

	late := c.register(c.registration(2))
	end := newNodes(t, 9)
	c.setCommittee(end)
	c.refuse(owner, "blob", "EExpired", c.certify(late.ObjectID, end.certificate(t, walrus.Confirmation{Epoch: 9, BlobID: late.BlobID}.Message(), 0, 1, 2)))
}

func TestLifetime(t *testing.T) {
	c, n := newWorld(t), newNodes(t, 5)
	c.setCommittee(n)
	reg := c.registration(1)
	reg.Deletable = true
	r := c.register(reg)
	extend := func(to uint32) func(b *sui.Builder) {
		return func(b *sui.Builder) { contract.ExtendBlob(b, c.p, c.made.StorageSystem, r.ObjectID, to) }
	}
	expire := func(b *sui.Builder) { contract.ExpireBlob(b, c.p, c.made.StorageSystem, r.ObjectID) }
	remove := func(b *sui.Builder) { contract.DeleteBlob(b, c.p, c.made.StorageSystem, r.ObjectID) }
	c.refuse(owner, "blob", "ENotCertified", extend(20))
	message := walrus.Confirmation{Epoch: 5, BlobID: r.BlobID, Deletable: &r.ObjectID}.Message()
	c.run(owner, c.certify(r.ObjectID, n.certificate(t, message, 0, 1, 2)))

	c.refuse(owner, "blob", "ETooFarAhead", extend(5+54))
	c.setCommittee(newNodes(t, 6)) // who was certified before stays certified
	c.refuse(owner, "blob", "EInvalidExtension", extend(9))
	if got := one[contract.BlobExtended](t, c.run(owner, extend(20))); *got != (contract.BlobExtended{Epoch: 6, BlobID: r.BlobID, ObjectID: r.ObjectID, PreviousEndEpoch: 9, EndEpoch: 20}) {
		t.Errorf("got %+v", got)
	}
	if b := read(c, r.ObjectID, contract.ParseBlob); b.EndEpoch != 20 || *b.CertifiedEpoch != 5 {
		t.Errorf("blob is %+v", b)
	}
	if got := one[contract.BlobExtended](t, c.run(owner, func(b *sui.Builder) {
		contract.ExtendFrozenBlob(b, c.p, c.made.StorageSystem, r.ObjectID, 21)
	})); got.PreviousEndEpoch != 20 || got.EndEpoch != 21 {
		t.Errorf("got %+v", got)
	}
	c.setCommittee(newNodes(t, 20))
	c.refuse(owner, "blob", "ENotExpired", expire)
	c.setCommittee(newNodes(t, 21))
	c.refuse(owner, "blob", "EExpired", remove)
	c.refuse(owner, "blob", "EExpired", extend(30))
	if got := one[contract.BlobExpired](t, c.run(owner, expire)); *got != (contract.BlobExpired{Epoch: 21, BlobID: r.BlobID, EndEpoch: 21, ObjectID: r.ObjectID}) {
		t.Errorf("got %+v", got)
	}
	c.refuse(owner, "system", "EAlreadyExpired", expire)
}

func TestDeleteBlob(t *testing.T) {
	c := newWorld(t)
	c.setCommittee(newNodes(t, 5))
	reg := c.registration(1)
	permanent := c.register(reg)
	reg.Deletable = true
	r := c.register(reg)
	remove := func(id sui.Address) func(b *sui.Builder) {
		return func(b *sui.Builder) { contract.DeleteBlob(b, c.p, c.made.StorageSystem, id) }
	}
	c.refuse(owner, "blob", "ENotDeletable", remove(permanent.ObjectID))
	if got := one[contract.BlobDeleted](t, c.run(owner, remove(r.ObjectID))); *got != (contract.BlobDeleted{Epoch: 5, BlobID: r.BlobID, EndEpoch: 9, ObjectID: r.ObjectID}) {
		t.Errorf("got %+v", got)
	}
	if c.live[r.ObjectID] != nil {
		t.Error("the object is still there")
	}
}

func TestRegisterRefusals(t *testing.T) {
	c := newWorld(t)
	register := func(r contract.Registration) func(*sui.Builder) {
		return func(b *sui.Builder) { b.Transfer(owner.address, contract.RegisterBlob(b, c.p, r).Arg) }
	}
	c.refuse(owner, "system", "ENoCommittee", register(c.registration(1)))
	c.setCommittee(newNodes(t, 5))
	wrong := c.registration(1)
	wrong.Size++
	c.refuse(owner, "blob", "EInvalidBlobId", register(wrong))
	short := c.registration(1)
	short.EndEpoch = 5
	c.refuse(owner, "blob", "EInvalidEndEpoch", register(short))
	far := c.registration(1)
	far.EndEpoch = 5 + 54
	c.refuse(owner, "blob", "ETooFarAhead", register(far))
	far.EndEpoch--
	c.run(owner, register(far))
}

func TestMigrate(t *testing.T) {
	c := newWorld(t)
	c.refuse(owner, "system", "EAlreadyMigrated", func(b *sui.Builder) {
		contract.MigrateStorage(b, c.p, c.made.StorageSystem, c.made.StorageAdminCap)
	})
	c.refuse(owner, "version", "EAlreadyMigrated", func(b *sui.Builder) {
		contract.MigrateAccess(b, c.p, c.made.AccessVersionCap)
	})
}

func flip(b []byte, i int) []byte {
	b = slices.Clone(b)
	b[i] ^= 1
	return b
}
