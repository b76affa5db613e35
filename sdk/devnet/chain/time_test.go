package chain

import (
	"slices"
	"testing"
	"time"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
)

func openManual(t *testing.T, dir, seed string) *Chain {
	t.Helper()
	c, err := Open(Config{Dir: dir, Seed: []byte(seed), Manual: true, Accounts: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// scripted runs the same calls on a chain and returns the digests of its
// checkpoints.
func scripted(t *testing.T, c *Chain, reopen func() *Chain) (out []sui.Digest) {
	t.Helper()
	conn, _ := serveTest(t, c)
	alice, bob := c.Accounts()[0], c.Accounts()[1]
	pay := func(amount uint64) {
		t.Helper()
		coins, err := pb.NewStateServiceClient(conn).ListOwnedObjects(t.Context(), &pb.ListOwnedObjectsRequest{Owner: ptr(alice.Address().String()), ReadMask: paths("object_id")})
		if err != nil {
			t.Fatal(err)
		}
		id, err := sui.ParseAddress(coins.Objects[0].GetObjectId())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pb.NewTransactionExecutionServiceClient(conn).ExecuteTransaction(t.Context(), transfer(t, alice, liveRef(t, conn, id), bob.Address(), amount)); err != nil {
			t.Fatal(err)
		}
	}
	pay(1)
	askFaucet(t, c, bob.Address())
	if _, err := c.AdvanceClock(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	pay(2)
	if _, err := c.AdvanceCheckpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if reopen != nil {
		c = reopen()
		conn, _ = serveTest(t, c)
	}
	pay(3)
	checkChain(t, c)
	err := c.ledger.read(func(v view) error {
		for seq := range c.Head().Sequence + 1 {
			rec, err := v.checkpoint(seq)
			if err != nil {
				return err
			}
			out = append(out, rec.summary.Digest())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The same seed and calls give the same chain, also across a restart; another
// seed gives another.
func TestManualIsDeterministic(t *testing.T) {
	first := scripted(t, openManual(t, t.TempDir(), "one"), nil)
	dir := t.TempDir()
	c := openManual(t, dir, "one")
	second := scripted(t, c, func() *Chain {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		return openManual(t, dir, "one")
	})
	if !slices.Equal(first, second) || len(first) != 7 {
		t.Errorf("two chains differ:\n%v\n%v", first, second)
	}
	other := scripted(t, openManual(t, t.TempDir(), "two"), nil)
	for i := range first {
		if first[i] == other[i] {
			t.Errorf("checkpoint %d does not depend on the seed", i)
		}
	}
}

func TestManualTime(t *testing.T) {
	c := openManual(t, t.TempDir(), "test")
	conn, _ := serveTest(t, c)
	begin := uint64(ManualGenesis.UnixMilli())
	var status0 rpcpb.GetStatusResponse
	invoke := func(path string, req, res any) error { return conn.Invoke(t.Context(), path, req, res) }
	if err := invoke(rpcpb.GetStatus, &rpcpb.GetStatusRequest{}, &status0); err != nil || status0.TimestampMs != begin {
		t.Fatalf("status at genesis is %v, %v", &status0, err)
	}
	var moved rpcpb.AdvanceClockResponse
	if err := invoke(rpcpb.AdvanceClock, &rpcpb.AdvanceClockRequest{DurationMs: ptr(uint64(5000))}, &moved); err != nil || moved.TimestampMs != begin+5000 {
		t.Fatalf("clock moved to %v, %v", &moved, err)
	}
	digest, err := sui.ParseDigest(moved.TxDigest)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := pb.NewLedgerServiceClient(conn).GetTransaction(t.Context(), &pb.GetTransactionRequest{Digest: ptr(digest.String()), ReadMask: paths("transaction.kind")})
	if err != nil || tx.Transaction.Transaction.Kind.GetConsensusCommitPrologue().GetCommitTimestamp().AsTime().UnixMilli() != int64(begin+5000) {
		t.Errorf("the clock's transaction is %v, %v", tx, err)
	}
	if err := invoke(rpcpb.AdvanceClock, &rpcpb.AdvanceClockRequest{}, &moved); err != nil || moved.TimestampMs != begin+5001 {
		t.Errorf("clock without duration moved to %v, %v; want 1 ms on", &moved, err)
	}
	var sealed rpcpb.AdvanceCheckpointResponse
	if err := invoke(rpcpb.AdvanceCheckpoint, &rpcpb.AdvanceCheckpointRequest{}, &sealed); err != nil || sealed.CheckpointSequenceNumber != 3 || sealed.TimestampMs != begin+5001 {
		t.Errorf("checkpoint %v, %v; want 3 at the same time", &sealed, err)
	}
	err = invoke(rpcpb.AdvanceClock, &rpcpb.AdvanceClockRequest{DurationMs: ptr(^uint64(0))}, &moved)
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("advance past the end of time: %v", err)
	}
	if head := c.Head(); head.Sequence != 3 || head.TimestampMS != begin+5001 {
		t.Errorf("a refused advance left checkpoint %d at %d", head.Sequence, head.TimestampMS)
	}
	checkChain(t, c)
}

// With a clock that runs, AdvanceClock puts the chain ahead of it for good.
func TestAdvanceWallTime(t *testing.T) {
	dir, clock := t.TempDir(), newTestClock()
	c := openTest(t, dir, clock)
	before := c.Head().TimestampMS
	ahead, err := c.AdvanceClock(t.Context(), 24*time.Hour)
	if err != nil || ahead.UnixMilli()-int64(before) < 24*3600_000 {
		t.Fatalf("clock moved to %s, %v", ahead, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = openTest(t, dir, clock)
	defer c.Close()
	askFaucet(t, c, sui.Address{1})
	if now := c.Head().TimestampMS; now <= uint64(ahead.UnixMilli()) || now > uint64(ahead.UnixMilli())+60_000 {
		t.Errorf("after a restart the time is %d, was %d", now, ahead.UnixMilli())
	}
	checkChain(t, c)
}

func TestAccounts(t *testing.T) {
	dir := t.TempDir()
	c := openManual(t, dir, "test")
	conn, _ := serveTest(t, c)
	supply := uint64(0)
	for _, owner := range append(c.Accounts(), c.treasury) {
		res, err := pb.NewStateServiceClient(conn).GetBalance(t.Context(), &pb.GetBalanceRequest{Owner: ptr(owner.Address().String()), CoinType: ptr("0x2::sui::SUI")})
		if err != nil {
			t.Fatal(err)
		}
		if got := res.Balance.GetBalance(); owner != c.treasury && got != accountCoins*accountBalance {
			t.Errorf("account %s has %d", owner.Address(), got)
		}
		supply += res.Balance.GetBalance()
	}
	if supply != totalSupply || len(c.Accounts()) != 3 {
		t.Errorf("%d accounts and the treasury hold %d MIST", len(c.Accounts()), supply)
	}
	text, err := c.Accounts()[2].Export()
	if err != nil {
		t.Fatal(err)
	}
	if k, err := sui.ParsePrivateKey(text); err != nil || k.Address() != c.Accounts()[2].Address() {
		t.Errorf("the exported key is of %v, %v", k, err)
	}
	c.Close()
	if _, err := Open(Config{Dir: dir, Seed: []byte("test"), Manual: true, Accounts: 4}); err == nil {
		t.Error("a chain of 3 accounts was opened for 4")
	}
	if c, err = Open(Config{Dir: dir, Seed: []byte("test"), Manual: true}); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if len(c.Accounts()) != 3 {
		t.Errorf("reopened chain has %d accounts", len(c.Accounts()))
	}
}
