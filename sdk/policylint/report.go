package policylint

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/floe-data/floe/sdk/sui"
)

// A Severity says how much a finding matters.
type Severity string

// The severities.
const (
	Critical Severity = "critical" // somebody opens what he should not
	Warning  Severity = "warning"  // a key server or reader will be surprised
	Note     Severity = "note"     // worth knowing, or why something was not tried
)

// The codes of findings.
const (
	IDUnread        = "ID_UNREAD"         // the code never looks at the identity
	AnyID           = "ANY_ID"            // a random identity is granted
	ShortID         = "SHORT_ID"          // the empty identity, or a part of a prefix, is granted
	LooseID         = "LOOSE_ID"          // some bytes of the prefix are not compared
	UnboundObject   = "UNBOUND_OBJECT"    // any object of the type opens the identity
	OpenSender      = "OPEN_SENDER"       // whoever asks is let in
	ForeignObject   = "FOREIGN_OBJECT"    // a stranger gets in with objects of his own
	SelfAdmission   = "SELF_ADMISSION"    // a stranger lets himself in by a call
	TimeInverted    = "TIME_INVERTED"     // open before, or outside, and shut after
	TimeEdge        = "TIME_EDGE"         // shut at the moment at which it should open
	NeverEnds       = "NEVER_ENDS"        // a term that nobody looks at
	NotCounted      = "NOT_COUNTED"       // a count that a decision can't take down
	NoVersion       = "NO_VERSION"        // the version object is not taken
	VersionUnread   = "VERSION_UNREAD"    // another version is accepted
	SideEffect      = "SIDE_EFFECT"       // the decision changes, transfers or tells something
	Nobody          = "NOBODY"            // nothing that was tried was granted
	NotCallable     = "NOT_CALLABLE"      // neither entry nor public
	BadSignature    = "BAD_SIGNATURE"     // the first parameter is no vector<u8>
	PublicApprove   = "PUBLIC_APPROVE"    // an upgrade can't change it
	ParameterUnread = "PARAMETER_UNREAD"  // the code never looks at it
	UsesRandom      = "USES_RANDOM"       // the decision is a matter of luck
	ObjectNotMade   = "OBJECT_NOT_MADE"   // not tried: an object was missing
	FewTries        = "FEW_TRIES"         // hardly tried: too few objects could be made
	TypeNotSupplied = "TYPE_NOT_SUPPLIED" // not tried: no type argument fits
)

// A Finding is something that is wrong with a policy.
type Finding struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	Function string   `json:"function"` // module::function
	Sentence string   `json:"sentence"`
	Remedy   string   `json:"remedy"`
	// Example is a request that shows it; nil for what the code alone shows.
	Example *Example `json:"example,omitempty"`
}

// An Example is one request for a key, in one state of the copy.
type Example struct {
	Function string        `json:"function"`
	ID       string        `json:"id"` // hex, without the package
	As       sui.Address   `json:"as"`
	AtMS     uint64        `json:"at_ms"`
	Objects  []sui.Address `json:"objects,omitempty"`
	TypeArgs []string      `json:"type_arguments,omitempty"`
	State    int           `json:"state"`           // number of the state, for [Replay]
	Steps    []string      `json:"steps,omitempty"` // the calls that led to it
}

// A Grant sums up what one function was seen to grant.
type Grant struct {
	Function string   `json:"function"`
	Sentence []string `json:"sentences"`
}

// A Report is what [Check] found.
type Report struct {
	Seed     uint64    `json:"seed"`
	Findings []Finding `json:"findings"` // worst first
	Grants   []Grant   `json:"grants"`
	States   int       `json:"states"`   // that were made
	Requests int       `json:"requests"` // and calls that were executed
}

// Alarming reports whether there is a finding worse than a note.
func (r *Report) Alarming() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity != Note })
}

var severityOrder = map[Severity]int{Critical: 0, Warning: 1, Note: 2}

func (l *lint) report() *Report {
	slices.SortStableFunc(l.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(severityOrder[a.Severity], severityOrder[b.Severity]), cmp.Compare(a.Function, b.Function))
	})
	r := &Report{Seed: l.opt.Seed, Findings: append([]Finding{}, l.findings...), Grants: []Grant{}, States: len(l.states), Requests: l.executed}
	for i, f := range l.approve {
		r.Grants = append(r.Grants, Grant{f.name(), l.sentences(i)})
	}
	return r
}

// sentences say what was granted by one function, in plain words.
func (l *lint) sentences(fn int) []string {
	kinds := map[string][]string{}
	var order []string
	for _, g := range l.grants {
		if g.fn != l.approve[fn] {
			continue
		}
		who := l.world.nameOf(g.sender)
		kind := l.idKind(g)
		if !slices.Contains(kinds[kind], who) {
			if kinds[kind] == nil {
				order = append(order, kind)
			}
			kinds[kind] = append(kinds[kind], who)
		}
	}
	if len(order) == 0 {
		return []string{"Nothing that was tried was granted."}
	}
	var out []string
	for _, kind := range order {
		slices.Sort(kinds[kind])
		out = append(out, fmt.Sprintf("Grants %s to %s.", kind, strings.Join(kinds[kind], " and ")))
	}
	return out
}

// example makes the counter-example of a grant.
func (l *lint) example(g *grant) *Example {
	x := &Example{Function: g.fn.name(), ID: hex.EncodeToString(g.id), As: g.sender, AtMS: g.atMS, Objects: g.objects(), State: g.state.number}
	for _, t := range g.fn.TypeArgs {
		x.TypeArgs = append(x.TypeArgs, t.String())
	}
	for s := g.state; s != nil; s = s.parent {
		if s.step != "" {
			x.Steps = append(x.Steps, s.step)
		}
	}
	slices.Reverse(x.Steps)
	return x
}
