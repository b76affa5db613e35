package chain

import (
	"slices"
	"strings"
	"testing"
	"time"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
)

func getEpoch(t *testing.T, conn *grpc.ClientConn, epoch *uint64) *pb.Epoch {
	t.Helper()
	res, err := pb.NewLedgerServiceClient(conn).GetEpoch(t.Context(), &pb.GetEpochRequest{Epoch: epoch, ReadMask: paths("*")})
	if err != nil {
		t.Fatal(err)
	}
	return res.Epoch
}

func advanceEpoch(t *testing.T, conn *grpc.ClientConn) *rpcpb.AdvanceEpochResponse {
	t.Helper()
	out := new(rpcpb.AdvanceEpochResponse)
	if err := conn.Invoke(t.Context(), rpcpb.AdvanceEpoch, &rpcpb.AdvanceEpochRequest{}, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// seen is what a Move call of tx_context gives in a simulation.
func seen(t *testing.T, conn *grpc.ClientConn, function string) []byte {
	t.Helper()
	b := sui.NewBuilder()
	b.Call(sui.Framework, "tx_context", function, nil)
	pt := b.Programmable()
	tx := renderTransaction(&sui.TransactionData{Kind: sui.TransactionKind{Programmable: &pt}, Sender: sui.Address{1}}, &mask{all: true})
	tx.Bcs, tx.Digest, tx.GasPayment, tx.Expiration = nil, nil, nil, nil
	res, err := pb.NewTransactionExecutionServiceClient(conn).SimulateTransaction(t.Context(), &pb.SimulateTransactionRequest{
		Transaction: tx, Checks: pb.SimulateTransactionRequest_DISABLED.Enum(), ReadMask: paths("command_outputs", "transaction.effects")})
	if err != nil {
		t.Fatal(err)
	}
	return res.CommandOutputs[0].ReturnValues[0].Value.Value
}

func TestEpochs(t *testing.T) {
	dir := t.TempDir()
	c := openManual(t, dir, "test")
	conn, _ := serveTest(t, c)
	alice := c.Accounts()[0]
	if e := getEpoch(t, conn, nil); e.GetEpoch() != 0 || e.LastCheckpoint != nil || e.End != nil || e.GetFirstCheckpoint() != 0 {
		t.Errorf("epoch at genesis: %v", e)
	}
	dice := published(t, c, conn, alice, "dice")
	succeeded(t, c, conn, alice, rollDice(dice))
	gas := c.Head().EpochGas
	if _, err := c.AdvanceClock(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	begun := advanceEpoch(t, conn)
	last := c.Head()
	if begun.Epoch != 1 || begun.CheckpointSequenceNumber != last.Sequence || begun.TimestampMs != last.TimestampMS || last.Epoch != 0 || c.Epoch() != 1 {
		t.Errorf("epoch %v begins after %+v", begun, last)
	}
	cp, err := pb.NewLedgerServiceClient(conn).GetCheckpoint(t.Context(), &pb.GetCheckpointRequest{ReadMask: paths("*")})
	if err != nil {
		t.Fatal(err)
	}
	end, next := cp.Checkpoint.Summary.EndOfEpochData, getEpoch(t, conn, nil)
	if len(end.GetNextEpochCommittee()) != committeeSize || end.GetNextEpochProtocolVersion() != protocolVersion {
		t.Errorf("end of epoch: %v", end)
	}
	txs := cp.Checkpoint.Transactions
	change := txs[len(txs)-1].Transaction.Kind.GetEndOfEpoch().GetTransactions()
	if len(change) != 1 || change[0].GetChangeEpoch().GetEpoch() != 1 || change[0].GetChangeEpoch().GetComputationCharge() != gas.Computation ||
		change[0].GetChangeEpoch().GetStorageCharge() != gas.Storage || change[0].GetChangeEpoch().GetEpochStartTimestamp().AsTime().UnixMilli() != int64(last.TimestampMS) {
		t.Errorf("the last transaction is %v", txs[len(txs)-1].Transaction.Kind)
	}
	for i, m := range end.NextEpochCommittee {
		if string(m.PublicKey) != string(next.Committee.Members[i].PublicKey) || m.GetWeight() != next.Committee.Members[i].GetWeight() {
			t.Errorf("validator %d of the next committee: %x", i, m.PublicKey)
		}
	}
	first := getEpoch(t, conn, ptr(uint64(0)))
	if first.GetLastCheckpoint() != last.Sequence || first.End.AsTime().UnixMilli() != int64(last.TimestampMS) || first.SystemState.GetEpoch() != 0 {
		t.Errorf("the epoch that ended: %v", first)
	}
	if next.GetEpoch() != 1 || next.GetFirstCheckpoint() != last.Sequence+1 || next.Start.AsTime().UnixMilli() != int64(last.TimestampMS) || next.SystemState.GetEpoch() != 1 {
		t.Errorf("the epoch that began: %v", next)
	}
	kept := 0
	for _, m := range first.Committee.Members {
		if slices.ContainsFunc(next.Committee.Members, func(n *pb.ValidatorCommitteeMember) bool { return string(n.PublicKey) == string(m.PublicKey) }) {
			kept++
		}
	}
	if kept != committeeSize-1 {
		t.Errorf("%d validators keep their keys, want %d", kept, committeeSize-1)
	}
	if _, err := pb.NewLedgerServiceClient(conn).GetEpoch(t.Context(), &pb.GetEpochRequest{Epoch: ptr(uint64(2))}); status.Code(err) != codes.NotFound {
		t.Errorf("an epoch to come: %v", err)
	}

	// a transaction sees the new epoch; gas and randomness count anew
	if epoch, start := seen(t, conn, "epoch"), seen(t, conn, "epoch_timestamp_ms"); fromLE(epoch) != 1 || fromLE(start) != last.TimestampMS {
		t.Errorf("a transaction sees epoch %x since %x", epoch, start)
	}
	out := succeeded(t, c, conn, alice, rollDice(dice))
	if head := c.Head(); out.Effects.GetEpoch() != 1 || head.Epoch != 1 || head.EpochGas.Computation != out.Effects.GasUsed.GetComputationCost() {
		t.Errorf("effects of epoch %d, checkpoint %+v", out.Effects.GetEpoch(), head)
	}
	if _, err := c.AdvanceEpoch(t.Context()); err != nil { // at once, and again without any transaction between
		t.Fatal(err)
	}
	if _, err := c.AdvanceEpoch(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkChain(t, c)
	head := c.Head()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = openManual(t, dir, "test")
	if again := c.Head(); c.Epoch() != 3 || again.Digest() != head.Digest() {
		t.Errorf("opened again in epoch %d at %d, was 3 at %d", c.Epoch(), c.Head().Sequence, head.Sequence)
	}
	askFaucet(t, c, alice.Address())
	checkChain(t, c)
}

func fromLE(b []byte) (n uint64) {
	for i := range b {
		n |= uint64(b[i]) << (8 * i)
	}
	return n
}

// A transaction that expires with an epoch is refused after it, and so is the
// late use of a shared object that was deleted in an earlier epoch.
func TestExpiration(t *testing.T) {
	c := openManual(t, t.TempDir(), "test")
	conn, _ := serveTest(t, c)
	alice := c.Accounts()[0]
	lab := published(t, c, conn, alice, "lab")
	var counter sui.ObjectRef
	err := c.ledger.read(func(v view) error {
		rec, err := v.head()
		if err != nil {
			return err
		}
		tx, err := v.transaction(rec.contents.Transactions[0].Transaction)
		if err != nil {
			return err
		}
		ex, err := tx.decode(rec.contents.Transactions[0].Transaction)
		for _, ch := range ex.effects.Changed {
			if ch.OutputOwner.Kind == sui.OwnerShared {
				counter = sui.ObjectRef{ID: ch.ID, Version: ch.OutputOwner.Version}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b := sui.NewBuilder()
	b.Call(lab, "lab", "delete_counter", nil, b.SharedObject(counter.ID, counter.Version, true))
	succeeded(t, c, conn, alice, b)
	submit := func(expires uint64) error {
		b := sui.NewBuilder()
		b.Call(lab, "lab", "count", nil, b.SharedObject(counter.ID, counter.Version, false))
		tx, err := b.Build(alice.Address(), sui.GasData{Payment: []sui.ObjectRef{gasOf(t, c, alice)}, Owner: alice.Address(), Price: 1000, Budget: sui.MistPerSUI})
		if err != nil {
			t.Fatal(err)
		}
		tx.Expiration = sui.Expiration{Kind: sui.ExpireEpoch, Epoch: expires}
		_, err = pb.NewTransactionExecutionServiceClient(conn).ExecuteTransaction(t.Context(), signedRequest(tx, alice))
		return err
	}
	if err := submit(0); err != nil {
		t.Errorf("in its last epoch: %v", err)
	}
	if _, err := c.AdvanceEpoch(t.Context()); err != nil {
		t.Fatal(err)
	}
	for expires, want := range map[uint64]string{
		0: "it expired with epoch 0, now is 1",
		1: "it does not exist or was deleted",
	} {
		if err := submit(expires); status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), want) {
			t.Errorf("expiration %d: %v, want %q", expires, err, want)
		}
	}
}

// A ledger from before there were epochs opens in the first.
func TestLedgerWithoutEpochs(t *testing.T) {
	dir := t.TempDir()
	c := openManual(t, dir, "test")
	if err := c.ledger.write(func(v view) error { return v.tx.DeleteBucket(bucketEpochs) }); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = openManual(t, dir, "test")
	if epoch, err := c.AdvanceEpoch(t.Context()); err != nil || epoch != 1 {
		t.Errorf("epoch %d, %v", epoch, err)
	}
	checkChain(t, c)
}
