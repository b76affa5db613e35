package policy

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// resolve returns the program to simulate: the staleness check, then the
// policy calls, over the current versions of all objects, whatever versions
// the request names. It also returns these objects. A user with address aliases
// is refused.
func (s *Simulator) resolve(ctx context.Context, q Query) (*sui.ProgrammableTransaction, []*sui.Object, error) {
	program := sui.ProgrammableTransaction{Inputs: slices.Clone(q.Approval.Program.Inputs)}
	objects, err := s.currentVersions(ctx, q.User, program.Inputs)
	if err != nil {
		return nil, nil, err
	}
	check, err := s.stalenessCheck(&program)
	if err != nil {
		return nil, nil, err
	}
	program.Commands = append([]sui.Command{check}, q.Approval.Program.Commands...)
	return &program, objects, nil
}

// stalenessCheck appends the inputs of the check to the program and returns
// the call. Calls refer to inputs only, so theirs stay right.
func (s *Simulator) stalenessCheck(p *sui.ProgrammableTransaction) (sui.Command, error) {
	clock := slices.IndexFunc(p.Inputs, func(in sui.Input) bool {
		return in.Kind == sui.InputShared && in.Ref.ID == sui.ClockID
	})
	if clock < 0 {
		clock = len(p.Inputs)
		p.Inputs = append(p.Inputs, sui.Input{Kind: sui.InputShared, Ref: sui.ObjectRef{ID: sui.ClockID}, SharedVersion: 1})
	}
	first := len(p.Inputs)
	for _, ms := range []int64{s.cfg.Now().UnixMilli(), s.cfg.AllowedStaleness.Milliseconds()} {
		p.Inputs = append(p.Inputs, sui.Input{Kind: sui.InputPure, Pure: binary.LittleEndian.AppendUint64(nil, uint64(ms))})
	}
	if len(p.Inputs) > math.MaxUint16 {
		return sui.Command{}, badParameter("too many inputs")
	}
	return sui.Command{MoveCall: &sui.MoveCall{
		Package: s.cfg.StalenessPackage, Module: stalenessModule, Function: stalenessFunction,
		Arguments: []sui.Argument{
			{Kind: sui.ArgInput, Index: uint16(first)},
			{Kind: sui.ArgInput, Index: uint16(first + 1)},
			{Kind: sui.ArgInput, Index: uint16(clock)},
		},
	}}, nil
}

// currentVersions replaces the versions of all object inputs by the current
// ones and returns the objects. The version of a shared object is chosen by the
// node; it may be newer than the one returned. In the same call it looks for the
// user's aliases.
func (s *Simulator) currentVersions(ctx context.Context, user sui.Address, inputs []sui.Input) ([]*sui.Object, error) {
	ids := []sui.Address{sui.AliasesID(user)}
	for _, in := range inputs {
		switch in.Kind {
		case sui.InputPure:
		case sui.InputImmOrOwned, sui.InputShared:
			ids = append(ids, in.Ref.ID)
		default:
			return nil, badParameter("only pure inputs, owned, immutable and shared objects can be given to a policy")
		}
	}
	objects, err := s.cfg.Chain.Objects(ctx, ids)
	if err != nil {
		return nil, nodeFailure(fmt.Errorf("read objects of the request: %w", err))
	}
	if len(objects) != len(ids) {
		return nil, nodeFailure(fmt.Errorf("read objects of the request: got %d, want %d", len(objects), len(ids)))
	}
	if objects[0] != nil {
		return nil, hasAliases(user)
	}
	objects, ids = objects[1:], ids[1:]
	next := 0
	for i := range inputs {
		if inputs[i].Kind == sui.InputPure {
			continue
		}
		obj := objects[next]
		if obj == nil || obj.Move == nil {
			return nil, badParameter(fmt.Sprintf("object %s does not exist", ids[next]))
		}
		next++
		if obj.Owner.Kind == sui.OwnerShared {
			inputs[i].Kind, inputs[i].SharedVersion = sui.InputShared, obj.Owner.Version
			continue
		}
		inputs[i] = sui.Input{Kind: sui.InputImmOrOwned, Ref: obj.Ref()}
	}
	return objects, nil
}

// unshared lists the objects whose version resolve fixed.
func unshared(objects []*sui.Object) (out []receipt.Object) {
	for _, o := range objects {
		if o.Owner.Kind != sui.OwnerShared {
			out = append(out, receiptObject(o.Ref()))
		}
	}
	return out
}

// readObjects lists the inputs at the versions that the simulation read: those
// that were fixed before, and the shared ones that the effects name.
func readObjects(p *sui.ProgrammableTransaction, fixed []receipt.Object, effects *sui.TransactionEffects) []receipt.Object {
	out := slices.Clone(fixed)
	for _, in := range p.Inputs {
		if in.Kind != sui.InputShared {
			continue
		}
		for _, u := range effects.UnchangedConsensus {
			if u.ID == in.Ref.ID && u.Kind == 0 {
				out = append(out, receiptObject(sui.ObjectRef{ID: u.ID, Version: u.Version, Digest: u.Digest}))
			}
		}
		for _, c := range effects.Changed {
			if c.ID == in.Ref.ID && c.Input == sui.StateExist {
				out = append(out, receiptObject(sui.ObjectRef{ID: c.ID, Version: c.InputVersion, Digest: c.InputDigest}))
			}
		}
	}
	return out
}

func receiptObject(r sui.ObjectRef) receipt.Object {
	return receipt.Object{ID: r.ID, Version: r.Version, Digest: r.Digest.String()}
}

// hasAliases refuses a user for whom other keys may sign, and whose own may be
// no longer allowed to, as Seal's key servers do.
func hasAliases(user sui.Address) error {
	return &Refusal{Kind: InvalidSignature, Reason: seal.Reason{
		Code: "address_has_aliases", Rule: fmt.Sprintf("address %s has aliases (0x2::address_alias), so its own key does not prove who asks", user),
		Remedy: "ask with an address that has no aliases",
	}}
}
