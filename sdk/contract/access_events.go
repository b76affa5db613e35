package contract

import (
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// PolicyComposed: the policy just created has no clauses but those that `ClauseAdded` tells of.
type PolicyComposed struct {
	PolicyID      sui.Address
	DelayMS       uint64        // how long a change that widens waits
	Holders       []sui.Address // who may put the policy under hold
	HoldThreshold uint64        // how many of them it takes
}

// UnmarshalBCS reads the event.
func (v *PolicyComposed) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.DelayMS = d.U64()
	v.Holders = addresses(d)
	v.HoldThreshold = d.U64()
}

// ClauseAdded: the policy lets in whoever meets these rules.
type ClauseAdded struct {
	PolicyID sui.Address
	Clause   uint64
	Rules    []Rule
}

// UnmarshalBCS reads the event.
func (v *ClauseAdded) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.Clause = d.U64()
	v.Rules = rules(d)
}

// ClauseRemoved: the policy lost a clause.
type ClauseRemoved struct {
	PolicyID sui.Address
	Clause   uint64
}

// UnmarshalBCS reads the event.
func (v *ClauseRemoved) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.Clause = d.U64()
}

// ClauseTightened: a clause got a rule more.
type ClauseTightened struct {
	PolicyID sui.Address
	Clause   uint64
	Rule     Rule
}

// UnmarshalBCS reads the event.
func (v *ClauseTightened) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.Clause = d.U64()
	v.Rule = readRule(d)
}

// ClauseLoosened: a clause lost a rule.
type ClauseLoosened struct {
	PolicyID sui.Address
	Clause   uint64
	Rule     Rule
}

// UnmarshalBCS reads the event.
func (v *ClauseLoosened) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.Clause = d.U64()
	v.Rule = readRule(d)
}

// OfferMade: passes are for sale. They open nothing unless a clause asks for them.
type OfferMade struct {
	PolicyID sui.Address
	Offer    uint64
	CoinType string
	Price    uint64 // in the coin's smallest unit
	TermMS   *uint64
	Uses     *uint64
}

// UnmarshalBCS reads the event.
func (v *OfferMade) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.Offer = d.U64()
	v.CoinType = d.String()
	v.Price = d.U64()
	v.TermMS = optionU64(d)
	v.Uses = optionU64(d)
}

// PriceChanged: an offer costs more or less.
type PriceChanged struct {
	PolicyID sui.Address
	Offer    uint64
	Price    uint64
}

// UnmarshalBCS reads the event.
func (v *PriceChanged) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.Offer = d.U64()
	v.Price = d.U64()
}

// OfferClosed: an offer's passes are not sold any more. Those sold stay valid.
type OfferClosed struct {
	PolicyID sui.Address
	Offer    uint64
}

// UnmarshalBCS reads the event.
func (v *OfferClosed) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.Offer = d.U64()
}

// PayeeChanged: another address is paid for passes.
type PayeeChanged struct {
	PolicyID sui.Address
	Payee    sui.Address
}

// UnmarshalBCS reads the event.
func (v *PayeeChanged) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.Payee = address(d)
}

// PassSold: a pass was sold and paid for.
type PassSold struct {
	PolicyID    sui.Address
	PassID      sui.Address
	Offer       uint64
	Holder      sui.Address
	Payee       sui.Address
	CoinType    string
	Price       uint64
	ExpiresAtMS *uint64
	Uses        *uint64
}

// UnmarshalBCS reads the event.
func (v *PassSold) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.PassID = address(d)
	v.Offer = d.U64()
	v.Holder = address(d)
	v.Payee = address(d)
	v.CoinType = d.String()
	v.Price = d.U64()
	v.ExpiresAtMS = optionU64(d)
	v.Uses = optionU64(d)
}

// PassUsed: a key request used up one use of a pass.
type PassUsed struct {
	PolicyID sui.Address
	PassID   sui.Address
	UsesLeft uint64
}

// UnmarshalBCS reads the event.
func (v *PassUsed) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.PassID = address(d)
	v.UsesLeft = d.U64()
}

// KeyRequested: a requester met a clause and may ask for keys until the request ends.
type KeyRequested struct {
	PolicyID     sui.Address
	RequestID    sui.Address
	Requester    sui.Address
	Clause       uint64  // the clause that was met
	Purpose      *string // what the keys are for, as the requester declared
	ValidUntilMS uint64
}

// UnmarshalBCS reads the event.
func (v *KeyRequested) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.RequestID = address(d)
	v.Requester = address(d)
	v.Clause = d.U64()
	v.Purpose = optionString(d)
	v.ValidUntilMS = d.U64()
}

// RequesterApproved: a steward approved a requester.
type RequesterApproved struct {
	PolicyID     sui.Address
	Requester    sui.Address
	Steward      sui.Address
	ValidUntilMS uint64
}

// UnmarshalBCS reads the event.
func (v *RequesterApproved) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.Requester = address(d)
	v.Steward = address(d)
	v.ValidUntilMS = d.U64()
}

// ApprovalWithdrawn: a steward's approval of a requester ended before its time.
type ApprovalWithdrawn struct {
	PolicyID  sui.Address
	Requester sui.Address
	Steward   sui.Address
}

// UnmarshalBCS reads the event.
func (v *ApprovalWithdrawn) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.Requester = address(d)
	v.Steward = address(d)
}

// DelegateAdded: an address may add and remove members.
type DelegateAdded struct {
	PolicyID sui.Address
	Delegate sui.Address
}

// UnmarshalBCS reads the event.
func (v *DelegateAdded) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.Delegate = address(d)
}

// DelegateRemoved: an address may not add and remove members any more.
type DelegateRemoved struct {
	PolicyID sui.Address
	Delegate sui.Address
}

// UnmarshalBCS reads the event.
func (v *DelegateRemoved) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.Delegate = address(d)
}

// ChangeProposed: a change that widens the policy waits.
type ChangeProposed struct {
	PolicyID  sui.Address
	Proposal  uint64
	Change    Change
	ReadyAtMS uint64 // from when on it can be applied
}

// UnmarshalBCS reads the event.
func (v *ChangeProposed) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.Proposal = d.U64()
	v.Change = readChange(d)
	v.ReadyAtMS = d.U64()
}

// ChangeCancelled: a proposed change will not be applied.
type ChangeCancelled struct {
	PolicyID sui.Address
	Proposal uint64
}

// UnmarshalBCS reads the event.
func (v *ChangeCancelled) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.Proposal = d.U64()
}

// ChangeApplied: a proposed change was applied; the event before says what is so now.
type ChangeApplied struct {
	PolicyID sui.Address
	Proposal uint64
}

// UnmarshalBCS reads the event.
func (v *ChangeApplied) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.Proposal = d.U64()
}

// DelayRaised: changes proposed from now on wait longer.
type DelayRaised struct {
	PolicyID sui.Address
	DelayMS  uint64
}

// UnmarshalBCS reads the event.
func (v *DelayRaised) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.DelayMS = d.U64()
}

// PolicyFrozen: nothing will ever widen the policy again.
type PolicyFrozen struct {
	PolicyID sui.Address
}

// UnmarshalBCS reads the event.
func (v *PolicyFrozen) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
}

// PolicyHoldVoted: a holder voted to place a hold, or to lift it.
type PolicyHoldVoted struct {
	PolicyID sui.Address
	Holder   sui.Address
	Place    bool
}

// UnmarshalBCS reads the event.
func (v *PolicyHoldVoted) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.Holder = address(d)
	v.Place = d.Bool()
}

// PolicyHeld: the policy releases no key until the hold is lifted.
type PolicyHeld struct {
	PolicyID sui.Address
}

// UnmarshalBCS reads the event.
func (v *PolicyHeld) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
}

// PolicyHoldLifted: the hold ends.
type PolicyHoldLifted struct {
	PolicyID sui.Address
	EndsAtMS uint64
}

// UnmarshalBCS reads the event.
func (v *PolicyHoldLifted) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID = address(d)
	v.EndsAtMS = d.U64()
}

// UpgradesGuarded: upgrades of a package wait for a delay from now on.
type UpgradesGuarded struct {
	GuardID   sui.Address
	PackageID sui.Address // the version that is the latest
	DelayMS   uint64
}

// UnmarshalBCS reads the event.
func (v *UpgradesGuarded) UnmarshalBCS(d *bcs.Decoder) {
	v.GuardID = address(d)
	v.PackageID = address(d)
	v.DelayMS = d.U64()
}

// UpgradeProposed: an upgrade waits.
type UpgradeProposed struct {
	GuardID       sui.Address
	PackageID     sui.Address // the version to upgrade
	UpgradePolicy uint8       // what it may change, as in `sui::package`
	Digest        []byte      // of the new modules and their dependencies
	ReadyAtMS     uint64
}

// UnmarshalBCS reads the event.
func (v *UpgradeProposed) UnmarshalBCS(d *bcs.Decoder) {
	v.GuardID = address(d)
	v.PackageID = address(d)
	v.UpgradePolicy = d.U8()
	v.Digest = d.Bytes()
	v.ReadyAtMS = d.U64()
}

// UpgradeCancelled: a proposed upgrade will not happen.
type UpgradeCancelled struct {
	GuardID sui.Address
	Digest  []byte
}

// UnmarshalBCS reads the event.
func (v *UpgradeCancelled) UnmarshalBCS(d *bcs.Decoder) {
	v.GuardID = address(d)
	v.Digest = d.Bytes()
}

// UpgradeCommitted: a package was upgraded.
type UpgradeCommitted struct {
	GuardID   sui.Address
	PackageID sui.Address // the new version
	Digest    []byte
}

// UnmarshalBCS reads the event.
func (v *UpgradeCommitted) UnmarshalBCS(d *bcs.Decoder) {
	v.GuardID = address(d)
	v.PackageID = address(d)
	v.Digest = d.Bytes()
}

// UpgradeDelayRaised: upgrades proposed from now on wait longer.
type UpgradeDelayRaised struct {
	GuardID sui.Address
	DelayMS uint64
}

// UnmarshalBCS reads the event.
func (v *UpgradeDelayRaised) UnmarshalBCS(d *bcs.Decoder) {
	v.GuardID = address(d)
	v.DelayMS = d.U64()
}

// UpgradesRestricted: upgrades may change less from now on.
type UpgradesRestricted struct {
	GuardID       sui.Address
	UpgradePolicy uint8 // as in `sui::package`
}

// UnmarshalBCS reads the event.
func (v *UpgradesRestricted) UnmarshalBCS(d *bcs.Decoder) {
	v.GuardID = address(d)
	v.UpgradePolicy = d.U8()
}

// UpgradesEnded: the package can't be upgraded ever again.
type UpgradesEnded struct {
	GuardID   sui.Address
	PackageID sui.Address
}

// UnmarshalBCS reads the event.
func (v *UpgradesEnded) UnmarshalBCS(d *bcs.Decoder) {
	v.GuardID = address(d)
	v.PackageID = address(d)
}
