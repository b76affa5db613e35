package dataset

import (
	"reflect"
	"testing"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// TestFormatClause writes what floe policy explain shows; read again it is the
// same clause.
func TestFormatClause(t *testing.T) {
	nft := sui.Address{31: 0xab}.String()[2:] + "::nft::Nft"
	for want, rules := range map[string][]contract.Rule{
		"owner":                 {{Kind: contract.RuleOwner}},
		"members and pass 7":    {{Kind: contract.RuleAllowList}, {Kind: contract.RulePass, Offer: 7}},
		"not-before 2027-01-01": {{Kind: contract.RuleNotBefore, AtMS: 1798761600000}},
		"not-after 2027-01-01T00:00:01.5Z and purpose": {{Kind: contract.RuleNotAfter, AtMS: 1798761601500}, {Kind: contract.RulePurpose, Purposes: []string{}}},
		`purpose "a b" "say \"and\""`:                  {{Kind: contract.RulePurpose, Purposes: []string{"a b", `say "and"`}}},
		"holds 0x" + nft:                               {{Kind: contract.RuleHolds, Type: nft}},
		"living " + sui.Address{31: 3}.String():        {{Kind: contract.RuleLiving, Version: sui.Address{31: 3}}},
		"attested-by 0x" + nft:                         {{Kind: contract.RuleAttested, Type: nft}},
		"approved-by 1 of " + sui.Address{31: 1}.String() + " " + sui.Address{31: 2}.String(): {{Kind: contract.RuleStewards, Threshold: 1, Stewards: []sui.Address{{31: 1}, {31: 2}}}},
	} {
		got := FormatClause(rules)
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		back, offers, err := ParseClauses([]string{got})
		if err != nil || len(offers) != 0 || !reflect.DeepEqual(back[0], rules) {
			t.Errorf("%s reads as %+v, %v", got, back, err)
		}
	}
}
