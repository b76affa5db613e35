package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/oracle/tilelog"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

// A front is the proxy before a key server, with its faults.
type front struct {
	*httptest.Server
	to    atomic.Pointer[url.URL]
	fault atomic.Pointer[func(w http.ResponseWriter, r *http.Request) bool] // true: it has answered
}

func newFront(t *testing.T) *front {
	t.Helper()
	f := new(front)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fault := f.fault.Load(); fault != nil && (*fault)(w, r) {
			return
		}
		(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(f.to.Load()) }}).ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// diagnosis runs the doctor over a configuration.
func diagnosis(t *testing.T, path string, more ...string) (code int, findings []finding, text string) {
	t.Helper()
	var out bytes.Buffer
	code = execute(t.Context(), append([]string{"doctor", "--config", path, "--json"}, more...), &out, io.Discard)
	var answer struct{ Findings []finding }
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	return code, answer.Findings, out.String()
}

// demandFindings demands findings of the doctor, as SERVICE/CHECK LEVEL.
func demandFindings(t *testing.T, path string, want ...string) {
	t.Helper()
	_, findings, text := diagnosis(t, path, "--timeout", "500ms")
	var got []string
	for _, x := range findings {
		got = append(got, fmt.Sprintf("%s/%s %s", x.Service, x.Check, x.Level))
	}
	for _, x := range want {
		if !slices.Contains(got, x) {
			t.Errorf("the doctor does not find %s: %s", x, text)
		}
	}
}

func TestDoctor(t *testing.T) {
	f := newFront(t)
	s := newServed(t, f.URL)
	path := filepath.Join(s.dir, "oracle.yaml")
	witness, jwks := filepath.Join(s.dir, "witnesses"), filepath.Join(s.dir, "keys", "jwks.json")
	id := strings.TrimPrefix(strings.SplitN(s.config, "\n", 2)[0], "key_server_object_id: ")
	w := background(t, "witness", "--dir", filepath.Join(s.dir, "w"), "--name", "witness.example/w", "--listen", "127.0.0.1:0", "--log", id+"="+jwks)
	defer w.stop()
	line := fmt.Sprintf("witness w %s %s\nquorum w\n", w.line(), w.line())
	write := func(path, text string, mode os.FileMode) {
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write(witness, line, 0o600)
	more := fmt.Sprintf("drain_delay: 0s\nwitness_policy: witnesses\nanchor_signer: sui.keystore\nanchor_package: %s\nanchor_version: %s\nanchor_interval: 100ms\n", s.packages.Access.Latest, s.packages.Shared.AccessVersion)
	cmd, at := s.start(more)
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	to, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	f.to.Store(to)
	if status, _, err := s.ask(f.URL); status != 200 {
		t.Fatalf("HTTP %d, %v", status, err)
	}
	anchored := filepath.Join(s.dir, "receipts", "anchor")
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(anchored); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the log is not anchored")
		}
	}
	healthy, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	code, findings, text := diagnosis(t, path)
	healthy = append(healthy, "evaluation: {mode: node}\n"...) // streams take a second each time
	seen := map[string]bool{}
	for _, x := range findings {
		seen[x.Check] = true
		if x.Level == fail || (x.Level == fine) != (x.Remedy == "") {
			t.Errorf("%+v", x)
		}
	}
	if code != 0 {
		t.Errorf("healthy: exit code %d", code)
	}
	for _, check := range []string{"config", "key_dir", "journal_dir", "anchor_signer", "keys", "clock", "node 0", "lag", "evaluation", "server", "disk",
		"disk space", "listen", "metrics_listen", "registration", "address", "headers", "receipt key", "ready", "receipts", "cosigned", "witnesses", "anchor"} {
		if !seen[check] {
			t.Errorf("healthy: nothing is said about %s: %s", check, text)
		}
	}
	noSecrets(t, s, text)

	// Everything that an operator can get wrong. The files are put right again
	// after each.
	changed := func(old, new string) func(t *testing.T) {
		return func(t *testing.T) {
			if !strings.Contains(string(healthy), old) {
				t.Fatalf("no %q in the configuration", old)
			}
			write(path, strings.Replace(string(healthy), old, new, 1), 0o600)
		}
	}
	answer := func(handler func(w http.ResponseWriter, r *http.Request) bool) func(t *testing.T) {
		return func(t *testing.T) { f.fault.Store(&handler) }
	}
	mode := func(name string, bad, good os.FileMode) func(t *testing.T) {
		return func(t *testing.T) {
			t.Cleanup(func() { os.Chmod(filepath.Join(s.dir, name), good) })
			if err := os.Chmod(filepath.Join(s.dir, name), bad); err != nil {
				t.Fatal(err)
			}
		}
	}
	copied := func(change func(dir string)) func(t *testing.T) {
		return func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(filepath.Join(dir, "receipts"), os.DirFS(filepath.Join(s.dir, "receipts"))); err != nil {
				t.Fatal(err)
			}
			os.Chmod(filepath.Join(dir, "receipts"), 0o700)
			change(filepath.Join(dir, "receipts"))
			changed("journal_dir: receipts", "journal_dir: "+filepath.Join(dir, "receipts"))(t)
		}
	}
	status := func(path string, code int) func(t *testing.T) {
		return answer(func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == path || path == "" {
				w.WriteHeader(code)
			}
			return r.URL.Path == path || path == ""
		})
	}
	program(t, "keygen", "--dir", filepath.Join(s.dir, "other"))
	poor, err := sui.NewPrivateKey(sui.Ed25519, bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if err := sui.SaveKeys(filepath.Join(s.dir, "poor.keystore"), []*sui.PrivateKey{poor}); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	empty := t.TempDir()
	for _, c := range []struct {
		name   string
		change func(t *testing.T)
		check  string
		level  level
		want   string // in detail or remedy
	}{
		{"unknown key", changed("key_dir", "keydir"), "config", fail, "--help"},
		{"keys that others can replace", mode("keys", 0o777, 0o700), "key_dir", fail, "chmod 700"},
		{"receipts that others can read", mode("receipts", 0o755, 0o700), "journal_dir", fail, "chmod 700"},
		{"key that others can read", mode("keys/receipt.key", 0o644, 0o600), "keys", fail, "chmod 600"},
		{"no keys", changed("key_dir: keys", "key_dir: "+empty), "keys", fail, "keygen"},
		{"keys of another server", changed("key_dir: keys", "key_dir: other"), "registration", fail, "another public key"},
		{"master key is missing", changed("key_dir: keys", "key_dir: keys\nmaster_key: {env: FLOE_TEST_NO_KEY}"), "keys", fail, "FLOE_TEST_NO_KEY"},
		{"no such object", changed(id, "0x5"), "registration", fail, "key_server_object_id"},
		{"node is down", changed(s.gate.URL, "http://127.0.0.1:1"), "node 0", fail, "does not answer"},
		{"no address of a node", changed(s.gate.URL, "ftp://x"), "node 0", fail, "https://HOST:PORT"},
		{"node of another network", changed("node_url:", "network: Testnet\nnode_url:"), "node 0", fail, "4c78adac"},
		{"stale node", changed("max_concurrent", "allowed_staleness: 1ns\nmax_concurrent"), "lag", fail, "behind"},
		{"wrong staleness package", changed("key_server_package: "+s.packages.KeyServer.Latest.String(), "key_server_package: "+s.packages.Access.Latest.String()), "evaluation", fail, "check_staleness"},
		{"full disk", func(t *testing.T) {
			obstacle := filepath.Join(s.dir, "receipts", "probe")
			os.Mkdir(obstacle, 0o700)
			t.Cleanup(func() { os.Remove(obstacle) })
		}, "disk", fail, "make room"},
		{"port in use", func(t *testing.T) {
			changed("listen: 127.0.0.1:0", "listen: "+taken.Addr().String())(t)
			b, _ := os.ReadFile(path)
			write(path, strings.Replace(string(b), "journal_dir: receipts", "journal_dir: "+filepath.Join(t.TempDir(), "none"), 1), 0o600)
		}, "listen", fail, "another program"},
		{"not an address of this machine", changed("listen: 127.0.0.1:0", "listen: 192.0.2.1:2024"), "listen", fail, "address of this machine"},
		{"metrics for all", changed("metrics_listen: none", "metrics_listen: 0.0.0.0:0"), "metrics_listen", warn, "firewall"},
		{"no server", func(t *testing.T) {
			fresh := strings.Replace(string(healthy), "journal_dir: receipts", "journal_dir: "+filepath.Join(empty, "none"), 1)
			write(path, strings.Replace(fresh, "witness_policy: witnesses\n", "", 1), 0o600)
		}, "server", warn, "start it"},
		{"proxy without a server", status("", 502), "address", fail, "HTTP 502"},
		{"proxy to something else", status("/v1/service", 200), "address", fail, "something else"},
		{"proxy drops the version", answer(drop(f, seal.HeaderServerVersion)), "headers", fail, seal.HeaderServerVersion},
		{"proxy drops CORS", answer(drop(f, "Access-Control-Expose-Headers")), "headers", fail, "browsers cannot read"},
		{"proxy drops the origin", answer(drop(f, "Access-Control-Allow-Origin")), "headers", fail, "browsers cannot read"},
		{"proxy eats preflights", answer(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodOptions {
				w.WriteHeader(403)
			}
			return r.Method == http.MethodOptions
		}), "headers", fail, "preflight"},
		{"proxy hides the keys of receipts", status("/.well-known/jwks.json", 404), "receipt key", fail, "jwks.json"},
		{"other receipt key", func(t *testing.T) {
			t.Cleanup(func() { os.RemoveAll(filepath.Join(s.dir, "mixed")) })
			for name, from := range map[string]string{"master.key": "keys", "receipt.key": "other"} {
				b, err := os.ReadFile(filepath.Join(s.dir, from, name))
				if err != nil {
					t.Fatal(err)
				}
				os.MkdirAll(filepath.Join(s.dir, "mixed"), 0o700)
				write(filepath.Join(s.dir, "mixed", name), string(b), 0o600)
			}
			changed("key_dir: keys", "key_dir: mixed")(t)
		}, "receipt key", fail, "another key"},
		{"proxy hides /ready", status("/ready", 404), "ready", warn, "pass on /ready"},
		{"server that is not ready", answer(func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/ready" {
				w.WriteHeader(503)
				io.WriteString(w, `{"ready":false,"checks":[{"name":"node","ok":false,"detail":"it is down","remedy":"wake it"}]}`)
			}
			return r.URL.Path == "/ready"
		}), "ready", fail, "wake it"},
		{"public metrics", answer(func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/metrics" {
				io.WriteString(w, "floe_oracle_receipts 1\n")
			}
			return r.URL.Path == "/metrics"
		}), "metrics", warn, "public"},
		{"damaged receipts", copied(func(dir string) {
			file := filepath.Join(dir, journal.FileName)
			b, _ := os.ReadFile(file)
			b = bytes.TrimRight(b, "\x00") // the server goes ahead
			b[len(b)/2] ^= 1
			write(file, string(b), 0o600)
		}), "receipts", fail, "restore"},
		{"lost receipts", copied(func(dir string) { write(filepath.Join(dir, journal.FileName), "", 0o600) }), "receipts", fail, "newer copy"},
		{"lost receipts and log", copied(func(dir string) {
			write(filepath.Join(dir, journal.FileName), "", 0o600)
			os.RemoveAll(filepath.Join(dir, tilelog.DirName))
		}), "receipts", fail, "newer copy"},
		{"a disk that is not mounted", copied(func(dir string) { os.RemoveAll(dir); os.Mkdir(dir, 0o700) }), "receipts", fail, "newer copy"},
		{"witness policy that does not parse", func(t *testing.T) {
			write(witness, "witness\n", 0o600)
			t.Cleanup(func() { write(witness, line, 0o600) })
		}, "witnesses", fail, "witness_policy"},
		{"witness that is down", func(t *testing.T) {
			before, _, _ := strings.Cut(line, "http://")
			write(witness, before+"http://127.0.0.1:1\nquorum w\n", 0o600)
			t.Cleanup(func() { write(witness, line, 0o600) })
		}, "witnesses", warn, "cannot be reached"},
		{"no witnesses", changed("witness_policy: witnesses\n", ""), "witnesses", warn, "name some"},
		{"another witness", func(t *testing.T) {
			const vkey = "other.example/w+f5fbfc45+BKwVyTwx1sYpKhVSSvbkJfiA3DSGFzZ2P2Vu8JWzGBIZ"
			write(witness, "witness w "+vkey+" http://127.0.0.1:1\nquorum w\n", 0o600)
			t.Cleanup(func() { write(witness, line, 0o600) })
		}, "cosigned", warn, "ask the operators"},
		{"no gas", changed("anchor_signer: sui.keystore", "anchor_signer: poor.keystore"), "anchor", fail, "send SUI to " + poor.Address().String()},
		{"no anchor", changed("anchor_signer: sui.keystore\nanchor_package: "+s.packages.Access.Latest.String()+"\nanchor_version: "+s.packages.Shared.AccessVersion.String()+"\n", ""), "anchor", warn, "not anchored"},
		{"wrong version object", changed("anchor_version: "+s.packages.Shared.AccessVersion.String(), "anchor_version: "+id), "anchor", fail, "something else"},
		{"keystore that others can read", mode("sui.keystore", 0o644, 0o600), "anchor_signer", fail, "chmod 600"},
		{"wrong anchor package", changed("anchor_package: "+s.packages.Access.Latest.String(), "anchor_package: "+s.packages.KeyServer.Latest.String()), "anchor", fail, "no module anchor"},
		{"anchor that is gone", copied(func(dir string) { write(filepath.Join(dir, "anchor"), sui.Address{7}.String()+"\n", 0o600) }), "anchor", fail, "does not exist"},
		{"anchor of another log", copied(func(dir string) { write(filepath.Join(dir, "anchor"), s.packages.Access.Latest.String()+"\n", 0o600) }), "anchor", warn, "cannot be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Cleanup(func() { f.fault.Store(nil); write(path, string(healthy), 0o600) })
			c.change(t)
			more := []string{"--timeout", "3s"}
			if c.check != "receipts" {
				more = append(more, "--quick")
			}
			code, findings, text := diagnosis(t, path, more...)
			found := false
			for _, x := range findings {
				found = found || x.Check == c.check && x.Level == c.level && strings.Contains(x.Detail+" "+x.Remedy, c.want)
			}
			if !found || (code == 1) != (c.level == fail) {
				t.Errorf("exit code %d, want %s %s with %q: %s", code, c.level, c.check, c.want, strings.ReplaceAll(text, "},{", "},\n{"))
			}
			noSecrets(t, s, text)
		})
	}
	t.Run("as text", func(t *testing.T) {
		t.Cleanup(func() { write(path, string(healthy), 0o600) })
		changed(id, "0x5")(t)
		var out, errs bytes.Buffer
		code := execute(t.Context(), []string{"doctor", "--config", path, "--quick"}, &out, &errs)
		if code != 1 || !strings.Contains(out.String(), "FAIL  registration") || !strings.Contains(out.String(), "-> check key_server_object_id") || !strings.Contains(errs.String(), " failed") {
			t.Errorf("exit code %d: %s%s", code, &out, &errs)
		}
	})
}

// drop is a fault: the proxy leaves a header out of answers.
func drop(f *front, name string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(f.to.Load()) },
			ModifyResponse: func(res *http.Response) error { res.Header.Del(name); return nil }}
		proxy.ServeHTTP(w, r)
		return true
	}
}

// noSecrets demands that no key is in a text.
func noSecrets(t *testing.T, s *served, text string) {
	t.Helper()
	for _, file := range []string{"keys/master.key", "keys/receipt.key", "sui.keystore"} {
		b, err := os.ReadFile(filepath.Join(s.dir, file))
		if err != nil {
			t.Fatal(err)
		}
		secret := strings.Trim(string(b), "0x[]\" \n")
		if len(secret) < 20 || strings.Contains(text, secret) {
			t.Errorf("the doctor shows %s", file)
		}
	}
}

// The doctor tells a node that is behind from a clock that is, and notices a node
// that streams nothing.
func TestDoctorOfNodes(t *testing.T) {
	for _, c := range []struct {
		name   string
		offset time.Duration // of the chain's clock
		check  string
		level  level
	}{
		{"all is well", 0, "lag", fine},
		{"a bit behind", -time.Minute, "lag", warn},
		{"behind", -3 * time.Minute, "lag", fail},
		{"the clock is a bit behind", 30 * time.Second, "clock", warn},
		{"the clock is behind", 2 * time.Minute, "clock", fail},
	} {
		node := suirpctest.Start(t)
		tip := node.Append(uint64(time.Now().Add(c.offset).UnixMilli()))
		client, err := suirpc.Dial(t.Context(), node.URL)
		if err != nil {
			t.Fatal(err)
		}
		d := doctor{examiner: &examiner{patience: 5 * time.Second}, cfg: new(config)}
		d.checkAge(t.Context(), "node 0", client, tip, tolerance{behind: time.Minute, worst: fail})
		if len(d.findings) != 1 || d.findings[0].Check != c.check || d.findings[0].Level != c.level {
			t.Errorf("%s: %+v", c.name, d.findings)
		}
		client.Close()
	}
	node := suirpctest.Start(t)
	node.Append(1)
	node.SetNoStreams()
	client, err := suirpc.Dial(t.Context(), node.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	d := doctor{examiner: &examiner{patience: 5 * time.Second}, cfg: new(config)}
	d.checkServes(t.Context(), "node 0", client)
	if len(d.findings) != 2 || d.findings[0].Level != fail || !strings.Contains(d.findings[0].Remedy, "SubscribeCheckpoints") {
		t.Errorf("no streams: %+v", d.findings)
	}
}
