package dataset

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/contract"
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
	t, err := newTrial(ctx, env, opt.At)
	if err != nil {
		return nil, err
	}
	return t.try(p, opt)
}

// try asks the policy's contract.
func (t *trial) try(p *contract.Policy, opt TryOptions) (*Verdict, error) {
	b := sui.NewBuilder()
	if err := question(t.Object, t.env, b, append(append([]byte{}, p.ID[:]...), 0), p.ID, opt); err != nil {
		return nil, err
	}
	r, err := t.run(b, opt.As)
	if err != nil {
		return nil, fmt.Errorf("try policy: %w", err)
	}
	v := &Verdict{Policy: p.ID, As: opt.As, At: time.UnixMilli(int64(clockMS(t.clock))).UTC(), Allowed: r.Effects.Status.Failure == nil}
	if f := r.Effects.Status.Failure; f != nil {
		a, ok := contract.FindAbort(f, Packages(t.env.Network))
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
	b := sui.NewBuilder()
	read, err := shared(func(id sui.Address) (*sui.Object, error) { return env.Chain.Object(ctx, id) }, env, b, policy)
	if err != nil {
		return nil, err
	}
	contract.Summarize(b, Packages(env.Network), read)
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
// one identity. Which one follows from what there is to show. Objects are read
// by load.
func question(load func(sui.Address) (*sui.Object, error), env *Env, b *sui.Builder, key []byte, policy sui.Address, opt TryOptions) error {
	read, err := shared(load, env, b, policy)
	if err != nil {
		return err
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
		contract.SealApprove(b, packages, key, read)
		return nil
	}
	o, err := load(shown)
	if err != nil {
		return fmt.Errorf("read object to show: %w", err)
	}
	arg := b.OwnedObject(o.Ref())
	switch {
	case shown == opt.Pass:
		contract.SealApproveWithPass(b, packages, key, arg, read)
	case shown == opt.Request:
		contract.SealApproveWithRequest(b, packages, key, arg, read)
	case o.Move == nil:
		return fmt.Errorf("show %s: it is a package", shown)
	default:
		contract.SealApproveHolding(b, packages, key, arg, o.Move.Type.Tag().TypeName(), read)
	}
	return nil
}

// shared names what every decision on a policy reads, at the versions at which
// the objects were shared.
func shared(load func(sui.Address) (*sui.Object, error), env *Env, b *sui.Builder, policy sui.Address) (contract.Read, error) {
	var args [3]sui.Arg
	for i, id := range []sui.Address{policy, env.Network.CatalogLineage, env.Network.AccessVersion} {
		o, err := load(id)
		if err != nil {
			return contract.Read{}, fmt.Errorf("read policy: %w", err)
		}
		if o.Owner.Kind != sui.OwnerShared {
			return contract.Read{}, fmt.Errorf("read policy: object %s of the approval is not a shared object; is the network file of another network?", id)
		}
		args[i] = b.SharedObject(id, o.Owner.Version, false)
	}
	return contract.Read{Policy: args[0], Lineage: args[1], Version: args[2]}, nil
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

// ChainTime is the chain's present moment.
func ChainTime(ctx context.Context, env *Env) (time.Time, error) {
	clock, err := env.Chain.Object(ctx, sui.ClockID)
	if err == nil {
		clock, err = setClock(clock, time.Time{})
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read clock: %w", err)
	}
	return time.UnixMilli(int64(clockMS(clock))).UTC(), nil
}
