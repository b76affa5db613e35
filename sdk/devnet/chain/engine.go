package chain

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

// run executes one transaction against a view. An error means that it was
// refused or that the view failed; a failure during execution is part of the
// result. A panic in the engine is a bug, but must not take the chain's other
// users down with it.
func (c *Chain) run(v view, env execution.Env, tx *sui.TransactionData, opt execution.Options) (res *execution.Result, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			c.cfg.Log.Error("engine panicked", "transaction", tx.Digest().String(), "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			err = errors.New("execute transaction: internal error: see the chain's log")
		}
	}()
	return c.engine.Load().Execute(state{v}, env, tx, opt)
}

// state shows a view of the ledger to the engine.
type state struct{ v view }

var (
	_ execution.State      = state{}
	_ execution.StreamEnds = state{}
)

func (s state) Object(id sui.Address) (*sui.Object, error) { return orNotFound(s.v.object(id)) }

func (s state) ObjectAt(id sui.Address, version uint64) (*sui.Object, error) {
	return orNotFound(s.v.objectAt(id, version))
}

func (s state) ChildObject(parent, child sui.Address, maxVersion uint64) (*sui.Object, error) {
	return orNotFound(s.v.childAt(parent, child, maxVersion))
}

func (s state) StreamEnd(id sui.Address, epoch uint64) (execution.StreamEnd, error) {
	raw := s.v.bucket(bucketEnded).Get(id[:])
	if len(raw) != 8+8+32 || fromBE(raw[:8]) != epoch {
		return execution.StreamEnd{}, fmt.Errorf("end of object %s in epoch %d: %w", id, epoch, execution.ErrNotFound)
	}
	return execution.StreamEnd{Version: fromBE(raw[8:16]), Transaction: sui.Digest(raw[16:])}, nil
}

// orNotFound translates our error into theirs.
func orNotFound(obj *sui.Object, err error) (*sui.Object, error) {
	if errors.Is(err, errNotFound) {
		return nil, fmt.Errorf("%w: %w", execution.ErrNotFound, err)
	}
	return obj, err
}
