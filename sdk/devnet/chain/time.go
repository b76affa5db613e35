package chain

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"connectrpc.com/connect"

	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
)

// ManualGenesis is the time at which a chain with manual time begins, unless
// its configuration says otherwise: 2026-01-01T00:00:00Z.
var ManualGenesis = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// maxTime is the last time that the Clock can show, in ms: the end of 9999.
const maxTime = 253_402_300_799_999

// metaAhead is the key in bucketMeta of how far, in ms, AdvanceClock has put the
// chain ahead of the wall clock.
const metaAhead = "ahead"

// now is the time, in ms, of a checkpoint made now, after one at prev.
func (c *Chain) now(v view, prev uint64) uint64 {
	if c.cfg.Manual {
		return prev
	}
	return max(prev, uint64(c.cfg.Now().UnixMilli())+fromBE(v.meta(metaAhead)))
}

// lag is how far the Clock is behind; 0 when time is manual.
func (c *Chain) lag() time.Duration {
	if c.cfg.Manual {
		return 0
	}
	now := c.cfg.Now().UnixMilli() + int64(c.ahead.Load())
	return time.Duration(now-int64(c.head.Load().TimestampMS)) * time.Millisecond
}

// AdvanceClock moves the chain's time forward by d, in a checkpoint of its own,
// and returns the new time. Time goes on from there. d is cut to milliseconds.
func (c *Chain) AdvanceClock(ctx context.Context, d time.Duration) (time.Time, error) {
	if d < 0 {
		return time.Time{}, invalid("advance clock by %s: time does not go back", d)
	}
	s := &submission{control: controlAdvance, advance: uint64(d.Milliseconds())}
	if err := c.submit(ctx, s); err != nil {
		return time.Time{}, fmt.Errorf("advance clock: %w", err)
	}
	return time.UnixMilli(int64(s.sealed.TimestampMS)), nil
}

// AdvanceCheckpoint makes a checkpoint, even an empty one, and returns its
// sequence number.
func (c *Chain) AdvanceCheckpoint(ctx context.Context) (uint64, error) {
	s := &submission{control: controlSeal}
	if err := c.submit(ctx, s); err != nil {
		return 0, fmt.Errorf("advance checkpoint: %w", err)
	}
	return s.sealed.Sequence, nil
}

// moveAhead executes an AdvanceClock inside its batch.
func (b *batch) moveAhead(s *submission) error {
	if s.advance > maxTime || b.ms+s.advance > maxTime {
		return invalid("advance clock by %d ms: the clock ends with the year 9999", s.advance)
	}
	b.ms += s.advance
	if !b.c.cfg.Manual {
		ahead := fromBE(b.v.meta(metaAhead)) + s.advance
		if err := b.v.setMeta(metaAhead, be(ahead)); err != nil {
			return err
		}
	}
	return b.moveClock()
}

// registerForking serves sui.forking.v1alpha.ForkingService, with which
// clients of @mysten/sui control the time of a network that is not real, and a
// service of our own, which ends epochs.
func (c *Chain) registerForking(mux *http.ServeMux, opts connect.HandlerOption) {
	mux.Handle(rpcpb.AdvanceClock, connect.NewUnaryHandlerSimple(rpcpb.AdvanceClock, c.advanceClock, opts))
	mux.Handle(rpcpb.AdvanceCheckpoint, connect.NewUnaryHandlerSimple(rpcpb.AdvanceCheckpoint, c.advanceCheckpoint, opts))
	mux.Handle(rpcpb.AdvanceEpoch, connect.NewUnaryHandlerSimple(rpcpb.AdvanceEpoch, c.advanceEpoch, opts))
	mux.Handle(rpcpb.GetStatus, connect.NewUnaryHandlerSimple(rpcpb.GetStatus, c.forkingStatus, opts))
}

func (c *Chain) advanceClock(ctx context.Context, req *rpcpb.AdvanceClockRequest) (*rpcpb.AdvanceClockResponse, error) {
	s := &submission{control: controlAdvance, advance: 1}
	if req.DurationMs != nil {
		s.advance = *req.DurationMs
	}
	if err := c.submit(ctx, s); err != nil {
		return nil, rpcError(err)
	}
	return &rpcpb.AdvanceClockResponse{TimestampMs: s.sealed.TimestampMS, TxDigest: s.digest.String()}, nil
}

func (c *Chain) advanceCheckpoint(ctx context.Context, _ *rpcpb.AdvanceCheckpointRequest) (*rpcpb.AdvanceCheckpointResponse, error) {
	s := &submission{control: controlSeal}
	if err := c.submit(ctx, s); err != nil {
		return nil, rpcError(err)
	}
	return &rpcpb.AdvanceCheckpointResponse{CheckpointSequenceNumber: s.sealed.Sequence, TimestampMs: s.sealed.TimestampMS}, nil
}

func (c *Chain) forkingStatus(context.Context, *rpcpb.GetStatusRequest) (*rpcpb.GetStatusResponse, error) {
	head := c.head.Load()
	return &rpcpb.GetStatusResponse{Epoch: c.Epoch(), CheckpointSequenceNumber: head.Sequence, TimestampMs: head.TimestampMS}, nil
}
