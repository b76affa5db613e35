package keyserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// A request that is sent again, at the same time, later or to a restarted
// server, gets the same bytes, and there is one receipt.
func TestRepeatedRequest(t *testing.T) {
	f := start(t)
	req, _ := f.request(nil)
	answers := make([][]byte, 8)
	var wait sync.WaitGroup
	for i := range answers {
		wait.Go(func() { _, _, answers[i] = f.post(req) })
	}
	wait.Wait()
	f.restart()
	f.eval.err = &policy.Refusal{Kind: policy.NoAccess, Reason: seal.Reason{Code: "revoked"}} // for whatever is new
	status, _, again := f.post(req)
	if status != 200 {
		t.Fatalf("after a restart: HTTP %d %s", status, again)
	}
	for i, a := range answers {
		if !bytes.Equal(a, again) {
			t.Errorf("answer %d: %s\nafter a restart: %s", i, a, again)
		}
	}
	if f.eval.queries != 1 || len(f.log()) != 1 {
		t.Errorf("%d evaluations, %d receipts, want one each", f.eval.queries, len(f.log()))
	}
	other, _ := f.request(nil)
	f.refused(other, 403, "NoAccess")
}

func (f *fixture) untilLogged(n uint64) {
	f.t.Helper()
	for end := time.Now().Add(30 * time.Second); f.service().LogStatus().Published != n; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatalf("receipt %d is not in the log: %+v", n, f.service().LogStatus())
		}
	}
}

func (f *fixture) get(path string) (int, []byte) {
	f.t.Helper()
	req, err := http.NewRequest("GET", f.server.URL()+path, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	status, _, b := f.do(req)
	return status, b
}

func TestProof(t *testing.T) {
	f := start(t)
	for range 3 {
		req, _ := f.request(nil)
		if status, _, b := f.post(req); status != 200 {
			t.Fatal(status, string(b))
		}
	}
	f.untilLogged(3)
	log, err := f.service().ReceiptKeys().Log(serverID)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range f.log() {
		status, file := f.get("/v1/receipts/" + string(rune('1'+i)) + "/proof")
		if status != 200 {
			t.Fatalf("HTTP %d %s", status, file)
		}
		p, err := logproof.ParseProof(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := r.CheckLogged(log, p)
		if err != nil || c.Size != 3 {
			t.Errorf("receipt %d: %+v, %v", i+1, c, err)
		}
		if _, served := f.get("/checkpoint"); !bytes.Equal(served, c.Raw) {
			t.Errorf("checkpoint %s", served)
		}
		if promise := time.UnixMilli(r.LogByMS); promise.Sub(time.UnixMilli(r.TimeMS)) != time.Second {
			t.Errorf("promised by %v", promise)
		}
	}
	for path, want := range map[string]int{"/v1/receipts/0/proof": 404, "/v1/receipts/4/proof": 404, "/v1/receipts/x/proof": 404,
		"/tile/0/000.p/3": 200, "/tile/entries/000.p/3": 200, "/tile/0/000": 404, "/log/.state/treeState": 404} {
		if status, b := f.get(path); status != want {
			t.Errorf("%s: HTTP %d %s", path, status, b)
		}
	}
}

// The leaves tell nothing of requester and identity.
func TestLeavesHide(t *testing.T) {
	f := start(t)
	req, _ := f.request(nil)
	f.post(req)
	f.untilLogged(1)
	_, leaf := f.get("/tile/entries/000.p/1")
	if want := append([]byte{0, 32}, receipt.Leaf(f.log()[0].Raw)...); !bytes.Equal(leaf, want) {
		t.Errorf("leaf %x, want %x", leaf, want)
	}
}

// While the disk takes nothing, requests are refused one by one; when it has
// room, keys leave again, without a restart.
func TestFullDisk(t *testing.T) {
	if os.Getenv("FLOE_TEST_FULL_DISK") == "" { // the limit holds for all of a process, go test's own files included
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDisk$")
		cmd.Env = append(os.Environ(), "FLOE_TEST_FULL_DISK=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	f := start(t)
	ask := func() *seal.FetchKeyRequest { r, _ := f.request(nil); return r }
	if status, _, b := f.post(ask()); status != 200 {
		t.Fatal(status, string(b))
	}
	f.untilLogged(1)
	stored, err := os.ReadFile(filepath.Join(f.dir, "receipts.jwt"))
	if err != nil {
		t.Fatal(err)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	full := syscall.Rlimit{Cur: uint64(len(bytes.TrimRight(stored, "\x00"))) + 100, Max: limit.Max} // half a receipt fits
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if e := f.refused(ask(), 503, "Failure"); e.Reason == nil || e.Reason.Code != "journal_unavailable" {
			t.Errorf("%+v", e)
		}
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	if status, _, b := f.post(ask()); status != 200 {
		t.Errorf("with room again: HTTP %d %s", status, b)
	}
	f.untilLogged(2)
	if n := len(f.log()); n != 2 {
		t.Errorf("%d receipts", n)
	}
}

// Whatever keeps a request from being decided is refused for that request
// alone, with a reason under the server's signature.
func TestRefusalsAreSigned(t *testing.T) {
	f := start(t)
	f.eval.evidence = policy.Evidence{Checkpoint: &receipt.Checkpoint{Sequence: 42}}
	unknown := func(code string) error { return &policy.Refusal{Kind: policy.Unknown, Reason: seal.Reason{Code: code}} }
	for i, c := range []struct {
		eval, pkg error
		code      string
	}{
		{eval: unknown("chain_unavailable"), code: "chain_unavailable"}, // the node is down
		{eval: unknown("chain_stale"), code: "chain_stale"},
		{eval: unknown("clock_behind"), code: "clock_behind"},
		{eval: errors.New("an answer that does not parse"), code: "internal"},
		{pkg: unknown("chain_unavailable"), code: "chain_unavailable"}, // the package version is not known
	} {
		f.eval.err, f.eval.pkgErr = c.eval, c.pkg
		req, _ := f.request(nil)
		e := f.refused(req, 503, "Failure")
		r, err := receipt.Verify(e.Receipt, f.service().ReceiptKeys(), serverID)
		if err != nil || r.Decision != receipt.Refuse || r.Reason.Code != c.code || r.Sequence != uint64(2*i+1) {
			t.Errorf("%s: %+v, %v", c.code, r, err)
		}
		f.eval.err, f.eval.pkgErr = nil, nil
		if status, _, b := f.post(req); status != 200 { // the same request, asked again
			t.Errorf("after %s: HTTP %d %s", c.code, status, b)
		}
	}
	f.untilLogged(10)
}

// Without its log the server releases nothing, says so under its signature,
// and goes on when the log does.
func TestLateLog(t *testing.T) {
	f := start(t)
	ask := func() *seal.FetchKeyRequest { r, _ := f.request(nil); return r }
	obstacle := filepath.Join(f.dir, "log", "tile")
	if err := os.WriteFile(obstacle, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, b := f.post(ask()); status != 200 {
		t.Fatal(status, string(b))
	}
	ready := func() (int, string) { status, b := f.get("/ready"); return status, string(b) }
	f.advance(2 * time.Second)
	if status, b := ready(); status != 503 || !strings.Contains(b, "late") {
		t.Errorf("late: %d %s", status, b)
	}
	if status, _, b := f.post(ask()); status != 200 { // an alarm, but no refusal yet
		t.Errorf("late: HTTP %d %s", status, b)
	}
	f.advance(logPatience)
	e := f.refused(ask(), 503, "Failure")
	if e.Reason == nil || e.Reason.Code != "log_late" || e.Receipt == "" {
		t.Errorf("too late: %+v", e)
	}
	if err := os.Remove(obstacle); err != nil {
		t.Fatal(err)
	}
	f.untilLogged(3)
	if status, _, b := f.post(ask()); status != 200 {
		t.Errorf("caught up: HTTP %d %s", status, b)
	}
	if status, b := ready(); status != 200 {
		t.Errorf("caught up: %d %s", status, b)
	}
	var answer struct {
		Log struct {
			Published uint64 `json:"published"`
		} `json:"log"`
	}
	if _, b := ready(); json.Unmarshal([]byte(b), &answer) != nil || answer.Log.Published < 3 {
		t.Errorf("ready says %s", b)
	}
}

// Pages end where they would get large, however many receipts were asked for, and
// the next one goes on there.
func TestPagesAreBounded(t *testing.T) {
	f := start(t)
	owner := newWallet(t)
	f.ownedBy(owner.Address())
	const n = 20
	for range n {
		claims := &receipt.Claims{Decision: receipt.Refuse, Reason: &receipt.Reason{Code: "long", Rule: strings.Repeat("x", 150<<10)}}
		if _, err := f.service().journal.Write(t.Context(), claims, []sui.Address{policyID}, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if status, body := f.get("/v1/receipts?limit=1000"); status != 200 || len(body) > 3<<20 {
		t.Errorf("HTTP %d with %d bytes", status, len(body))
	}
	if log := f.log(); len(log) != n {
		t.Errorf("%d receipts", len(log))
	}
	page, _, err := f.service().journal.OfPolicy(policyID, 0, n)
	if err != nil || len(page) == 0 || len(page) == n {
		t.Errorf("%d of a policy's receipts at once: %v", len(page), err)
	}
	if owned, err := f.remote().Policy(t.Context(), owner, f.service().ReceiptKeys(), policyID); err != nil || len(owned) != n {
		t.Errorf("%d for the owner: %v", len(owned), err)
	}
}
