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

// What would help is said as the policy's own offers, times and people.
func TestRemediesOfPolicies(t *testing.T) {
	day := uint64(24 * 3600 * 1000)
	uses := uint64(3)
	later := in2027 + day
	shop := &Policy{Identity: Identity{ID: id(0x61)}, Owner: id(0xa), Clauses: []Clause{
		{Rules: []Rule{{Kind: RuleOwner}}},
		{Rules: []Rule{{Kind: RulePass, Offer: 7}}},
		{Rules: []Rule{{Kind: RulePass, Offer: 8}, {Kind: RuleNotBefore, AtMS: later}}},
		{Rules: []Rule{{Kind: RuleAllowList}, {Kind: RuleNotBefore, AtMS: in2027}}},
		{Rules: []Rule{{Kind: RuleStewards, Stewards: []sui.Address{id(1), id(2)}, Threshold: 2}}},
		{Rules: []Rule{{Kind: RulePurpose, Purposes: []string{"research"}}}},
		{Rules: []Rule{{Kind: RuleHolds, Type: "0x5::badge::Badge"}}},
	}, Offers: []Offer{
		{ID: 7, CoinType: sui.SUIType().String(), Price: 5_000_000_000, Open: true},
		{ID: 8, CoinType: sui.SUIType().String(), Price: 250_000_000, Open: true, TermMS: &day, Uses: &uses},
		{ID: 9, CoinType: sui.SUIType().String(), Price: 1, Open: true}, // no clause asks for it
	}}
	closed := *shop
	closed.Offers = []Offer{{ID: 7, CoinType: sui.SUIType().String(), Price: 1}}
	held := *shop
	held.Hold.UntilMS = &later
	policy := id(0x61).String()
	for _, c := range []struct {
		name string
		code error
		s    Situation
		want string
	}{
		{"passes for sale", PolicyENoPass, Situation{Policy: shop},
			"buy a pass for 0.25 SUI for 3 key requests within 1 day with: floe pass buy " + policy + " 8, or buy a pass for 5 SUI with: floe pass buy " + policy + " 7"},
		{"no passes for sale", PolicyENoPass, Situation{Policy: &closed}, "passes are not sold any more; ask the owner " + id(0xa).String()},
		{"too early, with a clause that has no beginning", PolicyETooEarly, Situation{Policy: shop}, "it opens at 2027-01-01 00:00 UTC"},
		{"after that", PolicyETooEarly, Situation{Policy: shop, NowMS: in2027}, "it opens at 2027-01-02 00:00 UTC"},
		{"stewards", PolicyENotApproved, Situation{Policy: shop, Requester: id(0xb)},
			"ask 2 of the stewards " + id(1).String() + ", " + id(2).String() + " to approve with: floe policy steward approve " + policy + " " + id(0xb).String()},
		{"a purpose", PolicyENoPurpose, Situation{Policy: shop}, `declare one of the purposes "research" with: floe open --purpose; see more with: floe policy explain ` + policy},
		{"an object", PolicyEObjectNotShown, Situation{Policy: shop}, "ask with an object of type 0x5::badge::Badge that you own"},
		{"a hold that ends", PolicyEHeld, Situation{Policy: &held}, "it was lifted, and ends at 2027-01-02 00:00 UTC"},
		{"a hold", PolicyEHeld, Situation{Policy: shop}, "floe policy show " + policy},
	} {
		code := c.code.(AbortCode)
		a, ok := LookupAbort(code.Module, code.Code)
		if got := a.Remedy(c.s); !ok || !strings.HasSuffix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
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
