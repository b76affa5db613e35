package dataset

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/floe-data/floe/sdk/contract"
)

// FormatClause writes rules as [ParseClauses] reads them, so that they can be
// named in commands. A pass is named by its offer.
func FormatClause(rules []contract.Rule) string {
	var out []string
	for _, r := range rules {
		out = append(out, formatRule(r))
	}
	return strings.Join(out, " and ")
}

func formatRule(r contract.Rule) string {
	switch r.Kind {
	case contract.RuleOwner:
		return "owner"
	case contract.RuleAllowList:
		return "members"
	case contract.RuleNotBefore:
		return "not-before " + formatTime(r.AtMS)
	case contract.RuleNotAfter:
		return "not-after " + formatTime(r.AtMS)
	case contract.RuleHolds:
		return "holds " + formatType(r)
	case contract.RuleAttested:
		return "attested-by " + formatType(r)
	case contract.RuleEnclave:
		return "enclave " + r.Config.String()
	case contract.RuleLiving:
		return "living " + r.Version.String()
	case contract.RulePass:
		return fmt.Sprintf("pass %d", r.Offer)
	case contract.RulePurpose:
		s := "purpose"
		for _, p := range r.Purposes {
			s += " " + strconv.Quote(p)
		}
		return s
	case contract.RuleStewards:
		s := fmt.Sprintf("approved-by %d of", r.Threshold)
		for _, who := range r.Stewards {
			s += " " + who.String()
		}
		return s
	}
	return "a condition that this version of floe does not know"
}

// formatTime writes a moment for [ParseTime]. What is beyond the year 9999 has
// no such form.
func formatTime(ms uint64) string {
	if ms > 253402300799999 {
		return fmt.Sprintf("%d ms after 1970", ms)
	}
	t := time.UnixMilli(int64(ms)).UTC()
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339Nano)
}

func formatType(r contract.Rule) string {
	t, err := r.TypeTag()
	if err != nil {
		return r.Type
	}
	return t.String()
}
