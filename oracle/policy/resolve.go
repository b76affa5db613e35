package policy

import (
	"fmt"
	"slices"

	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// objectsOf lists what has to be read before a query can be evaluated: the user's
// aliases, and then the objects that it names, in its order.
func objectsOf(q Query) ([]sui.Address, error) {
	ids := append(make([]sui.Address, 0, len(q.Approval.Program.Inputs)+4), sui.AliasesID(q.User))
	for _, in := range q.Approval.Program.Inputs {
		switch in.Kind {
		case sui.InputPure:
		case sui.InputImmOrOwned, sui.InputShared:
			ids = append(ids, in.Ref.ID)
		default:
			return nil, badParameter("only pure inputs, owned, immutable and shared objects can be given to a policy")
		}
	}
	return ids, nil
}

// demandObjects takes the objects that objectsOf lists, nil for what does not
// exist. It refuses a user with address aliases, and demands the others.
func demandObjects(q Query, ids []sui.Address, objects []*sui.Object) ([]*sui.Object, error) {
	if objects[0] != nil {
		return nil, hasAliases()
	}
	for i, o := range objects[1:] {
		if o == nil || o.Move == nil {
			return nil, badParameter(fmt.Sprintf("object %s does not exist", ids[i+1]))
		}
	}
	return objects[1:], nil
}

// immutable lists the objects whose version the program fixes, less those that
// belong to an address: see [evidence.Evidence.Inputs].
func immutable(objects []*sui.Object) (out []receipt.Object) {
	for _, o := range objects {
		if o.Owner.Kind == sui.OwnerImmutable {
			out = append(out, receiptObject(o.Ref()))
		}
	}
	return out
}

// readObjects lists the inputs that a receipt names, at the versions that the
// simulation read: those that were fixed before, and the shared ones that the
// effects name.
func readObjects(p *sui.ProgrammableTransaction, objects []*sui.Object, effects *sui.TransactionEffects) []receipt.Object {
	out := immutable(objects)
	for _, in := range p.Inputs {
		if in.Kind != sui.InputShared || slices.ContainsFunc(objects, func(o *sui.Object) bool { return o.ID() == in.Ref.ID && !evidence.IsPublic(o) }) {
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
func hasAliases() error {
	return &Refusal{Kind: InvalidSignature, Reason: evidence.ExplainAliases()}
}
