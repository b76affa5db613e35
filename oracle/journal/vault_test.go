package journal

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floe-data/floe/oracle/vault"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

func testVault(t testing.TB, seed byte) lineVault {
	t.Helper()
	v, err := newVault(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A stolen copy of the file, without the key, does not tell who asked.
func TestJournalHidesRequesters(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	o := receipt.Opening{Salt: [32]byte(bytes.Repeat([]byte{0x5a}, 32)), Requester: sui.Address(bytes.Repeat([]byte{0xa5}, 32))}
	c := refusal("x")
	c.RequesterCommitment = o.RequesterCommitment()
	evidence := append([]byte("evidence of "), o.Requester[:]...)
	if _, err := j.Write(t.Context(), c, []sui.Address{policyA}, &o, evidence); err != nil {
		t.Fatal(err)
	}
	b := recordsOf(t, filepath.Join(dir, FileName))
	// Decoded at each offset, since base64 shows bytes in three ways.
	for shift := range 4 {
		column := string(b[bytes.IndexByte(b, sealedMark[0])+1+shift : len(b)-1])
		column = column[:len(column)/4*4]
		raw, err := base64.RawURLEncoding.DecodeString(column)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range [][]byte{o.Salt[:4], o.Requester[:4], []byte("evid")} {
			if bytes.Contains(raw, secret) || bytes.Contains(b, secret) {
				t.Errorf("the file shows %x", secret)
			}
		}
	}
	rec, err := ReadFile(dir, key, 1)
	if err != nil || *rec.Opening != o || !bytes.Equal(rec.Evidence, evidence) {
		t.Errorf("with the key: %+v, %v", rec, err)
	}
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
	if _, err := ReadFile(dir, other, 1); !errors.Is(err, vault.ErrSealed) {
		t.Errorf("with another key: %v", err)
	}
}

// Journals from before lines were sealed are read, and go on sealed.
func TestJournalReadsOpenLines(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	o := receipt.Opening{Salt: [32]byte{1}, Requester: sui.Address{2}}
	write := func() {
		c := refusal("x")
		c.RequesterCommitment = o.RequesterCommitment()
		if _, err := j.Write(t.Context(), c, []sui.Address{policyA}, &o, []byte("evidence")); err != nil {
			t.Fatal(err)
		}
	}
	write()
	rec, err := ReadFile(dir, key, 1)
	if err != nil {
		t.Fatal(err)
	}
	j.Close()
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte(openLine(*rec)), 0o600); err != nil {
		t.Fatal(err)
	}
	j = mustOpen(t, dir)
	write()
	got, head, err := j.OfPolicy(policyA, 0, 10)
	if err != nil || head != 2 || len(got) != 2 {
		t.Fatalf("%d of %d: %v", len(got), head, err)
	}
	for _, r := range got {
		if *r.Opening != o || string(r.Evidence) != "evidence" {
			t.Errorf("%+v", r)
		}
	}
	j.Close()
	mustOpen(t, dir)
}

// What is sealed belongs to its receipt: moved to another one, or changed in any
// byte, it is refused.
func TestVaultIsBound(t *testing.T) {
	v := testVault(t, 1)
	o := &receipt.Opening{Salt: [32]byte{1}, Requester: sui.Address{2}}
	line := strings.TrimSuffix(v.line("a.b.c", o, []byte("evidence")), "\n")
	if again := strings.TrimSuffix(v.line("a.b.c", o, []byte("evidence")), "\n"); again == line {
		t.Error("the same line twice: nonces repeat")
	}
	if _, err := v.split(strings.Replace(line, "a.b.c", "a.b.d", 1)); !errors.Is(err, vault.ErrSealed) {
		t.Errorf("of another receipt: %v", err)
	}
	jwt, column, _ := strings.Cut(line, " "+sealedMark)
	raw, err := base64.RawURLEncoding.DecodeString(column)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		raw[i] ^= 1
		if _, err := v.split(jwt + " " + sealedMark + base64.RawURLEncoding.EncodeToString(raw)); !errors.Is(err, vault.ErrSealed) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		raw[i] ^= 1
	}
	for n := range len(raw) {
		if _, err := v.split(jwt + " " + sealedMark + base64.RawURLEncoding.EncodeToString(raw[:n])); !errors.Is(err, vault.ErrSealed) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	if v.line("a.b.c", nil, nil) != "a.b.c\n" {
		t.Error("a receipt without an opening is not alone in its line")
	}
}

func FuzzVault(f *testing.F) {
	v := testVault(f, 1)
	f.Add(strings.TrimSuffix(v.line("a.b.c", &receipt.Opening{}, nil), "\n"))
	f.Add("a.b.c ~AAAA")
	f.Add("a.b.c ~" + strings.Repeat("A", 54))
	f.Fuzz(func(t *testing.T, text string) {
		// Only who has the key can make a sealed line: what is accepted is what
		// was sealed above.
		r, err := v.split(text)
		_, column, _ := strings.Cut(text, " ")
		if err == nil && strings.HasPrefix(column, sealedMark) && (r.JWT != "a.b.c" || *r.Opening != (receipt.Opening{}) || r.Evidence != nil) {
			t.Errorf("%q is taken for %+v", text, r)
		}
	})
}
