package main

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/floe-data/floe/oracle/accounts"
	"github.com/floe-data/floe/sdk/sui"
)

// accountsConfig is about machines that ask with a token in place of a wallet.
type accountsConfig struct {
	Audience string         `yaml:"audience" doc:"what tokens have to name in aud: this key server, or a group of key servers"`
	Leeway   time.Duration  `yaml:"leeway" doc:"by how much clocks may differ, up to 1m (10s)"`
	Issuers  []issuerConfig `yaml:"issuers" doc:"who signs tokens"`
}

type issuerConfig struct {
	Issuer     string          `yaml:"issuer" doc:"the iss of its tokens, exactly"`
	JWKS       string          `yaml:"jwks" doc:"where its keys are: an https URL or a file"`
	Algorithms []string        `yaml:"algorithms" doc:"of EdDSA, ES256, RS256"`
	MaxLife    time.Duration   `yaml:"max_life" doc:"the longest time from iat to exp (1h)"`
	Bearer     bool            `yaml:"bearer" doc:"take tokens too that name no session key: whoever sees one can use it (false)"`
	Revoked    []string        `yaml:"revoked" doc:"ids (jti) of tokens that are taken no longer"`
	Accounts   []accountConfig `yaml:"accounts" doc:"its subjects"`
}

type accountConfig struct {
	Subject     string        `yaml:"subject" doc:"the sub of its tokens, exactly"`
	Address     sui.Address   `yaml:"address" doc:"who it is on chain: the policy decides about this address"`
	Packages    []sui.Address `yaml:"packages" doc:"policy packages that it may ask about, by their first versions"`
	Policies    []sui.Address `yaml:"policies" doc:"only identities that begin with one of these ids (all)"`
	Quota       keyRate       `yaml:"quota" doc:"in place of limits.per_user: keys, per, burst"`
	IssuedAfter time.Time     `yaml:"issued_after" doc:"tokens that were issued before are revoked, such as 2026-12-31T00:00:00Z"`
	Disabled    bool          `yaml:"disabled" doc:"all its tokens are revoked (false)"`
}

func (c *accountsConfig) check() error {
	cfg := c.accounts()
	if err := cfg.Check(); err != nil {
		return fmt.Errorf("service_accounts: %w", err)
	}
	return nil
}

// under makes the files' paths relative to a folder.
func (c *accountsConfig) under(dir string) {
	for i := range c.Issuers {
		if p := &c.Issuers[i].JWKS; *p != "" && !strings.Contains(*p, "://") && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

// accounts is what the verifier takes.
func (c *accountsConfig) accounts() accounts.Config {
	out := accounts.Config{Audience: c.Audience, Leeway: c.Leeway}
	for _, i := range c.Issuers {
		issuer := accounts.Issuer{Name: i.Issuer, JWKS: i.JWKS, Algorithms: i.Algorithms, MaxLife: i.MaxLife, Bearer: i.Bearer, Revoked: i.Revoked}
		for _, a := range i.Accounts {
			issuer.Accounts = append(issuer.Accounts, accounts.Account{Subject: a.Subject, Address: a.Address, Packages: a.Packages, Policies: a.Policies,
				Quota: a.Quota.rate(), IssuedAfter: a.IssuedAfter, Disabled: a.Disabled})
		}
		out.Issuers = append(out.Issuers, issuer)
	}
	return out
}

// verifier makes the verifier of tokens.
func (c *accountsConfig) verifier(log *slog.Logger) (*accounts.Verifier, error) {
	v, err := accounts.New(c.accounts(), accounts.Deps{Now: now, Log: log})
	if err != nil {
		return nil, err
	}
	v.Prepare()
	return v, nil
}
