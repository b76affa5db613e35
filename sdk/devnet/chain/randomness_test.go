package chain

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/grpc"

	"github.com/floe-data/floe/sdk/sui"
)

// published publishes a package of ../../execution/testdata and returns its id.
func published(t *testing.T, c *Chain, conn *grpc.ClientConn, key *sui.PrivateKey, name string) (id sui.Address) {
	t.Helper()
	text, err := os.ReadFile("../../execution/testdata/packages.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Packages map[string]struct {
			Modules      [][]byte
			Dependencies []sui.Address
		}
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	p := all.Packages[name]
	b := sui.NewBuilder()
	b.Transfer(key.Address(), b.Publish(p.Modules, p.Dependencies))
	for _, o := range succeeded(t, c, conn, key, b).Effects.ChangedObjects {
		if o.GetOutputState() == pb.ChangedObject_OUTPUT_OBJECT_STATE_PACKAGE_WRITE {
			return sui.MustAddress(o.GetObjectId())
		}
	}
	t.Fatal("no package was written")
	return id
}

// succeeded executes the commands of b over the wire, which must succeed.
func succeeded(t *testing.T, c *Chain, conn *grpc.ClientConn, key *sui.PrivateKey, b *sui.Builder) *pb.ExecutedTransaction {
	t.Helper()
	out := tried(t, c, conn, key, b)
	if !out.Effects.Status.GetSuccess() {
		t.Fatalf("transaction failed: %v", out.Effects.Status)
	}
	return out
}

// tried executes the commands of b over the wire.
func tried(t *testing.T, c *Chain, conn *grpc.ClientConn, key *sui.PrivateKey, b *sui.Builder) *pb.ExecutedTransaction {
	t.Helper()
	gas, err := c.largestCoin(key.Address())
	if err != nil {
		t.Fatal(err)
	}
	tx, err := b.Build(key.Address(), sui.GasData{Payment: []sui.ObjectRef{gas}, Owner: key.Address(), Price: 1000, Budget: sui.MistPerSUI})
	if err != nil {
		t.Fatal(err)
	}
	req := signedRequest(tx, key)
	req.ReadMask = paths("*")
	out, err := pb.NewTransactionExecutionServiceClient(conn).ExecuteTransaction(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return out.Transaction
}

func rollDice(dice sui.Address) *sui.Builder {
	b := sui.NewBuilder()
	b.Call(dice, "dice", "roll", nil, b.SharedObject(sui.RandomID, 1, false))
	return b
}

// Each checkpoint with transactions that use Random has a round before them,
// and only those; the same seed gives the same rolls.
func TestRandomness(t *testing.T) {
	run := func(seed string) (rolls [][]byte) {
		c := openManual(t, t.TempDir(), seed)
		conn, _ := serveTest(t, c)
		alice := c.Accounts()[0]
		dice := published(t, c, conn, alice, "dice")
		for round := range uint64(3) {
			out := succeeded(t, c, conn, alice, rollDice(dice))
			for _, e := range out.Events.Events {
				rolls = append(rolls, e.Contents.Value)
			}
			askFaucet(t, c, alice.Address()) // a checkpoint without
			cp, err := pb.NewLedgerServiceClient(conn).GetCheckpoint(t.Context(), &pb.GetCheckpointRequest{
				CheckpointId: &pb.GetCheckpointRequest_SequenceNumber{SequenceNumber: 2 + 2*round}, ReadMask: paths("transactions")})
			if err != nil || len(cp.Checkpoint.Transactions) != 2 {
				t.Fatalf("checkpoint of a roll: %v, %v", cp, err)
			}
			update := cp.Checkpoint.Transactions[0].Transaction.Kind
			if r := update.GetRandomnessStateUpdate(); update.GetKind() != pb.TransactionKind_RANDOMNESS_STATE_UPDATE ||
				r.GetRandomnessRound() != round || len(r.GetRandomBytes()) != 32 || r.GetRandomnessObjectInitialSharedVersion() != 1 {
				t.Errorf("round %d is %v", round, update)
			}
			if u := out.Effects.UnchangedConsensusObjects; len(u) != 1 || u[0].GetObjectId() != sui.RandomID.String() {
				t.Errorf("read-only inputs %v", u)
			}
		}
		checkChain(t, c)
		return rolls
	}
	first, again, other := run("one"), run("one"), run("two")
	if len(first) != 9 || !slices.EqualFunc(first, again, bytes.Equal) {
		t.Errorf("the same seed rolls\n%x\n%x", first, again)
	}
	for i := range first {
		if bytes.Equal(first[i], other[i]) {
			t.Errorf("roll %d does not depend on the seed", i)
		}
	}
}

// A client can't look at its roll before it commits to it, and a refused
// transaction does not make a round.
func TestRandomnessCannotBeForeseen(t *testing.T) {
	c := openManual(t, t.TempDir(), "test")
	conn, _ := serveTest(t, c)
	alice := c.Accounts()[0]
	dice := published(t, c, conn, alice, "dice")
	gas, err := c.largestCoin(alice.Address())
	if err != nil {
		t.Fatal(err)
	}
	tx, err := rollDice(dice).Build(alice.Address(), sui.GasData{Payment: []sui.ObjectRef{gas}, Owner: alice.Address(), Price: 1000, Budget: sui.MistPerSUI})
	if err != nil {
		t.Fatal(err)
	}
	req := signedRequest(tx, alice)
	simulated, err := pb.NewTransactionExecutionServiceClient(conn).SimulateTransaction(t.Context(), &pb.SimulateTransactionRequest{
		Transaction: req.Transaction, ReadMask: paths("transaction.events")})
	if err != nil {
		t.Fatal(err)
	}
	executed, err := pb.NewTransactionExecutionServiceClient(conn).ExecuteTransaction(t.Context(), &pb.ExecuteTransactionRequest{
		Transaction: req.Transaction, Signatures: req.Signatures, ReadMask: paths("events")})
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range executed.Transaction.Events.Events {
		if bytes.Equal(e.Contents.Value, simulated.Transaction.Events.Events[i].Contents.Value) {
			t.Errorf("roll %d was foreseen", i)
		}
	}
	head := c.Head().Sequence
	stale := rollDice(dice)
	if tx, err = stale.Build(alice.Address(), tx.Gas); err != nil { // its gas coin is spent
		t.Fatal(err)
	}
	tx.Gas.Budget--
	if _, err := pb.NewTransactionExecutionServiceClient(conn).ExecuteTransaction(t.Context(), signedRequest(tx, alice)); err == nil || c.Head().Sequence != head {
		t.Errorf("a stale transaction: %v, head %d was %d", err, c.Head().Sequence, head)
	}
	if _, err := c.AdvanceClock(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	checkChain(t, c)
}
