package seal

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

// upstream holds one value of testdata/upstream.json, whose origin stands in
// the file.
func upstream(t testing.TB, group, key string) string {
	t.Helper()
	var s string
	vector(t, "upstream.json", &s, group, key)
	if u, err := strconv.Unquote(s); err == nil {
		return u
	}
	return s
}

// moveVector returns value number i of a test of Seal's Move decryptor.
func moveVector(t testing.TB, test string, i int) []byte {
	t.Helper()
	var all []string
	vector(t, "upstream.json", &all, "move_bf_hmac", test)
	return unhex(t, all[i])
}

// known reads a value of testdata/known_answers.json.
func known[T any](t testing.TB, path ...string) T {
	t.Helper()
	var v T
	vector(t, "known_answers.json", &v, path...)
	return v
}

func vector(t testing.TB, file string, out any, path ...string) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	raw := json.RawMessage(b)
	for _, p := range path {
		var m map[string]json.RawMessage
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatalf("%s: %s: %v", file, p, err)
		}
		if raw = m[p]; raw == nil {
			t.Fatalf("%s has no %s", file, strings.Join(path, " / "))
		}
	}
	if err := json.Unmarshal(raw, out); err != nil {
		t.Fatalf("%s: %s: %v", file, strings.Join(path, " / "), err)
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.TrimPrefix(s, "0x"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func userKey(t testing.TB, s string) UserKey {
	t.Helper()
	return must[UserKey](t)(ParseUserKey(unhex(t, s)))
}

func publicKey(t testing.TB, s string) PublicKey {
	t.Helper()
	return must[PublicKey](t)(ParsePublicKey(unhex(t, s)))
}

// byServer gives the i-th key to the i-th distinct server of o. A zero key is
// left out.
func byServer[K comparable](o *EncryptedObject, keys ...K) map[sui.Address]K {
	out := map[sui.Address]K{}
	var zero K
	for i, s := range groupServers(o.Services) {
		if i < len(keys) && keys[i] != zero {
			out[s.Server] = keys[i]
		}
	}
	return out
}
