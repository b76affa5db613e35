package execution

import (
	"errors"
	"fmt"
	"slices"

	"github.com/floe-data/floe/sdk/sui"
)

// Limits of a transaction (protocol version 95).
const (
	maxTransactionSize = 128 << 10
	maxPureSize        = 16 << 10
	maxCommands        = 1024
	maxInputObjects    = 2048
	maxArguments       = 512
	maxTypeArguments   = 16
	maxGasCoins        = 256
	maxModules         = 64
)

// inputs are the checked inputs of a transaction.
type inputs struct {
	tx      *sui.TransactionData
	pt      *sui.ProgrammableTransaction
	digest  sui.Digest
	objects []*inputObject // by input index; nil for pure inputs and those in ended
	ended   map[int]endedInput
	gas     []*sui.Object // payment coins, the first is the gas coin
	deps    []sui.Digest  // transactions that inputs come from, as they were found
	maxSeen uint64        // largest version among all Move objects
}

// An endedInput is an object input whose consensus stream has ended: the
// transaction fails, but is executed.
type endedInput struct {
	id      sui.Address
	version uint64
	mutable bool
}

// An inputObject is an object input in the state before the transaction.
type inputObject struct {
	obj       *sui.Object
	mutable   bool // may be changed or taken, and gets a new version in any case
	consensus bool // shared, or a party's
	receiving bool
}

// loadInputs checks what can be checked before execution and reads the input
// objects.
func loadInputs(st State, env Env, tx *sui.TransactionData, opt Options) (*inputs, error) {
	if tx.Kind.Programmable == nil {
		return nil, refuse("this kind of transaction cannot be executed here")
	}
	in := &inputs{tx: tx, pt: tx.Kind.Programmable}
	if err := checkShape(in.pt); err != nil {
		return nil, err
	}
	if err := in.assumeGas(env, opt); err != nil {
		return nil, err
	}
	var size int
	if in.digest, size = in.tx.DigestAndSize(); size > maxTransactionSize {
		return nil, refuse("transaction of %d bytes, more than %d", size, maxTransactionSize)
	}
	if err := checkExpiration(env, &tx.Expiration); err != nil {
		return nil, err
	}
	if err := in.loadObjects(st, env.Epoch, opt); err != nil {
		return nil, err
	}
	if err := in.loadPackages(st); err != nil {
		return nil, err
	}
	if err := in.loadGas(st, env, opt); err != nil {
		return nil, err
	}
	return in, nil
}

func checkShape(pt *sui.ProgrammableTransaction) error {
	switch {
	case len(pt.Commands) == 0:
		return refuse("no commands")
	case len(pt.Commands) > maxCommands:
		return refuse("%d commands, more than %d", len(pt.Commands), maxCommands)
	case len(pt.Inputs) > maxInputObjects:
		return refuse("%d inputs, more than %d", len(pt.Inputs), maxInputObjects)
	}
	for i, in := range pt.Inputs {
		switch {
		case in.Kind == sui.InputPure && len(in.Pure) > maxPureSize:
			return refuse("input %d of %d bytes, more than %d", i, len(in.Pure), maxPureSize)
		case in.Kind == sui.InputFundsWithdrawal:
			return refuse("input %d: withdrawals from address balances are not enabled", i)
		case in.Kind == sui.InputUnresolved:
			return refuse("input %d: object %s is not resolved", i, in.Ref.ID)
		}
	}
	for i, c := range pt.Commands {
		if err := checkCommand(c); err != nil {
			return refuse("command %d: %v", i, err)
		}
	}
	return checkRandom(pt)
}

// checkCommand checks what depends on the command alone.
func checkCommand(c sui.Command) error {
	if n := len(c.Arguments()); n > maxArguments {
		return fmt.Errorf("%d arguments, more than %d", n, maxArguments)
	}
	switch {
	case c.MoveCall != nil:
		if n := len(c.MoveCall.TypeArguments); n > maxTypeArguments {
			return fmt.Errorf("%d type arguments, more than %d", n, maxTypeArguments)
		}
	case c.TransferObjects != nil && len(c.TransferObjects.Objects) == 0,
		c.SplitCoins != nil && len(c.SplitCoins.Amounts) == 0,
		c.MergeCoins != nil && len(c.MergeCoins.Coins) == 0,
		c.MakeMoveVec != nil && c.MakeMoveVec.Type == nil && len(c.MakeMoveVec.Elements) == 0:
		return errors.New("it needs at least one argument")
	case c.Publish != nil:
		return checkModules(c.Publish.Modules)
	case c.Upgrade != nil:
		return checkModules(c.Upgrade.Modules)
	}
	return nil
}

func checkModules(modules [][]byte) error {
	if len(modules) == 0 || len(modules) > maxModules {
		return fmt.Errorf("%d modules, want 1 to %d", len(modules), maxModules)
	}
	return nil
}

func checkExpiration(env Env, x *sui.Expiration) error {
	switch x.Kind {
	case sui.ExpireNever:
	case sui.ExpireEpoch:
		if x.Epoch < env.Epoch {
			return refuse("it expired with epoch %d, now is %d", x.Epoch, env.Epoch)
		}
	default:
		if x.MinTimestamp != nil || x.MaxTimestamp != nil {
			return refuse("expiration by timestamp is not enabled")
		}
		if x.Chain != env.ChainID {
			return refuse("it is for the chain %s, this is %s", x.Chain, env.ChainID)
		}
		if x.MinEpoch != nil && env.Epoch < *x.MinEpoch || x.MaxEpoch != nil && env.Epoch > *x.MaxEpoch {
			return refuse("it is not valid in epoch %d", env.Epoch)
		}
	}
	return nil
}

// loadObjects reads and checks the object inputs.
func (in *inputs) loadObjects(st State, epoch uint64, opt Options) error {
	if id, twice := repeated(in.pt.Inputs); twice {
		return refuseObject(id, "it is an input twice")
	}
	in.objects = make([]*inputObject, len(in.pt.Inputs))
	in.deps = make([]sui.Digest, 0, len(in.pt.Inputs)+1)
	for i := range in.pt.Inputs {
		input := &in.pt.Inputs[i]
		if input.Kind == sui.InputPure {
			continue
		}
		id := input.Ref.ID
		obj, err := st.Object(id)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return fmt.Errorf("load input %d: %w", i, err)
		}
		if end, err := streamEnd(st, epoch, input, obj); err != nil {
			return fmt.Errorf("load input %d: %w", i, err)
		} else if end != nil {
			in.addEnded(i, input, end)
			continue
		}
		if err != nil {
			return refuseObject(id, "it does not exist or was deleted")
		}
		if obj.Move == nil {
			return refuseObject(id, "it is a package, which cannot be an argument")
		}
		o, err := checkObject(in.tx.Sender, input, obj, opt)
		if err != nil {
			return err
		}
		in.objects[i] = o
		in.maxSeen = max(in.maxSeen, obj.Move.Version)
		if !o.receiving { // one that is received adds its transaction later
			in.use(obj)
		}
	}
	return nil
}

// count is the number of object inputs.
func (in *inputs) count() (n int) {
	for _, o := range in.objects {
		if o != nil {
			n++
		}
	}
	return n
}

// repeated finds an object that is an input twice.
func repeated(list []sui.Input) (id sui.Address, found bool) {
	ids := make([]sui.Address, 0, 16)
	for i := range list {
		if list[i].Kind != sui.InputPure {
			ids = append(ids, list[i].Ref.ID)
		}
	}
	slices.SortFunc(ids, sui.Address.Compare)
	for i := 1; i < len(ids); i++ {
		if ids[i] == ids[i-1] {
			return ids[i], true
		}
	}
	return id, false
}

// streamEnd returns the end of the consensus stream of an input; nil when it has
// not ended. obj is what the input is now, nil when it is deleted.
func streamEnd(st State, epoch uint64, input *sui.Input, obj *sui.Object) (*StreamEnd, error) {
	ends, ok := st.(StreamEnds)
	if !ok || input.Kind != sui.InputShared || obj != nil && byConsensus(obj) {
		return nil, nil
	}
	end, err := ends.StreamEnd(input.Ref.ID, epoch)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return &end, err
}

// addEnded notes an input whose consensus stream has ended.
func (in *inputs) addEnded(i int, input *sui.Input, end *StreamEnd) {
	if in.ended == nil {
		in.ended = map[int]endedInput{}
	}
	in.ended[i] = endedInput{input.Ref.ID, end.Version, input.Mutability != sui.SharedImmutable}
	in.maxSeen = max(in.maxSeen, end.Version)
	in.deps = append(in.deps, end.Transaction)
}

// byConsensus reports whether consensus orders the uses of an object.
func byConsensus(obj *sui.Object) bool {
	return obj.Owner.Kind == sui.OwnerShared || obj.Owner.Kind == sui.OwnerConsensusAddress
}

// use notes the version and the transaction that an input comes from.
func (in *inputs) use(obj *sui.Object) {
	if obj.Move != nil {
		in.maxSeen = max(in.maxSeen, obj.Move.Version)
	}
	in.deps = append(in.deps, obj.PreviousTransaction)
}

// checkObject checks an object input against the object's newest version.
func checkObject(sender sui.Address, input *sui.Input, obj *sui.Object, opt Options) (*inputObject, error) {
	o := &inputObject{obj: obj}
	id, owner := obj.ID(), obj.Owner
	if input.Kind == sui.InputShared {
		o.consensus, o.mutable = true, input.Mutability != sui.SharedImmutable
		return o, checkShared(sender, input, obj, opt)
	}
	if want := obj.Ref(); input.Ref != want {
		return nil, refuseObject(id, "version %d with digest %s is not the newest: that is version %d with digest %s",
			input.Ref.Version, input.Ref.Digest, want.Version, want.Digest)
	}
	if input.Kind == sui.InputReceiving {
		o.receiving = true
		if owner.Kind != sui.OwnerAddress {
			return nil, refuseObject(id, "it cannot be received, its owner is %s", owner)
		}
		return o, nil
	}
	switch owner.Kind {
	case sui.OwnerImmutable:
	case sui.OwnerAddress:
		o.mutable = true
		if owner.Address != sender && !opt.SkipChecks {
			return nil, refuseObject(id, "it is owned by %s, the sender is %s", owner.Address, sender)
		}
	case sui.OwnerObject:
		o.mutable = opt.SkipChecks
		if !opt.SkipChecks {
			return nil, refuseObject(id, "it is owned by the object %s; pass that instead", owner.Address)
		}
	default:
		return nil, refuseObject(id, "it is shared; pass it as a shared object, not by version")
	}
	return o, nil
}

func checkShared(sender sui.Address, input *sui.Input, obj *sui.Object, opt Options) error {
	id, owner := obj.ID(), obj.Owner
	switch {
	case owner.Kind == sui.OwnerConsensusAddress:
		if owner.Address != sender && !opt.SkipChecks {
			return refuseObject(id, "it is owned by %s, the sender is %s", owner.Address, sender)
		}
	case owner.Kind != sui.OwnerShared:
		return refuseObject(id, "it is not shared, its owner is %s", owner)
	}
	if input.SharedVersion != owner.Version {
		return refuseObject(id, "it was shared at version %d, not %d", owner.Version, input.SharedVersion)
	}
	if input.Mutability == sui.SharedNonExclusiveWrite {
		return refuseObject(id, "non-exclusive writes are not enabled")
	}
	if input.Mutability == sui.SharedMutable && (id == sui.ClockID || id == sui.RandomID) {
		return refuseObject(id, "it can be passed as immutable only")
	}
	return nil
}

// loadPackages demands that the packages which the commands name exist, and
// notes where they come from.
func (in *inputs) loadPackages(st State) error {
	for _, id := range packagesOf(in.pt) {
		obj, err := st.Object(id)
		if errors.Is(err, ErrNotFound) {
			return refuseObject(id, "no such package on this chain")
		}
		if err != nil {
			return fmt.Errorf("load package: %w", err)
		}
		if obj.Package == nil {
			return refuseObject(id, "it is an object, not a package")
		}
		in.use(obj)
	}
	return nil
}

// packagesOf lists the packages that commands call, publish against or name in
// type arguments; each once.
func packagesOf(pt *sui.ProgrammableTransaction) []sui.Address {
	var out []sui.Address
	for _, c := range pt.Commands {
		switch {
		case c.MoveCall != nil:
			out = append(out, c.MoveCall.Package)
			for _, t := range c.MoveCall.TypeArguments {
				out = typePackages(out, t)
			}
		case c.MakeMoveVec != nil && c.MakeMoveVec.Type != nil:
			out = typePackages(out, *c.MakeMoveVec.Type)
		case c.Publish != nil:
			out = append(out, c.Publish.Dependencies...)
		case c.Upgrade != nil:
			out = append(append(out, c.Upgrade.Dependencies...), c.Upgrade.Package)
		}
	}
	slices.SortFunc(out, sui.Address.Compare)
	return slices.Compact(out)
}

func typePackages(out []sui.Address, t sui.TypeTag) []sui.Address {
	switch t.Kind {
	case sui.KindVector:
		return typePackages(out, *t.Elem)
	case sui.KindStruct:
		out = append(out, t.Struct.Address)
		for _, p := range t.Struct.Params {
			out = typePackages(out, p)
		}
	}
	return out
}

// lamport is the version that all objects written by the transaction get.
func (in *inputs) lamport() uint64 { return in.maxSeen + 1 }

// dependencies are the transactions that the inputs come from, ascending.
func (in *inputs) dependencies() []sui.Digest {
	slices.SortFunc(in.deps, sui.Digest.Compare)
	out := slices.Compact(in.deps)
	if len(out) > 0 && out[0].IsZero() {
		out = out[1:] // of genesis
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
