package contract

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

// A Situation makes remedies specific. All fields may be zero.
type Situation struct {
	// Packages restricts the explanation to aborts of these packages.
	// Without it the name of the module decides.
	Packages Packages
	// Requester is who asked for a key, or whom a grant is about.
	Requester sui.Address
	// Policy is the policy that was asked.
	Policy *Policy
	// NowMS is when it was asked, by the chain's clock.
	NowMS uint64
}

// An AbortError is a refusal by one of our contracts.
type AbortError struct {
	Abort
	Remedy string // what would help; may be empty
	Cause  error  // as the chain reported it
}

// Error gives the reason, the constant and what would help.
func (e *AbortError) Error() string {
	s := fmt.Sprintf("%s (%s::%s)", e.Text, e.Module, e.Name)
	if e.Remedy != "" {
		s += "; " + e.Remedy
	}
	return s
}

// Is reports whether the target is this abort's code: see [AbortCode].
func (e *AbortError) Is(target error) bool {
	return target == AbortCode{e.Package, e.Module, e.Code}
}

// Unwrap returns the cause.
func (e *AbortError) Unwrap() error { return e.Cause }

// Explain turns the error of a transaction that one of our contracts aborted
// into an [*AbortError]. Other errors are returned as they are.
func Explain(err error) error { return ExplainFor(err, Situation{}) }

// ExplainFor is [Explain] with what is known about the situation.
func ExplainFor(err error, s Situation) error {
	var f *sui.ExecutionFailure
	if !errors.As(err, &f) {
		return err
	}
	a, ok := FindAbort(f, s.Packages)
	if !ok {
		return err
	}
	return &AbortError{Abort: a, Remedy: a.Remedy(s), Cause: err}
}

// FindAbort finds what a failed execution means, if one of our contracts
// aborted it. Zero Packages match by the module's name alone.
func FindAbort(f *sui.ExecutionFailure, p Packages) (Abort, bool) {
	if f == nil || f.Kind != sui.FailMoveAbort || f.Location == nil {
		return Abort{}, false
	}
	if f.Location.Package == sui.Framework {
		return find(frameworkAborts, f.Location.Module, f.Code)
	}
	a, ok := LookupAbort(f.Location.Module, f.Code)
	if ok && p != (Packages{}) {
		name, ours := p.Name(f.Location.Package)
		ok = ours && name == a.Package
	}
	return a, ok
}

func askForGrant(s Situation) string {
	owner, policy, who := "the owner", "<policy>", "<address>"
	if s.Policy != nil {
		owner, policy = "the owner "+s.Policy.Owner.String(), s.Policy.ID.String()
	}
	if !s.Requester.IsZero() {
		who = s.Requester.String()
	}
	return fmt.Sprintf("ask %s to grant %s with: floe policy grant %s %s", owner, who, policy, who)
}

func buyPass(s Situation) string {
	if s.Policy == nil {
		return "buy one with: floe pass buy; see the offers with: floe policy explain <policy>"
	}
	var ways []string
	for _, o := range s.Policy.sold() {
		if len(ways) == maxWays {
			return strings.Join(ways, ", or ") + "; see all offers with: floe policy explain " + s.Policy.ID.String()
		}
		ways = append(ways, fmt.Sprintf("buy a pass for %s%s with: floe pass buy %s %d", o.Cost(), o.Extent(), s.Policy.ID, o.ID))
	}
	if len(ways) == 0 {
		return fmt.Sprintf("passes are not sold any more; ask the owner %s", s.Policy.Owner)
	}
	return strings.Join(ways, ", or ")
}

// maxWays is how many offers a remedy names.
const maxWays = 3

// sold lists the open offers whose passes some clause asks for, what is paid in
// SUI first, the cheapest first.
func (p *Policy) sold() []*Offer {
	var out []*Offer
	for _, r := range p.rules(RulePass) {
		if o := p.Offer(r.Offer); o != nil && o.Open && !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b *Offer) int {
		if a.InSUI() != b.InSUI() {
			if a.InSUI() {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Price, b.Price)
	})
	return out
}

// rules lists the rules of a kind in all clauses.
func (p *Policy) rules(kind RuleKind) (out []Rule) {
	for _, c := range p.Clauses {
		for _, r := range c.Rules {
			if r.Kind == kind {
				out = append(out, r)
			}
		}
	}
	return out
}

func declare(s Situation) string {
	if s.Policy == nil {
		return "declare one with --purpose; see which with: floe policy explain <policy>"
	}
	for _, r := range s.Policy.rules(RulePurpose) {
		if len(r.Purposes) > 0 {
			return fmt.Sprintf("declare one of the purposes %s with: floe open --purpose; see more with: floe policy explain %s",
				strings.Join(quoted(r.Purposes[:min(len(r.Purposes), maxWays)]), ", "), s.Policy.ID)
		}
	}
	return "declare one with --purpose; see which with: floe policy explain " + s.Policy.ID.String()
}

func showObject(s Situation) string {
	if s.Policy != nil {
		if rules := s.Policy.rules(RuleHolds); len(rules) > 0 {
			return "ask with an object of type " + rules[0].Type + " that you own"
		}
	}
	return "ask with an object of that type that the requester owns; see which with: floe policy show <policy>"
}

func askStewards(s Situation) string {
	if s.Policy != nil {
		if rules := s.Policy.rules(RuleStewards); len(rules) > 0 {
			return fmt.Sprintf("ask %d of the stewards %s to approve with: floe policy steward approve %s %s", rules[0].Threshold,
				addressList(rules[0].Stewards[:min(len(rules[0].Stewards), maxWays)]), s.Policy.ID, requesterOf(s))
		}
	}
	return "ask the stewards to approve; see who they are with: floe policy show <policy>"
}

func requesterOf(s Situation) string {
	if s.Requester.IsZero() {
		return "<address>"
	}
	return s.Requester.String()
}

func waitForHold(s Situation) string {
	if s.Policy != nil && s.Policy.Hold.UntilMS != nil && *s.Policy.Hold.UntilMS != math.MaxUint64 {
		return "it was lifted, and ends at " + utc(*s.Policy.Hold.UntilMS)
	}
	policy := "<policy>"
	if s.Policy != nil {
		policy = s.Policy.ID.String()
	}
	return "wait until its holders lift it; see who they are with: floe policy show " + policy
}

func showPolicy(s Situation) string {
	if s.Policy == nil {
		return "see what the policy is with: floe policy show <policy>"
	}
	return "see what the policy is with: floe policy show " + s.Policy.ID.String()
}

func opens(s Situation) string {
	if s.Policy != nil {
		var next *uint64
		for _, c := range s.Policy.Clauses {
			if from, _ := c.Window(); from != nil && *from > s.NowMS && (next == nil || *from < *next) {
				next = from
			}
		}
		if next != nil {
			return "it opens at " + utc(*next)
		}
	}
	return "see when it opens with: floe policy show <policy>"
}

func closed(s Situation) string {
	if s.Policy != nil {
		var last *uint64
		for _, c := range s.Policy.Clauses {
			if _, to := c.Window(); to != nil && (s.NowMS == 0 || *to < s.NowMS) && (last == nil || *to > *last) {
				last = to
			}
		}
		if last != nil {
			return fmt.Sprintf("it closed at %s; ask the owner %s to publish a version under a new policy", utc(*last), s.Policy.Owner)
		}
	}
	return "ask the owner to publish a version under a new policy"
}

func showMembers(s Situation) string {
	if s.Policy == nil {
		return "see who is with: floe policy show <policy>"
	}
	return "see who is with: floe policy show " + s.Policy.ID.String()
}

// utc prints Unix milliseconds to the minute, or finer if need be.
func utc(ms uint64) string {
	if ms > 253402300799999 { // the year 10000
		return fmt.Sprintf("%d ms after 1970", ms)
	}
	t := time.UnixMilli(int64(ms)).UTC()
	switch {
	case ms%60_000 == 0:
		return t.Format("2006-01-02 15:04 UTC")
	case ms%1000 == 0:
		return t.Format("2006-01-02 15:04:05 UTC")
	}
	return t.Format("2006-01-02 15:04:05.000 UTC")
}
