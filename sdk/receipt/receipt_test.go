package receipt

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/floe-data/floe/sdk/sui"
)

var (
	testKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	issuer  = sui.Address{1}
	policyA = sui.Address{0xa}
	policyB = sui.Address{0xb}
)

func publicSet() *KeySet { return NewKeySet(testKey.Public().(ed25519.PublicKey)) }

// logOf signs one refusal per entry, naming the entry's policies.
func logOf(t testing.TB, entries ...[]sui.Address) (log []string) {
	t.Helper()
	c := Chain{Issuer: issuer}
	for i, policies := range entries {
		r, err := c.SignNext(testKey, &Claims{Decision: Refuse, Reason: &Reason{Code: "c", Rule: "r"}}, time.UnixMilli(int64(1000*i)), policies)
		if err != nil {
			t.Fatal(err)
		}
		log = append(log, r.Raw)
	}
	return log
}

func TestVerifyChain(t *testing.T) {
	log := logOf(t, []sui.Address{policyA}, []sui.Address{policyB}, []sui.Address{policyA, policyB}, nil)
	rs, err := VerifyChain(issuer, publicSet(), log)
	if err != nil {
		t.Fatal(err)
	}
	if rs[0].Previous != nil || *rs[1].Previous != rs[0].Hash || *rs[3].Previous != rs[2].Hash {
		t.Error("previous receipts are not named")
	}
	last := rs[2].Policies
	if last[0].Sequence != 2 || *last[0].Previous != rs[0].Hash || last[1].Sequence != 2 || *last[1].Previous != rs[1].Hash {
		t.Errorf("policy links %+v", last)
	}
}

func TestVerifyChainFinds(t *testing.T) {
	log := logOf(t, []sui.Address{policyA}, []sui.Address{policyB}, []sui.Address{policyA})
	other := logOf(t, []sui.Address{policyA}, []sui.Address{policyA}, []sui.Address{policyA})
	for name, l := range map[string][]string{
		"a missing receipt":  {log[0], log[2]},
		"a missing first":    log[1:],
		"a swap":             {log[1], log[0], log[2]},
		"a repeat":           {log[0], log[0]},
		"another history":    {log[0], log[1], other[2]},
		"another, same link": {log[0], other[1], log[2]},
	} {
		if _, err := VerifyChain(issuer, publicSet(), l); !errors.Is(err, ErrChain) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerifyPolicy(t *testing.T) {
	log := logOf(t, []sui.Address{policyA}, []sui.Address{policyB}, []sui.Address{policyA, policyB}, []sui.Address{policyA})
	all, err := VerifyChain(issuer, publicSet(), log)
	if err != nil {
		t.Fatal(err)
	}
	a := []*Receipt{all[0], all[2], all[3]}
	if err := VerifyPolicy(policyA, a, 3); err != nil {
		t.Error(err)
	}
	if err := VerifyPolicy(sui.Address{0xc}, nil, 0); err != nil {
		t.Errorf("a policy without receipts: %v", err)
	}
	for _, c := range []struct {
		name   string
		policy sui.Address
		rs     []*Receipt
		head   uint64
		want   string
	}{
		{"the first is missing", policyA, a[1:], 3, "number 1 of the policy is missing"},
		{"one is missing", policyA, []*Receipt{a[0], a[2]}, 3, "number 2 of the policy is missing"},
		{"the last is missing", policyA, a[:2], 3, "counts 3 of the policy and shows 2"},
		{"more than the head", policyA, a, 2, "counts 2 of the policy and shows 3"},
		{"another policy", policyB, []*Receipt{all[0]}, 1, "is not of policy"},
		{"a repeat", policyA, []*Receipt{a[0], a[0]}, 2, "number 2 of the policy is missing"},
	} {
		if err := VerifyPolicy(c.policy, c.rs, c.head); !errors.Is(err, ErrChain) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	other := logOf(t, []sui.Address{policyB}, []sui.Address{policyA}, []sui.Address{policyA})
	another, err := VerifyChain(issuer, publicSet(), other)
	if err != nil {
		t.Fatal(err)
	}
	if err := VerifyPolicy(policyA, []*Receipt{all[0], another[2]}, 2); !errors.Is(err, ErrChain) || !strings.Contains(err.Error(), "another receipt before it") {
		t.Errorf("of another history: %v", err)
	}
}

func TestLoginMessage(t *testing.T) {
	server, user := sui.Address{1}, sui.Address{2}
	good := LoginMessage(server, user, time.Unix(1e9, 0), "n-o_nce")
	if at, nonce, err := ParseLoginMessage(good, server, user); err != nil || at.Unix() != 1e9 || nonce != "n-o_nce" {
		t.Errorf("%v, %s, %v", at, nonce, err)
	}
	for name, message := range map[string]string{
		"another server": LoginMessage(user, user, time.Unix(1e9, 0), "n"),
		"another user":   LoginMessage(server, server, time.Unix(1e9, 0), "n"),
		"more":           good + "\nand all my coins",
		"no nonce":       LoginMessage(server, user, time.Unix(1e9, 0), ""),
		"another time":   strings.Replace(good, "2001-", "01-", 1),
		"another text":   "Accessing keys of package " + good,
		"empty":          "",
	} {
		if _, _, err := ParseLoginMessage(message, server, user); err == nil {
			t.Errorf("%s is signed", name)
		}
	}
}

func TestUndo(t *testing.T) {
	c := Chain{Issuer: issuer}
	sign := func(at int64, policies ...sui.Address) *Receipt {
		r, err := c.SignNext(testKey, &Claims{Decision: Refuse, Reason: &Reason{}}, time.UnixMilli(at), policies)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := sign(0, policyA)
	c.Undo(sign(1, policyA, policyB))
	second := sign(2, policyA, policyB)
	if _, err := VerifyChain(issuer, publicSet(), []string{first.Raw, second.Raw}); err != nil {
		t.Error(err)
	}
}

// forge signs claims with any method and header.
func forge(t *testing.T, method jwt.SigningMethod, key any, header map[string]any, c *Claims) string {
	t.Helper()
	tok := jwt.NewWithClaims(method, c)
	tok.Header["typ"], tok.Header["kid"] = headerType, KeyID(testKey.Public().(ed25519.PublicKey))
	for k, v := range header {
		tok.Header[k] = v
	}
	raw, err := tok.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestVerifyRefuses(t *testing.T) {
	good := func(f func(*Claims)) *Claims {
		c := &Claims{Decision: Refuse, Reason: &Reason{}}
		(&Chain{Issuer: issuer}).Link(c, time.UnixMilli(0), nil)
		f(c)
		return c
	}
	keep := func(*Claims) {}
	otherKey := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
	ok := forge(t, jwt.SigningMethodEdDSA, testKey, nil, good(keep))
	if _, err := Verify(ok, publicSet(), issuer); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(ok, ".")
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	changed := parts[0] + "." + base64.RawURLEncoding.EncodeToString(bytes.Replace(payload, []byte("refuse"), []byte("refuze"), 1)) + "." + parts[2]
	for name, raw := range map[string]string{
		"alg none":        forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, good(keep)),
		"alg HS256":       forge(t, jwt.SigningMethodHS256, []byte(testKey.Public().(ed25519.PublicKey)), nil, good(keep)),
		"another key":     forge(t, jwt.SigningMethodEdDSA, otherKey, nil, good(keep)),
		"unknown kid":     forge(t, jwt.SigningMethodEdDSA, otherKey, map[string]any{"kid": KeyID(otherKey.Public().(ed25519.PublicKey))}, good(keep)),
		"another typ":     forge(t, jwt.SigningMethodEdDSA, testKey, map[string]any{"typ": "JWT"}, good(keep)),
		"another issuer":  forge(t, jwt.SigningMethodEdDSA, testKey, nil, good(func(c *Claims) { c.Issuer = issuerName(policyA) })),
		"another version": forge(t, jwt.SigningMethodEdDSA, testKey, nil, good(func(c *Claims) { c.Version = 2 })),
		"another id":      forge(t, jwt.SigningMethodEdDSA, testKey, nil, good(func(c *Claims) { c.Sequence = 7 })),
		"release without shares": forge(t, jwt.SigningMethodEdDSA, testKey, nil,
			good(func(c *Claims) { c.Decision, c.Reason = Release, nil })),
		"changed payload": changed,
		"no signature":    parts[0] + "." + parts[1] + ".",
		"not a token":     "x",
		"empty":           "",
	} {
		if _, err := Verify(raw, publicSet(), issuer); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// The key and its thumbprint are those of RFC 8037, appendix A.2 and A.3.
func TestKeyIDOfRFC8037(t *testing.T) {
	const set = `{"keys":[{"kty":"RSA","n":"AQAB"},{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"any"}]}`
	s, err := ParseKeySet([]byte(set))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := s.keys["kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"]; !ok || len(s.keys) != 1 {
		t.Errorf("keys %v", s.keys)
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ParseKeySet(b); err != nil || len(again.keys) != 1 {
		t.Errorf("%s: %v", b, err)
	}
	broken := strings.Replace(set, "11qYA", `11q\nYA`, 1) // a line break in the key
	for _, bad := range []string{"", "{}", `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}`, broken} {
		if _, err := ParseKeySet([]byte(bad)); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// The value is that of sha256sum over the ASCII tag floe-requester-v1, 32
// bytes 11 and 32 bytes 22.
func TestRequesterCommitment(t *testing.T) {
	o := Opening{Salt: [32]byte(bytes.Repeat([]byte{0x11}, 32)), Requester: sui.Address(bytes.Repeat([]byte{0x22}, 32))}
	const want = "MC4EHHmxLcAvAZCbLD7SUDgPIGgzX8uL1N7RUzoDP0M"
	if got := o.RequesterCommitment().String(); got != want {
		t.Errorf("commitment = %s, want %s", got, want)
	}
	c := Claims{RequesterCommitment: o.RequesterCommitment()}
	if err := o.Check(&c); err != nil {
		t.Error(err)
	}
	o.Requester[0]++
	if err := o.Check(&c); err == nil {
		t.Error("opening for another requester is accepted")
	}
}

func FuzzParseLoginMessage(f *testing.F) {
	server, user := sui.Address{1}, sui.Address{2}
	f.Add(LoginMessage(server, user, time.Unix(1e9, 0), "n"))
	f.Add(LoginMessage(server, user, time.Unix(1e9, 0), "n") + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		if at, nonce, err := ParseLoginMessage(text, server, user); err == nil && LoginMessage(server, user, at, nonce) != text {
			t.Errorf("%q is read as %v, %q", text, at, nonce)
		}
	})
}

func FuzzVerify(f *testing.F) {
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJFZERTQSIsImtpZCI6IngiLCJ0eXAiOiJmbG9lLXJlY2VpcHQrand0In0.e30.AA")
	keys := publicSet()
	log := logOf(f, []sui.Address{policyA}, nil)
	for _, raw := range log {
		f.Add(raw)
	}
	f.Add(log[0] + "\n")                                          // case 1: a line break in the signature
	f.Add(log[0][:len(log[0])-5] + "\r" + log[0][len(log[0])-5:]) // case 2
	f.Fuzz(func(t *testing.T, raw string) {
		if _, err := Verify(raw, keys, issuer); err == nil && !slices.Contains(log, raw) {
			t.Error("a receipt was accepted that the key did not sign")
		}
		if r, err := Parse(raw); err == nil && (r.Raw != raw || r.Hash != HashOf(raw)) {
			t.Errorf("%q is another receipt", raw)
		}
	})
}
