package vault

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"testing"
)

// Only the same key for the same purpose opens, only what was not changed, and
// only together with what it was bound to.
func TestVault(t *testing.T) {
	key := func(seed byte, purpose string) *Vault {
		v, err := New(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32)), purpose)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := key(1, "a-v1")
	sealed := v.Seal([]byte("head"), []byte("plain"), []byte("bound"))
	if string(sealed[:4]) != "head" || len(sealed) != 4+5+Overhead {
		t.Fatalf("%x", sealed)
	}
	sealed = sealed[4:]
	if again := v.Seal(nil, []byte("plain"), []byte("bound")); bytes.Equal(again, sealed) {
		t.Error("the same twice")
	}
	if plain, err := key(1, "a-v1").Open(sealed, []byte("bound")); err != nil || string(plain) != "plain" {
		t.Errorf("%q, %v", plain, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another key":     func() ([]byte, error) { return key(2, "a-v1").Open(sealed, []byte("bound")) },
		"another purpose": func() ([]byte, error) { return key(1, "a-v2").Open(sealed, []byte("bound")) },
		"bound otherwise": func() ([]byte, error) { return v.Open(sealed, nil) },
		"cut":             func() ([]byte, error) { return v.Open(sealed[:Overhead-1], []byte("bound")) },
		"empty":           func() ([]byte, error) { return v.Open(nil, []byte("bound")) },
		"no vault":        func() ([]byte, error) { return (*Vault)(nil).Open(sealed, []byte("bound")) },
	} {
		if plain, err := open(); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	for i := range sealed {
		b := bytes.Clone(sealed)
		b[i] ^= 1
		if _, err := v.Open(b, []byte("bound")); !errors.Is(err, ErrSealed) {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
	if _, err := New(nil, "a-v1"); err == nil {
		t.Error("no key is needed")
	}
}

// foreign was sealed by Python's cryptography 3.4 or later: its HKDF and its
// ChaCha20Poly1305, under the key that HChaCha20 (draft-irtf-cfrg-xchacha, section
// 2.2) makes of the first 16 bytes of the nonce 40 41 … 57.
const foreign = "404142434445464748494a4b4c4d4e4f50515253545556574985727e0b92e45e5fe4e952bf7b78a72d37371dd8"

// What another implementation seals is opened.
func TestVaultOfOthers(t *testing.T) {
	sealed, err := hex.DecodeString(foreign)
	if err != nil {
		t.Fatal(err)
	}
	v, err := New(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), "floe-journal-openings-v1")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := v.Open(sealed, []byte("bound")); err != nil || string(plain) != "plain" {
		t.Errorf("%q, %v", plain, err)
	}
}
