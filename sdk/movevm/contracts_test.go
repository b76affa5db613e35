package movevm

import (
	"encoding/binary"
	"errors"
	"math/big"
	"slices"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"golang.org/x/crypto/blake2b"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

func mustParse(t testing.TB, b []byte) *bytecode.Module {
	t.Helper()
	m, err := bytecode.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func u64le(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }
func u32le(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

// seq is a BCS sequence of elements in BCS.
func seq(elements ...[]byte) []byte {
	b := binary.AppendUvarint(nil, uint64(len(elements)))
	for _, e := range elements {
		b = append(b, e...)
	}
	return b
}

// vec is the BCS of a vector<u8>.
func vec(b []byte) []byte { return append(binary.AppendUvarint(nil, uint64(len(b))), b...) }

var (
	none  = []byte{0}
	alice = sui.Address{0: 0xa1}
	bob   = sui.Address{0: 0xb0}
)

func wantAbort(t *testing.T, err error, module string, code uint64) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Status != StatusAborted || e.Code != code || e.Module != module {
		t.Errorf("got %v, want abort %d in %s", err, code, module)
	}
}

// publishAccess publishes the access package and those it links to, and returns
// it with the shared objects that decisions read.
func (l *ledger) publishAccess() (pkg, version, lineage sui.Address) {
	l.publish(alice, "storage")
	catalog := l.publish(alice, "catalog")
	pkg = l.publish(alice, "access")
	return pkg, l.find(pkg, "version", "PackageVersion"), l.find(catalog, "lineage", "Lineage")
}

// A policy's life: what key servers ask, with grants in a Table (dynamic
// fields) over several transactions.
func TestSealApprove(t *testing.T) {
	l := newLedger(t)
	pkg, version, lineage := l.publishAccess()
	x := l.begin(alice)
	made := x.must(pkg, "policy", "new", append([]byte{1}, u64le(100)...), append([]byte{1}, u64le(200)...), version)
	x.must(pkg, "policy", "share", made[0], version)
	if err := x.s.Transfer(made[1], sui.Owner{Kind: sui.OwnerAddress, Address: alice}); err != nil {
		t.Fatal(err)
	}
	if events := x.commit().Events; len(events) != 1 || events[0].Type.Name != "PolicyCreated" || events[0].Module != "policy" || events[0].Type.Module != "policy_events" {
		t.Errorf("events of new: %+v", events)
	}
	policy, policyCap := l.find(pkg, "policy", "Policy"), l.find(pkg, "policy", "PolicyCap")
	if o := l.objects[policy]; o.Owner.Kind != sui.OwnerShared {
		t.Errorf("policy is owned by %+v", o.Owner)
	}
	approve := func(sender sui.Address, id []byte) error {
		_, err := l.begin(sender).call(pkg, "policy", "seal_approve", vec(id), policy, lineage, version, clockID)
		return err
	}
	id := append(slices.Clone(policy[:]), 1, 2, 3)

	l.setClock(150)
	if err := approve(alice, id); err != nil {
		t.Errorf("owner: %v", err)
	}
	wantAbort(t, approve(alice, policy[:]), "policy", 0)
	wantAbort(t, approve(bob, id), "policy", 1)
	x = l.begin(alice)
	x.must(pkg, "members", "grant", policy, policyCap, bob[:], version, clockID)
	res := x.commit()
	if len(res.Children) != 1 || res.Children[0].Before != nil || res.Children[0].After.Type.Name != "Field" || len(res.Created) != 1 {
		t.Errorf("grant made %+v", res)
	}
	if err := approve(bob, id); err != nil {
		t.Errorf("member: %v", err)
	}
	l.setClock(99)
	wantAbort(t, approve(bob, id), "policy", 2)
	l.setClock(201)
	wantAbort(t, approve(bob, id), "policy", 3)
	x = l.begin(alice)
	_, err := x.call(pkg, "members", "grant", policy, policyCap, bob[:], version, clockID)
	wantAbort(t, err, "members", 0)
	x = l.begin(alice)
	x.must(pkg, "members", "revoke", policy, policyCap, bob[:], version)
	res = x.commit()
	if len(res.Deleted) != 1 || len(res.Children) != 1 || res.Children[0].Before == nil || res.Children[0].After != nil {
		t.Errorf("revoke did %+v", res)
	}
	l.setClock(150)
	wantAbort(t, approve(bob, id), "policy", 1)
}

// A committee of 4 with real BLS keys certifies a blob, which a catalog version
// then holds.
func TestCertifyAndPublish(t *testing.T) {
	l := newLedger(t)
	storage := l.publish(alice, "storage")
	catalog := l.publish(alice, "catalog")
	system, admin := l.find(storage, "system", "System"), l.find(storage, "system", "AdminCap")

	var names, keys, proofs, shards [][]byte
	for i := range 4 {
		pk := publicKey(int64(i + 1))
		names = append(names, vec([]byte{'n', byte('0' + i)}))
		keys = append(keys, vec(pk))
		message := append([]byte{0, 0, 3}, append(append(u32le(5), alice[:]...), pk...)...)
		proofs = append(proofs, vec(sign(t, message, int64(i+1))))
		shards = append(shards, seq([]byte{byte(i), 0}))
	}
	x := l.begin(alice)
	x.must(storage, "system", "set_committee", system, admin, u32le(5), seq(names...), seq(names...), seq(keys...), seq(proofs...), seq(shards...))
	if ev := x.commit().Events; len(ev) != 1 || ev[0].Type.Name != "CommitteeChanged" {
		t.Errorf("events of set_committee: %+v", ev)
	}

	root := [32]byte{9}
	preimage := append([]byte{1}, append(u64le(1000), root[:]...)...)
	blobID := blake2b.Sum256(preimage)
	x = l.begin(alice)
	blob := x.must(storage, "system", "register_blob", system, blobID[:], root[:], u64le(1000), []byte{1}, u32le(9), []byte{0})[0]
	if err := x.s.Transfer(blob, sui.Owner{Kind: sui.OwnerAddress, Address: alice}); err != nil {
		t.Fatal(err)
	}
	x.commit()
	blobObject := l.find(storage, "blob", "Blob")

	message := append([]byte{1, 0, 3}, append(append(u32le(5), blobID[:]...), 0)...)
	certify := func(bitmap byte, signature []byte) (*txn, error) {
		x := l.begin(alice)
		_, err := x.call(storage, "system", "certify_blob", system, blobObject, vec(signature), vec([]byte{bitmap}), vec(message))
		return x, err
	}
	_, err := certify(0b0011, sign(t, message, 1, 2))
	wantAbort(t, err, "committee", 11)
	_, err = certify(0b1011, sign(t, message, 1, 2, 3))
	wantAbort(t, err, "committee", 12)
	x, err = certify(0b1011, sign(t, message, 1, 2, 4))
	if err != nil {
		t.Fatal(err)
	}
	if ev := x.commit().Events; len(ev) != 1 || ev[0].Type.Name != "BlobCertified" {
		t.Errorf("events of certify_blob: %+v", ev)
	}

	x = l.begin(alice)
	inForce := l.find(catalog, "catalog_version", "CatalogVersion")
	made := x.must(catalog, "catalog", "new", vec([]byte("iris")), inForce)
	x.must(catalog, "catalog", "share", made[0])
	if err := x.s.Transfer(made[1], sui.Owner{Kind: sui.OwnerAddress, Address: alice}); err != nil {
		t.Fatal(err)
	}
	x.commit()
	dataset, datasetCap := l.find(catalog, "catalog", "Dataset"), l.find(catalog, "catalog", "DatasetCap")
	l.setClock(1234)
	x = l.begin(alice)
	b := x.object(blobObject, blob.Type())
	blobs, err := x.s.Vector(b.Type(), []Value{b})
	if err != nil {
		t.Fatal(err)
	}
	digest := make([]byte, 32)
	x.must(catalog, "catalog", "publish_version", dataset, datasetCap, vec(digest), blobID[:], make([]byte, 32), blobs, inForce, clockID)
	res := x.commit()
	if len(res.Transfers) != 1 || res.Transfers[0].Owner.Kind != sui.OwnerImmutable || len(res.Events) != 1 {
		t.Errorf("publish_version did %+v", res)
	}
	if l.objects[blobObject] != nil {
		t.Error("the blob is not wrapped in the version")
	}
	l.find(catalog, "catalog", "Version")
}

func publicKey(secret int64) []byte {
	_, _, g1, _ := bls.Generators()
	var p bls.G1Affine
	p.ScalarMultiplication(&g1, big.NewInt(secret))
	b := p.Bytes()
	return b[:]
}

// sign is the aggregate BLS signature of some small secret keys.
func sign(t *testing.T, message []byte, secrets ...int64) []byte {
	t.Helper()
	h, err := bls.HashToG2(message, []byte("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_"))
	if err != nil {
		t.Fatal(err)
	}
	var sum bls.G2Affine
	for _, s := range secrets {
		var p bls.G2Affine
		p.ScalarMultiplication(&h, big.NewInt(s))
		sum.Add(&sum, &p)
	}
	b := sum.Bytes()
	return b[:]
}

// Every function of every module that we hold passes the static pass.
func TestVerifyAll(t *testing.T) {
	l := newLedger(t)
	for _, name := range []string{"storage", "catalog", "access", "key_server"} {
		l.publish(alice, name)
	}
	for id := range l.packages {
		loader := newLoader(100, true)
		r := loader.resolve(l.packages)
		k, err := r.pack(id)
		if err == nil {
			err = r.verifyPackage(k)
		}
		r.done()
		if err != nil {
			t.Errorf("package %v: %v", id, err)
		}
	}
}
