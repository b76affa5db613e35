package chain

import (
	"bytes"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// A txRecord is an executed transaction as the ledger keeps it.
type txRecord struct {
	data        []byte // BCS of the TransactionData that was signed
	signatures  []sui.Signature
	effects     []byte // BCS of the TransactionEffects
	events      []byte // BCS of the TransactionEvents; empty when there are none
	loaded      []sui.ObjectRef
	checkpoint  uint64
	index       uint32 // in the checkpoint
	timestampMS uint64 // of the checkpoint
}

// MarshalBCS appends the record.
func (r *txRecord) MarshalBCS(e *bcs.Encoder) {
	e.Bytes(r.data)
	e.ULEB(uint64(len(r.signatures)))
	for _, s := range r.signatures {
		e.Bytes(s)
	}
	e.Bytes(r.effects)
	e.Bytes(r.events)
	e.ULEB(uint64(len(r.loaded)))
	for i := range r.loaded {
		r.loaded[i].MarshalBCS(e)
	}
	e.U64(r.checkpoint)
	e.U32(r.index)
	e.U64(r.timestampMS)
}

// UnmarshalBCS reads a record.
func (r *txRecord) UnmarshalBCS(d *bcs.Decoder) {
	r.data = d.Bytes()
	for range d.Length(1) {
		r.signatures = append(r.signatures, d.Bytes())
	}
	r.effects = d.Bytes()
	r.events = d.Bytes()
	for range d.Length(73) {
		var ref sui.ObjectRef
		ref.UnmarshalBCS(d)
		r.loaded = append(r.loaded, ref)
	}
	r.checkpoint = d.U64()
	r.index = d.U32()
	r.timestampMS = d.U64()
}

// A checkpointRecord is a checkpoint as the ledger keeps it.
type checkpointRecord struct {
	summary   sui.CheckpointSummary
	signature CheckpointSignature
	contents  sui.CheckpointContents
}

// MarshalBCS appends the record.
func (r *checkpointRecord) MarshalBCS(e *bcs.Encoder) {
	r.summary.MarshalBCS(e)
	e.U64(r.signature.Epoch)
	e.Bytes(r.signature.Signature)
	e.ULEB(uint64(len(r.signature.Signers)))
	for _, i := range r.signature.Signers {
		e.U16(uint16(i))
	}
	r.contents.MarshalBCS(e)
}

// UnmarshalBCS reads a record.
func (r *checkpointRecord) UnmarshalBCS(d *bcs.Decoder) {
	r.summary.UnmarshalBCS(d)
	r.signature.Epoch = d.U64()
	r.signature.Signature = d.Bytes()
	for range d.Length(2) {
		r.signature.Signers = append(r.signature.Signers, int(d.U16()))
	}
	r.contents.UnmarshalBCS(d)
}

// transaction returns the record of a transaction, or errNotFound.
func (v view) transaction(digest sui.Digest) (*txRecord, error) {
	raw := v.bucket(bucketTxs).Get(digest[:])
	if raw == nil {
		return nil, fmt.Errorf("transaction %s: %w", digest, errNotFound)
	}
	r := new(txRecord)
	if err := bcs.Unmarshal(bytes.Clone(raw), r); err != nil {
		return nil, fmt.Errorf("%w: transaction %s: %w", ErrDamaged, digest, err)
	}
	return r, nil
}

func (v view) putTransaction(digest sui.Digest, r *txRecord) error {
	return v.bucket(bucketTxs).Put(digest[:], bcs.Marshal(r))
}

// checkpoint returns the checkpoint with a sequence number, or errNotFound.
func (v view) checkpoint(seq uint64) (*checkpointRecord, error) {
	raw := v.bucket(bucketCheckpoints).Get(be(seq))
	if raw == nil {
		return nil, fmt.Errorf("checkpoint %d: %w", seq, errNotFound)
	}
	r := new(checkpointRecord)
	if err := bcs.Unmarshal(bytes.Clone(raw), r); err != nil {
		return nil, fmt.Errorf("%w: checkpoint %d: %w", ErrDamaged, seq, err)
	}
	return r, nil
}

// checkpointByDigest returns the checkpoint with a digest, or errNotFound.
func (v view) checkpointByDigest(digest sui.Digest) (*checkpointRecord, error) {
	seq := v.bucket(bucketDigests).Get(digest[:])
	if seq == nil {
		return nil, fmt.Errorf("checkpoint %s: %w", digest, errNotFound)
	}
	return v.checkpoint(fromBE(seq))
}

func (v view) putCheckpoint(r *checkpointRecord) error {
	digest := r.summary.Digest()
	if err := v.bucket(bucketDigests).Put(digest[:], be(r.summary.Sequence)); err != nil {
		return err
	}
	return v.bucket(bucketCheckpoints).Put(be(r.summary.Sequence), bcs.Marshal(r))
}

// head returns the newest checkpoint.
func (v view) head() (*checkpointRecord, error) {
	k, _ := v.bucket(bucketCheckpoints).Cursor().Last()
	if k == nil {
		return nil, fmt.Errorf("newest checkpoint: %w", errNotFound)
	}
	return v.checkpoint(fromBE(k))
}
