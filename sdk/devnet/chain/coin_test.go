package chain

import (
	"os"
	"testing"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/floe-data/floe/sdk/sui"
)

// Coin info of a currency that a package makes; testdata/penny holds its source.
func TestCoinInfo(t *testing.T) {
	c := openManual(t, t.TempDir(), "test")
	conn, _ := serveTest(t, c)
	alice := c.Accounts()[0]
	code, err := os.ReadFile("testdata/penny/penny.mv")
	if err != nil {
		t.Fatal(err)
	}
	gas, err := c.largestCoin(alice.Address())
	if err != nil {
		t.Fatal(err)
	}
	b := sui.NewBuilder()
	b.Transfer(alice.Address(), b.Publish([][]byte{code}, []sui.Address{sui.MoveStdlib, sui.Framework}))
	tx, err := b.Build(alice.Address(), sui.GasData{Payment: []sui.ObjectRef{gas}, Owner: alice.Address(), Price: 1000, Budget: sui.MistPerSUI})
	if err != nil {
		t.Fatal(err)
	}
	req := signedRequest(tx, alice)
	req.ReadMask = paths("effects")
	done, err := pb.NewTransactionExecutionServiceClient(conn).ExecuteTransaction(t.Context(), req)
	if err != nil || !done.Transaction.Effects.Status.GetSuccess() {
		t.Fatalf("publish: %v, %v", done, err)
	}
	var pkg string
	for _, o := range done.Transaction.Effects.ChangedObjects {
		if o.GetOutputState() == pb.ChangedObject_OUTPUT_OBJECT_STATE_PACKAGE_WRITE {
			pkg = o.GetObjectId()
		}
	}
	state := pb.NewStateServiceClient(conn)
	info, err := state.GetCoinInfo(t.Context(), &pb.GetCoinInfoRequest{CoinType: ptr(pkg + "::penny::PENNY")})
	if err != nil {
		t.Fatal(err)
	}
	m := info.Metadata
	if m.GetDecimals() != 2 || m.GetSymbol() != "PNY" || m.GetName() != "Penny" || m.GetDescription() != "A hundredth" || m.GetIconUrl() != "https://example.com/penny.png" {
		t.Errorf("metadata is %v", m)
	}
	if info.Treasury.GetTotalSupply() != 1234 || info.Treasury.GetId() == "" || m.GetId() == "" {
		t.Errorf("treasury is %v, metadata %s", info.Treasury, m.GetId())
	}
	if _, err := state.GetCoinInfo(t.Context(), &pb.GetCoinInfoRequest{CoinType: ptr(pkg + "::penny::NICKEL")}); status.Code(err) != codes.NotFound {
		t.Errorf("coin info of no coin: %v", err)
	}
}
