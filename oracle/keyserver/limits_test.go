package keyserver

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// limited starts a server with limits.
func limited(t *testing.T, cfg limits.Config) *fixture {
	t.Helper()
	f := newFixture(t)
	f.limit(cfg)
	f.open()
	return f
}

// limit sets the limits of the next start.
func (f *fixture) limit(cfg limits.Config) {
	f.t.Helper()
	var err error
	if f.limits, err = limits.New(cfg, f.time); err != nil {
		f.t.Fatal(err)
	}
}

// code posts a fresh request and returns the code of the refusal, with what
// the answer says.
func (f *fixture) code() (string, seal.ErrorResponse, http.Header) {
	f.t.Helper()
	req, _ := f.request(nil)
	return f.codeOf(req)
}

func (f *fixture) codeOf(req *seal.FetchKeyRequest) (string, seal.ErrorResponse, http.Header) {
	f.t.Helper()
	status, h, b := f.post(req)
	var e seal.ErrorResponse
	json.Unmarshal(b, &e)
	if (status == 200) != (e.Type == "") || status != 200 && e.Reason == nil {
		f.t.Fatalf("HTTP %d %s", status, b)
	}
	if status == 200 {
		return "", e, h
	}
	return e.Reason.Code, e, h
}

func TestQuotaIsAnsweredInSealsTerms(t *testing.T) {
	f := limited(t, limits.Config{PerUser: limits.Rate{N: 60, Per: time.Hour, Burst: 2}})
	for range 2 {
		if code, _, _ := f.code(); code != "" {
			t.Fatal(code)
		}
	}
	f.advance(18 * time.Second)
	code, e, h := f.code()
	if code != "quota_user" || e.Type != "TooManyRequests" || h.Get("Retry-After") != "42" ||
		e.Message != "Too many requests, please try again later: you may ask for 60 keys per 1 h, 2 at once; try again in 42 s (quota_user)" {
		t.Errorf("%q %+v, Retry-After %q", code, e, h.Get("Retry-After"))
	}
	if e.Receipt != "" || f.service().Receipts() != 2 {
		t.Errorf("%d receipts, want 2: a flood must not fill the disk", f.service().Receipts())
	}
	f.wallet = newWallet(t)
	if code, _, _ := f.code(); code != "" {
		t.Errorf("another wallet: %s", code)
	}
	f.untilLogged(3)
	f.advance(42 * time.Second)
	if code, _, _ := f.code(); code != "" {
		t.Errorf("after the time that was told: %s", code)
	}
	if err := f.server.UpdateLimits(limits.Config{PerPackage: limits.Rate{N: 1, Per: time.Hour, Burst: 1}}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"", "quota_package"} {
		if code, _, _ := f.code(); code != want {
			t.Errorf("after a reload, %d: %q, want %q", i, code, want)
		}
	}
}

// Who is let in by no policy can't use up what those need who were given a key
// before: quotas of all who ask are counted apart for them.
func TestStrangersDoNotUseUpQuotas(t *testing.T) {
	for name, cfg := range map[string]limits.Config{
		"quota_key":     {PerKey: limits.Rate{N: 1, Per: time.Hour, Burst: 3}},
		"quota_package": {PerPackage: limits.Rate{N: 1, Per: time.Hour, Burst: 3}},
	} {
		f := limited(t, cfg)
		session, err := seal.SignSessionKey(seal.SessionConfig{Package: pkgID, TTL: 10 * time.Minute, Now: f.now, Rand: rand.Reader}, f.wallet)
		if err != nil {
			t.Fatal(err)
		}
		ask := func() string {
			req, _ := f.by(session, ptb(t, pkgID))
			code, _, _ := f.codeOf(req)
			return code
		}
		if code := ask(); code != "" {
			t.Fatal(code)
		}
		f.eval.err = &policy.Refusal{Kind: policy.NoAccess, Reason: seal.Reason{Code: "no"}}
		for _, want := range []string{"no", "no", name} {
			f.wallet = newWallet(t)
			if code, _, _ := f.code(); code != want {
				t.Errorf("a stranger: %q, want %q", code, want)
			}
		}
		for range 5 { // nor by those who are given other keys
			if code := ask(); code != "no" {
				t.Errorf("a known session key: %q", code)
			}
		}
		f.eval.err = nil
		for i, want := range []string{"", "", "", name} {
			if code := ask(); code != want {
				t.Errorf("%s, request %d of a known session key: %q, want %q", name, i, code, want)
			}
		}
	}
}

// Who is refused by policy uses up the quota too; who is not authenticated
// uses up nothing of the one who is claimed to ask.
func TestQuotaCountsWhoAsked(t *testing.T) {
	f := limited(t, limits.Config{PerUser: limits.Rate{N: 1, Per: time.Hour, Burst: 2}})
	forged, _ := f.request(nil)
	forged.Certificate.User = sui.Address{9}
	for range 5 {
		if code, _, _ := f.codeOf(forged); code != "invalid_wallet_signature" {
			t.Fatal(code)
		}
	}
	f.eval.err = &policy.Refusal{Kind: policy.NoAccess, Reason: seal.Reason{Code: "no", Rule: "no"}}
	for i, want := range []string{"no", "no", "quota_user"} {
		if code, _, _ := f.code(); code != want {
			t.Errorf("%d: %q, want %q", i, code, want)
		}
	}
}

func TestAddressQuota(t *testing.T) {
	f := limited(t, limits.Config{PerAddress: limits.Rate{N: 60, Per: time.Minute, Burst: 2}})
	for i, want := range []int{400, 400, 429, 429} {
		if status, h, b := f.post([]byte("{")); status != want || want == 429 && (h.Get("Retry-After") != "1" || !strings.Contains(string(b), "quota_address")) {
			t.Errorf("%d: HTTP %d %s, want %d", i, status, b, want)
		}
	}
	f.advance(time.Second)
	if code, _, _ := f.code(); code != "" {
		t.Errorf("a second later: %s", code)
	}
}

// Many at once take no more than there is, and each is told so by a receipt.
func TestOpensAreExact(t *testing.T) {
	f := limited(t, limits.Config{Opens: []limits.OpenLimit{{Package: pkgID, Per: limits.PerIdentity, Max: 3}}})
	var wait sync.WaitGroup
	var mu sync.Mutex
	given, exhausted := 0, 0
	for range 12 {
		req, _ := f.request(nil)
		wait.Go(func() {
			code, e, _ := f.codeOf(req)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case code == "":
				given++
			case code == "opens_exhausted" && e.Receipt != "" && e.Type == "NoAccess":
				exhausted++
			default:
				t.Errorf("%s: %+v", code, e)
			}
		})
	}
	wait.Wait()
	if given != 3 || exhausted != 9 {
		t.Errorf("%d were given, %d refused", given, exhausted)
	}
	released := 0
	for _, r := range f.log() {
		if r.Decision == receipt.Release {
			released++
		} else if r.Reason.Code != "opens_exhausted" {
			t.Errorf("receipt %+v", r.Reason)
		}
	}
	if released != 3 {
		t.Errorf("%d releases in the log", released)
	}
	f.limit(limits.Config{Opens: []limits.OpenLimit{{Package: pkgID, Per: limits.PerIdentity, Max: 3}}})
	f.restart()
	code, e, _ := f.code()
	want := "Access denied: a user is given this key 3 times, and you were; this key server gives you this no more; ask the owner of the data (opens_exhausted)"
	if code != "opens_exhausted" || e.Message != want {
		t.Errorf("after a restart: %+v", e)
	}
}

// The same request again is the same open, however often it comes, and while
// the limit is used up too.
func TestRepeatIsOneOpen(t *testing.T) {
	f := limited(t, limits.Config{Opens: []limits.OpenLimit{{Package: pkgID, Per: limits.PerPolicy, Max: 2, Period: time.Hour}}})
	req, _ := f.request(nil)
	for range 4 {
		if code, _, _ := f.codeOf(req); code != "" {
			t.Fatal(code)
		}
	}
	if code, _, _ := f.code(); code != "" {
		t.Fatalf("the second: %s", code)
	}
	if code, _, _ := f.codeOf(req); code != "" {
		t.Fatalf("the first once more: %s", code)
	}
	code, e, _ := f.code() // startTime is 2026-01-02 03:04:05 UTC
	if code != "opens_exhausted" || e.Reason.Rule != "a user is given keys of this policy 2 times in any 1 h, and you were" || e.Reason.Remedy != "it opens again at 2026-01-02 04:04:05 UTC" {
		t.Errorf("%s %+v", code, e.Reason)
	}
	f.untilLogged(3)
	f.advance(time.Hour)
	if code, _, _ := f.code(); code != "" {
		t.Errorf("an hour later: %s", code)
	}
}

// A policy that says no, and a journal that fails, use up nothing.
func TestOnlyReleasesAreOpens(t *testing.T) {
	f := limited(t, limits.Config{Opens: []limits.OpenLimit{{Package: pkgID, Per: limits.PerIdentity, Max: 1}}})
	f.eval.err = &policy.Refusal{Kind: policy.NoAccess, Reason: seal.Reason{Code: "no", Rule: "no"}}
	for range 3 {
		if code, _, _ := f.code(); code != "no" {
			t.Fatal(code)
		}
	}
	f.eval.err = nil
	for i, want := range []string{"", "opens_exhausted"} {
		if code, _, _ := f.code(); code != want {
			t.Errorf("%d: %q, want %q", i, code, want)
		}
	}
	// The policy is asked first: who may not is not told about opens.
	f.eval.err = &policy.Refusal{Kind: policy.NoAccess, Reason: seal.Reason{Code: "no", Rule: "no"}}
	if code, _, _ := f.code(); code != "no" {
		t.Errorf("%q", code)
	}
}

// Limits that come while the server runs count what was given before.
func TestOpensByReload(t *testing.T) {
	f := limited(t, limits.Config{})
	for range 2 {
		f.code()
	}
	limit := limits.Config{Opens: []limits.OpenLimit{{Package: pkgID, Per: limits.PerIdentity, Max: 3}}}
	if err := f.server.UpdateLimits(limit); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"", "opens_exhausted"} {
		if code, _, _ := f.code(); code != want {
			t.Errorf("%d: %q, want %q", i, code, want)
		}
	}
	if err := f.server.UpdateLimits(limits.Config{}); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := f.code(); code != "" {
		t.Errorf("without a limit again: %q", code)
	}
	if err := f.server.UpdateLimits(limits.Config{ConcurrentPerUser: -1}); err == nil {
		t.Error("a bad configuration is taken")
	}
}

// Limits on opens that could not be put into force can be tried again.
func TestOpensByReloadAgain(t *testing.T) {
	f := limited(t, limits.Config{})
	f.code()
	limit := limits.Config{Opens: []limits.OpenLimit{{Package: pkgID, Per: limits.PerIdentity, Max: 1}}}
	path := filepath.Join(f.dir, journal.FileName)
	whole, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, make([]byte, len(whole)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := f.server.UpdateLimits(limit); err == nil {
		t.Fatal("receipts that can't be read are counted")
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.server.UpdateLimits(limit); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := f.code(); code != "opens_exhausted" {
		t.Errorf("%q", code)
	}
}

func TestConcurrentRequestsOfAUser(t *testing.T) {
	f := limited(t, limits.Config{ConcurrentPerUser: 1})
	inside, release := make(chan struct{}), make(chan struct{})
	f.server.cfg.Evaluator = waiting{f.eval, inside, release}
	first, _ := f.request(nil)
	done := make(chan string)
	go func() {
		code, _, _ := f.codeOf(first)
		done <- code
	}()
	<-inside
	if code, e, h := f.code(); code != "busy_user" || h.Get("Retry-After") != "1" {
		t.Errorf("%q %+v", code, e)
	}
	close(release)
	if code := <-done; code != "" {
		t.Error(code)
	}
	f.server.cfg.Evaluator = f.eval
	if code, _, _ := f.code(); code != "" {
		t.Errorf("afterwards: %s", code)
	}
}

// waiting is an evaluator that says when it is asked, and waits.
type waiting struct {
	*fakeEvaluator
	inside, release chan struct{}
}

func (w waiting) Evaluate(ctx context.Context, q policy.Query) (policy.Evidence, error) {
	close(w.inside)
	<-w.release
	return w.fakeEvaluator.Evaluate(ctx, q)
}

// A flood of requests that are nobody's asks the node a bounded number of
// times, and does not keep out those whose package is known.
func TestStrangersAskTheNodeLittle(t *testing.T) {
	f := limited(t, limits.Config{})
	if code, _, _ := f.code(); code != "" { // now the package is known
		t.Fatal(code)
	}
	f.eval.pkgErr = &policy.Refusal{Kind: policy.InvalidPackage, Reason: seal.Reason{Code: "package_not_found", Rule: "r", Remedy: "r"}}
	counts := map[string]int{}
	for i := range strangerRate.Burst + 20 {
		req, _ := f.requestFor(sui.Address{0xee, byte(i), byte(i >> 8)}, nil)
		req.Certificate.User = sui.Address{9}
		code, _, _ := f.codeOf(req)
		counts[code]++
	}
	if counts["package_not_found"] != strangerRate.Burst || counts["busy_strangers"] != 20 {
		t.Errorf("%v", counts)
	}
	f.eval.pkgErr = nil
	if code, _, _ := f.code(); code != "" {
		t.Errorf("somebody during the flood: %q", code)
	}
	f.eval.first = sui.Address{0xf1} // of the known package, upgraded
	req, _ := f.request(func(c *seal.SessionConfig) { c.Package = f.eval.first })
	if code, _, _ := f.codeOf(req); code != "" {
		t.Errorf("somebody with a newer version of the package: %q", code)
	}
	zk, _ := f.request(nil)
	zk.Certificate.Signature = []byte{5, 1}
	if code, _, _ := f.codeOf(zk); code != "busy_strangers" {
		t.Errorf("zkLogin during the flood: %q", code)
	}
	f.untilLogged(f.service().Receipts())
	f.advance(time.Second)
	for range 3 * strangerRate.N { // who is somebody uses up nothing
		if code, _, _ := f.codeOf(zk); code != "" {
			t.Fatalf("zkLogin afterwards: %q", code)
		}
	}
}

// The chain runs every version of a package for ever. Those that the operator
// switched off get no key, and the owner of the policy sees who tried.
func TestOldVersionsAreSwitchedOff(t *testing.T) {
	f := limited(t, limits.Config{})
	first := sui.Address{0xf1}
	f.eval.first, f.eval.version = first, 2
	ask := func() (string, seal.ErrorResponse) {
		req, _ := f.request(func(c *seal.SessionConfig) { c.Package = first })
		code, e, _ := f.codeOf(req)
		return code, e
	}
	if code, _ := ask(); code != "" {
		t.Fatalf("nothing is switched off: %q", code)
	}
	if err := f.server.UpdateLimits(limits.Config{Versions: []limits.VersionLimit{{Package: sui.Address{9}, Oldest: 9}, {Package: first, Oldest: 3}}}); err != nil {
		t.Fatal(err)
	}
	queries := f.eval.queries
	code, e := ask()
	if code != "package_version_old" || e.Type != "InvalidPackage" || !strings.Contains(e.Message, "version 2 of package "+first.String()) {
		t.Errorf("version 2: %q, %+v", code, e)
	}
	if f.eval.queries != queries {
		t.Error("a policy that is switched off was run")
	}
	if got, err := receipt.Parse(e.Receipt); err != nil || got.Decision != receipt.Refuse || got.Reason.Code != code || got.Package.Version != 2 || got.Package.Called != pkgID {
		t.Errorf("receipt %+v, %v", got, err)
	}
	f.eval.version = 3
	if code, _ := ask(); code != "" {
		t.Errorf("version 3: %q", code)
	}
	if err := f.server.UpdateLimits(limits.Config{}); err != nil {
		t.Fatal(err)
	}
	f.eval.version = 2
	if code, _ := ask(); code != "" {
		t.Errorf("switched on again: %q", code)
	}
}

// Requests that name ever new policies do not make the journal's memory grow faster
// than policyRate, whoever asks. Policies that had a receipt before, and those of
// other packages, are served meanwhile.
func TestNewPoliciesAreBounded(t *testing.T) {
	f := start(t)
	defer func(r limits.Rate) { policyRate = r }(policyRate)
	policyRate = limits.Rate{N: 1, Per: time.Second, Burst: 4}
	f.restart()
	ask := func(pkg sui.Address, policies ...byte) string {
		b := sui.NewBuilder()
		for _, p := range policies {
			id := sui.Address{0xbb, p}
			b.Call(pkg, "policy", "seal_approve", nil, b.Pure(append(id[:], 1)), b.SharedObject(id, 1, false))
		}
		a, err := seal.NewApproval(b)
		if err != nil {
			t.Fatal(err)
		}
		code, e, _ := f.codeOf(f.signed(pkg, a.Bytes()))
		if (e.Receipt == "") != (code == "busy_policies") {
			t.Errorf("%q with the receipt %.20q", code, e.Receipt)
		}
		return code
	}
	no := &policy.Refusal{Kind: policy.NoAccess, Reason: seal.Reason{Code: "no"}}
	for i, c := range []struct {
		err  error
		ask  []byte
		want string
	}{
		{no, []byte{1, 2, 3}, "no"},
		{no, []byte{4, 5}, "busy_policies"},
		{no, []byte{1, 2, 3, 4}, "no"},
		{no, []byte{1, 2, 3, 4}, "no"},
		{no, []byte{5}, "busy_policies"},
		{nil, []byte{5, 6}, ""}, // those who are refused take nothing from those who are not
		{nil, []byte{7, 8, 9}, "busy_policies"},
		{nil, []byte{7, 8}, ""},
		{nil, []byte{9}, "busy_policies"},
		{nil, []byte{1, 5, 7}, ""},
	} {
		f.eval.err = c.err
		if got := ask(pkgID, c.ask...); got != c.want {
			t.Errorf("%d: %q, want %q", i, got, c.want)
		}
	}
	if got := ask(sui.Address{0xcc}, 10); got != "" {
		t.Errorf("another package: %q", got)
	}
	f.advance(time.Second)
	if got := ask(pkgID, 9); got != "" {
		t.Errorf("a second later: %q", got)
	}
}
