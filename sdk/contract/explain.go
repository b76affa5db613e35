package contract

import (
	"errors"
	"fmt"
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
	return "buy one with: floe pass buy; see the offers with: floe policy explain " + s.Policy.ID.String()
}

func declare(s Situation) string {
	policy := "<policy>"
	if s.Policy != nil {
		policy = s.Policy.ID.String()
	}
	return "declare one with --purpose; see which with: floe policy explain " + policy
}

func showPolicy(s Situation) string {
	if s.Policy == nil {
		return "see what the policy is with: floe policy show <policy>"
	}
	return "see what the policy is with: floe policy show " + s.Policy.ID.String()
}

func opens(s Situation) string {
	if s.Policy != nil {
		if from, _ := s.Policy.Window(); from != nil {
			return "it opens at " + utc(*from)
		}
	}
	return "see when it opens with: floe policy show <policy>"
}

func closed(s Situation) string {
	if s.Policy != nil {
		if _, to := s.Policy.Window(); to != nil {
			return fmt.Sprintf("it closed at %s; ask the owner %s to publish a version under a new policy", utc(*to), s.Policy.Owner)
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
