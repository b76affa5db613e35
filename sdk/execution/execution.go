// Package execution runs Sui transactions: it takes a transaction and a state
// and gives the effects that Sui would give, the objects written and the
// events. It does no I/O and keeps no clock, so that the chain that made a
// transaction and an auditor who repeats it come to the same bytes.
//
// Start with [Engine.Execute], or with [Engine.Evaluate] to ask a policy over a
// [Snapshot] of the objects that it reads. The steps are in the order of the
// files: input.go checks and loads the inputs, gas.go smashes the gas coins,
// run.go runs the commands (values.go, call.go, cliques.go, coins.go,
// publish.go), effects.go and changes.go turn what the Move VM recorded into
// effects. genesis.go makes the objects that exist before any transaction;
// settle.go, randomness.go and epoch.go execute system transactions.
//
// # What is simplified
//
// One table for the three layers. The details of the VM are in package movevm,
// those of the services in the README of package chain.
//
//	layer      what                  here                                     on Sui
//	movevm     fuel                  our own units, a bound on time           gas tiers per instruction, height and bytes
//	movevm     feature flags         all off                                  by protocol version
//	execution  computation gas       fuel in buckets of 1000 units: equal     gas units in the same buckets
//	                                 for small transactions
//	execution  storage gas           the same                                 -
//	execution  limits                those that are cheap to check            all of the protocol's
//	chain      consensus             one sequencer, final at once             Mysticeti among validators
//	chain      validators            four keys in one process                 a committee by stake
//	chain      epochs                end on request; keys rotate by the seed   end each day; committee by stake
//	chain      rewards               no staking, no 0x3                       paid at the end of an epoch
//	chain      randomness            hashed from the chain's seed             threshold signatures
//	chain      congestion            none: no cancellation, no deny list      shared objects are metered
//
// Effects equal Sui's except for that and what follows.
//   - References as results are allowed in simulation without checks only.
//   - A late use of a deleted shared object executes as a failure if the State
//     is a StreamEnds, as the devnet's is; others refuse it.
//   - Not there: withdrawals from address balances, deny lists, staking, and
//     system transactions other than those of clock, randomness, event streams
//     and the end of an epoch.
package execution

import (
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/sui"
)

// A State reads the objects that a transaction may touch. It must not change
// while a transaction executes.
type State interface {
	// Object returns the newest version of a live object or package, or
	// ErrNotFound (wrapped).
	Object(id sui.Address) (*sui.Object, error)
	// ObjectAt returns one version of an object, or ErrNotFound (wrapped).
	ObjectAt(id sui.Address, version uint64) (*sui.Object, error)
	// ChildObject returns the newest version, at most maxVersion, of an object
	// that was owned by the object parent at that version, or ErrNotFound
	// (wrapped).
	ChildObject(parent, child sui.Address, maxVersion uint64) (*sui.Object, error)
}

// A State that is also a StreamEnds lets transactions that take an object whose
// consensus stream has ended execute as failures, as on Sui. Others refuse them.
type StreamEnds interface {
	// StreamEnd returns the end of the stream of an object that was shared or
	// belonged to a party earlier in an epoch, or ErrNotFound (wrapped).
	StreamEnd(id sui.Address, epoch uint64) (StreamEnd, error)
}

// A StreamEnd says that consensus does not order an object any more: it was
// deleted, or a party's object got another kind of owner.
type StreamEnd struct {
	Version     uint64     // of the transaction
	Transaction sui.Digest // that ended it, or the newest that wanted to change it since
}

// ErrNotFound means that a State has no such object.
var ErrNotFound = errors.New("object not found")

// Env is what a transaction can learn about the network.
type Env struct {
	Epoch             uint64
	EpochStartMS      uint64
	ReferenceGasPrice uint64 // MIST per unit
	ProtocolVersion   uint64
	ChainID           sui.Digest // of the genesis checkpoint
}

// Options tell a simulation from the real thing.
type Options struct {
	// Simulate allows an empty gas payment (a coin of 10^15 MIST is assumed), a
	// price and budget of 0 (the reference price and the largest budget are
	// assumed), and records the outputs of each command.
	Simulate bool
	// SkipChecks lets a simulation use objects that the sender does not own,
	// call any function, pass any BCS as an argument and drop any result.
	SkipChecks bool
	// Fuel and Memory lower what the program may use, see [movevm.Config]; 0 leaves
	// what the Engine allows.
	Fuel, Memory uint64
}

// A Result is what a transaction did.
type Result struct {
	Transaction *sui.TransactionData // as executed: with the assumed gas data, if any
	Effects     sui.TransactionEffects
	Events      []sui.Event
	Written     []*sui.Object   // objects and packages, ascending by id
	Deleted     []sui.Address   // objects deleted or wrapped, ascending
	Inputs      []*sui.Object   // input objects and touched dynamic fields as they were before
	Ended       []sui.Address   // whose StreamEnd is now this transaction, at Effects.LamportVersion
	Loaded      []sui.ObjectRef // dynamic fields that were read and did not change
	Commands    []CommandOutput // of a simulation, as many as were executed
	Error       *Failure        // nil when the transaction succeeded
}

// A CommandOutput is what one command returned and changed by reference.
type CommandOutput struct {
	Returns []OutputValue
	Mutated []OutputValue
}

// An OutputValue is a value in BCS; Argument is set for values that were
// changed by reference.
type OutputValue struct {
	Argument *sui.Argument
	Type     sui.TypeTag
	BCS      []byte
}

// An InputError says why a transaction was refused before execution; it had no
// effects and cost nothing.
type InputError struct {
	Reason string       // what is wrong and what would be right
	Object *sui.Address // the object that it is about, if any
}

func (e *InputError) Error() string {
	if e.Object != nil {
		return fmt.Sprintf("refuse transaction: object %s: %s", e.Object, e.Reason)
	}
	return "refuse transaction: " + e.Reason
}

func refuse(format string, args ...any) error {
	return &InputError{Reason: fmt.Sprintf(format, args...)}
}

func refuseObject(id sui.Address, format string, args ...any) error {
	return &InputError{Reason: fmt.Sprintf(format, args...), Object: &id}
}

// An Engine executes transactions. It is safe for concurrent use; it caches
// packages by id, so an engine serves one chain only.
type Engine struct{ vm *movevm.VM }

// NewEngine returns an engine with empty caches. Nitro roots are taken by
// sui::nitro_attestation besides AWS' own; only a devnet has any, see
// movevm.Config. Whoever repeats a transaction must have the same.
func NewEngine(nitroRoots ...*x509.Certificate) *Engine {
	return &Engine{vm: movevm.New(movevm.Config{NitroRoots: nitroRoots})}
}

// Execute runs a transaction against a state, which it does not change. The
// error is an [*InputError] when the transaction is refused before execution,
// or one of the state. A failure during execution is part of the result.
func (e *Engine) Execute(st State, env Env, tx *sui.TransactionData, opt Options) (*Result, error) {
	if opt.SkipChecks && !opt.Simulate {
		return nil, errors.New("execute transaction: checks are skipped in simulation only")
	}
	if tx.Kind.ConsensusCommit != nil {
		return advanceClock(st, env, tx)
	}
	if tx.Kind.Randomness != nil {
		return updateRandomness(st, env, tx)
	}
	if c := tx.Kind.ChangeEpoch(); c != nil {
		return changeEpoch(st, env, tx, c)
	}
	if IsSettlement(&tx.Kind) {
		return settle(st, env, tx)
	}
	in, err := loadInputs(st, env, tx, opt)
	if err != nil {
		return nil, err
	}
	r := newRun(e, st, env, opt, in)
	defer r.session.Close()
	if err := r.commands(); err != nil {
		return nil, err
	}
	return r.result()
}

// ClockTransaction is the system transaction that sets the Clock to a time.
func ClockTransaction(epoch, round, timestampMS uint64) *sui.TransactionData {
	return sui.SystemTransaction(sui.TransactionKind{ConsensusCommit: &sui.ConsensusCommitPrologue{
		Epoch: epoch, Round: round, CommitTimestampMS: timestampMS,
	}})
}

// VerifySignatures checks that the sender, and the gas owner if it is another
// address, signed the transaction, and that nobody else did. Signatures of
// zkLogin can't be verified here: they give sui.ErrScheme (wrapped).
func VerifySignatures(tx *sui.TransactionData, sigs []sui.Signature) error {
	want := map[sui.Address]bool{tx.Sender: true, tx.Gas.Owner: true}
	if len(sigs) != len(want) {
		return refuse("transaction needs %d signatures (of the sender and, if another pays, of the gas owner); got %d", len(want), len(sigs))
	}
	raw := bcs.Marshal(tx)
	for i, sig := range sigs {
		signer, err := sig.VerifyTransaction(raw)
		if err != nil {
			return fmt.Errorf("signatures[%d]: %w", i, err)
		}
		delete(want, signer)
	}
	for address := range want {
		return fmt.Errorf("missing the signature of %s, sign with the key of that address: %w", address, sui.ErrWrongSigner)
	}
	return nil
}
