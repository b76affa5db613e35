// Package limits bounds how much requesters may ask of a key server.
//
// A [Limiter] holds quotas per user, package, key and network address, and how
// many requests a user may have under way: [Limiter.Knock] comes before
// anything else is looked at, [Limiter.Admit] once it is known who asks. Both
// forget what no longer matters and keep at most a fixed number of buckets.
//
// [Limiter.OldestVersion] says which versions of a package are served.
//
// [Opens] counts how often a user was given a key, for as long as a limit says.
// The journal asks it about every release (journal.Ledger).
package limits

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

// Config says what is allowed. The zero value allows everything.
type Config struct {
	// PerUser, PerPackage and PerKey count keys that are asked for, by who
	// asks, by the first version of the policy package, and by identity; the
	// last two for known session keys and for others apart, see [Ask].
	PerUser, PerPackage, PerKey Rate
	// PerAddress counts requests of one network address, good or bad, before
	// they are read. IPv6 addresses of one /64 count together.
	PerAddress Rate
	// ConcurrentPerUser is how many requests of one user are worked on at a
	// time. 0 means any number.
	ConcurrentPerUser int
	// Opens limits how often keys are given out at all.
	Opens []OpenLimit
	// Versions are the packages of which old versions are not served.
	Versions []VersionLimit
}

// A Rate lets Burst through at once and N per Per in the long run. N of zero is
// no limit.
type Rate struct {
	N     int
	Per   time.Duration
	Burst int
}

const (
	// MaxBurst bounds N and Burst of a Rate.
	MaxBurst = 1_000_000
	// maxRefill bounds how long a bucket takes to be full again: times are counted
	// in nanoseconds.
	maxRefill = 100 * 365 * 24 * time.Hour
)

// Check tells what is wrong with a configuration.
func (c *Config) Check() error {
	var errs []error
	for name, r := range map[string]Rate{"per user": c.PerUser, "per package": c.PerPackage, "per key": c.PerKey, "per address": c.PerAddress} {
		if err := r.Check(); err != nil {
			errs = append(errs, fmt.Errorf("limit %s: %w", name, err))
		}
	}
	if c.ConcurrentPerUser < 0 {
		errs = append(errs, errors.New("limit of concurrent requests per user: must not be negative"))
	}
	seen := map[OpenLimit]bool{}
	for i, o := range c.Opens {
		if err := o.check(); err != nil {
			errs = append(errs, fmt.Errorf("limit %d of opens: %w", i+1, err))
		}
		if o.Max = 0; seen[o] {
			errs = append(errs, fmt.Errorf("limit %d of opens: there is one before it for the same keys and time", i+1))
		}
		seen[o] = true
	}
	return errors.Join(append(errs, checkVersions(c.Versions))...)
}

// Check tells what is wrong with a rate.
func (r Rate) Check() error {
	switch {
	case r == Rate{}:
		return nil
	case r.N < 1 || r.N > MaxBurst || r.Burst < 1 || r.Burst > MaxBurst:
		return fmt.Errorf("number and burst have to be from 1 to %d", MaxBurst)
	case r.Per < time.Second || r.Per > 24*time.Hour:
		return errors.New("the time has to be from 1s to 24h")
	case int64(r.Burst) > int64(maxRefill)/r.token():
		return errors.New("the burst would take more than a hundred years to come again: make it smaller, or the number larger")
	}
	return nil
}

// A Limiter keeps to a Config. It is safe for concurrent use; a nil Limiter
// allows everything.
type Limiter struct {
	now func() time.Time
	cfg atomic.Pointer[Config]

	users, packages, keys, addresses, accounts *buckets
	busy                                       *counters
}

// New returns a Limiter. now tells the time.
func New(cfg Config, now func() time.Time) (*Limiter, error) {
	l := &Limiter{now: now, users: newBuckets(), packages: newBuckets(), keys: newBuckets(), addresses: newBuckets(), accounts: newBuckets(), busy: newCounters()}
	if err := l.Update(cfg); err != nil {
		return nil, err
	}
	return l, nil
}

// Config returns the configuration that is in force.
func (l *Limiter) Config() Config { return *l.cfg.Load() }

// Update replaces the configuration, Opens excepted: those belong to the
// journals. What is used up stays used up.
func (l *Limiter) Update(cfg Config) error {
	if err := cfg.Check(); err != nil {
		return fmt.Errorf("set limits: %w", err)
	}
	l.cfg.Store(&cfg)
	return nil
}

// Knock counts a request of a network address. It costs less than reading the
// request.
func (l *Limiter) Knock(from netip.Addr) *Denial {
	if l == nil {
		return nil
	}
	r := l.cfg.Load().PerAddress
	if r.N == 0 || !from.IsValid() {
		return nil
	}
	bits := 32
	if from = from.Unmap(); from.Is6() {
		bits = 64
	}
	net, err := from.WithZone("").Prefix(bits)
	if err != nil {
		return nil
	}
	a := net.Addr().As16()
	wait, ok := l.addresses.take(sui.Address(append(a[:], make([]byte, 16)...)), 1, r, l.now())
	if ok {
		return nil
	}
	return denied("quota_address", "your network address", "requests", r, 1, wait)
}

// An Ask is an authenticated request.
type Ask struct {
	User    sui.Address
	Package sui.Address // first version
	IDs     [][]byte    // inner identities
	// Known is set if the session key was given a key before. What all who ask may
	// ask for is counted apart for those, and only if they are given it: who is let
	// in by no policy, or by another one, must not be able to use it up.
	Known bool
	// Account is the name of the service account that asks, "" for wallets;
	// AccountRate is its own quota, which takes the place of that per user.
	Account     string
	AccountRate Rate
}

// Admit counts a request and lets it in, or says why not. done has to be called
// when a request that was let in is finished, with whether keys were given.
func (l *Limiter) Admit(a Ask) (done func(given bool), d *Denial) {
	if l == nil {
		return func(bool) {}, nil
	}
	cfg := l.cfg.Load()
	leave, ok := l.busy.enter(a.User, cfg.ConcurrentPerUser)
	if !ok {
		return nil, &Denial{Code: "busy_user", After: time.Second,
			Rule: fmt.Sprintf("%d requests of yours are being worked on, as many as are allowed", cfg.ConcurrentPerUser), Remedy: "wait for their answers"}
	}
	shared, d := l.charge(cfg, a)
	if d != nil {
		leave()
		return nil, d
	}
	return func(given bool) {
		leave()
		if a.Known && !given {
			giveBack(shared)
		}
	}, nil
}

// charged is what was taken from a bucket.
type charged struct {
	b    *buckets
	key  sui.Address
	n    int
	rate Rate
}

func giveBack(taken []charged) {
	for _, t := range taken {
		t.b.giveBack(t.key, t.n, t.rate)
	}
}

// charge takes from all buckets of a request, or from none. It returns what it took
// from those of all who ask.
func (l *Limiter) charge(cfg *Config, a Ask) ([]charged, *Denial) {
	now, n := l.now(), len(a.IDs)
	var taken []charged
	take := func(b *buckets, key sui.Address, n int, r Rate, code, whose string) *Denial {
		if r.N == 0 {
			return nil
		}
		wait, ok := b.take(key, n, r, now)
		if ok {
			taken = append(taken, charged{b, key, n, r})
			return nil
		}
		giveBack(taken)
		return denied(code, whose, "keys", r, n, wait)
	}
	var d *Denial
	if a.Account != "" && a.AccountRate.N > 0 {
		d = take(l.accounts, hashKey([]byte(a.Account)), n, a.AccountRate, "quota_account", "your service account")
	} else {
		d = take(l.users, a.User, n, cfg.PerUser, "quota_user", "you")
	}
	own := len(taken)
	if d == nil {
		d = take(l.packages, a.shared(), n, cfg.PerPackage, "quota_package", "all who use this policy package")
	}
	for i := 0; d == nil && i < n && cfg.PerKey.N > 0; i++ {
		d = take(l.keys, a.shared(a.IDs[i]), 1, cfg.PerKey, "quota_key", "all who ask for this key")
	}
	if d != nil {
		return nil, d
	}
	return taken[own:], nil
}

// shared is the bucket of all who ask for something of the package, and are known or
// are not.
func (a *Ask) shared(what ...[]byte) sui.Address {
	known := []byte{0}
	if a.Known {
		known[0] = 1
	}
	return hashKey(append([][]byte{known, a.Package[:]}, what...)...)
}

// A Denial says which limit stopped a request and when it would be let in.
type Denial struct {
	Code   string
	Rule   string        // for people
	Remedy string        // for people
	After  time.Duration // until it would be let in; 0: never
}

func (d *Denial) Error() string { return d.Rule + "; " + d.Remedy }

func denied(code, whose, what string, r Rate, n int, wait time.Duration) *Denial {
	if r.N == 1 {
		what = strings.TrimSuffix(what, "s")
	}
	d := &Denial{Code: code, After: wait, Rule: fmt.Sprintf("%s may ask for %d %s per %s, %d at once", whose, r.N, what, Span(r.Per), r.Burst)}
	if n > r.Burst {
		d.After, d.Remedy = 0, fmt.Sprintf("ask for at most %d at once instead of %d", r.Burst, n)
		return d
	}
	d.After = max(d.After, time.Second)
	d.Remedy = "try again in " + Span(d.After)
	return d
}

// Span prints a duration for people, in whole seconds, rounded up.
func Span(d time.Duration) string {
	s := int64((d + time.Second - 1) / time.Second)
	out := ""
	for _, unit := range []struct {
		seconds int64
		name    string
	}{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}} {
		if n := s / unit.seconds; n > 0 {
			if out != "" {
				out += " "
			}
			out += fmt.Sprintf("%d %s", n, unit.name)
			s %= unit.seconds
		}
	}
	if out == "" {
		return "0 s"
	}
	return out
}
