package chain

import (
	"context"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
)

// An era is what holds for one epoch: what transactions see of it, and the keys
// of its committee.
type era struct {
	env  execution.Env
	keys *committeeKeys
}

// An epochRecord is an epoch as the ledger keeps it.
type epochRecord struct {
	first, startMS uint64 // checkpoint and time
	ended          bool
	last, endMS    uint64 // when it ended
}

// MarshalBCS appends the record.
func (r *epochRecord) MarshalBCS(e *bcs.Encoder) {
	e.U64(r.first)
	e.U64(r.startMS)
	e.Bool(r.ended)
	e.U64(r.last)
	e.U64(r.endMS)
}

// UnmarshalBCS reads a record.
func (r *epochRecord) UnmarshalBCS(d *bcs.Decoder) {
	r.first, r.startMS, r.ended, r.last, r.endMS = d.U64(), d.U64(), d.Bool(), d.U64(), d.U64()
}

// epoch returns the record of an epoch, or errNotFound.
func (v view) epoch(epoch uint64) (*epochRecord, error) {
	raw := v.bucket(bucketEpochs).Get(be(epoch))
	if raw == nil {
		return nil, fmt.Errorf("epoch %d: %w", epoch, errNotFound)
	}
	r := new(epochRecord)
	if err := bcs.Unmarshal(raw, r); err != nil {
		return nil, fmt.Errorf("%w: epoch %d: %w", ErrDamaged, epoch, err)
	}
	return r, nil
}

func (v view) putEpoch(epoch uint64, r *epochRecord) error {
	return v.bucket(bucketEpochs).Put(be(epoch), bcs.Marshal(r))
}

// newestEpoch returns the epoch that has not ended. A ledger from before there
// were epochs is in the first.
func (v view) newestEpoch(genesis *checkpointRecord) (uint64, *epochRecord, error) {
	k, _ := v.bucket(bucketEpochs).Cursor().Last()
	if k == nil {
		r := &epochRecord{startMS: genesis.summary.TimestampMS}
		return genesisEpoch, r, v.putEpoch(genesisEpoch, r)
	}
	r, err := v.epoch(fromBE(k))
	return fromBE(k), r, err
}

// newEra makes what holds for an epoch.
func (c *Chain) newEra(epoch, startMS uint64) (*era, error) {
	keys, err := newCommitteeKeys(c.cfg.Seed, epoch)
	if err != nil {
		return nil, err
	}
	return &era{keys: keys, env: execution.Env{
		Epoch: epoch, EpochStartMS: startMS, ReferenceGasPrice: c.cfg.ReferenceGasPrice,
		ProtocolVersion: protocolVersion, ChainID: c.chainID,
	}}, nil
}

// Epoch is the epoch in which the next transaction executes.
func (c *Chain) Epoch() uint64 { return c.era.Load().env.Epoch }

// Committee is the set of keys that signs the checkpoints of an epoch, also of
// one to come. A light client needs that of the first, 0; see package
// lightclient.
func (c *Chain) Committee(epoch uint64) (Committee, error) {
	if now := c.era.Load(); now.env.Epoch == epoch {
		return now.keys.public, nil
	}
	keys, err := newCommitteeKeys(c.cfg.Seed, epoch)
	if err != nil {
		return Committee{}, err
	}
	return keys.public, nil
}

// AdvanceEpoch ends the epoch: its last checkpoint names the committee of the
// next, of which one validator has a new key. It returns the epoch that begins.
func (c *Chain) AdvanceEpoch(ctx context.Context) (uint64, error) {
	s := &submission{control: controlEpoch}
	if err := c.submit(ctx, s); err != nil {
		return 0, fmt.Errorf("advance epoch: %w", err)
	}
	return s.sealed.Epoch + 1, nil
}

func (c *Chain) advanceEpoch(ctx context.Context, _ *rpcpb.AdvanceEpochRequest) (*rpcpb.AdvanceEpochResponse, error) {
	s := &submission{control: controlEpoch}
	if err := c.submit(ctx, s); err != nil {
		return nil, rpcError(err)
	}
	return &rpcpb.AdvanceEpochResponse{
		Epoch: s.sealed.Epoch + 1, CheckpointSequenceNumber: s.sealed.Sequence, TimestampMs: s.sealed.TimestampMS, TxDigest: s.digest.String(),
	}, nil
}

// endEpoch executes the last transaction of an epoch. The checkpoint that it
// stands in is the last one.
func (b *batch) endEpoch() (err error) {
	next := b.era.env.Epoch + 1
	if err := b.runSystem(execution.ChangeEpochTransaction(next, protocolVersion, b.gas, b.ms)); err != nil {
		return err
	}
	b.next, err = b.c.newEra(next, b.ms)
	return err
}

// closeEpoch writes the end of the epoch into the summary of its last
// checkpoint, and into the ledger.
func (b *batch) closeEpoch(s *sui.CheckpointSummary) error {
	end := sui.EndOfEpochData{ProtocolVersion: protocolVersion}
	for _, m := range b.next.keys.public.Members {
		end.Committee = append(end.Committee, sui.ValidatorStake{PublicKey: m.PublicKey, Weight: m.Weight})
	}
	s.EndOfEpoch = bcs.Marshal(end)
	r, err := b.v.epoch(s.Epoch)
	if err != nil {
		return err
	}
	r.ended, r.last, r.endMS = true, s.Sequence, s.TimestampMS
	if err := b.v.putEpoch(s.Epoch, r); err != nil {
		return err
	}
	return b.v.putEpoch(s.Epoch+1, &epochRecord{first: s.Sequence + 1, startMS: s.TimestampMS})
}
