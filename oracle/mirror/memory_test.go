package mirror

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

// What was read once is not believed to be older, other or gone when it is read
// again, if the stream does not say so.
func TestNodeContradictsItself(t *testing.T) {
	id := sui.Address{7}
	for name, lie := range map[string]func(before, now *sui.Object) *sui.Object{
		"older":  func(before, _ *sui.Object) *sui.Object { return before },
		"gone":   func(_, _ *sui.Object) *sui.Object { return nil },
		"forged": func(_, now *sui.Object) *sui.Object { return with(now, now.Version(), 99) },
		"newer":  func(_, now *sui.Object) *sui.Object { return with(now, now.Version()+1, 99) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.write([]change{{id, []byte{1}}})
			m := start(t, Config{Node: w})
			mustLook(t, m, w, id)
			before := w.at(id, 1)
			w.write([]change{{id, []byte{2}}})
			now := w.at(id, 2)
			if err := m.Await(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
			mustLook(t, m, w, id) // no read is under way
			m.empty()
			w.set(func() {
				w.lie = func(o *sui.Object) *sui.Object {
					if o.ID() == id {
						return lie(before, now)
					}
					return o
				}
			})
			if _, _, err := look(t.Context(), m, id); !errors.Is(err, ErrContradicted) {
				t.Errorf("the node shows it %s: %v", name, err)
			}
			w.set(func() { w.lie = nil })
			mustLook(t, m, w, id)
			w.write([]change{{id: id}}) // gone in truth
			if err := m.Await(t.Context(), 3); err != nil {
				t.Fatal(err)
			}
			m.empty()
			mustLook(t, m, w, id)
		})
	}
}

// A node that does not have the version that it streamed, and shows an older one.
func TestNodeLosesWhatChanged(t *testing.T) {
	id := sui.Address{7}
	w := newWorld()
	w.write([]change{{id, []byte{1}}})
	m := start(t, Config{Node: w})
	mustLook(t, m, w, id)
	before := w.at(id, 1)
	w.set(func() {
		w.lie = func(o *sui.Object) *sui.Object {
			switch {
			case o.ID() != id:
				return o
			case w.exact:
				return nil
			}
			return before
		}
	})
	w.write([]change{{id, []byte{2}}})
	if err := m.Await(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if _, _, err := look(t.Context(), m, id); !errors.Is(err, ErrContradicted) {
		t.Errorf("the node shows the version before: %v", err)
	}
}

// A node that is trusted may tell another story after it was lost.
func TestTrustedNodeBeginsAnew(t *testing.T) {
	id := sui.Address{7}
	w := newWorld()
	w.write([]change{{id, []byte{1}}})
	before := w.at(id, 1)
	w.write([]change{{id, []byte{2}}})
	m := start(t, Config{Node: w})
	mustLook(t, m, w, id)
	w.set(func() { w.broken = errBroken })
	if err := m.wait(t.Context(), func() bool { return !m.known }); err != nil {
		t.Fatal(err)
	}
	w.set(func() {
		w.broken = nil
		w.lie = func(o *sui.Object) *sui.Object {
			if o.ID() == id {
				return before
			}
			return o
		}
	})
	if err := m.Await(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	r := &read{id: id}
	err := m.keep(r, execution.Know(before), 2)
	m.mu.Unlock()
	if err != nil {
		t.Error(err)
	}
}

// The Clock is known before it is read for the first time.
func TestForgedClock(t *testing.T) {
	w := newWorld()
	w.write(nil)
	w.lie = func(o *sui.Object) *sui.Object { return with(o, o.Version(), 99) }
	m := start(t, Config{Node: w})
	if err := m.Await(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if _, _, err := look(t.Context(), m, sui.ClockID); !errors.Is(err, ErrContradicted) {
		t.Errorf("a Clock of another time: %v", err)
	}
}

// After a gap in the stream an object may be newer, not older.
func TestMemoryAcrossGap(t *testing.T) {
	id := sui.Address{7}
	object := func(version uint64, content byte) execution.Known {
		return execution.Know(&sui.Object{Move: &sui.MoveObject{Type: sui.MustStructTag("0x2::a::A"), Version: version, Contents: append(id[:], content)}})
	}
	for name, c := range map[string]struct {
		found execution.Known
		fits  bool
	}{
		"older": {object(4, 1), false}, "the same": {object(5, 1), true}, "newer": {object(6, 1), true},
		"forged": {object(5, 2), false}, "gone": {execution.Known{}, true},
	} {
		m := newMemory(10)
		if err := m.check(id, object(5, 1), 1); err != nil {
			t.Fatal(err)
		}
		if err := m.check(id, c.found, 2); (err == nil) != c.fits {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m, r := newMemory(100), rand.New(rand.NewPCG(1, 1))
	last := sui.Address{}
	for range 1000 {
		binary.LittleEndian.PutUint64(last[:], r.Uint64())
		m.put(last, memento{version: 1})
		if n := m.objects.Len(); n > 100 {
			t.Fatalf("%d objects are remembered", n)
		}
	}
	if !m.objects.Contains(last) {
		t.Error("the last one is forgotten")
	}
}

// with is an object with another version and content.
func with(o *sui.Object, version uint64, content byte) *sui.Object {
	o = o.Clone()
	o.Move.Version = version
	o.Move.Contents[len(o.Move.Contents)-1] ^= content
	return o
}

// empty drops what the store holds, as if there were no room for it.
func (m *Mirror) empty() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.store = newStore(m.cfg.CacheBytes)
}
