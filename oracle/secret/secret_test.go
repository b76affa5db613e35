package secret

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
)

// Key 42 of the seed 01…01, from Seal's own vectors.
const (
	keyHex    = "17d496df95e12b5caec0c4a15b09a5ea41b4fb1cf3ba28f1c6c72556846a6db6"
	keyBase64 = "F9SW35XhK1yuwMShWwml6kG0+xzzuijxxsclVoRqbbY="
)

func write(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadKey(t *testing.T) {
	want, err := hex.DecodeString(keyHex)
	if err != nil {
		t.Fatal(err)
	}
	if keyBase64 != base64.StdEncoding.EncodeToString(want) {
		t.Fatal("the test's two forms differ")
	}
	t.Setenv("FLOE_TEST_KEY", keyBase64)
	for name, s := range map[string]Source{
		"hex":     {File: write(t, keyHex, 0o600)},
		"0x":      {File: write(t, "0x"+strings.ToUpper(keyHex)+"\n", 0o600)},
		"base64":  {File: write(t, keyBase64+"\n", 0o600)},
		"env":     {Env: "FLOE_TEST_KEY"},
		"command": {Command: []string{"echo", keyHex}},
	} {
		if got, err := ReadKey(t.Context(), s, nil); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
}

// A command is no shell, and its words are its arguments as they are.
func TestCommandIsNoShell(t *testing.T) {
	b, err := Source{Command: []string{"echo", "$HOME; ls", "*"}}.Read(t.Context(), nil)
	if err != nil || string(b) != "$HOME; ls *\n" {
		t.Errorf("%q, %v", b, err)
	}
}

// No error shows what it found.
func TestReadRefuses(t *testing.T) {
	const hidden = "5e5e5e5e"
	t.Setenv("FLOE_TEST_BAD", hidden)
	dir := t.TempDir()
	for _, c := range []struct {
		from Source
		want string
	}{
		{Source{}, "give one of file, env and command"},
		{Source{Env: "FLOE_TEST_NONE"}, "FLOE_TEST_NONE: no secret is there"},
		{Source{Env: "FLOE_TEST_BAD"}, "neither 64 hex digits nor 32 bytes in Base64"},
		{Source{File: filepath.Join(dir, "none")}, "the file does not exist"},
		{Source{File: write(t, hidden, 0o600)}, "neither 64 hex digits"},
		{Source{File: write(t, keyHex, 0o644)}, "run chmod 600"},
		{Source{File: write(t, strings.Repeat("0", maxSize+1), 0o600)}, "more than 65536 bytes"},
		{Source{File: write(t, binaryHeader, 0o600)}, "age_identity"},
		{Source{Command: []string{"sh", "-c", "echo " + hidden + " >&2; exit 3"}}, "exit status 3: run it by hand"},
		{Source{Command: []string{"echo", hidden}}, "neither 64 hex digits"},
		{Source{Command: []string{"true"}}, "it printed nothing"},
		{Source{Command: []string{filepath.Join(dir, "none")}}, "no such file"},
		{Source{Command: []string{"cat", "/dev/zero"}}, "more than 65536 bytes"},
	} {
		_, err := ReadKey(t.Context(), c.from, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), hidden) {
			t.Errorf("%s: %v, want %q", c.from, err, c.want)
		}
	}
}

func TestCommandEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := (Source{Command: []string{"sleep", "600"}}).Read(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestMissing(t *testing.T) {
	for _, s := range []Source{{}, {Env: "FLOE_TEST_NONE"}, {File: filepath.Join(t.TempDir(), "none")}, {Command: []string{"true"}}} {
		if _, err := s.Read(t.Context(), nil); !errors.Is(err, ErrMissing) {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestSourceCheck(t *testing.T) {
	for _, s := range []Source{{File: "a", Env: "b"}, {Env: "b", Command: []string{"c"}}, {Command: []string{""}}} {
		if s.Check() == nil {
			t.Errorf("%+v is no place", s)
		}
	}
	for text, want := range map[string]string{"file:a:b": "a:b", "env:X": "environment variable X"} {
		if s, err := ParseSource(text); err != nil || s.String() != want {
			t.Errorf("%s: %s, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "file:", "env:", "x:y", "plain"} {
		if _, err := ParseSource(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

// identities are the kinds of what keys are sealed with.
func identities(t *testing.T) map[string]*Identity {
	t.Helper()
	x, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	pq, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	pass, err := newPassphrase("correct horse", 10)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*Identity{"passphrase": pass}
	for name, text := range map[string]string{"x25519": "# created: today\n" + x.String() + "\n", "hybrid": pq.String()} {
		if out[name], err = LoadIdentity(t.Context(), Source{File: write(t, text, 0o600)}); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestSealedKeys(t *testing.T) {
	key, _ := hex.DecodeString(keyHex)
	ids := identities(t)
	for name, id := range ids {
		path := filepath.Join(t.TempDir(), "new.key")
		if err := WriteKey(path, key, id); err != nil {
			t.Fatal(err)
		}
		b, _ := os.ReadFile(path)
		if bytes.Contains(b, []byte(keyHex)) || !IsSealed(b) {
			t.Errorf("%s: the file is %q", name, b)
		}
		if err := os.Chmod(path, 0o644); err != nil { // sealed, so others may read it
			t.Fatal(err)
		}
		if got, err := ReadKey(t.Context(), Source{File: path}, id); err != nil || !bytes.Equal(got, key) {
			t.Errorf("%s: %x, %v", name, got, err)
		}
		if got, err := ReadKey(t.Context(), Source{Command: []string{"cat", path}}, id); err != nil || !bytes.Equal(got, key) {
			t.Errorf("%s by command: %x, %v", name, got, err)
		}
		for other, wrong := range ids {
			if _, err := ReadKey(t.Context(), Source{File: path}, wrong); (err == nil) != (other == name) {
				t.Errorf("sealed with %s, opened with %s: %v", name, other, err)
			}
		}
		if err := WriteKey(path, key, id); err == nil {
			t.Errorf("%s: a key was replaced", name)
		}
	}
}

// What another program sealed, binary, opens; what was cut or changed does not.
func TestOpenForeignFile(t *testing.T) {
	x, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, x.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(w, keyHex)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	id, err := ParseIdentity(x.String())
	if err != nil {
		t.Fatal(err)
	}
	if b, err := id.Open(sealed.Bytes()); err != nil || string(b) != keyHex+"\n" {
		t.Fatalf("%q, %v", b, err)
	}
	for i := range sealed.Len() {
		if _, err := id.Open(sealed.Bytes()[:i]); err == nil {
			t.Errorf("%d of %d bytes open", i, sealed.Len())
		}
		changed := bytes.Clone(sealed.Bytes())
		changed[i] ^= 1
		if b, err := id.Open(changed); err == nil {
			t.Errorf("byte %d changed, and it opens as %q", i, b)
		}
	}
}

func TestParseIdentityRefuses(t *testing.T) {
	for _, text := range []string{"", "\n", "AGE-SECRET-KEY-1QQQQ", "x\nAGE-SECRET-KEY-1\n"} {
		if _, err := ParseIdentity(text); err == nil || strings.Contains(err.Error(), "QQQQ") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSealFile(t *testing.T) {
	id := identities(t)["x25519"]
	path := write(t, "0x"+keyHex+"\n", 0o600)
	if err := SealFile(path, id); err != nil {
		t.Fatal(err)
	}
	key, err := ReadKey(t.Context(), Source{File: path}, id)
	if err != nil || hex.EncodeToString(key) != keyHex {
		t.Errorf("%x, %v", key, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := SealFile(path, id); !errors.Is(err, ErrSealed) {
		t.Errorf("sealed twice: %v", err)
	}
	other := write(t, "not a key", 0o600)
	if err := SealFile(other, id); err == nil {
		t.Error("what is no key was sealed")
	}
	if b, _ := os.ReadFile(other); string(b) != "not a key" {
		t.Errorf("it was changed to %q", b)
	}
}

func FuzzOpen(f *testing.F) {
	x, err := age.GenerateX25519Identity()
	if err != nil {
		f.Fatal(err)
	}
	id, err := ParseIdentity(x.String())
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := id.Seal([]byte(keyHex))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte(binaryHeader))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := id.Open(b); err == nil && string(got) != keyHex {
			t.Errorf("%q opens as %q", b, got)
		}
	})
}
