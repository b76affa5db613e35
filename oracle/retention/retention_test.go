package retention

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/archive"
	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/oracle/tilelog"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

var (
	key    = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	issuer = sui.Address{1}
	begin  = time.UnixMilli(1_800_000_000_000)
)

const day = 24 * time.Hour

// fixture is a key server's folder whose receipts are a day from each other.
type fixture struct {
	t   *testing.T
	dir string
	n   int
}

// decide writes one receipt for each list of balances, with evidence over coins of
// them.
func (f *fixture) decide(lists ...[]uint64) {
	f.t.Helper()
	a, err := archive.Open(filepath.Join(f.dir, archive.DirName), key)
	if err != nil {
		f.t.Fatal(err)
	}
	j, err := journal.Open(journal.Config{Dir: f.dir, Issuer: issuer, Key: key, Now: func() time.Time { return begin.Add(time.Duration(f.n) * day) }})
	if err != nil {
		f.t.Fatal(err)
	}
	for _, balances := range lists {
		ev := of(balances)
		o := receipt.Opening{Salt: [32]byte{byte(f.n)}}
		c := &receipt.Claims{Decision: receipt.Refuse, Reason: &receipt.Reason{Code: "x"}, RequesterCommitment: o.RequesterCommitment()}
		var short []byte
		if ev != nil {
			if short, err = a.Keep(f.t.Context(), ev); err != nil {
				f.t.Fatal(err)
			}
			c.Evidence = new(ev.Commitment(o.Salt))
		}
		if _, err := j.Write(f.t.Context(), c, []sui.Address{{7}}, &o, short); err != nil {
			f.t.Fatal(err)
		}
		f.n++
	}
	if err := errors.Join(j.Close(), a.Close()); err != nil {
		f.t.Fatal(err)
	}
}

// of is evidence over coins; nil without any.
func of(balances []uint64) *evidence.Evidence {
	if balances == nil {
		return nil
	}
	ev := new(evidence.Evidence)
	ev.Transaction.Kind.Programmable = new(sui.ProgrammableTransaction)
	for i, n := range balances {
		coin := execution.GenesisCoin(sui.Address{byte(i + 1)}, sui.Address{8}, n)
		ev.Objects, ev.Content = append(ev.Objects, coin.Ref()), append(ev.Content, coin)
	}
	return ev
}

// config removes what is older than the last so many receipts.
func (f *fixture) config(last int, apply bool) Config {
	return Config{JournalDir: f.dir, Issuer: issuer, Key: key, OlderThan: time.Duration(last) * day, Apply: apply,
		Now: func() time.Time { return begin.Add(time.Duration(f.n)*day - day/2) }}
}

// states tells of each receipt, by its number, whether its evidence is there (+),
// was pruned (p), is lost (l) or never was (-).
func (f *fixture) states() string {
	f.t.Helper()
	a, err := archive.Read(filepath.Join(f.dir, archive.DirName), key)
	if err != nil {
		f.t.Fatal(err)
	}
	defer a.Close()
	var out strings.Builder
	err = journal.Each(f.dir, key, func(rec *journal.Record) error {
		r, err := receipt.Parse(rec.JWT)
		if err != nil {
			return err
		}
		if rec.Evidence == nil {
			out.WriteByte('-')
			return nil
		}
		ev, err := a.Recall(rec.Evidence)
		switch {
		case err == nil && ev.Commitment(rec.Opening.Salt) == *r.Evidence:
			out.WriteByte('+')
		case !errors.Is(err, archive.ErrUnknown):
			return err
		default:
			all, err := Load(f.dir, key, issuer)
			if err != nil {
				return err
			}
			switch s := all.Find(&r.Claims); {
			case s == nil:
				out.WriteByte('l')
			case s.JWT == "":
				f.t.Error("no statement")
			default:
				out.WriteByte('p')
			}
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return out.String()
}

// start has six receipts: the second has no evidence, the third and the fifth are
// about the same, and the first shares a coin with the last.
func start(t *testing.T) *fixture {
	f := &fixture{t: t, dir: t.TempDir()}
	f.decide([]uint64{1, 100}, nil, []uint64{2}, []uint64{3}, []uint64{2}, []uint64{4, 100})
	return f
}

// What younger receipts take stays, and what was removed is said to be.
func TestPrune(t *testing.T) {
	f := start(t)
	before, err := os.ReadFile(filepath.Join(f.dir, journal.FileName))
	if err != nil {
		t.Fatal(err)
	}
	dry, err := Run(t.Context(), f.config(2, false))
	if err != nil {
		t.Fatal(err)
	}
	if dry.Receipts != 6 || dry.Keep != 3 || dry.Lose != 2 || dry.Missing != 0 || dry.Lost != 0 || dry.Applied || dry.Signed != "" {
		t.Errorf("%+v", dry)
	}
	// Two lists, and the coins 1 and 3; 2 lists and the coins 2, 4 and 100 stay.
	if dry.Removed.Items != 4 || dry.Left.Items != 5 {
		t.Errorf("%+v %+v", dry.Removed, dry.Left)
	}
	if got := f.states(); got != "+-++++" {
		t.Fatalf("after a dry run: %s", got)
	}
	r, err := Run(t.Context(), f.config(2, true))
	if err != nil {
		t.Fatal(err)
	}
	if r.Signed == "" || !r.Applied || r.Removed != dry.Removed || r.Left.Items != dry.Left.Items || r.Lose != 2 {
		t.Errorf("%+v", r)
	}
	if got := f.states(); got != "p-+p++" {
		t.Errorf("%s", got)
	}
	after, err := os.ReadFile(filepath.Join(f.dir, journal.FileName))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the journal was changed: %v", err)
	}
	again, err := Run(t.Context(), f.config(2, true))
	if err != nil || again.Removed.Items != 0 || again.Signed != "" || again.Lost != 2 {
		t.Errorf("again: %+v, %v", again, err)
	}
	f.decide([]uint64{3}, []uint64{1, 100}) // what was removed is stored again
	if got := f.states(); got != "+-++++++" {
		t.Errorf("after new decisions about the same: %s", got)
	}
	if _, err := Run(t.Context(), f.config(1, true)); err != nil {
		t.Fatal(err)
	}
	if got := f.states(); got != "+-pppp"+"p+" {
		t.Errorf("the second time: %s", got)
	}
	if b, err := os.ReadFile(path(f.dir)); err != nil || strings.Count(string(b), "\n") != 2 {
		t.Errorf("statements: %q, %v", b, err)
	}
}

// Evidence that went without a word is lost, not pruned; also where a word is about
// other receipts.
func TestLostIsNotPruned(t *testing.T) {
	f := start(t)
	if _, err := Run(t.Context(), f.config(4, true)); err != nil {
		t.Fatal(err)
	}
	if got := f.states(); got != "p-++++" {
		t.Fatal(got)
	}
	packs, err := filepath.Glob(filepath.Join(f.dir, archive.DirName, "*.pack"))
	if err != nil || len(packs) != 1 {
		t.Fatal(packs, err)
	}
	if err := os.Remove(packs[0]); err != nil {
		t.Fatal(err)
	}
	if got := f.states(); got != "p-llll" {
		t.Error(got)
	}
	if r, err := Run(t.Context(), f.config(4, false)); err != nil || r.Missing != 4 || r.Lost != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// Nothing is removed while it might be wrong to.
func TestPruneRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(f *fixture, cfg *Config)
		want   string
	}{
		"no age": {func(_ *fixture, cfg *Config) { cfg.OlderThan = 0 }, "give an age above 0"},
		"a server runs": {func(f *fixture, _ *Config) {
			j, err := journal.Open(journal.Config{Dir: f.dir, Issuer: issuer, Key: key})
			if err != nil {
				f.t.Fatal(err)
			}
			f.t.Cleanup(func() { j.Close() })
		}, "in use by another process"},
		"another key": {func(_ *fixture, cfg *Config) { cfg.Key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32)) }, "sealed with another key"},
		"no journal":  {func(f *fixture, _ *Config) { os.Remove(filepath.Join(f.dir, journal.FileName)) }, "receipts.jwt: no such file"},
		"an older journal": {func(f *fixture, _ *Config) {
			f.log()
			f.cut(3)
		}, "the log has 6 receipts, the journal 3"},
		"a line is missing": {func(f *fixture, _ *Config) {
			b, err := os.ReadFile(filepath.Join(f.dir, journal.FileName))
			if err == nil {
				err = os.WriteFile(filepath.Join(f.dir, journal.FileName), b[bytes.IndexByte(b, '\n')+1:], 0o600)
			}
			if err != nil {
				f.t.Fatal(err)
			}
		}, "it is receipt 3"},
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			cfg := f.config(1, true)
			c.change(f, &cfg)
			before, err := os.ReadFile(filepath.Join(f.dir, archive.DirName, "00000001.pack"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
			after, err := os.ReadFile(filepath.Join(f.dir, archive.DirName, "00000001.pack"))
			if err != nil || !bytes.Equal(before, after) {
				t.Errorf("something was removed: %v", err)
			}
		})
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(cancelled, start(t).config(1, true)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// log makes the public log of the receipts.
func (f *fixture) log() {
	f.t.Helper()
	j, err := journal.Open(journal.Config{Dir: f.dir, Issuer: issuer, Key: key})
	if err != nil {
		f.t.Fatal(err)
	}
	l, err := tilelog.Open(f.t.Context(), tilelog.Config{Dir: filepath.Join(f.dir, tilelog.DirName), Origin: receipt.LogOrigin(issuer), Key: key, Journal: j})
	if err != nil {
		f.t.Fatal(err)
	}
	if err := errors.Join(l.Close(), j.Close()); err != nil { // publishes what there is
		f.t.Fatal(err)
	}
}

// cut leaves the first n lines of the journal.
func (f *fixture) cut(n int) {
	f.t.Helper()
	name := filepath.Join(f.dir, journal.FileName)
	b, err := os.ReadFile(name)
	if err == nil {
		err = os.WriteFile(name, bytes.Join(bytes.SplitAfterN(b, []byte("\n"), n+1)[:n], nil), 0o600)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}
