package execution

import (
	"fmt"

	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/sui"
)

// result makes the effects of what was run.
func (r *run) result() (*Result, error) {
	gas := sui.GasUsed{Computation: r.computation(r.failure != nil)}
	var c *changes
	if r.failure == nil {
		var err error
		if c, err = r.collect(); err != nil {
			if err := r.fail(err, -1); err != nil {
				return nil, err
			}
		} else if !r.chargeStorage(c, &gas) {
			r.failure = &sui.ExecutionFailure{Kind: sui.FailInsufficientGas}
		}
	}
	if r.failure != nil {
		gas = sui.GasUsed{Computation: r.computation(true)}
		c = r.untouched()
		if !r.chargeStorage(c, &gas) {
			gas = sui.GasUsed{Computation: r.in.tx.Gas.Budget}
			c = r.untouched()
			r.stamp(c)
		}
	}
	r.pay(c, gas)
	return r.finish(c, gas), nil
}

// untouched are the changes of a failed transaction: the gas coins are smashed
// and everything that could have changed gets a new version.
func (r *run) untouched() *changes {
	c := newChanges()
	for _, o := range r.in.objects {
		if o != nil && o.mutable && !o.receiving {
			c.at(o.obj.ID()).before = o.obj
			c.at(o.obj.ID()).after = o.obj.Clone()
		}
	}
	r.smashGas(c)
	coin, _ := r.in.smash(r.held)
	c.at(coin.ID()).after = coin
	return c
}

// smashGas records the gas coins as they were, and those that vanish.
func (r *run) smashGas(c *changes) {
	for i, coin := range r.in.gas {
		c.at(coin.ID()).before = coin
		if i > 0 {
			c.at(coin.ID()).deleted = true
		}
	}
}

// collect gathers what a successful run changed.
func (r *run) collect() (*changes, error) {
	res, err := r.session.Finish()
	if err != nil {
		return nil, err
	}
	c := newChanges()
	c.events, c.streamed = res.Events, res.Streamed
	r.smashGas(c)
	if err := r.collectInputs(c); err != nil {
		return nil, err
	}
	for _, id := range res.Created {
		c.at(id).created = true
	}
	for _, id := range res.Deleted {
		c.at(id).deleted = true
	}
	r.collectChildren(c, res.Children)
	for _, w := range res.Transfers {
		c.at(w.ID).after = r.object(&w)
	}
	for _, p := range r.published {
		c.at(p.ID).created = true
		c.at(p.ID).after = &sui.Object{Package: p, Owner: sui.Immutable()}
	}
	for _, ref := range res.Received {
		obj, err := r.st.ObjectAt(ref.ID, ref.Version)
		if err != nil {
			return nil, fmt.Errorf("read received object: %w", err)
		}
		c.at(ref.ID).before = obj
		c.received = append(c.received, obj.PreviousTransaction)
	}
	if err := c.checkSizes(); err != nil {
		return nil, err
	}
	return c, r.checkSharedKept(c)
}

// collectInputs writes the inputs that may have changed and still belong to
// whom they did.
func (r *run) collectInputs(c *changes) error {
	if !r.gas.moved {
		coin, err := r.encode(r.gas, r.in.gas[0])
		if err != nil {
			return err
		}
		c.at(coin.ID()).after = coin
	}
	for i, o := range r.in.objects {
		if o == nil || !o.mutable || o.receiving {
			continue
		}
		c.at(o.obj.ID()).before = o.obj
		s := r.inputs[i].slot
		if s.moved {
			continue
		}
		obj, err := r.encode(s, o.obj)
		if err != nil {
			return err
		}
		c.at(obj.ID()).after = obj
	}
	return nil
}

// encode returns an input object with the contents that it has now.
func (r *run) encode(s *slot, before *sui.Object) (*sui.Object, error) {
	contents, err := r.session.Encode(s.cell.Value())
	if err != nil {
		return nil, fmt.Errorf("encode object: %w", err)
	}
	move := *before.Move
	move.Contents = contents
	obj := *before
	obj.Move = &move
	return &obj, nil
}

func (r *run) collectChildren(c *changes, children []movevm.Child) {
	for _, ch := range children {
		if ch.Before != nil {
			if ch.After != nil && !ch.Changed {
				c.loaded = append(c.loaded, refOf(r.st, ch.Before))
				continue
			}
			c.at(ch.ID).before = ch.Before
		}
		if ch.After != nil {
			c.at(ch.ID).after = r.object(ch.After)
		}
	}
}

// object makes an object of what the Move VM wrote. The version of an object
// that becomes shared now is the transaction's.
func (r *run) object(w *movevm.ObjectWrite) *sui.Object {
	owner := w.Owner
	if owner.Version == 0 && (owner.Kind == sui.OwnerShared || owner.Kind == sui.OwnerConsensusAddress) {
		owner.Version = r.in.lamport()
	}
	return &sui.Object{
		Move:  &sui.MoveObject{Type: w.Type, HasPublicTransfer: w.HasPublicTransfer, Contents: w.Contents},
		Owner: owner,
	}
}

// checkSharedKept demands that shared objects which were taken by value are
// shared again or deleted.
func (r *run) checkSharedKept(c *changes) error {
	for _, id := range r.sharedTaken {
		ch := c.at(id)
		if !ch.deleted && (ch.after == nil || ch.after.Owner.Kind != sui.OwnerShared) {
			return fail(sui.FailSharedObjectOperationNotAllowed)
		}
	}
	return nil
}

// chargeStorage sets version, previous transaction and storage fee of what is
// written and adds up the fees. It reports whether the budget covers them.
func (r *run) chargeStorage(c *changes, gas *sui.GasUsed) bool {
	var fees uint64
	for _, ch := range c.list {
		if ch.before != nil {
			fees += ch.before.StorageRebate
		}
		obj := ch.after
		if obj == nil {
			continue
		}
		if obj.Move != nil {
			obj.Move.Version = r.in.lamport()
		}
		obj.PreviousTransaction = r.in.digest
		obj.StorageRebate = storageFee(obj)
		gas.Storage += obj.StorageRebate
	}
	gas.Rebate, gas.NonRefundable = refundable(fees)
	left := r.in.tx.Gas.Budget - gas.Computation
	return gas.Storage <= gas.Rebate || gas.Storage-gas.Rebate <= left
}

// stamp does what chargeStorage does, but leaves the storage fees as they are:
// the last resort when the budget does not even cover those of the inputs. The
// gas coin keeps the fees of the coins that vanished into it.
func (r *run) stamp(c *changes) {
	for _, ch := range c.list {
		if obj := ch.after; obj != nil {
			obj.Move.Version = r.in.lamport()
			obj.PreviousTransaction = r.in.digest
			obj.StorageRebate = ch.before.StorageRebate
		}
	}
	for _, coin := range r.in.gas[1:] {
		c.at(r.in.gas[0].ID()).after.StorageRebate += coin.StorageRebate
	}
}

// pay takes the cost from the gas coin and gives back what was held.
func (r *run) pay(c *changes, gas sui.GasUsed) {
	coin := c.at(r.in.gas[0].ID()).after
	balance, _ := coin.CoinBalance()
	total := balance + r.heldNow() + gas.Rebate
	setBalance(coin, total-min(total, gas.Computation+gas.Storage))
}

// heldNow is what smash really held back: less than the budget only in a
// simulation with too little gas.
func (r *run) heldNow() uint64 {
	var total uint64
	for _, coin := range r.in.gas {
		balance, _ := coin.CoinBalance()
		total += balance
	}
	return min(r.held, total)
}

// finish makes the result.
func (r *run) finish(c *changes, gas sui.GasUsed) *Result {
	res := &Result{Transaction: r.in.tx, Events: c.events, Loaded: c.loaded, Commands: r.outputs}
	fx := &res.Effects
	*fx = sui.TransactionEffects{
		Status: sui.ExecutionStatus{Failure: r.failure}, Epoch: r.env.Epoch, Gas: gas, Transaction: r.in.digest,
		LamportVersion: r.in.lamport(), UnchangedConsensus: r.in.readOnly(r.st),
	}
	r.in.deps = append(r.in.deps, c.received...)
	for i := range r.in.objects {
		if e, ok := r.in.ended[i]; ok && e.mutable {
			res.Ended = append(res.Ended, e.id)
		}
	}
	fx.Dependencies = r.in.dependencies()
	if len(c.events) > 0 {
		d := sui.TransactionEvents{Events: c.events}.Digest()
		fx.EventsDigest = &d
	}
	c.record(res)
	c.recordStreams(fx)
	for i := range fx.Changed {
		if fx.Changed[i].ID == r.in.gas[0].ID() {
			n := uint32(i)
			fx.GasObject = &n
		}
	}
	if r.failure != nil {
		res.Error = r.describe()
	}
	return res
}

// readOnly lists the inputs by consensus that the transaction cannot change:
// read-only ones, and those whose stream has ended.
func (in *inputs) readOnly(st State) (out []sui.UnchangedConsensusObject) {
	for i, o := range in.objects {
		if o != nil && o.consensus && !o.mutable {
			ref := refOf(st, o.obj)
			if out == nil {
				out = make([]sui.UnchangedConsensusObject, 0, len(in.objects)-i)
			}
			out = append(out, sui.UnchangedConsensusObject{
				ID: ref.ID, Kind: sui.UnchangedReadOnlyRoot, Version: ref.Version, Digest: ref.Digest,
			})
		}
		if e, ok := in.ended[i]; ok {
			kind := sui.UnchangedReadStreamEnded
			if e.mutable {
				kind = sui.UnchangedMutateStreamEnded
			}
			out = append(out, sui.UnchangedConsensusObject{ID: e.id, Kind: kind, Version: e.version})
		}
	}
	return out
}
