package chain

import (
	"fmt"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

const (
	maxGasBudget  = 50_000 * sui.MistPerSUI
	maxGasPayment = 256 // coins
	// gasOverhead is the safety margin of an estimated budget, in units of gas.
	gasOverhead = 1000
)

// resolveInputs finds what a draft leaves open about its objects: versions,
// digests, and how shared objects are used.
func (r *renderer) resolveInputs(d *draft) error {
	p := d.tx.Kind.Programmable
	if p == nil {
		return invalid("only programmable transactions can be simulated")
	}
	for i := range p.Inputs {
		if p.Inputs[i].Kind != sui.InputUnresolved {
			continue
		}
		if err := r.resolveInput(d, i); err != nil {
			return invalid("resolve input %d: %v", i, err)
		}
	}
	return nil
}

func (r *renderer) resolveInput(d *draft, i int) error {
	in, hint := &d.tx.Kind.Programmable.Inputs[i], d.inputs[i]
	obj, err := r.v.object(in.Ref.ID)
	if err != nil {
		return err
	}
	if obj.Package != nil {
		return fmt.Errorf("object %s is a package and can't be an input", in.Ref.ID)
	}
	use, err := r.inputUse(d.tx.Kind.Programmable, i)
	if err != nil {
		return err
	}
	switch obj.Owner.Kind {
	case sui.OwnerShared, sui.OwnerConsensusAddress:
		if hint.version != nil && *hint.version != obj.Owner.Version {
			return fmt.Errorf("object %s was shared at version %d, not %d", in.Ref.ID, obj.Owner.Version, *hint.version)
		}
		*in = sui.Input{Kind: sui.InputShared, Ref: sui.ObjectRef{ID: in.Ref.ID}, SharedVersion: obj.Owner.Version}
		if hint.mutable != nil && *hint.mutable || hint.mutable == nil && use.mutable {
			in.Mutability = sui.SharedMutable
		}
		return nil
	case sui.OwnerObject:
		return fmt.Errorf("object %s is owned by object %s and can't be an input", in.Ref.ID, obj.Owner.Address)
	}
	if hint.version != nil && *hint.version != obj.Version() || hint.digest != nil && *hint.digest != obj.Digest() {
		return fmt.Errorf("object %s is at version %d with digest %s, which is not what the input says", in.Ref.ID, obj.Version(), obj.Digest())
	}
	*in = sui.Input{Kind: sui.InputImmOrOwned, Ref: obj.Ref()}
	if obj.Owner.Kind == sui.OwnerAddress && use.receiving {
		in.Kind = sui.InputReceiving
	}
	return nil
}

// An inputUse says what the commands do with an input.
type inputUse struct {
	mutable   bool // by value, by &mut, or in a command other than a call
	receiving bool // as a 0x2::transfer::Receiving<T>
}

// inputUse looks at every use of an input.
func (r *renderer) inputUse(p *sui.ProgrammableTransaction, input int) (use inputUse, err error) {
	for i := range p.Commands {
		c := &p.Commands[i]
		if c.MoveCall == nil {
			for _, a := range c.Arguments() {
				use.mutable = use.mutable || isInput(a, input)
			}
			continue
		}
		for position, a := range c.MoveCall.Arguments {
			if !isInput(a, input) {
				continue
			}
			if err := r.parameterUse(c.MoveCall, position, &use); err != nil {
				return use, fmt.Errorf("command %d: %w", i, err)
			}
		}
	}
	return use, nil
}

func isInput(a sui.Argument, input int) bool {
	return a.Kind == sui.ArgInput && int(a.Index) == input
}

// parameterUse adds how a function takes one of its arguments.
func (r *renderer) parameterUse(call *sui.MoveCall, position int, use *inputUse) error {
	p, err := r.types.load(r.v, call.Package)
	if err != nil {
		return err
	}
	m, err := p.module(call.Module)
	if err != nil {
		return err
	}
	index, ok := m.Function(call.Function)
	if !ok {
		return fmt.Errorf("function %s not found in module %s of package %s", clip(call.Function), m.Name(), call.Package)
	}
	params := m.Signatures[m.FunctionHandles[m.Functions[index].Handle].Params]
	if position >= len(params) {
		return fmt.Errorf("function %s::%s has %d parameters, argument %d is one too many", m.Name(), call.Function, len(params), position)
	}
	tok := params[position]
	if tok.Kind != bytecode.TokenRef {
		use.mutable = true
	}
	if tok.IsRef() {
		tok = tok.Args[0]
	}
	if tok.Kind != bytecode.TokenDatatypeInst {
		return nil
	}
	tag, err := r.types.handle(r.v, p, m, tok.Index)
	if err != nil {
		return err
	}
	if tag.Address == sui.Framework && tag.Module == "transfer" && tag.Name == "Receiving" {
		use.receiving = true
	}
	return nil
}

// selectGas completes price, budget and payment. The budget comes from a trial
// run with a coin that does not exist; payment is every SUI coin of the owner,
// largest first, that the transaction does not use otherwise.
func (c *Chain) selectGas(r *renderer, d *draft) error {
	if !d.budget {
		if err := c.estimateBudget(r, d); err != nil {
			return err
		}
	}
	if d.payment {
		return nil
	}
	used := map[sui.Address]bool{}
	for _, in := range d.tx.Kind.Programmable.Inputs {
		used[in.Ref.ID] = true
	}
	var total uint64
	var failed error
	owner := d.tx.Gas.Owner
	r.v.scan(bucketOwned, key(owner[:], []byte(sui.SUICoinType().String()), []byte{0}), nil, func(k, version []byte) bool {
		_, balance, id, ok := splitOwnedKey(k)
		if !ok || used[id] {
			return true
		}
		obj, err := r.v.objectAt(id, fromBE(version))
		if err != nil {
			failed = err
			return false
		}
		d.tx.Gas.Payment = append(d.tx.Gas.Payment, obj.Ref())
		total += balance
		return len(d.tx.Gas.Payment) < maxGasPayment
	})
	if failed != nil {
		return failed
	}
	if total < d.tx.Gas.Budget || len(d.tx.Gas.Payment) == 0 {
		return invalid("unable to select gas: %s has %d MIST in coins that the transaction does not use, and a budget of %d is needed: fund the address", owner, total, d.tx.Gas.Budget)
	}
	return nil
}

// estimateBudget runs the draft and adds margins to what it cost.
func (c *Chain) estimateBudget(r *renderer, d *draft) error {
	trial := d.tx
	trial.Gas.Payment = nil
	trial.Gas.Budget = maxGasBudget
	res, err := c.run(r.v, c.era.Load().env, &trial, execution.Options{Simulate: true})
	if err != nil {
		return refused(err)
	}
	g := res.Effects.Gas
	need := g.Computation
	if sum := g.Computation + g.Storage; sum > g.Rebate {
		need = max(need, sum-g.Rebate)
	}
	budget := need + gasOverhead*d.tx.Gas.Price
	if d.payment {
		total, err := r.paymentTotal(d.tx.Gas.Payment)
		if err != nil {
			return err
		}
		if total < budget {
			return invalid("the given gas coins hold %d MIST, and a budget of %d is needed", total, budget)
		}
	}
	d.tx.Gas.Budget = min(budget, maxGasBudget)
	return nil
}

func (r *renderer) paymentTotal(coins []sui.ObjectRef) (total uint64, err error) {
	for _, ref := range coins {
		obj, err := r.v.objectAt(ref.ID, ref.Version)
		if err != nil {
			return 0, err
		}
		balance, ok := coinBalance(obj)
		if !ok {
			return 0, invalid("gas payment %s is not a coin", ref.ID)
		}
		total += balance
	}
	return total, nil
}

// defaultGas completes gas data that a client left out and did not ask us to
// select.
func (c *Chain) defaultGas(r *renderer, d *draft) error {
	if d.budget {
		return nil
	}
	d.tx.Gas.Budget = maxGasBudget
	if !d.payment {
		return nil
	}
	total, err := r.paymentTotal(d.tx.Gas.Payment)
	d.tx.Gas.Budget = min(maxGasBudget, total)
	return err
}
