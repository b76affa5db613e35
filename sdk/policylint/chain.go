package policylint

import (
	"context"
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// FromChain reads a package from a chain. Without objects it is tried on a copy
// of its own; with objects, it is tried where it is: with these, and with what
// the transaction made that published it. Nothing is sent to the chain.
func FromChain(ctx context.Context, c *suirpc.Client, pkg sui.Address, objects []sui.Address) (t Target, err error) {
	o, err := c.Object(ctx, pkg)
	if err != nil {
		return t, fmt.Errorf("read package %s: %w", pkg, err)
	}
	if o.Package == nil {
		return t, fmt.Errorf("read package %s: it is an object, not a package", pkg)
	}
	for _, m := range o.Package.Modules {
		t.Modules = append(t.Modules, m.Bytes)
	}
	for _, link := range o.Package.Linkage {
		if link.Original == sui.MoveStdlib || link.Original == sui.Framework || link.Upgraded == pkg {
			continue
		}
		dep, err := c.Object(ctx, link.Upgraded)
		if err != nil {
			return t, fmt.Errorf("read dependency %s: %w", link.Upgraded, err)
		}
		t.Packages = append(t.Packages, dep)
	}
	if len(objects) == 0 {
		return t, nil
	}
	t.Live, t.Package = &chainState{ctx: ctx, chain: c, read: map[sui.Address]*sui.Object{}}, pkg
	t.Objects = append(published(ctx, c, o), objects...)
	return t, nil
}

// published are the objects that still exist of those that the transaction made
// that published the package: version objects, for example. Not to know them is
// no error: a node may have forgotten the transaction.
func published(ctx context.Context, c *suirpc.Client, pkg *sui.Object) (out []sui.Address) {
	done, err := c.Transaction(ctx, pkg.PreviousTransaction)
	if err != nil {
		return nil
	}
	for _, ch := range done.Effects.Changed {
		o, err := c.Object(ctx, ch.ID)
		if err == nil && o.Move != nil && o.Owner.Kind != sui.OwnerObject && !o.Move.Type.Equal(sui.SUICoinType()) {
			out = append(out, ch.ID)
		}
	}
	return out
}

// chainState is a chain as an execution.State, each object as it was when it
// was first read.
type chainState struct {
	ctx   context.Context
	chain *suirpc.Client
	read  map[sui.Address]*sui.Object
}

// Object implements execution.State.
func (s *chainState) Object(id sui.Address) (*sui.Object, error) {
	o, known := s.read[id]
	if !known {
		var err error
		o, err = s.chain.Object(s.ctx, id)
		if err != nil && !errors.Is(err, suirpc.ErrNotFound) {
			return nil, err
		}
		s.read[id] = o // nil when there is none
	}
	if o == nil {
		return nil, fmt.Errorf("%s: %w", id, execution.ErrNotFound)
	}
	return o, nil
}

// ObjectAt implements execution.State.
func (s *chainState) ObjectAt(id sui.Address, version uint64) (*sui.Object, error) {
	o, err := s.chain.ObjectVersion(s.ctx, id, version)
	if errors.Is(err, suirpc.ErrNotFound) {
		return nil, fmt.Errorf("%s: %w", id, execution.ErrNotFound)
	}
	return o, err
}

// ChildObject implements execution.State.
func (s *chainState) ChildObject(parent, child sui.Address, maxVersion uint64) (*sui.Object, error) {
	o, err := s.Object(child)
	if err == nil && (o.Owner != sui.ObjectOwner(parent) || o.Version() > maxVersion) {
		return nil, fmt.Errorf("%s: %w", child, execution.ErrNotFound)
	}
	return o, err
}
