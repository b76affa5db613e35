package tilelog

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	f_log "github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"

	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/oracle/witness"
	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

var (
	key    = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	issuer = sui.Address{1}
	origin = receipt.LogOrigin(issuer)
)

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func openJournal(t testing.TB, dir string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(journal.Config{Dir: dir, Issuer: issuer, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func write(t testing.TB, j *journal.Journal, n int) {
	t.Helper()
	for range n {
		c := &receipt.Claims{Decision: receipt.Refuse, Reason: &receipt.Reason{Code: fmt.Sprint(j.Len())}}
		if _, err := j.Write(t.Context(), c, nil, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func openLog(t testing.TB, dir string, j *journal.Journal, change func(*Config)) *Log {
	t.Helper()
	cfg := Config{Dir: dir, Origin: origin, Key: key, Journal: j}
	if change != nil {
		change(&cfg)
	}
	l, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// until waits for a state that is to come about.
func until(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !f(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func untilPublished(t testing.TB, l *Log, n uint64) {
	t.Helper()
	until(t, fmt.Sprintf("%d receipts are in the log", n), func() bool { return l.Status().Published == n })
}

// checkLog reads the log through HTTP as a stranger does, with libraries of
// others, and demands that it is the tree of the journal's receipts.
func checkLog(t *testing.T, l *Log, j *journal.Journal) {
	t.Helper()
	raw := get(t, l, "/checkpoint")
	v, err := logproof.Verifier(origin, key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	c, _, _, err := f_log.ParseCheckpoint(raw, origin, v)
	if err != nil {
		t.Fatal(err)
	}
	jwts, err := j.Read(0, int(j.Len()))
	if err != nil {
		t.Fatal(err)
	}
	tree := testonly.New(rfc6962.DefaultHasher)
	for _, jwt := range jwts {
		tree.AppendData(receipt.Leaf(jwt))
	}
	if c.Size != j.Len() || !bytes.Equal(c.Hash, tree.Hash()) {
		t.Fatalf("checkpoint of %d entries %x, want %d with %x", c.Size, c.Hash, j.Len(), tree.Hash())
	}
	var sequences []uint64
	for n := range c.Size {
		sequences = append(sequences, n+1)
	}
	proofs, err := l.Prove(t.Context(), sequences...)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range proofs {
		var hashes [][]byte
		for _, h := range p.Hashes {
			hashes = append(hashes, h[:])
		}
		leaf := rfc6962.DefaultHasher.HashLeaf(receipt.Leaf(jwts[i]))
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(i), c.Size, leaf, hashes, c.Hash); err != nil {
			t.Fatalf("receipt %d: %v", i+1, err)
		}
	}
}

func get(t *testing.T, l *Log, path string) []byte {
	t.Helper()
	w := httptest.NewRecorder()
	l.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	if w.Code != 200 {
		t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

func TestLogFollowsJournal(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, filepath.Join(dir, "journal"))
	write(t, j, 3) // before there is a log
	l := openLog(t, filepath.Join(dir, "log"), j, nil)
	untilPublished(t, l, 3)
	checkLog(t, l, j)
	write(t, j, 300) // more than a tile, and batches of each size
	untilPublished(t, l, 303)
	checkLog(t, l, j)
	if s := l.Status(); s.Late != nil || s.Waiting != 0 || s.Journal != 303 {
		t.Errorf("status %+v", s)
	}
	bundle := get(t, l, "/tile/entries/000")
	if len(bundle) != 256*34 { // two bytes of length and a hash each
		t.Errorf("entries have %d bytes", len(bundle))
	}
	if n := len(get(t, l, "/tile/0/000")); n != 256*32 {
		t.Errorf("tile has %d bytes", n)
	}
	for _, path := range []string{"/", "/.state/treeState", "/tile/.state/treeState", "/tile/0/../../.state/treeState", "/tile/00/000",
		"/tile/0/0", "/tile/0/001", "/tile/entries/x000/000", "/tile/0/000.p/47x", "/tile/64/000", "/checkpoint/x"} {
		w := httptest.NewRecorder()
		l.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code == 200 {
			t.Errorf("GET %s: %d", path, w.Code)
		}
	}
	if p, err := l.Prove(t.Context(), 0, 303, 304); err != nil || p[0] != nil || p[1] == nil || p[2] != nil {
		t.Errorf("proofs %v, %v", p, err)
	}
}

// endless is a journal that gets a receipt each time that it is read, until it is
// told to stop: a server under load.
type endless struct {
	*journal.Journal
	t    *testing.T
	stop atomic.Bool
}

func (e *endless) Read(after uint64, limit int) ([]string, error) {
	if !e.stop.Load() {
		write(e.t, e.Journal, 1)
	}
	return e.Journal.Read(after, limit)
}

// While receipts come without end, the log takes notice of what it has published.
func TestLogUnderLoad(t *testing.T) {
	dir := t.TempDir()
	e := &endless{Journal: openJournal(t, dir), t: t}
	l := openLog(t, filepath.Join(dir, "log"), e.Journal, func(c *Config) { c.Journal = e })
	t.Cleanup(func() { e.stop.Store(true) }) // also after a failure, or Close would wait
	write(t, e.Journal, 1)
	l.Notice()
	until(t, "some of it is published", func() bool { return l.Status().Published > 0 })
	e.stop.Store(true)
	until(t, "all of it is published", func() bool { s := l.Status(); return s.Published == s.Journal })
	checkLog(t, l, e.Journal)
}

func TestLogGoesOn(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, filepath.Join(dir, "journal"))
	path := filepath.Join(dir, "log")
	for i := range 4 {
		l := openLog(t, path, j, nil)
		write(t, j, 20)
		if err := l.Close(); err != nil { // with receipts that nobody waited for
			t.Fatal(err)
		}
		if s := l.Status(); s.Published != uint64(20*(i+1)) || s.Waiting != 0 {
			t.Errorf("closed with %+v", s)
		}
	}
	l := openLog(t, path, j, nil)
	untilPublished(t, l, 80)
	checkLog(t, l, j)
	before := get(t, l, "/checkpoint")
	l.Close()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	l = openLog(t, path, j, nil)
	untilPublished(t, l, 80)
	if after := get(t, l, "/checkpoint"); !bytes.Equal(after, before) {
		t.Errorf("made anew:\n%s\nbefore:\n%s", after, before)
	}
}

// A copy of the files at any moment is what a crash leaves: first the state,
// then the tiles, which are written before it.
func TestLogSurvivesCrash(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, filepath.Join(dir, "journal"))
	l := openLog(t, filepath.Join(dir, "log"), j, nil)
	var crashes []string
	for i := range 6 {
		write(t, j, 15*i)
		crash := filepath.Join(dir, fmt.Sprint("crash", i))
		for _, part := range []string{"checkpoint", ".state", "tile"} {
			copyTree(t, filepath.Join(dir, "log", part), filepath.Join(crash, part))
		}
		crashes = append(crashes, crash)
	}
	untilPublished(t, l, j.Len())
	l.Close()
	for _, crash := range crashes {
		again := openLog(t, crash, j, nil)
		untilPublished(t, again, j.Len())
		checkLog(t, again, j)
		again.Close()
	}
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if errors.Is(err, os.ErrNotExist) {
		return // replaced or removed just now
	}
	if err != nil {
		t.Fatal(err)
	}
	if !info.IsDir() {
		if b, err := os.ReadFile(from); err == nil {
			os.MkdirAll(filepath.Dir(to), 0o700)
			os.WriteFile(to, b, 0o600)
		}
		return
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		copyTree(t, filepath.Join(from, e.Name()), filepath.Join(to, e.Name()))
	}
}

// The folder may be a link, or below one, as systemd's StateDirectory is.
func TestLogBelowLink(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, filepath.Join(dir, "journal"))
	write(t, j, 1)
	for i, path := range []string{"state/log", "state/new/log", "log"} {
		name, _, _ := strings.Cut(path, "/")
		if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
			target := filepath.Join(dir, fmt.Sprint("target", i))
			if err := errors.Join(os.Mkdir(target, 0o700), os.Symlink(target, filepath.Join(dir, name))); err != nil {
				t.Fatal(err)
			}
		}
		l := openLog(t, filepath.Join(dir, path), j, nil)
		untilPublished(t, l, 1)
		checkLog(t, l, j)
		l.Close()
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	short := openJournal(t, filepath.Join(dir, "short"))
	write(t, short, 5)
	long := openJournal(t, filepath.Join(dir, "long"))
	write(t, long, 9)
	path := filepath.Join(dir, "log")
	l := openLog(t, path, long, nil)
	untilPublished(t, l, 9)
	l.Close()
	open := func(j *journal.Journal, change func(*Config)) error {
		cfg := Config{Dir: path, Origin: origin, Key: key, Journal: j}
		if change != nil {
			change(&cfg)
		}
		_, err := Open(t.Context(), cfg)
		return err
	}
	if err := open(short, nil); !errors.Is(err, ErrRolledBack) {
		t.Errorf("a journal from an old copy: %v", err)
	}
	write(t, short, 10) // goes on with other receipts of the same numbers
	if err := open(short, nil); !errors.Is(err, ErrDiffers) {
		t.Errorf("another journal: %v", err)
	}
	if err := open(long, func(c *Config) { c.Origin = "another" }); err == nil {
		t.Error("another origin is accepted")
	}
	if err := open(long, func(c *Config) { c.Key = ed25519.NewKeyFromSeed(make([]byte, 32)) }); !errors.Is(err, logproof.ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	if err := open(long, func(c *Config) { c.WitnessPolicy = []byte("quorum x") }); err == nil {
		t.Error("a bad witness policy is accepted")
	}
}

// A disk that can't be written to: nothing is lost, the log is late, and
// catches up by itself.
func TestLogLate(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, filepath.Join(dir, "journal"))
	now := &clock{now: time.Unix(1e9, 0)}
	l := openLog(t, filepath.Join(dir, "log"), j, func(c *Config) { c.Now = now.time })
	obstacle := filepath.Join(dir, "log", "tile")
	if err := os.WriteFile(obstacle, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, j, 20)
	if s := l.Status(); s.Late != nil {
		t.Errorf("late at once: %v", s.Late)
	}
	now.move(time.Second)
	if s := l.Status(); s.Late != nil || s.Published != 0 {
		t.Errorf("after the promised time: %+v", s)
	}
	now.move(time.Millisecond)
	if s := l.Status(); !errors.Is(s.Late, ErrLate) || !strings.Contains(s.Late.Error(), "receipt 1 ") {
		t.Errorf("too late: %v", s.Late)
	}
	if err := os.Remove(obstacle); err != nil {
		t.Fatal(err)
	}
	untilPublished(t, l, 20)
	if s := l.Status(); s.Late != nil {
		t.Errorf("caught up: %v", s.Late)
	}
	checkLog(t, l, j)
}

func TestWitnesses(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, filepath.Join(dir, "journal"))
	log, err := logproof.NewLog(origin, key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	var policy strings.Builder
	var servers []*httptest.Server
	for i, name := range []string{"a", "b"} {
		w, err := witness.New(witness.Config{Name: "witness.example/" + name, Dir: filepath.Join(dir, name),
			Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(10 + i)}, 32)), Logs: []*logproof.Log{log}})
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewServer(w.Handler())
		t.Cleanup(s.Close)
		servers = append(servers, s)
		fmt.Fprintf(&policy, "witness %s %s %s\n", name, w.VerifierKey(), s.URL)
	}
	policy.WriteString("group both all a b\nquorum both\n")
	l := openLog(t, filepath.Join(dir, "log"), j, func(c *Config) { c.WitnessPolicy = []byte(policy.String()) })
	parsed, err := logproof.ParseWitnessPolicy([]byte(policy.String()))
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(3) {
		write(t, j, 5)
		untilPublished(t, l, 5*(i+1))
		c, err := l.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if by, err := parsed.Check(c); err != nil || len(by) != 2 || !l.Status().Cosigned {
			t.Fatalf("cosigned by %v: %v", by, err)
		}
	}
	// The whole directory is lost, or an old copy comes back, without the log.
	for name, n := range map[string]int{"lost": 0, "copy": 14} {
		other := openJournal(t, filepath.Join(dir, name))
		if n > 0 {
			write(t, other, n)
		}
		_, err := Open(t.Context(), Config{Dir: filepath.Join(dir, name, "log"), Origin: origin, Key: key, Journal: other, WitnessPolicy: []byte(policy.String())})
		if !errors.Is(err, ErrRolledBack) || !strings.Contains(err.Error(), "witness.example/a has cosigned 15") {
			t.Errorf("%s: %v", name, err)
		}
	}
	servers[1].Close()
	write(t, j, 1)
	untilPublished(t, l, 16) // published all the same
	if l.Status().Cosigned {
		t.Error("a witness is down, and nobody noticed")
	}
}

func BenchmarkAdd(b *testing.B) {
	dir := b.TempDir()
	j := openJournal(b, filepath.Join(dir, "journal"))
	l := openLog(b, filepath.Join(dir, "log"), j, nil)
	for b.Loop() {
		write(b, j, 1)
	}
	b.StopTimer()
	untilPublished(b, l, j.Len())
}

// BenchmarkRate adds 500 receipts per second with the log beside, and reports
// how long a receipt takes to be durable, and into a published checkpoint.
func BenchmarkRate(b *testing.B) {
	dir := b.TempDir()
	j := openJournal(b, filepath.Join(dir, "journal"))
	l := openLog(b, filepath.Join(dir, "log"), j, nil)
	durable, logged := newTimes(b.N), newTimes(b.N)
	written := make([]time.Time, b.N)
	var wait sync.WaitGroup
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	wait.Go(func() { // notes when each receipt is published
		for n := 0; n < b.N && ctx.Err() == nil; time.Sleep(time.Millisecond) {
			now := time.Now()
			for p := int(l.Status().Published); n < p; n++ {
				logged.add(now.Sub(written[n]))
			}
		}
	})
	var writers sync.WaitGroup
	var mu sync.Mutex
	for i := range b.N {
		<-tick.C
		written[i] = time.Now()
		writers.Go(func() {
			c := &receipt.Claims{Decision: receipt.Refuse, Reason: &receipt.Reason{Code: "x"}}
			start := time.Now()
			if _, err := j.Write(ctx, c, nil, nil, nil); err != nil {
				b.Error(err)
			}
			mu.Lock()
			durable.add(time.Since(start))
			mu.Unlock()
		})
	}
	b.StopTimer()
	writers.Wait()
	untilPublished(b, l, uint64(b.N))
	wait.Wait()
	durable.report(b, "durable")
	logged.report(b, "logged")
}

// A server with many logs waits once for a witness that does not answer.
func TestSilentWitnessIsAskedOnce(t *testing.T) {
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked.Add(1)
		panic(http.ErrAbortHandler) // hangs up
	}))
	defer s.Close()
	const vkey = "other.example/w+f5fbfc45+BKwVyTwx1sYpKhVSSvbkJfiA3DSGFzZ2P2Vu8JWzGBIZ" // of floe-oracle witness
	policy, err := logproof.ParseWitnessPolicy(fmt.Appendf(nil, "witness w %s %s\nquorum w\n", vkey, s.URL))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if seen, err := AskWitnesses(t.Context(), policy, fmt.Sprint("log.example/", i), key); err != nil || len(seen) != 0 {
			t.Fatalf("%v, %v", seen, err)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
}
