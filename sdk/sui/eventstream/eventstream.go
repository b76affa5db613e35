// Package eventstream holds the formats of Sui's authenticated events: events
// that a package emits with sui::event::emit_authenticated. Each belongs to the
// stream of its package. At the end of a checkpoint the events that a stream
// got are hashed into one root, and the root is folded into the stream's
// [Head], an object on chain. Who has the events and trusts the head can tell
// that none is missing or altered.
//
// It has no I/O: package lightclient fetches and verifies, package execution
// settles. Formats: sui-sdk-types, framework.rs, and the Move module
// sui::accumulator_settlement.
package eventstream

import (
	"errors"
	"fmt"

	"golang.org/x/crypto/blake2b"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// A Commitment stands for one event in the root of its checkpoint.
type Commitment struct {
	Checkpoint  uint64
	Transaction uint64 // index in the checkpoint
	Event       uint64 // index in the transaction
	Digest      sui.Digest
}

// MarshalBCS appends three numbers and the digest with its length.
func (c Commitment) MarshalBCS(e *bcs.Encoder) {
	e.U64(c.Checkpoint)
	e.U64(c.Transaction)
	e.U64(c.Event)
	e.Value(c.Digest)
}

// EventDigest is the digest of one event: BLAKE2b-256 of its BCS, without the
// name of a type in front that other digests have.
func EventDigest(ev *sui.Event) sui.Digest { return blake2b.Sum256(bcs.Marshal(ev)) }

// Root is the Merkle root over the events that a stream got in a checkpoint, in
// the order of the ledger.
func Root(events []Commitment) [32]byte {
	leaves := make([][]byte, len(events))
	for i := range events {
		leaves[i] = bcs.Marshal(events[i])
	}
	return walrus.MerkleRoot(leaves)
}

// A Head is the state of a stream. The zero Head is that of an empty one.
type Head struct {
	// Peaks are those of a Merkle mountain range over the roots: the one at
	// index i covers 2^i roots, or is zero. Each is a u256, little-endian.
	Peaks      [][32]byte
	Checkpoint uint64 // the last one with events
	Events     uint64 // so far
}

// Fold adds the root over count events of a checkpoint.
func (h *Head) Fold(root [32]byte, count, checkpoint uint64) {
	h.Checkpoint = checkpoint
	h.Events += count
	for i, peak := range h.Peaks {
		if peak == ([32]byte{}) {
			h.Peaks[i] = root
			return
		}
		root = blake2b.Sum256(append(append(make([]byte, 0, 64), peak[:]...), root[:]...))
		h.Peaks[i] = [32]byte{}
	}
	h.Peaks = append(h.Peaks, root)
}

// Clone returns a copy that shares nothing.
func (h *Head) Clone() Head {
	return Head{append([][32]byte(nil), h.Peaks...), h.Checkpoint, h.Events}
}

// Equal reports whether two heads are the same.
func (h *Head) Equal(o *Head) bool { return string(bcs.Marshal(h)) == string(bcs.Marshal(o)) }

// MarshalBCS appends the fields of sui::accumulator_settlement::EventStreamHead.
func (h Head) MarshalBCS(e *bcs.Encoder) {
	e.ULEB(uint64(len(h.Peaks)))
	for i := range h.Peaks {
		e.Fixed(h.Peaks[i][:])
	}
	e.U64(h.Checkpoint)
	e.U64(h.Events)
}

// UnmarshalBCS reads a head. A range of 2^64 roots has 64 peaks.
func (h *Head) UnmarshalBCS(d *bcs.Decoder) {
	*h = Head{}
	n := d.Length(32)
	if n > 65 {
		d.Fail(fmt.Errorf("event stream head has %d peaks", n))
		return
	}
	for range n {
		var peak [32]byte
		d.Into(peak[:])
		h.Peaks = append(h.Peaks, peak)
	}
	h.Checkpoint, h.Events = d.U64(), d.U64()
}

func headTag() sui.StructTag {
	return sui.StructTag{Address: sui.Framework, Module: "accumulator_settlement", Name: "EventStreamHead"}
}

func keyTag() sui.TypeTag {
	return sui.StructTag{Address: sui.Framework, Module: "accumulator", Name: "Key", Params: []sui.TypeTag{headTag().Tag()}}.Tag()
}

// HeadType is the type of the object that holds a head: a dynamic field.
func HeadType() *sui.StructTag { return sui.DynamicFieldType(keyTag(), headTag().Tag()) }

// HeadID is the id of the object that holds the head of a stream.
func HeadID(stream sui.Address) sui.Address {
	return sui.DynamicFieldID(sui.AccumulatorRoot, keyTag(), stream[:])
}

// headPrefix is what stands before the head in the object: its id and the
// stream's.
const headPrefix = 32 + 32

// ParseHead reads the head of a stream from its object.
func ParseHead(obj *sui.Object, stream sui.Address) (h Head, err error) {
	if obj.Move == nil || !obj.Move.Type.Equal(HeadType()) || obj.ID() != HeadID(stream) {
		return h, errors.New("read event stream head: the object is not the head of this stream")
	}
	if len(obj.Move.Contents) < headPrefix {
		return h, errors.New("read event stream head: the object is too short")
	}
	if err := bcs.Unmarshal(obj.Move.Contents[headPrefix:], &h); err != nil {
		return h, fmt.Errorf("read event stream head: %w", err)
	}
	return h, nil
}

// HeadContents is the content of the object that holds a head.
func HeadContents(stream sui.Address, h *Head) []byte {
	id := HeadID(stream)
	return append(append(id[:], stream[:]...), bcs.Marshal(h)...)
}

// A Write says which events a transaction added to a stream; the effects have
// it as a write to an accumulator.
type Write struct {
	Stream sui.Address
	Events []WrittenEvent // ascending
}

// A WrittenEvent is an event by its index in the transaction.
type WrittenEvent struct {
	Index  uint64
	Digest sui.Digest
}

// The parts of an accumulator write.
const (
	operationMerge   = 0
	valueEventDigest = 2
)

// MarshalBCS appends an accumulator write: stream, type, merge, event digests.
func (w Write) MarshalBCS(e *bcs.Encoder) {
	e.Value(w.Stream)
	e.Value(headTag().Tag())
	e.ULEB(operationMerge)
	e.ULEB(valueEventDigest)
	e.ULEB(uint64(len(w.Events)))
	for _, ev := range w.Events {
		e.U64(ev.Index)
		e.Value(ev.Digest)
	}
}

// ParseWrite reads an accumulator write; ok is false for one that is not to a
// stream of events.
func ParseWrite(raw []byte) (w Write, ok bool) {
	d := bcs.NewDecoder(raw)
	var t sui.TypeTag
	d.Value(&w.Stream)
	d.Value(&t)
	if d.Variant(2) != operationMerge || d.Variant(3) != valueEventDigest || !t.Equal(headTag().Tag()) {
		return Write{}, false
	}
	for n := d.Length(8 + 33); n > 0 && d.Err() == nil; n-- {
		ev := WrittenEvent{Index: d.U64()}
		d.Value(&ev.Digest)
		w.Events = append(w.Events, ev)
	}
	return w, d.Err() == nil && d.Remaining() == 0
}
