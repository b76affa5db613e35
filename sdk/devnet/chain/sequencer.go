package chain

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/eventstream"
	"github.com/floe-data/floe/sdk/sui/lightclient"
)

// maxBatchSize bounds the transactions of one checkpoint.
const maxBatchSize = 256

// A submission is a signed transaction on its way into a checkpoint (data), or
// a request that concerns time (control).
type submission struct {
	data   *sui.TransactionData
	raw    []byte
	digest sui.Digest // of the transaction, or of the one that an advance made
	sigs   []sui.Signature

	control control
	advance uint64 // ms, of controlAdvance

	err    error
	sealed *sui.CheckpointSummary // the checkpoint it got into; nil when it changed nothing
	done   chan struct{}          // closed when the batch is committed or refused
}

// control is what a submission without a transaction wants.
type control uint8

const (
	controlNone    control = iota
	controlTick            // a fresh Clock
	controlAdvance         // the Clock moved by some time, in a checkpoint of its own
	controlSeal            // a checkpoint, even if it is empty
	controlEpoch           // the end of the epoch, in a checkpoint of its own
)

// alone reports whether a submission needs a checkpoint for itself.
func (s *submission) alone() bool { return s.control >= controlAdvance }

// submit gives a submission to the sequencer and waits until it is durable or
// refused. A caller that goes away does not stop what has been taken.
func (c *Chain) submit(ctx context.Context, s *submission) error {
	s.done = make(chan struct{})
	select {
	case c.queue <- s:
	case <-c.closing:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refreshClock makes a checkpoint if the Clock is more than ClockLag behind.
func (c *Chain) refreshClock(ctx context.Context) error {
	if c.lag() <= c.cfg.ClockLag {
		return nil
	}
	return c.submit(ctx, &submission{control: controlTick})
}

// freshen is refreshClock for reads, which work without it too.
func (c *Chain) freshen(ctx context.Context) {
	if err := c.refreshClock(ctx); err != nil && ctx.Err() == nil {
		c.cfg.Log.Warn("clock is stale", "err", err)
	}
}

// sequence is the sequencer goroutine: it takes what waits, one batch at a time.
func (c *Chain) sequence() {
	defer c.done.Done()
	var beat <-chan time.Time
	if c.cfg.Heartbeat > 0 {
		ticker := time.NewTicker(c.cfg.Heartbeat)
		defer ticker.Stop()
		beat = ticker.C
	}
	for {
		var first *submission
		select {
		case <-c.closing:
			return
		case first = <-c.queue:
		case <-beat:
			first = &submission{control: controlTick, done: make(chan struct{})}
		}
		for first != nil {
			var batch []*submission
			batch, first = c.drain(first)
			c.commit(batch)
		}
	}
}

// drain adds what is waiting at this moment to a batch. One that needs a batch
// of its own ends it and is returned as the first of the next.
func (c *Chain) drain(first *submission) (batch []*submission, next *submission) {
	batch = append(batch, first)
	for len(batch) < maxBatchSize && !first.alone() {
		select {
		case s := <-c.queue:
			if s.alone() {
				return batch, s
			}
			batch = append(batch, s)
		default:
			return batch, nil
		}
	}
	return batch, nil
}

// errNothing ends a batch that would make an empty checkpoint.
var errNothing = errors.New("nothing to commit")

// commit turns a batch into a checkpoint and answers its submissions.
func (c *Chain) commit(batch []*submission) {
	var rec *checkpointRecord
	var next *era
	var ahead uint64
	err := c.ledger.write(func(v view) (err error) {
		rec, next, err = c.execute(v, batch)
		ahead = fromBE(v.meta(metaAhead))
		return err
	})
	if errors.Is(err, errNothing) {
		err = nil
		rec = nil
	}
	if err != nil {
		c.engine.Store(execution.NewEngine(c.cfg.NitroRoots...))
		c.cfg.Log.Error("batch refused", "transactions", len(batch), "err", err)
	} else if rec != nil {
		c.ahead.Store(ahead)
		if next != nil {
			c.era.Store(next)
		}
		c.head.Store(&rec.summary)
		c.listeners.wake()
	}
	for _, s := range batch {
		if rec != nil {
			s.sealed = &rec.summary
		}
		if err != nil && s.err == nil {
			s.err = err
		}
		close(s.done)
	}
}

// execute runs a batch against the uncommitted state and writes its checkpoint.
// next is set when that ends the epoch.
func (c *Chain) execute(v view, batch []*submission) (rec *checkpointRecord, next *era, err error) {
	b, err := c.openBatch(v)
	if err != nil {
		return nil, nil, err
	}
	if batch[0].control != controlAdvance && b.ms != b.prev.summary.TimestampMS {
		if err := b.moveClock(); err != nil {
			return nil, nil, err
		}
	}
	wanted := false // even without a transaction
	for _, s := range batch {
		switch s.control {
		case controlTick:
			wanted = wanted || b.system > 0
		case controlSeal:
			wanted = true
		case controlAdvance:
			if s.err = b.moveAhead(s); s.err != nil {
				return nil, nil, errNothing
			}
			wanted, s.digest = true, b.txs[len(b.txs)-1].Transaction
		case controlEpoch:
			if err := b.endEpoch(); err != nil {
				return nil, nil, err
			}
			wanted, s.digest = true, b.txs[len(b.txs)-1].Transaction
		default:
			if s.err = b.run(s); s.err != nil && isFatal(s.err) {
				return nil, nil, s.err
			}
		}
	}
	if len(b.txs) == b.system && !wanted {
		return nil, nil, errNothing
	}
	rec, err = b.seal()
	return rec, b.next, err
}

// A batch is a checkpoint in the making.
type batch struct {
	c    *Chain
	v    view
	era  *era
	next *era // set when the checkpoint ends the epoch
	prev *checkpointRecord
	seq  uint64
	ms   uint64
	gas  sui.GasUsed

	system   int  // how many of txs are those of Clock and Random
	drawn    bool // Random has a round of this checkpoint
	txs      []sui.ExecutionDigests
	sigs     [][]sui.Signature
	modified map[sui.Address]sui.ObjectRef            // as the checkpoint leaves them
	streams  map[sui.Address][]eventstream.Commitment // of authenticated events
}

// openBatch starts a checkpoint on top of the newest one.
func (c *Chain) openBatch(v view) (*batch, error) {
	prev, err := v.head()
	if err != nil {
		return nil, err
	}
	b := &batch{c: c, v: v, era: c.era.Load(), prev: prev, seq: prev.summary.Sequence + 1}
	if prev.summary.Epoch == b.era.env.Epoch {
		b.gas = prev.summary.EpochGas
	}
	b.ms = c.now(v, prev.summary.TimestampMS)
	return b, nil
}

// moveClock executes the system transaction that sets the Clock, as consensus
// does at the start of each commit.
func (b *batch) moveClock() error {
	return b.runSystem(execution.ClockTransaction(b.era.env.Epoch, b.seq, b.ms))
}

// runSystem executes a transaction that the system makes before those of users.
func (b *batch) runSystem(data *sui.TransactionData) error {
	res, err := b.c.run(b.v, b.era.env, data, execution.Options{})
	if err != nil {
		return err
	}
	b.system++
	return b.add(data.Digest(), bcs.Marshal(data), []sui.Signature{systemSignature}, res)
}

// draw executes the system transaction of a round of randomness before the
// first transaction of the checkpoint that uses Random. Its bytes follow from
// the chain's seed and cannot be foreseen without it.
func (b *batch) draw(tx *sui.TransactionData) error {
	if b.drawn || !execution.UsesRandom(&tx.Kind) {
		return nil
	}
	b.drawn = true
	epoch := b.era.env.Epoch
	round, err := execution.NextRound(state{b.v}, epoch)
	if errors.Is(err, execution.ErrNotFound) {
		return nil // a chain from before Random: the transaction is refused
	}
	if err != nil {
		return err
	}
	random := deriveSeed(b.c.cfg.Seed, fmt.Sprintf("randomness of epoch %d, round %d", epoch, round))
	return b.runSystem(execution.RandomnessTransaction(epoch, round, random))
}

// systemSignature stands where a user's signature would: Ed25519, all zero.
var systemSignature = make(sui.Signature, 1+64+32)

// errFatal marks errors of the ledger, which end the whole batch, as opposed to
// those of a transaction.
var errFatal = errors.New("ledger failed")

func isFatal(err error) bool { return errors.Is(err, errFatal) || errors.Is(err, ErrDamaged) }

// run executes one transaction. One that is in the ledger already is left as
// it is: the caller reads the effects that it had.
func (b *batch) run(s *submission) error {
	if b.v.bucket(bucketTxs).Get(s.digest[:]) != nil {
		return nil
	}
	if err := b.draw(s.data); err != nil {
		return fmt.Errorf("%w: %w", errFatal, err)
	}
	res, err := b.c.run(b.v, b.era.env, s.data, execution.Options{})
	if err != nil {
		return err
	}
	if err := b.add(s.digest, s.raw, s.sigs, res); err != nil {
		return fmt.Errorf("%w: %w", errFatal, err)
	}
	return nil
}

// add writes an executed transaction and what it did.
func (b *batch) add(digest sui.Digest, raw []byte, sigs []sui.Signature, res *execution.Result) error {
	for _, obj := range res.Written {
		if err := b.v.putObject(obj); err != nil {
			return err
		}
	}
	for _, id := range res.Deleted {
		if err := b.v.removeObject(id, res.Effects.LamportVersion); err != nil {
			return err
		}
	}
	for _, id := range res.Ended {
		end := key(be(res.Effects.Epoch), be(res.Effects.LamportVersion), digest[:])
		if err := b.v.bucket(bucketEnded).Put(id[:], end); err != nil {
			return err
		}
	}
	rec := &txRecord{
		data: raw, signatures: sigs, effects: bcs.Marshal(&res.Effects), loaded: res.Loaded,
		checkpoint: b.seq, index: uint32(len(b.txs)), timestampMS: b.ms,
	}
	if len(res.Events) > 0 {
		rec.events = bcs.Marshal(&sui.TransactionEvents{Events: res.Events})
	}
	b.gas.Computation += res.Effects.Gas.Computation
	b.gas.Storage += res.Effects.Gas.Storage
	b.gas.Rebate += res.Effects.Gas.Rebate
	b.gas.NonRefundable += res.Effects.Gas.NonRefundable
	b.note(&res.Effects)
	b.txs = append(b.txs, sui.ExecutionDigests{Transaction: digest, Effects: res.Effects.Digest()})
	b.sigs = append(b.sigs, sigs)
	return b.v.putTransaction(digest, rec)
}

// seal settles, signs and writes the checkpoint.
func (b *batch) seal() (*checkpointRecord, error) {
	if err := b.settle(); err != nil {
		return nil, err
	}
	rec := &checkpointRecord{contents: sui.CheckpointContents{Transactions: b.txs, Signatures: b.sigs}}
	rec.summary = sui.CheckpointSummary{
		Epoch: b.era.env.Epoch, Sequence: b.seq, TimestampMS: b.ms, EpochGas: b.gas,
		NetworkTransactions: uint64(len(b.txs)), ContentDigest: rec.contents.Digest(),
		Commitments: [][]byte{lightclient.NewObjects(slices.Collect(maps.Values(b.modified))).Commitment()},
	}
	if b.prev != nil {
		rec.summary.NetworkTransactions += b.prev.summary.NetworkTransactions
		rec.summary.PreviousDigest = ptr(b.prev.summary.Digest())
	}
	if b.next != nil {
		if err := b.closeEpoch(&rec.summary); err != nil {
			return nil, err
		}
	}
	var err error
	if rec.signature, err = b.era.keys.sign(&rec.summary); err != nil {
		return nil, err
	}
	return rec, b.v.putCheckpoint(rec)
}
