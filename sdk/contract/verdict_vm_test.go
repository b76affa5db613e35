package contract_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

// TestVerdicts compares the contracts, run by our VM with all checks of a real
// transaction, with a reference that was written for this test, in random
// situations: policies, requesters, times, payments, attestations, enclaves, lineages
// and versions of the packages. All of 100,000 and more:
//
//	FLOE_VERDICTS=200000 go test ./sdk/contract -run TestVerdicts -v
func TestVerdicts(t *testing.T) {
	n := 12_000
	if s := os.Getenv("FLOE_VERDICTS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	c := newWorld(t)
	r := rand.New(rand.NewPCG(2027, 1))
	seen, byEnclave, forged, decisive := map[string]int{}, map[string]int{}, map[string]int{}, 0
	for i := range n {
		s := randomSituation(r)
		got, want := c.decide(s), s.verdict()
		if got != want {
			t.Fatalf("situation %d: the contract says %q, the reference %q\n%+v", i, got, want, s)
		}
		seen[want]++
		if s.q.showsEnclave() {
			byEnclave[fmt.Sprint(s.q.call, " ", want)]++
			if want == "enclave::EInvalidSignature" {
				forged[s.q.proof.forgery()]++
			}
			if want == "" && s.withoutEnclave().verdict() != "" {
				decisive++
			}
		}
	}
	for _, name := range []string{"", "version::EWrongVersion", "policy::EWrongIdentity", "policy::EHeld", "policy::ENoAccess", "policy::ETooEarly", "policy::ETooLate",
		"policy::EObjectNotShown", "policy::ENoPass", "policy::ENoPurpose", "policy::ENotApproved", "policy::ENotAttested", "policy::ERevoked", "policy::EOnHold",
		"policy::EUnknownOffer", outdatedCatalog, "pass::EMustRequest", "pass::EWrongPolicy", "pass::ENotHolder", "pass::EExpired", "pass::EUsedUp", "pass::ENotForSale",
		"pass::EWrongCoin", "pass::EWrongAmount", "pass::EForVersion", "key_request::EWrongPolicy", "key_request::ENotRequester", "key_request::EExpired"} {
		if seen[name] == 0 {
			t.Errorf("no situation ends with %q", name)
		}
	}
	for _, call := range []int{askEnclave, askEnclaveRequest, makeRequest} {
		for _, name := range []string{"", "enclave_gate::EWrongWallet", "enclave::EWrongConfig", "enclave::ERevoked", "enclave::EExpired", "enclave::EFutureMessage",
			"enclave::EStaleMessage", "enclave::EInvalidSignature", "enclave_config::EConfigRevoked", "enclave_config::EUnknownVersion", "enclave_config::EVersionRevoked", "policy::ENotAttested"} {
			if byEnclave[fmt.Sprint(call, " ", name)] == 0 {
				t.Errorf("no situation in which an enclave is shown to call %d ends with %q", call, name)
			}
		}
	}
	if len(forged) != 5 {
		t.Errorf("signatures are wrong only in these ways: %v", forged)
	}
	if decisive < n/200 {
		t.Errorf("%d of %d are let in for their enclave: the situations say little of it", decisive, n)
	}
	if yes := seen[""]; yes < n/20 || yes > n/2 {
		t.Errorf("%d of %d are let in: the situations say little", yes, n)
	}
	t.Logf("%d situations agree, %d are let in for their enclave: %v; wrong signatures: %v", n, decisive, seen, forged)
}

// decide is the contract's answer in a situation: the abort's name, "" for yes.
func (c *chain) decide(s *situation) string {
	c.t.Helper()
	c.putSituation(s)
	b := sui.NewBuilder()
	c.ask(b, &s.q)
	tx, err := b.Build(addressOf(s.q.who), sui.GasData{})
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := c.engine.Execute(state{c}, execution.Env{ReferenceGasPrice: 1000, ProtocolVersion: 95}, tx, execution.Options{Simulate: true})
	if err != nil {
		c.t.Fatal(err)
	}
	f := r.Effects.Status.Failure
	if f == nil {
		return ""
	}
	a, ok := contract.FindAbort(f, c.p)
	if !ok {
		c.t.Fatalf("%v", f)
	}
	return a.Module + "::" + a.Name
}
