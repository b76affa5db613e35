package contract_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// chain runs transactions with the real engine over objects in memory, so that
// tests of the contracts run the bytecode that is published.
type chain struct {
	t      *testing.T
	engine *execution.Engine
	live   map[sui.Address]*sui.Object
	past   map[sui.ObjectRef]*sui.Object // digest left zero
	done   map[sui.Digest]*suirpc.Executed
	gas    map[sui.Address]sui.Address // coins by owner

	p    contract.Packages // set by newWorld
	made deploy.Objects
	dir  string // with the Published.toml files
}

var _ deploy.Chain = (*chain)(nil)

// account signs for an address; the engine does not look at signatures.
type account struct {
	sui.Signer
	address sui.Address
}

func (a account) Address() sui.Address { return a.address }

var (
	owner    = account{address: sui.Address{31: 0xa}}
	reader   = account{address: sui.Address{31: 0xb}}
	stranger = account{address: sui.Address{31: 0xc}}
)

// newWorld is a chain with the contracts on it, published by owner.
func newWorld(t *testing.T) *chain {
	t.Helper()
	framework, err := move.Package("framework")
	if err != nil {
		t.Fatal(err)
	}
	genesis, err := execution.Genesis(framework, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := &chain{
		t: t, engine: execution.NewEngine(), live: map[sui.Address]*sui.Object{}, past: map[sui.ObjectRef]*sui.Object{},
		done: map[sui.Digest]*suirpc.Executed{}, gas: map[sui.Address]sui.Address{},
	}
	for _, o := range genesis {
		c.put(o)
	}
	c.dir = t.TempDir()
	d, err := deploy.Publish(context.Background(), c, owner, deploy.Config{Env: "test", Dir: c.dir})
	if err != nil {
		t.Fatal(err)
	}
	c.p, c.made = d.Contracts(), d.Objects
	return c
}

func (c *chain) put(o *sui.Object) {
	c.live[o.ID()] = o
	c.past[sui.ObjectRef{ID: o.ID(), Version: o.Version()}] = o
}

// setTime moves the Clock.
func (c *chain) setTime(ms uint64) {
	clock := c.live[sui.ClockID].Clone()
	binary.LittleEndian.PutUint64(clock.Move.Contents[32:], ms)
	c.put(clock)
}

// clock reads the Clock.
func (c *chain) clock() uint64 {
	return binary.LittleEndian.Uint64(c.live[sui.ClockID].Move.Contents[32:])
}

// state is the chain as the engine sees it.
type state struct{ *chain }

func (s state) Object(id sui.Address) (*sui.Object, error) { return found(s.live[id], id) }

func (s state) ObjectAt(id sui.Address, version uint64) (*sui.Object, error) {
	return found(s.past[sui.ObjectRef{ID: id, Version: version}], id)
}

func (s state) ChildObject(parent, child sui.Address, maxVersion uint64) (*sui.Object, error) {
	o := s.live[child]
	if o != nil && (o.Owner != sui.ObjectOwner(parent) || o.Version() > maxVersion) {
		o = nil
	}
	return found(o, child)
}

func found(o *sui.Object, id sui.Address) (*sui.Object, error) {
	if o == nil {
		return nil, fmt.Errorf("%s: %w", id, execution.ErrNotFound)
	}
	return o, nil
}

func (c *chain) ChainID(context.Context) (sui.Digest, error) { return sui.Digest{0x4c}, nil }

func (c *chain) Object(_ context.Context, id sui.Address) (*sui.Object, error) {
	if o := c.live[id]; o != nil {
		return o, nil
	}
	return nil, fmt.Errorf("%s: %w", id, suirpc.ErrNotFound)
}

func (c *chain) Objects(_ context.Context, ids []sui.Address) ([]*sui.Object, error) {
	out := make([]*sui.Object, len(ids))
	for i, id := range ids {
		out[i] = c.live[id]
	}
	return out, nil
}

func (c *chain) OwnedObjects(_ context.Context, owner sui.Address, typ *sui.StructTag) ([]*sui.Object, error) {
	var out []*sui.Object
	for _, o := range c.live {
		if t := o.Type(); t != nil && t.Equal(typ) && o.Owner == sui.AddressOwner(owner) {
			out = append(out, o)
		}
	}
	return out, nil
}

func (c *chain) Transaction(_ context.Context, d sui.Digest) (*suirpc.Executed, error) {
	if done := c.done[d]; done != nil {
		return done, nil
	}
	return nil, suirpc.ErrNotFound
}

// Send executes as suirpc.Client.Send does, with one large coin for each
// signer.
func (c *chain) Send(_ context.Context, signer sui.Signer, b *sui.Builder) (*suirpc.Executed, error) {
	for _, u := range b.Unresolved() {
		o := c.live[u.ID]
		if o == nil {
			return nil, fmt.Errorf("input %d: %w", u.Index, suirpc.ErrNotFound)
		}
		in := sui.Input{Kind: sui.InputImmOrOwned, Ref: o.Ref()}
		if o.Owner.Kind == sui.OwnerShared {
			in = sui.Input{Kind: sui.InputShared, Ref: sui.ObjectRef{ID: u.ID}, SharedVersion: o.Owner.Version, Mutability: sui.SharedMutable}
		}
		if err := b.Resolve(u.Index, in); err != nil {
			return nil, err
		}
	}
	tx, err := b.Build(signer.Address(), sui.GasData{
		Payment: []sui.ObjectRef{c.coin(signer.Address()).Ref()}, Price: 1000, Budget: 10 * sui.MistPerSUI,
	})
	if err != nil {
		return nil, err
	}
	r, err := c.engine.Execute(state{c}, execution.Env{ReferenceGasPrice: 1000, ProtocolVersion: 95}, tx, execution.Options{})
	if err != nil {
		return nil, err
	}
	return c.apply(r)
}

func (c *chain) apply(r *execution.Result) (*suirpc.Executed, error) {
	done := &suirpc.Executed{Digest: r.Effects.Transaction, Effects: r.Effects, Events: r.Events, Objects: map[sui.Address]*sui.Object{}}
	for _, o := range r.Written {
		c.put(o)
		done.Objects[o.ID()] = o
	}
	for _, id := range r.Deleted {
		delete(c.live, id)
	}
	if f := r.Effects.Status.Failure; f != nil {
		return nil, &suirpc.ExecutionError{Digest: done.Digest, Status: *f, Command: f.Command}
	}
	c.done[done.Digest] = done
	return done, nil
}

func (c *chain) coin(of sui.Address) *sui.Object {
	id, ok := c.gas[of]
	if !ok {
		id = sui.Address{0: 0xc0, 31: of[31]}
		contents := binary.LittleEndian.AppendUint64(append([]byte{}, id[:]...), 1_000_000*sui.MistPerSUI)
		c.put(&sui.Object{
			Move:  &sui.MoveObject{Type: *sui.SUICoinType(), HasPublicTransfer: true, Version: 1, Contents: contents},
			Owner: sui.AddressOwner(of),
		})
		c.gas[of] = id
	}
	return c.live[id]
}

// run sends a transaction that must succeed and returns its events, decoded.
func (c *chain) run(as account, build func(b *sui.Builder)) []any {
	c.t.Helper()
	b := sui.NewBuilder()
	build(b)
	done, err := c.Send(context.Background(), as, b)
	if err != nil {
		c.t.Fatalf("transaction of %s: %v", as.address.Short(), contract.Explain(err))
	}
	var events []any
	for _, e := range done.Events {
		v, err := contract.DecodeEvent(e, c.p)
		if err != nil {
			c.t.Fatal(err)
		}
		events = append(events, v)
	}
	return events
}

// refuse sends a transaction that must abort with the constant module::name.
func (c *chain) refuse(as account, module, name string, build func(b *sui.Builder)) {
	c.t.Helper()
	b := sui.NewBuilder()
	build(b)
	_, err := c.Send(context.Background(), as, b)
	if err == nil {
		c.t.Fatalf("transaction succeeds; want %s::%s", module, name)
	}
	var a *contract.AbortError
	if !errors.As(contract.ExplainFor(err, contract.Situation{Packages: c.p}), &a) || a.Module != module || a.Name != name {
		c.t.Fatalf("got %v, want %s::%s", err, module, name)
	}
}

// one returns the only event of a type.
func one[T any](t *testing.T, events []any) *T {
	t.Helper()
	var out *T
	for _, e := range events {
		if v, ok := e.(*T); ok {
			if out != nil {
				t.Fatalf("two events %T", v)
			}
			out = v
		}
	}
	if out == nil {
		t.Fatalf("no event %T among %d", out, len(events))
	}
	return out
}

// read parses a live object.
func read[T any](c *chain, id sui.Address, parse func(*sui.Object) (*T, error)) *T {
	c.t.Helper()
	v, err := parse(c.live[id])
	if err != nil {
		c.t.Fatal(err)
	}
	return v
}
