package contract

import (
	"fmt"
	"strings"

	"github.com/floe-data/floe/sdk/sui"
)

// IsTime reports whether the rule is about the time alone.
func (r Rule) IsTime() bool { return r.Kind == RuleNotBefore || r.Kind == RuleNotAfter }

// TypeTag is the rule's Type.
func (r Rule) TypeTag() (sui.TypeTag, error) { return parseTypeName(r.Type) }

// CoinTag is the type of the coins to pay with.
func (o Offer) CoinTag() (sui.TypeTag, error) { return parseTypeName(o.CoinType) }

// Stands reports whether the hold stands at a moment.
func (h Hold) Stands(nowMS uint64) bool { return h.UntilMS != nil && nowMS < *h.UntilMS }

// MakeRule adds the call that makes a rule.
func MakeRule(b *sui.Builder, p Packages, r Rule) Arg[Rule] {
	switch r.Kind {
	case RuleOwner:
		return p.RuleCalls(b).Owner()
	case RuleAllowList:
		return p.RuleCalls(b).AllowList()
	case RuleNotBefore:
		return p.RuleCalls(b).NotBefore(Pure(b, r.AtMS))
	case RuleNotAfter:
		return p.RuleCalls(b).NotAfter(Pure(b, r.AtMS))
	case RuleHolds:
		return p.RuleCalls(b).Holds(typeArgument(b, r.Type))
	case RulePass:
		return p.RuleCalls(b).Pass(Pure(b, r.Offer))
	case RulePurpose:
		return p.RuleCalls(b).Purpose(Pure(b, r.Purposes))
	case RuleStewards:
		return p.RuleCalls(b).Stewards(Pure(b, r.Stewards), Pure(b, r.Threshold))
	case RuleAttested:
		return p.RuleCalls(b).Attested(typeArgument(b, r.Type))
	case RuleLiving:
		return p.RuleCalls(b).Living(p.lineage(b), Pure(b, r.Version))
	case RuleEnclave:
		return p.RuleCalls(b).Enclave(Object[EnclaveConfig](b, r.Config))
	}
	b.Fail(fmt.Errorf("make rule: unknown kind %d", r.Kind))
	return Arg[Rule]{}
}

func makeRules(b *sui.Builder, p Packages, rules []Rule) Arg[[]Rule] {
	var made []Arg[Rule]
	for _, r := range rules {
		made = append(made, MakeRule(b, p, r))
	}
	return Vector(b, p.RuleType(), made...)
}

// typeArgument is a type argument given as a type name.
func typeArgument(b *sui.Builder, typeName string) sui.TypeTag {
	t, err := parseTypeName(typeName)
	if err != nil {
		b.Fail(err)
	}
	return t
}

// parseTypeName reads a type as Move names it, without 0x, or as usual.
func parseTypeName(s string) (sui.TypeTag, error) {
	address, _, ok := strings.Cut(s, "::")
	if ok && len(address) == 64 {
		// Every address in a type name has 64 digits.
		parts := strings.FieldsFunc(s, func(r rune) bool { return r == '<' || r == ',' || r == ' ' || r == '>' })
		for _, part := range parts {
			if a, _, ok := strings.Cut(part, "::"); ok && len(a) == 64 {
				s = strings.Replace(s, a+"::", "0x"+a+"::", 1)
			}
		}
		s = strings.ReplaceAll(s, "0x0x", "0x")
	}
	return sui.ParseTypeTag(s)
}
