package metrics

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// other stands for values beyond the bound.
const other = "other"

// A bounded set lets the first max values of a label through. Without it, who
// sends many versions of a client, say, would fill the memory.
type bounded struct {
	max  int
	mu   sync.RWMutex
	seen map[string]bool
}

func (b *bounded) value(v string) string {
	b.mu.RLock()
	known, full := b.seen[v], len(b.seen) >= b.max
	b.mu.RUnlock()
	if known {
		return v
	}
	if full {
		return other
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.seen[v] && len(b.seen) >= b.max {
		return other
	}
	if b.seen == nil {
		b.seen = map[string]bool{}
	}
	b.seen[v] = true
	return v
}

// Codes of reasons: our own, and those of Floe's contracts. Any other abort of
// a policy names code of strangers.
var (
	ownCode   = regexp.MustCompile(`^[a-z]{2,}(_[a-z]+){0,5}$`)
	floeAbort = regexp.MustCompile(`^floe_[a-z_]{1,20}::[a-z_]{1,30}::E[A-Za-z]{1,40}$`)
)

// code makes a reason code a label.
func (b *bounded) code(c string) string {
	switch {
	case c == "":
		return "none"
	case len(c) <= 100 && (ownCode.MatchString(c) || floeAbort.MatchString(c)):
		return b.value(c)
	case strings.Contains(c, ":"):
		return "policy_abort"
	}
	return other
}

var sdkTypes = map[string]bool{"typescript": true, "rust": true, "python": true, "aggregator": true, "go": true}

// sdk makes type and version of a client labels, as Seal does: numbers above
// 20 count as 20.
func (b *bounded) sdk(kind, version string) (string, string) {
	if !sdkTypes[kind] {
		kind = other
	}
	var n [3]uint64
	parts := strings.Split(version, ".")
	if len(parts) != 3 {
		return kind, other
	}
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 32)
		if err != nil {
			return kind, other
		}
		n[i] = min(v, 20)
	}
	return kind, b.value(fmt.Sprintf("%d.%d.%d", n[0], n[1], n[2]))
}

var types = regexp.MustCompile(`^[A-Z][A-Za-z]{2,40}$`)

// errorType makes one of Seal's error types a label.
func (b *bounded) errorType(t string) string {
	if !types.MatchString(t) {
		return other
	}
	return b.value(t)
}

var names = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,31}$`)

// name makes a name that the operator gave, of a service or a server, a label.
// One that could be an identifier is not shown.
func (b *bounded) name(n string) string {
	if n == "" {
		return "root"
	}
	if n = strings.ToLower(n); !names.MatchString(n) || looksLikeID(n) {
		return other
	}
	return b.value(n)
}

var idShape = regexp.MustCompile(`0x[0-9a-f]{2}|[0-9a-f]{16}`)

// looksLikeID reports whether a text holds an address or its digits.
func looksLikeID(s string) bool { return idShape.MatchString(strings.ToLower(s)) }
