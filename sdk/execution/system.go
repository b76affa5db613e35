package execution

import (
	"bytes"
	"slices"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// checkSystem refuses a system transaction that is not made by
// sui.SystemTransaction.
func checkSystem(tx *sui.TransactionData) error {
	if !bytes.Equal(bcs.Marshal(tx), bcs.Marshal(sui.SystemTransaction(tx.Kind))) {
		return refuse("a system transaction has no sender, gas and expiration of its own")
	}
	return nil
}

// A systemChange is what a system transaction does to an object; before is nil
// for one that it creates.
type systemChange struct{ before, after *sui.Object }

// systemResult makes the result of a system transaction, which costs nothing.
// The first change is that of its shared input.
func systemResult(env Env, tx *sui.TransactionData, list ...systemChange) *Result {
	digest, version := tx.Digest(), list[0].before.Version()+1
	c := newChanges()
	deps := map[sui.Digest]bool{}
	for _, ch := range list {
		ch.after.Move.Version, ch.after.PreviousTransaction = version, digest
		to := c.at(ch.after.ID())
		to.before, to.after, to.created = ch.before, ch.after, ch.before == nil
		if ch.before != nil {
			deps[ch.before.PreviousTransaction] = true
		}
	}
	delete(deps, sui.Digest{})
	res := &Result{Transaction: tx, Effects: sui.TransactionEffects{Epoch: env.Epoch, Transaction: digest, LamportVersion: version}}
	for d := range deps {
		res.Effects.Dependencies = append(res.Effects.Dependencies, d)
	}
	slices.SortFunc(res.Effects.Dependencies, func(a, b sui.Digest) int { return bytes.Compare(a[:], b[:]) })
	c.record(res)
	return res
}
