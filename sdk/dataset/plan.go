package dataset

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// A Plan is what the signer can do so that a policy lets it in. It was rehearsed
// on this machine, with the contract's bytecode, before it is offered.
type Plan struct {
	Policy sui.Address `json:"policy_id"`
	Clause uint64      `json:"clause"` // that is met in the end
	// Cost is the price of the passes to buy, in MIST; fees come on top.
	Cost  uint64   `json:"cost_mist"`
	Steps []string `json:"steps"` // in plain words, in order; none if there is nothing to do but to show

	policy *contract.Policy
	buy    []uint64 // numbers of offers
	// treasury is paid for offers along a lineage.
	treasury sui.Address
	passes   []sui.Address
	held     []held
	purpose  string
	request  bool // a key request is made
}

// held is an object of the signer to show.
type held struct {
	id  sui.Address
	typ sui.TypeTag
}

// evidence finds what the signer has to show so that the policy lets it in. If
// there is nothing it makes a plan, and carries it out if the reader agrees.
// The zero value but for As is to show nothing.
func evidence(ctx context.Context, env *Env, policy sui.Address, opt OpenOptions) (TryOptions, error) {
	plain := TryOptions{As: env.Signer.Address()}
	p, err := findPolicy(ctx, env, policy)
	if err != nil || p.Simple() {
		return plain, err
	}
	t, err := newTrial(ctx, env, time.Time{})
	if err != nil {
		return plain, err
	}
	own, err := belongings(ctx, env, p)
	if err != nil {
		return plain, err
	}
	for _, show := range own.shows(plain) {
		v, err := t.try(p, show)
		if err != nil {
			return plain, err
		}
		if v.Allowed {
			return show, nil
		}
	}
	plan, err := bestPlan(ctx, env, p, own, opt.Purpose)
	if err != nil || plan == nil {
		return plain, err
	}
	if len(plan.Steps) > 0 {
		if opt.Agree == nil {
			return plain, nil
		}
		if err := opt.Agree(plan); err != nil {
			return plain, err
		}
	}
	return plan.carryOut(env, func(b *sui.Builder) ([]sui.Event, error) {
		done, err := env.Chain.Send(ctx, env.Signer, b)
		if err != nil {
			return nil, contract.ExplainFor(err, contract.Situation{Requester: plain.As, Policy: p})
		}
		return done.Events, nil
	})
}

// Prepare does what Open does before it asks for keys, and says whether the
// policy would let the signer in then, and by showing what. id may also be that
// of a dataset under the policy.
func Prepare(ctx context.Context, env *Env, id sui.Address, opt OpenOptions) (*Verdict, TryOptions, error) {
	p, err := findPolicy(ctx, env, id)
	if err != nil {
		return nil, TryOptions{}, err
	}
	show, err := evidence(ctx, env, p.ID, opt)
	if err != nil {
		return nil, show, err
	}
	v, err := TryPolicy(ctx, env, p.ID, show)
	return v, show, err
}

// owned is what the signer has from a policy.
type owned struct {
	passes   []*contract.Pass
	requests []sui.Address
}

// belongings reads the signer's passes and key requests of a policy.
func belongings(ctx context.Context, env *Env, p *contract.Policy) (own owned, err error) {
	packages := Packages(env.Network)
	objects, err := env.Chain.OwnedObjects(ctx, env.Signer.Address(), packages.PassType())
	if err != nil {
		return own, fmt.Errorf("find passes: %w", err)
	}
	for _, o := range objects {
		pass, err := contract.ParsePass(o)
		if err != nil {
			return own, err
		}
		if pass.Policy == p.ID {
			own.passes = append(own.passes, pass)
		}
	}
	if objects, err = env.Chain.OwnedObjects(ctx, env.Signer.Address(), packages.KeyRequestType()); err != nil {
		return own, fmt.Errorf("find key requests: %w", err)
	}
	for _, o := range objects {
		r, err := contract.ParseKeyRequest(o)
		if err != nil {
			return own, err
		}
		if r.Policy == p.ID {
			own.requests = append(own.requests, r.ID)
		}
	}
	return own, nil
}

// shows lists what can be shown as it is: nothing, a pass, a request.
func (own owned) shows(plain TryOptions) []TryOptions {
	out := []TryOptions{plain}
	for _, pass := range own.passes {
		show := plain
		show.Pass = pass.ID
		out = append(out, show)
	}
	for _, id := range own.requests {
		show := plain
		show.Request = id
		out = append(out, show)
	}
	return out
}

// bestPlan is the cheapest plan that lets the signer in, or nil.
func bestPlan(ctx context.Context, env *Env, p *contract.Policy, own owned, purpose string) (*Plan, error) {
	var best *Plan
	for _, c := range p.Clauses {
		plan, err := planFor(ctx, env, p, c, own, purpose)
		if err != nil {
			return nil, err
		}
		if plan == nil || best != nil && best.Cost <= plan.Cost {
			continue
		}
		works, err := plan.rehearse(ctx, env)
		if err != nil {
			return nil, err
		}
		if works {
			best = plan
		}
	}
	return best, nil
}

// planFor is what would meet a clause as far as the signer can do something
// about it; nil if it can't. Whether it does meet the clause is for the contract
// to say.
func planFor(ctx context.Context, env *Env, p *contract.Policy, c contract.Clause, own owned, purpose string) (*Plan, error) {
	plan := &Plan{Policy: p.ID, Clause: c.ID, policy: p, Steps: []string{}}
	for _, r := range c.Rules {
		switch r.Kind {
		case contract.RulePass:
			if added, err := plan.addPass(ctx, env, r.Offer, own); err != nil || !added {
				return nil, err
			}
		case contract.RulePurpose:
			if purpose == "" || len(r.Purposes) > 0 && !slices.Contains(r.Purposes, purpose) {
				return nil, nil
			}
			plan.purpose, plan.request = purpose, true
		case contract.RuleHolds:
			h, err := findHeld(ctx, env, r)
			if err != nil || h == nil {
				return nil, err
			}
			plan.held = append(plan.held, *h)
		case contract.RuleAttested:
			return nil, nil // its module makes the request
		}
	}
	if len(plan.passes)+len(plan.buy)+len(plan.held) > 1 {
		plan.request = true
	}
	if plan.request {
		s := "make a key request on chain"
		if plan.purpose != "" {
			s += fmt.Sprintf(" that declares the purpose %q, for everybody to read for ever", plan.purpose)
		}
		plan.Steps = append(plan.Steps, s)
	}
	return plan, nil
}

// addPass adds a pass of the offer: the signer's, or one to buy.
func (plan *Plan) addPass(ctx context.Context, env *Env, offer uint64, own owned) (bool, error) {
	for _, pass := range own.passes {
		if pass.Offer != offer || pass.UsesLeft != nil && *pass.UsesLeft == 0 || slices.Contains(plan.passes, pass.ID) {
			continue
		}
		plan.passes = append(plan.passes, pass.ID)
		if pass.UsesLeft != nil {
			plan.request = true
			plan.Steps = append(plan.Steps, fmt.Sprintf("use your pass %s once, which then has %d left", pass.ID, *pass.UsesLeft-1))
		}
		return true, nil
	}
	o := plan.policy.Offer(offer)
	if o == nil || !o.Open || !o.InSUI() {
		return false, nil
	}
	if o.Version != nil {
		var err error
		if plan.treasury, err = findTreasury(ctx, env, o.CoinType); err != nil {
			return false, nil // who sells has to make one
		}
	}
	plan.buy = append(plan.buy, offer)
	plan.Cost += o.Price
	plan.request = plan.request || o.Uses != nil
	plan.Steps = append(plan.Steps, fmt.Sprintf("buy a pass%s for %s", o.Extent(), o.Cost()))
	return true, nil
}

// findHeld finds an object of the type that a rule asks for.
func findHeld(ctx context.Context, env *Env, r contract.Rule) (*held, error) {
	t, err := r.TypeTag()
	if err != nil || t.Struct == nil {
		return nil, nil
	}
	objects, err := env.Chain.OwnedObjects(ctx, env.Signer.Address(), t.Struct)
	if err != nil {
		return nil, fmt.Errorf("find an object of type %s: %w", t.Struct.Short(), err)
	}
	if len(objects) == 0 {
		return nil, nil
	}
	return &held{objects[0].ID(), t}, nil
}

// errNo says that a step of a rehearsal failed.
var errNo = errors.New("the contract says no")

// rehearse carries the plan out on this machine alone, and asks the contract.
func (plan *Plan) rehearse(ctx context.Context, env *Env) (bool, error) {
	t, err := newTrial(ctx, env, time.Time{})
	if err != nil {
		return false, err
	}
	show, err := plan.carryOut(env, func(b *sui.Builder) ([]sui.Event, error) {
		r, err := t.run(b, env.Signer.Address())
		if err == nil && r.Effects.Status.Failure != nil {
			err = errNo
		}
		if err != nil {
			return nil, err
		}
		return r.Events, nil
	})
	if errors.Is(err, errNo) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("rehearse: %w", err)
	}
	v, err := t.try(plan.policy, show)
	return err == nil && v.Allowed, err
}

// carryOut does what the plan says by transactions that go to send, and returns
// what there is to show then.
func (plan *Plan) carryOut(env *Env, send func(*sui.Builder) ([]sui.Event, error)) (TryOptions, error) {
	show := TryOptions{As: env.Signer.Address()}
	passes := slices.Clone(plan.passes)
	if len(plan.buy) > 0 {
		t := newPolicyTx(env, plan.policy)
		for _, offer := range plan.buy {
			if err := t.buy(offer, show.As, plan.treasury); err != nil {
				return show, err
			}
		}
		events, err := send(t.Builder)
		if err != nil {
			return show, fmt.Errorf("buy pass: %w", err)
		}
		for _, sold := range eventsOf[contract.PassSold](env, events) {
			passes = append(passes, sold.PassID)
		}
	}
	switch {
	case plan.request:
		t := newPolicyTx(env, plan.policy)
		t.requestKeys(passes, plan.held, plan.purpose)
		events, err := send(t.Builder)
		if err != nil {
			return show, fmt.Errorf("make key request: %w", err)
		}
		for _, r := range eventsOf[contract.KeyRequested](env, events) {
			show.Request = r.RequestID
		}
	case len(passes) > 0:
		show.Pass = passes[0]
	case len(plan.held) > 0:
		show.Holding = plan.held[0].id
	}
	return show, nil
}

func (t *PolicyTx) requestKeys(passes []sui.Address, shown []held, purpose string) {
	calls := t.Packages.KeyRequestCalls(t.Builder)
	draft := calls.Begin(t.Object, t.Version)
	for _, pass := range passes {
		calls.UsePass(draft, contract.Object[contract.Pass](t.Builder, pass))
	}
	for _, h := range shown {
		calls.Show(h.typ, draft, t.Builder.Object(h.id))
	}
	if purpose != "" {
		calls.DeclarePurpose(draft, contract.Pure(t.Builder, purpose))
	}
	calls.Finish(draft, t.Object, t.Lineage)
}
