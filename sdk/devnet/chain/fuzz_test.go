package chain

import (
	"context"
	"testing"

	"connectrpc.com/connect"
	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/floe-data/floe/sdk/sui"
)

// call decodes a request and gives it to a method, as the server does.
func call[Req, Res any](f func(context.Context, *Req) (*Res, error)) func(context.Context, []byte) error {
	return func(ctx context.Context, raw []byte) error {
		req := new(Req)
		if err := proto.Unmarshal(raw, any(req).(proto.Message)); err != nil {
			return invalid("%v", err)
		}
		_, err := f(ctx, req)
		return rpcError(err)
	}
}

// FuzzRequests gives the same bytes to every method. Whatever comes, the answer
// is a result or an error of the request: no panic, no INTERNAL.
func FuzzRequests(f *testing.F) {
	c, err := Open(Config{Dir: f.TempDir(), Seed: []byte("fuzz"), Now: newTestClock().now})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { c.Close() })
	methods := map[string]func(context.Context, []byte) error{
		"GetObject":            call(c.getObject),
		"BatchGetObjects":      call(c.batchGetObjects),
		"GetTransaction":       call(c.getTransaction),
		"BatchGetTransactions": call(c.batchGetTransactions),
		"GetCheckpoint":        call(c.getCheckpoint),
		"GetEpoch":             call(c.getEpoch),
		"ListOwnedObjects":     call(c.listOwnedObjects),
		"ListDynamicFields":    call(c.listDynamicFields),
		"GetBalance":           call(c.getBalance),
		"ListBalances":         call(c.listBalances),
		"GetCoinInfo":          call(c.getCoinInfo),
		"GetPackage":           call(c.getPackage),
		"GetDatatype":          call(c.getDatatype),
		"GetFunction":          call(c.getFunction),
		"ListPackageVersions":  call(c.listPackageVersions),
		"ExecuteTransaction":   call(c.executeTransaction),
		"SimulateTransaction":  call(c.simulateTransaction),
		"VerifySignature":      call(c.verifySignature),
	}
	for _, req := range fuzzSeeds(c) {
		raw, err := proto.Marshal(req)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for name, method := range methods {
			if err := method(t.Context(), raw); err != nil && connect.CodeOf(err) == connect.CodeInternal {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// fuzzSeeds are requests that reach deep: they come from this chain.
func fuzzSeeds(c *Chain) []proto.Message {
	owner := ptr(c.treasury.Address().String())
	all := &fieldmaskpb.FieldMask{Paths: []string{"*"}}
	b := sui.NewBuilder()
	b.Transfer(sui.Address{3}, b.SplitCoins(sui.GasCoin, b.Pure(uint64(1))).At(0))
	b.Call(sui.Framework, "clock", "timestamp_ms", nil, b.Object(sui.ClockID))
	b.MakeMoveVec(ptr(sui.SUIType()))
	pt := b.Programmable()
	kind := renderKind(&sui.TransactionKind{Programmable: &pt})
	for _, in := range kind.GetProgrammableTransaction().Inputs {
		if in.GetKind() == pb.Input_IMMUTABLE_OR_OWNED {
			in.Kind, in.Version, in.Digest = nil, nil, nil
		}
	}
	tx := &pb.Transaction{Version: ptr(int32(1)), Sender: owner, Kind: kind}
	return []proto.Message{
		&pb.GetObjectRequest{ObjectId: ptr("0x2"), ReadMask: all},
		&pb.BatchGetObjectsRequest{Requests: []*pb.GetObjectRequest{{ObjectId: ptr("0x6")}, {ObjectId: ptr("0x77")}}, ReadMask: all},
		&pb.GetCheckpointRequest{ReadMask: all},
		&pb.ListOwnedObjectsRequest{Owner: owner, PageSize: ptr(uint32(2)), ReadMask: all, ObjectType: ptr("0x2::coin::Coin")},
		&pb.ListDynamicFieldsRequest{Parent: ptr("0x5"), ReadMask: all},
		&pb.GetBalanceRequest{Owner: owner, CoinType: ptr("0x2::sui::SUI")},
		&pb.GetDatatypeRequest{PackageId: ptr("0x2"), ModuleName: ptr("coin"), Name: ptr("Coin")},
		&pb.GetFunctionRequest{PackageId: ptr("0x2"), ModuleName: ptr("coin"), Name: ptr("split")},
		&pb.SimulateTransactionRequest{Transaction: tx, ReadMask: all, DoGasSelection: ptr(true)},
		&pb.SimulateTransactionRequest{Transaction: tx, ReadMask: all, Checks: ptr(pb.SimulateTransactionRequest_DISABLED)},
		&pb.VerifySignatureRequest{Message: &pb.Bcs{Name: ptr("PersonalMessage"), Value: []byte{1, 2}}, Signature: &pb.UserSignature{Bcs: &pb.Bcs{Value: make([]byte, 97)}}},
	}
}
