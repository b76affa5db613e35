package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/archive"
	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// oracle runs the program and returns what it printed, and its exit code.
func oracle(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = execute(t.Context(), args, &o, &e)
	return o.String(), e.String(), code
}

// oldDecision is the configuration of a server that made one decision, with
// evidence, in 2020.
func oldDecision(t *testing.T) (config string, open func() *journal.Journal) {
	t.Helper()
	dir := t.TempDir()
	if _, errs, code := oracle(t, "keygen", "--dir", filepath.Join(dir, "keys")); code != 0 {
		t.Fatal(errs)
	}
	config = filepath.Join(dir, "oracle.yaml")
	text := "key_server_object_id: " + id(5).String() + "\nkey_dir: keys\njournal_dir: receipts\nnode_url: http://localhost:1\nkey_server_package: " + id(6).String() + "\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := readConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.secrets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	then := func() time.Time { return time.Date(2020, 2, 3, 0, 0, 0, 0, time.UTC) }
	open = func() *journal.Journal {
		j, err := journal.Open(journal.Config{Dir: c.JournalDir, Issuer: id(5), Key: s.receipt, Now: then})
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	j := open()
	a, err := archive.Open(filepath.Join(c.JournalDir, archive.DirName), s.receipt)
	if err != nil {
		t.Fatal(err)
	}
	coin := execution.GenesisCoin(id(7), id(8), 9)
	ev := &evidence.Evidence{Manifest: evidence.Manifest{Objects: []sui.ObjectRef{coin.Ref()}}, Content: []*sui.Object{coin}}
	ev.Transaction.Kind.Programmable = new(sui.ProgrammableTransaction)
	short, err := a.Keep(t.Context(), ev)
	if err != nil {
		t.Fatal(err)
	}
	var o receipt.Opening
	claims := &receipt.Claims{Decision: receipt.Refuse, Reason: &receipt.Reason{Code: "x"}, RequesterCommitment: o.RequesterCommitment(), Evidence: new(ev.Commitment(o.Salt))}
	if _, err := j.Write(t.Context(), claims, nil, &o, short); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Close(), a.Close()); err != nil {
		t.Fatal(err)
	}
	return config, open
}

// Without --apply it only says what would go, beside a server that runs; with it the
// server must not run.
func TestEvidencePrune(t *testing.T) {
	config, open := oldDecision(t)
	prune := []string{"evidence", "prune", "--config", config, "--older-than", "365d"}
	j := open()
	out, errs, code := oracle(t, prune...)
	if code != 0 || !strings.Contains(out, "of 1 receipts, 1 lose their evidence, 0 keep it, 0 lost it before\nwould remove 2 objects and lists with 592 bytes; 0 with ") ||
		!strings.Contains(out, "\nnothing was removed: stop the server and give --apply\n") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	if _, errs, code := oracle(t, append(prune, "--apply")...); code != 1 || !strings.Contains(errs, "in use by another process: stop the other key server") {
		t.Errorf("beside a server: exit code %d: %s", code, errs)
	}
	j.Close()
	if _, errs, code := oracle(t, "evidence", "--config", config, "1"); code != 0 {
		t.Errorf("the evidence is not there: %s", errs)
	}
	out, errs, code = oracle(t, append(prune, "--apply", "--json")...)
	var r struct {
		Lose    int
		Applied bool
		Signed  string
		Removed archive.Part
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 || r.Lose != 1 || !r.Applied || r.Signed == "" || r.Removed.Items != 2 {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	if _, errs, code := oracle(t, "evidence", "--config", config, "1"); code != 1 || !strings.Contains(errs, "the evidence of receipt 1 was pruned: on 20") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if out, _, code := oracle(t, append(prune, "--apply")...); code != 0 || !strings.HasSuffix(out, "0 keep it, 1 lost it before\nthere is nothing to remove\n") {
		t.Errorf("again: exit code %d: %s", code, out)
	}
}

func TestEvidencePruneArguments(t *testing.T) {
	for want, args := range map[string][]string{
		"flag --older-than is needed":       {},
		`"0d" is no age above 0`:            {"--older-than", "0d"},
		`"-1h" is no age above 0`:           {"--older-than", "-1h"},
		`"9999999d" is no age above 0`:      {"--older-than", "9999999d"},
		`"a year" is no age above 0`:        {"--older-than", "a year"},
		`prune takes no arguments, got "7"`: {"--older-than", "1h", "7"},
		"the server has no clients":         {"--older-than", "1h", "--client", "alice"},
		"unknown flag: --older":             {"--older", "1h"},
	} {
		config, _ := oldDecision(t)
		if _, errs, code := oracle(t, append([]string{"evidence", "prune", "--config", config}, args...)...); code != 2 || !strings.Contains(errs, want) {
			t.Errorf("%v: exit code %d: %s", args, code, errs)
		}
	}
}

// Evidence that is gone is not a matter of keys.
func TestRemedyOfLostEvidence(t *testing.T) {
	for _, code := range []string{"evidence_damaged", "evidence_lost"} {
		if remedy := remedyOf(code); !strings.HasPrefix(remedy, "restore the folder evidence from a copy") {
			t.Errorf("%s: %s", code, remedy)
		}
	}
}
