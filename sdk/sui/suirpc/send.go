package suirpc

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

const (
	// sendAttempts is how often Send builds a transaction anew because an
	// object moved on while it was being built.
	sendAttempts = 5
	// maxBudget is Sui's cap on a gas budget: 50 SUI.
	maxBudget = 50_000_000_000
	// overheadUnits pads the simulated computation, in gas units; the
	// TypeScript SDK uses the same figure.
	overheadUnits = 1000
)

// Send takes a transaction from a builder to the chain: it resolves the
// objects that the builder only names, finds gas coins of the signer and the
// reference gas price, simulates to set the budget, signs, executes, and waits
// until the transaction is in a checkpoint. When another transaction used one
// of the objects meanwhile, it starts again.
//
// A transaction that fails, in the simulation (nothing is spent) or on chain,
// gives an [*ExecutionError]; a signer who cannot pay an
// [*InsufficientGasError]. Transactions of one signer through one Client are
// sent one after the other, because they pay with the same coins.
func (c *Client) Send(ctx context.Context, signer sui.Signer, b *sui.Builder) (*Executed, error) {
	if err := b.Err(); err != nil {
		return nil, err
	}
	unlock, err := c.lockSender(ctx, signer.Address())
	if err != nil {
		return nil, err
	}
	defer unlock()
	program := b.Programmable()
	for attempt := 1; ; attempt++ {
		tx, err := c.Resolve(ctx, signer.Address(), program)
		if err == nil {
			var ex *Executed
			if ex, err = c.signAndExecute(ctx, signer, tx); err == nil {
				return ex, nil
			}
		}
		if attempt == sendAttempts || !c.stale(ctx, tx, err) {
			return nil, err
		}
		if perr := pause(ctx, c.retry.pause(attempt)); perr != nil {
			return nil, err
		}
	}
}

// Resolve builds the transaction that Send would sign: inputs resolved, gas
// paid by sender, budget set by simulation. On a stale object it returns the
// transaction with the error.
func (c *Client) Resolve(ctx context.Context, sender sui.Address, program sui.ProgrammableTransaction) (*sui.TransactionData, error) {
	resolved, err := c.resolveInputs(ctx, sender, program)
	if err != nil {
		return nil, err
	}
	price, err := c.ReferenceGasPrice(ctx)
	if err != nil {
		return nil, err
	}
	coins, total, err := c.gasCoins(ctx, sender, resolved)
	if err != nil {
		return nil, err
	}
	if total == 0 {
		return nil, &InsufficientGasError{Address: sender, URL: c.url}
	}
	tx := &sui.TransactionData{
		Kind:   sui.TransactionKind{Programmable: resolved},
		Sender: sender,
		Gas:    sui.GasData{Payment: coins, Owner: sender, Price: price, Budget: min(total, maxBudget)},
	}
	trial, err := c.Simulate(ctx, tx, SimulateOptions{})
	if err != nil {
		return tx, err
	}
	if f := trial.Effects.Status.Failure; f != nil {
		if f.Kind == sui.FailInsufficientGas && total < maxBudget {
			return nil, &InsufficientGasError{Address: sender, URL: c.url, Have: total}
		}
		return nil, executionError(trial, true)
	}
	need := budget(trial.Effects.Gas, price)
	if need > total {
		return nil, &InsufficientGasError{Address: sender, URL: c.url, Have: total, Need: need}
	}
	tx.Gas.Budget = need
	return tx, nil
}

// budget is the simulated cost with a margin of a fifth: the computation with
// overhead, plus storage that no rebate pays for.
func budget(g sui.GasUsed, price uint64) uint64 {
	computation := g.Computation + overheadUnits*price
	total := computation
	if g.Storage > g.Rebate {
		total += g.Storage - g.Rebate
	}
	return min(total+total/5, maxBudget)
}

func (c *Client) signAndExecute(ctx context.Context, signer sui.Signer, tx *sui.TransactionData) (*Executed, error) {
	sig, err := signer.SignTransaction(bcs.Marshal(tx))
	if err != nil {
		return nil, fmt.Errorf("sign transaction: %w", err)
	}
	ex, err := c.Execute(ctx, tx, []sui.Signature{sig})
	if err != nil {
		return nil, err
	}
	if ex.Checkpoint == nil {
		final, err := c.WaitTransaction(ctx, ex.Digest)
		if err != nil {
			return nil, err
		}
		ex.Checkpoint, ex.TimestampMS = final.Checkpoint, final.TimestampMS
	}
	if ex.Effects.Status.Failure != nil {
		return nil, executionError(ex, false)
	}
	return ex, nil
}

// stale tells whether a rejection came from an object or gas coin that has a
// newer version by now. It looks at the objects, not at the node's words.
func (c *Client) stale(ctx context.Context, tx *sui.TransactionData, err error) bool {
	if tx == nil || !errors.Is(err, ErrRejected) && !errors.Is(err, ErrNotFound) {
		return false
	}
	refs := slices.Clone(tx.Gas.Payment)
	for _, in := range tx.Kind.Programmable.Inputs {
		if in.Kind == sui.InputImmOrOwned || in.Kind == sui.InputReceiving {
			refs = append(refs, in.Ref)
		}
	}
	ids := make([]sui.Address, len(refs))
	for i, r := range refs {
		ids[i] = r.ID
	}
	objs, err := c.Objects(ctx, ids)
	if err != nil {
		return false
	}
	for i, o := range objs {
		if o == nil || o.Version() != refs[i].Version {
			return true
		}
	}
	return false
}

// lockSender waits for its turn to spend the coins of an address.
func (c *Client) lockSender(ctx context.Context, a sui.Address) (unlock func(), err error) {
	c.mu.Lock()
	turn, ok := c.senders[a]
	if !ok {
		turn = make(chan struct{}, 1)
		c.senders[a] = turn
	}
	c.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("send transaction: %w", context.Cause(ctx))
	}
}
