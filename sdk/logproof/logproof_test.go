package logproof

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	f_log "github.com/transparency-dev/formats/log"
	f_note "github.com/transparency-dev/formats/note"
	f_proof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"
	"golang.org/x/mod/sumdb/note"
)

const origin = "log.example/floe"

// foreignLog is a log made with transparency-dev's libraries and the notes of
// golang.org/x/mod: nothing of ours.
type foreignLog struct {
	t      *testing.T
	tree   *testonly.Tree
	signer note.Signer
	key    ed25519.PublicKey
}

func newForeignLog(t *testing.T, size int) *foreignLog {
	t.Helper()
	secret, public, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 32)), origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	key, err := base64.StdEncoding.DecodeString(public[strings.LastIndex(public, "+")+1:])
	if err != nil {
		t.Fatal(err)
	}
	l := &foreignLog{t, testonly.New(rfc6962.DefaultHasher), signer, key[1:]}
	for i := range size {
		l.tree.AppendData(leaf(i))
	}
	return l
}

func leaf(i int) []byte { return fmt.Appendf(nil, "entry %d", i) }

func (l *foreignLog) checkpoint(size int, cosigners ...note.Signer) []byte {
	l.t.Helper()
	text := f_log.Checkpoint{Origin: origin, Size: uint64(size), Hash: l.tree.HashAt(uint64(size))}.Marshal()
	b, err := note.Sign(&note.Note{Text: string(text)}, append([]note.Signer{l.signer}, cosigners...)...)
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

func (l *foreignLog) proof(index, size int, cosigners ...note.Signer) []byte {
	l.t.Helper()
	hashes, err := l.tree.InclusionProof(uint64(index), uint64(size))
	if err != nil {
		l.t.Fatal(err)
	}
	p := f_proof.TLogProof{Index: uint64(index), Checkpoint: l.checkpoint(size, cosigners...)}
	for _, h := range hashes {
		p.Hashes = append(p.Hashes, [32]byte(h))
	}
	return p.Marshal()
}

func (l *foreignLog) trusted() *Log {
	l.t.Helper()
	log, err := NewLog(origin, l.key)
	if err != nil {
		l.t.Fatal(err)
	}
	return log
}

func TestVerifyForeignProofs(t *testing.T) {
	const most = 20
	l := newForeignLog(t, most)
	for size := 1; size <= most; size++ {
		for i := range size {
			file := l.proof(i, size)
			p, err := ParseProof(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(p.Bytes(), file) {
				t.Fatalf("written as\n%s\nwant\n%s", p.Bytes(), file)
			}
			c, err := l.trusted().Verify(p, leaf(i))
			if err != nil || c.Size != uint64(size) || len(c.Signature) != 64 {
				t.Fatalf("entry %d of %d: %+v, %v", i, size, c, err)
			}
			if _, err := l.trusted().Verify(p, leaf(i+1)); !errors.Is(err, ErrNotIncluded) {
				t.Fatalf("entry %d of %d for another: %v", i, size, err)
			}
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	l := newForeignLog(t, 9)
	other, err := NewLog(origin, ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := NewLog("log.example/other", l.key)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		log    *Log
		change func(p *Proof)
		want   error
	}{
		{"nothing changed", l.trusted(), func(*Proof) {}, nil},
		{"another index", l.trusted(), func(p *Proof) { p.Index = 4 }, ErrNotIncluded},
		{"index behind the end", l.trusted(), func(p *Proof) { p.Index = 9 }, ErrNotIncluded},
		{"a hash less", l.trusted(), func(p *Proof) { p.Hashes = p.Hashes[1:] }, ErrNotIncluded},
		{"a hash more", l.trusted(), func(p *Proof) { p.Hashes = append(p.Hashes, Hash{}) }, ErrNotIncluded},
		{"another hash", l.trusted(), func(p *Proof) { p.Hashes[0][0]++ }, ErrNotIncluded},
		{"checkpoint of another size", l.trusted(), func(p *Proof) { p.Checkpoint = l.checkpoint(8) }, ErrNotIncluded},
		{"changed checkpoint", l.trusted(), func(p *Proof) { p.Checkpoint = bytes.Replace(p.Checkpoint, []byte("\n9\n"), []byte("\n8\n"), 1) }, ErrSignature},
		{"another key", other, func(*Proof) {}, ErrSignature},
		{"another log", elsewhere, func(*Proof) {}, ErrSignature},
	} {
		p, err := ParseProof(l.proof(3, 9))
		if err != nil {
			t.Fatal(err)
		}
		c.change(p)
		if _, err := c.log.Verify(p, leaf(3)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestWitnessPolicy(t *testing.T) {
	l := newForeignLog(t, 3)
	cosigner := func(name string, seed byte) (note.Signer, string) {
		secret, public, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{seed}, 32)), name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := f_note.NewSignerForCosignatureV1(secret)
		if err != nil {
			t.Fatal(err)
		}
		return s, public
	}
	a, aKey := cosigner("witness.example/a", 1)
	b, bKey := cosigner("witness.example/b", 2)
	policy, err := ParseWitnessPolicy(fmt.Appendf(nil, "witness a %s http://a\nwitness b %s http://b\ngroup both all a b\nquorum both\n", aKey, bKey))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		by   []note.Signer
		n    int
		want error
	}{{"both", []note.Signer{a, b}, 2, nil}, {"one", []note.Signer{b}, 1, ErrWitnesses}, {"none", nil, 0, ErrWitnesses}} {
		signed, err := l.trusted().Open(l.checkpoint(3, c.by...))
		if err != nil {
			t.Fatal(err)
		}
		got, err := policy.Check(signed)
		if !errors.Is(err, c.want) || len(got) != c.n {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
		for _, g := range got {
			if g.Time.Year() < 2020 {
				t.Errorf("%s: time %v", c.name, g.Time)
			}
		}
	}
	if _, err := ParseWitnessPolicy([]byte("quorum nobody")); err == nil {
		t.Error("a policy with an unknown quorum is accepted")
	}
}

func TestParseProofRefuses(t *testing.T) {
	const hash = "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ="
	const head = "c2sp.org/tlog-proof@v1\n"
	for name, file := range map[string]string{
		"empty":                "",
		"another header":       "c2sp.org/tlog-proof@v2\nindex 0\n\nx",
		"no index":             head + "\nx",
		"no checkpoint":        head + "index 0\n",
		"leading zero":         head + "index 01\n\nx",
		"sign":                 head + "index +1\n\nx",
		"index above 63 bits":  head + "index 9223372036854775808\n\nx",
		"two indexes":          head + "index 1\nindex 1\n\nx",
		"extra behind index":   head + "index 1\nextra AA==\n\nx",
		"extra without base64": head + "extra %\nindex 1\n\nx",
		"extra with slack":     head + "extra AB==\nindex 1\n\nx",
		"short hash":           head + "index 1\nAAAA\n\nx",
		"blank in a hash":      head + "index 1\n" + hash + " \n\nx",
		"carriage return":      head + "index 1\r\n\nx",
		"too many hashes":      head + "index 1\n" + strings.Repeat(hash+"\n", 64) + "\nx",
		"too large":            head + "index 1\n\n" + strings.Repeat("x", MaxProof),
	} {
		if p, err := ParseProof([]byte(file)); err == nil {
			t.Errorf("%s: accepted as %+v", name, p)
		}
	}
	p, err := ParseProof([]byte(head + "extra \nindex 0\n\nx"))
	if err != nil || p.Extra == nil || len(p.Extra) != 0 {
		t.Errorf("an empty extra line: %+v, %v", p, err)
	}
}

// The log has one tile, made of a foreign tree's hashes.
func TestCheckGrowth(t *testing.T) {
	l := newForeignLog(t, 200)
	at := func(size int) Checkpoint {
		return Checkpoint{Origin: origin, Size: uint64(size), Root: Hash(l.tree.HashAt(uint64(size)))}
	}
	var full []byte
	for i := range 200 {
		full = append(full, rfc6962.DefaultHasher.HashLeaf(leaf(i))...)
	}
	asked := ""
	fetch := func(_ context.Context, path string) ([]byte, error) {
		asked = path
		if path != "tile/0/000.p/200" {
			return nil, os.ErrNotExist
		}
		return full, nil
	}
	for _, size := range []int{1, 2, 100, 127, 128, 199, 200} {
		if err := CheckGrowth(t.Context(), fetch, at(size), at(200)); err != nil {
			t.Errorf("from %d: %v (asked for %s)", size, err, asked)
		}
		bad := at(size)
		bad.Root[0]++
		if err := CheckGrowth(t.Context(), fetch, bad, at(200)); err == nil {
			t.Errorf("from another tree of %d: accepted", size)
		}
	}
	if err := CheckGrowth(t.Context(), fetch, at(200), at(100)); err == nil {
		t.Error("a log that shrinks is accepted")
	}
	full[0]++
	if err := CheckGrowth(t.Context(), fetch, at(100), at(200)); err == nil {
		t.Error("changed tiles are accepted")
	}
}

func TestSigner(t *testing.T) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32))
	s, err := Signer(origin, key)
	if err != nil {
		t.Fatal(err)
	}
	text := Checkpoint{Origin: origin, Size: 5, Root: Hash{1}}.Text()
	signed, err := note.Sign(&note.Note{Text: text}, s)
	if err != nil {
		t.Fatal(err)
	}
	v, err := Verifier(origin, key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	c, _, _, err := f_log.ParseCheckpoint(signed, origin, v)
	if err != nil || c.Size != 5 || c.Hash[0] != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	if shown := fmt.Sprintf("%v %+v %#v", s, s, s); strings.Contains(shown, fmt.Sprintf("%x", key[:4])) || !strings.Contains(shown, "hidden") {
		t.Errorf("shown as %s", shown)
	}
	for _, name := range []string{"", "a b", "a+b", "a\nb"} {
		if _, err := Signer(name, key); err == nil {
			t.Errorf("name %q is accepted", name)
		}
	}
}

func FuzzParseProof(f *testing.F) {
	f.Add([]byte("c2sp.org/tlog-proof@v1\nextra AA==\nindex 1\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n\no\n2\n"))
	f.Add([]byte("c2sp.org/tlog-proof@v1\nindex 0\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParseProof(b)
		if err != nil {
			return
		}
		if !bytes.Equal(p.Bytes(), b) {
			t.Errorf("%q is written as %q", b, p.Bytes())
		}
		var foreign f_proof.TLogProof
		if len(b) < 60000 && !bytes.Contains(p.Checkpoint, []byte("\r")) { // its lines are bounded, and lose returns
			if err := foreign.Unmarshal(b); err != nil || foreign.Index != p.Index || len(foreign.Hashes) != len(p.Hashes) {
				t.Errorf("%q: another implementation reads %+v, %v", b, foreign, err)
			}
		}
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add("log.example/floe\n5\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := ParseCheckpoint(text); err == nil && c.Text() != text {
			t.Errorf("%q is written as %q", text, c.Text())
		}
	})
}
