package mirror

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

// A read of one object is under way; who wants the same waits for it.
type read struct {
	id    sui.Address
	exact *sui.ObjectRef // the version that the stream named before, if it did
	done  chan struct{}
	err   error // valid when done

	// What the stream said since the read began; guarded by the mirror's mu.
	named bool
	ref   sui.ObjectRef
	at    uint64
}

// batchSize is how many objects are read in one call, the Clock twice among them.
const batchSize = 48

// Load reads objects from the node. When it returns nil, a new view knows them,
// unless the chain goes on just then.
func (m *Mirror) Load(ctx context.Context, ids ...sui.Address) error {
	if err := m.wait(ctx, m.ready); err != nil {
		return err
	}
	m.mu.Lock()
	reads := m.begin(ids)
	m.mu.Unlock()
	var errs []error
	for _, r := range reads {
		select {
		case <-r.done:
			errs = append(errs, r.err)
		case <-ctx.Done():
			return fmt.Errorf("load object %s: %w", r.id, context.Cause(ctx))
		}
	}
	return errors.Join(errs...)
}

// begin starts to read what is neither there nor being read; for holders of mu.
func (m *Mirror) begin(ids []sui.Address) (reads []*read) {
	var exact, blind []*read
	for _, id := range ids {
		e, ok := m.store.has(id)
		if ok && e.loaded {
			continue
		}
		r := m.reads[id]
		if r == nil {
			r = &read{id: id, done: make(chan struct{})}
			m.reads[id] = r
			if ok {
				r.exact = &e.ref
				exact = append(exact, r)
			} else {
				blind = append(blind, r)
			}
		}
		reads = append(reads, r)
	}
	at, era := m.at, m.era
	m.start(exact, func(ctx context.Context) error { return m.readExact(ctx, exact, era) })
	for len(blind) > 0 {
		part := blind[:min(len(blind), batchSize)]
		blind = blind[len(part):]
		m.start(part, func(ctx context.Context) error { return m.readNewest(ctx, part, at, era) })
	}
	return reads
}

// start runs f for reads and ends them with its error.
func (m *Mirror) start(reads []*read, f func(context.Context) error) {
	if len(reads) == 0 {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(m.ctx, m.cfg.Timeout)
		defer cancel()
		err := f(ctx)
		m.mu.Lock()
		defer m.mu.Unlock()
		for _, r := range reads {
			r.err = err
			delete(m.reads, r.id)
			close(r.done)
		}
	}()
}

// readExact reads versions whose digests the stream gave, which need no other
// check.
func (m *Mirror) readExact(ctx context.Context, reads []*read, era int) error {
	refs := make([]sui.ObjectRef, len(reads))
	for i, r := range reads {
		refs[i] = *r.exact
	}
	objects, err := m.cfg.Node.ObjectVersions(ctx, refs)
	if err != nil {
		return fmt.Errorf("read what changed: %w", err)
	}
	found := make([]execution.Known, len(objects))
	for i, o := range objects {
		if found[i] = execution.Know(o); o != nil && o.Ref() != refs[i] {
			return fmt.Errorf("read what changed: the node gives another object %s than its checkpoint names", refs[i].ID)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, r := range reads {
		e, ok := m.store.has(r.id)
		switch {
		case m.era != era || !ok || e.loaded || e.ref != refs[i]:
		case found[i].Object == nil:
			m.store.remove(r.id) // no longer kept: it is read anew
		default:
			m.store.put(r.id, &entry{Known: found[i], loaded: true, since: e.since})
		}
	}
	return nil
}

// readNewest reads objects of which the mirror, at the position since, knows
// nothing. The node may be ahead of the stream, or, if a name stands for several
// nodes, behind it. So the Clock, which changes in each checkpoint, is read before
// and after: the first must not be older than at the position, and the stream has
// to pass the second, and the tip that the node tells afterwards. What the stream
// did not name in between has been the same since the position.
//
// A node that shows an object of the next checkpoint before that checkpoint's Clock
// gets it taken for one of this: final all the same, and the stream names it next.
func (m *Mirror) readNewest(ctx context.Context, reads []*read, since Position, era int) error {
	ids := []sui.Address{sui.ClockID}
	for _, r := range reads {
		ids = append(ids, r.id)
	}
	objects, err := m.cfg.Node.Objects(ctx, append(ids, sui.ClockID))
	if err != nil {
		return fmt.Errorf("read objects: %w", err)
	}
	before, after, err := clocks(objects, len(reads))
	if err != nil {
		return err
	}
	if before < since.clock {
		return fmt.Errorf("%w: the node answers from a state before checkpoint %d, which it streamed", ErrBehind, since.Sequence)
	}
	objects = objects[1 : 1+len(reads)]
	found := make([]execution.Known, len(objects))
	for i, o := range objects {
		if found[i] = execution.Know(o); o != nil && o.ID() != reads[i].id {
			return fmt.Errorf("read object %s: the node gives another", reads[i].id)
		}
	}
	if err := m.prove(ctx, found); err != nil {
		return err
	}
	if err := m.pass(ctx, after); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.era != era {
		return fmt.Errorf("read objects: %w", ErrMoved)
	}
	for i, r := range reads {
		if err := m.keep(r, found[i], since.Sequence); err != nil {
			return err
		}
	}
	return nil
}

// clocks returns the versions of the Clock at both ends of an answer.
func clocks(objects []*sui.Object, between int) (before, after uint64, err error) {
	if len(objects) != between+2 {
		return 0, 0, fmt.Errorf("read objects: %d answers to %d questions", len(objects), between+2)
	}
	first, last := objects[0], objects[between+1]
	if first == nil || last == nil || first.ID() != sui.ClockID || last.ID() != sui.ClockID {
		return 0, 0, errors.New("read objects: the node gives no Clock")
	}
	return first.Version(), last.Version(), nil
}

// keep puts what was read into the store, unless it can't be right; for holders of
// mu.
func (m *Mirror) keep(r *read, found execution.Known, since uint64) error {
	e := &entry{Known: found, loaded: true, since: since}
	if !r.named {
		if err := m.memory.check(r.id, found, m.era); err != nil {
			return err
		}
	} else {
		m.memory.put(r.id, memento{r.ref.Version, r.ref.Digest, m.era})
		e = after(r.ref, r.at)
		if found.Object != nil && !e.loaded && found.Object.Version() == r.ref.Version && found.Digest == r.ref.Digest {
			e.Known, e.loaded = found, true
		}
	}
	m.store.put(r.id, e)
	return nil
}

// pass waits until the stream has delivered a version of the Clock, and the tip.
func (m *Mirror) pass(ctx context.Context, clock uint64) error {
	info, err := m.cfg.Node.ServiceInfo(ctx)
	if err != nil {
		return fmt.Errorf("ask for the tip: %w", err)
	}
	if err := m.pin(info.ChainID); err != nil {
		return err
	}
	return m.wait(ctx, func() bool {
		return m.ready() && m.at.Sequence >= info.Tip && (m.at.clock >= clock || m.at.clock == 0)
	})
}

// confirm makes sure that there is nothing newer than the mirror's checkpoint, by
// asking the node for the Clock and its tip. One question at a time is enough.
func (m *Mirror) confirm(ctx context.Context) error {
	m.mu.Lock()
	p := m.probe
	if p == nil {
		p = &read{done: make(chan struct{})}
		m.probe = p
		go m.ask(p)
	}
	m.mu.Unlock()
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrBehind, context.Cause(ctx))
	}
}

func (m *Mirror) ask(p *read) {
	ctx, cancel := context.WithTimeout(m.ctx, m.cfg.Timeout)
	defer cancel()
	began := m.cfg.Now()
	m.mu.Lock()
	breaks := m.breaks
	m.mu.Unlock()
	err := m.askNode(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.probe, p.err = nil, err; err == nil {
		m.confirmed = laterOf(m.confirmed, began)
		m.caughtUp = m.caughtUp || m.breaks == breaks
	}
	close(p.done)
}

func (m *Mirror) askNode(ctx context.Context) error {
	objects, err := m.cfg.Node.Objects(ctx, []sui.Address{sui.ClockID})
	if err != nil {
		return fmt.Errorf("read the Clock: %w", err)
	}
	if len(objects) != 1 || objects[0] == nil || objects[0].ID() != sui.ClockID {
		return errors.New("read the Clock: the node gives none")
	}
	return m.pass(ctx, objects[0].Version())
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// prove demands proofs that objects were left so by a checkpoint.
func (m *Mirror) prove(ctx context.Context, found []execution.Known) error {
	if !m.cfg.Prove {
		return nil
	}
	for _, k := range found {
		if k.Object == nil {
			continue // there is no proof that nothing is there
		}
		if err := m.proveOne(ctx, k); err != nil {
			return fmt.Errorf("prove object %s: %w", k.Object.ID(), err)
		}
	}
	return nil
}

func (m *Mirror) proveOne(ctx context.Context, k execution.Known) error {
	var sequence uint64 // of genesis
	if tx := k.Object.PreviousTransaction; !tx.IsZero() {
		ex, err := m.cfg.Node.Transaction(ctx, tx)
		if err != nil {
			return err
		}
		if ex.Checkpoint == nil {
			return fmt.Errorf("%w: its transaction is in no checkpoint yet", ErrUnproven)
		}
		sequence = *ex.Checkpoint
	}
	st, err := m.cfg.Light.ObjectState(ctx, sequence, k.Object.ID())
	if err != nil {
		return err
	}
	if want := (sui.ObjectRef{ID: k.Object.ID(), Version: k.Object.Version(), Digest: k.Digest}); !st.Modified || st.Ref != want {
		return fmt.Errorf("%w: checkpoint %d did not leave it so", ErrUnproven, sequence)
	}
	return nil
}
