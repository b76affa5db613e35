package dataset

import (
	"reflect"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

func TestParseClauses(t *testing.T) {
	nft := strings.Repeat("0", 63) + "9::nft::Nft"
	suiName := strings.Repeat("0", 63) + "2::sui::SUI"
	uses, term := uint64(3), uint64(30*86_400_000)
	clauses, offers, err := ParseClauses([]string{
		"owner",
		"members and not-before 1970-01-02 and not-after 1970-01-03T00:00:01Z",
		"pays 0.25 SUI for 30d and purpose",
		`pays 7 MIST for 3 requests for 30d and purpose "to learn" "and teach"`,
		"holds 0x9::nft::Nft and attested-by 0x9::nft::Nft and approved-by 1 of 0xA, 0xB and pass 12",
		"enclave 0xC and living 0xD",
	})
	if err != nil {
		t.Fatal(err)
	}
	wantClauses := [][]contract.Rule{
		{{Kind: contract.RuleOwner}},
		{{Kind: contract.RuleAllowList}, {Kind: contract.RuleNotBefore, AtMS: 86_400_000}, {Kind: contract.RuleNotAfter, AtMS: 172_801_000}},
		{{Kind: contract.RulePass, Offer: 0}, {Kind: contract.RulePurpose, Purposes: []string{}}},
		{{Kind: contract.RulePass, Offer: 1}, {Kind: contract.RulePurpose, Purposes: []string{"to learn", "and teach"}}},
		{
			{Kind: contract.RuleHolds, Type: nft}, {Kind: contract.RuleAttested, Type: nft},
			{Kind: contract.RuleStewards, Threshold: 1, Stewards: []sui.Address{{31: 0xa}, {31: 0xb}}}, {Kind: contract.RulePass, Offer: 12},
		},
		{{Kind: contract.RuleEnclave, Config: sui.Address{31: 0xc}}, {Kind: contract.RuleLiving, Version: sui.Address{31: 0xd}}},
	}
	wantOffers := []contract.Offer{
		{CoinType: suiName, Price: 250_000_000, TermMS: &term}, {CoinType: suiName, Price: 7, TermMS: &term, Uses: &uses},
	}
	if !reflect.DeepEqual(clauses, wantClauses) {
		t.Errorf("got %+v, want %+v", clauses, wantClauses)
	}
	if !reflect.DeepEqual(offers, wantOffers) {
		t.Errorf("got %+v, want %+v", offers, wantOffers)
	}
}

func TestParseClausesRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "missing",
		"owner and":                      "missing",
		"everybody":                      "unknown condition",
		"owner me":                       "nothing after it",
		"not-before soon":                "want 2027-01-31",
		"not-before":                     "wants a time",
		"pays 5":                         "pays wants",
		"pays 5 SUI for ever":            "time span",
		"pays 5e3 SUI for 1d":            "such as 5",
		"pays 0.0000000001 SUI for 1d":   "9 decimals",
		"pays -1 SUI for 1d":             "18 billion",
		"pays 1.5 MIST for 1d":           "whole number",
		"pays 1 SUI or 1d":               "pays wants",
		"holds nft":                      "",
		"approved-by two of 0xA":         "threshold",
		"approved-by 2 0xA 0xB":          "want a number",
		"enclave":                        "wants the id of a configuration",
		"enclave one":                    "parse address",
		`purpose "open`:                  "not closed",
		"pays 1 SUI for 99999999999999d": "time span",
	} {
		if _, _, err := ParseClauses([]string{text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
