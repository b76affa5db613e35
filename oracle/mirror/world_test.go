package mirror

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// world is a chain that a test writes, and a node that shows it as the test wants.
type world struct {
	mu      sync.Mutex
	changed chan struct{} // closed at each change

	checkpoints []*suirpc.Checkpoint
	history     map[sui.Address][]state
	written     map[sui.Digest]uint64 // transactions, with their checkpoint

	streamed int    // how many checkpoints the stream has delivered
	seen     int    // how many checkpoints reads know
	hold     func() // called between the parts of a read, without the lock
	lie      func(*sui.Object) *sui.Object
	exact    bool  // whether lie is asked for a version
	streams  int   // times that Follow was called
	broken   error // ends streams
	down     error // of all calls
	calls    map[string]int
}

// state is what an object is from a checkpoint on; nil if it is not there.
type state struct {
	from   uint64
	object *sui.Object
}

var (
	genesis = sui.Digest{42}
	base    = time.UnixMilli(1_780_000_000_000)
)

const epochLength = 20 // checkpoints

func newWorld() *world {
	w := &world{history: map[sui.Address][]state{}, written: map[sui.Digest]uint64{}, changed: make(chan struct{}), calls: map[string]int{}}
	w.write(nil)
	return w
}

// A change is an object with new content, or without any.
type change struct {
	id   sui.Address
	data []byte // nil deletes it
}

// write makes a checkpoint, which stream and reads know at once, with one change of
// each object. The Clock changes in it too.
func (w *world) write(changes []change) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.add(changes)
	w.streamed, w.seen = len(w.checkpoints), len(w.checkpoints)
	return uint64(len(w.checkpoints) - 1)
}

// add makes a checkpoint that nobody knows yet.
func (w *world) add(changes []change) {
	seq := uint64(len(w.checkpoints))
	cp := &suirpc.Checkpoint{Sequence: seq, Digest: sui.TypedDigest("test", binary.LittleEndian.AppendUint64(nil, seq)), Epoch: seq / epochLength,
		TimestampMS: uint64(base.UnixMilli()) + seq}
	if seq > 0 {
		cp.Previous = &w.checkpoints[seq-1].Digest
	}
	shown := cp.TimestampMS
	if seq%5 == 4 {
		shown-- // several commits in one checkpoint
	}
	changes = append([]change{{sui.ClockID, binary.LittleEndian.AppendUint64(nil, shown)}}, changes...)
	for i, c := range changes {
		tx := sui.Digest{1, byte(i), byte(seq), byte(seq >> 8), byte(seq >> 16)}
		version := 1 + seq*10 + uint64(i)
		cp.Transactions = append(cp.Transactions, suirpc.CheckpointTx{Digest: tx, Effects: w.effects(c, version, tx)})
		w.written[tx] = seq
	}
	w.checkpoints = append(w.checkpoints, cp)
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *world) effects(c change, version uint64, tx sui.Digest) (e sui.TransactionEffects) {
	before, now := w.at(c.id, uint64(len(w.checkpoints))), (*sui.Object)(nil)
	e.LamportVersion = version
	ch := sui.ChangedObject{ID: c.id}
	if before != nil {
		ch.Input, ch.InputVersion, ch.InputDigest = sui.StateExist, before.Version(), before.Digest()
	}
	switch {
	case c.data != nil:
		now = &sui.Object{Owner: sui.SharedOwner(1), PreviousTransaction: tx, Move: &sui.MoveObject{
			Type: sui.MustStructTag("0x2::clock::Clock"), Version: version, Contents: append(c.id[:len(c.id):len(c.id)], c.data...)}}
		ch.Output, ch.OutputDigest = sui.StateExist, now.Digest()
	case before != nil:
		ch.Operation = sui.IDDeleted
	}
	e.Changed = append(e.Changed, ch)
	w.history[c.id] = append(w.history[c.id], state{uint64(len(w.checkpoints)), now})
	return e
}

// at is the truth: what an object is at a checkpoint.
func (w *world) at(id sui.Address, checkpoint uint64) (o *sui.Object) {
	for _, s := range w.history[id] {
		if s.from <= checkpoint {
			o = s.object
		}
	}
	return o
}

// show moves how much stream and reads know.
func (w *world) show(streamed, seen int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.streamed, w.seen = max(w.streamed, min(streamed, len(w.checkpoints))), max(1, min(seen, len(w.checkpoints)))
	close(w.changed)
	w.changed = make(chan struct{})
}

// random advances chain, stream and reads by something, reads not always forwards.
func (w *world) random(r *rand.Rand, ids []sui.Address) {
	var changes []change
	for _, id := range ids {
		if r.IntN(6) == 0 {
			c := change{id: id}
			if r.IntN(3) > 0 {
				c.data = binary.LittleEndian.AppendUint64(nil, r.Uint64())
			}
			changes = append(changes, c)
		}
	}
	w.mu.Lock()
	w.add(changes)
	n := len(w.checkpoints)
	w.mu.Unlock()
	w.show(n-r.IntN(3), n-r.IntN(3))
}

func (w *world) call(name string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[name]++
	return w.down
}

func (w *world) ServiceInfo(context.Context) (suirpc.ServiceInfo, error) {
	if err := w.call("ServiceInfo"); err != nil {
		return suirpc.ServiceInfo{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return suirpc.ServiceInfo{ChainID: genesis, Tip: uint64(w.seen - 1)}, nil
}

func (w *world) Epoch(_ context.Context, epoch uint64) (suirpc.EpochInfo, error) {
	return suirpc.EpochInfo{Epoch: epoch, StartMS: 1000 * epoch, ReferenceGasPrice: 1000 + epoch, ProtocolVersion: 95}, w.call("Epoch")
}

func (w *world) Objects(_ context.Context, ids []sui.Address) (out []*sui.Object, err error) {
	if err := w.call("Objects"); err != nil {
		return nil, err
	}
	seen := 0
	for _, id := range ids {
		w.mu.Lock()
		seen = max(seen, w.seen) // one node answers, and does not go back
		o := w.at(id, uint64(seen-1))
		if w.lie != nil && o != nil {
			o = w.lie(o)
		}
		hold := w.hold
		w.mu.Unlock()
		out = append(out, o)
		if hold != nil {
			hold()
		}
	}
	return out, nil
}

func (w *world) ObjectVersions(_ context.Context, refs []sui.ObjectRef) ([]*sui.Object, error) {
	if err := w.call("ObjectVersions"); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.exact = true
	defer func() { w.exact = false }()
	out := make([]*sui.Object, len(refs))
	for i, ref := range refs {
		for _, s := range w.history[ref.ID] {
			if s.object != nil && s.object.Version() == ref.Version {
				if out[i] = s.object; w.lie != nil {
					out[i] = w.lie(s.object)
				}
			}
		}
	}
	return out, nil
}

func (w *world) Transaction(_ context.Context, digest sui.Digest) (*suirpc.Executed, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	cp, ok := w.written[digest]
	if !ok {
		return nil, suirpc.ErrNotFound
	}
	return &suirpc.Executed{Digest: digest, Checkpoint: &cp}, nil
}

func (w *world) Follow(ctx context.Context, from uint64, _ ...suirpc.FollowOption) iter.Seq2[*suirpc.Checkpoint, error] {
	return func(yield func(*suirpc.Checkpoint, error) bool) {
		w.mu.Lock()
		w.streams++
		w.mu.Unlock()
		for {
			w.mu.Lock()
			changed, err := w.changed, w.broken
			var cp *suirpc.Checkpoint
			if from < uint64(w.streamed) {
				cp = w.checkpoints[from]
			}
			w.mu.Unlock()
			switch {
			case err != nil:
				yield(nil, err)
				return
			case cp != nil:
				if !yield(cp, nil) {
					return
				}
				from++
				continue
			}
			select {
			case <-changed:
			case <-ctx.Done():
				yield(nil, ctx.Err())
				return
			}
		}
	}
}

// set changes the world under its lock.
func (w *world) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *world) count(call string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[call]
}

var errBroken = errors.New("broken by the test")

// same compares what a mirror says of an object with the truth.
func (w *world) same(id sui.Address, checkpoint uint64, got *sui.Object) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	want := w.at(id, checkpoint)
	switch {
	case (got == nil) != (want == nil):
		return fmt.Errorf("object %s at checkpoint %d: there is %v, want %v", id.Short(), checkpoint, got != nil, want != nil)
	case got != nil && got.Ref() != want.Ref():
		return fmt.Errorf("object %s at checkpoint %d: %+v, want %+v", id.Short(), checkpoint, got.Ref(), want.Ref())
	}
	return nil
}
