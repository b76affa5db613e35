package main

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/devnet/chain"
	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
)

// without passes calls on to a node, but says that it does not serve a service.
func without(t *testing.T, node, service string) string {
	t.Helper()
	to, err := url.Parse(node)
	if err != nil {
		t.Fatal(err)
	}
	plain := new(http.Protocols) // gRPC without TLS
	plain.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: plain}
	pass := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(to) }, Transport: transport, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0)}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, service) {
			w.Header().Set("Content-Type", "application/grpc")
			w.Header().Set("Grpc-Status", "12") // UNIMPLEMENTED
			return
		}
		pass.ServeHTTP(w, r)
	}))
	s.Config.Protocols = plain
	s.Start()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close(); transport.CloseIdleConnections() })
	return s.URL
}

// The doctor tries each option of evaluation with each node, and names the one
// that falls short.
func TestDoctorOfEvaluation(t *testing.T) {
	node, pkg, _ := networkOf(t, chaintest.StartConfig(t, chain.Config{Heartbeat: 20 * time.Millisecond}))
	other := chaintest.StartConfig(t, chain.Config{Seed: []byte("another network"), Heartbeat: 20 * time.Millisecond})
	dir := t.TempDir()
	program(t, "keygen", "--dir", filepath.Join(dir, "keys"))
	for name, from := range map[string]string{"validators.json": node, "strangers.json": other.URL} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(program(t, "validators", "--node", from)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	proofless := without(t, node, "ProofService")
	const down = "http://127.0.0.1:1"
	path := filepath.Join(dir, "oracle.yaml")
	for _, c := range []struct {
		name, evaluation string
		want             map[string]level // by check; the worst of its findings
		says             string           // in a detail or remedy
	}{
		{"one node, no options", "{}", map[string]level{"evaluation": fine}, ""},
		{"validators", "{validators: validators.json}", map[string]level{"validators": fine, "evaluation": fine}, "the validators of epoch 0 signed checkpoint"},
		{"proofs", "{validators: validators.json, prove: true}", map[string]level{"validators": fine, "proofs": fine, "evaluation": fine}, ""},
		{"no file of validators", "{validators: none.json}", map[string]level{"validators": fail}, "make the file with floe-oracle validators"},
		{"validators of another network", "{validators: strangers.json}", map[string]level{"validators": fail}, "of another network"},
		{"a node without proofs", "{validators: validators.json, prove: true, nodes: [" + proofless + "], quorum: 2}",
			map[string]level{"validators": fine, "proofs": fail, "quorum": fail}, "node 1 gives no proofs of objects"},
		{"a node without proofs that is not needed", "{validators: validators.json, prove: true, nodes: [" + proofless + ", " + node + "], quorum: 2}",
			map[string]level{"proofs": fail, "quorum": warn, "evaluation": fine}, "leave out evaluation.prove"},
		{"proofs that are not asked for", "{validators: validators.json, nodes: [" + proofless + "]}",
			map[string]level{"validators": fine, "quorum": fine, "evaluation": fine}, "2 of 2 full nodes can evaluate"},
		{"too few nodes", "{nodes: [" + down + "]}", map[string]level{"node 1": fail, "quorum": fail, "evaluation": fine}, "1 of 2 full nodes can evaluate, and 2 have to agree"},
		{"as few nodes as are needed", "{nodes: [" + down + ", " + node + "]}", map[string]level{"node 1": fail, "quorum": warn, "evaluation": fine}, "none of them may fail"},
		{"a node of another network", "{nodes: [" + other.URL + "]}", map[string]level{"node 1": fail, "quorum": fail}, "give nodes of one network"},
		{"nodes that are believed", "{mode: node, nodes: [" + node + "]}", map[string]level{"quorum": fine, "evaluation": fine}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := os.WriteFile(path, []byte("key_server_object_id: 0x5\nkey_dir: keys\njournal_dir: receipts\nnode_url: "+node+
				"\nkey_server_package: "+pkg+"\nlisten: 127.0.0.1:0\nmetrics_listen: none\nevaluation: "+c.evaluation+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			_, findings, text := diagnosis(t, path, "--timeout", "2s")
			got := map[string]level{}
			for _, f := range findings {
				if rank(f.Level) >= rank(got[f.Check]) {
					got[f.Check] = f.Level
				}
			}
			for check, want := range c.want {
				if got[check] != want {
					t.Errorf("%s: %q, want %q", check, got[check], want)
				}
			}
			if !strings.Contains(text, c.says) {
				t.Errorf("it does not say %q", c.says)
			}
			if t.Failed() {
				t.Log(strings.ReplaceAll(text, "},{", "},\n{"))
			}
		})
	}
}

func rank(l level) int { return map[level]int{fine: 1, warn: 2, fail: 3}[l] }
