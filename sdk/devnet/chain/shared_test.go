package chain

import (
	"testing"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/floe-data/floe/sdk/sui"
)

// A transaction that comes too late to a deleted shared object is executed and
// fails, for the rest of the epoch.
func TestDeletedSharedInput(t *testing.T) {
	c := openManual(t, t.TempDir(), "test")
	conn, _ := serveTest(t, c)
	alice := c.Accounts()[0]
	b := sui.NewBuilder()
	lab := published(t, c, conn, alice, "lab")
	owned, err := pb.NewLedgerServiceClient(conn).GetCheckpoint(t.Context(), &pb.GetCheckpointRequest{ReadMask: paths("objects.objects.object_id", "objects.objects.object_type", "objects.objects.owner")})
	if err != nil {
		t.Fatal(err)
	}
	var counter sui.Address
	var start uint64
	for _, o := range owned.Checkpoint.Objects.Objects {
		if o.GetObjectType() == lab.String()+"::lab::Counter" {
			counter, start = sui.MustAddress(o.GetObjectId()), o.Owner.GetVersion()
		}
	}
	b.Call(lab, "lab", "delete_counter", nil, b.SharedObject(counter, start, true))
	deleted := succeeded(t, c, conn, alice, b)
	increment := func() *pb.ExecutedTransaction {
		b := sui.NewBuilder()
		b.Call(lab, "lab", "increment", nil, b.SharedObject(counter, start, true), b.Pure(uint64(1)))
		return tried(t, c, conn, alice, b)
	}
	version := deleted.Effects.GetLamportVersion()
	for range 2 {
		late := increment()
		u := late.Effects.UnchangedConsensusObjects
		if late.Effects.Status.GetSuccess() || late.Effects.Status.Error.GetKind() != pb.ExecutionError_INPUT_OBJECT_DELETED ||
			len(u) != 1 || u[0].GetKind() != pb.UnchangedConsensusObject_MUTATE_CONSENSUS_STREAM_ENDED || u[0].GetVersion() != version {
			t.Errorf("a late transaction: %v, %v", late.Effects.Status, u)
		}
		version = late.Effects.GetLamportVersion()
	}
	checkChain(t, c)
	b = sui.NewBuilder()
	b.Call(lab, "lab", "count", nil, b.SharedObject(sui.Address{7}, start, false))
	tx, err := b.Build(alice.Address(), sui.GasData{Payment: []sui.ObjectRef{gasOf(t, c, alice)}, Owner: alice.Address(), Price: 1000, Budget: sui.MistPerSUI})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pb.NewTransactionExecutionServiceClient(conn).ExecuteTransaction(t.Context(), signedRequest(tx, alice)); status.Code(err) != codes.InvalidArgument {
		t.Errorf("an object that never was: %v", err)
	}
}

func gasOf(t *testing.T, c *Chain, key *sui.PrivateKey) sui.ObjectRef {
	t.Helper()
	ref, err := c.largestCoin(key.Address())
	if err != nil {
		t.Fatal(err)
	}
	return ref
}
