package chain

import (
	"context"
	"math"
	"net/http"
	"sync"

	"connectrpc.com/connect"
	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
)

// maxSubscriptions bounds the streams that are open at once.
const maxSubscriptions = 1024

// listeners wakes streams when there is a new checkpoint.
type listeners struct {
	mu      sync.Mutex
	changed chan struct{} // closed and replaced at each checkpoint
	open    int
}

// wake tells all listeners that the head has moved.
func (l *listeners) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
}

// next returns a channel that is closed at the next wake.
func (l *listeners) next() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

// enter counts a stream in, unless there are too many.
func (l *listeners) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= maxSubscriptions {
		return false
	}
	l.open++
	return true
}

func (l *listeners) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
}

func (c *Chain) registerSubscriptions(mux *http.ServeMux, opts connect.HandlerOption) {
	mux.Handle(rpcpb.SubscribeCheckpoints, connect.NewServerStreamHandlerSimple(rpcpb.SubscribeCheckpoints, c.subscribeCheckpoints, opts))
	mux.Handle(rpcpb.SubscribeTransactions, connect.NewServerStreamHandlerSimple(rpcpb.SubscribeTransactions, c.subscribeTransactions, opts))
	mux.Handle(rpcpb.SubscribeEvents, connect.NewServerStreamHandlerSimple(rpcpb.SubscribeEvents, c.subscribeEvents, opts))
}

func (c *Chain) subscribeCheckpoints(ctx context.Context, req *rpcpb.SubscribeCheckpointsRequest, out *connect.ServerStream[rpcpb.SubscribeCheckpointsResponse]) error {
	items, err := c.checkpointItems(req.ReadMask, req.Filter)
	if err != nil {
		return err
	}
	open := func() error { return out.Send(nil) }
	return subscribe(ctx, c, laneCheckpoints, items, open, func(item *pb.Checkpoint, w *rpcpb.Watermark) error {
		return out.Send(&rpcpb.SubscribeCheckpointsResponse{Checkpoint: item, Cursor: w.Checkpoint})
	})
}

func (c *Chain) subscribeTransactions(ctx context.Context, req *rpcpb.SubscribeTransactionsRequest, out *connect.ServerStream[rpcpb.SubscribeTransactionsResponse]) error {
	items, err := c.transactionItems(req.ReadMask, req.Filter)
	if err != nil {
		return err
	}
	open := func() error { return out.Send(nil) }
	return subscribe(ctx, c, laneTransactions, items, open, func(item *pb.ExecutedTransaction, w *rpcpb.Watermark) error {
		return out.Send(&rpcpb.SubscribeTransactionsResponse{Transaction: item, Watermark: w})
	})
}

func (c *Chain) subscribeEvents(ctx context.Context, req *rpcpb.SubscribeEventsRequest, out *connect.ServerStream[rpcpb.SubscribeEventsResponse]) error {
	items, err := c.eventItems(req.ReadMask, req.Filter)
	if err != nil {
		return err
	}
	open := func() error { return out.Send(nil) }
	return subscribe(ctx, c, laneEvents, items, open, func(item *pb.Event, w *rpcpb.Watermark) error {
		return out.Send(&rpcpb.SubscribeEventsResponse{Event: item, Watermark: w})
	})
}

// subscribe sends what matches of every checkpoint after the present one, in
// order and without gaps, as fast as the client reads. A frame without an item
// says that a checkpoint is covered. Cursors go on in the List methods.
func subscribe[T any](ctx context.Context, c *Chain, l lane, items itemsFunc[T], open func() error, send func(*T, *rpcpb.Watermark) error) error {
	if !c.listeners.enter() {
		return connect.NewError(connect.CodeUnavailable, errSubscriptions)
	}
	defer c.listeners.leave()
	q := &queryRange{lane: l, lo: position{checkpoint: c.head.Load().Sequence + 1}, hi: position{checkpoint: math.MaxUint64}}
	if err := open(); err != nil { // headers, so that the client knows that it is subscribed
		return err
	}
	for next := q.lo.checkpoint; ; {
		wake := c.listeners.next()
		for ; next <= c.head.Load().Sequence; next++ {
			if err := sendCheckpoint(c, next, q, items, send); err != nil {
				return err
			}
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return rpcError(ctx.Err())
		case <-draining(ctx):
			return rpcError(errClosed)
		case <-c.closing:
			return rpcError(errClosed)
		}
	}
}

func sendCheckpoint[T any](c *Chain, seq uint64, q *queryRange, items itemsFunc[T], send func(*T, *rpcpb.Watermark) error) error {
	found, _, err := readItems(c, seq, q, items, math.MaxInt)
	if err != nil {
		return rpcError(err)
	}
	for _, f := range found {
		if err := send(f.item, q.watermark(f.at)); err != nil {
			return err
		}
	}
	if q.lane == laneCheckpoints && len(found) > 0 {
		return nil // the frame of a checkpoint covers it
	}
	return send(nil, q.covered(seq))
}
