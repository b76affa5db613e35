package execution

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// systemStateVersion is the version of SuiSystemStateInner that 0x5 announces.
const systemStateVersion = 2

// Genesis makes the objects that exist before any transaction, ascending by
// id, all at version 1: the packages 0x1 and 0x2 (move.Package("framework")),
// the system state, the Clock at a time, Random before its first round, and the
// accumulator root. Who wants coins adds them; see [GenesisCoin].
//
// The system state is an object of the right id, owner and type, so that
// clients find it, but without the validators, stakes and funds that hang on
// the real one; there is no package 0x3.
func Genesis(framework *move.Bytecode, timestampMS uint64) ([]*sui.Object, error) {
	packages, err := systemPackages(framework.Modules)
	if err != nil {
		return nil, fmt.Errorf("make genesis: %w", err)
	}
	clock := sui.StructTag{Address: sui.Framework, Module: "clock", Name: "Clock"}
	state := sui.StructTag{Address: sui.SystemPackage, Module: "sui_system", Name: "SuiSystemState"}
	objects := append(packages, append(randomObjects(),
		systemObject(sui.SystemStateID, state, systemStateVersion),
		systemObject(sui.ClockID, clock, timestampMS),
		accumulatorRoot())...)
	slices.SortFunc(objects, func(a, b *sui.Object) int { return a.ID().Compare(b.ID()) })
	return objects, nil
}

var suiCoin = *sui.SUICoinType()

// GenesisCoin makes a coin of SUI, in MIST, that exists before any transaction.
func GenesisCoin(id, owner sui.Address, balance uint64) *sui.Object {
	return &sui.Object{
		Move: &sui.MoveObject{
			Type: suiCoin, HasPublicTransfer: true, Version: 1,
			Contents: binary.LittleEndian.AppendUint64(append(make([]byte, 0, 40), id[:]...), balance),
		},
		Owner: sui.AddressOwner(owner),
	}
}

// systemObject makes a shared object that holds a number.
func systemObject(id sui.Address, t sui.StructTag, n uint64) *sui.Object {
	return &sui.Object{
		Move:  &sui.MoveObject{Type: t, Version: 1, Contents: binary.LittleEndian.AppendUint64(bytes.Clone(id[:]), n)},
		Owner: sui.SharedOwner(1),
	}
}

// systemPackages groups modules by their address.
func systemPackages(modules []move.Module) ([]*sui.Object, error) {
	packages := map[sui.Address]*sui.MovePackage{}
	needs := map[sui.Address]map[sui.Address]bool{}
	for _, module := range modules {
		m, err := bytecode.Parse(module.Bytes)
		if err != nil {
			return nil, err
		}
		id := m.Address()
		p := packages[id]
		if p == nil {
			p = &sui.MovePackage{ID: id, Version: 1}
			packages[id], needs[id] = p, map[sui.Address]bool{}
		}
		p.Modules = append(p.Modules, sui.Module{Name: m.Name(), Bytes: module.Bytes})
		p.TypeOrigins = append(p.TypeOrigins, typeOrigins(m)...)
		for _, dep := range m.Dependencies() {
			needs[id][dep] = true
		}
	}
	var out []*sui.Object
	for id, p := range packages {
		for dep := range needs[id] {
			if packages[dep] == nil {
				return nil, fmt.Errorf("package %s needs %s, which is missing", id.Short(), dep.Short())
			}
			p.Linkage = append(p.Linkage, sui.Linkage{Original: dep, Upgraded: dep, Version: 1})
		}
		slices.SortFunc(p.Linkage, func(a, b sui.Linkage) int { return a.Original.Compare(b.Original) })
		slices.SortFunc(p.Modules, func(a, b sui.Module) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
		out = append(out, &sui.Object{Package: p, Owner: sui.Immutable()})
	}
	slices.SortFunc(out, func(a, b *sui.Object) int { return a.ID().Compare(b.ID()) })
	if packages[sui.MoveStdlib] == nil || packages[sui.Framework] == nil {
		return nil, errors.New("the modules of 0x1 and 0x2 are needed")
	}
	return out, nil
}

// typeOrigins lists the datatypes of a module.
func typeOrigins(m *bytecode.Module) (out []sui.TypeOrigin) {
	add := func(handle uint16) {
		out = append(out, sui.TypeOrigin{Module: m.Name(), Name: m.DatatypeName(handle), Package: m.Address()})
	}
	for _, s := range m.Structs {
		add(s.Handle)
	}
	for _, e := range m.Enums {
		add(e.Handle)
	}
	return out
}

// advanceClock executes the system transaction that sets the Clock. It costs
// nothing and needs no Move code. Time does not go back.
func advanceClock(st State, env Env, tx *sui.TransactionData) (*Result, error) {
	if err := checkSystem(tx); err != nil {
		return nil, err
	}
	before, err := st.Object(sui.ClockID)
	if err != nil {
		return nil, fmt.Errorf("read the clock: %w", err)
	}
	if before.Move == nil || len(before.Move.Contents) != 40 {
		return nil, errors.New("read the clock: the object is damaged")
	}
	now, commit := binary.LittleEndian.Uint64(before.Move.Contents[32:]), tx.Kind.ConsensusCommit
	if commit.CommitTimestampMS < now {
		return nil, refuseObject(sui.ClockID, "the time %d ms is before the clock's %d", commit.CommitTimestampMS, now)
	}
	after := before.Clone()
	binary.LittleEndian.PutUint64(after.Move.Contents[32:], commit.CommitTimestampMS)
	return systemResult(env, tx, systemChange{before, after}), nil
}
