package mirror

import (
	"errors"
	"fmt"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

// ErrContradicted says that a node shows an object otherwise than the checkpoints
// do that it streamed.
var ErrContradicted = errors.New("the node contradicts its checkpoints")

// memorySize is how many objects a memory holds.
const memorySize = 1 << 17

// A memory knows which version objects have that were read once, also when the
// store has no room for them any more, or was emptied. So a node that is asked for
// one again can't show it as it was before a change that it has streamed.
type memory struct {
	objects *simplelru.LRU[sui.Address, memento]
}

// A memento is what an object was when it was last heard of.
type memento struct {
	version uint64
	digest  sui.Digest
	era     int // in which it was; within one, no change is missed
}

func newMemory(size int) *memory {
	objects, err := simplelru.NewLRU[sui.Address, memento](size, nil)
	if err != nil {
		panic("mirror: " + err.Error()) // only for a size below 1
	}
	return &memory{objects}
}

func (m *memory) put(id sui.Address, is memento) { m.objects.Add(id, is) }

// change notes what the stream says of an object that is remembered. The Clock
// always is: it is a node's way to open what opens later.
func (m *memory) change(id sui.Address, ref sui.ObjectRef, era int) {
	if m.objects.Contains(id) || id == sui.ClockID {
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
	was, ok := m.objects.Get(id)
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
