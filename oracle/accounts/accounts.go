// Package accounts lets machines ask for keys that can't hold a wallet: their
// identity provider signs a token (JWT), and the operator of the key server maps
// issuer and subject of it to an address on chain. Policies decide about that
// address as about any other.
//
// [New] takes a [Config]; [Verifier.Verify] turns a token into an [Account].
// Signatures are EdDSA, ES256 or RS256, nothing else, by keys that the operator
// names (package file jwks.go). What the token's header says about keys, other
// than which of these it is, is never looked at.
//
// A token that names the session key can be used by who has that key only. One
// that does not is a bearer token: whoever sees it, the other key servers that
// it is sent to among them, can use it. Bearer tokens have to be allowed.
package accounts

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/sdk/sui"
)

// Config says whose tokens are taken for what. The zero value takes none.
type Config struct {
	// Audience is what tokens have to name in "aud": this key server, or a
	// group of key servers that each get the same token. "#" and the
	// thumbprint of a session key may follow, see Issuer.Bearer.
	Audience string
	// Leeway is by how much clocks may differ, up to a minute. 0 means 10
	// seconds.
	Leeway  time.Duration
	Issuers []Issuer
}

// An Issuer signs tokens.
type Issuer struct {
	// Name is the "iss" of its tokens, exactly.
	Name string
	// JWKS is where its keys are: an https URL or a file.
	JWKS string
	// Algorithms are those that are taken, of EdDSA, ES256 and RS256.
	Algorithms []string
	// MaxLife bounds the time from "iat" to "exp". 0 means an hour.
	MaxLife time.Duration
	// Bearer takes tokens that are bound to no session key too. Otherwise a
	// token has to name the session key: in "cnf", as "jkt" (RFC 9449) or
	// "jwk" (RFC 7800), or in its audience, as AUDIENCE#THUMBPRINT, for
	// issuers that let a machine choose the audience and nothing else.
	Bearer bool
	// Revoked are ids ("jti") of tokens that are taken no longer.
	Revoked  []string
	Accounts []Account
}

// An Account is a subject of an issuer, and what it may do here.
type Account struct {
	// Subject is the "sub" of its tokens, exactly.
	Subject string
	// Address is who it is on chain.
	Address sui.Address
	// Packages are the policy packages that it may ask for keys of, by their
	// first versions.
	Packages []sui.Address
	// Policies narrow that to identities that begin with the id of one of
	// them. Empty: all identities.
	Policies []sui.Address
	// Quota takes the place of that per user. Zero: the quota per user.
	Quota limits.Rate
	// IssuedAfter revokes all tokens that were issued before.
	IssuedAfter time.Time
	// Disabled revokes all tokens.
	Disabled bool

	issuer string
}

// Name tells accounts apart. It is not for logs: subjects may be personal.
func (a *Account) Name() string { return a.issuer + "\n" + a.Subject }

// Issuer returns who signs the account's tokens.
func (a *Account) Issuer() string { return a.issuer }

// Allows returns a [*Refusal] if the account may not ask for one of these
// identities, whatever the policy says.
func (a *Account) Allows(pkg sui.Address, ids [][]byte) error {
	if !slices.Contains(a.Packages, pkg) {
		return &Refusal{Code: "account_scope", Rule: fmt.Sprintf("the service account may not ask for keys of package %s", pkg), Remedy: askOperator}
	}
	for _, id := range ids {
		if len(a.Policies) > 0 && (len(id) < 32 || !slices.Contains(a.Policies, sui.Address(id[:32]))) {
			return &Refusal{Code: "account_scope", Rule: "the service account may not ask for keys of this policy", Remedy: askOperator}
		}
	}
	return nil
}

// A Refusal says why a token is not taken.
type Refusal struct {
	Code, Rule, Remedy string
	Cause              error // for the operator; never holds the token
	// Temporary is set when the fault is not the token's.
	Temporary bool
}

func (r *Refusal) Error() string { return r.Rule + "; " + r.Remedy }

const (
	askOperator = "ask the operator of the key server"
	newToken    = "get a new token"
)

// Deps is what a Verifier works with.
type Deps struct {
	Now  func() time.Time
	HTTP *http.Client // for key sets; nil: the default. Redirects are not followed
	Log  *slog.Logger // nil discards
}

// A Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	deps  Deps
	state atomic.Pointer[state]
}

// state is a configuration, ready for use.
type state struct {
	Config
	issuers map[string]*issuer
}

type issuer struct {
	Issuer
	keys     *keySource
	accounts map[string]*Account
	revoked  map[string]bool
}

// New returns a Verifier. Keys are read when they are first needed, or by
// [Verifier.Prepare].
func New(cfg Config, deps Deps) (*Verifier, error) {
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	v := &Verifier{deps: deps}
	if err := v.Update(cfg); err != nil {
		return nil, err
	}
	return v, nil
}

// Update replaces the configuration. Keys of issuers that stay at their place
// are kept until they are old.
func (v *Verifier) Update(cfg Config) error {
	if err := cfg.Check(); err != nil {
		return fmt.Errorf("set service accounts: %w", err)
	}
	if cfg.Leeway == 0 {
		cfg.Leeway = 10 * time.Second
	}
	old, next := v.state.Load(), &state{Config: cfg, issuers: map[string]*issuer{}}
	for _, c := range cfg.Issuers {
		if c.MaxLife == 0 {
			c.MaxLife = time.Hour
		}
		i := &issuer{Issuer: c, accounts: map[string]*Account{}, revoked: map[string]bool{}}
		for _, a := range c.Accounts {
			a.issuer = c.Name
			i.accounts[a.Subject] = &a
		}
		for _, id := range c.Revoked {
			i.revoked[id] = true
		}
		if old != nil && old.issuers[c.Name] != nil && old.issuers[c.Name].JWKS == c.JWKS && isURL(c.JWKS) {
			i.keys = old.issuers[c.Name].keys
		} else {
			i.keys = newKeySource(c.JWKS, v.deps)
		}
		next.issuers[c.Name] = i
	}
	v.state.Store(next)
	return nil
}

// Prepare begins to read the keys of all issuers, so that nobody has to wait.
func (v *Verifier) Prepare() {
	for _, i := range v.state.Load().issuers {
		i.keys.look("")
	}
}

// Verify returns the account that a token is for, if it may be used with this
// session key now. Errors are [*Refusal]s.
func (v *Verifier) Verify(ctx context.Context, token string, session ed25519.PublicKey) (*Account, error) {
	s := v.state.Load()
	if len(s.issuers) == 0 {
		return nil, &Refusal{Code: "token_unsupported", Rule: "this key server takes no tokens of service accounts", Remedy: "ask with a wallet, or ask another key server"}
	}
	t, err := v.parse(ctx, s, token)
	if err != nil {
		return nil, err
	}
	if err := t.checkTimes(v.deps.Now(), s.Leeway); err != nil {
		return nil, err
	}
	if err := t.checkBinding(s.Audience, session); err != nil {
		return nil, err
	}
	return t.account()
}

// Check tells what is wrong with a configuration.
func (c *Config) Check() error {
	if c.Audience == "" && c.Leeway == 0 && len(c.Issuers) == 0 {
		return nil
	}
	var errs []error
	if c.Audience == "" || strings.Contains(c.Audience, "#") {
		errs = append(errs, errors.New("audience has to name what tokens are for, without #"))
	}
	if c.Leeway < 0 || c.Leeway > time.Minute {
		errs = append(errs, errors.New("leeway has to be from 0 to 1m"))
	}
	if len(c.Issuers) == 0 {
		errs = append(errs, errors.New("name the issuers of tokens"))
	}
	seen := map[string]bool{}
	for _, i := range c.Issuers {
		if seen[i.Name] {
			errs = append(errs, fmt.Errorf("issuer %q stands there twice", i.Name))
		}
		seen[i.Name] = true
		if err := i.check(); err != nil {
			errs = append(errs, fmt.Errorf("issuer %q: %w", i.Name, err))
		}
	}
	return errors.Join(errs...)
}

func (i *Issuer) check() error {
	var errs []error
	if i.Name == "" {
		errs = append(errs, errors.New("its name is missing"))
	}
	if i.JWKS == "" || strings.Contains(i.JWKS, "://") && !isURL(i.JWKS) {
		errs = append(errs, errors.New("jwks has to be an https URL or a file"))
	}
	if len(i.Algorithms) == 0 {
		errs = append(errs, errors.New("name its algorithms"))
	}
	for _, a := range i.Algorithms {
		if !slices.Contains(algorithms, a) {
			errs = append(errs, fmt.Errorf("algorithm %q: want one of %v", a, algorithms))
		}
	}
	if i.MaxLife < 0 || i.MaxLife > 24*time.Hour {
		errs = append(errs, errors.New("the longest life of tokens has to be from 0 to 24h"))
	}
	seen := map[string]bool{}
	for _, a := range i.Accounts {
		if seen[a.Subject] {
			errs = append(errs, fmt.Errorf("subject %q stands there twice", a.Subject))
		}
		seen[a.Subject] = true
		if err := a.check(); err != nil {
			errs = append(errs, fmt.Errorf("subject %q: %w", a.Subject, err))
		}
	}
	return errors.Join(errs...)
}

func (a *Account) check() error {
	switch {
	case a.Subject == "":
		return errors.New("the subject is missing")
	case a.Address.IsZero():
		return errors.New("the address that it is on chain is missing")
	case len(a.Packages) == 0:
		return errors.New("name the packages that it may ask for keys of")
	}
	return a.Quota.Check()
}
