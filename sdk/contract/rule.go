package contract

import (
	"fmt"
	"strings"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// A RuleKind says what a [Rule] is about; the numbers are the variants of the
// Move enum.
type RuleKind int

// The rules of floe_access::rule.
const (
	RuleOwner RuleKind = iota
	RuleAllowList
	RuleNotBefore
	RuleNotAfter
	RuleHolds
	RulePass
	RulePurpose
	RuleStewards
	RuleAttested
	ruleKinds
)

// A Rule is one condition of a clause. Which fields mean something depends on
// Kind.
type Rule struct {
	Kind RuleKind
	// AtMS bounds the time, inclusive, for RuleNotBefore and RuleNotAfter.
	AtMS uint64
	// Type is that of the object for RuleHolds and of the witness for
	// RuleAttested, as Move writes type names: addresses as 64 hex digits.
	Type string
	// Offer is the number of the policy's offer, for RulePass.
	Offer uint64
	// Purposes are those allowed, for RulePurpose; none means any.
	Purposes []string
	// Stewards and Threshold are for RuleStewards.
	Stewards  []sui.Address
	Threshold uint64
}

// IsTime reports whether the rule is about the time alone.
func (r Rule) IsTime() bool { return r.Kind == RuleNotBefore || r.Kind == RuleNotAfter }

// TypeTag is the rule's Type.
func (r Rule) TypeTag() (sui.TypeTag, error) { return parseTypeName(r.Type) }

// A Clause is a list of rules that must all be met.
type Clause struct {
	ID    uint64
	Rules []Rule
}

// An Offer is what a pass costs and what it is good for.
type Offer struct {
	ID       uint64
	CoinType string // a type name, as in Rule
	Price    uint64 // in the coin's smallest unit
	TermMS   *uint64
	Uses     *uint64
	Open     bool // whether it is for sale
}

// CoinTag is the type of the coins to pay with.
func (o Offer) CoinTag() (sui.TypeTag, error) { return parseTypeName(o.CoinType) }

// A ChangeKind says what a [Change] does; the numbers are the variants of the
// Move enum.
type ChangeKind int

// The changes of floe_access::change.
const (
	ChangeAddClause ChangeKind = iota
	ChangeLoosen
	ChangeLowerPrice
	ChangeAddDelegate
	ChangeAddMember
	changeKinds
)

// A Change widens a policy. Which fields mean something depends on Kind.
type Change struct {
	Kind   ChangeKind
	Rules  []Rule // of the clause to add
	Clause uint64 // to loosen
	Rule   Rule   // to remove from it
	Offer  uint64 // that gets cheaper
	Price  uint64
	Who    sui.Address // the delegate or member to add
}

// A Proposal is a change that waits.
type Proposal struct {
	ID        uint64
	Change    Change
	ReadyAtMS uint64
}

// A Hold says who may put a policy under legal hold, and whether it is.
type Hold struct {
	Holders   []sui.Address
	Threshold uint64
	Votes     []sui.Address // for the opposite of what is so
	UntilMS   *uint64       // not included; nil if there is none
}

// Stands reports whether the hold stands at a moment.
func (h Hold) Stands(nowMS uint64) bool { return h.UntilMS != nil && nowMS < *h.UntilMS }

// MakeRule adds the call that makes a rule.
func MakeRule(b *sui.Builder, p Packages, r Rule) sui.Arg {
	switch r.Kind {
	case RuleOwner:
		return call(b, p.Access, "rule", "owner")
	case RuleAllowList:
		return call(b, p.Access, "rule", "allow_list")
	case RuleNotBefore:
		return call(b, p.Access, "rule", "not_before", b.Pure(r.AtMS))
	case RuleNotAfter:
		return call(b, p.Access, "rule", "not_after", b.Pure(r.AtMS))
	case RuleHolds:
		return callWith(b, p.Access, "rule", "holds", r.Type)
	case RulePass:
		return call(b, p.Access, "rule", "pass", b.Pure(r.Offer))
	case RulePurpose:
		return call(b, p.Access, "rule", "purpose", b.Pure(r.Purposes))
	case RuleStewards:
		return call(b, p.Access, "rule", "stewards", b.Pure(r.Stewards), b.Pure(r.Threshold))
	case RuleAttested:
		return callWith(b, p.Access, "rule", "attested", r.Type)
	}
	b.Fail(fmt.Errorf("make rule: unknown kind %d", r.Kind))
	return sui.Arg{}
}

func makeRules(b *sui.Builder, p Packages, rules []Rule) sui.Arg {
	var made []sui.Arg
	for _, r := range rules {
		made = append(made, MakeRule(b, p, r))
	}
	elem := p.Access.typ("rule", "Rule").Tag()
	return b.MakeMoveVec(&elem, made...)
}

// callWith is call with one type parameter, given as a type name.
func callWith(b *sui.Builder, p Package, module, function, typeName string, args ...sui.Arg) sui.Result {
	t, err := parseTypeName(typeName)
	if err != nil {
		b.Fail(fmt.Errorf("call %s::%s: %w", module, function, err))
	}
	if p.Latest.IsZero() {
		b.Fail(fmt.Errorf("call %s::%s: the contract's package id is not known; publish the contracts with: floe contracts publish", module, function))
	}
	return b.Call(p.Latest, module, function, []sui.TypeTag{t}, args...)
}

// parseTypeName reads a type as Move names it, without 0x, or as usual.
func parseTypeName(s string) (sui.TypeTag, error) {
	address, _, ok := strings.Cut(s, "::")
	if ok && len(address) == 64 {
		// Every address in a type name has 64 digits.
		parts := strings.FieldsFunc(s, func(r rune) bool { return r == '<' || r == ',' || r == ' ' || r == '>' })
		for _, part := range parts {
			if a, _, ok := strings.Cut(part, "::"); ok && len(a) == 64 {
				s = strings.Replace(s, a+"::", "0x"+a+"::", 1)
			}
		}
		s = strings.ReplaceAll(s, "0x0x", "0x")
	}
	return sui.ParseTypeTag(s)
}

func readRule(d *bcs.Decoder) (r Rule) {
	r.Kind = RuleKind(d.Variant(int(ruleKinds)))
	switch r.Kind {
	case RuleNotBefore, RuleNotAfter:
		r.AtMS = d.U64()
	case RuleHolds, RuleAttested:
		r.Type = d.String()
	case RulePass:
		r.Offer = d.U64()
	case RulePurpose:
		r.Purposes = make([]string, d.Length(1))
		for i := range r.Purposes {
			r.Purposes[i] = d.String()
		}
	case RuleStewards:
		r.Stewards, r.Threshold = addresses(d), d.U64()
	}
	return r
}

func rules(d *bcs.Decoder) []Rule {
	out := make([]Rule, d.Length(1))
	for i := range out {
		out[i] = readRule(d)
	}
	return out
}

func clauses(d *bcs.Decoder) []Clause {
	out := make([]Clause, d.Length(9))
	for i := range out {
		out[i] = Clause{ID: d.U64(), Rules: rules(d)}
	}
	return out
}

func offers(d *bcs.Decoder) []Offer {
	out := make([]Offer, d.Length(20))
	for i := range out {
		out[i] = Offer{d.U64(), d.String(), d.U64(), optionU64(d), optionU64(d), d.Bool()}
	}
	return out
}

func readChange(d *bcs.Decoder) (c Change) {
	c.Kind = ChangeKind(d.Variant(int(changeKinds)))
	switch c.Kind {
	case ChangeAddClause:
		c.Rules = rules(d)
	case ChangeLoosen:
		c.Clause, c.Rule = d.U64(), readRule(d)
	case ChangeLowerPrice:
		c.Offer, c.Price = d.U64(), d.U64()
	case ChangeAddDelegate, ChangeAddMember:
		c.Who = address(d)
	}
	return c
}

func proposals(d *bcs.Decoder) []Proposal {
	out := make([]Proposal, d.Length(18))
	for i := range out {
		out[i] = Proposal{d.U64(), readChange(d), d.U64()}
	}
	return out
}

func readHold(d *bcs.Decoder) Hold {
	return Hold{addresses(d), d.U64(), addresses(d), optionU64(d)}
}

func optionString(d *bcs.Decoder) *string {
	if !d.Option() {
		return nil
	}
	s := d.String()
	return &s
}
