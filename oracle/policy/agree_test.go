package policy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/mirror"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// scripted answers as it is told, the last answer again and again.
type scripted struct {
	mu      sync.Mutex
	said    []error
	at      uint64
	awaited []uint64
	pkg     Package
	silent  bool // until the context ends
	asked   int
}

func (s *scripted) next() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	err := s.said[0]
	if len(s.said) > 1 {
		s.said = s.said[1:]
	}
	return err
}

func (s *scripted) Evaluate(ctx context.Context, q Query) (Evidence, error) {
	if s.silent {
		<-ctx.Done()
		return Evidence{}, nodeFailure(ctx.Err())
	}
	return Evidence{Checkpoint: &receipt.Checkpoint{Sequence: s.at}, Evaluated: receipt.ByLocal, Record: new(evidence.Evidence)}, s.next()
}

func (s *scripted) Package(context.Context, sui.Address) (Package, error) { return s.pkg, s.next() }

func (s *scripted) VerifyWallet(context.Context, sui.Address, []byte, sui.Signature) error {
	return s.next()
}

func (s *scripted) Ready(context.Context) error { return s.next() }

func (s *scripted) Await(_ context.Context, sequence uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.awaited = append(s.awaited, sequence)
	return nil
}

var (
	no      = noAccess("m:1")
	noToo   = noAccess("m:2")
	down    = nodeFailure(errors.New("down"))
	says    = func(said ...error) *scripted { return &scripted{said: said} }
	goodPkg = Package{First: pkg, Called: pkg, Version: 1}
)

func noAccess(code string) error {
	r := tryLater(code, code, nil)
	r.Kind = NoAccess
	return r
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return RefusalOf(err).Reason.Code
}

func TestBoth(t *testing.T) {
	for name, c := range map[string]struct {
		local, node []error
		code        string
		alarm       bool
	}{
		"yes":                          {[]error{nil}, []error{nil}, "", false},
		"no":                           {[]error{no}, []error{no}, "m:1", false},
		"node says yes alone":          {[]error{no}, []error{nil}, "evaluator_mismatch", true},
		"we say yes alone":             {[]error{nil}, []error{no}, "evaluator_mismatch", true},
		"other reasons":                {[]error{no}, []error{noToo}, "evaluator_mismatch", true},
		"node down":                    {[]error{nil}, []error{down}, "chain_unavailable", false},
		"mirror down":                  {[]error{down}, []error{nil}, "chain_unavailable", false},
		"granted between checkpoints":  {[]error{no, nil}, []error{nil}, "", false},
		"revoked between checkpoints":  {[]error{nil, nil, no}, []error{no}, "m:1", false},
		"node behind":                  {[]error{no}, []error{nil, no}, "m:1", false},
		"it never stands still":        {[]error{nil, no, nil, no}, []error{no, nil, no, nil}, "policy_in_flux", false},
		"down in the second attempt":   {[]error{nil}, []error{no, down}, "chain_unavailable", false},
		"it changes to another reason": {[]error{noToo, no}, []error{no}, "m:1", false},
	} {
		t.Run(name, func(t *testing.T) {
			local, node, alarms := says(c.local...), says(c.node...), 0
			local.at, node.at = 7, 9
			b := NewBoth(BothConfig{Local: local, Node: node, Mismatched: func() { alarms++ }})
			g, ev, err := Decide(t.Context(), b, query(t))
			if codeOf(err) != c.code || (err == nil) != (g != nil) || alarms > 0 != c.alarm {
				t.Errorf("%v with %d alarms", err, alarms)
			}
			if decided := c.code == "" || c.code == "m:1"; decided != (ev.Record != nil) || decided && ev.Evaluated != receipt.ByBoth {
				t.Errorf("evidence %+v", ev)
			}
			if local.asked > 1 && (len(local.awaited) == 0 || local.awaited[0] != 10 || node.awaited[0] != 9) {
				t.Errorf("asked again without waiting for the newer checkpoint: %v, %v", local.awaited, node.awaited)
			}
		})
	}
}

func TestQuorum(t *testing.T) {
	silent := func() *scripted { return &scripted{silent: true} }
	for name, c := range map[string]struct {
		members []*scripted
		need    int
		code    string
		alarm   bool
	}{
		"all say yes":               {[]*scripted{says(nil), says(nil), says(nil)}, 2, "", false},
		"all say no":                {[]*scripted{says(no), says(no), says(no)}, 2, "m:1", false},
		"one down":                  {[]*scripted{says(nil), says(down), says(nil)}, 2, "", false},
		"one silent":                {[]*scripted{silent(), says(nil), says(nil)}, 2, "", false},
		"two down":                  {[]*scripted{says(nil), says(down), says(down)}, 2, "chain_unavailable", false},
		"one of two down":           {[]*scripted{says(nil), says(down)}, 2, "chain_unavailable", false},
		"one of two says no":        {[]*scripted{says(nil), says(no)}, 2, "nodes_disagree", true},
		"no two say the same":       {[]*scripted{says(nil), says(no), says(noToo)}, 2, "nodes_disagree", true},
		"yes, no, down":             {[]*scripted{says(nil), says(no), says(down)}, 2, "nodes_disagree", true},
		"one lags":                  {[]*scripted{says(nil), says(no, nil)}, 2, "", false},
		"one lags behind a refusal": {[]*scripted{says(no), says(nil, nil, no)}, 2, "m:1", false},
	} {
		t.Run(name, func(t *testing.T) {
			for turn := range len(c.members) { // whoever is asked first
				var members []Evaluator
				var names []string
				for i, m := range c.members {
					members = append(members, &scripted{said: m.said, silent: m.silent, at: uint64(i)})
					names = append(names, fmt.Sprint(i))
				}
				alarms := 0
				q, err := NewQuorum(QuorumConfig{Members: members, Names: names, Need: c.need, Hedge: time.Millisecond, Disagreed: func() { alarms++ }})
				if err != nil {
					t.Fatal(err)
				}
				q.turn.Store(uint64(turn))
				_, ev, err := Decide(t.Context(), q, query(t))
				if codeOf(err) != c.code || alarms > 0 != c.alarm {
					t.Errorf("turn %d: %v with %d alarms", turn, err, alarms)
				}
				if decided := c.code == "" || c.code == "m:1"; decided != (ev.Record != nil) {
					t.Errorf("turn %d: evidence %+v", turn, ev)
				}
			}
		})
	}
}

// A node that lies is outvoted, and is known by name.
func TestQuorumOutvotes(t *testing.T) {
	for lie, truth := range map[error]error{nil: no, no: nil} {
		members := []Evaluator{says(lie), says(truth), says(truth)}
		q, err := NewQuorum(QuorumConfig{Members: members, Names: []string{"a", "b", "c"}, Need: 2})
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if _, _, err := Decide(t.Context(), q, query(t)); codeOf(err) != codeOf(truth) {
				t.Fatalf("decided %v, want %v", err, truth)
			}
			if err := q.VerifyWallet(t.Context(), sui.Address{1}, nil, sui.Signature{5}); codeOf(err) != codeOf(truth) {
				t.Fatalf("of a wallet's signature: %v, want %v", err, truth)
			}
		}
	}
	votes := []vote[int]{{member: 1, says: verdictOf(no)}, {member: 0, says: verdictOf(nil)}, {member: 2, err: errors.New("down")}}
	q := &Quorum{cfg: QuorumConfig{Names: []string{"a", "b", "c"}}}
	if got := strings.Join(describeVotes(q, votes), "; "); got != "b: NoAccess/m:1; a: allowed; c: no answer: down" {
		t.Error(got)
	}
}

func TestQuorumPackage(t *testing.T) {
	forged := goodPkg
	forged.First = sui.Address{66}
	member := func(p Package, said error) *scripted { return &scripted{pkg: p, said: []error{said}} }
	for name, c := range map[string]struct {
		members []Evaluator
		code    string
	}{
		"all":              {[]Evaluator{member(goodPkg, nil), member(goodPkg, nil), member(goodPkg, nil)}, ""},
		"one invents":      {[]Evaluator{member(forged, nil), member(goodPkg, nil), member(goodPkg, nil)}, ""},
		"one of two lies":  {[]Evaluator{member(forged, nil), member(goodPkg, nil)}, "nodes_disagree"},
		"unknown":          {[]Evaluator{member(Package{}, noPackage(pkg, "x")), member(Package{}, noPackage(pkg, "x"))}, "package_not_found"},
		"one knows it not": {[]Evaluator{member(goodPkg, nil), member(Package{}, noPackage(pkg, "x"))}, "nodes_disagree"},
		"down":             {[]Evaluator{member(goodPkg, nil), member(Package{}, down)}, "chain_unavailable"},
	} {
		q, err := NewQuorum(QuorumConfig{Members: c.members, Names: make([]string, len(c.members)), Need: 2})
		if err != nil {
			t.Fatal(err)
		}
		p, err := q.Package(t.Context(), pkg)
		if codeOf(err) != c.code || err == nil && p != goodPkg {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func TestQuorumNeedsMoreThanHalf(t *testing.T) {
	for n := 1; n <= 7; n++ {
		for need := 0; need <= n+1; need++ {
			_, err := NewQuorum(QuorumConfig{Members: make([]Evaluator, n), Names: make([]string, n), Need: need})
			if want := 2*need > n && need <= n; (err == nil) != want {
				t.Errorf("%d of %d: %v", need, n, err)
			}
		}
		if d := DefaultQuorum(n); 2*d <= n || d > n {
			t.Errorf("default of %d is %d", n, d)
		}
	}
}

// faulty panics, whatever it is asked.
type faulty struct{ *scripted }

func (faulty) Evaluate(context.Context, Query) (Evidence, error)     { panic("a fault") }
func (faulty) Package(context.Context, sui.Address) (Package, error) { panic("a fault") }
func (faulty) Ready(context.Context) error                           { panic("a fault") }
func (faulty) VerifyWallet(context.Context, sui.Address, []byte, sui.Signature) error {
	panic("a fault")
}

// A request over which an evaluator panics is refused, or decided by the others; the
// process lives.
func TestPanic(t *testing.T) {
	for name, c := range map[string]struct {
		e    Evaluator
		code string
	}{
		"local":       {NewBoth(BothConfig{Local: faulty{}, Node: says(nil)}), "evaluation_failed"},
		"node":        {NewBoth(BothConfig{Local: says(nil), Node: faulty{}}), "evaluation_failed"},
		"one of one":  {quorumOf(t, 1, faulty{}), "evaluation_failed"},
		"one of two":  {quorumOf(t, 2, faulty{}, says(nil)), "evaluation_failed"},
		"one too few": {quorumOf(t, 2, says(nil), faulty{}, says(no)), "nodes_disagree"},
		"enough":      {quorumOf(t, 2, says(nil), faulty{}, says(nil)), ""},
	} {
		g, ev, err := Decide(t.Context(), c.e, query(t))
		if codeOf(err) != c.code || (g != nil) != (c.code == "") || g == nil && ev.Record != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	q := quorumOf(t, 1, faulty{})
	_, err := q.Package(t.Context(), pkg)
	for what, err := range map[string]error{"package": err, "ready": q.Ready(t.Context()), "wallet": q.VerifyWallet(t.Context(), sui.Address{}, nil, nil)} {
		if err == nil {
			t.Errorf("%s: a panic is a yes", what)
		}
	}
}

func quorumOf(t *testing.T, need int, members ...Evaluator) *Quorum {
	t.Helper()
	q, err := NewQuorum(QuorumConfig{Members: members, Names: make([]string, len(members)), Need: need, Hedge: time.Millisecond, Patience: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// What goes to the log of a chain that could not be read does not tell who asked.
func TestFailureIsQuiet(t *testing.T) {
	q := query(t)
	alias := sui.AliasesID(q.User)
	cause := fmt.Errorf("get object %s of %s: %w", alias, q.User, mirror.ErrBehind)
	err := nodeFailure(cause)
	if text := err.Error(); strings.Contains(text, alias.String()[:20]) || strings.Contains(text, q.User.String()[:20]) || !strings.Contains(text, "get object 0x… of 0x…: the mirror is behind") {
		t.Errorf("%s", text)
	}
	if !errors.Is(err, mirror.ErrBehind) || codeOf(err) != "chain_behind" {
		t.Errorf("the cause is lost: %v", err)
	}
	if text := lookUpFailure(fmt.Errorf("look up package %s", pkg)).Error(); !strings.Contains(text, pkg.String()) {
		t.Errorf("it does not say which package: %s", text)
	}
}
