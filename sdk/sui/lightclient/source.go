package lightclient

import (
	"context"
	"errors"
	"fmt"
	"io"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/eventstream"
	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
)

// A Source tells what a client then verifies; it need not be trusted.
type Source interface {
	// Checkpoint returns a checkpoint with the BCS of summary, contents and
	// effects, and the signature.
	Checkpoint(ctx context.Context, sequence uint64) (*pb.Checkpoint, error)
	// Object returns the BCS of an object at a version.
	Object(ctx context.Context, id sui.Address, version uint64) ([]byte, error)
	// ObjectProof returns the proof of what a checkpoint did to an object, and
	// the checkpoint's summary with its signature.
	ObjectProof(ctx context.Context, sequence uint64, id sui.Address) (*rpcpb.GetCheckpointObjectProofResponse, error)
	// EpochEnd returns the number of the last checkpoint of an epoch, or an
	// error when the epoch has not ended.
	EpochEnd(ctx context.Context, epoch uint64) (uint64, error)
	// Settlements lists the checkpoints from a number on that settled a stream.
	Settlements(ctx context.Context, stream sui.Address, from uint64) ([]uint64, error)
	// Events lists the events of a stream in checkpoints from ≤ n < to, in the
	// order of the ledger.
	Events(ctx context.Context, stream sui.Address, from, to uint64) ([]StreamEvent, error)
}

// A StreamEvent is an authenticated event with its place in the ledger.
type StreamEvent struct {
	sui.Event
	Checkpoint  uint64
	Transaction uint64 // index in the checkpoint
	Index       uint64 // in the transaction
}

// Node is the Source that a full node is, over gRPC.
func Node(conn grpc.ClientConnInterface) Source { return node{conn} }

type node struct{ conn grpc.ClientConnInterface }

func mask(paths ...string) *fieldmaskpb.FieldMask { return &fieldmaskpb.FieldMask{Paths: paths} }

func (n node) Checkpoint(ctx context.Context, sequence uint64) (*pb.Checkpoint, error) {
	res, err := pb.NewLedgerServiceClient(n.conn).GetCheckpoint(ctx, &pb.GetCheckpointRequest{
		CheckpointId: &pb.GetCheckpointRequest_SequenceNumber{SequenceNumber: sequence},
		ReadMask:     mask("summary.bcs", "signature", "contents.bcs", "transactions.effects.bcs"),
	})
	return res.GetCheckpoint(), err
}

func (n node) Object(ctx context.Context, id sui.Address, version uint64) ([]byte, error) {
	res, err := pb.NewLedgerServiceClient(n.conn).GetObject(ctx, &pb.GetObjectRequest{
		ObjectId: proto.String(id.String()), Version: &version, ReadMask: mask("bcs"),
	})
	return res.GetObject().GetBcs().GetValue(), err
}

func (n node) ObjectProof(ctx context.Context, sequence uint64, id sui.Address) (*rpcpb.GetCheckpointObjectProofResponse, error) {
	out := new(rpcpb.GetCheckpointObjectProofResponse)
	err := n.conn.Invoke(ctx, rpcpb.GetObjectProof, &rpcpb.GetCheckpointObjectProofRequest{ObjectId: proto.String(id.String()), Checkpoint: &sequence}, out)
	return out, err
}

func (n node) EpochEnd(ctx context.Context, epoch uint64) (uint64, error) {
	res, err := pb.NewLedgerServiceClient(n.conn).GetEpoch(ctx, &pb.GetEpochRequest{Epoch: &epoch, ReadMask: mask("last_checkpoint")})
	if err == nil && res.GetEpoch().LastCheckpoint == nil {
		err = fmt.Errorf("epoch %d has not ended", epoch)
	}
	return res.GetEpoch().GetLastCheckpoint(), err
}

func (n node) Settlements(ctx context.Context, stream sui.Address, from uint64) (out []uint64, err error) {
	req := &rpcpb.ListTransactionsRequest{
		ReadMask: mask("checkpoint"), StartCheckpoint: &from, Options: &rpcpb.QueryOptions{Limit: proto.Uint32(1000)},
		Filter: &rpcpb.TransactionFilter{Terms: []*rpcpb.TransactionTerm{{Literals: []*rpcpb.TransactionLiteral{{
			Predicate: &rpcpb.TransactionLiteral_AffectedObject{AffectedObject: &rpcpb.AffectedObjectFilter{ObjectId: proto.String(eventstream.HeadID(stream).String())}},
		}}}}},
	}
	for {
		end, err := read(ctx, n.conn, rpcpb.ListTransactions, req, func(f *rpcpb.ListTransactionsResponse) (*rpcpb.QueryEnd, error) {
			if f.Transaction != nil {
				out = append(out, f.Transaction.GetCheckpoint())
			}
			req.Options.After = f.Watermark.GetCursor()
			return f.End, nil
		})
		if err != nil || complete(end) {
			return out, err
		}
	}
}

func (n node) Events(ctx context.Context, stream sui.Address, from, to uint64) (out []StreamEvent, err error) {
	req := &rpcpb.ListEventsRequest{
		ReadMask:        mask("package_id", "module", "sender", "event_type", "contents", "checkpoint", "transaction_index", "event_index"),
		StartCheckpoint: &from, EndCheckpoint: &to, Options: &rpcpb.QueryOptions{Limit: proto.Uint32(1000)},
		Filter: &rpcpb.EventFilter{Terms: []*rpcpb.EventTerm{{Literals: []*rpcpb.EventLiteral{{
			Predicate: &rpcpb.EventLiteral_EventStreamHead{EventStreamHead: &rpcpb.EventStreamHeadFilter{StreamId: proto.String(stream.String())}},
		}}}}},
	}
	for {
		end, err := read(ctx, n.conn, rpcpb.ListEvents, req, func(f *rpcpb.ListEventsResponse) (*rpcpb.QueryEnd, error) {
			if f.Event != nil {
				ev, err := parseEvent(f.Event)
				if err != nil {
					return nil, err
				}
				out = append(out, ev)
			}
			req.Options.After = f.Watermark.GetCursor()
			return f.End, nil
		})
		if err != nil || complete(end) {
			return out, err
		}
	}
}

// complete reports whether a query has answered its whole range.
func complete(end *rpcpb.QueryEnd) bool {
	r := end.GetReason()
	return r != rpcpb.QueryEndReason_QUERY_END_REASON_ITEM_LIMIT && r != rpcpb.QueryEndReason_QUERY_END_REASON_SCAN_LIMIT
}

// read calls f with every frame of a stream; the last one has an end.
func read[T any, P interface {
	*T
	proto.Message
}](ctx context.Context, conn grpc.ClientConnInterface, path string, req proto.Message, f func(P) (*rpcpb.QueryEnd, error)) (end *rpcpb.QueryEnd, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, path)
	if err == nil {
		err = s.SendMsg(req)
	}
	if err == nil {
		err = s.CloseSend()
	}
	for err == nil {
		frame := P(new(T))
		if err = s.RecvMsg(frame); err == nil {
			end, err = f(frame)
		}
	}
	if !errors.Is(err, io.EOF) {
		return nil, err
	}
	if end == nil {
		return nil, fmt.Errorf("call %s: the stream broke off: %w", path, io.ErrUnexpectedEOF)
	}
	return end, nil
}
