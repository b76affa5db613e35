package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// evidence demands that the decision of a receipt can be repeated from what the
// command writes.
func (s *served) evidence(t *testing.T, number int) {
	t.Helper()
	var out bytes.Buffer
	config := filepath.Join(s.dir, "oracle.yaml")
	if code := execute(t.Context(), []string{"evidence", "--config", config, strconv.Itoa(number)}, &out, t.Output()); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	b, err := evidence.ParseBundle(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	jwks, err := os.ReadFile(filepath.Join(s.dir, "keys", "jwks.json"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := receipt.ParseKeySet(jwks)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := receipt.Parse(b.Receipt)
	if err != nil {
		t.Fatal(err)
	}
	server, err := sui.ParseAddress(shown.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	r, err := receipt.Verify(b.Receipt, keys, server)
	if err != nil {
		t.Fatal(err)
	}
	report, err := evidence.Audit(r, b, evidence.NewReplayer())
	if err != nil || report.Result != evidence.Same || r.Sequence != uint64(number) || r.Evaluated != receipt.ByBoth {
		t.Errorf("receipt %d, evaluated by %q: %v, %+v", r.Sequence, r.Evaluated, err, report)
	}
	var errs bytes.Buffer
	if code := execute(t.Context(), []string{"evidence", "--config", config, "9999"}, io.Discard, &errs); code != 1 || !strings.Contains(errs.String(), "no receipt 9999") {
		t.Errorf("no such receipt: exit code %d: %s", code, &errs)
	}
}

func TestEvidenceArguments(t *testing.T) {
	for want, args := range map[string][]string{
		"NUMBER of one receipt":      {"--config", "x"},
		`"0" is no number`:           {"--config", "x", "0"},
		"flag --config is needed":    {"7"},
		"read configuration: open x": {"--config", "x", "7"},
	} {
		var errs bytes.Buffer
		if code := execute(t.Context(), append([]string{"evidence"}, args...), io.Discard, &errs); code == 0 || !strings.Contains(errs.String(), want) {
			t.Errorf("%v: exit code %d: %s", args, code, &errs)
		}
	}
}
