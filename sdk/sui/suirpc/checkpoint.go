package suirpc

import (
	"context"
	"fmt"
	"iter"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// A Checkpoint is one final step of the chain, with its transactions in
// order.
//
// Its bytes are checked from the outside in: the summary has the digest, the
// contents have the digest in the summary, the effects those in the contents,
// the events those in the effects. A node can therefore leave out or alter an
// event only by inventing a checkpoint.
type Checkpoint struct {
	Sequence     uint64
	Digest       sui.Digest
	Previous     *sui.Digest // nil for the genesis checkpoint
	Epoch        uint64
	TimestampMS  uint64
	Transactions []CheckpointTx

	Summary   sui.CheckpointSummary
	Signature QuorumSignature // as the node gives it; package lightclient verifies it
}

// A QuorumSignature is that of validators over the summary of a checkpoint.
type QuorumSignature struct {
	Epoch     uint64
	Signature []byte // BLS12-381, compressed G1
	Bitmap    []byte // who signed: a Roaring bitmap of indices into the committee
}

// CheckpointTx is one transaction of a checkpoint.
type CheckpointTx struct {
	Digest  sui.Digest
	Effects sui.TransactionEffects
	Events  []sui.Event
}

// checkpointPaths is what a Checkpoint is made of.
var checkpointPaths = []string{
	"sequence_number", "digest", "summary.bcs", "signature", "contents.bcs",
	"transactions.digest", "transactions.effects.bcs", "transactions.events.bcs",
}

// Checkpoint returns one checkpoint, or [ErrNotFound] when the chain is not
// there yet or the node has pruned it.
func (c *Client) Checkpoint(ctx context.Context, seq uint64) (*Checkpoint, error) {
	what := fmt.Sprintf("get checkpoint %d", seq)
	res, err := read(ctx, c, what, c.ledger.GetCheckpoint, &pb.GetCheckpointRequest{
		CheckpointId: &pb.GetCheckpointRequest_SequenceNumber{SequenceNumber: seq},
		ReadMask:     mask(checkpointPaths...)})
	if err != nil {
		return nil, err
	}
	cp, err := decodeCheckpoint(res.GetCheckpoint())
	if err != nil {
		return nil, invalid(what, err)
	}
	if cp.Sequence != seq {
		return nil, invalid(what, fmt.Errorf("node %s answers with checkpoint %d", c.url, cp.Sequence))
	}
	return cp, nil
}

// Subscribe streams checkpoints from now on. It neither starts at a chosen
// place nor survives the end of the connection (public nodes cut it after
// about 30 s); [Client.Follow] does both. An error is the last thing yielded.
func (c *Client) Subscribe(ctx context.Context) iter.Seq2[*Checkpoint, error] {
	return func(yield func(*Checkpoint, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stream, err := c.stream.SubscribeCheckpoints(ctx, &pb.SubscribeCheckpointsRequest{ReadMask: mask(checkpointPaths...)})
		for err == nil {
			var res *pb.SubscribeCheckpointsResponse
			if res, err = stream.Recv(); err != nil {
				break
			}
			if res.Checkpoint == nil {
				continue // progress only
			}
			cp, derr := decodeCheckpoint(res.GetCheckpoint())
			if derr != nil {
				yield(nil, invalid("subscribe to checkpoints", derr))
				return
			}
			if !yield(cp, nil) {
				return
			}
		}
		if ctx.Err() != nil {
			err = context.Cause(ctx)
			yield(nil, fmt.Errorf("subscribe to checkpoints: %w", err))
			return
		}
		yield(nil, c.explain("subscribe to checkpoints", err))
	}
}

func decodeCheckpoint(p *pb.Checkpoint) (*Checkpoint, error) {
	summaryBCS, contentsBCS := p.GetSummary().GetBcs().GetValue(), p.GetContents().GetBcs().GetValue()
	if len(summaryBCS) == 0 || len(contentsBCS) == 0 {
		return nil, fmt.Errorf("node gives no BCS of the summary or the contents")
	}
	var summary sui.CheckpointSummary
	if err := bcs.Unmarshal(summaryBCS, &summary); err != nil {
		return nil, fmt.Errorf("summary: %w", err)
	}
	if sui.TypedDigest("CheckpointContents", contentsBCS) != summary.ContentDigest {
		return nil, fmt.Errorf("checkpoint %d: contents do not have the digest in the summary", summary.Sequence)
	}
	var contents sui.CheckpointContents
	if err := bcs.Unmarshal(contentsBCS, &contents); err != nil {
		return nil, fmt.Errorf("checkpoint %d: contents: %w", summary.Sequence, err)
	}
	cp := &Checkpoint{
		Sequence: summary.Sequence, Digest: sui.TypedDigest("CheckpointSummary", summaryBCS), Previous: summary.PreviousDigest,
		Epoch: summary.Epoch, TimestampMS: summary.TimestampMS, Summary: summary,
		Signature: QuorumSignature{p.GetSignature().GetEpoch(), p.GetSignature().GetSignature(), p.GetSignature().GetBitmap()},
	}
	if text := p.GetDigest(); text != "" && text != cp.Digest.String() {
		return nil, fmt.Errorf("checkpoint %d: summary has digest %s, node says %s", cp.Sequence, cp.Digest, text)
	}
	if len(p.GetTransactions()) != len(contents.Transactions) {
		return nil, fmt.Errorf("checkpoint %d: node gives %d of %d transactions", cp.Sequence, len(p.GetTransactions()), len(contents.Transactions))
	}
	for i, t := range p.GetTransactions() {
		tx, err := decodeCheckpointTx(t, contents.Transactions[i])
		if err != nil {
			return nil, fmt.Errorf("checkpoint %d: transaction %s: %w", cp.Sequence, contents.Transactions[i].Transaction, err)
		}
		cp.Transactions = append(cp.Transactions, tx)
	}
	return cp, nil
}

func decodeCheckpointTx(t *pb.ExecutedTransaction, want sui.ExecutionDigests) (CheckpointTx, error) {
	tx := CheckpointTx{Digest: want.Transaction}
	b := t.GetEffects().GetBcs().GetValue()
	if sui.TypedDigest("TransactionEffects", b) != want.Effects {
		return tx, fmt.Errorf("effects do not have the digest in the contents")
	}
	if err := bcs.Unmarshal(b, &tx.Effects); err != nil {
		return tx, fmt.Errorf("effects: %w", err)
	}
	var err error
	tx.Events, err = decodeEvents(t.GetEvents(), &tx.Effects)
	return tx, err
}
