package dataset

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// ClauseHelp says how clauses are written, for people.
const ClauseHelp = `A clause is a list of conditions with "and" between them; all must be met:
  owner                              the policy's owner
  members                            addresses on the allow-list (floe policy grant)
  not-before 2027-01-31              a time, UTC (or RFC 3339)
  not-after 2027-12-31T12:00:00Z
  pays 5 SUI for 30d                 buys a pass with a term (s, m, h, d)
  pays 100 MIST for 3 requests       buys a pass for some key requests
  pays 7 0x…::gold::GOLD for 30d     in units of another coin
  pass 0                             has a pass of an offer made before
  holds 0x…::nft::Nft                owns an object of this type
  purpose                            declares a purpose on chain
  purpose "research" "teaching"      declares one of these
  approved-by 2 of 0xA 0xB 0xC       was approved by stewards
  attested-by 0x…::enclave::Proof    a module vouches for the requester
  enclave 0x…                        is the wallet of an enclave of this configuration
  living 0x…                         this version of a dataset, and all that it was made
                                     from, are neither revoked nor on hold`

// ParseClauses reads clauses as ClauseHelp says, with the offers that they
// need, which are numbered from 0.
func ParseClauses(texts []string) ([][]contract.Rule, []contract.Offer, error) {
	var clauses [][]contract.Rule
	var offers []contract.Offer
	for _, text := range texts {
		words, err := splitWords(text)
		if err != nil {
			return nil, nil, fmt.Errorf("parse clause %q: %w", text, err)
		}
		var rules []contract.Rule
		for _, part := range splitAnd(words) {
			rule, offer, err := parseRule(part)
			if err != nil {
				return nil, nil, fmt.Errorf("parse clause %q: %w", text, err)
			}
			if offer != nil {
				rule.Offer = uint64(len(offers))
				offers = append(offers, *offer)
			}
			rules = append(rules, rule)
		}
		clauses = append(clauses, rules)
	}
	return clauses, offers, nil
}

func parseRule(words []string) (r contract.Rule, offer *contract.Offer, err error) {
	if len(words) == 0 {
		return r, nil, fmt.Errorf("a condition is missing beside \"and\"")
	}
	verb, rest := words[0], words[1:]
	want := func(n int, what string) error {
		if len(rest) == n {
			return nil
		}
		return fmt.Errorf("%s wants %s", verb, what)
	}
	switch verb {
	case "owner":
		return contract.Rule{Kind: contract.RuleOwner}, nil, want(0, "nothing after it")
	case "members":
		return contract.Rule{Kind: contract.RuleAllowList}, nil, want(0, "nothing after it")
	case "not-before", "not-after":
		if err := want(1, "a time"); err != nil {
			return r, nil, err
		}
		r.Kind = contract.RuleNotBefore
		if verb == "not-after" {
			r.Kind = contract.RuleNotAfter
		}
		r.AtMS, err = ParseTime(rest[0])
		return r, nil, err
	case "holds", "attested-by":
		if err := want(1, "a type, such as 0x…::nft::Nft"); err != nil {
			return r, nil, err
		}
		r.Kind = contract.RuleHolds
		if verb == "attested-by" {
			r.Kind = contract.RuleAttested
		}
		r.Type, err = typeName(rest[0])
		return r, nil, err
	case "enclave":
		if err := want(1, "the id of a configuration of enclaves"); err != nil {
			return r, nil, err
		}
		r.Kind = contract.RuleEnclave
		r.Config, err = sui.ParseAddress(rest[0])
		return r, nil, err
	case "living":
		if err := want(1, "the id of a version of a dataset"); err != nil {
			return r, nil, err
		}
		r.Kind = contract.RuleLiving
		r.Version, err = sui.ParseAddress(rest[0])
		return r, nil, err
	case "pass":
		if err := want(1, "the number of an offer"); err != nil {
			return r, nil, err
		}
		r.Kind = contract.RulePass
		r.Offer, err = strconv.ParseUint(rest[0], 10, 64)
		return r, nil, err
	case "purpose":
		return contract.Rule{Kind: contract.RulePurpose, Purposes: rest}, nil, nil
	case "pays":
		offer, err = parseOffer(rest)
		return contract.Rule{Kind: contract.RulePass}, offer, err
	case "approved-by":
		return parseStewards(rest)
	}
	return r, nil, fmt.Errorf("unknown condition %q; see floe policy new --help", verb)
}

// parseOffer reads AMOUNT COIN for TERM, or for N requests, or both.
func parseOffer(words []string) (*contract.Offer, error) {
	const want = "pays wants: AMOUNT COIN for 30d, or for 3 requests, or for 3 requests for 30d"
	if len(words) < 4 {
		return nil, errors.New(want)
	}
	o := &contract.Offer{CoinType: sui.SUIType().TypeName()}
	var err error
	if o.Price, err = ParsePrice(words[0] + " " + words[1]); err != nil {
		return nil, err
	}
	if words[1] != "SUI" && words[1] != "MIST" {
		if o.CoinType, err = typeName(words[1]); err != nil {
			return nil, fmt.Errorf("read coin: %w", err)
		}
	}
	for words = words[2:]; len(words) > 0; {
		switch {
		case len(words) >= 3 && words[0] == "for" && strings.HasPrefix(words[2], "request"):
			n, err := strconv.ParseUint(words[1], 10, 64)
			if err != nil {
				return nil, fmt.Errorf("read number of requests: %w", err)
			}
			o.Uses, words = &n, words[3:]
		case len(words) >= 2 && words[0] == "for":
			ms, err := ParseSpan(words[1])
			if err != nil {
				return nil, err
			}
			o.TermMS, words = &ms, words[2:]
		default:
			return nil, errors.New(want)
		}
	}
	return o, nil
}

// ParsePrice reads an amount and its unit, in the coin's smallest: "5 SUI",
// "100 MIST", "7 0x…::gold::GOLD".
func ParsePrice(s string) (uint64, error) {
	amount, unit, ok := strings.Cut(strings.TrimSpace(s), " ")
	if !ok {
		return 0, fmt.Errorf("parse price %q: want an amount and its unit, such as 5 SUI", s)
	}
	if unit == "SUI" {
		return parseSUI(amount)
	}
	n, err := strconv.ParseUint(amount, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("parse price %q: want a whole number of the smallest unit", s)
	}
	return n, nil
}

func parseStewards(words []string) (r contract.Rule, offer *contract.Offer, err error) {
	r.Kind = contract.RuleStewards
	r.Threshold, r.Stewards, err = ParseCouncil(words)
	return r, nil, err
}

// ParseCouncil reads "2 of 0xA 0xB 0xC" in words.
func ParseCouncil(words []string) (threshold uint64, who []sui.Address, err error) {
	if len(words) < 3 || words[1] != "of" {
		return 0, nil, fmt.Errorf("want a number, \"of\" and addresses, such as: 2 of 0xA 0xB 0xC")
	}
	if threshold, err = strconv.ParseUint(words[0], 10, 64); err != nil {
		return 0, nil, fmt.Errorf("read threshold: %w", err)
	}
	for _, w := range words[2:] {
		a, err := sui.ParseAddress(w)
		if err != nil {
			return 0, nil, err
		}
		who = append(who, a)
	}
	return threshold, who, nil
}

// ParseTime reads a day or a moment as Unix milliseconds.
func ParseTime(s string) (uint64, error) {
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil && t.UnixMilli() >= 0 {
			return uint64(t.UnixMilli()), nil
		}
	}
	return 0, fmt.Errorf("parse time %q: want 2027-01-31 or 2027-01-31T12:00:00Z", s)
}

// ParseSpan reads a time span such as 30d, 12h, 90m, 45s or 0 as milliseconds.
func ParseSpan(s string) (uint64, error) {
	if s == "0" {
		return 0, nil
	}
	units := map[byte]uint64{'d': 86_400_000, 'h': 3_600_000, 'm': 60_000, 's': 1000}
	if len(s) > 1 {
		if unit, ok := units[s[len(s)-1]]; ok {
			if n, err := strconv.ParseUint(s[:len(s)-1], 10, 32); err == nil {
				return n * unit, nil
			}
		}
	}
	return 0, fmt.Errorf("parse time span %q: want a whole number and d, h, m or s, such as 30d", s)
}

// parseSUI reads a decimal number of SUI as MIST, exactly.
func parseSUI(s string) (uint64, error) {
	x, ok := new(big.Rat).SetString(s)
	if !ok || strings.ContainsAny(s, "eE/") {
		return 0, fmt.Errorf("parse amount %q: want a number such as 5 or 0.25", s)
	}
	x.Mul(x, new(big.Rat).SetInt64(int64(sui.MistPerSUI)))
	if !x.IsInt() || x.Sign() < 0 || !x.Num().IsUint64() {
		return 0, fmt.Errorf("parse amount %q: want 0 to 18 billion with at most 9 decimals", s)
	}
	return x.Num().Uint64(), nil
}

func typeName(s string) (string, error) {
	t, err := sui.ParseTypeTag(s)
	if err != nil {
		return "", err
	}
	return t.TypeName(), nil
}

// splitWords splits at spaces, but not inside double quotes.
func splitWords(s string) ([]string, error) {
	var out []string
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		if s[0] == '"' {
			q, err := strconv.QuotedPrefix(s)
			if err != nil {
				return nil, fmt.Errorf("a quote is not closed")
			}
			word, err := strconv.Unquote(q)
			if err != nil {
				return nil, err
			}
			out, s = append(out, word), s[len(q):]
			continue
		}
		word, _, _ := strings.Cut(s, " ")
		out, s = append(out, strings.TrimSuffix(word, ",")), s[len(word):]
	}
	return out, nil
}

func splitAnd(words []string) [][]string {
	out := [][]string{nil}
	for _, w := range words {
		if w == "and" {
			out = append(out, nil)
			continue
		}
		out[len(out)-1] = append(out[len(out)-1], w)
	}
	return out
}
