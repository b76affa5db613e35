// Package sealtest has a committee of key servers for the tests of other packages: the
// one of the end-to-end test of Seal's key server (crates/key-server/src/tests/e2e.rs of
// Seal at ddc7e5d6).
package sealtest

import (
	"encoding/hex"
	"testing"

	"github.com/floe-data/floe/sdk/seal"
)

// Shares of one key, by party, in hex: Before is 2 of 3, and After, after a rotation, 3
// of 4. In it members 0 and 1 change places, and member 3 joins.
var (
	Before = []string{
		"2c8e06a3ba09ff64b841d39df9534e35cee33605033003a634fe6ca2a90c216d",
		"69802da036d15184daa8e444a97e2390d2ab370d94a37f29209006546d61be0d",
		"3284ad4989fb265cc9d61ce3500720e682b5941326189ead0c21a00731b75aac",
	}
	After = []string{
		"11761fd7d8719dc4297418768ffd3578ecc348e516cbbe2d9de36b6965353182",
		"03899294f5e6551631fcbaea5583367fb565471adeccb220b769879c55e66ed9",
		"39c3df31bf3e5082e2ae825aa35c53f478bed3a0c9bdbffb95ff2788b6ca3cd3",
		"40375e5b0adc12c2084f96bf6fe6b5d1e3124a73d7a08bbf39a44b2f87e09b6f",
	}
)

// PublicKey is that of the key, in hex, as Seal's test has it.
const PublicKey = "95a35c03681de93032e9a0544b9b8533ffd7fabe1e70b29a844030237e84789c0c34c0e5a5b12a33e345599ba90f096f17ddd3a8586a4a0de28c13e249c3767026a4bbdb4343885b50115931f8e8a77d735d269ac5a5eca05787d0b91c4a5ffb"

// Share reads a share.
func Share(t testing.TB, text string) *seal.MasterKey {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	k, err := seal.ParseMasterKey(b)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Shares reads all of Before or of After.
func Shares(t testing.TB, texts []string) (out []*seal.MasterKey) {
	t.Helper()
	for _, text := range texts {
		out = append(out, Share(t, text))
	}
	return out
}

// Key reads PublicKey.
func Key(t testing.TB) seal.PublicKey {
	t.Helper()
	b, err := hex.DecodeString(PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	k, err := seal.ParsePublicKey(b)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
