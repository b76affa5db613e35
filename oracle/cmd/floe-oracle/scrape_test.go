package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// Every metric is shown by a key server or an aggregator, after some requests. The variable FLOE_SCRAPES names a folder for what was scraped, which the
// queries of the dashboard are tried with: INSTANCE.N, with N counting up.
func TestEveryMetricIsShown(t *testing.T) {
	server, committee := newScrapedServer(t), newScrapedCommittee(t)
	all := []*scraped{&server.scraped, &committee.scraped}
	for _, s := range all {
		s.scrape()
	}
	for _, want := range [][]int{{200, 200, 403, 403, 200}, {200, 200, 403, 403, 429}, {429}} {
		server.ask(want)
		committee.ask()
		for _, s := range all {
			s.scrape()
		}
	}
	for _, d := range metrics.New(metrics.Build{}).Definitions() {
		shown := false
		for _, s := range all {
			shown = shown || strings.Contains(s.last, "\n"+d.Name+"{") || strings.Contains(s.last, "\n"+d.Name+" ") ||
				d.Kind == "histogram" && strings.Contains(s.last, "\n"+d.Name+"_count")
		}
		if !shown {
			t.Errorf("%s is not shown", d.Name)
		}
	}
}

// scraped is a server whose metrics are scraped.
type scraped struct {
	t          *testing.T
	name, from string
	n          int
	last       string
}

// newScraped finds the address of the metrics in the log.
func newScraped(t *testing.T, name string, log *logged) scraped {
	t.Helper()
	for line := range strings.Lines(log.String()) {
		var entry struct{ Msg, URL string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "serving metrics" {
			return scraped{t: t, name: name, from: entry.URL}
		}
	}
	t.Fatal("the log names no address of metrics")
	return scraped{}
}

func (s *scraped) scrape() {
	s.t.Helper()
	s.read()
	if dir := os.Getenv("FLOE_SCRAPES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s.%d", s.name, s.n)), []byte(s.last), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	s.n++
}

func (s *scraped) read() {
	s.t.Helper()
	res, err := http.Get(s.from)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		s.t.Fatalf("HTTP %d, %v", res.StatusCode, err)
	}
	s.last = string(b)
}

// until scrapes until a line is there.
func (s *scraped) until(line string) {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if s.read(); strings.Contains(s.last, "\n"+line) {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%s does not show %s", s.name, line)
		}
	}
}

// scrapedServer is a key server with an anchor, and who asks it.
type scrapedServer struct {
	scraped
	*served
	url              string
	stranger, absent *requester
}

func newScrapedServer(t *testing.T) *scrapedServer {
	s := newServed(t, "https://keys.example.org")
	path, log := filepath.Join(s.dir, "oracle.yaml"), &logged{out: t.Output()}
	text := strings.Replace(s.config, "metrics_listen: none", "metrics_listen: 127.0.0.1:0", 1) + fmt.Sprintf("drain_delay: 0s\nlimits: {per_address: {requests: 9, per: 24h}}\n"+
		"anchor_signer: sui.keystore\nanchor_package: %s\nanchor_version: %s\nanchor_interval: 50ms\n", s.packages.Access.Latest, s.packages.Shared.AccessVersion)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := backgroundTo(t, log, "serve", "--config", path)
	out := &scrapedServer{served: s, url: r.line()}
	t.Cleanup(r.stop)
	out.scraped = newScraped(t, "key-server", log)
	out.stranger = out.requesterOf(2, s.approval)
	b := sui.NewBuilder() // about a package that does not exist
	contract.SealApprove(b, contract.Packages{Access: contract.Package{Original: sui.Address{9}, Latest: sui.Address{9}}}, make([]byte, 33),
		contract.Read{Policy: b.SharedObject(sui.Address{8}, 1, false), Lineage: b.SharedObject(sui.Address{7}, 1, false), Version: b.SharedObject(sui.Address{6}, 1, false)})
	nowhere, err := seal.NewApproval(b)
	if err != nil {
		t.Fatal(err)
	}
	out.absent = &requester{s.owner, s.session, nowhere}
	return out
}

// requesterOf is somebody else who asks for the same.
func (s *scrapedServer) requesterOf(seed byte, approval *seal.Approval) *requester {
	key, err := sui.NewPrivateKey(sui.Ed25519, append(make([]byte, 31), seed))
	if err != nil {
		s.served.t.Fatal(err)
	}
	session, err := seal.SignSessionKey(seal.SessionConfig{Package: s.packages.Access.Original, TTL: 10 * time.Minute, Now: time.Now(), Rand: zeros{}}, key)
	if err != nil {
		s.served.t.Fatal(err)
	}
	return &requester{key, session, approval}
}

// zeros are as good as random for a session that nobody attacks.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// ask has keys released and refused, by the policy and by the limit.
func (s *scrapedServer) ask(want []int) {
	t := s.served.t
	t.Helper()
	who := []*requester{s.requester, s.requester, s.stranger, s.absent, s.requester}
	for i, want := range want {
		if status, _, err := who[i].ask(s.url); err != nil || status != want {
			t.Errorf("HTTP %d, %v, want %d", status, err, want)
		}
	}
	res, err := http.Get(s.url + "/v1/service")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	s.until("floe_oracle_log_anchored_entries{")
	s.until("floe_oracle_log_delay_seconds_count ")
}

// scrapedCommittee is an aggregator, a member of which lies and another one is
// sometimes down.
type scrapedCommittee struct {
	scraped
	*cooperative
	who *requester
}

func newScrapedCommittee(t *testing.T) *scrapedCommittee {
	c := newCooperative(t, "127.0.0.1:0")
	c.fronts[1].to.Store(c.fronts[0].to.Load()) // whose shares are not those of member 1
	return &scrapedCommittee{scraped: newScraped(t, "aggregator", c.log), cooperative: c, who: newRequester(t, c.client, c.town.people[0], c.deploy)}
}

// ask has a key combined, and fails to.
func (c *scrapedCommittee) ask() {
	t := c.cooperative.t
	t.Helper()
	for _, down := range []bool{false, true} {
		c.fronts[2].fault.Store(nil)
		if down {
			f := func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(502); return true }
			c.fronts[2].fault.Store(&f)
		}
		status, _, err := c.who.ask(c.url)
		if err != nil || (status == 200) == down {
			t.Errorf("HTTP %d, %v, with a member down: %v", status, err, down)
		}
	}
}
