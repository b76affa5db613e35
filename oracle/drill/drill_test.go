package drill

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/archive"
	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/oracle/retention"
	"github.com/floe-data/floe/oracle/tilelog"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

var (
	key    = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	issuer = sui.Address{1}
)

// fixture is a running journal and log.
type fixture struct {
	t   *testing.T
	dir string
	j   *journal.Journal
	l   *tilelog.Log
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, dir: t.TempDir()}
	var err error
	if f.j, err = journal.Open(journal.Config{Dir: f.dir, Issuer: issuer, Key: key}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.j.Close() })
	if f.l, err = tilelog.Open(t.Context(), tilelog.Config{Dir: filepath.Join(f.dir, tilelog.DirName), Origin: receipt.LogOrigin(issuer), Key: key, Journal: f.j}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.l.Close() })
	return f
}

func (f *fixture) write(n int) {
	f.t.Helper()
	for range n {
		var o receipt.Opening
		c := &receipt.Claims{Decision: receipt.Refuse, Reason: &receipt.Reason{Code: fmt.Sprint(f.j.Len())}, RequesterCommitment: o.RequesterCommitment()}
		if _, err := f.j.Write(f.t.Context(), c, []sui.Address{{7}}, &o, nil); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *fixture) untilLogged() {
	f.t.Helper()
	for end := time.Now().Add(30 * time.Second); f.l.Status().Published != f.j.Len(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatal("the receipts are not in the log")
		}
	}
}

// decide writes receipts with evidence over the object of a number.
func (f *fixture) decide(numbers ...uint64) {
	f.t.Helper()
	a, err := archive.Open(filepath.Join(f.dir, archive.DirName), key)
	if err != nil {
		f.t.Fatal(err)
	}
	defer a.Close()
	for _, n := range numbers {
		coin := execution.GenesisCoin(sui.Address{9}, sui.Address{8}, n)
		ev := &evidence.Evidence{Manifest: evidence.Manifest{Objects: []sui.ObjectRef{coin.Ref()}}, Content: []*sui.Object{coin}}
		ev.Transaction.Kind.Programmable = new(sui.ProgrammableTransaction)
		short, err := a.Keep(f.t.Context(), ev)
		if err != nil {
			f.t.Fatal(err)
		}
		o := receipt.Opening{Salt: [32]byte{byte(n)}}
		commitment := ev.Commitment(o.Salt)
		c := &receipt.Claims{Decision: receipt.Refuse, Reason: &receipt.Reason{Code: "x"}, RequesterCommitment: o.RequesterCommitment(), Evidence: &commitment}
		if _, err := f.j.Write(f.t.Context(), c, []sui.Address{{7}}, &o, short); err != nil {
			f.t.Fatal(err)
		}
	}
}

// The evidence is tried too: that it is there, whole, and what receipts commit to.
func TestDrillEvidence(t *testing.T) {
	f := start(t)
	f.write(2)
	f.decide(1, 2, 1, 3)
	f.untilLogged()
	var told []string
	watch := func(c *Config) {
		c.Progress = func(what string, done, total uint64) {
			if done == total && (len(told) == 0 || told[len(told)-1] != what) {
				told = append(told, what)
			}
		}
	}
	if r, found := f.try(f.dir, watch); found != "" || r.Evidence != 4 || r.Receipts != 6 {
		t.Errorf("%+v", r)
	}
	if want := []string{"reading receipts", "making the log anew", "reading evidence", "comparing evidence"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	pack := filepath.Join(archive.DirName, "00000001.pack")
	copied := func(evidence func([]byte) []byte) string {
		dir := f.backup()
		b, err := os.ReadFile(filepath.Join(f.dir, pack))
		if err == nil {
			err = os.Mkdir(filepath.Join(dir, archive.DirName), 0o700)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, pack), evidence(b), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return dir
	}
	if _, found := f.try(copied(func(b []byte) []byte { return b }), nil); found != "" {
		t.Errorf("a copy: %s", found)
	}
	if _, found := f.try(f.backup(), nil); found != "evidence_lost evidence_lost evidence_lost evidence_lost" {
		t.Errorf("no evidence in the backup: %s", found)
	}
	if r, found := f.try(copied(func(b []byte) []byte { return b[:len(b)-1] }), nil); found != "evidence_lost" || r.Evidence != 3 {
		t.Errorf("the last is cut off: %s", found)
	}
	if _, found := f.try(copied(func(b []byte) []byte { b[100] ^= 1; return b }), nil); found != "evidence_damaged" {
		t.Errorf("a wrong bit: %s", found)
	}
	pruned := copied(func(b []byte) []byte { return b })
	later := func() time.Time { return time.Now().Add(2 * time.Hour) }
	if _, err := retention.Run(t.Context(), retention.Config{JournalDir: pruned, Issuer: issuer, Key: key, OlderThan: time.Hour, Apply: true, Now: later}); err != nil {
		t.Fatal(err)
	}
	if r, found := f.try(pruned, nil); found != "" || r.Evidence != 0 || r.Pruned != 4 {
		t.Errorf("pruned: %+v", r)
	}
	swapped := copied(func(b []byte) []byte { return b })
	lines, err := os.ReadFile(filepath.Join(swapped, journal.FileName))
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(string(lines), "\n")
	third, err := journal.ReadFile(swapped, key, 3)
	if err != nil {
		t.Fatal(err)
	}
	fourth, err := journal.ReadFile(swapped, key, 4)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString // as lines were before they were sealed
	all[2] = third.JWT + " " + encode(append(third.Opening.Salt[:], third.Opening.Requester[:]...)) + " " + encode(fourth.Evidence)
	if err := os.WriteFile(filepath.Join(swapped, journal.FileName), []byte(strings.Join(all, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, found := f.try(swapped, nil); found != "evidence_lost" || !strings.Contains(r.Findings[0].Text, "receipt 3 is not there: the receipt commits to another") {
		t.Errorf("evidence of another: %+v", r)
	}
}

// try runs a drill over a directory and returns the codes of its findings.
func (f *fixture) try(dir string, change func(*Config)) (*Report, string) {
	f.t.Helper()
	master, err := seal.ParseMasterKey(bytes.Repeat([]byte{5}, 32))
	if err != nil {
		f.t.Fatal(err)
	}
	public := master.PublicKey()
	cfg := Config{JournalDir: dir, Issuer: issuer, Key: key, Master: master, PublicKey: &public, Sandbox: f.t.TempDir(), Rand: rand.Reader}
	if change != nil {
		change(&cfg)
	}
	r, err := Run(f.t.Context(), cfg)
	if err != nil {
		f.t.Fatal(err)
	}
	var codes []string
	for _, x := range r.Findings {
		codes = append(codes, x.Code)
	}
	return r, strings.Join(codes, " ")
}

// backup copies the journal and the log's checkpoint.
func (f *fixture) backup() string {
	f.t.Helper()
	dir := f.t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, tilelog.DirName), 0o700); err != nil {
		f.t.Fatal(err)
	}
	for _, name := range []string{journal.FileName, tilelog.DirName + "/checkpoint"} {
		if err := copyFile(filepath.Join(f.dir, name), filepath.Join(dir, name)); err != nil {
			f.t.Fatal(err)
		}
	}
	return dir
}

func TestDrill(t *testing.T) {
	f := start(t)
	if r, found := f.try(f.dir, nil); found != "" || r.Receipts != 0 {
		t.Errorf("nothing yet: %+v", r)
	}
	f.write(30)
	f.untilLogged()
	r, found := f.try(f.dir, nil) // beside the running log
	if found != "" || r.Receipts != 30 || r.Logged != 30 {
		t.Errorf("%+v", r)
	}
	c, err := f.l.Checkpoint(t.Context())
	if err != nil || r.Root != c.Root.String() {
		t.Errorf("restored root %s, want %s, %v", r.Root, c.Root, err)
	}

	old := f.backup()
	f.write(5)
	f.untilLogged()
	live, err := f.l.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r, found := f.try(old, nil); found != "" || r.Receipts != 30 {
		t.Errorf("an old backup by itself: %+v", r)
	}
	if r, found := f.try(old, func(c *Config) { c.Seen = live.Raw }); found != "receipts_lost" {
		t.Errorf("an old backup beside the live log: %+v", r)
	}
	other, err := seal.ParseMasterKey(bytes.Repeat([]byte{6}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if r, found := f.try(f.dir, func(c *Config) { c.Master = other }); found != "master_key" {
		t.Errorf("another master key: %+v", r)
	}
}

// A receipt that never reached the log is found, once its time is over.
func TestDrillFindsWhatWasNotLogged(t *testing.T) {
	f := start(t)
	f.write(10)
	f.untilLogged()
	f.l.Close() // a log that stands still
	f.write(2)
	at := func(d time.Duration) func(*Config) {
		return func(c *Config) { c.Now = func() time.Time { return time.Now().Add(d) } }
	}
	if r, found := f.try(f.dir, at(-time.Second)); found != "" {
		t.Errorf("before its time is over: %+v", r)
	}
	r, found := f.try(f.dir, at(time.Minute))
	if found != "not_logged not_logged" || r.Logged != 10 || r.Receipts != 12 || !strings.Contains(r.Findings[0].Text, "receipt 11 ") {
		t.Errorf("%+v", r)
	}
}

func TestDrillFindsDamage(t *testing.T) {
	f := start(t)
	f.write(10)
	f.untilLogged()
	for name, c := range map[string]struct {
		change func(lines []string) string
		found  string
	}{
		"nothing":       {func(l []string) string { return strings.Join(l, "") }, ""},
		"a torn end":    {func(l []string) string { return strings.Join(l, "") + "eyJ" }, ""},
		"the last lost": {func(l []string) string { return strings.Join(l[:8], "") }, "receipts_lost"},
		"one missing":   {func(l []string) string { return strings.Join(append(l[:3:3], l[4:]...), "") }, "journal_damaged"},
		"one changed":   {func(l []string) string { return strings.Replace(strings.Join(l, ""), ".", ".e", 1) }, "journal_damaged"},
		"opening swapped": {func(l []string) string {
			first, rest, _ := strings.Cut(l[0], " ")
			second, more, _ := strings.Cut(l[1], " ")
			return first + " " + more + second + " " + rest + strings.Join(l[2:], "")
		}, "journal_damaged"},
	} {
		dir := f.backup()
		path := filepath.Join(dir, journal.FileName)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(c.change(strings.SplitAfter(string(b), "\n"))), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, found := f.try(dir, nil); found != c.found {
			t.Errorf("%s: %+v, want %q", name, r, c.found)
		}
	}
	// Another history of the same length, whose signatures are right.
	g := start(t)
	g.write(3)
	c := &receipt.Claims{Decision: receipt.Refuse, Reason: &receipt.Reason{Code: "another"}}
	if _, err := g.j.Write(t.Context(), c, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	g.write(8)
	g.untilLogged()
	seen, err := f.l.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r, found := g.try(g.dir, func(c *Config) { c.Seen = seen.Raw }); !strings.HasPrefix(found, "log_differs") {
		t.Errorf("another history: %+v", r)
	}
}
