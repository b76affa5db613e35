package chain

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// publishAccess publishes the contract access twice: as version 1, and upgraded
// by itself as version 2. It returns both storage ids and a policy of version 1.
func publishAccess(t *testing.T, c *Chain, client *suirpc.Client, key *sui.PrivateKey) (v1, v2, policy sui.Address) {
	t.Helper()
	askFaucet(t, c, key.Address())
	send := func(b *sui.Builder) map[string]sui.Address {
		ex, err := client.Send(t.Context(), key, b)
		if err != nil {
			t.Fatal(err)
		}
		made := map[string]sui.Address{}
		for id, obj := range ex.Objects {
			name := "package"
			if obj.Move != nil {
				name = obj.Move.Type.Name
			}
			made[name] = id
		}
		return made
	}
	ids := map[string]sui.Address{}
	var made map[string]sui.Address
	var modules [][]byte
	var deps []sui.Address
	for _, name := range append(move.Dependencies("access"), "access") {
		modules, deps = linked(t, name, ids)
		b := sui.NewBuilder()
		b.Transfer(key.Address(), b.Publish(modules, deps))
		made = send(b)
		ids[name] = made["package"]
	}
	v1 = ids["access"]

	b := sui.NewBuilder()
	upgradeCap, digest := b.Object(made["UpgradeCap"]), sui.PackageDigest(modules, deps)
	ticket := b.Call(sui.Framework, "package", "authorize_upgrade", nil, upgradeCap, b.Pure(uint8(0)), b.Pure(digest[:]))
	b.Call(sui.Framework, "package", "commit_upgrade", nil, upgradeCap, b.Upgrade(modules, deps, v1, ticket))
	v2 = send(b)["package"]

	b = sui.NewBuilder()
	var never *uint64
	version := b.Object(made["PackageVersion"])
	created := b.Call(v2, "policy", "new", nil, b.Pure(never), b.Pure(never), version)
	b.Call(v2, "policy", "share", nil, created.At(0), version)
	b.Transfer(key.Address(), created.At(1))
	return v1, v2, send(b)["Policy"]
}

// linked is a package as it is published when its dependencies have these ids.
func linked(t *testing.T, name string, ids map[string]sui.Address) (modules [][]byte, deps []sui.Address) {
	t.Helper()
	pkg, err := move.Package(name)
	if err != nil {
		t.Fatal(err)
	}
	link, deps := map[sui.Address]sui.Address{}, []sui.Address{sui.MoveStdlib, sui.Framework}
	for _, d := range pkg.Dependencies {
		placeholder, _ := move.Placeholder(d)
		link[placeholder], deps = ids[d], append(deps, ids[d])
	}
	for _, m := range pkg.Modules {
		parsed, err := bytecode.Parse(m.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		parsed.Readdress(link)
		modules = append(modules, parsed.Serialize())
	}
	return modules, deps
}

func TestPackages(t *testing.T) {
	c := openTest(t, t.TempDir(), newTestClock())
	defer c.Close()
	conn, addr := serveTest(t, c)
	client, err := suirpc.Dial(t.Context(), "http://"+addr)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	v1, v2, policy := publishAccess(t, c, client, testKey(t, 1))

	packages := pb.NewMovePackageServiceClient(conn)
	for _, id := range []sui.Address{v1, v2} {
		res, err := packages.ListPackageVersions(t.Context(), &pb.ListPackageVersionsRequest{PackageId: ptr(id.String())})
		if err != nil || len(res.Versions) != 2 || res.Versions[0].GetPackageId() != v1.String() || res.Versions[1].GetPackageId() != v2.String() || res.Versions[1].GetVersion() != 2 {
			t.Errorf("versions of %s are %v, %v", id, res, err)
		}
	}
	page, err := packages.ListPackageVersions(t.Context(), &pb.ListPackageVersionsRequest{PackageId: ptr(v2.String()), PageSize: ptr(uint32(1))})
	if err != nil || len(page.Versions) != 1 || page.NextPageToken == nil {
		t.Fatalf("first page is %v, %v", page, err)
	}
	page, err = packages.ListPackageVersions(t.Context(), &pb.ListPackageVersionsRequest{PackageId: ptr(v2.String()), PageToken: page.NextPageToken})
	if err != nil || len(page.Versions) != 1 || page.Versions[0].GetPackageId() != v2.String() || page.NextPageToken != nil {
		t.Errorf("second page is %v, %v", page, err)
	}

	got, err := packages.GetPackage(t.Context(), &pb.GetPackageRequest{PackageId: ptr(v2.String())})
	if err != nil {
		t.Fatal(err)
	}
	if p := got.Package; p.GetOriginalId() != v1.String() || p.GetStorageId() != v2.String() || p.GetVersion() != 2 {
		t.Errorf("package is %s of %s, version %d", p.GetStorageId(), p.GetOriginalId(), p.GetVersion())
	}
	for _, origin := range got.Package.TypeOrigins {
		if origin.GetPackageId() != v1.String() {
			t.Errorf("type %s is defined by %s, want %s", origin.GetDatatypeName(), origin.GetPackageId(), v1)
		}
	}
	checkCapTypes(t, packages, v1, v2)

	res, err := pb.NewLedgerServiceClient(conn).GetObject(t.Context(), &pb.GetObjectRequest{ObjectId: ptr(policy.String()), ReadMask: paths("object_type", "json")})
	if err != nil || res.Object.GetObjectType() != v1.String()+"::policy::Policy" {
		t.Fatalf("policy is %v, %v", res, err)
	}
	if owner := res.Object.Json.GetStructValue().Fields["owner"].GetStringValue(); owner != testKey(t, 1).Address().String() {
		t.Errorf("policy's JSON is %v", res.Object.Json)
	}
	checkChain(t, c)
}

// checkCapTypes compares descriptors: that of UpgradeCap with mainnet's (npm
// @typemove/sui), and who defined a type of ours that an upgrade kept.
func checkCapTypes(t *testing.T, packages pb.MovePackageServiceClient, v1, v2 sui.Address) {
	t.Helper()
	kept, err := packages.GetDatatype(t.Context(), &pb.GetDatatypeRequest{PackageId: ptr(v2.String()), ModuleName: ptr("policy"), Name: ptr("PolicyCap")})
	if err != nil {
		t.Fatal(err)
	}
	if kept.Datatype.GetDefiningId() != v1.String() {
		t.Errorf("PolicyCap is defined by %s, want %s", kept.Datatype.GetDefiningId(), v1)
	}
	res, err := packages.GetDatatype(t.Context(), &pb.GetDatatypeRequest{PackageId: ptr("0x2"), ModuleName: ptr("package"), Name: ptr("UpgradeCap")})
	if err != nil {
		t.Fatal(err)
	}
	var names, kinds []string
	for _, f := range res.Datatype.Fields {
		names = append(names, f.GetName())
		text := f.Type.GetType().String()
		if f.Type.TypeName != nil {
			text = f.Type.GetTypeName()[strings.LastIndex(f.Type.GetTypeName(), "::")+2:]
		}
		kinds = append(kinds, text)
	}
	if want := []string{"id", "package", "version", "policy"}; !slices.Equal(names, want) {
		t.Errorf("fields are %v, want %v", names, want)
	}
	if want := []string{"UID", "ID", "U64", "U8"}; !slices.Equal(kinds, want) {
		t.Errorf("types of fields are %v, want %v", kinds, want)
	}
	if !slices.Equal(res.Datatype.Abilities, []pb.Ability{pb.Ability_STORE, pb.Ability_KEY}) {
		t.Errorf("descriptor is %v", res.Datatype)
	}
	for _, missing := range []*pb.GetDatatypeRequest{
		{PackageId: ptr(v2.String()), ModuleName: ptr("policy"), Name: ptr("Nothing")},
		{PackageId: ptr(v2.String()), ModuleName: ptr("nothing"), Name: ptr("Policy")},
		{PackageId: ptr("0x6"), ModuleName: ptr("policy"), Name: ptr("Policy")},
		{PackageId: ptr("0x77"), ModuleName: ptr("policy"), Name: ptr("Policy")},
	} {
		if _, err := packages.GetDatatype(t.Context(), missing); status.Code(err) != codes.NotFound {
			t.Errorf("%v: got %v, want NOT_FOUND", missing, err)
		}
	}
}

func TestMissingAndMalformed(t *testing.T) {
	c := openTest(t, t.TempDir(), newTestClock())
	defer c.Close()
	conn, _ := serveTest(t, c)
	ledger, states := pb.NewLedgerServiceClient(conn), pb.NewStateServiceClient(conn)
	digest := sui.Digest{9}.String()
	for name, tc := range map[string]struct {
		call func() error
		want codes.Code
	}{
		"object": {func() error {
			_, err := ledger.GetObject(t.Context(), &pb.GetObjectRequest{ObjectId: ptr("0x99")})
			return err
		}, codes.NotFound},
		"object version": {func() error {
			_, err := ledger.GetObject(t.Context(), &pb.GetObjectRequest{ObjectId: ptr("0x6"), Version: ptr(uint64(999))})
			return err
		}, codes.NotFound},
		"object id": {func() error {
			_, err := ledger.GetObject(t.Context(), &pb.GetObjectRequest{ObjectId: ptr("six")})
			return err
		}, codes.InvalidArgument},
		"no object id": {func() error { _, err := ledger.GetObject(t.Context(), &pb.GetObjectRequest{}); return err }, codes.InvalidArgument},
		"transaction": {func() error {
			_, err := ledger.GetTransaction(t.Context(), &pb.GetTransactionRequest{Digest: &digest})
			return err
		}, codes.NotFound},
		"digest": {func() error {
			_, err := ledger.GetTransaction(t.Context(), &pb.GetTransactionRequest{Digest: ptr("0OIl")})
			return err
		}, codes.InvalidArgument},
		"checkpoint": {func() error {
			_, err := ledger.GetCheckpoint(t.Context(), &pb.GetCheckpointRequest{CheckpointId: &pb.GetCheckpointRequest_SequenceNumber{SequenceNumber: 1 << 40}})
			return err
		}, codes.NotFound},
		"epoch": {func() error {
			_, err := ledger.GetEpoch(t.Context(), &pb.GetEpochRequest{Epoch: ptr(uint64(5))})
			return err
		}, codes.NotFound},
		"coin type": {func() error {
			_, err := states.GetBalance(t.Context(), &pb.GetBalanceRequest{Owner: ptr("0x1"), CoinType: ptr("SUI")})
			return err
		}, codes.InvalidArgument},
		"type filter": {func() error {
			_, err := states.ListOwnedObjects(t.Context(), &pb.ListOwnedObjectsRequest{Owner: ptr("0x1"), ObjectType: ptr("0x2::c oin")})
			return err
		}, codes.InvalidArgument},
		"page token": {func() error {
			_, err := states.ListOwnedObjects(t.Context(), &pb.ListOwnedObjectsRequest{Owner: ptr("0x1"), PageToken: []byte("x")})
			return err
		}, codes.InvalidArgument},
		"large batch": {func() error {
			_, err := ledger.BatchGetObjects(t.Context(), &pb.BatchGetObjectsRequest{Requests: make([]*pb.GetObjectRequest, maxBatch+1)})
			return err
		}, codes.InvalidArgument},
		"large request": {func() error {
			_, err := states.GetBalance(t.Context(), &pb.GetBalanceRequest{Owner: ptr(strings.Repeat("x", maxRequestBytes+1))})
			return err
		}, codes.ResourceExhausted},
		"metadata of POP": {func() error {
			_, err := states.GetCoinInfo(t.Context(), &pb.GetCoinInfoRequest{CoinType: ptr("0x2::pop::POP")})
			return err
		}, codes.NotFound},
	} {
		if err := tc.call(); status.Code(err) != tc.want {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		}
	}
}

func TestGenesisIsReadable(t *testing.T) {
	c := openTest(t, t.TempDir(), newTestClock())
	defer c.Close()
	conn, addr := serveTest(t, c)
	res, err := pb.NewLedgerServiceClient(conn).GetCheckpoint(t.Context(), &pb.GetCheckpointRequest{
		CheckpointId: &pb.GetCheckpointRequest_Digest{Digest: c.ID().String()}, ReadMask: paths("*")})
	if err != nil {
		t.Fatal(err)
	}
	cp := res.Checkpoint
	if cp.GetSequenceNumber() != 0 || len(cp.Transactions) != 1 || cp.Transactions[0].Transaction.Kind.GetKind() != pb.TransactionKind_GENESIS {
		t.Errorf("genesis is checkpoint %d with %v", cp.GetSequenceNumber(), cp.Transactions[0].Transaction.GetKind())
	}
	if len(cp.Objects.Objects) != len(cp.Transactions[0].Effects.ChangedObjects) {
		t.Errorf("%d objects, %d changes", len(cp.Objects.Objects), len(cp.Transactions[0].Effects.ChangedObjects))
	}
	for _, id := range []string{"0x1", "0x2", "0x5", "0x6", "0x8"} {
		if _, err := pb.NewLedgerServiceClient(conn).GetObject(t.Context(), &pb.GetObjectRequest{ObjectId: &id, ReadMask: paths("*")}); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	pre, err := http.NewRequest(http.MethodOptions, "http://"+addr+"/sui.rpc.v2.LedgerService/GetObject", nil)
	if err != nil {
		t.Fatal(err)
	}
	pre.Header.Set("Origin", "https://app.example")
	pre.Header.Set("Access-Control-Request-Method", "POST")
	pre.Header.Set("Access-Control-Request-Headers", "content-type,x-grpc-web,x-sui-client-protocol-version")
	answer, err := http.DefaultClient.Do(pre)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.Header.Get("Access-Control-Allow-Origin") != "*" || answer.Header.Get("Access-Control-Allow-Headers") == "" {
		t.Errorf("a browser's question is answered %d %v", answer.StatusCode, answer.Header)
	}
}

// The same seed, times and transactions give the same chain, byte for byte.
func TestDeterministic(t *testing.T) {
	run := func() sui.CheckpointSummary {
		c := openTest(t, t.TempDir(), newTestClock())
		defer c.Close()
		for i := range 5 {
			if _, err := c.pay(t.Context(), sui.Address{byte(i)}); err != nil {
				t.Fatal(err)
			}
		}
		return c.Head()
	}
	a, b := run(), run()
	if a.Digest() != b.Digest() || a.Sequence != 5 {
		t.Errorf("two runs end at %d %s and %d %s", a.Sequence, a.Digest(), b.Sequence, b.Digest())
	}
}
