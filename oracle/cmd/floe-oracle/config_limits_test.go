package main

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/accounts"
	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/sdk/sui"
)

const devnet = ours + "network: !Devnet\n  seal_package: '0x7'\nnode_url: http://127.0.0.1:1\nkey_server_object_id: 0x5\n"

func TestLimitsConfig(t *testing.T) {
	c := mustRead(t, devnet+`
limits:
  per_user: {keys: 600, burst: 100}
  per_package: {keys: 5000, per: 10s, burst: 2000}
  per_key: {keys: 60}
  per_address: {requests: 100, per: 1m, burst: 50}
  concurrent_per_user: 8
  client_address_header: X-Forwarded-For
  trusted_proxies: [10.0.0.0/8, fd00::/8]
  opens:
    - {package: 0xa, max: 1}
    - {package: 0xb, policy: 0xc, per: policy, max: 3, period: 24h}
  versions: [{package: 0xd, oldest: 3}]
`)
	want := limits.Config{
		PerUser:           limits.Rate{N: 600, Per: time.Minute, Burst: 100},
		PerPackage:        limits.Rate{N: 5000, Per: 10 * time.Second, Burst: 2000},
		PerKey:            limits.Rate{N: 60, Per: time.Minute, Burst: 60},
		PerAddress:        limits.Rate{N: 100, Per: time.Minute, Burst: 50},
		ConcurrentPerUser: 8,
		Opens: []limits.OpenLimit{{Package: id(10), Per: limits.PerIdentity, Max: 1},
			{Package: id(11), Policy: id(12), Per: limits.PerPolicy, Max: 3, Period: 24 * time.Hour}},
		Versions: []limits.VersionLimit{{Package: id(13), Oldest: 3}},
	}
	if got := c.Limits.limits(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	proxy := limits.Proxy{Header: "X-Forwarded-For", Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}
	if got := c.Limits.proxy(); !reflect.DeepEqual(got, proxy) {
		t.Errorf("%+v", got)
	}
	if got := mustRead(t, devnet).Limits.limits(); !reflect.DeepEqual(got, limits.Config{}) {
		t.Errorf("without the section: %+v", got)
	}
	for text, want := range map[string]int{"": 16, "max_concurrent: 200": 50, "max_concurrent: 3": 1, "limits: {concurrent_per_user: 60}": 60} {
		if got := mustRead(t, devnet+text+"\n").limiter().ConcurrentPerUser; got != want {
			t.Errorf("%q lets a user have %d places, want %d", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"limits: {per_user: {requests: 5}}":                                 "field requests not found",
		"limits: {per_user: {keys: -5}}":                                    "number and burst",
		"limits: {per_user: {burst: 5}}":                                    "number and burst",
		"limits: {per_user: {keys: 5, per: 1ms}}":                           "from 1s to 24h",
		"limits: {opens: [{package: 0xa}]}":                                 "max is 0",
		"limits: {opens: [{package: 0xa, max: 1, per: week}]}":              `per is "week"`,
		"limits: {opens: [{package: 0xa, max: 1}, {package: 0xa, max: 2}]}": "one before it",
		"limits: {versions: [{package: 0xa, oldest: 1}]}":                   "from 2 on",
		"limits: {trusted_proxies: [10.0.0.0/8]}":                           "belong together",
		"limits: {client_address_header: X, trusted_proxies: [0.0.0.0/0]}":  "must not be everybody",
		"limits: {client_address_header: X, trusted_proxies: [ten]}":        "trusted_proxies",
	} {
		if _, err := readText(t, devnet+text+"\n"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestAccountsConfig(t *testing.T) {
	c := mustRead(t, devnet+`
service_accounts:
  audience: https://keys.example
  leeway: 20s
  issuers:
    - issuer: https://idp.example
      jwks: https://idp.example/jwks.json
      algorithms: [EdDSA, RS256]
      max_life: 30m
      bearer: true
      revoked: [a, b]
      accounts:
        - {subject: robot, address: 0xb, packages: [0xa], policies: [0xc], quota: {keys: 10}, issued_after: 2026-12-31T00:00:00Z}
        - {subject: old, address: 0xb, packages: [0xa], disabled: true}
    - {issuer: local, jwks: jwks.json, algorithms: [ES256]}
`)
	got := c.Accounts.accounts()
	dir := strings.TrimSuffix(c.path, "oracle.yaml")
	want := accounts.Config{Audience: "https://keys.example", Leeway: 20 * time.Second, Issuers: []accounts.Issuer{
		{Name: "https://idp.example", JWKS: "https://idp.example/jwks.json", Algorithms: []string{"EdDSA", "RS256"}, MaxLife: 30 * time.Minute, Bearer: true,
			Revoked: []string{"a", "b"}, Accounts: []accounts.Account{
				{Subject: "robot", Address: id(11), Packages: []sui.Address{id(10)}, Policies: []sui.Address{id(12)}, Quota: limits.Rate{N: 10, Per: time.Minute, Burst: 10},
					IssuedAfter: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)},
				{Subject: "old", Address: id(11), Packages: []sui.Address{id(10)}, Disabled: true}}},
		{Name: "local", JWKS: dir + "jwks.json", Algorithms: []string{"ES256"}},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if got := mustRead(t, devnet).Accounts.accounts(); !reflect.DeepEqual(got, accounts.Config{}) {
		t.Errorf("without the section: %+v", got)
	}
	for text, want := range map[string]string{
		"{audience: a}": "name the issuers",
		"{leeway: 5s}":  "audience has to name",
		"{audience: a, issuers: [{issuer: i, jwks: 'http://x/y', algorithms: [EdDSA]}]}":                              "https URL or a file",
		"{audience: a, issuers: [{issuer: i, jwks: f, algorithms: [HS256]}]}":                                         `algorithm "HS256"`,
		"{audience: a, issuers: [{issuer: i, jwks: f, algorithms: [EdDSA], accounts: [{subject: s, address: 0x1}]}]}": "name the packages",
		"{audience: a, issuers: [{issuer: i, jwks: f, algorithms: [EdDSA], secret: s}]}":                              "field secret not found",
	} {
		if _, err := readText(t, devnet+"service_accounts: "+text+"\n"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
