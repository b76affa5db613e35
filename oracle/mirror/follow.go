package mirror

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/lightclient"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

const (
	// runUp is how many checkpoints before the tip a mirror begins with, so that
	// the stream names the Clock at once.
	runUp = 8
	// firstPause and maxPause bound the pauses before the node is tried again.
	firstPause, maxPause = 50 * time.Millisecond, 5 * time.Second
)

// run follows the chain, again whenever that fails for good.
func (m *Mirror) run() {
	defer close(m.done)
	for wait := firstPause; ; wait = min(2*wait, maxPause) {
		before := m.position()
		err := m.follow()
		m.lose(err)
		if m.ctx.Err() != nil {
			return
		}
		m.cfg.Log.Error("following the chain failed", "err", err)
		if m.position() != before {
			wait = firstPause
		}
		if pause(m.ctx, wait) != nil {
			return
		}
	}
}

func (m *Mirror) position() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at.Sequence
}

// lose notes that the chain can't be followed. What was verified holds on, and is
// followed from there: otherwise a node could make the mirror forget what it knows
// better than to believe.
func (m *Mirror) lose(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cfg.Light == nil || m.ctx.Err() != nil {
		m.forget(err)
		return
	}
	m.broken = err
	m.fallBehind()
	m.wake()
}

// fallBehind is for holders of mu: the stream was interrupted, and what it goes on
// with may be old.
func (m *Mirror) fallBehind() { m.caughtUp, m.breaks = false, m.breaks+1 }

// forget is for holders of mu: it drops everything, since what was known holds no
// more. What was verified is remembered.
func (m *Mirror) forget(err error) {
	if m.cfg.Light == nil {
		m.memory = newMemory(memorySize)
	}
	m.known, m.broken, m.confirmed, m.store = false, err, time.Time{}, newStore(m.cfg.CacheBytes)
	m.era++
	m.fallBehind()
	m.wake()
}

// follow applies checkpoints until there is an error that another attempt, from
// the same place, does not mend.
func (m *Mirror) follow() error {
	info, err := m.cfg.Node.ServiceInfo(m.ctx)
	if err != nil {
		return err
	}
	if err := m.pin(info.ChainID); err != nil {
		return err
	}
	from := m.next(info)
	for cp, err := range m.cfg.Node.Follow(m.ctx, from, suirpc.OnRetry(m.interrupted), suirpc.MaxPause(time.Second)) {
		if err != nil {
			return err
		}
		if err := m.apply(cp); err != nil {
			return err
		}
	}
	return errors.New("the stream of checkpoints ended")
}

// next chooses the checkpoint to follow the chain from: the one after the last, if
// the node still has it.
func (m *Mirror) next(info suirpc.ServiceInfo) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known && info.Lowest <= m.at.Sequence+1 {
		return m.at.Sequence + 1
	}
	if m.known {
		m.forget(fmt.Errorf("the node has checkpoints from %d on, checkpoint %d comes next", info.Lowest, m.at.Sequence+1))
		m.cfg.Log.Error("all that was known is forgotten", "err", m.broken)
	}
	return max(info.Lowest, info.Tip-min(info.Tip, runUp))
}

// pin demands that the node serves the chain that it served first.
func (m *Mirror) pin(id sui.Digest) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.chain == (sui.Digest{}) {
		m.chain = id
	}
	if m.chain != id {
		return fmt.Errorf("full node serves chain %s now, served %s before: restart to accept another chain", id, m.chain)
	}
	return nil
}

func (m *Mirror) interrupted(err error, wait time.Duration) {
	m.mu.Lock()
	m.broken = err
	m.fallBehind()
	m.mu.Unlock()
	m.cfg.Log.Warn("the stream of checkpoints was interrupted", "err", err, "retry_in", wait)
}

// apply moves the mirror to the next checkpoint.
func (m *Mirror) apply(cp *suirpc.Checkpoint) error {
	if err := m.verify(cp); err != nil {
		return err
	}
	next := Position{Sequence: cp.Sequence, Digest: cp.Digest, TimestampMS: cp.TimestampMS}
	m.mu.Lock()
	next.Env, next.clock = m.at.Env, m.at.clock
	known, chain := m.known, m.chain
	m.mu.Unlock()
	if !known || next.Env.Epoch != cp.Epoch {
		env, err := m.environment(chain, cp.Epoch)
		if err != nil {
			return err
		}
		next.Env = env
	}
	changed := map[sui.Address]sui.ObjectRef{}
	writer := sui.Digest{} // of the Clock
	for i := range cp.Transactions {
		for _, ref := range lightclient.Modified(&cp.Transactions[i].Effects) {
			changed[ref.ID] = ref
			if ref.ID == sui.ClockID {
				writer, next.clock = cp.Transactions[i].Digest, ref.Version
			}
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.install(&next, changed, writer)
	return nil
}

// verify checks that a checkpoint follows on the last one, and who signed it.
func (m *Mirror) verify(cp *suirpc.Checkpoint) error {
	m.mu.Lock()
	known, at := m.known, m.at
	m.mu.Unlock()
	if known && (cp.Sequence != at.Sequence+1 || cp.Previous == nil || *cp.Previous != at.Digest || cp.TimestampMS < at.TimestampMS) {
		return fmt.Errorf("checkpoint %d does not follow on checkpoint %d", cp.Sequence, at.Sequence)
	}
	if m.cfg.Light == nil {
		return nil
	}
	return m.persist(func(ctx context.Context) error {
		return m.cfg.Light.VerifySummary(ctx, &cp.Summary, cp.Signature.Epoch, cp.Signature.Signature, cp.Signature.Bitmap)
	})
}

// environment asks what holds in an epoch.
func (m *Mirror) environment(chain sui.Digest, epoch uint64) (env execution.Env, err error) {
	err = m.persist(func(ctx context.Context) error {
		e, err := m.cfg.Node.Epoch(ctx, epoch)
		env = execution.Env{Epoch: epoch, EpochStartMS: e.StartMS, ReferenceGasPrice: e.ReferenceGasPrice, ProtocolVersion: e.ProtocolVersion, ChainID: chain}
		return err
	})
	return env, err
}

// persist tries again what failed for want of an answer. Meanwhile the mirror
// falls behind, which its readers notice.
func (m *Mirror) persist(f func(context.Context) error) error {
	for wait := firstPause; ; wait = min(2*wait, maxPause) {
		ctx, cancel := context.WithTimeout(m.ctx, m.cfg.Timeout)
		err := f(ctx)
		cancel()
		for _, final := range []error{lightclient.ErrBadSignature, lightclient.ErrBadHandover, lightclient.ErrBadProof, suirpc.ErrInvalid} {
			if err == nil || errors.Is(err, final) {
				return err
			}
		}
		m.interrupted(err, wait)
		if err := pause(m.ctx, wait); err != nil {
			return err
		}
	}
}

// install is for holders of mu: it puts in place what a checkpoint changed.
func (m *Mirror) install(next *Position, changed map[sui.Address]sui.ObjectRef, clockWriter sui.Digest) {
	var wanted []sui.Address
	for id, ref := range changed {
		if r := m.reads[id]; r != nil {
			r.named, r.ref, r.at = true, ref, next.Sequence
		}
		m.memory.change(id, ref, m.era)
		before, ok := m.store.has(id)
		if !ok || before.Object != nil && before.Digest == ref.Digest { // read when the node was ahead
			continue
		}
		e := after(ref, next.Sequence)
		if id == sui.ClockID && before.loaded && before.Object != nil {
			ticked(e, before.Object, next.TimestampMS, clockWriter)
		}
		m.store.put(id, e)
		if !e.loaded {
			wanted = append(wanted, id)
		}
	}
	m.at, m.known, m.broken, m.floor = *next, true, nil, max(m.floor, next.Sequence)
	now := m.cfg.Now()
	// By a clock that is behind, what was missed in an interruption would look new.
	if m.caughtUp && now.Sub(time.UnixMilli(int64(next.TimestampMS))) <= m.cfg.Freshness {
		m.confirmed = now
	}
	m.wake()
	if len(wanted) > 0 {
		m.begin(wanted)
	}
}

// after is the entry of an object that a checkpoint left as ref says.
func after(ref sui.ObjectRef, since uint64) *entry {
	if ref.Digest == sui.DigestDeleted || ref.Digest == sui.DigestWrapped {
		return &entry{loaded: true, since: since}
	}
	return &entry{ref: ref, since: since}
}

// ticked fills in the Clock, which changes in each checkpoint: it shows the time
// of the checkpoint, as its digest proves. If not, it is read like all others.
func ticked(e *entry, before *sui.Object, ms uint64, writer sui.Digest) {
	const size = 32 + 8 // id and timestamp_ms
	if before.Move == nil || len(before.Move.Contents) != size || e.loaded {
		return
	}
	clock := before.Clone()
	clock.PreviousTransaction, clock.Move.Version = writer, e.ref.Version
	binary.LittleEndian.PutUint64(clock.Move.Contents[32:], ms)
	if k := execution.Know(clock); k.Digest == e.ref.Digest {
		e.Known, e.loaded = k, true
	}
}

// pause sleeps for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
