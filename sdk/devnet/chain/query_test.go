package chain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
)

// openStream calls a server-streaming method by its path.
func openStream(t *testing.T, ctx context.Context, conn *grpc.ClientConn, path string, req proto.Message) grpc.ClientStream {
	t.Helper()
	s, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, path)
	if err == nil {
		err = s.SendMsg(req)
	}
	if err == nil {
		err = s.CloseSend()
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// collect reads a stream to its end.
func collect[T any, P interface {
	*T
	proto.Message
}](t *testing.T, conn *grpc.ClientConn, path string, req proto.Message) (out []P, err error) {
	t.Helper()
	s := openStream(t, t.Context(), conn, path, req)
	for {
		m := P(new(T))
		if err := s.RecvMsg(m); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return out, err
		}
		out = append(out, m)
	}
}

// busyChain is a chain with some history: payments of alice and bob to each
// other, and to strangers, of one or more per checkpoint.
func busyChain(t *testing.T) (c *Chain, conn *grpc.ClientConn, alice, bob *sui.PrivateKey) {
	t.Helper()
	c = openTest(t, t.TempDir(), newTestClock())
	t.Cleanup(func() { c.Close() })
	conn, _ = serveTest(t, c)
	alice, bob = testKey(t, 1), testKey(t, 2)
	exec := pb.NewTransactionExecutionServiceClient(conn)
	for i, k := range []*sui.PrivateKey{alice, bob, alice} {
		for j, coin := range askFaucet(t, c, k.Address())[:3] {
			to := []sui.Address{bob.Address(), alice.Address(), {byte(9 + i)}}[j]
			if _, err := exec.ExecuteTransaction(t.Context(), transfer(t, k, liveRef(t, conn, coin.ID), to, 5)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return c, conn, alice, bob
}

// history is every transaction, in order, as GetCheckpoint tells it.
func history(t *testing.T, c *Chain, conn *grpc.ClientConn) (out []*pb.ExecutedTransaction) {
	t.Helper()
	for seq := range c.Head().Sequence + 1 {
		res, err := pb.NewLedgerServiceClient(conn).GetCheckpoint(t.Context(), &pb.GetCheckpointRequest{
			CheckpointId: &pb.GetCheckpointRequest_SequenceNumber{SequenceNumber: seq},
			ReadMask:     paths("transactions.digest", "transactions.checkpoint", "transactions.transaction", "transactions.effects", "transactions.events"),
		})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, res.Checkpoint.Transactions...)
	}
	return out
}

func sentBy(address sui.Address, negated bool) *rpcpb.TransactionLiteral {
	return &rpcpb.TransactionLiteral{Negated: negated, Predicate: &rpcpb.TransactionLiteral_Sender{Sender: &rpcpb.SenderFilter{Address: ptr(address.String())}}}
}

func affecting(address sui.Address) *rpcpb.TransactionLiteral {
	return &rpcpb.TransactionLiteral{Predicate: &rpcpb.TransactionLiteral_AffectedAddress{AffectedAddress: &rpcpb.AffectedAddressFilter{Address: ptr(address.String())}}}
}

func anyOf(terms ...[]*rpcpb.TransactionLiteral) *rpcpb.TransactionFilter {
	f := &rpcpb.TransactionFilter{}
	for _, literals := range terms {
		f.Terms = append(f.Terms, &rpcpb.TransactionTerm{Literals: literals})
	}
	return f
}

// Pages of any size, in both orders, over any range and filter, give what a
// walk over all checkpoints finds, once each and in order.
func TestListTransactionsPages(t *testing.T) {
	c, conn, alice, bob := busyChain(t)
	all := history(t, c, conn)
	affected := func(tx *pb.ExecutedTransaction, address sui.Address) bool {
		return slices.ContainsFunc(tx.Effects.ChangedObjects, func(o *pb.ChangedObject) bool {
			return o.GetInputOwner().GetAddress() == address.String() || o.GetOutputOwner().GetAddress() == address.String()
		})
	}
	sender := func(tx *pb.ExecutedTransaction, k *sui.PrivateKey) bool {
		return tx.Transaction.GetSender() == k.Address().String()
	}
	filters := []struct {
		filter *rpcpb.TransactionFilter
		want   func(*pb.ExecutedTransaction) bool
		most   int // matches in all of history; 0: any number
	}{
		{nil, func(*pb.ExecutedTransaction) bool { return true }, len(all)},
		{anyOf([]*rpcpb.TransactionLiteral{sentBy(alice.Address(), false)}), func(tx *pb.ExecutedTransaction) bool { return sender(tx, alice) }, 6},
		{anyOf([]*rpcpb.TransactionLiteral{sentBy(alice.Address(), true)}), func(tx *pb.ExecutedTransaction) bool { return !sender(tx, alice) }, len(all) - 6},
		{anyOf([]*rpcpb.TransactionLiteral{sentBy(alice.Address(), false), affecting(bob.Address())}), func(tx *pb.ExecutedTransaction) bool {
			return sender(tx, alice) && affected(tx, bob.Address())
		}, 2},
		{anyOf([]*rpcpb.TransactionLiteral{sentBy(bob.Address(), false)}, []*rpcpb.TransactionLiteral{affecting(sui.Address{9})}), func(tx *pb.ExecutedTransaction) bool {
			return sender(tx, bob) || affected(tx, sui.Address{9})
		}, 4},
		{anyOf([]*rpcpb.TransactionLiteral{affecting(sui.Address{77})}), func(*pb.ExecutedTransaction) bool { return false }, 0},
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for i, f := range filters {
		if n := len(slices.DeleteFunc(slices.Clone(all), func(tx *pb.ExecutedTransaction) bool { return !f.want(tx) })); n != f.most {
			t.Fatalf("filter %d: the walk finds %d transactions, want %d", i, n, f.most)
		}
		for range 12 {
			start, end := rnd.Uint64N(c.Head().Sequence), rnd.Uint64N(c.Head().Sequence+4)
			if end < start {
				start, end = end, start
			}
			limit, desc := 1+rnd.Uint32N(6), rnd.IntN(2) == 1
			var want []string
			for _, tx := range all {
				if f.want(tx) && tx.GetCheckpoint() >= start && tx.GetCheckpoint() < end {
					want = append(want, tx.GetDigest())
				}
			}
			if desc {
				slices.Reverse(want)
			}
			name := fmt.Sprintf("filter %d, [%d, %d), %d a page, descending %v", i, start, end, limit, desc)
			req := &rpcpb.ListTransactionsRequest{StartCheckpoint: &start, EndCheckpoint: &end, Filter: f.filter, Options: &rpcpb.QueryOptions{Limit: &limit}}
			if got := allPages(t, conn, name, req, desc, all, f.want); !slices.Equal(got, want) {
				t.Errorf("%s:\n got %v\nwant %v", name, got, want)
			}
		}
	}
}

// allPages follows cursors to the end and checks what every frame claims.
func allPages(t *testing.T, conn *grpc.ClientConn, name string, req *rpcpb.ListTransactionsRequest, desc bool, all []*pb.ExecutedTransaction, match func(*pb.ExecutedTransaction) bool) (got []string) {
	t.Helper()
	if desc {
		req.Options.Ordering = ptr(rpcpb.Ordering_ORDERING_DESCENDING)
	}
	seen := map[string]bool{}
	for range 100 {
		frames, err := collect[rpcpb.ListTransactionsResponse](t, conn, rpcpb.ListTransactions, req)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, f := range frames {
			if f.Transaction != nil {
				got = append(got, f.Transaction.GetDigest())
				seen[f.Transaction.GetDigest()] = true
			}
			if f.Watermark.GetCursor() == nil || (f.End != nil) != (i == len(frames)-1) {
				t.Fatalf("%s: frame %d of %d is %v", name, i, len(frames), f)
			}
			if w := f.Watermark; w.Checkpoint != nil {
				for _, tx := range all { // what the watermark claims has been answered
					cp := tx.GetCheckpoint()
					done := cp <= *w.Checkpoint && !desc || cp >= *w.Checkpoint && desc
					if done && cp >= *req.StartCheckpoint && cp < *req.EndCheckpoint && match(tx) && !seen[tx.GetDigest()] {
						t.Fatalf("%s: frame %v claims too much", name, f)
					}
				}
			}
			if desc {
				req.Options.Before = f.Watermark.Cursor
			} else {
				req.Options.After = f.Watermark.Cursor
			}
		}
		end := frames[len(frames)-1]
		switch reason := end.End.GetReason(); {
		case reason == rpcpb.QueryEndReason_QUERY_END_REASON_ITEM_LIMIT && end.Transaction != nil && len(frames) == int(*req.Options.Limit):
		case reason == rpcpb.QueryEndReason_QUERY_END_REASON_ITEM_LIMIT || end.Transaction != nil:
			t.Fatalf("%s: last frame is %v", name, end)
		default:
			return got
		}
	}
	t.Fatalf("%s: no end in 100 pages", name)
	return nil
}

func TestListEnds(t *testing.T) {
	c, conn, _, _ := busyChain(t)
	tip := c.Head().Sequence + 1
	ask := func(req *rpcpb.ListCheckpointsRequest) []*rpcpb.ListCheckpointsResponse {
		t.Helper()
		frames, err := collect[rpcpb.ListCheckpointsResponse](t, conn, rpcpb.ListCheckpoints, req)
		if err != nil {
			t.Fatal(err)
		}
		return frames
	}
	third := ask(&rpcpb.ListCheckpointsRequest{})[3].Watermark.Cursor
	desc := ptr(rpcpb.Ordering_ORDERING_DESCENDING)
	none := ^uint64(0)
	tests := []struct {
		name    string
		req     *rpcpb.ListCheckpointsRequest
		items   uint64
		reason  string
		covered uint64 // none: no claim
	}{
		{"everything", &rpcpb.ListCheckpointsRequest{}, tip, "LEDGER_TIP", tip - 1},
		{"end at the tip", &rpcpb.ListCheckpointsRequest{EndCheckpoint: &tip}, tip, "CHECKPOINT_BOUND", tip - 1},
		{"end past the tip", &rpcpb.ListCheckpointsRequest{EndCheckpoint: ptr(tip + 1)}, tip, "LEDGER_TIP", tip - 1},
		{"end inside", &rpcpb.ListCheckpointsRequest{StartCheckpoint: ptr(uint64(2)), EndCheckpoint: ptr(uint64(5))}, 3, "CHECKPOINT_BOUND", 4},
		{"empty", &rpcpb.ListCheckpointsRequest{StartCheckpoint: ptr(uint64(2)), EndCheckpoint: ptr(uint64(2))}, 0, "CHECKPOINT_BOUND", none},
		{"past the tip", &rpcpb.ListCheckpointsRequest{StartCheckpoint: ptr(tip + 5)}, 0, "LEDGER_TIP", none},
		{"down to genesis", &rpcpb.ListCheckpointsRequest{Options: &rpcpb.QueryOptions{Ordering: desc}}, tip, "CHECKPOINT_BOUND", 0},
		{"before a cursor", &rpcpb.ListCheckpointsRequest{Options: &rpcpb.QueryOptions{Before: third}}, 3, "CURSOR_BOUND", 1},
		{"down to a cursor", &rpcpb.ListCheckpointsRequest{Options: &rpcpb.QueryOptions{After: third, Ordering: desc}}, tip - 4, "CURSOR_BOUND", 5},
		{"between a cursor and itself", &rpcpb.ListCheckpointsRequest{Options: &rpcpb.QueryOptions{After: third, Before: third}}, 0, "CURSOR_BOUND", none},
		{"limit", &rpcpb.ListCheckpointsRequest{Options: &rpcpb.QueryOptions{Limit: ptr(uint32(2))}}, 2, "ITEM_LIMIT", 1},
		{"a limit of zero is one", &rpcpb.ListCheckpointsRequest{Options: &rpcpb.QueryOptions{Limit: ptr(uint32(0))}}, 1, "ITEM_LIMIT", 0},
	}
	for _, tt := range tests {
		frames := ask(tt.req)
		items := uint64(0)
		for _, f := range frames {
			if f.Checkpoint != nil {
				items++
			}
		}
		last := frames[len(frames)-1]
		covered := none
		if last.Watermark.Checkpoint != nil {
			covered = *last.Watermark.Checkpoint
		}
		if got := last.End.GetReason().String(); items != tt.items || got != "QUERY_END_REASON_"+tt.reason || covered != tt.covered {
			t.Errorf("%s: %d items, %s, covered %d; want %d, %s, %d", tt.name, items, got, covered, tt.items, tt.reason, tt.covered)
		}
	}
}

func TestListScanLimit(t *testing.T) {
	c, conn, _, _ := busyChain(t)
	c.cfg.ScanLimit = 3
	req := &rpcpb.ListTransactionsRequest{Filter: anyOf([]*rpcpb.TransactionLiteral{affecting(sui.Address{9})}), Options: &rpcpb.QueryOptions{}}
	limits, found := 0, 0
	for {
		frames, err := collect[rpcpb.ListTransactionsResponse](t, conn, rpcpb.ListTransactions, req)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range frames {
			if f.Transaction != nil {
				found++
			}
		}
		last := frames[len(frames)-1]
		req.Options.After = last.Watermark.Cursor
		if last.End.GetReason() != rpcpb.QueryEndReason_QUERY_END_REASON_SCAN_LIMIT {
			break
		}
		limits++
	}
	if limits < 3 || found != 1 {
		t.Errorf("found %d transactions in %d parts; want 1 in several", found, limits+1)
	}
}

func TestListRefuses(t *testing.T) {
	_, conn, alice, _ := busyChain(t)
	eleven := make([]*rpcpb.TransactionLiteral, 11)
	for i := range eleven {
		eleven[i] = sentBy(alice.Address(), false)
	}
	call := func(function string) *rpcpb.TransactionFilter {
		return anyOf([]*rpcpb.TransactionLiteral{{Predicate: &rpcpb.TransactionLiteral_MoveCall{MoveCall: &rpcpb.MoveCallFilter{Function: &function}}}})
	}
	cursor := laneEvents.cursor(position{}, true)
	for name, req := range map[string]*rpcpb.ListTransactionsRequest{
		"end before start":     {StartCheckpoint: ptr(uint64(3)), EndCheckpoint: ptr(uint64(2))},
		"filter without terms": {Filter: &rpcpb.TransactionFilter{}},
		"no predicate":         {Filter: anyOf([]*rpcpb.TransactionLiteral{{}})},
		"too many literals":    {Filter: anyOf(eleven)},
		"no address":           {Filter: anyOf([]*rpcpb.TransactionLiteral{{Predicate: &rpcpb.TransactionLiteral_Sender{}}})},
		"path too long":        {Filter: call("0x2::a::b::c")},
		"path without address": {Filter: call("coin::split")},
		"cursor of events":     {Options: &rpcpb.QueryOptions{After: cursor}},
		"short cursor":         {Options: &rpcpb.QueryOptions{Before: cursor[:5]}},
		"unknown order":        {Options: &rpcpb.QueryOptions{Ordering: ptr(rpcpb.Ordering(7))}},
		"unknown mask":         {ReadMask: paths("nonsense")},
	} {
		if _, err := collect[rpcpb.ListTransactionsResponse](t, conn, rpcpb.ListTransactions, req); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v, want INVALID_ARGUMENT", name, err)
		}
	}
}

// Filtered streams say how far they have come, and their cursors go on in List.
func TestSubscribeFiltered(t *testing.T) {
	c, conn, alice, bob := busyChain(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	filter := anyOf([]*rpcpb.TransactionLiteral{sentBy(bob.Address(), false)})
	txs := openStream(t, ctx, conn, rpcpb.SubscribeTransactions, &rpcpb.SubscribeTransactionsRequest{Filter: filter})
	cps := openStream(t, ctx, conn, rpcpb.SubscribeCheckpoints, &rpcpb.SubscribeCheckpointsRequest{Filter: filter})
	for _, s := range []grpc.ClientStream{txs, cps} {
		if _, err := s.Header(); err != nil {
			t.Fatal(err)
		}
	}
	first := c.Head().Sequence + 1
	askFaucet(t, c, alice.Address())
	coin := askFaucet(t, c, bob.Address())[0]
	res, err := pb.NewTransactionExecutionServiceClient(conn).ExecuteTransaction(ctx, transfer(t, bob, liveRef(t, conn, coin.ID), alice.Address(), 1))
	if err != nil {
		t.Fatal(err)
	}
	want := res.Transaction.GetCheckpoint()
	for seq := first; seq <= want; seq++ {
		m := new(rpcpb.SubscribeCheckpointsResponse)
		if err := cps.RecvMsg(m); err != nil {
			t.Fatal(err)
		}
		if m.GetCursor() != seq || (m.Checkpoint != nil) != (seq == want) {
			t.Errorf("checkpoint %d: frame %v", seq, m)
		}
	}
	var cursor []byte
	for {
		m := new(rpcpb.SubscribeTransactionsResponse)
		if err := txs.RecvMsg(m); err != nil {
			t.Fatal(err)
		}
		cursor = m.Watermark.GetCursor()
		if m.Transaction != nil {
			break
		}
	}
	askFaucet(t, c, bob.Address())
	frames, err := collect[rpcpb.ListTransactionsResponse](t, conn, rpcpb.ListTransactions, &rpcpb.ListTransactionsRequest{
		ReadMask: paths("digest", "checkpoint"), Options: &rpcpb.QueryOptions{After: cursor}})
	if err != nil || frames[0].Transaction.GetCheckpoint() != want+1 {
		t.Errorf("after the stream's cursor comes %v, %v; want checkpoint %d", frames, err, want+1)
	}
}
