package dataset

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A trial runs transactions on this machine, by the bytecode that is on chain,
// over the objects that the chain has. What one changes the next one sees; the
// chain sees none of it.
type trial struct {
	ctx     context.Context
	env     *Env
	clock   *sui.Object
	price   uint64
	changed map[sui.Address]*sui.Object // nil for what is gone
}

// newTrial begins a trial at a moment; zero is the chain's present.
func newTrial(ctx context.Context, env *Env, at time.Time) (*trial, error) {
	clock, err := env.Chain.Object(ctx, sui.ClockID)
	if err != nil {
		return nil, fmt.Errorf("read clock: %w", err)
	}
	if clock, err = setClock(clock, at); err != nil {
		return nil, err
	}
	price, err := env.Chain.ReferenceGasPrice(ctx)
	if err != nil {
		return nil, err
	}
	return &trial{ctx: ctx, env: env, clock: clock, price: price, changed: map[sui.Address]*sui.Object{}}, nil
}

// run executes a transaction of sender. One that aborts is a result too.
func (t *trial) run(b *sui.Builder, sender sui.Address) (*execution.Result, error) {
	for _, u := range b.Unresolved() {
		o, err := t.Object(u.ID)
		if err != nil {
			return nil, err
		}
		in := sui.Input{Kind: sui.InputImmOrOwned, Ref: o.Ref()}
		if o.Owner.Kind == sui.OwnerShared {
			in = sui.Input{Kind: sui.InputShared, Ref: sui.ObjectRef{ID: u.ID}, SharedVersion: o.Owner.Version, Mutability: sui.SharedMutable}
		}
		if err := b.Resolve(u.Index, in); err != nil {
			return nil, err
		}
	}
	tx, err := b.Build(sender, sui.GasData{})
	if err != nil {
		return nil, err
	}
	r, err := execution.NewEngine().Execute(t, execution.Env{ReferenceGasPrice: t.price, ProtocolVersion: protocolVersion}, tx, execution.Options{Simulate: true})
	if err != nil {
		return nil, err
	}
	for _, o := range r.Written {
		t.changed[o.ID()] = o
	}
	for _, id := range r.Deleted {
		t.changed[id] = nil
	}
	return r, nil
}

// Object returns the newest version of an object.
func (t *trial) Object(id sui.Address) (*sui.Object, error) {
	if id == sui.ClockID {
		return t.clock, nil
	}
	if o, is := t.changed[id]; is {
		if o == nil {
			return nil, fmt.Errorf("%s: %w", id, execution.ErrNotFound)
		}
		return o, nil
	}
	return stateError(t.env.Chain.Object(t.ctx, id))
}

// ObjectAt returns an object at a version.
func (t *trial) ObjectAt(id sui.Address, version uint64) (*sui.Object, error) {
	if o := t.changed[id]; o != nil && o.Version() == version {
		return o, nil
	}
	return stateError(t.env.Chain.ObjectVersion(t.ctx, id, version))
}

// ChildObject returns a dynamic field of a parent.
func (t *trial) ChildObject(parent, child sui.Address, maxVersion uint64) (*sui.Object, error) {
	o, err := t.Object(child)
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
