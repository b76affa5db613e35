package indexer

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/floe-data/floe/indexer/store"
	"github.com/floe-data/floe/sdk/receipt"
)

// decision makes the row of a receipt; bad says why it does not verify.
func decision(e logEntry, r *receipt.Receipt, bad error) store.Decision {
	d := store.Decision{Sequence: int64(e.Sequence), JWT: printable(e.JWT), Hash: receipt.HashOf(e.JWT).String(), Decision: "unreadable"}
	if bad != nil {
		d.Problem = brief(bad)
	}
	if r == nil {
		var err error
		if r, err = receipt.Parse(e.JWT); err != nil {
			return d
		}
	}
	if r.Decision != receipt.Release && r.Decision != receipt.Refuse {
		return d
	}
	d.Decision, d.KeyID = string(r.Decision), printable(r.KeyID)
	if r.TimeMS >= 0 && r.TimeMS <= maxTimeMS {
		t := time.UnixMilli(r.TimeMS).UTC()
		d.DecidedAt = &t
	} else if d.Problem == "" {
		d.Problem = "time is out of range"
	}
	if c := r.Checkpoint; c != nil && c.Sequence <= math.MaxInt64 {
		n := int64(c.Sequence)
		d.Checkpoint = &n
	}
	if r.Reason != nil {
		d.Reason, d.Rule = printable(r.Reason.Code), printable(r.Reason.Rule)
	}
	d.PackageID, d.RequestHash, d.RequesterCommitment = r.Package.ID.String(), r.RequestHash.String(), r.RequesterCommitment.String()
	d.Previous = text(r.Previous)
	if len(r.Policies) > maxPolicies {
		if d.Problem == "" {
			d.Problem = fmt.Sprintf("receipt names %d policies; no request has more than %d", len(r.Policies), maxPolicies)
		}
		return d
	}
	for _, p := range r.Policies {
		d.Policies = append(d.Policies, store.DecisionPolicy{ID: p.ID.String(), Sequence: int64(min(p.Sequence, math.MaxInt64)), Previous: text(p.Previous)})
	}
	return d
}

// maxPolicies is how many policies a receipt can be about: a request has at most 100
// calls. What is signed by a key server can say otherwise, and each would be a row.
const maxPolicies = 100

// maxTimeMS is the end of the year 9999.
const maxTimeMS = 253402300799999

func text(h *receipt.Hash) string {
	if h == nil {
		return ""
	}
	return h.String()
}

// printable is s as PostgreSQL can hold it: UTF-8 without NUL.
func printable(s string) string {
	if utf8.ValidString(s) && !strings.ContainsRune(s, 0) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
