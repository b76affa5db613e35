package contract

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

// Simple reports whether the policy is as CreatePolicy makes it: its owner and
// its members, within one window, widened at once.
func (p *Policy) Simple() bool {
	if len(p.Clauses) != 2 || len(p.Offers)+len(p.Delegates)+len(p.Hold.Holders) != 0 || p.DelayMS != 0 || p.Frozen {
		return false
	}
	a, b := p.Clauses[0].Rules, p.Clauses[1].Rules
	if len(a) != len(b) || a[0].Kind != RuleOwner || b[0].Kind != RuleAllowList {
		return false
	}
	for i := range a[1:] {
		if !a[i+1].IsTime() || a[i+1].Kind != b[i+1].Kind || a[i+1].AtMS != b[i+1].AtMS {
			return false
		}
	}
	return true
}

// Sentences says who may decrypt at which conditions, and how that can change,
// one sentence each.
func (p *Policy) Sentences() []string {
	var out []string
	for _, c := range p.Clauses {
		out = append(out, p.SayClause(c.Rules))
	}
	if len(p.Clauses) == 0 {
		out = append(out, "Nobody may decrypt.")
	}
	return append(append(out, p.sayHold()...), p.sayChanges()...)
}

// Limits names what the policy's rules can't enforce, each once.
func (p *Policy) Limits() []string {
	out := []string{"A key once released can't be taken back."}
	seen := map[RuleKind]bool{}
	for _, c := range p.Clauses {
		for _, r := range c.Rules {
			if s := limits[r.Kind]; s != "" && !seen[r.Kind] {
				seen[r.Kind] = true
				out = append(out, s)
			}
		}
	}
	return out
}

var limits = map[RuleKind]string{
	RuleAllowList: "An address is not a person: members can share their key, or what they decrypted.",
	RuleNotAfter:  "The end of a time window stops releases, not the use of keys released before.",
	RuleHolds:     "Who sells or lends the object keeps the keys that it opened.",
	RulePass:      "A pass counts requests on chain, not how often or by whom data is read afterwards.",
	RulePurpose:   "A purpose is the requester's word, recorded for ever; nothing checks what the data is used for.",
	RuleStewards:  "Stewards judge an address; what they look at before is up to them.",
	RuleAttested:  "An attestation is as good as the module that gives it.",
	RuleEnclave:   "An enclave shows which code asks, not that the code keeps what it reads to itself; who may change that code is up to the configuration.",
	RuleLiving:    "What was made from a dataset and is not in the lineage does not stop with it.",
}

// SayClause says whom a clause of these rules lets in.
func (p *Policy) SayClause(rules []Rule) string {
	var who, when []string
	for _, r := range rules {
		if r.IsTime() || r.Kind == RuleLiving {
			when = append(when, p.sayRule(r))
		} else {
			who = append(who, p.sayRule(r))
		}
	}
	s := "Anyone"
	switch {
	case len(who) == 1 && rules[0].Kind == RuleOwner:
		s = "The owner " + p.Owner.String()
	case len(who) > 0:
		s = "Anyone " + strings.Join(who, " and ")
	}
	s += " may decrypt"
	if len(who) == 1 {
		s += p.sayTerm(rules)
	}
	if len(when) > 0 {
		s += " " + strings.Join(when, " and ")
	}
	return s + "."
}

func (p *Policy) sayRule(r Rule) string {
	switch r.Kind {
	case RuleOwner:
		return "who is the owner " + p.Owner.String()
	case RuleAllowList:
		return fmt.Sprintf("on the allow-list (%s)", count(p.Members.Size, "address", "addresses"))
	case RuleNotBefore:
		return "from " + utc(r.AtMS)
	case RuleNotAfter:
		return "until " + utc(r.AtMS)
	case RuleHolds:
		return "who owns an object of type " + shortType(r.Type)
	case RulePass:
		return p.sayPass(r.Offer)
	case RulePurpose:
		if len(r.Purposes) == 0 {
			return "who declares a purpose on chain"
		}
		return "who declares on chain one of the purposes " + strings.Join(quoted(r.Purposes), ", ")
	case RuleStewards:
		return fmt.Sprintf("whom %d of the stewards %s approved", r.Threshold, addressList(r.Stewards))
	case RuleAttested:
		return "for whom the module of " + shortType(r.Type) + " vouches"
	case RuleEnclave:
		return "who is the wallet of an enclave of configuration " + r.Config.String()
	case RuleLiving:
		return "while version " + r.Version.String() + " and all that it was made from are neither revoked nor on hold"
	}
	return "who meets a rule that this version of floe does not know"
}

// Offer returns the offer with this number, or nil.
func (p *Policy) Offer(id uint64) *Offer {
	for i := range p.Offers {
		if p.Offers[i].ID == id {
			return &p.Offers[i]
		}
	}
	return nil
}

func (p *Policy) sayPass(id uint64) string {
	o := p.Offer(id)
	if o == nil {
		return fmt.Sprintf("with a pass of offer %d", id)
	}
	if !o.Open {
		return fmt.Sprintf("who bought a pass of offer %d while it was sold", id)
	}
	if o.Version != nil {
		return "who pays " + o.Cost() + " to the payees of version " + o.Version.String() + " and of all that it was made from"
	}
	return "who pays " + o.Cost()
}

// sayTerm is how long the pass of a clause's only rule lasts.
func (p *Policy) sayTerm(rules []Rule) string {
	for _, r := range rules {
		if o := p.Offer(r.Offer); r.Kind == RulePass && o != nil {
			return o.Extent()
		}
	}
	return ""
}

// InSUI reports whether the offer is paid in SUI.
func (o Offer) InSUI() bool {
	t, err := o.CoinTag()
	return err == nil && t.Equal(sui.SUIType())
}

// Cost is the offer's price with its unit.
func (o Offer) Cost() string {
	if o.InSUI() {
		whole, rest := o.Price/sui.MistPerSUI, o.Price%sui.MistPerSUI
		s := strconv.FormatUint(whole, 10)
		if rest != 0 {
			s += strings.TrimRight(fmt.Sprintf(".%09d", rest), "0")
		}
		return s + " SUI"
	}
	return fmt.Sprintf("%d units of %s", o.Price, shortType(o.CoinType))
}

// Extent is what a pass is good for: " for 30 days", " for 3 key requests".
func (o Offer) Extent() string {
	s := ""
	if o.Uses != nil {
		s += " for " + count(*o.Uses, "key request", "key requests")
	}
	if o.TermMS != nil {
		if s != "" {
			s += " within " + Span(*o.TermMS)
		} else {
			s += " for " + Span(*o.TermMS)
		}
	}
	return s
}

func (p *Policy) sayHold() []string {
	var out []string
	if p.Hold.UntilMS != nil {
		if until := *p.Hold.UntilMS; until == 1<<64-1 {
			out = append(out, "A legal hold stands: no key is released until it is lifted.")
		} else {
			out = append(out, "A legal hold was lifted and ends at "+utc(until)+".")
		}
	}
	if n := len(p.Hold.Holders); n > 0 {
		out = append(out, fmt.Sprintf("%d of %s can stop all releases by a legal hold, and lift it.", p.Hold.Threshold, addressList(p.Hold.Holders)))
	}
	return out
}

func (p *Policy) sayChanges() []string {
	var out []string
	switch {
	case p.Frozen:
		return []string{"Nobody can widen this ever again: it is frozen."}
	case p.DelayMS == 0:
		out = append(out, "The holder of its capability can widen this at any time, which leaves an event.")
	default:
		out = append(out, fmt.Sprintf("Nobody can widen this sooner than %s after saying so.", Span(p.DelayMS)))
		if p.usesMembers() {
			out = append(out, "Only the owner and its delegates can add members at once.")
		}
	}
	if len(p.Delegates) > 0 {
		out = append(out, "Its delegates, who can add and remove members, are "+addressList(p.Delegates)+".")
	}
	for _, w := range p.Proposals {
		out = append(out, fmt.Sprintf("Proposed as number %d, from %s on: %s.", w.ID, utc(w.ReadyAtMS), p.SayChange(w.Change)))
	}
	return out
}

// SayChange says what a change would do.
func (p *Policy) SayChange(c Change) string {
	switch c.Kind {
	case ChangeAddClause:
		s := strings.TrimSuffix(p.SayClause(c.Rules), ".")
		return strings.ToLower(s[:1]) + s[1:]
	case ChangeLoosen:
		return fmt.Sprintf("clause %d loses the condition %q", c.Clause, p.sayRule(c.Rule))
	case ChangeLowerPrice:
		o := p.Offer(c.Offer)
		if o == nil {
			return fmt.Sprintf("offer %d costs %d", c.Offer, c.Price)
		}
		cheaper := *o
		cheaper.Price = c.Price
		return fmt.Sprintf("offer %d costs %s instead of %s", c.Offer, cheaper.Cost(), o.Cost())
	case ChangeAddDelegate:
		return c.Who.String() + " becomes a delegate"
	case ChangeAddMember:
		return c.Who.String() + " joins the allow-list"
	}
	return "a change that this version of floe does not know"
}

func (p *Policy) usesMembers() bool {
	for _, c := range p.Clauses {
		for _, r := range c.Rules {
			if r.Kind == RuleAllowList {
				return true
			}
		}
	}
	return false
}

// Span says a number of milliseconds in the largest unit that fits.
func Span(ms uint64) string {
	for _, u := range []struct {
		ms   uint64
		name string
	}{{uint64(24 * time.Hour / time.Millisecond), "day"}, {3_600_000, "hour"}, {60_000, "minute"}, {1000, "second"}} {
		if ms != 0 && ms%u.ms == 0 {
			return count(ms/u.ms, u.name, u.name+"s")
		}
	}
	return fmt.Sprintf("%d ms", ms)
}

func count(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatUint(n, 10) + " " + many
}

func shortType(name string) string {
	if t, err := parseTypeName(name); err == nil {
		return t.Short()
	}
	return name
}

func addressList(all []sui.Address) string {
	var out []string
	for _, a := range all {
		out = append(out, a.String())
	}
	return strings.Join(out, ", ")
}

func quoted(all []string) []string {
	var out []string
	for _, s := range all {
		out = append(out, strconv.Quote(s))
	}
	return out
}
