package execution

import (
	"bytes"
	"unicode/utf8"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/sui"
)

// A slot is a place that holds a value between commands: the gas coin, an
// input object, a pure input at one type, or a result.
type slot struct {
	cell    movevm.Cell
	typ     *movevm.Type
	moved   bool // the value was taken
	copied  bool // the last use was a copy
	object  bool // an input object
	mutable bool // an input object that may be changed and taken
	shared  bool
	gas     bool
	carried []sui.Address // shared objects that MakeMoveVec took by value into this vector
	id      sui.Address   // of an input object
	lentTo  *command      // the last command that borrowed it
	lentMut bool          // and whether mutably

	clique   int // see cliques.go
	inClique bool
	heats    bool // is a hot potato
}

// newSlot puts a value in a slot.
func newSlot(v movevm.Value) *slot { return new(slot).put(v) }

func (s *slot) put(v movevm.Value) *slot {
	s.typ = v.Type()
	s.cell.Set(v)
	return s
}

func (s *slot) objectID() sui.Address {
	if s.moved {
		return s.id
	}
	id, _ := s.cell.Value().ID()
	return id
}

// An inputSlot is an input of the transaction: an object, or bytes that get a
// value for each type at which they are used.
type inputSlot struct {
	input *sui.Input
	slot  *slot            // of an object
	first *slot            // of bytes, at the first type
	pure  map[string]*slot // at further types
}

// A command is the use of slots by one command. Borrows end with it.
type command struct {
	run         *run
	mutated     []mutatedSlot
	sharedTaken []sui.Address
	used        []int // the cliques of the arguments
}

type mutatedSlot struct {
	argument sui.Argument
	slot     *slot
}

// find returns the slot that an argument names. want is the type at which pure
// bytes are read; nil when any value will do but bytes alone will not.
func (cmd *command) find(arg sui.Argument, want *movevm.Type) (*slot, error) {
	r := cmd.run
	switch arg.Kind {
	case sui.ArgGasCoin:
		return r.gas, nil
	case sui.ArgInput:
		if int(arg.Index) >= len(r.inputs) {
			return nil, &argError{Kind: sui.ArgIndexOutOfBounds, A: arg.Index}
		}
		return cmd.findInput(&r.inputs[arg.Index], want)
	case sui.ArgResult:
		if int(arg.Index) >= len(r.results) {
			return nil, &argError{Kind: sui.ArgIndexOutOfBounds, A: arg.Index}
		}
		if len(r.results[arg.Index]) != 1 {
			return nil, &argError{Kind: sui.ArgInvalidResultArity, A: arg.Index}
		}
		return r.results[arg.Index][0], nil
	default:
		if int(arg.Index) >= len(r.results) {
			return nil, &argError{Kind: sui.ArgIndexOutOfBounds, A: arg.Index}
		}
		if int(arg.Sub) >= len(r.results[arg.Index]) {
			return nil, &argError{Kind: sui.ArgSecondaryIndexOutOfBounds, A: arg.Index, B: arg.Sub}
		}
		return r.results[arg.Index][arg.Sub], nil
	}
}

func (cmd *command) findInput(in *inputSlot, want *movevm.Type) (*slot, error) {
	switch {
	case in.input.Kind == sui.InputReceiving:
		return cmd.findReceiving(in, want)
	case in.slot != nil:
		return in.slot, nil
	case want == nil:
		return nil, &argError{Kind: sui.ArgTypeMismatch}
	}
	if in.first != nil && in.first.typ.Equal(want) {
		return in.first, nil
	}
	if s, ok := in.pure[want.String()]; ok {
		return s, nil
	}
	v, err := cmd.run.pure(want, in.input.Pure)
	if err != nil {
		return nil, err
	}
	s := newSlot(v)
	switch {
	case in.first == nil:
		in.first = s
	case in.pure == nil:
		in.pure = map[string]*slot{want.String(): s}
	default:
		in.pure[want.String()] = s
	}
	return s, nil
}

// findReceiving makes a 0x2::transfer::Receiving of a receiving input, once.
func (cmd *command) findReceiving(in *inputSlot, want *movevm.Type) (*slot, error) {
	if in.slot != nil {
		return in.slot, nil
	}
	if want == nil || !want.Is(sui.Framework, "transfer", "Receiving") {
		return nil, &argError{Kind: sui.ArgTypeMismatch}
	}
	e := bcs.NewEncoder()
	e.Value(in.input.Ref.ID)
	e.U64(in.input.Ref.Version)
	v, err := cmd.run.session.Decode(want, e.Data())
	if err != nil {
		return nil, err
	}
	in.slot = newSlot(v)
	return in.slot, nil
}

// take uses a value by value: it is copied when its type allows, else moved.
func (cmd *command) take(arg sui.Argument, want *movevm.Type) (movevm.Value, error) {
	s, err := cmd.find(arg, want)
	if err != nil {
		return movevm.Value{}, err
	}
	switch {
	case s.moved:
		return movevm.Value{}, &argError{Kind: sui.ArgArgumentWithoutValue}
	case want != nil && !s.typ.Equal(want):
		return movevm.Value{}, &argError{Kind: sui.ArgTypeMismatch}
	case s.object && !s.mutable:
		return movevm.Value{}, &argError{Kind: sui.ArgInvalidObjectByValue}
	}
	lent := s.lentTo == cmd
	mutably := lent && s.lentMut
	if s.typ.Abilities.Has(movevm.Copy) {
		if mutably {
			return movevm.Value{}, &argError{Kind: sui.ArgInvalidReferenceArgument}
		}
		s.copied = true
		cmd.entangle(s, false)
		return s.cell.Value().Copy(), nil
	}
	if lent {
		return movevm.Value{}, &argError{Kind: sui.ArgCannotMoveBorrowedValue}
	}
	s.id = s.objectIDIfAny()
	s.moved = true
	cmd.entangle(s, true)
	taken := s.carried
	if s.shared {
		taken = []sui.Address{s.id}
	}
	cmd.sharedTaken = append(cmd.sharedTaken, taken...)
	cmd.run.sharedTaken = append(cmd.run.sharedTaken, taken...)
	return s.cell.Value(), nil
}

func (s *slot) objectIDIfAny() sui.Address {
	if !s.typ.Abilities.Has(movevm.Key) {
		return sui.Address{}
	}
	return s.objectID()
}

// borrow lends a value to the command. want is the type of the reference.
func (cmd *command) borrow(arg sui.Argument, want *movevm.Type) (movevm.Value, error) {
	mutable := want.Kind == movevm.KindMutRef
	s, err := cmd.lend(arg, want.Elem, mutable)
	if err != nil {
		return movevm.Value{}, err
	}
	return s.cell.Ref(want), nil
}

// lend notes the borrow of a slot that holds a value of type want, if any.
func (cmd *command) lend(arg sui.Argument, want *movevm.Type, mutable bool) (*slot, error) {
	s, err := cmd.find(arg, want)
	if err != nil {
		return nil, err
	}
	already := s.lentTo == cmd
	switch {
	case s.moved:
		return nil, &argError{Kind: sui.ArgArgumentWithoutValue}
	case want != nil && !s.typ.Equal(want):
		return nil, &argError{Kind: sui.ArgTypeMismatch}
	case mutable && s.object && !s.mutable:
		return nil, &argError{Kind: sui.ArgInvalidObjectByMutRef}
	case already && (s.lentMut || mutable):
		return nil, &argError{Kind: sui.ArgInvalidReferenceArgument}
	}
	s.lentTo, s.lentMut, s.copied = cmd, mutable, false
	cmd.entangle(s, false)
	if mutable {
		cmd.mutated = append(cmd.mutated, mutatedSlot{arg, s})
	}
	return s, nil
}

// pure reads the bytes of an input at a type.
func (r *run) pure(t *movevm.Type, raw []byte) (movevm.Value, error) {
	if !r.opt.SkipChecks || t.Abilities.Has(movevm.Key) {
		d := bcs.NewDecoder(raw)
		switch allowed := checkPure(t, d); {
		case !allowed:
			return movevm.Value{}, &argError{Kind: sui.ArgInvalidUsageOfPureArg}
		case d.Finish() != nil:
			return movevm.Value{}, &argError{Kind: sui.ArgInvalidBCSBytes}
		}
	}
	v, err := r.session.Decode(t, raw)
	if err != nil {
		return movevm.Value{}, &argError{Kind: sui.ArgInvalidBCSBytes}
	}
	return v, nil
}

// checkPure reports whether bytes may make a value of type t at all, and reads
// one, so that strings are checked; other faults are left to the decoder.
func checkPure(t *movevm.Type, d *bcs.Decoder) (allowed bool) {
	switch t.Kind {
	case movevm.KindVector:
		return checkPureSequence(t.Elem, d, bcs.MaxLength)
	case movevm.KindDatatype:
		return checkPureStruct(t, d)
	case movevm.KindBool:
		d.Bool()
		return true
	}
	n := pureSize(t.Kind)
	d.Fixed(n)
	return n > 0
}

// pureSize is the size of a number or address, all of whose bits may be
// anything; 0 for other kinds.
func pureSize(k movevm.Kind) int {
	switch k {
	case movevm.KindU8, movevm.KindU16, movevm.KindU32, movevm.KindU64, movevm.KindU128, movevm.KindU256:
		return 1 << (k - movevm.KindU8)
	case movevm.KindAddress:
		return 32
	}
	return 0
}

func checkPureStruct(t *movevm.Type, d *bcs.Decoder) bool {
	switch {
	case t.Is(sui.Framework, "object", "ID"):
		d.Fixed(32)
	case t.Is(sui.MoveStdlib, "string", "String"):
		if b := d.Bytes(); !utf8.Valid(b) {
			d.Fail(sui.ErrNotUTF8)
		}
	case t.Is(sui.MoveStdlib, "ascii", "String"):
		if b := d.Bytes(); bytes.ContainsFunc(b, func(c rune) bool { return c > 0x7f }) {
			d.Fail(errNotASCII)
		}
	case t.Is(sui.MoveStdlib, "option", "Option") && len(t.TypeArgs()) == 1:
		return checkPureSequence(t.TypeArgs()[0], d, 1)
	default:
		return false
	}
	return true
}

// pureType reports whether bytes may make a value of a type.
func pureType(t *movevm.Type) bool {
	switch {
	case t.Kind == movevm.KindVector:
		return pureType(t.Elem)
	case t.Is(sui.MoveStdlib, "option", "Option") && len(t.TypeArgs()) == 1:
		return pureType(t.TypeArgs()[0])
	case t.Kind == movevm.KindDatatype:
		return t.Is(sui.Framework, "object", "ID") || t.Is(sui.MoveStdlib, "string", "String") || t.Is(sui.MoveStdlib, "ascii", "String")
	}
	return t.Kind == movevm.KindBool || pureSize(t.Kind) > 0
}

// checkPureSequence reads at most limit elements. Of an empty sequence the
// element's type still has to be allowed.
func checkPureSequence(elem *movevm.Type, d *bcs.Decoder, limit int) bool {
	if !pureType(elem) {
		return false
	}
	size := pureSize(elem.Kind)
	n := d.Length(max(size, 1))
	if n > limit {
		d.Fail(bcs.ErrInvalidOption)
	}
	if size > 0 {
		d.Fixed(n * size)
		return true
	}
	for ; n > 0 && d.Err() == nil; n-- {
		checkPure(elem, d)
	}
	return true
}
