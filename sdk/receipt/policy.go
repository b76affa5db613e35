package receipt

import (
	"fmt"
	"slices"

	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// PoliciesOf returns under whose chains the receipt of a request is filed: for each
// call the policy object, with which identities begin by convention, or else the
// package's first version.
func PoliciesOf(a *seal.Approval, first sui.Address) (out []sui.Address) {
	for _, call := range a.Calls {
		id := first
		for _, in := range a.Program.Inputs {
			if in.Kind != sui.InputPure && len(call.ID) >= len(in.Ref.ID) && sui.Address(call.ID[:32]) == in.Ref.ID {
				id = in.Ref.ID
			}
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// VerifyPolicy checks that rs are all receipts of a policy at one server, from
// its first to number head: none is missing, changed or out of order. Their
// signatures are checked already.
func VerifyPolicy(policy sui.Address, rs []*Receipt, head uint64) error {
	var last link
	var sequence uint64 // of the server
	for i, r := range rs {
		l, ok := r.link(policy)
		switch {
		case !ok:
			return fmt.Errorf("verify policy receipts: %w: receipt %d is not of policy %s", ErrChain, r.Sequence, policy)
		case l.Sequence != last.sequence+1:
			return fmt.Errorf("verify policy receipts: %w: number %d of the policy is missing", ErrChain, last.sequence+1)
		case !equal(l.Previous, previous(last.sequence, last.last)):
			return fmt.Errorf("verify policy receipts: %w: number %d of the policy names another receipt before it", ErrChain, l.Sequence)
		case r.Sequence <= sequence:
			return fmt.Errorf("verify policy receipts: %w: receipt %d comes after %d", ErrChain, r.Sequence, sequence)
		case i > 0 && r.Issuer != rs[0].Issuer:
			return fmt.Errorf("verify policy receipts: %w: receipts of two servers", ErrChain)
		}
		last, sequence = link{l.Sequence, r.Hash}, r.Sequence
	}
	if last.sequence != head {
		return fmt.Errorf("verify policy receipts: %w: the server counts %d of the policy and shows %d", ErrChain, head, last.sequence)
	}
	return nil
}

// OfPolicy tells whether the receipt belongs to a policy.
func (r *Receipt) OfPolicy(policy sui.Address) bool {
	_, ok := r.link(policy)
	return ok
}

func (r *Receipt) link(policy sui.Address) (PolicyLink, bool) {
	for _, p := range r.Policies {
		if p.ID == policy {
			return p, true
		}
	}
	return PolicyLink{}, false
}
