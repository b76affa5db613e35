package chain

import (
	"context"
	"iter"
	"net/http"

	"connectrpc.com/connect"
	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
)

const (
	defaultEventMask = "package_id,module,sender,event_type,contents,checkpoint,transaction_digest,transaction_index,event_index"

	// progressEvery is how many transactions a scan looks at without a match
	// before it says how far it has come.
	progressEvery = 1000
)

func (c *Chain) registerQueries(mux *http.ServeMux, opts connect.HandlerOption) {
	mux.Handle(rpcpb.ListCheckpoints, connect.NewServerStreamHandlerSimple(rpcpb.ListCheckpoints, c.listCheckpoints, opts))
	mux.Handle(rpcpb.ListTransactions, connect.NewServerStreamHandlerSimple(rpcpb.ListTransactions, c.listTransactions, opts))
	mux.Handle(rpcpb.ListEvents, connect.NewServerStreamHandlerSimple(rpcpb.ListEvents, c.listEvents, opts))
}

func (c *Chain) listCheckpoints(ctx context.Context, req *rpcpb.ListCheckpointsRequest, out *connect.ServerStream[rpcpb.ListCheckpointsResponse]) error {
	items, err := c.checkpointItems(req.ReadMask, req.Filter)
	if err != nil {
		return err
	}
	q, err := newQueryRange(laneCheckpoints, req, req.EndCheckpoint != nil, c.head.Load().Sequence+1)
	if err != nil {
		return err
	}
	return list(ctx, c, q, items, func(item *pb.Checkpoint, w *rpcpb.Watermark, end *rpcpb.QueryEnd) error {
		return out.Send(&rpcpb.ListCheckpointsResponse{Checkpoint: item, Watermark: w, End: end})
	})
}

func (c *Chain) listTransactions(ctx context.Context, req *rpcpb.ListTransactionsRequest, out *connect.ServerStream[rpcpb.ListTransactionsResponse]) error {
	items, err := c.transactionItems(req.ReadMask, req.Filter)
	if err != nil {
		return err
	}
	q, err := newQueryRange(laneTransactions, req, req.EndCheckpoint != nil, c.head.Load().Sequence+1)
	if err != nil {
		return err
	}
	return list(ctx, c, q, items, func(item *pb.ExecutedTransaction, w *rpcpb.Watermark, end *rpcpb.QueryEnd) error {
		return out.Send(&rpcpb.ListTransactionsResponse{Transaction: item, Watermark: w, End: end})
	})
}

func (c *Chain) listEvents(ctx context.Context, req *rpcpb.ListEventsRequest, out *connect.ServerStream[rpcpb.ListEventsResponse]) error {
	items, err := c.eventItems(req.ReadMask, req.Filter)
	if err != nil {
		return err
	}
	q, err := newQueryRange(laneEvents, req, req.EndCheckpoint != nil, c.head.Load().Sequence+1)
	if err != nil {
		return err
	}
	return list(ctx, c, q, items, func(item *pb.Event, w *rpcpb.Watermark, end *rpcpb.QueryEnd) error {
		return out.Send(&rpcpb.ListEventsResponse{Event: item, Watermark: w, End: end})
	})
}

// An itemsFunc gives add the matching items of one checkpoint that lie in the
// range, in its order, until add returns false.
type itemsFunc[T any] func(r *renderer, rec *checkpointRecord, q *queryRange, add func(position, *T) bool) error

// list answers a range query frame by frame. Each checkpoint is read in a
// transaction of its own, so that a slow client does not hold the ledger back.
func list[T any](ctx context.Context, c *Chain, q *queryRange, items itemsFunc[T], send func(*T, *rpcpb.Watermark, *rpcpb.QueryEnd) error) error {
	left, scanned, quiet := q.limit, 0, 0
	for seq := range q.checkpoints() {
		if err := ctx.Err(); err != nil {
			return rpcError(err)
		}
		found, n, err := readItems(c, seq, q, items, left)
		if err != nil {
			return rpcError(err)
		}
		for _, f := range found {
			left--
			var end *rpcpb.QueryEnd
			if left == 0 {
				end = &rpcpb.QueryEnd{Reason: ptr(rpcpb.QueryEndReason_QUERY_END_REASON_ITEM_LIMIT)}
			}
			if err := send(f.item, q.watermark(f.at), end); err != nil || end != nil {
				return err
			}
			quiet = 0
		}
		scanned, quiet = scanned+n, quiet+n
		if scanned >= c.cfg.ScanLimit && seq != q.last() {
			return send(nil, q.covered(seq), &rpcpb.QueryEnd{Reason: ptr(rpcpb.QueryEndReason_QUERY_END_REASON_SCAN_LIMIT)})
		}
		if quiet >= progressEvery && seq != q.last() {
			if err := send(nil, q.covered(seq), nil); err != nil {
				return err
			}
			quiet = 0
		}
	}
	return send(nil, q.end(), &rpcpb.QueryEnd{Reason: ptr(q.reason)})
}

type foundItem[T any] struct {
	at   position
	item *T
}

// readItems renders at most limit items of a checkpoint and counts the
// transactions that it looked at.
func readItems[T any](c *Chain, seq uint64, q *queryRange, items itemsFunc[T], limit int) (found []foundItem[T], scanned int, err error) {
	err = c.reading(func(r *renderer) error {
		rec, err := r.v.checkpoint(seq)
		if err != nil {
			return err
		}
		if q.lane != laneCheckpoints {
			scanned = len(rec.contents.Transactions)
		}
		return items(r, rec, q, func(at position, item *T) bool {
			found = append(found, foundItem[T]{at, item})
			return len(found) < limit
		})
	})
	return found, scanned, err
}

// checkpoints yields the sequence numbers of the range, in its order.
func (q *queryRange) checkpoints() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		if q.empty() {
			return
		}
		for seq := q.first(); yield(seq) && seq != q.last(); {
			if q.desc {
				seq--
			} else {
				seq++
			}
		}
	}
}

// indices yields 0…n−1 in the order of the range.
func (q *queryRange) indices(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if q.desc {
				i = n - 1 - i
			}
			if !yield(i) {
				return
			}
		}
	}
}

func (c *Chain) checkpointItems(fm *fieldmaskpb.FieldMask, f *rpcpb.TransactionFilter) (itemsFunc[pb.Checkpoint], error) {
	m, err := parseMask(fm, defaultCheckpointMask, &pb.Checkpoint{})
	if err != nil {
		return nil, err
	}
	test, err := parseTransactionFilter(f)
	if err != nil {
		return nil, err
	}
	return func(r *renderer, rec *checkpointRecord, q *queryRange, add func(position, *pb.Checkpoint) bool) error {
		at := position{checkpoint: rec.summary.Sequence}
		if !q.contains(at) {
			return nil
		}
		if ok, err := r.anyTransaction(rec, test); err != nil || !ok {
			return err
		}
		out, err := r.checkpoint(rec, m)
		if err != nil {
			return err
		}
		add(at, out)
		return nil
	}, nil
}

// anyTransaction reports whether a transaction of a checkpoint passes a test.
func (r *renderer) anyTransaction(rec *checkpointRecord, test txTest) (bool, error) {
	if test == nil {
		return true, nil
	}
	txs, err := r.checkpointTransactions(rec)
	for _, ex := range txs {
		if test(ex) {
			return true, err
		}
	}
	return false, err
}

func (c *Chain) transactionItems(fm *fieldmaskpb.FieldMask, f *rpcpb.TransactionFilter) (itemsFunc[pb.ExecutedTransaction], error) {
	m, err := parseMask(fm, defaultTransactionMask, &pb.ExecutedTransaction{})
	if err != nil {
		return nil, err
	}
	test, err := parseTransactionFilter(f)
	if err != nil {
		return nil, err
	}
	return func(r *renderer, rec *checkpointRecord, q *queryRange, add func(position, *pb.ExecutedTransaction) bool) error {
		for i := range q.indices(len(rec.contents.Transactions)) {
			at := position{checkpoint: rec.summary.Sequence, tx: uint32(i)}
			if !q.contains(at) {
				continue
			}
			ex, err := r.load(rec.contents.Transactions[i].Transaction)
			if err != nil {
				return err
			}
			if (test == nil || test(ex)) && !add(at, r.executed(ex, m)) {
				return nil
			}
		}
		return nil
	}, nil
}

func (c *Chain) eventItems(fm *fieldmaskpb.FieldMask, f *rpcpb.EventFilter) (itemsFunc[pb.Event], error) {
	m, err := parseMask(fm, defaultEventMask, &pb.Event{})
	if err != nil {
		return nil, err
	}
	test, err := parseEventFilter(f)
	if err != nil {
		return nil, err
	}
	return func(r *renderer, rec *checkpointRecord, q *queryRange, add func(position, *pb.Event) bool) error {
		for i := range q.indices(len(rec.contents.Transactions)) {
			ex, err := r.load(rec.contents.Transactions[i].Transaction)
			if err != nil {
				return err
			}
			for j := range q.indices(len(ex.events)) {
				at := position{rec.summary.Sequence, uint32(i), uint32(j)}
				if !q.contains(at) || test != nil && !test(ex, j) {
					continue
				}
				ev := r.event(ex, j, m)
				m.prune(ev)
				if !add(at, ev) {
					return nil
				}
			}
		}
		return nil
	}, nil
}
