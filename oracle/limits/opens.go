package limits

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// Per is what an OpenLimit counts by, for each user.
type Per string

// What is counted as one: a release of one identity; of any identities that
// begin with the same 32 bytes, which name the policy object by convention; of
// anything of the package. A request for several keys is one open.
const (
	PerIdentity Per = "identity"
	PerPolicy   Per = "policy"
	PerPackage  Per = "package"
)

// An OpenLimit gives each user keys Max times per Period, which slides: what is
// older than Period counts no longer. Period 0 is for ever; with Max 1, keys are
// for one time.
type OpenLimit struct {
	Package sui.Address // first version
	Policy  sui.Address // only identities that begin with it; zero: all of Package
	Per     Per
	Max     int
	Period  time.Duration
}

const (
	maxOpens = 10_000
	// maxCounted is how many counts are kept for all limits of a service
	// together: about 45 MB for limits for ever, 110 MB for others. Beyond,
	// what has a limit is refused.
	maxCounted = 1_000_000
)

func (l *OpenLimit) check() error {
	switch {
	case l.Package.IsZero():
		return errors.New("give the package that it is for")
	case l.Per != PerIdentity && l.Per != PerPolicy && l.Per != PerPackage:
		return fmt.Errorf("per is %q, want %s, %s or %s", l.Per, PerIdentity, PerPolicy, PerPackage)
	case l.Per == PerPackage && !l.Policy.IsZero():
		return errors.New("a limit per package is for all policies: name none")
	case l.Max < 1 || l.Max > maxOpens:
		return fmt.Errorf("max is %d, want 1 to %d", l.Max, maxOpens)
	case l.Period != 0 && (l.Period < time.Second || l.Period > 10*366*24*time.Hour):
		return errors.New("the period has to be from 1s to ten years, or absent for ever")
	}
	return nil
}

// ErrFull says that a key server has no memory left to count releases.
var ErrFull = errors.New("no room is left to count releases")

// Exhausted says that a user was given keys as often as a limit allows.
type Exhausted struct {
	Limit OpenLimit
	Again time.Time // when the oldest open stops to count; zero: never
}

func (e *Exhausted) Error() string {
	what := map[Per]string{PerIdentity: "this key", PerPolicy: "keys of this policy", PerPackage: "keys of this package"}[e.Limit.Per]
	times := fmt.Sprintf("%d times", e.Limit.Max)
	if e.Limit.Max == 1 {
		times = "once"
	}
	if e.Limit.Period == 0 {
		return fmt.Sprintf("a user is given %s %s, and you were", what, times)
	}
	return fmt.Sprintf("a user is given %s %s in any %s, and you were", what, times, Span(e.Limit.Period))
}

// Opens counts releases by user. It implements journal.Ledger and is safe for
// concurrent use.
type Opens struct {
	limits []OpenLimit

	mu     sync.Mutex
	ever   map[openKey]int32
	recent map[openKey][]int64 // Unix milliseconds of the newest opens, at most Max, ascending
	swept  int64
	atMost int
}

// openKey is a truncated hash of the limit, the user and what is opened. Who
// finds two with the same counts them together.
type openKey [16]byte

// NewOpens returns a count of nothing. The limits were checked.
func NewOpens(limits []OpenLimit) *Opens {
	return &Opens{limits: limits, ever: map[openKey]int32{}, recent: map[openKey][]int64{}, atMost: maxCounted}
}

// Check returns an [*Exhausted] or ErrFull if a release could not be stored at
// this time. It counts nothing.
func (o *Opens) Check(c *receipt.Claims, user sui.Address, now time.Time) error {
	counts := o.counts(c, user)
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.room(counts, now.UnixMilli())
}

// Charge counts a release that is about to be stored, or returns an
// [*Exhausted] or ErrFull.
func (o *Opens) Charge(c *receipt.Claims, user sui.Address, now time.Time) error {
	counts := o.counts(c, user)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.room(counts, now.UnixMilli()); err != nil {
		return err
	}
	o.add(counts, now.UnixMilli())
	return nil
}

// Count counts a stored release, whatever the limits say: they may have been
// others when it was stored.
func (o *Opens) Count(c *receipt.Claims, user sui.Address) {
	counts := o.counts(c, user)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.add(counts, c.TimeMS)
}

// Undo takes back a Charge of the same time.
func (o *Opens) Undo(c *receipt.Claims, user sui.Address, now time.Time) {
	counts := o.counts(c, user)
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range counts {
		if c.limit.Period == 0 {
			if o.ever[c.key]--; o.ever[c.key] <= 0 {
				delete(o.ever, c.key)
			}
			continue
		}
		times := o.recent[c.key]
		for i := len(times) - 1; i >= 0; i-- {
			if times[i] == now.UnixMilli() {
				times = append(times[:i], times[i+1:]...)
				break
			}
		}
		if o.recent[c.key] = times; len(times) == 0 {
			delete(o.recent, c.key)
		}
	}
}

type count struct {
	limit *OpenLimit
	key   openKey
}

// counts lists what a release counts for, each once.
func (o *Opens) counts(c *receipt.Claims, user sui.Address) (out []count) {
	if c.Decision != receipt.Release {
		return nil
	}
	for i := range o.limits {
		l := &o.limits[i]
		if l.Package != c.Package.ID {
			continue
		}
		seen := map[openKey]bool{}
		for _, call := range c.Calls {
			id, err := hex.DecodeString(call.ID)
			if err != nil { // we wrote it
				continue
			}
			what, ok := l.what(id)
			if !ok {
				continue
			}
			k := l.key(user, what)
			if !seen[k] {
				seen[k] = true
				out = append(out, count{l, k})
			}
		}
	}
	return out
}

// what returns the part of an identity that the limit counts by, if the
// identity is one of those that it is for.
func (l *OpenLimit) what(id []byte) ([]byte, bool) {
	policy := id[:min(len(id), len(l.Policy))]
	if !l.Policy.IsZero() && string(policy) != string(l.Policy[:]) {
		return nil, false
	}
	switch l.Per {
	case PerPackage:
		return nil, true
	case PerPolicy:
		return policy, true
	}
	return id, true
}

// key names a count. The period is not part of it, nor the maximum.
func (l *OpenLimit) key(user sui.Address, what []byte) (out openKey) {
	h := sha256.New()
	h.Write(l.Package[:])
	h.Write(l.Policy[:])
	h.Write([]byte(l.Per))
	fmt.Fprintf(h, "|%d|", l.Period)
	h.Write(user[:])
	h.Write(what)
	sum := h.Sum(nil)
	copy(out[:], sum)
	return out
}

// room tells whether all counts may grow. mu is held.
func (o *Opens) room(counts []count, now int64) error {
	fresh := 0
	for _, c := range counts {
		if c.limit.Period == 0 {
			n, known := o.ever[c.key]
			if int(n) >= c.limit.Max {
				return &Exhausted{Limit: *c.limit}
			}
			if !known {
				fresh++
			}
			continue
		}
		times, known := o.recent[c.key]
		if !known {
			fresh++
		}
		if again, ok := c.limit.again(times, now); !ok {
			return &Exhausted{Limit: *c.limit, Again: time.UnixMilli(again).UTC()}
		}
	}
	if fresh > 0 && len(o.ever)+len(o.recent)+fresh > o.atMost {
		o.sweep(now)
		if len(o.ever)+len(o.recent)+fresh > o.atMost {
			return ErrFull
		}
	}
	return nil
}

// again tells whether there may be one more open, or else when: times are the
// newest ones, ascending. What a clock that was ahead has counted counts.
func (l *OpenLimit) again(times []int64, now int64) (at int64, ok bool) {
	if len(times) < l.Max {
		return 0, true
	}
	at = times[len(times)-l.Max] + l.Period.Milliseconds()
	return at, at <= now
}

// add counts. mu is held. Times are dropped because there are enough newer ones,
// not because they are old: a clock that jumps ahead and back must not make an
// open be forgotten.
func (o *Opens) add(counts []count, now int64) {
	for _, c := range counts {
		if c.limit.Period == 0 {
			o.ever[c.key]++
			continue
		}
		times := o.recent[c.key]
		i, _ := slices.BinarySearch(times, now)
		times = slices.Insert(times, i, now)
		o.recent[c.key] = times[max(0, len(times)-c.limit.Max):]
	}
}

// sweep drops the counts of which nothing counts any more, at most once per
// second. mu is held.
func (o *Opens) sweep(now int64) {
	if now >= o.swept && now-o.swept < 1000 {
		return
	}
	o.swept = now
	longest := int64(0)
	for i := range o.limits {
		longest = max(longest, o.limits[i].Period.Milliseconds())
	}
	for k, times := range o.recent {
		if times[len(times)-1] <= now-longest {
			delete(o.recent, k)
		}
	}
}
