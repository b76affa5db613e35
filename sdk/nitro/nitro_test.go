package nitro

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The documents are real ones: weather from Nautilus' weather example, the
// other of an enclave in debug mode from fastcrypto's tests. The hashes and the
// facts in the tests stand in shared specifications made from those sources.
var documents = map[string]string{
	"weather":         "7e91645364199fec8fa8324b613e5a98cdf48c8df9fb659b9a2ccb10438fba3c",
	"debug-zero-pcrs": "7d81da0d55c3a1f3380ed130ddc2fdf06c4e1e41bb51d066fa35f4ed754c32d1",
}

const (
	weatherMS = 1744684007462
	debugMS   = 1731627987382
)

func document(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".hex"))
	if err != nil {
		t.Fatal(err)
	}
	raw := unhex(t, strings.TrimSpace(string(text)))
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != documents[name] {
		t.Fatalf("%s is not the document that it was", name)
	}
	return raw
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parsed(t *testing.T, raw []byte) *Document {
	t.Helper()
	d, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWeather(t *testing.T) {
	d := parsed(t, document(t, "weather"))
	if err := d.Verify(weatherMS, AWSRoot()); err != nil {
		t.Errorf("at its own time: %v", err)
	}
	if d.TimestampMS != 1744683923696 || d.UserData != nil || d.Nonce != nil {
		t.Errorf("document is %+v", d)
	}
	pcrs := map[uint8]string{
		0: "cbe1afb6ed0ff89f10295af0b802247ec5670da8f886e71a4226373b032c322f4e42c9c98288e7211682b258684505a2",
		1: "cbe1afb6ed0ff89f10295af0b802247ec5670da8f886e71a4226373b032c322f4e42c9c98288e7211682b258684505a2",
		2: "21b9efbc184807662e966d34f390821309eeac6802309798826296bf3e8bec7c10edb30948c90ba67310f7b964fc500a",
	}
	for i, want := range pcrs {
		if got, ok := d.PCR(i); !ok || hex.EncodeToString(got) != want {
			t.Errorf("PCR%d = %x", i, got)
		}
	}
	// what the enclave signed with the attested key, from the same example
	message := unhex(t, "00a0743a37960100000d53616e204672616e636973636f0d00000000000000")
	signature := unhex(t, "77b6d8be225440d00f3d6eb52e91076a8927cebfb520e58c19daf31ecf06b3798ec3d3ce9630a9eceee46d24f057794a60dd781657cb06d952269cfc5ae19500")
	if !ed25519.Verify(d.PublicKey, message, signature) {
		t.Error("the attested key did not sign the example's message")
	}
}

// Certificates of leaves live for about three hours: from 02:17:47 to 05:17:50
// UTC on 2025-04-15 in this one.
func TestClock(t *testing.T) {
	d := parsed(t, document(t, "weather"))
	at := func(text string) uint64 {
		when, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return uint64(when.UnixMilli())
	}
	for _, tt := range []struct {
		ms uint64
		ok bool
	}{
		{at("2025-04-15T02:17:46Z"), false}, {at("2025-04-15T02:17:47Z"), true},
		{at("2025-04-15T05:17:50Z"), true}, {at("2025-04-15T05:17:51Z"), false},
		{at("2026-01-01T00:00:00Z"), false}, {0, false}, {^uint64(0), false},
	} {
		err := d.Verify(tt.ms, AWSRoot())
		if (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrVerify) {
			t.Errorf("at %d ms: %v", tt.ms, err)
		}
	}
}

func TestDebugDocument(t *testing.T) {
	d := parsed(t, document(t, "debug-zero-pcrs"))
	if err := d.Verify(debugMS, AWSRoot()); err != nil {
		t.Error(err)
	}
	var indices []uint8
	for _, p := range d.PCRs {
		indices = append(indices, p.Index)
	}
	if !slices.Equal(indices, []uint8{0, 1, 2, 3, 4, 8}) {
		t.Errorf("PCRs are %d", indices)
	}
	for _, i := range []uint8{0, 1, 2, 8} {
		if v, ok := d.PCR(i); !ok || !bytes.Equal(v, make([]byte, 48)) {
			t.Errorf("PCR%d = %x", i, v)
		}
	}
	if _, ok := d.PCR(5); ok {
		t.Error("PCR5 is zero and listed")
	}
	if len(d.UserData) != 32 || d.PublicKey != nil {
		t.Errorf("user data %x, public key %x", d.UserData, d.PublicKey)
	}
}

func TestTampering(t *testing.T) {
	raw := document(t, "weather")
	d := parsed(t, raw)
	for name, change := range map[string]func(*Document){
		"signature":                func(d *Document) { d.signature[5] ^= 1 },
		"signed bytes":             func(d *Document) { d.signed[400] ^= 1 },
		"missing intermediate":     func(d *Document) { d.bundle = d.bundle[:len(d.bundle)-1] },
		"no bundle":                func(d *Document) { d.bundle = nil },
		"bundle in another order":  func(d *Document) { slices.Reverse(d.bundle) },
		"corrupt last certificate": func(d *Document) { d.bundle[len(d.bundle)-1][20] = 0 },
		"corrupt root":             func(d *Document) { d.bundle[0][20] = 0 },
	} {
		c := *d
		c.signature, c.signed = bytes.Clone(d.signature), bytes.Clone(d.signed)
		c.bundle = nil
		for _, b := range d.bundle {
			c.bundle = append(c.bundle, bytes.Clone(b))
		}
		change(&c)
		if err := c.Verify(weatherMS, AWSRoot()); !errors.Is(err, ErrVerify) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := d.Verify(weatherMS); !errors.Is(err, ErrVerify) {
		t.Errorf("without roots: %v", err)
	}
	// any byte of the payload matters
	for i := 12; i < len(raw)-100; i += 97 {
		c := bytes.Clone(raw)
		c[i] ^= 0x40
		if d, err := Parse(c); err == nil {
			if err := d.Verify(weatherMS, AWSRoot()); err == nil {
				t.Errorf("byte %d changed, and it verifies", i)
			}
		} else if !errors.Is(err, ErrParse) {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
	for _, raw := range [][]byte{nil, {0, 0}, []byte("text"), raw[:100], raw[:len(raw)-1]} {
		if _, err := Parse(raw); !errors.Is(err, ErrParse) {
			t.Errorf("%.20x…: %v", raw, err)
		}
	}
}

// A tag 18 around the document changes nothing, other tags are refused.
func TestTags(t *testing.T) {
	raw := document(t, "weather")
	if err := parsed(t, append([]byte{0xd2}, raw...)).Verify(weatherMS, AWSRoot()); err != nil {
		t.Errorf("tag 18: %v", err)
	}
	if _, err := Parse(append([]byte{0xd1}, raw...)); !errors.Is(err, ErrParse) {
		t.Errorf("tag 17: %v", err)
	}
}

func TestAuthority(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	a, err := NewAuthority(now)
	if err != nil {
		t.Fatal(err)
	}
	want := Document{
		ModuleID: "i-1", PublicKey: []byte{1, 2}, UserData: []byte("who"),
		PCRs: []PCR{{0, bytes.Repeat([]byte{7}, 48)}, {1, make([]byte, 48)}, {5, make([]byte, 48)}, {16, bytes.Repeat([]byte{8}, 48)}},
	}
	raw, err := a.Attest(want, now)
	if err != nil {
		t.Fatal(err)
	}
	d := parsed(t, raw)
	ms := uint64(now.UnixMilli())
	if err := d.Verify(ms, AWSRoot()); !errors.Is(err, ErrVerify) {
		t.Errorf("AWS' root takes it: %v", err)
	}
	if err := d.Verify(ms, AWSRoot(), a.Root()); err != nil {
		t.Errorf("its own root: %v", err)
	}
	other, err := NewAuthority(now)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Verify(ms, other.Root()); !errors.Is(err, ErrVerify) {
		t.Errorf("the root of another authority of the same name takes it: %v", err)
	}
	if len(d.PCRs) != 3 || d.PCRs[2].Index != 16 || d.ModuleID != "i-1" || string(d.UserData) != "who" || d.Nonce != nil || d.TimestampMS != ms {
		t.Errorf("document is %+v", d)
	}
}

func FuzzParse(f *testing.F) {
	for name := range documents {
		f.Add(document(f, name))
	}
	f.Add([]byte{0x84, 0x40, 0xa0, 0x41, 0, 0x40})
	real, err := Parse(document(f, "weather"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := Parse(raw)
		if err != nil {
			return
		}
		if d.Verify(weatherMS, AWSRoot()) == nil && !bytes.Equal(d.signed, real.signed) {
			t.Errorf("%x verifies, and AWS signed something else", raw)
		}
		parts := [][]byte{d.PublicKey, d.UserData, d.Nonce, d.certificate, []byte(d.ModuleID)}
		for _, p := range d.PCRs {
			parts = append(parts, p.Value)
		}
		for _, p := range parts {
			if !bytes.Contains(d.signed, p) {
				t.Errorf("%x is not in what is signed, of %x", p, raw)
			}
		}
	})
}

func TestAuthorityRoundTrip(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	a, err := NewAuthority(now)
	if err != nil {
		t.Fatal(err)
	}
	text, err := a.PEM()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseAuthority(text)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := back.Attest(Document{ModuleID: "i-1", PCRs: []PCR{{Index: 0, Value: bytes.Repeat([]byte{1}, 48)}}}, now)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Verify(uint64(now.UnixMilli()), a.Root()); err != nil {
		t.Errorf("attested by the authority that was read back: %v", err)
	}
	other, err := NewAuthority(now)
	if err != nil {
		t.Fatal(err)
	}
	stolen, err := other.PEM()
	if err != nil {
		t.Fatal(err)
	}
	mixed := append(text[:bytes.Index(text, []byte("-----BEGIN EC"))], stolen[bytes.Index(stolen, []byte("-----BEGIN EC")):]...)
	for name, bad := range map[string][]byte{"nothing": nil, "another's key": mixed, "no key": stolen[:bytes.Index(stolen, []byte("-----BEGIN EC"))]} {
		if _, err := ParseAuthority(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
