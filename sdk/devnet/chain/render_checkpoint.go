package chain

import (
	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// checkpoint renders a checkpoint and applies the mask.
func (r *renderer) checkpoint(rec *checkpointRecord, m *mask) (*pb.Checkpoint, error) {
	out := &pb.Checkpoint{SequenceNumber: ptr(rec.summary.Sequence)}
	if m.has("digest") {
		out.Digest = ptr(rec.summary.Digest().String())
	}
	if m.has("summary") {
		out.Summary = renderSummary(&rec.summary, m.at("summary"))
	}
	if m.has("signature") {
		out.Signature = &pb.ValidatorAggregatedSignature{
			Epoch: ptr(rec.signature.Epoch), Signature: rec.signature.Signature, Bitmap: roaring(rec.signature.Signers),
		}
	}
	if m.has("contents") {
		out.Contents = renderContents(&rec.contents, m.at("contents"))
	}
	if m.has("transactions") || m.has("objects") {
		txs, err := r.checkpointTransactions(rec)
		if err != nil {
			return nil, err
		}
		if m.has("transactions") {
			for _, ex := range txs {
				out.Transactions = append(out.Transactions, r.executed(ex, m.at("transactions")))
			}
		}
		if m.has("objects") {
			out.Objects = r.objectSet(txs, m.at("objects"))
		}
	}
	m.prune(out)
	return out, nil
}

// checkpointTransactions loads the transactions of a checkpoint, in order.
func (r *renderer) checkpointTransactions(rec *checkpointRecord) (out []*executed, err error) {
	for _, d := range rec.contents.Transactions {
		ex, err := r.load(d.Transaction)
		if err != nil {
			return nil, err
		}
		out = append(out, ex)
	}
	return out, nil
}

// load reads a transaction of the ledger.
func (r *renderer) load(digest sui.Digest) (*executed, error) {
	rec, err := r.v.transaction(digest)
	if err != nil {
		return nil, err
	}
	return rec.decode(digest)
}

func renderSummary(s *sui.CheckpointSummary, m *mask) *pb.CheckpointSummary {
	out := &pb.CheckpointSummary{
		Epoch:                      ptr(s.Epoch),
		SequenceNumber:             ptr(s.Sequence),
		TotalNetworkTransactions:   ptr(s.NetworkTransactions),
		ContentDigest:              ptr(s.ContentDigest.String()),
		PreviousDigest:             digestString(s.PreviousDigest),
		EpochRollingGasCostSummary: renderGasUsed(s.EpochGas),
		Timestamp:                  renderMillis(s.TimestampMS),
		VersionSpecificData:        nonNil(s.VersionSpecific),
	}
	out.Commitments = renderCommitments(s.Commitments)
	if end, err := s.NextEpoch(); err == nil {
		out.EndOfEpochData = renderEndOfEpoch(end)
	}
	if m.has("bcs") {
		out.Bcs = renderBCS("CheckpointSummary", bcs.Marshal(s))
	}
	if m.has("digest") {
		out.Digest = ptr(s.Digest().String())
	}
	return out
}

func renderCommitments(list [][]byte) (out []*pb.CheckpointCommitment) {
	for _, raw := range list { // variant, length, digest
		out = append(out, &pb.CheckpointCommitment{
			Kind: ptr(pb.CheckpointCommitment_CheckpointCommitmentKind(raw[0] + 1)), Digest: ptr(sui.Digest(raw[2:]).String()),
		})
	}
	return out
}

func renderEndOfEpoch(end *sui.EndOfEpochData) *pb.EndOfEpochData {
	out := &pb.EndOfEpochData{NextEpochProtocolVersion: ptr(end.ProtocolVersion), EpochCommitments: renderCommitments(end.Commitments)}
	for _, v := range end.Committee {
		out.NextEpochCommittee = append(out.NextEpochCommittee, &pb.ValidatorCommitteeMember{PublicKey: v.PublicKey, Weight: ptr(v.Weight)})
	}
	return out
}

func renderContents(c *sui.CheckpointContents, m *mask) *pb.CheckpointContents {
	out := &pb.CheckpointContents{Version: ptr(int32(1))}
	if m.has("bcs") {
		out.Bcs = renderBCS("CheckpointContents", bcs.Marshal(c))
	}
	if m.has("digest") {
		out.Digest = ptr(c.Digest().String())
	}
	for i, d := range c.Transactions {
		info := &pb.CheckpointedTransactionInfo{Transaction: ptr(d.Transaction.String()), Effects: ptr(d.Effects.String())}
		if i < len(c.Signatures) {
			for _, sig := range c.Signatures[i] {
				info.Signatures = append(info.Signatures, renderSignature(sig))
			}
		}
		out.Transactions = append(out.Transactions, info)
	}
	return out
}
