package seal

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Outcomes of a [MemberAnswer].
const (
	OutcomeReleased    = "released"
	OutcomeRefused     = "refused"
	OutcomeMisbehaved  = "misbehaved"
	OutcomeUnreachable = "unreachable"
	OutcomeNotNeeded   = "not needed"
)

// A MemberAnswer says how one member of a committee answered, as an aggregator
// passes it on.
type MemberAnswer struct {
	Party   uint16          `json:"party_id"`
	Name    string          `json:"name"`
	Outcome string          `json:"outcome"`
	Detail  string          `json:"detail,omitempty"`
	Status  int             `json:"status,omitempty"` // HTTP status of a refusal
	Type    string          `json:"error,omitempty"`  // Seal's type of a refusal
	Reason  *Reason         `json:"reason,omitempty"`
	Issuer  string          `json:"issuer,omitempty"` // of the receipt
	Receipt string          `json:"receipt,omitempty"`
	Opening *ReceiptOpening `json:"receipt_opening,omitempty"`
	// Shares are the member's, encrypted to the requester, in its order: what
	// its receipt commits to. Those of all members that released make up the
	// committee's keys.
	Shares []EncryptedKey `json:"shares,omitempty"`
}

// maxDetail bounds what is kept of a server's words, in bytes.
const maxDetail = 1000

// Answer returns the report as it is passed on.
func (r *MemberReport) Answer() MemberAnswer {
	a := MemberAnswer{Party: r.Party, Name: r.Name, Receipt: r.Receipt, Opening: r.Opening, Shares: r.Shares}
	var refused *ServerError
	var bad *MisbehaviorError
	switch {
	case r.Err == nil:
		a.Outcome = OutcomeReleased
	case errors.Is(r.Err, ErrNotNeeded):
		a.Outcome = OutcomeNotNeeded
	case errors.As(r.Err, &bad):
		a.Outcome, a.Detail = OutcomeMisbehaved, tidy(bad.Reason)
	case errors.As(r.Err, &refused) && refused.Type != "":
		a.Outcome, a.Detail = OutcomeRefused, tidy(refused.Message)
		a.Status, a.Type, a.Reason = refused.Status, tidy(refused.Type), refused.Reason.tidy()
	default:
		a.Outcome, a.Detail = OutcomeUnreachable, tidy(r.Err.Error())
	}
	return a
}

// tidy makes the words of a server fit to be shown: of bounded length, on one line, and
// without characters that a terminal obeys.
func tidy(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), maxDetail)], "")
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsGraphic(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return -1
	}, s)
}

func (r *Reason) tidy() *Reason {
	if r == nil {
		return nil
	}
	return &Reason{Code: tidy(r.Code), Rule: tidy(r.Rule), Remedy: tidy(r.Remedy)}
}

// report is the inverse of Answer, with name and URL as on chain.
func (a *MemberAnswer) report(m *CommitteeMember) MemberReport {
	r := MemberReport{Party: m.PartyID, Name: m.Name, URL: m.URL, Receipt: a.Receipt, Opening: a.Opening, Shares: a.Shares}
	switch a.Outcome {
	case OutcomeReleased:
	case OutcomeNotNeeded:
		r.Err = ErrNotNeeded
	case OutcomeMisbehaved:
		r.Err = &MisbehaviorError{Party: m.PartyID, Name: m.Name, Reason: tidy(a.Detail), Hearsay: true}
	case OutcomeRefused:
		r.Err = &ServerError{Status: a.Status, Type: tidy(a.Type), Message: tidy(a.Detail), Reason: a.Reason.tidy(), Receipt: a.Receipt, Opening: a.Opening}
	default:
		r.Err = errors.New(tidy(a.Detail))
	}
	return r
}

// checkMembers reads what an aggregator says of the members, and demands that
// it fits the keys that it sent: they are made of the shares that it shows.
// That the keys are right is for the committee's public key to tell. An
// aggregator that says nothing, as Seal's, has no reports.
func (g *gathering) checkMembers(keys []EncryptedKey, members []MemberAnswer) ([]MemberReport, error) {
	if len(members) == 0 {
		return nil, nil
	}
	if err := g.reportAll(members); err != nil {
		return nil, err
	}
	for i := range g.reports {
		r, m := &g.reports[i], &g.Committee.Members[i]
		switch {
		case r.Err == nil:
			var err error
			if g.shares[i], err = g.check(m, r.Shares); err != nil {
				return nil, fmt.Errorf("aggregator passed on as right what member %d (%s) %w", m.PartyID, m.Name, err)
			}
			g.good = append(g.good, i)
		case r.misbehaved() && len(r.Shares) > 0:
			if _, err := g.check(m, r.Shares); err == nil {
				return nil, fmt.Errorf("aggregator accuses member %d (%s) of shares that are right", m.PartyID, m.Name)
			}
		}
	}
	if len(keys) == 0 { // a refusal
		return g.reports, nil
	}
	if !g.enough() {
		return nil, fmt.Errorf("aggregator shows the shares of %d members, its keys take %d", len(g.good), g.threshold())
	}
	made, err := g.combine()
	if err != nil {
		return nil, err
	}
	for _, k := range made {
		sent, err := findKey(keys, k.ID)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(sent.EncryptedKey[0], k.EncryptedKey[0]) || !bytes.Equal(sent.EncryptedKey[1], k.EncryptedKey[1]) {
			return nil, errors.New("aggregator shows other shares than those that its keys are made of")
		}
	}
	return g.reports, nil
}

// reportAll fills in the reports. Members of whom the aggregator says nothing
// were not needed.
func (g *gathering) reportAll(members []MemberAnswer) error {
	for i := range g.reports {
		m := &g.Committee.Members[i]
		g.reports[i] = MemberReport{Party: m.PartyID, Name: m.Name, URL: m.URL, Err: ErrNotNeeded}
	}
	seen := map[uint16]bool{}
	for _, a := range members {
		if int(a.Party) >= len(g.reports) || seen[a.Party] {
			return fmt.Errorf("aggregator speaks of a member %d that is not there, or twice", a.Party)
		}
		seen[a.Party] = true
		g.reports[a.Party] = a.report(&g.Committee.Members[a.Party])
	}
	return nil
}

// A CommitteeError says that too few members of a committee gave their shares.
type CommitteeError struct {
	Threshold int // shares wanted
	Good      int // shares that are right
	Members   []MemberReport
}

// Error groups the members by what they said.
func (e *CommitteeError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "committee: %d right shares, want %d", e.Good, e.Threshold)
	for _, g := range e.groups() {
		fmt.Fprintf(&b, "; %s: %v", strings.Join(g.names, ", "), g.err)
	}
	return b.String()
}

// Unwrap returns why there were too few, as [CommitteeError.Cause].
func (e *CommitteeError) Unwrap() error { return e.Cause() }

// Cause returns what most members had to say against it: a [*ServerError] if
// most refused for one reason, by Seal's type. All others, from whom there is no
// answer or a wrong one, count together, and less than a reason as frequent.
func (e *CommitteeError) Cause() error {
	count, first := map[string]int{}, map[string]error{}
	best := ""
	for _, r := range e.Members {
		if r.Err == nil || errors.Is(r.Err, ErrNotNeeded) {
			continue
		}
		kind := ""
		var refused *ServerError
		if errors.As(r.Err, &refused) {
			kind = refused.Type
		}
		if count[kind]++; count[kind] == 1 {
			first[kind] = r.Err
		}
		if count[kind] > count[best] || best == "" && count[kind] == count[best] {
			best = kind
		}
	}
	return first[best]
}

func (e *CommitteeError) groups() []errorGroup {
	var all []ServerReport
	for _, m := range e.Members {
		all = append(all, ServerReport{Name: m.Name, URL: m.URL, Weight: 1, Err: m.Err})
	}
	return groupErrors(all)
}
