package receipt

import (
	"bytes"
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/floe-data/floe/sdk/sui"
)

func pruned(t testing.TB, through uint64, before, now time.Time) string {
	t.Helper()
	raw, err := SignPruned(testKey, issuer, through, before, now)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// A statement is about the receipts that it says, of the server that signed it.
func TestPruned(t *testing.T) {
	now := time.UnixMilli(100_500)
	p, err := VerifyPruned(pruned(t, 7, time.UnixMilli(90_000), now), publicSet(), issuer)
	if err != nil {
		t.Fatal(err)
	}
	if want := "on 1970-01-01T00:01:40Z the key server removed the evidence of receipts from before 1970-01-01T00:01:30Z"; p.String() != want {
		t.Errorf("%s", p)
	}
	for _, c := range []struct {
		covered  bool
		evidence bool
		sequence uint64
		time     int64
	}{
		{true, true, 7, 89_999},
		{true, true, 1, 0},
		{false, true, 7, 90_000},
		{false, true, 8, 1}, // written later, when the clock was wrong
		{false, false, 1, 1},
	} {
		claims := &Claims{Sequence: c.sequence, TimeMS: c.time}
		if c.evidence {
			claims.Evidence = new(Hash)
		}
		if p.Covers(claims) != c.covered {
			t.Errorf("%+v", c)
		}
	}
}

// Nothing else is taken for a statement, a receipt least of all, nor a statement for
// a receipt.
func TestPrunedRefused(t *testing.T) {
	now := time.UnixMilli(100_000)
	good := pruned(t, 7, now, now)
	if _, err := VerifyPruned(good, publicSet(), issuer); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(good, publicSet(), issuer); err == nil {
		t.Error("it is a receipt")
	}
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
	forged, err := SignPruned(other, issuer, 7, now, now)
	if err != nil {
		t.Fatal(err)
	}
	unsigned := func(method jwt.SigningMethod, key any, change func(*Pruned)) string {
		p := &Pruned{RegisteredClaims: jwt.RegisteredClaims{Issuer: issuerName(issuer), IssuedAt: jwt.NewNumericDate(now)}, Version: 1, Through: 7, BeforeMS: 1}
		change(p)
		token := jwt.NewWithClaims(method, p)
		token.Header["typ"], token.Header["kid"] = prunedType, KeyID(testKey.Public().(ed25519.PublicKey))
		raw, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	for name, raw := range map[string]string{
		"a receipt":        logOf(t, []sui.Address{policyA})[0],
		"another key":      forged,
		"a line break":     good + "\n",
		"too long":         good + string(make([]byte, maxPruned)),
		"none":             unsigned(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, func(*Pruned) {}),
		"another version":  unsigned(jwt.SigningMethodEdDSA, testKey, func(p *Pruned) { p.Version = 2 }),
		"no time":          unsigned(jwt.SigningMethodEdDSA, testKey, func(p *Pruned) { p.IssuedAt = nil }),
		"about the future": unsigned(jwt.SigningMethodEdDSA, testKey, func(p *Pruned) { p.BeforeMS = now.UnixMilli() + 1001 }),
		"another server":   unsigned(jwt.SigningMethodEdDSA, testKey, func(p *Pruned) { p.Issuer = issuerName(sui.Address{2}) }),
	} {
		if _, err := VerifyPruned(raw, publicSet(), issuer); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzVerifyPruned(f *testing.F) {
	now := time.UnixMilli(100_000)
	good := pruned(f, 7, now, now)
	f.Add(good)
	f.Add(good + "\n")
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, raw string) {
		if _, err := VerifyPruned(raw, publicSet(), issuer); err == nil && raw != good {
			t.Error("a statement was accepted that the key did not sign")
		}
	})
}
