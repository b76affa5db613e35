package witness

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	f_log "github.com/transparency-dev/formats/log"
	f_note "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"
	"golang.org/x/mod/sumdb/note"

	"github.com/floe-data/floe/sdk/logproof"
)

const origin = "log.example/floe"

var (
	logKey     = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	witnessKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
)

// fixture is a witness of one log, and trees to show it, which are made with
// the libraries of others.
type fixture struct {
	t    *testing.T
	w    *Witness
	dir  string
	tree *testonly.Tree // the log
	fork *testonly.Tree // differs in entry 3
}

func start(t *testing.T, dir string) *fixture {
	t.Helper()
	log, err := logproof.NewLog(origin, logKey.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	w, err := New(Config{Name: "witness.example/w", Key: witnessKey, Dir: dir, Logs: []*logproof.Log{log},
		Now: func() time.Time { return time.Unix(1679315147, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t, w, dir, testonly.New(rfc6962.DefaultHasher), testonly.New(rfc6962.DefaultHasher)}
	for i := range 20 {
		f.tree.AppendData(fmt.Appendf(nil, "entry %d", i))
		f.fork.AppendData(fmt.Appendf(nil, "entry %d", i+i/3*100))
	}
	return f
}

func checkpoint(t *testing.T, tree *testonly.Tree, size uint64, name string, key ed25519.PrivateKey) string {
	t.Helper()
	s, err := logproof.Signer(name, key)
	if err != nil {
		t.Fatal(err)
	}
	text := f_log.Checkpoint{Origin: name, Size: size, Hash: tree.HashAt(size)}.Marshal()
	b, err := note.Sign(&note.Note{Text: string(text)}, s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func body(t *testing.T, tree *testonly.Tree, from, to uint64, signed string) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "old %d\n", from)
	if from > 0 && from < to {
		proof, err := tree.ConsistencyProof(from, to)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range proof {
			b.WriteString(base64.StdEncoding.EncodeToString(h) + "\n")
		}
	}
	return b.String() + "\n" + signed
}

func (f *fixture) post(body string) (int, string, string) {
	f.t.Helper()
	w := httptest.NewRecorder()
	f.w.Handler().ServeHTTP(w, httptest.NewRequest("POST", "/add-checkpoint", strings.NewReader(body)))
	b, _ := io.ReadAll(w.Body)
	return w.Code, w.Header().Get("Content-Type"), string(b)
}

func TestCosignature(t *testing.T) {
	dir := t.TempDir()
	f := start(t, dir)
	from := uint64(0)
	for _, size := range []uint64{0, 1, 1, 7, 8, 20, 20} {
		signed := checkpoint(t, f.tree, size, origin, logKey)
		status, _, line := f.post(body(t, f.tree, from, size, signed))
		if status != 200 {
			t.Fatalf("from %d to %d: %d %s", from, size, status, line)
		}
		v, err := f_note.NewVerifierForCosignatureV1(f.w.VerifierKey())
		if err != nil {
			t.Fatal(err)
		}
		n, err := note.Open([]byte(signed+line), note.VerifierList(v))
		if err != nil {
			t.Fatalf("%v of %s", err, line)
		}
		if at, err := f_note.CoSigV1Timestamp(n.Sigs[0]); err != nil || at.Unix() != 1679315147 {
			t.Errorf("time %v, %v", at, err)
		}
		from = size
		f = start(t, dir) // what was cosigned is kept
	}
}

// The statuses are those that tlog-witness demands.
func TestRefusals(t *testing.T) {
	f := start(t, t.TempDir())
	good := func(size uint64) string { return checkpoint(t, f.tree, size, origin, logKey) }
	if status, _, b := f.post(body(t, f.tree, 0, 10, good(10))); status != 200 {
		t.Fatal(status, b)
	}
	stored, err := filepath.Glob(filepath.Join(f.dir, "*.checkpoint"))
	if err != nil || len(stored) != 1 {
		t.Fatal(stored, err)
	}
	before, _ := os.ReadFile(stored[0])
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32))
	hash := strings.Repeat("A", 43) + "="
	for _, c := range []struct {
		name, body string
		status     int
	}{
		{"another log", body(t, f.tree, 10, 12, checkpoint(t, f.tree, 12, "log.example/other", logKey)), 404},
		{"another key", body(t, f.tree, 10, 12, checkpoint(t, f.tree, 12, origin, other)), 403},
		{"changed size", body(t, f.tree, 10, 12, strings.Replace(good(12), "\n12\n", "\n13\n", 1)), 403},
		{"old size too large", body(t, f.tree, 10, 9, good(9)), 400},
		{"old size of nobody", body(t, f.tree, 9, 12, good(12)), 409},
		{"from the beginning again", body(t, f.tree, 0, 12, good(12)), 409},
		{"a fork", body(t, f.fork, 10, 12, checkpoint(t, f.fork, 12, origin, logKey)), 422},
		{"a fork of this size", body(t, f.fork, 10, 10, checkpoint(t, f.fork, 10, origin, logKey)), 409},
		{"a proof of nothing", "old 10\n\n" + good(12), 422},
		{"a proof too much", "old 10\n" + hash + "\n\n" + good(10), 422},
		{"empty", "", 400},
		{"no old size", "\n\n" + good(12), 400},
		{"leading zero", "old 010\n\n" + good(12), 400},
		{"bad hash", "old 10\nAAAA\n\n" + good(12), 400},
		{"too many hashes", "old 10\n" + strings.Repeat(hash+"\n", 64) + "\n" + good(12), 400},
		{"too large", "old 10\n\n" + good(12) + strings.Repeat("x", maxBody), 400},
	} {
		status, kind, b := f.post(c.body)
		if status != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, status, b, c.status)
		}
		if c.status == 409 && !strings.Contains(c.name, "of this size") && (b != "10\n" || kind != "text/x.tlog.size") {
			t.Errorf("%s: %s %q", c.name, kind, b)
		}
	}
	if after, _ := os.ReadFile(stored[0]); !bytes.Equal(after, before) {
		t.Error("a refused checkpoint was stored")
	}
	if err := os.WriteFile(stored[0], []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(f.w.cfg); err == nil || !strings.Contains(err.Error(), "begin anew with another key") {
		t.Errorf("a damaged checkpoint: %v", err)
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte("old 10\n" + strings.Repeat("A", 43) + "=\n\nlog\n12\n"))
	f.Add([]byte("old 0\n\r" + strings.Repeat("A", 43) + "=\n\n")) // case 1: a line break in a hash
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseRequest(b)
		if err != nil {
			return
		}
		again := fmt.Appendf(nil, "old %d\n", r.oldSize)
		for _, h := range r.proof {
			again = append(again, base64.StdEncoding.EncodeToString(h[:])+"\n"...)
		}
		if again = append(append(again, '\n'), r.checkpoint...); !bytes.Equal(again, b) {
			t.Errorf("%q is read as %q", b, again)
		}
	})
}
