package sui

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Arg names a value of a transaction that is being built.
type Arg = Argument

// Result is the outcome of a command: the value itself when the command gives
// one, see [Argument.At] when it gives several.
type Result = Argument

// At returns the i-th (from 0) of several results of a command.
func (a Argument) At(i int) Argument {
	return Argument{Kind: ArgNestedResult, Index: a.Index, Sub: uint16(i)}
}

// GasCoin is the coin that pays for the transaction.
var GasCoin = Argument{Kind: ArgGasCoin}

// A Builder assembles a programmable transaction. Mistakes do not stop it: the
// first one is reported by [Builder.Err] and [Builder.Build].
//
// Objects may be named by their id alone. They stay unresolved until a client
// or node that can read the chain says what they are ([Builder.Unresolved],
// [Builder.Resolve]); suirpc.Client.Send does so.
type Builder struct {
	pt     ProgrammableTransaction
	inputs map[Address]uint16 // object inputs
	err    error
}

// NewBuilder returns an empty Builder.
func NewBuilder() *Builder { return &Builder{inputs: map[Address]uint16{}} }

// Err returns the first mistake.
func (b *Builder) Err() error { return b.err }

// Fail records err, unless a mistake is recorded already. It is for functions
// that add calls to a builder and find that they cannot.
func (b *Builder) Fail(err error) { b.fail("%w", err) }

func (b *Builder) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf("build transaction: "+format, args...)
	}
}

// Pure adds a plain value; see [EncodePure] for the types.
func (b *Builder) Pure(x any) Arg {
	raw, err := EncodePure(x)
	if err != nil {
		b.fail("%w", err)
	}
	return b.PureBytes(raw)
}

// PureBytes adds the BCS bytes of a plain value.
func (b *Builder) PureBytes(raw []byte) Arg {
	return b.input(Input{Kind: InputPure, Pure: copyBytes(raw)})
}

// Object adds an object that is to be resolved.
func (b *Builder) Object(id Address) Arg {
	return b.object(Input{Kind: InputUnresolved, Ref: ObjectRef{ID: id}})
}

// OwnedObject adds an owned or immutable object at a known version.
func (b *Builder) OwnedObject(ref ObjectRef) Arg {
	return b.object(Input{Kind: InputImmOrOwned, Ref: ref})
}

// ReceivedObject adds an object that was sent to an object.
func (b *Builder) ReceivedObject(ref ObjectRef) Arg {
	return b.object(Input{Kind: InputReceiving, Ref: ref})
}

// SharedObject adds a shared object by the version at which it was shared. An
// object that is added as immutable and as mutable is mutable.
func (b *Builder) SharedObject(id Address, initialVersion uint64, mutable bool) Arg {
	in := Input{Kind: InputShared, Ref: ObjectRef{ID: id}, SharedVersion: initialVersion}
	if mutable {
		in.Mutability = SharedMutable
	}
	return b.object(in)
}

// Clock adds the clock, read only.
func (b *Builder) Clock() Arg { return b.SharedObject(ClockID, 1, false) }

func (b *Builder) object(in Input) Arg {
	i, seen := b.inputs[in.Ref.ID]
	if !seen {
		arg := b.input(in)
		b.inputs[in.Ref.ID] = arg.Index
		return arg
	}
	have := &b.pt.Inputs[i]
	switch {
	case have.Kind == InputUnresolved:
		*have = in
	case in.Kind == InputUnresolved:
	case have.Kind == InputShared && in.Kind == InputShared && have.SharedVersion == in.SharedVersion:
		have.Mutability = max(have.Mutability, in.Mutability)
	case have.Kind != in.Kind || have.Ref != in.Ref || have.SharedVersion != in.SharedVersion:
		b.fail("object %s is added twice in different ways", in.Ref.ID)
	}
	return Argument{Kind: ArgInput, Index: i}
}

func (b *Builder) input(in Input) Arg {
	if len(b.pt.Inputs) > math.MaxUint16 {
		b.fail("more than %d inputs", math.MaxUint16+1)
		return Arg{Kind: ArgInput}
	}
	b.pt.Inputs = append(b.pt.Inputs, in)
	return Arg{Kind: ArgInput, Index: uint16(len(b.pt.Inputs) - 1)}
}

// Command adds a command and returns its result.
func (b *Builder) Command(c Command) Result {
	if len(b.pt.Commands) > math.MaxUint16 {
		b.fail("more than %d commands", math.MaxUint16+1)
		return Result{Kind: ArgResult}
	}
	b.pt.Commands = append(b.pt.Commands, c)
	return Result{Kind: ArgResult, Index: uint16(len(b.pt.Commands) - 1)}
}

// Call calls a Move function. The TxContext parameter is not passed.
func (b *Builder) Call(pkg Address, module, function string, typeArgs []TypeTag, args ...Arg) Result {
	if !IsIdentifier(module) || !IsIdentifier(function) {
		b.fail("call %s::%.80q::%.80q: %w", pkg.Short(), module, function, ErrIdentifier)
	}
	return b.Command(Command{MoveCall: &MoveCall{
		Package: pkg, Module: module, Function: function, TypeArguments: slices.Clone(typeArgs), Arguments: slices.Clone(args),
	}})
}

// SplitCoins takes new coins from a coin; result i has amount i, in the coin's
// smallest unit. Amounts are uint64 arguments.
func (b *Builder) SplitCoins(coin Arg, amounts ...Arg) Result {
	return b.Command(Command{SplitCoins: &SplitCoins{Coin: coin, Amounts: slices.Clone(amounts)}})
}

// MergeCoins adds coins to a coin and deletes them.
func (b *Builder) MergeCoins(into Arg, coins ...Arg) {
	b.Command(Command{MergeCoins: &MergeCoins{Into: into, Coins: slices.Clone(coins)}})
}

// Transfer gives objects to an address.
func (b *Builder) Transfer(to Address, objects ...Arg) { b.TransferTo(b.Pure(to), objects...) }

// TransferTo gives objects to an address that is itself an argument.
func (b *Builder) TransferTo(to Arg, objects ...Arg) {
	b.Command(Command{TransferObjects: &TransferObjects{Objects: slices.Clone(objects), Recipient: to}})
}

// MakeMoveVec builds a vector; elem may be nil when the elements are objects.
func (b *Builder) MakeMoveVec(elem *TypeTag, elements ...Arg) Result {
	return b.Command(Command{MakeMoveVec: &MakeMoveVec{Type: elem, Elements: slices.Clone(elements)}})
}

// Publish creates a package and returns its UpgradeCap. Dependencies are the
// storage ids of all packages that the modules need, transitively.
func (b *Builder) Publish(modules [][]byte, dependencies []Address) Result {
	return b.Command(Command{Publish: &Publish{Modules: modules, Dependencies: slices.Clone(dependencies)}})
}

// Upgrade publishes a new version of pkg (a storage id) and returns an
// UpgradeReceipt. The ticket comes from 0x2::package::authorize_upgrade.
func (b *Builder) Upgrade(modules [][]byte, dependencies []Address, pkg Address, ticket Arg) Result {
	return b.Command(Command{Upgrade: &Upgrade{
		Modules: modules, Dependencies: slices.Clone(dependencies), Package: pkg, Ticket: ticket,
	}})
}

// Programmable returns what was built so far; unresolved inputs included.
func (b *Builder) Programmable() ProgrammableTransaction {
	return ProgrammableTransaction{Inputs: slices.Clone(b.pt.Inputs), Commands: slices.Clone(b.pt.Commands)}
}

// Unresolved is an object input of which only the id is known.
type Unresolved struct {
	Index int // among the inputs
	ID    Address
	// MutableHint says that a command other than a Move call uses the object,
	// so a shared object must be mutable. Whether a Move call needs it
	// mutable is for the function's signature to say.
	MutableHint bool
	Uses        []Use // by Move calls
}

// Use is an argument of a Move call.
type Use struct {
	Call     *MoveCall
	Argument int
}

// Unresolved lists the object inputs that are to be resolved.
func (b *Builder) Unresolved() []Unresolved {
	var out []Unresolved
	for i, in := range b.pt.Inputs {
		if in.Kind == InputUnresolved {
			u := Unresolved{Index: i, ID: in.Ref.ID}
			b.findUses(&u)
			out = append(out, u)
		}
	}
	return out
}

func (b *Builder) findUses(u *Unresolved) {
	arg := Argument{Kind: ArgInput, Index: uint16(u.Index)}
	for _, c := range b.pt.Commands {
		if c.MoveCall == nil {
			u.MutableHint = u.MutableHint || slices.Contains(c.Arguments(), arg)
			continue
		}
		for i, a := range c.MoveCall.Arguments {
			if a == arg {
				u.Uses = append(u.Uses, Use{Call: c.MoveCall, Argument: i})
			}
		}
	}
}

// Resolve sets an unresolved input.
func (b *Builder) Resolve(index int, in Input) error {
	if index < 0 || index >= len(b.pt.Inputs) || b.pt.Inputs[index].Kind != InputUnresolved {
		return fmt.Errorf("resolve input %d: it is not an unresolved object", index)
	}
	if in.Kind == InputUnresolved || in.Kind == InputPure || in.Ref.ID != b.pt.Inputs[index].Ref.ID {
		return fmt.Errorf("resolve input %d: want object %s", index, b.pt.Inputs[index].Ref.ID)
	}
	b.pt.Inputs[index] = in
	return nil
}

// Build returns the transaction that sender signs. All objects must be
// resolved; gas.Owner defaults to the sender.
func (b *Builder) Build(sender Address, gas GasData) (*TransactionData, error) {
	if b.err != nil {
		return nil, b.err
	}
	if len(b.pt.Commands) == 0 {
		return nil, errors.New("build transaction: it has no commands")
	}
	if u := b.Unresolved(); len(u) > 0 {
		return nil, fmt.Errorf("build transaction: object %s is not resolved", u[0].ID)
	}
	if gas.Owner.IsZero() {
		gas.Owner = sender
	}
	pt := b.Programmable()
	return &TransactionData{Kind: TransactionKind{Programmable: &pt}, Sender: sender, Gas: gas}, nil
}

// Arguments returns all arguments of the command in order.
func (c Command) Arguments() []Argument {
	switch {
	case c.MoveCall != nil:
		return c.MoveCall.Arguments
	case c.TransferObjects != nil:
		return append(slices.Clone(c.TransferObjects.Objects), c.TransferObjects.Recipient)
	case c.SplitCoins != nil:
		return append([]Argument{c.SplitCoins.Coin}, c.SplitCoins.Amounts...)
	case c.MergeCoins != nil:
		return append([]Argument{c.MergeCoins.Into}, c.MergeCoins.Coins...)
	case c.MakeMoveVec != nil:
		return c.MakeMoveVec.Elements
	case c.Upgrade != nil:
		return []Argument{c.Upgrade.Ticket}
	}
	return nil
}
