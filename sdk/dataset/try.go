package dataset

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// TryOptions say in what situation a policy is tried.
type TryOptions struct {
	As sui.Address
	// At is the moment; zero is the chain's present one.
	At time.Time
	// Pass, Request and Holding are objects of the requester's to show, at most
	// one of them; all may be zero.
	Pass, Request, Holding sui.Address
}

// A Verdict is the contract's answer.
type Verdict struct {
	Policy  sui.Address `json:"policy_id"`
	As      sui.Address `json:"as"`
	At      time.Time   `json:"at"`
	Allowed bool        `json:"allowed"`
	Code    string      `json:"code,omitempty"` // of the rule that refuses
	Reason  string      `json:"reason,omitempty"`
	Remedy  string      `json:"remedy,omitempty"`
}

// TryPolicy asks whether somebody would get keys at some moment, by running
// the bytecode of the policy's contract on this machine over the objects that
// the chain has now. Of the future it knows the time alone: members, passes and
// clauses are those of today.
func TryPolicy(ctx context.Context, env *Env, id sui.Address, opt TryOptions) (*Verdict, error) {
	p, err := findPolicy(ctx, env, id)
	if err != nil {
		return nil, err
	}
	clock, err := env.Chain.Object(ctx, sui.ClockID)
	if err != nil {
		return nil, fmt.Errorf("read clock: %w", err)
	}
	if clock, err = setClock(clock, opt.At); err != nil {
		return nil, err
	}
	b := sui.NewBuilder()
	if err := question(ctx, env, b, append(append([]byte{}, p.ID[:]...), 0), p.ID, opt); err != nil {
		return nil, err
	}
	tx, err := b.Build(opt.As, sui.GasData{})
	if err != nil {
		return nil, err
	}
	price, err := env.Chain.ReferenceGasPrice(ctx)
	if err != nil {
		return nil, err
	}
	state := &chainState{ctx: ctx, chain: env.Chain, clock: clock}
	r, err := execution.NewEngine().Execute(state, execution.Env{ReferenceGasPrice: price, ProtocolVersion: protocolVersion}, tx, execution.Options{Simulate: true})
	if err != nil {
		return nil, fmt.Errorf("try policy: %w", err)
	}
	v := &Verdict{Policy: p.ID, As: opt.As, At: time.UnixMilli(int64(clockMS(clock))).UTC(), Allowed: r.Effects.Status.Failure == nil}
	if f := r.Effects.Status.Failure; f != nil {
		a, ok := contract.FindAbort(f, Packages(env.Network))
		if !ok {
			return nil, fmt.Errorf("try policy: %w", f)
		}
		v.Code, v.Reason = fmt.Sprintf("floe_%s::%s::%s", a.Package, a.Module, a.Name), a.Text
		v.Remedy = a.Remedy(contract.Situation{Requester: opt.As, Policy: p})
	}
	return v, nil
}

// openClauses asks the contract which clauses could let somebody in now.
func openClauses(ctx context.Context, env *Env, policy sui.Address) ([]uint64, error) {
	o, err := env.Chain.Object(ctx, policy)
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	b := sui.NewBuilder()
	contract.Summarize(b, Packages(env.Network), b.SharedObject(policy, o.Owner.Version, false))
	tx, err := b.Build(sui.Address{}, sui.GasData{})
	if err != nil {
		return nil, err
	}
	done, err := env.Chain.Simulate(ctx, tx, suirpc.SimulateOptions{SkipChecks: true})
	if err != nil {
		return nil, contract.Explain(fmt.Errorf("ask policy: %w", err))
	}
	if len(done.Outputs) != 1 || len(done.Outputs[0].Returned) != 1 {
		return nil, fmt.Errorf("ask policy: the node returned no summary")
	}
	s := new(contract.Summary)
	if err := bcs.Unmarshal(done.Outputs[0].Returned[0].BCS, s); err != nil {
		return nil, fmt.Errorf("ask policy: %w", err)
	}
	var open []uint64
	for _, c := range s.Open {
		open = append(open, c.ID)
	}
	return open, nil
}

// protocolVersion is that of the rules by which the trial is run; decisions
// depend on none of its numbers.
const protocolVersion = 95

// question builds what a key server is asked: the call of a seal_approve for
// one identity. Which one follows from what there is to show.
func question(ctx context.Context, env *Env, b *sui.Builder, key []byte, policy sui.Address, opt TryOptions) error {
	objects, err := env.Chain.Objects(ctx, []sui.Address{policy, env.Network.AccessVersion})
	if err != nil {
		return fmt.Errorf("read policy: %w", err)
	}
	var args [2]sui.Arg
	for i, o := range objects {
		if o == nil || o.Owner.Kind != sui.OwnerShared {
			return fmt.Errorf("read policy: object %d of the approval is not a shared object; is the network file of another network?", i)
		}
		args[i] = b.SharedObject(o.ID(), o.Owner.Version, false)
	}
	packages := Packages(env.Network)
	shown := opt.Pass
	if shown.IsZero() {
		shown = opt.Request
	}
	if shown.IsZero() {
		shown = opt.Holding
	}
	if shown.IsZero() {
		contract.SealApprove(b, packages, key, args[0], args[1])
		return nil
	}
	o, err := env.Chain.Object(ctx, shown)
	if err != nil {
		return fmt.Errorf("read object to show: %w", err)
	}
	arg := b.OwnedObject(o.Ref())
	switch {
	case shown == opt.Pass:
		contract.SealApproveWithPass(b, packages, key, args[0], arg, args[1])
	case shown == opt.Request:
		contract.SealApproveWithRequest(b, packages, key, args[0], arg, args[1])
	case o.Move == nil:
		return fmt.Errorf("show %s: it is a package", shown)
	default:
		contract.SealApproveHolding(b, packages, key, args[0], arg, o.Move.Type.Tag().TypeName(), args[1])
	}
	return nil
}

// chainState is the chain as the engine sees it, with a clock of its own.
type chainState struct {
	ctx   context.Context
	chain *suirpc.Client
	clock *sui.Object
}

func (s *chainState) Object(id sui.Address) (*sui.Object, error) {
	if id == sui.ClockID {
		return s.clock, nil
	}
	return stateError(s.chain.Object(s.ctx, id))
}

func (s *chainState) ObjectAt(id sui.Address, version uint64) (*sui.Object, error) {
	return stateError(s.chain.ObjectVersion(s.ctx, id, version))
}

func (s *chainState) ChildObject(parent, child sui.Address, maxVersion uint64) (*sui.Object, error) {
	o, err := s.Object(child)
	if err == nil && (o.Owner != sui.ObjectOwner(parent) || o.Version() > maxVersion) {
		return nil, fmt.Errorf("%s: %w", child, execution.ErrNotFound)
	}
	return o, err
}

func stateError(o *sui.Object, err error) (*sui.Object, error) {
	if errors.Is(err, suirpc.ErrNotFound) {
		return nil, fmt.Errorf("%w: %w", execution.ErrNotFound, err)
	}
	return o, err
}

// The Clock is its id and a u64, the Unix milliseconds.
const clockSize = 40

func setClock(clock *sui.Object, at time.Time) (*sui.Object, error) {
	if clock.Move == nil || len(clock.Move.Contents) != clockSize {
		return nil, fmt.Errorf("read clock: the object at 0x6 is not the clock")
	}
	if at.IsZero() {
		return clock, nil
	}
	if at.UnixMilli() < 0 {
		return nil, fmt.Errorf("try policy: %s is before 1970", at)
	}
	clock = clock.Clone()
	binary.LittleEndian.PutUint64(clock.Move.Contents[32:], uint64(at.UnixMilli()))
	return clock, nil
}

func clockMS(clock *sui.Object) uint64 { return binary.LittleEndian.Uint64(clock.Move.Contents[32:]) }
