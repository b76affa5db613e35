package execution

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/eventstream"
)

// kindProgrammableSystem is the variant of a programmable system transaction.
const kindProgrammableSystem = 10

// A StreamUpdate is what a stream of authenticated events got in a checkpoint.
type StreamUpdate struct {
	Stream sui.Address
	Root   [32]byte // eventstream.Root over the events
	Count  uint64
}

// SettlementTransaction is the system transaction at the end of a checkpoint
// that folds its events into the heads of their streams: one call of
// 0x2::accumulator_settlement::settle_events for each, ascending by stream.
func SettlementTransaction(checkpoint uint64, updates []StreamUpdate) *sui.TransactionData {
	p := &sui.ProgrammableTransaction{Inputs: []sui.Input{{
		Kind: sui.InputShared, Ref: sui.ObjectRef{ID: sui.AccumulatorRoot}, SharedVersion: 1, Mutability: sui.SharedMutable,
	}}}
	u64 := func(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }
	for _, u := range updates {
		args := []sui.Argument{{Kind: sui.ArgInput}}
		for _, pure := range [][]byte{u.Stream[:], u.Root[:], u64(u.Count), u64(checkpoint)} {
			args = append(args, sui.Argument{Kind: sui.ArgInput, Index: uint16(len(p.Inputs))})
			p.Inputs = append(p.Inputs, sui.Input{Kind: sui.InputPure, Pure: bytes.Clone(pure)})
		}
		p.Commands = append(p.Commands, sui.Command{MoveCall: &sui.MoveCall{
			Package: sui.Framework, Module: "accumulator_settlement", Function: "settle_events", Arguments: args,
		}})
	}
	e := bcs.NewEncoder()
	e.ULEB(kindProgrammableSystem)
	e.Value(p)
	return sui.SystemTransaction(sui.TransactionKind{Other: e.Data()})
}

// IsSettlement reports whether a transaction is a programmable system
// transaction; there are no others here.
func IsSettlement(k *sui.TransactionKind) bool {
	return len(k.Other) > 0 && k.Other[0] == kindProgrammableSystem
}

// parseSettlement is the inverse of SettlementTransaction.
func parseSettlement(tx *sui.TransactionData) (checkpoint uint64, updates []StreamUpdate, err error) {
	var p sui.ProgrammableTransaction
	if err := bcs.Unmarshal(tx.Kind.Other[1:], &p); err != nil {
		return 0, nil, refuse("settlement: %v", err)
	}
	for i := range p.Commands {
		base := 1 + 4*i
		if len(p.Inputs) < base+4 || len(p.Inputs[base].Pure) != 32 || len(p.Inputs[base+1].Pure) != 32 ||
			len(p.Inputs[base+2].Pure) != 8 || len(p.Inputs[base+3].Pure) != 8 {
			return 0, nil, refuse("settlement: call %d has other arguments than settle_events", i)
		}
		updates = append(updates, StreamUpdate{
			Stream: sui.Address(p.Inputs[base].Pure), Root: [32]byte(p.Inputs[base+1].Pure),
			Count: binary.LittleEndian.Uint64(p.Inputs[base+2].Pure),
		})
		checkpoint = binary.LittleEndian.Uint64(p.Inputs[base+3].Pure)
	}
	if !bytes.Equal(bcs.Marshal(tx), bcs.Marshal(SettlementTransaction(checkpoint, updates))) {
		return 0, nil, refuse("settlement: it does more than call settle_events")
	}
	return checkpoint, updates, nil
}

// settle executes a settlement. It costs nothing and needs no Move code; what
// it does is what accumulator_settlement::settle_events does.
func settle(st State, env Env, tx *sui.TransactionData) (*Result, error) {
	checkpoint, updates, err := parseSettlement(tx)
	if err != nil {
		return nil, err
	}
	root, err := st.Object(sui.AccumulatorRoot)
	if err != nil {
		return nil, fmt.Errorf("read the accumulator root: %w", err)
	}
	list := []systemChange{{root, root.Clone()}}
	for _, u := range updates {
		before, head, err := loadHead(st, u.Stream)
		if err != nil {
			return nil, err
		}
		head.Fold(u.Root, u.Count, checkpoint)
		list = append(list, systemChange{before, &sui.Object{
			Move:  &sui.MoveObject{Type: *eventstream.HeadType(), Contents: eventstream.HeadContents(u.Stream, &head)},
			Owner: sui.Owner{Kind: sui.OwnerObject, Address: sui.AccumulatorRoot},
		}})
	}
	return systemResult(env, tx, list...), nil
}

// loadHead returns the head of a stream; its object is nil for a new stream.
func loadHead(st State, stream sui.Address) (*sui.Object, eventstream.Head, error) {
	obj, err := st.Object(eventstream.HeadID(stream))
	if errors.Is(err, ErrNotFound) {
		return nil, eventstream.Head{}, nil
	}
	if err != nil {
		return nil, eventstream.Head{}, fmt.Errorf("read event stream head: %w", err)
	}
	head, err := eventstream.ParseHead(obj, stream)
	return obj, head, err
}

// accumulatorRoot is the object on which accumulated values hang.
func accumulatorRoot() *sui.Object {
	id := sui.AccumulatorRoot
	return &sui.Object{
		Move:  &sui.MoveObject{Type: sui.StructTag{Address: sui.Framework, Module: "accumulator", Name: "AccumulatorRoot"}, Version: 1, Contents: id[:]},
		Owner: sui.SharedOwner(1),
	}
}

// recordStreams adds the writes to streams of authenticated events to the
// effects, which stay ascending by id.
func (c *changes) recordStreams(fx *sui.TransactionEffects) {
	var writes []*eventstream.Write
	for _, s := range c.streamed {
		i := slices.IndexFunc(writes, func(w *eventstream.Write) bool { return w.Stream == s.Stream })
		if i < 0 {
			i, writes = len(writes), append(writes, &eventstream.Write{Stream: s.Stream})
		}
		writes[i].Events = append(writes[i].Events, eventstream.WrittenEvent{
			Index: uint64(s.Event), Digest: eventstream.EventDigest(&c.events[s.Event]),
		})
	}
	for _, w := range writes {
		fx.Changed = append(fx.Changed, sui.ChangedObject{
			ID: eventstream.HeadID(w.Stream), Output: sui.StateAccumulatorWrite, Accumulator: bcs.Marshal(w),
		})
	}
	slices.SortStableFunc(fx.Changed, func(a, b sui.ChangedObject) int { return a.ID.Compare(b.ID) })
}
