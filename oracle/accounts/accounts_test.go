package accounts

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/floe-data/floe/sdk/canonical"
	"github.com/floe-data/floe/sdk/sui"
)

var (
	start   = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	robot   = sui.Address{0x0b}
	pkg     = sui.Address{0xaa}
	policy  = sui.Address{0xbb}
	session = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32)).Public().(ed25519.PublicKey)
	other   = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, 32)).Public().(ed25519.PublicKey)
)

const (
	idp      = "https://idp.example"
	audience = "https://keys.example"
)

// fixture is an issuer and a verifier that trusts it.
type fixture struct {
	t    testing.TB
	v    *Verifier
	cfg  Config
	now  time.Time
	path string // of the key set
	log  bytes.Buffer
	keys map[string]crypto.Signer // by key id
}

var (
	edKey  = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	ecKey  = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	rsaKey = must(rsa.GenerateKey(rand.Reader, 2048))
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{t: t, now: start, path: filepath.Join(t.TempDir(), "jwks.json"), keys: map[string]crypto.Signer{"ed": edKey, "ec": ecKey, "rsa": rsaKey}}
	f.publish("ed", "ec", "rsa")
	f.cfg = Config{Audience: audience, Issuers: []Issuer{{
		Name: idp, JWKS: f.path, Algorithms: []string{"EdDSA", "ES256", "RS256"}, Revoked: []string{"stolen"},
		Accounts: []Account{{Subject: "robot", Address: robot, Packages: []sui.Address{pkg}, Policies: []sui.Address{policy}},
			{Subject: "gone", Address: robot, Packages: []sui.Address{pkg}, Disabled: true},
			{Subject: "renewed", Address: robot, Packages: []sui.Address{pkg}, IssuedAfter: start}},
	}}}
	var err error
	if f.v, err = New(f.cfg, f.deps()); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) deps() Deps {
	return Deps{Now: func() time.Time { return f.now }, Log: slog.New(slog.NewTextHandler(&f.log, nil))}
}

// publish writes the issuer's key set.
func (f *fixture) publish(names ...string) {
	f.t.Helper()
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	for _, n := range names {
		set.Keys = append(set.Keys, publicJWK(n, f.keys[n].Public()))
	}
	b, _ := json.Marshal(set)
	if err := os.WriteFile(f.path, b, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func publicJWK(kid string, k crypto.PublicKey) map[string]any {
	b64 := base64.RawURLEncoding.EncodeToString
	switch k := k.(type) {
	case ed25519.PublicKey:
		return map[string]any{"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": b64(k)}
	case *ecdsa.PublicKey:
		b := must(k.Bytes())
		return map[string]any{"kty": "EC", "crv": "P-256", "kid": kid, "alg": "ES256", "x": b64(b[1:33]), "y": b64(b[33:])}
	case *rsa.PublicKey:
		return map[string]any{"kty": "RSA", "kid": kid, "use": "sig", "n": b64(k.N.Bytes()), "e": b64(big.NewInt(int64(k.E)).Bytes())}
	}
	panic("unknown key")
}

// claims are those of a good token, bound to the session key.
func (f *fixture) claims() jwt.MapClaims {
	return jwt.MapClaims{"iss": idp, "sub": "robot", "aud": audience, "iat": f.now.Unix(), "exp": f.now.Add(10 * time.Minute).Unix(), "jti": "1",
		"cnf": map[string]any{"jkt": canonical.Thumbprint(session)}}
}

// sign signs claims with a key of the issuer.
func (f *fixture) sign(kid string, c jwt.MapClaims) string {
	method := map[string]jwt.SigningMethod{"ed": jwt.SigningMethodEdDSA, "ec": jwt.SigningMethodES256, "rsa": jwt.SigningMethodRS256}[kid]
	return signWith(f.t, method, f.keys[kid], map[string]any{"kid": kid}, c)
}

func signWith(t testing.TB, method jwt.SigningMethod, key any, header map[string]any, c jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	for k, v := range header {
		token.Header[k] = v
	}
	raw, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// code verifies a token and returns the code of the refusal.
func (f *fixture) code(raw string) string {
	f.t.Helper()
	a, err := f.v.Verify(f.t.Context(), raw, session)
	if err == nil {
		if a.Address != robot || a.Issuer() != idp {
			f.t.Errorf("account %+v", a)
		}
		return ""
	}
	var r *Refusal
	if !errors.As(err, &r) || a != nil {
		f.t.Fatalf("%v, %v", a, err)
	}
	if r.Code == "" || r.Rule == "" || r.Remedy == "" {
		f.t.Errorf("refusal %+v does not help", r)
	}
	if signature := raw[strings.LastIndex(raw, ".")+1:]; len(signature) > 10 && strings.Contains(fmt.Sprintf("%+v %v", r, f.log.String()), signature) {
		f.t.Error("the token shows in an error or a log")
	}
	return r.Code
}

func TestTokens(t *testing.T) {
	f := newFixture(t)
	for _, kid := range []string{"ed", "ec", "rsa"} {
		if got := f.code(f.sign(kid, f.claims())); got != "" {
			t.Errorf("%s: %s", kid, got)
		}
	}
	with := func(name string, v any) jwt.MapClaims {
		c := f.claims()
		if c[name] = v; v == nil {
			delete(c, name)
		}
		return c
	}
	at := func(d time.Duration) int64 { return start.Add(d).Unix() }
	print := canonical.Thumbprint(session)
	for _, c := range []struct {
		name   string
		claims jwt.MapClaims
		want   string
	}{
		{"another audience", with("aud", "https://other.example"), "token_audience"},
		{"no audience", with("aud", nil), "token_audience"},
		{"no text as audience", with("aud", 1), "token_audience"},
		{"one of several audiences", with("aud", []string{"x", audience}), ""},
		{"the beginning of the audience", with("aud", audience[:5]), "token_audience"},
		{"another issuer", with("iss", "https://evil.example"), "token_issuer"},
		{"no issuer", with("iss", nil), "token_issuer"},
		{"the issuer with a slash", with("iss", idp+"/"), "token_issuer"},
		{"a subject without account", with("sub", "Robot"), "token_subject"},
		{"no subject", with("sub", nil), "token_subject"},
		{"a number as subject", with("sub", 1), "token_subject"},
		{"a disabled account", with("sub", "gone"), "token_revoked"},
		{"an account that was renewed later", with("sub", "renewed"), ""},
		{"a revoked token", with("jti", "stolen"), "token_revoked"},
		{"a number as id", with("jti", 7), "token_invalid"},
		{"no id", with("jti", nil), ""},
		{"no end", with("exp", nil), "token_invalid"},
		{"text as end", with("exp", "tomorrow"), "token_invalid"},
		{"end 0", with("exp", 0), "token_invalid"},
		{"ends far beyond numbers", with("exp", 1e300), "token_too_long"},
		{"no time of issue", with("iat", nil), "token_invalid"},
		{"too long", with("exp", at(time.Hour+time.Second)), "token_too_long"},
		{"as long as may be", with("exp", at(time.Hour)), ""},
		{"ends before it begins", with("exp", at(-time.Second)), "token_too_long"},
		{"begins later", with("nbf", at(11*time.Second)), "token_in_future"},
		{"begins within the leeway", with("nbf", at(10*time.Second)), ""},
		{"text as beginning", with("nbf", "now"), "token_invalid"},
		{"claims in other letters", jwt.MapClaims{"ISS": idp, "SUB": "robot", "AUD": audience, "IAT": at(0), "EXP": at(time.Minute)}, "token_issuer"},
		{"the subject once more in other letters", with("SUB", "renewed"), ""},
		{"unbound", with("cnf", nil), "token_unbound"},
		{"bound by the audience", func() jwt.MapClaims { c := with("cnf", nil); c["aud"] = audience + "#" + print; return c }(), ""},
		{"bound to another key by the audience", func() jwt.MapClaims {
			c := with("cnf", nil)
			c["aud"] = audience + "#" + canonical.Thumbprint(other)
			return c
		}(), "token_audience"},
		{"bound by the audience, and to another by cnf", func() jwt.MapClaims {
			c := with("cnf", map[string]any{"jkt": canonical.Thumbprint(other)})
			c["aud"] = audience + "#" + print
			return c
		}(), "token_session"},
		{"cnf of another key", with("cnf", map[string]any{"jkt": canonical.Thumbprint(other)}), "token_session"},
		{"cnf with the key", with("cnf", map[string]any{"jwk": publicJWK("", session)}), ""},
		{"cnf with another key", with("cnf", map[string]any{"jwk": publicJWK("", other)}), "token_session"},
		{"cnf with both", with("cnf", map[string]any{"jwk": publicJWK("", session), "jkt": print}), ""},
		{"cnf with both, that differ", with("cnf", map[string]any{"jwk": publicJWK("", other), "jkt": print}), "token_session"},
		{"cnf of a kind that is not known", with("cnf", map[string]any{"x5t#S256": print}), "token_session"},
		{"cnf with that and the key", with("cnf", map[string]any{"x5t#S256": "x", "jkt": print}), "token_session"},
		{"an empty cnf", with("cnf", map[string]any{}), "token_session"},
		{"cnf null", jwt.MapClaims{"iss": idp, "sub": "robot", "aud": audience, "iat": at(0), "exp": at(time.Minute), "cnf": nil}, "token_session"},
		{"cnf as text", with("cnf", print), "token_session"},
	} {
		if got := f.code(f.sign("ed", c.claims)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestBearerTokens(t *testing.T) {
	f := newFixture(t)
	f.cfg.Issuers[0].Bearer = true
	if err := f.v.Update(f.cfg); err != nil {
		t.Fatal(err)
	}
	c := f.claims()
	if got := f.code(f.sign("ed", c)); got != "" {
		t.Error(got)
	}
	delete(c, "cnf")
	if got := f.code(f.sign("ed", c)); got != "" {
		t.Error(got)
	}
	c["aud"] = []string{audience, "somebody else"}
	if got := f.code(f.sign("ed", c)); got != "token_audience" {
		t.Errorf("a bearer token that others may use too: %q", got)
	}
	c["aud"], c["cnf"] = audience, map[string]any{"jkt": canonical.Thumbprint(other)}
	if got := f.code(f.sign("ed", c)); got != "token_session" {
		t.Errorf("bearer does not turn off cnf: %q", got)
	}
}

func TestTokenTimes(t *testing.T) {
	f := newFixture(t)
	raw := f.sign("ed", f.claims()) // for 10 minutes
	for _, c := range []struct {
		at   time.Duration
		want string
	}{
		{-11 * time.Second, "token_in_future"}, {-10 * time.Second, ""}, {0, ""}, {10*time.Minute + 9*time.Second, ""},
		{10*time.Minute + 10*time.Second, "token_expired"}, {10000 * time.Hour, "token_expired"},
	} {
		f.now = start.Add(c.at)
		if got := f.code(raw); got != c.want {
			t.Errorf("at %v: %q, want %q", c.at, got, c.want)
		}
	}
	f.now = start.Add(10*time.Minute + 40*time.Second)
	_, err := f.v.Verify(t.Context(), raw, session)
	if err == nil || err.Error() != "your token expired 40 s ago; get a new token" {
		t.Error(err)
	}
	f.now = start.Add(time.Second)
	c := f.claims()
	c["iat"], c["sub"] = start.Add(-time.Second).Unix(), "renewed"
	if got := f.code(f.sign("ed", c)); got != "token_revoked" {
		t.Errorf("issued before its account was renewed: %q", got)
	}
}

// Attacks on the signature.
func TestForgedTokens(t *testing.T) {
	f := newFixture(t)
	mallory := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{66}, 32))
	good := f.sign("ed", f.claims())
	parts := strings.Split(good, ".")
	b64 := func(v any) string { b, _ := json.Marshal(v); return base64.RawURLEncoding.EncodeToString(b) }
	evil := f.claims()
	evil["sub"] = "renewed"
	set, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	byMallory := func(header map[string]any) string {
		return signWith(t, jwt.SigningMethodEdDSA, mallory, header, f.claims())
	}
	for name, raw := range map[string]string{
		"nothing":                         "",
		"no JWT":                          "x",
		"two parts":                       parts[0] + "." + parts[1],
		"four parts":                      good + ".x",
		"alg none":                        signWith(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, f.claims()),
		"alg none, signature":             b64(map[string]any{"alg": "none", "kid": "ed"}) + "." + parts[1] + "." + parts[2],
		"alg None":                        b64(map[string]any{"alg": "None"}) + "." + parts[1] + ".",
		"no alg":                          b64(map[string]any{"kid": "ed"}) + "." + parts[1] + "." + parts[2],
		"alg as number":                   b64(map[string]any{"alg": 1}) + "." + parts[1] + "." + parts[2],
		"HS256 with the Ed25519 key":      signWith(t, jwt.SigningMethodHS256, []byte(edKey.Public().(ed25519.PublicKey)), map[string]any{"kid": "ed"}, f.claims()),
		"HS256 with the key set":          signWith(t, jwt.SigningMethodHS256, set, map[string]any{"kid": "rsa"}, f.claims()),
		"HS256 with the RSA modulus":      signWith(t, jwt.SigningMethodHS256, rsaKey.N.Bytes(), map[string]any{"kid": "rsa"}, f.claims()),
		"HS256 with nothing":              signWith(t, jwt.SigningMethodHS256, []byte{}, map[string]any{"kid": "rsa"}, f.claims()),
		"PS256 by the RSA key":            signWith(t, jwt.SigningMethodPS256, rsaKey, map[string]any{"kid": "rsa"}, f.claims()),
		"RS384 by the RSA key":            signWith(t, jwt.SigningMethodRS384, rsaKey, map[string]any{"kid": "rsa"}, f.claims()),
		"the right key, named as another": signWith(t, jwt.SigningMethodES256, ecKey, map[string]any{"kid": "rsa"}, f.claims()),
		"no key named":                    signWith(t, jwt.SigningMethodEdDSA, edKey, nil, f.claims()),
		"a key that is not there":         signWith(t, jwt.SigningMethodEdDSA, edKey, map[string]any{"kid": "ED"}, f.claims()),
		"a number as key":                 signWith(t, jwt.SigningMethodEdDSA, edKey, map[string]any{"kid": 1}, f.claims()),
		"another's key":                   byMallory(map[string]any{"kid": "ed"}),
		"its own key in the header":       byMallory(map[string]any{"kid": "ed", "jwk": publicJWK("ed", mallory.Public())}),
		"its own key set in the header":   byMallory(map[string]any{"kid": "evil", "jku": "https://evil.example/jwks.json"}),
		"its own certificate":             byMallory(map[string]any{"kid": "evil", "x5u": "https://evil.example/cert.pem", "x5c": []string{"MIIB"}}),
		"a path as key":                   byMallory(map[string]any{"kid": "../../../../dev/null"}),
		"a critical extension":            signWith(t, jwt.SigningMethodEdDSA, edKey, map[string]any{"kid": "ed", "crit": []string{"b64"}, "b64": false}, f.claims()),
		"other claims":                    parts[0] + "." + b64(evil) + "." + parts[2],
		"no signature":                    parts[0] + "." + parts[1] + ".",
		"a padded signature":              good + "==",
		"a line break":                    parts[0] + "." + parts[1] + "." + parts[2][:10] + "\n" + parts[2][10:],
		"a changed signature":             parts[0] + "." + parts[1] + "." + parts[2][:10] + "A" + parts[2][11:],
		"claims that are no object":       parts[0] + "." + b64([]int{1}) + "." + parts[2],
		"longer than a token":             good + strings.Repeat("A", maxToken),
		"an ES256 signature of zeros":     b64(map[string]any{"alg": "ES256", "kid": "ec"}) + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)),
		"an ES256 signature in ASN.1":     asn1Token(t, f),
	} {
		if got := f.code(raw); got != "token_invalid" {
			t.Errorf("%s: %q, want token_invalid", name, got)
		}
	}
	if got := f.code(good); got != "" {
		t.Errorf("the good one: %s", got)
	}
}

func asn1Token(t *testing.T, f *fixture) string {
	head := jwt.NewWithClaims(jwt.SigningMethodES256, f.claims())
	head.Header["kid"] = "ec"
	text, err := head.SigningString()
	if err != nil {
		t.Fatal(err)
	}
	h := crypto.SHA256.New()
	h.Write([]byte(text))
	sig, err := ecdsa.SignASN1(rand.Reader, ecKey, h.Sum(nil))
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// Keys are an issuer's own: another's key signs nothing for it, even under the
// same id.
func TestIssuersAreApart(t *testing.T) {
	f := newFixture(t)
	theirs := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32))
	b, _ := json.Marshal(map[string]any{"keys": []any{publicJWK("ed", theirs.Public()), publicJWK("theirs", theirs.Public())}})
	path := filepath.Join(t.TempDir(), "other.json")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	f.cfg.Issuers = append(f.cfg.Issuers, Issuer{Name: "https://other.example", JWKS: path, Algorithms: []string{"EdDSA"},
		Accounts: []Account{{Subject: "robot", Address: sui.Address{9}, Packages: []sui.Address{pkg}}}})
	if err := f.v.Update(f.cfg); err != nil {
		t.Fatal(err)
	}
	for _, kid := range []string{"ed", "theirs"} {
		if got := f.code(signWith(t, jwt.SigningMethodEdDSA, theirs, map[string]any{"kid": kid}, f.claims())); got != "token_invalid" {
			t.Errorf("%s: %q", kid, got)
		}
	}
	c := f.claims()
	c["iss"] = "https://other.example"
	a, err := f.v.Verify(t.Context(), signWith(t, jwt.SigningMethodEdDSA, theirs, map[string]any{"kid": "theirs"}, c), session)
	if err != nil || a.Address != (sui.Address{9}) {
		t.Errorf("%v, %v", a, err)
	}
	if got := f.code(f.sign("ed", c)); got != "token_invalid" {
		t.Errorf("our key for their subject: %q", got)
	}
	if got := f.code(signWith(t, jwt.SigningMethodES256, ecKey, map[string]any{"kid": "ec"}, c)); got != "token_invalid" {
		t.Errorf("an algorithm that they don't use: %q", got)
	}
}

func TestScope(t *testing.T) {
	a := Account{Packages: []sui.Address{pkg}, Policies: []sui.Address{policy}}
	id := append(policy[:], 1)
	for name, c := range map[string]struct {
		pkg  sui.Address
		ids  [][]byte
		want bool
	}{
		"its policy":     {pkg, [][]byte{id}, true},
		"another":        {pkg, [][]byte{id, make([]byte, 40)}, false},
		"a short one":    {pkg, [][]byte{policy[:31]}, false},
		"of another one": {sui.Address{1}, [][]byte{id}, false},
	} {
		if err := a.Allows(c.pkg, c.ids); (err == nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	a.Policies = nil
	if err := a.Allows(pkg, [][]byte{{}}); err != nil {
		t.Error(err)
	}
}

func TestConfig(t *testing.T) {
	change := func(f func(c *Config)) Config {
		c := Config{Audience: "a", Issuers: []Issuer{{Name: "i", JWKS: "file", Algorithms: []string{"EdDSA"},
			Accounts: []Account{{Subject: "s", Address: robot, Packages: []sui.Address{pkg}}}}}}
		f(&c)
		return c
	}
	good := change(func(*Config) {})
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]Config{
		"audience":            change(func(c *Config) { c.Audience = "" }),
		"name the issuers":    {Audience: "a"},
		"without #":           change(func(c *Config) { c.Audience = "a#b" }),
		"leeway":              change(func(c *Config) { c.Leeway = time.Hour }),
		"issuers":             change(func(c *Config) { c.Issuers = nil }),
		"stands there twice":  change(func(c *Config) { c.Issuers = append(c.Issuers, c.Issuers[0]) }),
		"name is missing":     change(func(c *Config) { c.Issuers[0].Name = "" }),
		"https URL or a file": change(func(c *Config) { c.Issuers[0].JWKS = "http://idp.example/keys" }),
		"name its algorithms": change(func(c *Config) { c.Issuers[0].Algorithms = nil }),
		`algorithm "HS256"`:   change(func(c *Config) { c.Issuers[0].Algorithms = []string{"HS256"} }),
		`algorithm "none"`:    change(func(c *Config) { c.Issuers[0].Algorithms = []string{"EdDSA", "none"} }),
		"longest life":        change(func(c *Config) { c.Issuers[0].MaxLife = 25 * time.Hour }),
		`"s" stands there`:    change(func(c *Config) { c.Issuers[0].Accounts = append(c.Issuers[0].Accounts, c.Issuers[0].Accounts[0]) }),
		"subject is missing":  change(func(c *Config) { c.Issuers[0].Accounts[0].Subject = "" }),
		"on chain is missing": change(func(c *Config) { c.Issuers[0].Accounts[0].Address = sui.Address{} }),
		"name the packages":   change(func(c *Config) { c.Issuers[0].Accounts[0].Packages = nil }),
		"number and burst":    change(func(c *Config) { c.Issuers[0].Accounts[0].Quota.N = -1 }),
	} {
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	dir := f.TempDir()
	b, _ := json.Marshal(map[string]any{"keys": []any{publicJWK("ed", key.Public())}})
	if err := os.WriteFile(dir+"/k", b, 0o600); err != nil {
		f.Fatal(err)
	}
	v, err := New(Config{Audience: audience, Issuers: []Issuer{{Name: idp, JWKS: dir + "/k", Algorithms: []string{"EdDSA"},
		Accounts: []Account{{Subject: "robot", Address: robot, Packages: []sui.Address{pkg}}}}}}, Deps{Now: func() time.Time { return start }})
	if err != nil {
		f.Fatal(err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{"iss": idp, "sub": "robot", "aud": audience, "iat": start.Unix(), "exp": start.Unix() + 60,
		"cnf": map[string]any{"jkt": canonical.Thumbprint(session)}})
	good, err := token.SignedString(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, raw string) {
		if _, err := v.Verify(context.Background(), raw, session); err == nil && raw != good {
			t.Errorf("%q is taken", raw)
		}
	})
}
