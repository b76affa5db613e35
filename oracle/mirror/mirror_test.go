package mirror

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

func start(t *testing.T, cfg Config) *Mirror {
	t.Helper()
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return base }
	}
	m, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// look reads an object at the newest checkpoint, loading it if need be.
func look(ctx context.Context, m *Mirror, id sui.Address) (*View, execution.Known, error) {
	for {
		v, err := m.At(ctx)
		if err != nil {
			return nil, execution.Known{}, err
		}
		k, err := v.Look(id)
		var missing *execution.MissingError
		switch {
		case errors.As(err, &missing):
			err = m.Load(ctx, id)
		case err == nil:
			return v, k, nil
		}
		if err != nil && !errors.Is(err, ErrMoved) {
			return nil, k, err
		}
	}
}

func mustLook(t *testing.T, m *Mirror, w *world, id sui.Address) *View {
	t.Helper()
	v, k, err := look(t.Context(), m, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.same(id, v.Sequence, k.Object); err != nil {
		t.Error(err)
	}
	return v
}

var ids = []sui.Address{sui.ClockID, {1}, {2}, {3}, {4}, {5}}

// Whatever the node reads from, and however the stream lags: a view shows what was
// so at its checkpoint.
func TestViewsAreTrue(t *testing.T) {
	rounds := 120
	if s := os.Getenv("FLOE_MIRROR_ROUNDS"); s != "" {
		rounds, _ = strconv.Atoi(s)
	}
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 0))
		w := newWorld()
		m := start(t, Config{Node: w, Timeout: 20 * time.Millisecond, CacheBytes: 2500})
		w.set(func() {
			between := rand.New(rand.NewPCG(seed, 1))
			var mu sync.Mutex
			w.hold = func() { // the node goes on in the middle of an answer
				mu.Lock()
				defer mu.Unlock()
				if between.IntN(4) == 0 {
					w.random(between, ids[1:])
				}
			}
		})
		checked := 0
		var views []*View // of newer and older checkpoints
		for range rounds {
			w.random(r, ids[1:])
			v, err := m.At(t.Context())
			if err != nil {
				continue
			}
			want := v.Env
			want.Epoch, want.EpochStartMS, want.ReferenceGasPrice = v.Sequence/epochLength, 1000*(v.Sequence/epochLength), 1000+v.Sequence/epochLength
			if v.Env != want || v.Env.ChainID != genesis {
				t.Fatalf("checkpoint %d with %+v", v.Sequence, v.Env)
			}
			if views = append(views, v); len(views) > 3 {
				views = views[1:]
			}
			v = views[r.IntN(len(views))]
			var group sync.WaitGroup
			for _, id := range ids {
				k, err := v.Look(id)
				if err == nil {
					checked++
					if err := w.same(id, v.Sequence, k.Object); err != nil {
						t.Fatalf("seed %d: %v", seed, err)
					}
				} else if r.IntN(2) == 0 {
					group.Go(func() { m.Load(t.Context(), id) }) // it may fail: the node may be behind
				}
			}
			if r.IntN(4) > 0 {
				w.show(math.MaxInt, math.MaxInt) // else reads may wait in vain
			}
			group.Wait()
		}
		if checked < rounds/4 {
			t.Errorf("seed %d: only %d of %d looks said something", seed, checked, rounds*len(ids))
		}
		t.Logf("seed %d: %d looks, %d reads, %d reads of versions", seed, checked, w.count("Objects"), w.count("ObjectVersions"))
	}
}

// What a mirror knows it follows without a call, except for the content of what
// changed; the Clock takes none.
func TestWarmViewsTakeNoCalls(t *testing.T) {
	w := newWorld()
	w.write([]change{{ids[1], []byte("one")}})
	m := start(t, Config{Node: w})
	mustLook(t, m, w, ids[1])
	mustLook(t, m, w, ids[2]) // is not there
	mustLook(t, m, w, sui.ClockID)
	before := w.count("Objects") + w.count("ObjectVersions") + w.count("ServiceInfo")
	for i := range 2 {
		seq := w.write([]change{{ids[3], []byte{byte(i)}}}) // another object
		if err := m.Await(t.Context(), seq); err != nil {
			t.Fatal(err)
		}
		for _, id := range ids[:3] {
			mustLook(t, m, w, id)
		}
	}
	if after := w.count("Objects") + w.count("ObjectVersions") + w.count("ServiceInfo"); after != before {
		t.Errorf("%d calls", after-before)
	}
	seq := w.write([]change{{ids[1], []byte("two")}, {ids[2], []byte("new")}})
	if err := m.Await(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids[:3] {
		mustLook(t, m, w, id)
	}
	w.write([]change{{ids[1], nil}})
	if err := m.Await(t.Context(), seq+1); err != nil {
		t.Fatal(err)
	}
	mustLook(t, m, w, ids[1])
	if n := w.count("ObjectVersions"); n == 0 {
		t.Error("what changed was not read by version")
	}
}

// A view is of one checkpoint: what changed after it is not given.
func TestMovedOn(t *testing.T) {
	w := newWorld()
	w.write([]change{{ids[1], []byte("one")}})
	m := start(t, Config{Node: w})
	v := mustLook(t, m, w, ids[1])
	if err := m.Await(t.Context(), w.write([]change{{ids[1], []byte("two")}})); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Look(ids[1]); !errors.Is(err, ErrMoved) {
		t.Errorf("an old view gives %v, want ErrMoved", err)
	}
}

// A node that answers from behind its own stream is not believed.
func TestNodeBehindItsStream(t *testing.T) {
	w := newWorld()
	for range 20 {
		w.write([]change{{ids[1], []byte("one")}})
	}
	seq := w.write([]change{{ids[1], []byte("two")}})
	m := start(t, Config{Node: w, Timeout: time.Second})
	if err := m.Await(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	w.show(0, int(seq)) // without the last one
	if err := m.Load(t.Context(), ids[1]); !errors.Is(err, ErrBehind) {
		t.Errorf("load from behind: %v", err)
	}
	w.show(0, int(seq)+1)
	mustLook(t, m, w, ids[1])
}

// A node that is ahead of its stream is waited for.
func TestNodeAheadOfItsStream(t *testing.T) {
	w := newWorld()
	w.write([]change{{ids[1], []byte("one")}})
	m := start(t, Config{Node: w})
	if err := m.Await(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	w.set(func() { w.add([]change{{ids[1], []byte("two")}}) })
	w.show(0, 3)
	asked, loaded := w.count("ServiceInfo"), make(chan error, 1)
	go func() { loaded <- m.Load(t.Context(), ids[1]) }()
	for w.count("ServiceInfo") == asked { // the last question before it waits
		runtime.Gosched()
	}
	select {
	case err := <-loaded:
		t.Fatalf("loaded before the stream passed: %v", err)
	default:
	}
	w.show(3, 3)
	if err := <-loaded; err != nil {
		t.Fatal(err)
	}
	if v := mustLook(t, m, w, ids[1]); v.Sequence != 2 {
		t.Errorf("a view of checkpoint %d", v.Sequence)
	}
}

// A stream that stands still is noticed: the node knows more.
func TestStreamStandsStill(t *testing.T) {
	w := newWorld()
	w.write([]change{{ids[1], []byte("one")}})
	var mu sync.Mutex
	now := base
	m := start(t, Config{Node: w, Timeout: 500 * time.Millisecond, Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	mustLook(t, m, w, ids[1])
	w.set(func() { w.add([]change{{ids[1], []byte("two")}}) })
	w.show(0, 3)
	mustLook(t, m, w, ids[1]) // within freshness
	mu.Lock()
	now = now.Add(6 * time.Second)
	mu.Unlock()
	if _, err := m.At(t.Context()); !errors.Is(err, ErrBehind) {
		t.Errorf("view of a stream that stands still: %v", err)
	}
	w.show(3, 3)
	if v := mustLook(t, m, w, ids[1]); v.Sequence != 2 {
		t.Errorf("after it went on: checkpoint %d", v.Sequence)
	}
	asked := w.count("ServiceInfo")
	mustLook(t, m, w, ids[1])
	if w.count("ServiceInfo") != asked {
		t.Error("an idle chain is asked about each time")
	}
	w.set(func() { w.down = errBroken })
	mu.Lock()
	now = now.Add(6 * time.Second)
	mu.Unlock()
	if _, err := m.At(t.Context()); !errors.Is(err, errBroken) {
		t.Errorf("node down: %v", err)
	}
}

// After a stream that failed for good all is read anew, and nothing goes back.
func TestBeginsAnew(t *testing.T) {
	w := newWorld()
	for range 30 {
		w.write([]change{{ids[1], []byte("x")}})
	}
	m := start(t, Config{Node: w, Timeout: time.Second})
	v := mustLook(t, m, w, ids[1])
	w.set(func() { w.broken = errBroken })
	if err := m.wait(t.Context(), func() bool { return !m.known }); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Look(ids[1]); !errors.Is(err, ErrMoved) {
		t.Errorf("a view of what is forgotten: %v", err)
	}
	if _, _, err := m.Following(); !errors.Is(err, errBroken) {
		t.Errorf("following: %v", err)
	}
	w.set(func() { w.broken = nil })
	if again := mustLook(t, m, w, ids[1]); again.Sequence < v.Sequence {
		t.Errorf("went back from %d to %d", v.Sequence, again.Sequence)
	}
}

// Checkpoints that do not follow on each other are not applied.
func TestReorderedCheckpoints(t *testing.T) {
	for name, spoil := range map[string]func(w *world){
		"order":    func(w *world) { c := w.checkpoints; c[3], c[4] = c[4], c[3] },
		"left out": func(w *world) { c := w.checkpoints; c[3] = c[4] },
		"history":  func(w *world) { c := *w.checkpoints[3]; c.Previous = &sui.Digest{9}; w.checkpoints[3] = &c },
		"time":     func(w *world) { c := *w.checkpoints[3]; c.TimestampMS = 1; w.checkpoints[3] = &c },
	} {
		w := newWorld()
		for range 2 {
			w.write(nil)
		}
		m := start(t, Config{Node: w, Timeout: 20 * time.Millisecond})
		if err := m.Await(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		w.set(func() { w.add(nil); w.add(nil); spoil(w) })
		w.show(5, 5)
		if err := m.wait(t.Context(), func() bool { return !m.known }); err != nil {
			t.Fatal(name, err)
		}
		if _, err := m.At(t.Context()); err == nil {
			t.Errorf("%s: a view of reordered checkpoints", name)
		}
	}
}

// The content of what the stream names is checked.
func TestLiesAboutContent(t *testing.T) {
	w := newWorld()
	w.write([]change{{ids[1], []byte("one")}})
	m := start(t, Config{Node: w, Timeout: time.Second})
	mustLook(t, m, w, ids[1])
	w.set(func() {
		w.lie = func(o *sui.Object) *sui.Object {
			if o.ID() != ids[1] {
				return o
			}
			o = o.Clone()
			o.Move.Contents[33] ^= 1
			return o
		}
	})
	if err := m.Await(t.Context(), w.write([]change{{ids[1], []byte("two")}})); err != nil {
		t.Fatal(err)
	}
	if _, k, err := look(t.Context(), m, ids[1]); err == nil {
		t.Errorf("took %+v", k.Object)
	}
	w.set(func() { w.lie = nil })
	mustLook(t, m, w, ids[1])
}

// The store forgets what was not used for longest, and stays within its bounds.
func TestStore(t *testing.T) {
	s := newStore(20 * entryOverhead)
	for i := range 100 {
		s.put(sui.Address{byte(i)}, &entry{loaded: true, since: uint64(i)})
		if _, ok := s.get(sui.Address{0}); !ok {
			t.Fatalf("at %d: what is used is forgotten", i)
		}
		if n := len(s.young) + len(s.old); n > 21 {
			t.Fatalf("%d entries", n)
		}
	}
	if _, ok := s.get(sui.Address{1}); ok {
		t.Error("what is not used is kept")
	}
	s.put(sui.Address{0}, &entry{since: 7})
	if e, ok := s.has(sui.Address{0}); !ok || e.since != 7 {
		t.Error("not replaced")
	}
	s.remove(sui.Address{0})
	if _, ok := s.has(sui.Address{0}); ok {
		t.Error("not removed")
	}
}

// What a stream goes on with after an interruption is not taken for the newest, by a
// clock that is behind either: not before it has reached the node's tip.
func TestCatchingUp(t *testing.T) {
	w := newWorld()
	w.write([]change{{ids[1], []byte("one")}})
	var mu sync.Mutex
	now := base.Add(-time.Hour)
	m := start(t, Config{Node: w, Timeout: 300 * time.Millisecond, Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	mustLook(t, m, w, ids[1])
	m.interrupted(errBroken, 0) // as the client says that retries it
	mu.Lock()
	now = now.Add(6 * time.Second)
	mu.Unlock()
	w.set(func() {
		for range 3 {
			w.add([]change{{ids[1], []byte("two")}})
		}
	})
	w.show(3, 5) // of what was missed, the first arrives
	if err := m.wait(t.Context(), func() bool { return m.at.Sequence == 2 }); err != nil {
		t.Fatal(err)
	}
	if v, err := m.At(t.Context()); !errors.Is(err, ErrBehind) {
		t.Errorf("a view of checkpoint 2 of 4: %+v, %v", v, err)
	}
	w.show(5, 5)
	if v := mustLook(t, m, w, ids[1]); v.Sequence != 4 {
		t.Errorf("a view of checkpoint %d", v.Sequence)
	}
	asked := w.count("ServiceInfo")
	mu.Lock()
	now = now.Add(6 * time.Second)
	mu.Unlock()
	if err := m.Await(t.Context(), w.write(nil)); err != nil {
		t.Fatal(err)
	}
	if v, err := m.At(t.Context()); err != nil || v.Sequence != 5 || w.count("ServiceInfo") != asked {
		t.Errorf("afterwards the stream's word is not enough: %v", err)
	}
}
