package suirpc

import (
	"context"
	"errors"
	"fmt"
	"time"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// Executed is a transaction with its outcome. A failed transaction is an
// outcome too: look at Effects.Status, or use [Client.Send], which turns it
// into an error.
type Executed struct {
	Digest      sui.Digest
	Transaction *sui.TransactionData // nil when the node did not send it
	Effects     sui.TransactionEffects
	Events      []sui.Event
	Checkpoint  *uint64 // nil until the transaction is in a checkpoint
	TimestampMS uint64  // of the checkpoint; 0 until then

	// Objects holds the objects that the transaction wrote, as it left them,
	// by id. Executing and simulating fill it.
	Objects map[sui.Address]*sui.Object
	// Outputs holds what each command returned; only simulating fills it.
	Outputs []CommandOutput

	simulated bool
	clever    *Clever // of an abort
}

// CommandOutput is what one command of a simulated transaction returned, and
// what it left in arguments that it took by mutable reference.
type CommandOutput struct{ Returned, Mutated []Value }

// Value is the BCS of a Move value and its type.
type Value struct {
	Type string
	BCS  []byte
}

// SimulateOptions says how a simulation deviates from a real execution.
type SimulateOptions struct {
	// SkipChecks leaves out the checks of ownership, gas and visibility, to try
	// calls that could never be executed. Never decide about access by it: a
	// policy would be shown objects that the requester does not own.
	SkipChecks bool
}

// outcome is the read mask of a transaction's outcome, below prefix.
func outcome(prefix string, more ...string) []string {
	paths := append([]string{"digest", "effects.bcs", "effects.status", "events.bcs", "checkpoint", "timestamp"}, more...)
	for i := range paths {
		paths[i] = prefix + paths[i]
	}
	return paths
}

// Simulate runs a transaction without changing the chain.
func (c *Client) Simulate(ctx context.Context, tx *sui.TransactionData, opt SimulateOptions) (*Executed, error) {
	if err := demandResolved(tx); err != nil {
		return nil, fmt.Errorf("simulate transaction: %w", err)
	}
	b := bcs.Marshal(tx)
	checks := pb.SimulateTransactionRequest_ENABLED
	if opt.SkipChecks {
		checks = pb.SimulateTransactionRequest_DISABLED
	}
	res, err := read(ctx, c, "simulate transaction", c.execute.SimulateTransaction, &pb.SimulateTransactionRequest{
		Transaction: &pb.Transaction{Bcs: &pb.Bcs{Value: b}},
		Checks:      &checks,
		ReadMask:    mask(append(outcome("transaction.", "objects.objects.bcs"), "command_outputs")...),
	})
	if err != nil {
		return nil, err
	}
	ex, err := decodeExecuted(res.GetTransaction())
	if err != nil {
		return nil, invalid("simulate transaction", err)
	}
	ex.Digest, ex.Transaction, ex.simulated = sui.TypedDigest("TransactionData", b), tx, true
	for _, o := range res.GetCommandOutputs() {
		ex.Outputs = append(ex.Outputs, CommandOutput{Returned: values(o.GetReturnValues()), Mutated: values(o.GetMutatedByRef())})
	}
	return ex, nil
}

func values(in []*pb.CommandOutput) []Value {
	out := make([]Value, len(in))
	for i, v := range in {
		out[i] = Value{Type: v.GetValue().GetName(), BCS: v.GetValue().GetValue()}
	}
	return out
}

// Execute submits a signed transaction. Submitting the same bytes again is
// harmless, Sui answers with the first outcome, so an attempt without an
// answer is repeated.
func (c *Client) Execute(ctx context.Context, tx *sui.TransactionData, sigs []sui.Signature) (*Executed, error) {
	if err := demandResolved(tx); err != nil {
		return nil, fmt.Errorf("execute transaction: %w", err)
	}
	b := bcs.Marshal(tx)
	digest := sui.TypedDigest("TransactionData", b)
	req := &pb.ExecuteTransactionRequest{
		Transaction: &pb.Transaction{Bcs: &pb.Bcs{Value: b}},
		ReadMask:    mask(outcome("", "objects.objects.bcs")...),
	}
	for _, s := range sigs {
		req.Signatures = append(req.Signatures, &pb.UserSignature{Bcs: &pb.Bcs{Value: s}})
	}
	what := "execute transaction " + digest.String()
	var res *pb.ExecuteTransactionResponse
	var err error
	for attempt := 1; ; attempt++ {
		res, err = once(ctx, c, what, c.execute.ExecuteTransaction, req)
		if err == nil || !errors.Is(err, ErrUnreachable) || attempt == readAttempts || ctx.Err() != nil {
			break
		}
		if pause(ctx, c.retry.pause(attempt)) != nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	ex, err := decodeExecuted(res.GetTransaction())
	if err != nil {
		return nil, invalid(what, err)
	}
	if ex.Effects.Transaction != digest {
		return nil, invalid(what, fmt.Errorf("node %s answers with the effects of %s", c.url, ex.Effects.Transaction))
	}
	ex.Digest, ex.Transaction = digest, tx
	return ex, nil
}

// Transaction returns a transaction that is on chain, or [ErrNotFound].
func (c *Client) Transaction(ctx context.Context, digest sui.Digest) (*Executed, error) {
	what, text := "get transaction "+digest.String(), digest.String()
	res, err := read(ctx, c, what, c.ledger.GetTransaction, &pb.GetTransactionRequest{
		Digest: &text, ReadMask: mask(outcome("", "transaction.bcs", "objects.objects.bcs")...)})
	if err != nil {
		return nil, err
	}
	ex, err := decodeExecuted(res.GetTransaction())
	if err != nil {
		return nil, invalid(what, err)
	}
	if ex.Effects.Transaction != digest {
		return nil, invalid(what, fmt.Errorf("node %s answers with another transaction", c.url))
	}
	ex.Digest = digest
	if b := res.GetTransaction().GetTransaction().GetBcs().GetValue(); len(b) > 0 {
		if sui.TypedDigest("TransactionData", b) != digest {
			return nil, invalid(what, errors.New("bytes do not have this digest"))
		}
		ex.Transaction = new(sui.TransactionData)
		if err := bcs.Unmarshal(b, ex.Transaction); err != nil {
			return nil, invalid(what, err)
		}
	}
	return ex, nil
}

// WaitTransaction waits until a transaction is in a checkpoint, at most for
// waitLimit or until ctx ends, whichever is earlier.
func (c *Client) WaitTransaction(ctx context.Context, digest sui.Digest) (*Executed, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, waitLimit,
		fmt.Errorf("wait for transaction %s: not in a checkpoint after %v", digest, waitLimit))
	defer cancel()
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		ex, err := c.Transaction(ctx, digest)
		if err == nil && ex.Checkpoint != nil {
			return ex, nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// waitLimit is how long a transaction may take to reach a checkpoint.
const waitLimit = 60 * time.Second

// demandResolved refuses inputs that have no BCS.
func demandResolved(tx *sui.TransactionData) error {
	if tx.Kind.Programmable == nil {
		return nil
	}
	for i, in := range tx.Kind.Programmable.Inputs {
		if in.Kind == sui.InputUnresolved {
			return fmt.Errorf("input %d (%s) is not resolved: use Client.Send or Client.Resolve", i, in.Ref.ID)
		}
	}
	return nil
}

// decodeExecuted decodes an outcome and checks that events and objects are
// those that the effects commit to.
func decodeExecuted(t *pb.ExecutedTransaction) (*Executed, error) {
	ex := &Executed{Checkpoint: t.Checkpoint, Objects: map[sui.Address]*sui.Object{}, clever: decodeClever(t.GetEffects().GetStatus())}
	b := t.GetEffects().GetBcs().GetValue()
	if len(b) == 0 {
		return nil, fmt.Errorf("node gives no BCS of the effects")
	}
	if err := bcs.Unmarshal(b, &ex.Effects); err != nil {
		return nil, fmt.Errorf("effects: %w", err)
	}
	if t.GetTimestamp() != nil {
		ex.TimestampMS = uint64(t.GetTimestamp().AsTime().UnixMilli())
	}
	var err error
	if ex.Events, err = decodeEvents(t.GetEvents(), &ex.Effects); err != nil {
		return nil, err
	}
	written := map[sui.Address]sui.Digest{}
	for _, ch := range ex.Effects.Changed {
		if ch.Output == sui.StateExist || ch.Output == sui.StatePackageWrite {
			written[ch.ID] = ch.OutputDigest
		}
	}
	// The set also holds the inputs; only what the effects wrote is kept.
	for _, o := range t.GetObjects().GetObjects() {
		obj, err := decodeObject(o)
		if err != nil {
			return nil, err
		}
		id := obj.ID()
		if want, ok := written[id]; ok && sui.TypedDigest("Object", o.GetBcs().GetValue()) == want {
			ex.Objects[id] = obj
		}
	}
	return ex, nil
}

// decodeEvents decodes the events of a transaction and checks them against
// the digest in its effects (nil effects: no check).
func decodeEvents(e *pb.TransactionEvents, effects *sui.TransactionEffects) ([]sui.Event, error) {
	b := e.GetBcs().GetValue()
	if effects != nil {
		switch {
		case effects.EventsDigest == nil && len(b) > 1:
			return nil, fmt.Errorf("events: node gives events that the effects do not commit to")
		case effects.EventsDigest == nil:
			return nil, nil
		case sui.TypedDigest("TransactionEvents", b) != *effects.EventsDigest:
			return nil, fmt.Errorf("events: missing or altered, they do not have the digest in the effects")
		}
	}
	if len(b) == 0 {
		return nil, nil
	}
	var events sui.TransactionEvents
	if err := bcs.Unmarshal(b, &events); err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return events.Events, nil
}
