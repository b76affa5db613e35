package execution

import (
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/sui"
)

// A run is the execution of one programmable transaction.
type run struct {
	st      State
	env     Env
	opt     Options
	in      *inputs
	session *movevm.Session
	host    host

	gas     *slot
	inputs  []inputSlot
	results [][]*slot
	outputs []CommandOutput

	cliques cliques
	// sharedTaken are shared objects that commands took by value.
	sharedTaken []sui.Address
	published   []*sui.MovePackage
	bytesUnits  uint64 // internal gas units for bytes read and published
	held        uint64 // MIST of the gas coin that programs cannot see
	smashed     []*sui.Object

	failure *sui.ExecutionFailure
	clever  *movevm.Error // the VM's error behind the failure
}

func newRun(e *Engine, st State, env Env, opt Options, in *inputs) *run {
	r := &run{st: st, env: env, opt: opt, in: in, host: host{st: st}}
	tx := in.tx
	ctx := movevm.TxContext{
		Sender: tx.Sender, Digest: in.digest, Epoch: env.Epoch, EpochTimestampMS: env.EpochStartMS,
		GasPrice: tx.Gas.Price, ReferenceGasPrice: env.ReferenceGasPrice, GasBudget: tx.Gas.Budget,
	}
	if tx.Gas.Owner != tx.Sender {
		ctx.Sponsor = &tx.Gas.Owner
	}
	var packages movevm.PackageSource = &r.host
	if d, ok := st.(packageDigests); ok {
		packages = digestingHost{&r.host, d}
	}
	r.session = e.vm.NewSession(packages, &r.host, ctx)
	r.session.Bound(opt.Fuel, opt.Memory)
	return r
}

// commands runs the commands until the first failure, which it records. The
// error is one of the state: the transaction has no result then.
func (r *run) commands() error {
	err := r.start()
	if err == nil && len(r.in.ended) > 0 {
		err = fail(sui.FailInputObjectDeleted)
	}
	for i := 0; err == nil && i < len(r.in.pt.Commands); i++ {
		if err = r.command(&r.in.pt.Commands[i]); err == nil {
			err = r.checkBudget()
		}
		if err != nil {
			return r.fail(err, i)
		}
	}
	if err == nil {
		err = r.checkUnused()
	}
	if err != nil {
		return r.fail(err, -1)
	}
	return nil
}

// start registers the input objects with the Move VM.
func (r *run) start() error {
	r.held = r.in.tx.Gas.Budget
	coin, gone := r.in.smash(r.held)
	r.smashed = gone
	v, err := r.session.Input(coin)
	if err != nil {
		return err
	}
	slots := make([]slot, 1+r.in.count()) // for the gas coin and the objects
	next := func(v movevm.Value) *slot {
		s := slots[0].put(v)
		slots = slots[1:]
		return s
	}
	r.gas = next(v)
	r.gas.object, r.gas.mutable, r.gas.gas, r.gas.id = true, true, true, coin.ID()
	r.inputs = make([]inputSlot, len(r.in.pt.Inputs))
	for i := range r.inputs {
		input, s, o := &r.in.pt.Inputs[i], &r.inputs[i], r.in.objects[i]
		s.input = input
		if o == nil {
			continue
		}
		if input.Kind == sui.InputReceiving {
			r.host.receiving = append(r.host.receiving, input.Ref)
			continue
		}
		v, err := r.session.Input(o.obj)
		if err != nil {
			return err
		}
		s.slot = next(v)
		s.slot.object, s.slot.mutable, s.slot.shared, s.slot.id = true, o.mutable, o.obj.Owner.Kind == sui.OwnerShared, o.obj.ID()
		r.bytesUnits += readUnits * uint64(len(o.obj.Move.Contents))
	}
	return nil
}

// command runs one command and keeps its results.
func (r *run) command(c *sui.Command) error {
	cmd := &command{run: r}
	values, err := cmd.dispatch(c)
	if err != nil {
		return err
	}
	results := make([]*slot, len(values))
	for i, v := range values {
		results[i] = newSlot(v)
	}
	if c.MakeMoveVec != nil {
		results[0].carried = cmd.sharedTaken
	} else if err := cmd.checkShared(); err != nil {
		return err
	}
	cmd.settleCliques(results)
	r.results = append(r.results, results)
	if r.opt.Simulate {
		return r.record(cmd, results)
	}
	return nil
}

func (cmd *command) dispatch(c *sui.Command) ([]movevm.Value, error) {
	switch {
	case c.MoveCall != nil:
		return cmd.moveCall(c.MoveCall)
	case c.TransferObjects != nil:
		return nil, cmd.transferObjects(c.TransferObjects)
	case c.SplitCoins != nil:
		return cmd.splitCoins(c.SplitCoins)
	case c.MergeCoins != nil:
		return nil, cmd.mergeCoins(c.MergeCoins)
	case c.MakeMoveVec != nil:
		return cmd.makeMoveVec(c.MakeMoveVec)
	case c.Publish != nil:
		return cmd.publish(c.Publish)
	case c.Upgrade != nil:
		return cmd.upgrade(c.Upgrade)
	}
	return nil, errors.New("run command: no field is set")
}

// checkShared demands that this command shared again or deleted the shared
// objects that it took by value, alone or in a vector.
func (cmd *command) checkShared() error {
	for _, id := range cmd.sharedTaken {
		if !cmd.run.session.SharedOrDeleted(id) {
			return fail(sui.FailSharedObjectOperationNotAllowed)
		}
	}
	return nil
}

// checkBudget ends a run that used more than it may pay for.
func (r *run) checkBudget() error {
	if r.units() > r.in.tx.Gas.Budget/r.in.tx.Gas.Price {
		return fail(sui.FailInsufficientGas)
	}
	return nil
}

// checkUnused demands that results which nobody took can be dropped.
func (r *run) checkUnused() error {
	if r.opt.SkipChecks {
		return nil
	}
	for i, results := range r.results {
		for j, s := range results {
			switch {
			case s.moved || s.typ.Abilities.Has(movevm.Drop):
			case s.typ.Abilities.Has(movevm.Copy) && s.copied:
			default:
				return &failed{sui.ExecutionFailure{Kind: sui.FailUnusedValueWithoutDrop, Arg: uint16(i), Sub: uint16(j)}}
			}
		}
	}
	return nil
}

// record keeps the outputs of a simulated command.
func (r *run) record(cmd *command, results []*slot) error {
	var out CommandOutput
	for _, s := range results {
		v, err := r.output(s, nil)
		if err != nil {
			return err
		}
		out.Returns = append(out.Returns, v)
	}
	for _, m := range cmd.mutated {
		v, err := r.output(m.slot, &m.argument)
		if err != nil {
			return err
		}
		out.Mutated = append(out.Mutated, v)
	}
	r.outputs = append(r.outputs, out)
	return nil
}

func (r *run) output(s *slot, arg *sui.Argument) (OutputValue, error) {
	raw, err := r.session.Encode(s.cell.Value())
	if err != nil {
		return OutputValue{}, fmt.Errorf("encode result: %w", err)
	}
	return OutputValue{Argument: arg, Type: s.typ.Tag(), BCS: raw}, nil
}

// host gives the Move VM access to the state.
type host struct {
	st        State
	receiving []sui.ObjectRef
	err       error // the first error of the state
}

// Package reads a package by its storage id.
func (h *host) Package(id sui.Address) (*sui.MovePackage, error) {
	obj, err := h.st.Object(id)
	if err != nil {
		h.note(err)
		return nil, err
	}
	if obj.Package == nil {
		return nil, fmt.Errorf("object %s is not a package", id)
	}
	return obj.Package, nil
}

// ChildObject reads a dynamic field.
func (h *host) ChildObject(parent, child sui.Address, maxVersion uint64) (*sui.Object, error) {
	return h.found(h.st.ChildObject(parent, child, maxVersion))
}

// ReceiveObject reads an object that was sent to parent, if the transaction
// names this version as a receiving input.
func (h *host) ReceiveObject(parent, id sui.Address, version uint64) (*sui.Object, error) {
	for _, ref := range h.receiving {
		if ref.ID != id || ref.Version != version {
			continue
		}
		obj, err := h.found(h.st.ObjectAt(id, version))
		if obj == nil || obj.Owner != sui.AddressOwner(parent) {
			return nil, err
		}
		return obj, nil
	}
	return nil, nil
}

func (h *host) found(obj *sui.Object, err error) (*sui.Object, error) {
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	h.note(err)
	return obj, err
}

// note keeps an error of the state, so that it is not taken for a fault of the
// program.
func (h *host) note(err error) {
	if h.err == nil && err != nil && !errors.Is(err, ErrNotFound) {
		h.err = err
	}
}
