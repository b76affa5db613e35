package policy

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/floe-data/floe/oracle/mirror"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// LocalConfig says how a Local evaluates. Fields that a SimulatorConfig has too
// mean the same.
type LocalConfig struct {
	// Mirror gives the objects; what it says of trust in a node holds here.
	Mirror *mirror.Mirror
	// Wallets verifies the signatures of which only a node knows enough.
	Wallets Wallets
	// Engine runs the code; nil makes a new one. It serves one chain only.
	Engine *execution.Engine

	// Asked is called for each evaluation, with warm if the mirror knew all that it
	// read. May be nil.
	Asked func(warm bool)

	StalenessPackage sui.Address
	AllowedStaleness time.Duration
	AllowedLag       time.Duration
	Timeout          time.Duration
	Now              func() time.Time
}

// Bounds of one evaluation. A policy that needs more is refused.
const (
	maxRounds = 128      // readings of what the one before missed
	maxBytes  = 16 << 20 // of the objects read, packages not counted
)

// A Local evaluates policies by itself: it runs the bytecode over the objects of
// one checkpoint, and refuses as a Simulator does.
//
// Whoever wants to be let in by the wrong state has to deceive the mirror; see
// package mirror for what that takes. The node is not asked for a verdict, nor,
// when the mirror knows the policy and its objects, for anything.
type Local struct {
	rules
	wallets
	mirror   *mirror.Mirror
	engine   *evidence.Evaluator
	asked    func(warm bool)
	packages packageCache
}

var (
	_ Evaluator = (*Local)(nil)
	_ Reporter  = (*Local)(nil)
	_ Follower  = (*Local)(nil)
)

// NewLocal returns an Evaluator over a mirror, which the caller closes.
func NewLocal(cfg LocalConfig) (*Local, error) {
	r := rules{cfg.StalenessPackage, cfg.AllowedStaleness, cfg.AllowedLag, cfg.Timeout, cfg.Now}
	if err := r.setDefaults(); err != nil {
		return nil, fmt.Errorf("create local evaluator: %w", err)
	}
	if cfg.Mirror == nil || cfg.Wallets == nil {
		return nil, errors.New("create local evaluator: no mirror or no verifier of wallets is configured")
	}
	if cfg.Engine == nil {
		cfg.Engine = execution.NewEngine()
	}
	if cfg.Asked == nil {
		cfg.Asked = func(bool) {}
	}
	return &Local{rules: r, wallets: wallets{cfg.Wallets, r.timeout}, mirror: cfg.Mirror, engine: evidence.NewEvaluator(cfg.Engine), asked: cfg.Asked}, nil
}

// Ready demands that the mirror has the newest checkpoint.
func (l *Local) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.rules.timeout)
	defer cancel()
	_, err := l.mirror.At(ctx)
	return err
}

// Following implements [Follower].
func (l *Local) Following() (checkpoint uint64, at time.Time, err error) { return l.mirror.Following() }

// Nodes implements [Reporter]: where the node stands is where its stream does.
func (l *Local) Nodes(ctx context.Context) []NodeStatus {
	if err := l.Ready(ctx); err != nil {
		return []NodeStatus{{Err: err}}
	}
	checkpoint, at, err := l.mirror.Following()
	return []NodeStatus{{err, checkpoint, at}}
}

// Await waits until the mirror has a checkpoint, or one after it.
func (l *Local) Await(ctx context.Context, sequence uint64) error {
	return l.mirror.Await(ctx, sequence)
}

// Package implements [Evaluator].
func (l *Local) Package(ctx context.Context, id sui.Address) (Package, error) {
	return l.packages.find(id, func() (obj *sui.Object, err error) {
		ctx, cancel := context.WithTimeout(ctx, l.rules.timeout)
		defer cancel()
		err = l.view(ctx, func(v *mirror.View) error {
			k, err := v.Look(id)
			obj = k.Object
			return err
		})
		return obj, err
	})
}

// Evaluate implements [Evaluator].
func (l *Local) Evaluate(ctx context.Context, q Query) (out Evidence, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.rules.timeout)
	defer cancel()
	attempts := 0
	err = l.view(ctx, func(v *mirror.View) error {
		attempts++
		out, err = l.evaluate(v, q)
		return err
	})
	l.asked(attempts == 1)
	if err == nil {
		return out, nil
	}
	var ref *Refusal
	if !errors.As(err, &ref) {
		err = nodeFailure(err)
	}
	return out, err
}

// view calls f with the newest state, again after each object that f misses has
// been loaded, and if the chain goes on meanwhile.
func (l *Local) view(ctx context.Context, f func(*mirror.View) error) error {
	var last error
	for range maxRounds {
		v, err := l.mirror.At(ctx)
		if err != nil {
			return err
		}
		err = f(v)
		var missing *missingError
		var one *execution.MissingError
		switch {
		case errors.As(err, &missing):
			err = l.mirror.Load(ctx, missing.ids...)
		case errors.As(err, &one):
			err = l.mirror.Load(ctx, one.ID)
		case !errors.Is(err, mirror.ErrMoved):
			return err
		}
		if err != nil && !errors.Is(err, mirror.ErrMoved) {
			return err
		}
		last = err
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	if last != nil {
		return last
	}
	return badParameter(fmt.Sprintf("the policy reads more than %d objects, one after the other", maxRounds))
}

// missingError names several objects that the mirror has to load.
type missingError struct{ ids []sui.Address }

func (e *missingError) Error() string { return fmt.Sprintf("%d objects are missing", len(e.ids)) }

// evaluate runs the policy over one state. An error that is no Refusal says what
// is missing, or that the chain went on.
func (l *Local) evaluate(v *mirror.View, q Query) (out Evidence, err error) {
	out.Chain = v.Env.ChainID
	out.Checkpoint = &receipt.Checkpoint{Sequence: v.Sequence, Digest: v.Digest.String()}
	size := 0
	state := execution.LazySnapshot(func(id sui.Address) (execution.Known, error) {
		k, err := v.Look(id)
		if k.Object != nil && k.Object.Move != nil {
			if size += len(k.Object.Move.Contents); size > maxBytes {
				return k, badParameter(fmt.Sprintf("the policy reads more than %d bytes", maxBytes))
			}
		}
		return k, err
	})
	objects, err := l.read(state, q)
	if err != nil {
		return out, err
	}
	program, err := l.program(q, objects)
	if err != nil {
		return out, err
	}
	at := evidence.Position{
		Chain: v.Env.ChainID, Checkpoint: v.Sequence, CheckpointDigest: v.Digest,
		Epoch: v.Env.Epoch, EpochStartMS: v.Env.EpochStartMS, GasPrice: v.Env.ReferenceGasPrice, ProtocolVersion: v.Env.ProtocolVersion,
	}
	ev, result, err := l.run(state, at, transaction(q, program, at.GasPrice))
	if ev != nil {
		out.Evaluated, out.Record, out.Objects = receipt.ByLocal, ev, ev.Inputs()
	}
	if err = l.verdict(q, v, objects, ev, result, err); err == nil {
		return out, nil
	}
	if r := RefusalOf(err); r.Kind == Unknown && r.Reason.Code != evidence.CodeStale {
		out = undone(out) // the policy's code did not say this
	}
	return out, err
}

// read returns the objects that a query names. Everything that is known to be
// needed is asked for at once, so that a cold mirror loads it at once.
func (l *Local) read(state *execution.Snapshot, q Query) ([]*sui.Object, error) {
	ids, err := objectsOf(q)
	if err != nil {
		return nil, err
	}
	var missing missingError
	objects := make([]*sui.Object, len(ids))
	for i, id := range append(ids, sui.ClockID, l.stalenessPackage, q.Approval.Package) {
		o, err := state.Object(id)
		var one *execution.MissingError
		switch {
		case errors.As(err, &one):
			missing.ids = append(missing.ids, id)
		case err != nil && !errors.Is(err, execution.ErrNotFound):
			return nil, err
		case i < len(objects):
			objects[i] = o
		case o != nil && o.Package != nil:
			missing.addLinked(state, o.Package)
		}
	}
	if len(missing.ids) > 0 {
		return nil, &missing
	}
	aliased := objects[0]
	objects[0] = nil // who has aliases is refused by the evaluation, on record
	named, err := demandObjects(q, ids, objects)
	if err != nil && aliased != nil {
		err = hasAliases()
	}
	return named, err
}

// addLinked adds the packages that p links to and that are not there.
func (e *missingError) addLinked(state *execution.Snapshot, p *sui.MovePackage) {
	for _, link := range p.Linkage {
		var one *execution.MissingError
		if _, err := state.Object(link.Upgraded); errors.As(err, &one) {
			e.ids = append(e.ids, link.Upgraded)
		}
	}
}

// run evaluates a transaction. A panic is a fault of the VM, found by this policy
// only: others are not to suffer.
func (l *Local) run(state *execution.Snapshot, at evidence.Position, tx *sui.TransactionData) (ev *evidence.Evidence, result *execution.Result, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			ev, result, err = nil, nil, panicked(cause)
		}
	}()
	return l.engine.Evaluate(state, at, tx)
}

// verdict is what an evaluation means: as a Simulator would say.
func (l *Local) verdict(q Query, v *mirror.View, objects []*sui.Object, ev *evidence.Evidence, result *execution.Result, err error) error {
	var input *execution.InputError
	switch {
	case errors.As(err, &input):
		return badParameter(input.Error())
	case err != nil:
		return err
	case ev.Outcome.Verdict == evidence.Aliased:
		return hasAliases()
	}
	if err := l.checkClock(chainTime(v)); err != nil {
		return err
	}
	if f := result.Effects.Status.Failure; f != nil {
		return l.refusal(q, f, objects)
	}
	if ev.Outcome.Verdict != evidence.Allowed {
		return nodeFailure(fmt.Errorf("evaluation ended with %s and no reason", ev.Outcome))
	}
	return nil
}

// chainTime is what time it is on chain: that of the checkpoint, or that of the
// Clock, which policies see, if a node shows one that is ahead.
func chainTime(v *mirror.View) time.Time {
	const size = 32 + 8 // id and timestamp_ms
	ms := v.TimestampMS
	if k, err := v.Look(sui.ClockID); err == nil && k.Object != nil && k.Object.Move != nil && len(k.Object.Move.Contents) == size {
		ms = max(ms, binary.LittleEndian.Uint64(k.Object.Move.Contents[32:]))
	}
	return time.UnixMilli(int64(ms))
}

// Wallets verifies personal messages; *suirpc.Client does.
type Wallets interface {
	VerifyPersonalMessage(ctx context.Context, addr sui.Address, message []byte, sig sui.Signature) error
}

var _ Wallets = (*suirpc.Client)(nil)
