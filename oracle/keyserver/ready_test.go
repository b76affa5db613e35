package keyserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/seal"
)

// reportingEvaluator also tells where its nodes and caches stand.
type reportingEvaluator struct {
	*fakeEvaluator
	nodes     []policy.NodeStatus
	asked     int
	following time.Time
	lost      error
}

func (e *reportingEvaluator) Nodes(context.Context) []policy.NodeStatus { e.asked++; return e.nodes }
func (e *reportingEvaluator) Following() (uint64, time.Time, error)     { return 7, e.following, e.lost }

// failingKey is the key of a committee's member without its new share.
type failingKey struct {
	KeySource
	err error
}

func (k *failingKey) Current() (*seal.MasterKey, error) {
	if k.err != nil {
		return nil, k.err
	}
	return k.KeySource.Current()
}
func (k *failingKey) Version() (uint32, bool) { return 3, true }

func TestReady(t *testing.T) {
	f := newFixture(t)
	f.services = []ServiceConfig{f.client("", serverID, pkgID), f.client("bob", bobID, bobPackage)}
	key := &failingKey{KeySource: f.services[1].Key}
	f.services[1].Key = key
	eval := &reportingEvaluator{fakeEvaluator: f.eval}
	f.evaluator = eval
	f.serve()
	blocked := f.services[1].JournalDir + "/probe"
	refusal := &policy.Refusal{Kind: policy.Unknown, Reason: seal.Reason{Code: "no_share", Rule: "version 4 is in force", Remedy: "add its share"}}
	for _, c := range []struct {
		name    string
		change  func()
		failing string // the checks that fail, as name/service
	}{
		{"all is well", func() {}, ""},
		{"node down", func() {
			eval.err, eval.nodes = errors.New("secret.node:443 is down"), []policy.NodeStatus{{Err: errors.New("down")}}
		}, "node/"},
		{"node behind", func() { eval.nodes[0].Time = f.now.Add(-2*time.Minute - time.Second) }, "node/"},
		{"one of two nodes behind", func() {
			eval.nodes = append(eval.nodes, policy.NodeStatus{Checkpoint: 1, Time: f.now.Add(-time.Hour)})
		}, ""},
		{"clock behind", func() { eval.nodes[0].Time = f.now.Add(time.Minute + time.Second) }, "clock/"},
		{"stream lost", func() { eval.lost = errors.New("cut") }, "stream/"},
		{"no stream, and none wanted", func() { eval.lost, eval.following = policy.ErrNoStream, time.Time{} }, ""},
		{"stream behind", func() { eval.following = f.now.Add(-3 * time.Minute) }, "stream/"},
		{"no share", func() { key.err = refusal }, "keys/bob"},
		{"no share, unknown why", func() { key.err = errors.New("secret path") }, "keys/bob"},
		{"disk", func() { os.Mkdir(blocked, 0o700) }, "disk/bob"},
		{"well again", func() {}, ""},
		{"draining", f.server.Drain, "drain/"},
	} {
		f.advance(2 * time.Second)
		eval.err, eval.nodes, eval.lost, eval.following, key.err = nil, []policy.NodeStatus{{Checkpoint: 9, Time: f.now}}, nil, f.now, nil
		os.Remove(blocked)
		c.change()
		status, b := f.get("/ready")
		var answer struct {
			Ready  bool
			Checks []Check
		}
		if err := json.Unmarshal(b, &answer); err != nil {
			t.Fatal(err)
		}
		var failing []string
		for _, check := range answer.Checks {
			if !check.OK {
				failing = append(failing, check.Name+"/"+check.Service)
			}
			if check.Detail == "" || check.OK != (check.Remedy == "") {
				t.Errorf("%s: %+v", c.name, check)
			}
		}
		want := http.StatusOK
		if c.failing != "" {
			want = http.StatusServiceUnavailable
		}
		if got := strings.Join(failing, " "); got != c.failing || status != want || answer.Ready != (want == 200) || strings.Contains(string(b), "secret") {
			t.Errorf("%s: HTTP %d, failing %q, want %q: %s", c.name, status, got, c.failing, b)
		}
		if len(answer.Checks) < 8 && !errors.Is(eval.lost, policy.ErrNoStream) && c.failing != "node/" && c.failing != "drain/" {
			t.Errorf("%s: %d checks", c.name, len(answer.Checks))
		}
		text := f.metrics()
		for _, name := range []string{"node", "clock", "stream", "keys", "disk", "log", "drain"} {
			value := 1
			if strings.HasPrefix(c.failing, name+"/") {
				value = 0
			}
			if line := fmt.Sprintf("floe_oracle_ready{check=%q} %d\n", name, value); !strings.Contains(text, line) && !(name == "clock" || name == "stream") {
				t.Errorf("%s: no line %s", c.name, line)
			}
		}
	}
	text := f.metrics()
	for _, line := range []string{`floe_oracle_committee_version{service="bob"} 3`, `floe_oracle_receipts{service="root"} 0`, `floe_oracle_evidence_bytes{service="root"} 0`, `floe_oracle_draining 1`,
		`floe_oracle_node_up{node="0"} 1`, `floe_oracle_stream_checkpoint 7`} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %s in %s", line, text)
		}
	}
}

// Polls do not reach the node more than once a second.
func TestReadyIsCheap(t *testing.T) {
	f := newFixture(t)
	f.services = []ServiceConfig{f.client("", serverID, pkgID)}
	eval := &reportingEvaluator{fakeEvaluator: f.eval, nodes: []policy.NodeStatus{{Time: f.now}}, following: f.now}
	f.evaluator = eval
	f.serve()
	for range 50 {
		if status, b := f.get("/ready"); status != 200 {
			t.Fatalf("HTTP %d %s", status, b)
		}
	}
	f.advance(time.Second)
	f.get("/ready")
	if eval.asked != 2 {
		t.Errorf("the node was asked %d times, want 2", eval.asked)
	}
}
