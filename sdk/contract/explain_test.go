package contract

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

func abort(pkg sui.Address, module string, code uint64) *sui.ExecutionFailure {
	return &sui.ExecutionFailure{Kind: sui.FailMoveAbort, Location: &sui.MoveLocation{Package: pkg, Module: module}, Code: code}
}

func TestExplainRefusals(t *testing.T) {
	policy := &Policy{Identity: Identity{ID: id(0x61)}, Owner: id(0xa), Clauses: []Clause{{Rules: []Rule{{}, {Kind: RuleNotBefore, AtMS: in2027}, {Kind: RuleNotAfter, AtMS: in2027 + 61_001}}}}}
	for _, c := range []struct {
		name   string
		module string
		code   uint64
		s      Situation
		want   []string
	}{
		{"a stranger", "policy", 1, Situation{Policy: policy, Requester: id(0xb)}, []string{
			"neither the owner nor on the allow-list", "policy::ENoAccess",
			"ask the owner " + id(0xa).String() + " to grant " + id(0xb).String() + " with: floe policy grant " + id(0x61).String() + " " + id(0xb).String(),
		}},
		{"a stranger, nothing known", "policy", 1, Situation{}, []string{"floe policy grant <policy> <address>"}},
		{"too early", "policy", 2, Situation{Policy: policy}, []string{"it opens at 2027-01-01 00:00 UTC"}},
		{"too early, nothing known", "policy", 2, Situation{}, []string{"floe policy show"}},
		{"too late", "policy", 3, Situation{Policy: policy}, []string{"it closed at 2027-01-01 00:01:01.001 UTC", id(0xa).String()}},
		{"too late, nothing known", "policy", 3, Situation{}, []string{"new policy"}},
		{"revoking a stranger", "members", 1, Situation{Policy: policy}, []string{"floe policy show " + id(0x61).String()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cause := fmt.Errorf("send: %w", abort(p.Access.Original, c.module, c.code))
			err := ExplainFor(cause, c.s)
			var a *AbortError
			if !errors.As(err, &a) || a.Code != c.code || a.Package != Access {
				t.Fatalf("got %#v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want it to say %q", err, want)
				}
			}
			if !errors.Is(err, cause) {
				t.Error("the cause is lost")
			}
		})
	}
}

func TestExplainLeavesOthersAlone(t *testing.T) {
	for name, err := range map[string]error{
		"no failure of a transaction": errors.New("connection refused"),
		"another kind of failure":     &sui.ExecutionFailure{Kind: sui.FailInsufficientGas},
		"an abort without a place":    &sui.ExecutionFailure{Kind: sui.FailMoveAbort, Code: 1},
		"another module":              abort(id(0x99), "kiosk", 1),
		"an unknown code":             abort(p.Access.Original, "policy", 99),
		"a clever error":              abort(p.Access.Original, "policy", 0xC0FF_004B_FFFF_FFFF),
		"a module of 0x2":             abort(sui.Framework, "policy", 1),
	} {
		if got := Explain(err); got != err {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if Explain(nil) != nil {
		t.Error("no error becomes one")
	}
}

func TestExplainKnowsThePackages(t *testing.T) {
	s := Situation{Packages: testPackages}
	for _, c := range []struct {
		name string
		pkg  sui.Address
		ours bool
	}{
		{"original", p.Access.Original, true},
		{"latest", p.Access.Latest, true},
		{"another of ours", p.Catalog.Original, false},
		{"somebody else's", id(0x99), false},
	} {
		err := ExplainFor(abort(c.pkg, "policy", 1), s)
		var a *AbortError
		if errors.As(err, &a) != c.ours {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	err := ExplainFor(abort(sui.Framework, "group_ops", 1), s)
	if !strings.Contains(err.Error(), "not a valid point") {
		t.Errorf("a bad key: got %v", err)
	}
}

func TestAbortsByName(t *testing.T) {
	err := Explain(fmt.Errorf("send: %w", abort(p.Access.Latest, "policy", 17)))
	if !errors.Is(err, PolicyEFrozen) {
		t.Errorf("got %v, want PolicyEFrozen", err)
	}
	for name, other := range map[string]error{"another code": PolicyEHeld, "another module": HoldENotHolder, "the same code elsewhere": LineageEAlreadyCertified} {
		if errors.Is(err, other) {
			t.Errorf("it is %s too", name)
		}
	}
	if got, want := PolicyEFrozen.Error(), "the policy is frozen: nothing widens it ever again"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPlainSentence(t *testing.T) {
	for doc, want := range map[string]string{
		"The node is over. It was long.": "the node is over", "A rule": "a rule", "": "",
	} {
		if got := plainSentence(doc); got != want {
			t.Errorf("plainSentence(%q) = %q, want %q", doc, got, want)
		}
	}
}
