package contract

import (
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// NewPolicy is what a policy is composed of.
type NewPolicy struct {
	// DelayMS is how long changes that widen the policy wait, up to ten years.
	DelayMS uint64
	// Holders are who can put the policy under legal hold, and HoldThreshold
	// how many of them it takes. Both are fixed for ever; none is allowed.
	Holders       []sui.Address
	HoldThreshold uint64
	// Delegates may add and remove members without the capability.
	Delegates []sui.Address
	// Offers are numbered from 0 in this order; RulePass names these numbers.
	// ID and Open are not read.
	Offers []Offer
	// Clauses are numbered on from the offers.
	Clauses [][]Rule
	// Payee is paid for passes; nil is the sender.
	Payee *sui.Address
}

// ComposePolicy creates and shares a policy of the sender and gives its
// capability to owner. The PolicyCreated event names both objects.
func ComposePolicy(b *sui.Builder, p Packages, n NewPolicy, owner sui.Address) {
	made := call(b, p.Access, "policy", "compose", b.Pure(n.DelayMS), b.Pure(n.Holders), b.Pure(n.HoldThreshold))
	policy, capability := made.At(0), made.At(1)
	for _, o := range n.Offers {
		callWith(b, p.Access, "policy", "make_offer", o.CoinType, policy, capability, b.Pure(o.Price), b.Pure(o.TermMS), b.Pure(o.Uses))
	}
	for _, rules := range n.Clauses {
		call(b, p.Access, "policy", "add_clause", policy, capability, makeRules(b, p, rules))
	}
	for _, d := range n.Delegates {
		call(b, p.Access, "policy", "add_delegate", policy, capability, b.Pure(d))
	}
	if n.Payee != nil {
		call(b, p.Access, "policy", "set_payee", policy, capability, b.Pure(*n.Payee))
	}
	call(b, p.Access, "policy", "share", policy)
	b.Transfer(owner, capability)
}

// RemoveClause takes a way in from a policy, at once.
func RemoveClause(b *sui.Builder, p Packages, policy, cap sui.Address, clause uint64) {
	call(b, p.Access, "policy", "remove_clause", b.Object(policy), b.Object(cap), b.Pure(clause))
}

// Tighten adds a condition to a clause, at once.
func Tighten(b *sui.Builder, p Packages, policy, cap sui.Address, clause uint64, r Rule) {
	call(b, p.Access, "policy", "tighten", b.Object(policy), b.Object(cap), b.Pure(clause), MakeRule(b, p, r))
}

// RemoveDelegate takes from an address the right to add members, at once.
func RemoveDelegate(b *sui.Builder, p Packages, policy, cap, delegate sui.Address) {
	call(b, p.Access, "policy", "remove_delegate", b.Object(policy), b.Object(cap), b.Pure(delegate))
}

// GrantAsDelegate puts member on the allow-list for a delegate.
func GrantAsDelegate(b *sui.Builder, p Packages, policy, member sui.Address) {
	call(b, p.Access, "policy", "grant_as_delegate", b.Object(policy), b.Pure(member), b.Clock())
}

// RevokeAsDelegate takes member off the allow-list for a delegate.
func RevokeAsDelegate(b *sui.Builder, p Packages, policy, member sui.Address) {
	call(b, p.Access, "policy", "revoke_as_delegate", b.Object(policy), b.Pure(member))
}

// MakeOffer offers passes. ID and Open of the offer are not read.
func MakeOffer(b *sui.Builder, p Packages, policy, cap sui.Address, o Offer) {
	callWith(b, p.Access, "policy", "make_offer", o.CoinType, b.Object(policy), b.Object(cap), b.Pure(o.Price), b.Pure(o.TermMS), b.Pure(o.Uses))
}

// RaisePrice raises the price of an offer, at once.
func RaisePrice(b *sui.Builder, p Packages, policy, cap sui.Address, offer, price uint64) {
	call(b, p.Access, "policy", "raise_price", b.Object(policy), b.Object(cap), b.Pure(offer), b.Pure(price))
}

// CloseOffer stops the sale of an offer's passes, at once and for ever.
func CloseOffer(b *sui.Builder, p Packages, policy, cap sui.Address, offer uint64) {
	call(b, p.Access, "policy", "close_offer", b.Object(policy), b.Object(cap), b.Pure(offer))
}

// SetPayee has another address or object paid for passes.
func SetPayee(b *sui.Builder, p Packages, policy, cap, payee sui.Address) {
	call(b, p.Access, "policy", "set_payee", b.Object(policy), b.Object(cap), b.Pure(payee))
}

// Propose proposes a change that widens a policy; version is the
// PackageVersion. The result is the proposal's number, for [Apply] in the same
// transaction when the policy has no delay.
func Propose(b *sui.Builder, p Packages, policy, cap, version sui.Address, c Change) sui.Result {
	return call(b, p.Access, "governance", "propose", b.Object(policy), b.Object(cap), makeChange(b, p, c), b.Object(version), b.Clock())
}

func makeChange(b *sui.Builder, p Packages, c Change) sui.Arg {
	switch c.Kind {
	case ChangeAddClause:
		return call(b, p.Access, "change", "add_clause", makeRules(b, p, c.Rules))
	case ChangeLoosen:
		return call(b, p.Access, "change", "loosen", b.Pure(c.Clause), MakeRule(b, p, c.Rule))
	case ChangeLowerPrice:
		return call(b, p.Access, "change", "lower_price", b.Pure(c.Offer), b.Pure(c.Price))
	case ChangeAddDelegate:
		return call(b, p.Access, "change", "add_delegate", b.Pure(c.Who))
	case ChangeAddMember:
		return call(b, p.Access, "change", "add_member", b.Pure(c.Who))
	}
	b.Fail(fmt.Errorf("make change: unknown kind %d", c.Kind))
	return sui.Arg{}
}

// Apply applies a proposal, given as a result or as b.Pure(number).
func Apply(b *sui.Builder, p Packages, policy, cap, version sui.Address, proposal sui.Arg) {
	call(b, p.Access, "governance", "apply", b.Object(policy), b.Object(cap), proposal, b.Object(version), b.Clock())
}

// CancelProposal drops a proposal.
func CancelProposal(b *sui.Builder, p Packages, policy, cap sui.Address, proposal uint64) {
	call(b, p.Access, "governance", "cancel", b.Object(policy), b.Object(cap), b.Pure(proposal))
}

// RaiseDelay makes later proposals wait longer.
func RaiseDelay(b *sui.Builder, p Packages, policy, cap sui.Address, delayMS uint64) {
	call(b, p.Access, "governance", "raise_delay", b.Object(policy), b.Object(cap), b.Pure(delayMS))
}

// Freeze ends all widening of a policy for ever.
func Freeze(b *sui.Builder, p Packages, policy, cap sui.Address) {
	call(b, p.Access, "governance", "freeze_for_ever", b.Object(policy), b.Object(cap))
}

// VoteHold votes to place a legal hold, or to lift it, for the sender.
func VoteHold(b *sui.Builder, p Packages, policy sui.Address, place bool) {
	call(b, p.Access, "governance", "vote_hold", b.Object(policy), b.Pure(place), b.Clock())
}

// ApproveRequester records the sender's approval as a steward.
func ApproveRequester(b *sui.Builder, p Packages, policy, version, requester sui.Address, untilMS uint64) {
	call(b, p.Access, "stewards", "approve", b.Object(policy), b.Pure(requester), b.Pure(untilMS), b.Object(version), b.Clock())
}

// WithdrawApproval takes the sender's approval as a steward back.
func WithdrawApproval(b *sui.Builder, p Packages, policy, requester sui.Address) {
	call(b, p.Access, "stewards", "withdraw", b.Object(policy), b.Pure(requester))
}

// BuyPass buys a pass for holder with a coin of exactly the price.
func BuyPass(b *sui.Builder, p Packages, policy, version sui.Address, o Offer, payment sui.Arg, holder sui.Address) {
	callWith(b, p.Access, "pass", "buy", o.CoinType, b.Object(policy), b.Pure(o.ID), payment, b.Pure(holder), b.Object(version), b.Clock())
}

// KeyRequestEvidence is what a key request shows; all fields are optional.
type KeyRequestEvidence struct {
	Passes  []sui.Address // of the sender; each is used once
	Purpose string
}

// RequestKeys mints a KeyRequest for the sender, if it meets the policy.
func RequestKeys(b *sui.Builder, p Packages, policy, version sui.Address, e KeyRequestEvidence) {
	draft := call(b, p.Access, "key_request", "begin", b.Object(policy), b.Object(version), b.Clock())
	for _, pass := range e.Passes {
		call(b, p.Access, "key_request", "use_pass", draft, b.Object(pass))
	}
	if e.Purpose != "" {
		call(b, p.Access, "key_request", "declare_purpose", draft, b.Pure(e.Purpose))
	}
	call(b, p.Access, "key_request", "finish", draft, b.Object(policy))
}

// SealApproveWithPass is [SealApprove] for the holder of a pass whose uses are
// not counted; pass is an owned object.
func SealApproveWithPass(b *sui.Builder, p Packages, id []byte, policy, pass, version sui.Arg) {
	call(b, p.Access, "pass", "seal_approve_with_pass", b.Pure(id), policy, pass, version, b.Clock())
}

// SealApproveWithRequest is [SealApprove] with a KeyRequest of the sender.
func SealApproveWithRequest(b *sui.Builder, p Packages, id []byte, policy, request, version sui.Arg) {
	call(b, p.Access, "key_request", "seal_approve_with_request", b.Pure(id), policy, request, version, b.Clock())
}

// SealApproveHolding is [SealApprove] for the owner of an object of a type,
// given as a type name.
func SealApproveHolding(b *sui.Builder, p Packages, id []byte, policy, held sui.Arg, typeName string, version sui.Arg) {
	callWith(b, p.Access, "policy", "seal_approve_holding", typeName, b.Pure(id), policy, held, version, b.Clock())
}

// Summary says who could open a policy's data at one moment.
type Summary struct {
	Policy      sui.Address
	NowMS       uint64
	Owner       sui.Address
	MemberCount uint64
	Held        bool
	Frozen      bool
	DelayMS     uint64
	// Open are the clauses whose time is now, with the rules left to meet.
	Open []Clause
}

// UnmarshalBCS reads a summary.
func (v *Summary) UnmarshalBCS(d *bcs.Decoder) {
	v.Policy, v.NowMS, v.Owner, v.MemberCount = address(d), d.U64(), address(d), d.U64()
	v.Held, v.Frozen, v.DelayMS, v.Open = d.Bool(), d.Bool(), d.U64(), clauses(d)
}

// Summarize asks a policy for its [Summary]; it is to be simulated.
func Summarize(b *sui.Builder, p Packages, policy sui.Arg) {
	call(b, p.Access, "policy", "summary", policy, b.Clock())
}
