package mirror

import (
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

// ErrContradicted says that a node shows an object otherwise than the checkpoints
// do that it streamed.
var ErrContradicted = errors.New("the node contradicts its checkpoints")

// memorySize is how many objects a memory holds at least.
const memorySize = 1 << 17

// A memory knows which version objects have that were read once, also when the
// store has no room for them any more, or was emptied. So a node that is asked for
// one again can't show it as it was before a change that it has streamed.
//
// Like a store it has two generations.
type memory struct {
	young, old map[sui.Address]memento
	size       int // of a generation
}

// A memento is what an object was when it was last heard of.
type memento struct {
	version uint64
	digest  sui.Digest
	era     int // in which it was; within one, no change is missed
}

func newMemory(size int) *memory {
	return &memory{young: map[sui.Address]memento{}, size: size}
}

func (m *memory) get(id sui.Address) (memento, bool) {
	if was, ok := m.young[id]; ok {
		return was, true
	}
	was, ok := m.old[id]
	return was, ok
}

func (m *memory) put(id sui.Address, is memento) {
	m.young[id] = is
	if len(m.young) >= m.size {
		m.young, m.old = map[sui.Address]memento{}, m.young
	}
}

// change notes what the stream says of an object that is remembered. The Clock
// always is: it is a node's way to open what opens later.
func (m *memory) change(id sui.Address, ref sui.ObjectRef, era int) {
	if _, ok := m.get(id); ok || id == sui.ClockID {
		m.put(id, memento{ref.Version, ref.Digest, era})
	}
}

func (w memento) gone() bool {
	return w.digest == sui.DigestDeleted || w.digest == sui.DigestWrapped
}

// check compares what a node shows of an object, when the stream has passed that,
// with what is remembered of it, and remembers it. After a gap in the stream, in
// another era, the object may have changed, but not gone back.
func (m *memory) check(id sui.Address, found execution.Known, era int) error {
	was, ok := m.get(id)
	if found.Object == nil {
		if ok && was.era == era && !was.gone() {
			return fmt.Errorf("read object %s: %w: it is not gone", id, ErrContradicted)
		}
		return nil
	}
	is := memento{found.Object.Version(), found.Digest, era}
	if ok && (is.version < was.version || is.version == was.version && is.digest != was.digest || is.version > was.version && was.era == era) {
		return fmt.Errorf("read object %s: %w: version %d, the last one is %d", id, ErrContradicted, is.version, was.version)
	}
	m.put(id, is)
	return nil
}
