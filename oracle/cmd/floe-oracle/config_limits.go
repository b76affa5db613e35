package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/sdk/sui"
)

// limitsConfig is about how much requesters may ask.
type limitsConfig struct {
	PerUser           keyRate        `yaml:"per_user" doc:"keys that one address may ask for"`
	PerPackage        keyRate        `yaml:"per_package" doc:"keys of one policy package, by everybody together"`
	PerKey            keyRate        `yaml:"per_key" doc:"one key, by everybody together"`
	PerAddress        requestRate    `yaml:"per_address" doc:"requests from one network address, before they are read"`
	ConcurrentPerUser int            `yaml:"concurrent_per_user" doc:"requests of one address on chain that are worked on at a time (a quarter of max_concurrent)"`
	AddressHeader     string         `yaml:"client_address_header" doc:"header in which trusted_proxies name their client, such as X-Forwarded-For"`
	TrustedProxies    []netip.Prefix `yaml:"trusted_proxies" doc:"networks of the proxies in front, such as 10.0.0.0/8"`
	Opens             []openLimit    `yaml:"opens" doc:"how often a user is given a key at all, counted from the receipts"`
	Versions          []versionLimit `yaml:"versions" doc:"packages of which old versions are not served, though the chain still runs them"`
}

// keyRate and requestRate are limits.Rates; they differ in what they count.
type keyRate struct {
	Keys  int           `yaml:"keys" doc:"how many"`
	Per   time.Duration `yaml:"per" doc:"in this time (1m)"`
	Burst int           `yaml:"burst" doc:"and how many at once (as many)"`
}

type requestRate struct {
	Requests int           `yaml:"requests" doc:"how many"`
	Per      time.Duration `yaml:"per" doc:"in this time (1m)"`
	Burst    int           `yaml:"burst" doc:"and how many at once (as many)"`
}

type openLimit struct {
	Package sui.Address   `yaml:"package" doc:"first version of the policy package"`
	Policy  sui.Address   `yaml:"policy" doc:"only identities that begin with this id (all of the package)"`
	Per     limits.Per    `yaml:"per" doc:"what counts as one: identity, policy (32 first bytes of the identity) or package (identity)"`
	Max     int           `yaml:"max" doc:"how often; 1 and no period: keys for one time"`
	Period  time.Duration `yaml:"period" doc:"in any time of this length (for ever)"`
}

type versionLimit struct {
	Package sui.Address `yaml:"package" doc:"first version of the policy package"`
	Oldest  uint64      `yaml:"oldest" doc:"the oldest version that may be called; the first is 1, and each upgrade is the next number"`
}

func (r keyRate) rate() limits.Rate { return rate(r.Keys, r.Per, r.Burst) }

func (r requestRate) rate() limits.Rate { return rate(r.Requests, r.Per, r.Burst) }

func rate(n int, per time.Duration, burst int) limits.Rate {
	if n == 0 && per == 0 && burst == 0 {
		return limits.Rate{}
	}
	if per == 0 {
		per = time.Minute
	}
	if burst == 0 {
		burst = n
	}
	return limits.Rate{N: n, Per: per, Burst: burst}
}

func (c *limitsConfig) check() error {
	l, p := c.limits(), c.proxy()
	if err := errors.Join(l.Check(), p.Check()); err != nil {
		return fmt.Errorf("limits: %w", err)
	}
	return nil
}

// limits is what the limiter takes.
func (c *limitsConfig) limits() limits.Config {
	out := limits.Config{PerUser: c.PerUser.rate(), PerPackage: c.PerPackage.rate(), PerKey: c.PerKey.rate(), PerAddress: c.PerAddress.rate(),
		ConcurrentPerUser: c.ConcurrentPerUser}
	for _, o := range c.Opens {
		if o.Per == "" {
			o.Per = limits.PerIdentity
		}
		out.Opens = append(out.Opens, limits.OpenLimit(o))
	}
	for _, v := range c.Versions {
		out.Versions = append(out.Versions, limits.VersionLimit(v))
	}
	return out
}

// limiter is what the limiter takes, with the defaults that depend on the rest: one
// user alone does not take all the places that there are.
func (c *config) limiter() limits.Config {
	out := c.Limits.limits()
	if out.ConcurrentPerUser == 0 {
		out.ConcurrentPerUser = max(1, cmp.Or(c.MaxConcurrent, keyserver.DefaultMaxConcurrent)/4)
	}
	return out
}

func (c *limitsConfig) proxy() limits.Proxy {
	return limits.Proxy{Header: c.AddressHeader, Trusted: c.TrustedProxies}
}
