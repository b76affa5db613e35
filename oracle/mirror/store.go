package mirror

import (
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

// A store holds entries up to a number of bytes. It forgets what was not used
// for longest, roughly: there are two generations; use puts an entry into the
// young one, and when that is half of all, the old one is dropped and replaced.
type store struct {
	young, old map[sui.Address]*entry
	bytes      int // of the young ones
	limit      int // of both
}

// An entry is what is known of an object. It is replaced, never changed.
type entry struct {
	execution.Known               // valid if loaded; Object is nil if there is none
	ref             sui.ObjectRef // which version it is, if not loaded
	loaded          bool
	since           uint64 // it has been this at least since this checkpoint
}

// entryOverhead is what an entry takes besides the content of its object.
const entryOverhead = 300

func (e *entry) size() int {
	n := entryOverhead
	switch o := e.Object; {
	case o == nil:
	case o.Move != nil:
		n += len(o.Move.Contents)
	case o.Package != nil:
		for _, m := range o.Package.Modules {
			n += len(m.Bytes)
		}
		n += 100 * (len(o.Package.Linkage) + len(o.Package.TypeOrigins))
	}
	return n
}

func newStore(limit int) *store {
	return &store{young: map[sui.Address]*entry{}, limit: limit}
}

func (s *store) get(id sui.Address) (*entry, bool) {
	if e, ok := s.young[id]; ok {
		return e, true
	}
	e, ok := s.old[id]
	if ok {
		s.put(id, e)
	}
	return e, ok
}

// has does not count as use.
func (s *store) has(id sui.Address) (*entry, bool) {
	if e, ok := s.young[id]; ok {
		return e, true
	}
	e, ok := s.old[id]
	return e, ok
}

func (s *store) put(id sui.Address, e *entry) {
	s.remove(id)
	s.young[id] = e
	s.bytes += e.size()
	if s.bytes > s.limit/2 {
		s.young, s.old, s.bytes = map[sui.Address]*entry{}, s.young, 0
	}
}

func (s *store) remove(id sui.Address) {
	if e, ok := s.young[id]; ok {
		s.bytes -= e.size()
		delete(s.young, id)
	}
	delete(s.old, id)
}
