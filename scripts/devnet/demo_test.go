package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The demo is the main job end to end, so it is also a test; and the README
// shows its output, so the two are compared, figures aside.
func TestDemo(t *testing.T) {
	t.Chdir(filepath.Join("..", "..")) // where people run it
	var told, result bytes.Buffer
	d := &demonstration{tell: io.MultiWriter(&told, t.Output()), result: &result, sample: filepath.Join("scripts", "sample", "observatory"),
		report: &report{Steps: []*stepResult{}, BlobIDs: []string{}, Rows: map[string]int64{}}}
	d.Dir, d.Temporary = t.TempDir(), true
	if err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkReport(t, result.Bytes())
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	want := normal(told.String())
	got := normal(session(t, string(readme), "$ ./scripts/demo\n"))
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			t.Fatalf("README lacks what the demo prints: %s", want[i])
		case i >= len(want) || got[i] != want[i]:
			t.Fatalf("README shows %q; the demo prints %q. Paste a new run of ./scripts/demo", got[i], want[min(i, len(want)-1)])
		}
	}
}

// checkReport demands what the documentation of --json promises.
func checkReport(t *testing.T, b []byte) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var r report
	if err := dec.Decode(&r); err != nil {
		t.Fatalf("decode report: %v", err)
	}
	if dec.More() {
		t.Error("more than one object on stdout")
	}
	var names []string
	for _, s := range r.Steps {
		names = append(names, s.Name)
		if !s.OK || s.Detail == "" {
			t.Errorf("step %+v", s)
		}
	}
	if got, want := strings.Join(names, " "), "devnet publish certify index open_allowed open_denied grant revoke replay node_loss keyserver_loss tamper sql"; got != want {
		t.Errorf("steps are %s, want %s", got, want)
	}
	if !r.OK || !strings.HasPrefix(r.DatasetID, "0x") || !strings.HasPrefix(r.PolicyID, "0x") || r.Version != 1 || len(r.BlobIDs) != 10 || r.Receipts == 0 || len(r.Rows) != len(tables) {
		t.Errorf("report = %+v", r)
	}
}

// session returns the code block of a document that begins with first,
// without that line.
func session(t *testing.T, doc, first string) string {
	t.Helper()
	_, rest, ok := strings.Cut(doc, "```\n"+first)
	if !ok {
		t.Fatalf("README has no block that begins with %q", first)
	}
	block, _, _ := strings.Cut(rest, "```")
	return block
}

// figures are what differs from run to run: ids, digests, numbers, and which
// key servers were the first to answer.
var figures = regexp.MustCompile(`0x[0-9a-f]+…?|keys from .*|shown as \S+|chain [1-9A-HJ-NP-Za-km-z]{40,44}|[0-9]+(\.[0-9]+)?`)

// blanks are aligned to the figures.
var blanks = regexp.MustCompile(` +`)

// normal are the non-empty lines of s without figures. Lines that only set-up
// prints are left out.
func normal(s string) []string {
	var out []string
	for line := range strings.Lines(s) {
		line = blanks.ReplaceAllString(figures.ReplaceAllString(strings.TrimSpace(line), "#"), " ")
		if line != "" {
			out = append(out, line)
		}
	}
	return out
}
