package contract

import (
	"fmt"

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
	policy, cap := p.PolicyCalls(b).Compose(Pure(b, n.DelayMS), Pure(b, n.Holders), Pure(b, n.HoldThreshold), p.accessVersion(b))
	for _, o := range n.Offers {
		AddOffer(b, p, policy, cap, o)
	}
	for _, rules := range n.Clauses {
		p.ClausesCalls(b).Add(policy, cap, makeRules(b, p, rules), p.accessVersion(b))
	}
	for _, d := range n.Delegates {
		p.MembersCalls(b).AddDelegate(policy, cap, Pure(b, d), p.accessVersion(b))
	}
	if n.Payee != nil {
		p.ShopCalls(b).SetPayee(policy, cap, Pure(b, *n.Payee), p.accessVersion(b))
	}
	p.PolicyCalls(b).Share(policy, p.accessVersion(b))
	b.Transfer(owner, cap.Arg)
}

// RemoveClause takes a way in from a policy, at once.
func RemoveClause(b *sui.Builder, p Packages, policy, cap sui.Address, clause uint64) {
	p.ClausesCalls(b).Remove(Object[Policy](b, policy), Object[PolicyCap](b, cap), Pure(b, clause), p.accessVersion(b))
}

// Tighten adds a condition to a clause, at once.
func Tighten(b *sui.Builder, p Packages, policy, cap sui.Address, clause uint64, r Rule) {
	p.ClausesCalls(b).Tighten(Object[Policy](b, policy), Object[PolicyCap](b, cap), Pure(b, clause), MakeRule(b, p, r), p.accessVersion(b))
}

// RemoveDelegate takes from an address the right to add members, at once.
func RemoveDelegate(b *sui.Builder, p Packages, policy, cap, delegate sui.Address) {
	p.MembersCalls(b).RemoveDelegate(Object[Policy](b, policy), Object[PolicyCap](b, cap), Pure(b, delegate), p.accessVersion(b))
}

// GrantAsDelegate puts member on the allow-list for a delegate.
func GrantAsDelegate(b *sui.Builder, p Packages, policy, member sui.Address) {
	p.MembersCalls(b).GrantAsDelegate(Object[Policy](b, policy), Pure(b, member), p.accessVersion(b))
}

// RevokeAsDelegate takes member off the allow-list for a delegate.
func RevokeAsDelegate(b *sui.Builder, p Packages, policy, member sui.Address) {
	p.MembersCalls(b).RevokeAsDelegate(Object[Policy](b, policy), Pure(b, member), p.accessVersion(b))
}

// Bind has every clause of a policy demand, at once, that a version of a dataset
// and all that it was made from live: are neither revoked, which a withdrawn
// consent does, nor on hold.
func Bind(b *sui.Builder, p Packages, policy, cap, version sui.Address) {
	p.ClausesCalls(b).Bind(Object[Policy](b, policy), Object[PolicyCap](b, cap), p.lineage(b), Pure(b, version), p.accessVersion(b))
}

// MakeOffer offers passes. ID and Open of the offer are not read. With a Version,
// which must name the policy as the guard of its keys, what is paid goes along
// its lineage.
func MakeOffer(b *sui.Builder, p Packages, policy, cap sui.Address, o Offer) {
	AddOffer(b, p, Object[Policy](b, policy), Object[PolicyCap](b, cap), o)
}

// AddOffer is [MakeOffer] for a policy and a capability that are arguments.
func AddOffer(b *sui.Builder, p Packages, policy Arg[Policy], cap Arg[PolicyCap], o Offer) {
	coin, price, term, uses := typeArgument(b, o.CoinType), Pure(b, o.Price), Pure(b, o.TermMS), Pure(b, o.Uses)
	if o.Version == nil {
		p.ShopCalls(b).MakeOffer(coin, policy, cap, price, term, uses, p.accessVersion(b))
		return
	}
	p.ShopCalls(b).MakeOfferForVersion(coin, policy, cap, p.lineage(b), Pure(b, *o.Version), price, term, uses, p.accessVersion(b))
}

// RaisePrice raises the price of an offer, at once.
func RaisePrice(b *sui.Builder, p Packages, policy, cap sui.Address, offer, price uint64) {
	p.ShopCalls(b).RaisePrice(Object[Policy](b, policy), Object[PolicyCap](b, cap), Pure(b, offer), Pure(b, price), p.accessVersion(b))
}

// CloseOffer stops the sale of an offer's passes, at once and for ever.
func CloseOffer(b *sui.Builder, p Packages, policy, cap sui.Address, offer uint64) {
	p.ShopCalls(b).CloseOffer(Object[Policy](b, policy), Object[PolicyCap](b, cap), Pure(b, offer), p.accessVersion(b))
}

// SetPayee has another address or object paid for passes.
func SetPayee(b *sui.Builder, p Packages, policy, cap, payee sui.Address) {
	p.ShopCalls(b).SetPayee(Object[Policy](b, policy), Object[PolicyCap](b, cap), Pure(b, payee), p.accessVersion(b))
}

// Propose proposes a change that widens a policy. The result is the proposal's number, for [Apply] in the same
// transaction when the policy has no delay.
func Propose(b *sui.Builder, p Packages, policy, cap sui.Address, c Change) Arg[uint64] {
	return p.GovernanceCalls(b).Propose(Object[Policy](b, policy), Object[PolicyCap](b, cap), MakeChange(b, p, c), p.accessVersion(b))
}

// MakeChange adds the call that makes a change.
func MakeChange(b *sui.Builder, p Packages, c Change) Arg[Change] {
	switch c.Kind {
	case ChangeAddClause:
		return p.ChangeCalls(b).AddClause(makeRules(b, p, c.Rules))
	case ChangeLoosen:
		return p.ChangeCalls(b).Loosen(Pure(b, c.Clause), MakeRule(b, p, c.Rule))
	case ChangeLowerPrice:
		return p.ChangeCalls(b).LowerPrice(Pure(b, c.Offer), Pure(b, c.Price))
	case ChangeAddDelegate:
		return p.ChangeCalls(b).AddDelegate(Pure(b, c.Who))
	case ChangeAddMember:
		return p.ChangeCalls(b).AddMember(Pure(b, c.Who))
	}
	b.Fail(fmt.Errorf("make change: unknown kind %d", c.Kind))
	return Arg[Change]{}
}

// Apply applies a proposal, given as a result or as Pure(b, number).
func Apply(b *sui.Builder, p Packages, policy, cap sui.Address, proposal Arg[uint64]) {
	p.GovernanceCalls(b).Apply(Object[Policy](b, policy), Object[PolicyCap](b, cap), proposal, p.accessVersion(b))
}

// CancelProposal drops a proposal.
func CancelProposal(b *sui.Builder, p Packages, policy, cap sui.Address, proposal uint64) {
	p.GovernanceCalls(b).Cancel(Object[Policy](b, policy), Object[PolicyCap](b, cap), Pure(b, proposal), p.accessVersion(b))
}

// RaiseDelay makes later proposals wait longer.
func RaiseDelay(b *sui.Builder, p Packages, policy, cap sui.Address, delayMS uint64) {
	p.GovernanceCalls(b).RaiseDelay(Object[Policy](b, policy), Object[PolicyCap](b, cap), Pure(b, delayMS), p.accessVersion(b))
}

// Freeze ends all widening of a policy for ever.
func Freeze(b *sui.Builder, p Packages, policy, cap sui.Address) {
	p.GovernanceCalls(b).FreezeForEver(Object[Policy](b, policy), Object[PolicyCap](b, cap), p.accessVersion(b))
}

// VoteHold votes to place a legal hold, or to lift it, for the sender.
func VoteHold(b *sui.Builder, p Packages, policy sui.Address, place bool) {
	p.GovernanceCalls(b).VoteHold(Object[Policy](b, policy), Pure(b, place), p.accessVersion(b))
}

// ApproveRequester records the sender's approval as a steward.
func ApproveRequester(b *sui.Builder, p Packages, policy, requester sui.Address, untilMS uint64) {
	p.StewardsCalls(b).Approve(Object[Policy](b, policy), Pure(b, requester), Pure(b, untilMS), p.accessVersion(b))
}

// WithdrawApproval takes the sender's approval as a steward back.
func WithdrawApproval(b *sui.Builder, p Packages, policy, requester sui.Address) {
	p.StewardsCalls(b).Withdraw(Object[Policy](b, policy), Pure(b, requester), p.accessVersion(b))
}

// BuyPass buys a pass for holder with a coin of exactly the price.
func BuyPass(b *sui.Builder, p Packages, policy sui.Address, o Offer, payment sui.Arg, holder sui.Address) {
	p.PassCalls(b).Buy(typeArgument(b, o.CoinType), Object[Policy](b, policy), Pure(b, o.ID), Arg[Coin]{payment}, Pure(b, holder), p.accessVersion(b))
}

// BuyVersionPass is [BuyPass] for an offer with a Version: the payment is split
// along its lineage, or kept back, in a treasury for the offer's coin.
func BuyVersionPass(b *sui.Builder, p Packages, policy sui.Address, o Offer, payment sui.Arg, holder, treasury sui.Address) {
	p.PassCalls(b).BuyVersion(typeArgument(b, o.CoinType), Object[Policy](b, policy), Pure(b, o.ID), Arg[Coin]{payment}, Pure(b, holder),
		p.lineage(b), Object[Treasury](b, treasury), p.accessVersion(b))
}

// RefundPass gives a pass of the sender back for what was paid, while that is kept
// back and no key can be had because of a hold or a revocation.
func RefundPass(b *sui.Builder, p Packages, policy sui.Address, o Offer, pass, treasury sui.Address) {
	p.PassCalls(b).Refund(typeArgument(b, o.CoinType), Object[Pass](b, pass), Object[Policy](b, policy), p.lineage(b), Object[Treasury](b, treasury), p.accessVersion(b))
}

// KeyRequestEvidence is what a key request shows; all fields are optional.
type KeyRequestEvidence struct {
	Passes  []sui.Address // of the sender; each is used once
	Purpose string
	Enclave *EnclaveProof // whose wallet the sender is; it is shown again to get keys
}

// RequestKeys mints a KeyRequest for the sender, if it meets the policy.
func RequestKeys(b *sui.Builder, p Packages, policy sui.Address, e KeyRequestEvidence) {
	draft := p.KeyRequestCalls(b).Begin(Object[Policy](b, policy), p.accessVersion(b))
	for _, pass := range e.Passes {
		p.KeyRequestCalls(b).UsePass(draft, Object[Pass](b, pass))
	}
	if e.Purpose != "" {
		p.KeyRequestCalls(b).DeclarePurpose(draft, Pure(b, e.Purpose))
	}
	if v := e.Enclave; v != nil {
		p.EnclaveGateCalls(b).Vouch(draft, Arg[EnclaveConfig]{v.Config}, Arg[Enclave]{v.Enclave}, Pure(b, v.Wallet), Pure(b, v.Signed.TimestampMS), Pure(b, v.Signed.Signature))
	}
	p.KeyRequestCalls(b).Finish(draft, Object[Policy](b, policy), p.lineage(b))
}

// SealApproveWithPass is [SealApprove] for the holder of a pass whose uses are
// not counted; pass is an owned object.
func SealApproveWithPass(b *sui.Builder, p Packages, id []byte, pass sui.Arg, read Read) {
	p.PassCalls(b).SealApproveWithPass(Pure(b, id), Arg[Policy]{read.Policy}, Arg[Pass]{pass}, Arg[Lineage]{read.Lineage}, Arg[PackageVersion]{read.Version})
}

// SealApproveWithRequest is [SealApprove] with a KeyRequest of the sender.
func SealApproveWithRequest(b *sui.Builder, p Packages, id []byte, request sui.Arg, read Read) {
	p.KeyRequestCalls(b).SealApproveWithRequest(Pure(b, id), Arg[Policy]{read.Policy}, Arg[KeyRequest]{request}, Arg[Lineage]{read.Lineage}, Arg[PackageVersion]{read.Version})
}

// SealApproveHolding is [SealApprove] for the owner of an object of a type,
// given as a type name.
func SealApproveHolding(b *sui.Builder, p Packages, id []byte, held sui.Arg, typeName string, read Read) {
	p.PolicyCalls(b).SealApproveHolding(typeArgument(b, typeName), Pure(b, id), Arg[Policy]{read.Policy}, held, Arg[Lineage]{read.Lineage}, Arg[PackageVersion]{read.Version})
}

// Summarize asks a policy for its [Summary]; it is to be simulated.
func Summarize(b *sui.Builder, p Packages, read Read) {
	p.SummaryCalls(b).Of(Arg[Policy]{read.Policy}, Arg[Lineage]{read.Lineage})
}
