package suirpc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/sui"
)

// maxGasCoins is how many coins may pay for one transaction.
const maxGasCoins = 256

// resolveInputs returns a copy of program in which every unresolved object is
// an owned, shared or receiving input, by the object's owner and by how the
// commands use it.
func (c *Client) resolveInputs(ctx context.Context, sender sui.Address, program sui.ProgrammableTransaction) (*sui.ProgrammableTransaction, error) {
	out := &sui.ProgrammableTransaction{Inputs: slices.Clone(program.Inputs), Commands: program.Commands}
	var ids []sui.Address
	for _, in := range out.Inputs {
		if in.Kind == sui.InputUnresolved {
			ids = append(ids, in.Ref.ID)
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	objs, err := c.Objects(ctx, ids)
	if err != nil {
		return nil, err
	}
	uses, err := c.inputUses(ctx, program)
	if err != nil {
		return nil, err
	}
	for i := range out.Inputs {
		if out.Inputs[i].Kind != sui.InputUnresolved {
			continue
		}
		obj := objs[0]
		objs = objs[1:]
		if obj == nil {
			return nil, fmt.Errorf("resolve input %d: object %s: %w at %s; check the id and the network", i, out.Inputs[i].Ref.ID, ErrNotFound, c.url)
		}
		if out.Inputs[i], err = resolveInput(sender, obj, uses[i]); err != nil {
			return nil, fmt.Errorf("resolve input %d: %w", i, err)
		}
	}
	return out, nil
}

// use is how the commands of a transaction treat one input.
type use struct{ mutable, receiving, unknown bool }

func resolveInput(sender sui.Address, obj *sui.Object, u use) (sui.Input, error) {
	ref := obj.Ref()
	switch obj.Owner.Kind {
	case sui.OwnerShared, sui.OwnerConsensusAddress:
		in := sui.Input{Kind: sui.InputShared, Ref: sui.ObjectRef{ID: ref.ID}, SharedVersion: obj.Owner.Version}
		if (u.mutable || u.unknown) && !readOnlySystemObject(ref.ID) {
			in.Mutability = sui.SharedMutable
		}
		return in, nil
	case sui.OwnerImmutable:
		return sui.Input{Kind: sui.InputImmOrOwned, Ref: ref}, nil
	case sui.OwnerAddress:
		if u.receiving || u.unknown && obj.Owner.Address != sender {
			return sui.Input{Kind: sui.InputReceiving, Ref: ref}, nil
		}
		if obj.Owner.Address != sender {
			return sui.Input{}, fmt.Errorf("object %s belongs to %s, the signer is %s; sign with the owner's key", ref.ID, obj.Owner.Address, sender)
		}
		return sui.Input{Kind: sui.InputImmOrOwned, Ref: ref}, nil
	}
	return sui.Input{}, fmt.Errorf("object %s is a field of object %s and cannot be an input; pass its parent", ref.ID, obj.Owner.Address)
}

// readOnlySystemObject tells the Clock (0x6) and Random (0x8), which Sui
// refuses as mutable inputs.
func readOnlySystemObject(id sui.Address) bool {
	short := sui.Address{31: id[31]}
	return id == short && (id[31] == 6 || id[31] == 8)
}

// inputUses looks at every command that takes an input.
func (c *Client) inputUses(ctx context.Context, program sui.ProgrammableTransaction) ([]use, error) {
	uses := make([]use, len(program.Inputs))
	mark := func(u use, args ...sui.Argument) {
		for _, a := range args {
			if a.Kind == sui.ArgInput && int(a.Index) < len(uses) {
				m := &uses[a.Index]
				m.mutable, m.receiving, m.unknown = m.mutable || u.mutable, m.receiving || u.receiving, m.unknown || u.unknown
			}
		}
	}
	taken := use{mutable: true}
	for _, cmd := range program.Commands {
		switch {
		case cmd.MoveCall != nil:
			params, err := c.parameters(ctx, cmd.MoveCall)
			if err != nil {
				return nil, err
			}
			for i, a := range cmd.MoveCall.Arguments {
				if i < len(params) {
					mark(use(params[i]), a)
				} else {
					mark(use{unknown: true}, a)
				}
			}
		case cmd.TransferObjects != nil:
			mark(taken, cmd.TransferObjects.Objects...)
		case cmd.SplitCoins != nil:
			mark(taken, cmd.SplitCoins.Coin)
		case cmd.MergeCoins != nil:
			mark(taken, cmd.MergeCoins.Into)
			mark(taken, cmd.MergeCoins.Coins...)
		case cmd.MakeMoveVec != nil:
			mark(taken, cmd.MakeMoveVec.Elements...)
		case cmd.Upgrade != nil:
			mark(taken, cmd.Upgrade.Ticket)
		}
	}
	return uses, nil
}

// functionKey names a function of a package version.
type functionKey struct {
	pkg              sui.Address
	module, function string
}

// parameter is how a function takes one parameter.
type parameter use

// parameters returns how a function takes its parameters. A node that does
// not describe functions gives none, and inputs then count as mutable, which
// is always allowed.
func (c *Client) parameters(ctx context.Context, call *sui.MoveCall) ([]parameter, error) {
	key := functionKey{call.Package, call.Module, call.Function}
	c.mu.Lock()
	params, ok := c.functions[key]
	c.mu.Unlock()
	if ok {
		return params, nil
	}
	what := fmt.Sprintf("get function %s::%s::%s", key.pkg, key.module, key.function)
	pkg := key.pkg.String()
	res, err := read(ctx, c, what, c.packages.GetFunction, &pb.GetFunctionRequest{
		PackageId: &pkg, ModuleName: &key.module, Name: &key.function})
	switch {
	case errors.Is(err, ErrUnsupported):
	case errors.Is(err, ErrNotFound):
		return nil, fmt.Errorf("%w; check that the contracts are published on %s and the package id is right", err, c.url)
	case err != nil:
		return nil, err
	default:
		params = signature(res.GetFunction())
	}
	c.mu.Lock()
	c.functions[key] = params
	c.mu.Unlock()
	return params, nil
}

func signature(f *pb.FunctionDescriptor) []parameter {
	out := make([]parameter, len(f.GetParameters()))
	for i, p := range f.GetParameters() {
		out[i].mutable = p.GetReference() != pb.OpenSignature_IMMUTABLE
		out[i].receiving = isReceiving(p.GetBody().GetTypeName())
	}
	return out
}

// isReceiving tells 0x2::transfer::Receiving in any spelling of its address.
func isReceiving(typeName string) bool {
	addr, rest, ok := strings.Cut(typeName, "::")
	if !ok || rest != "transfer::Receiving" {
		return false
	}
	a, err := sui.ParseAddress(addr)
	return err == nil && a == sui.Address{31: 2}
}

// gasCoins picks the owner's largest SUI coins that the transaction does not
// use as inputs, and returns them with their sum in MIST.
func (c *Client) gasCoins(ctx context.Context, owner sui.Address, program *sui.ProgrammableTransaction) ([]sui.ObjectRef, uint64, error) {
	inputs := map[sui.Address]bool{}
	for _, in := range program.Inputs {
		inputs[in.Ref.ID] = in.Kind != sui.InputPure
	}
	objs, err := c.OwnedObjects(ctx, owner, sui.SUICoinType())
	if err != nil {
		return nil, 0, err
	}
	objs = slices.DeleteFunc(objs, func(o *sui.Object) bool { return inputs[o.ID()] || coinBalance(o) == 0 })
	slices.SortFunc(objs, func(a, b *sui.Object) int {
		return cmp.Or(cmp.Compare(coinBalance(b), coinBalance(a)), a.ID().Compare(b.ID()))
	})
	objs = objs[:min(len(objs), maxGasCoins)]
	var refs []sui.ObjectRef
	var total uint64
	for _, o := range objs {
		refs, total = append(refs, o.Ref()), total+coinBalance(o)
	}
	return refs, total, nil
}

// coinBalance returns what a coin holds; 0 for anything else.
func coinBalance(o *sui.Object) uint64 {
	n, err := o.CoinBalance()
	if err != nil {
		return 0
	}
	return n
}
