package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// A cooperative is a committee of three whose members serve, each behind a proxy,
// and an aggregator of them.
type cooperative struct {
	*meeting
	fronts []*front
	server sui.Address // the committee's KeyServer object
	url    string      // of the aggregator
	path   string      // of its configuration
	log    *logged     // of the aggregator
}

// newCooperative starts it; metrics is where the aggregator shows metrics.
func newCooperative(t *testing.T, metrics string) *cooperative {
	t.Helper()
	w := newTown(t, 3)
	c := &cooperative{log: &logged{out: t.Output()}, meeting: w.meet("dkg", "", 2, 0, 1, 2), path: filepath.Join(w.dir, "aggregator.yaml")}
	for range 3 {
		c.fronts = append(c.fronts, newFront(t))
	}
	for _, step := range []string{"register", "deal", "process", "propose"} {
		for party := range c.people {
			args := c.args(party, step)
			if step == "register" {
				args = append(args, "--url", c.fronts[party].URL)
			}
			program(t, args...)
		}
	}
	c.server = *c.status().KeyServer
	for party, f := range c.fronts {
		f.to.Store(c.serveMember(party))
	}
	c.write("127.0.0.1:0", "")
	replace(t, c.path, "metrics_listen: none", "metrics_listen: "+metrics)
	a := backgroundTo(t, c.log, "aggregate", "--config", c.path)
	c.url = a.line()
	t.Cleanup(a.stop)
	return c
}

// serveMember runs the server of a member.
func (c *cooperative) serveMember(party int) *url.URL {
	c.t.Helper()
	program(c.t, "keygen", "--member", "--dir", c.keys(party))
	config := filepath.Join(c.home(party), "oracle.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "key_dir: keys\njournal_dir: receipts\nnode_url: %s\nkey_server_package: %s\nlisten: 127.0.0.1:0\nmetrics_listen: none\ndrain_delay: 0s\n"+
		"server_mode: !Committee {member_address: %s, key_server_obj_id: %s, committee_state: Active}\n", c.node, c.pkg, c.address(party), c.server), 0o600); err != nil {
		c.t.Fatal(err)
	}
	s := background(c.t, "serve", "--config", config)
	at, err := url.Parse(s.line())
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(s.stop)
	return at
}

// write writes the aggregator's configuration.
func (c *cooperative) write(listen, more string) {
	c.t.Helper()
	if err := os.WriteFile(c.path, fmt.Appendf(nil, "key_server_object_id: %s\nnode_url: %s\nlisten: %s\nmetrics_listen: none\ndrain_delay: 0s\n%s", c.server, c.node, listen, more), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func TestDoctorOfAggregator(t *testing.T) {
	c := newCooperative(t, "none")
	public := newFront(t)
	at, err := url.Parse(c.url)
	if err != nil {
		t.Fatal(err)
	}
	public.to.Store(at)
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	defer elsewhere.Close()
	ks, err := seal.LoadKeyServer(t.Context(), c.client, c.server)
	if err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(t.TempDir(), "keys")
	program(t, "keygen", "--dir", keys)
	alone := program(t, "register", "--dir", keys, "--name", "alice", "--url", "https://keys.example.org", "--node", c.node, "--package", c.pkg, "--signer", c.keystore(0))
	// fault has a member's proxy answer by itself.
	fault := func(party int, answer http.HandlerFunc) func() {
		return func() {
			f := func(w http.ResponseWriter, r *http.Request) bool { answer(w, r); return true }
			c.fronts[party].fault.Store(&f)
		}
	}
	status := func(code int, header, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if name, value, ok := strings.Cut(header, "="); ok {
				w.Header().Set(name, value)
			}
			w.WriteHeader(code)
			io.WriteString(w, body)
		}
	}
	// changed passes on the member's answer with another header.
	changed := func(party int, name, value string) func() {
		return fault(party, func(w http.ResponseWriter, r *http.Request) {
			(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(c.fronts[party].to.Load()) },
				ModifyResponse: func(res *http.Response) error { res.Header.Set(name, value); return nil }}).ServeHTTP(w, r)
		})
	}
	const version = seal.HeaderServerVersion
	both := func(f ...func()) func() {
		return func() {
			for _, g := range f {
				g()
			}
		}
	}
	configured := func(listen, more string) func() { return func() { c.write(listen, more) } }
	unready, reader := impostor(t, `{"ready":false,"reason":"nobody is there","committee":{"members":[{"name":"server-2","misbehaved":{"reason":"wrong share","count":3}}]}}`), c.url[len("http://"):]
	for _, x := range []struct {
		name    string
		change  func()
		service string
		check   string
		level   level
		want    string // in detail or remedy
	}{
		{"all is well", func() {}, "", "threshold", fine, "3 of 3 members can be used, and 2 are needed"},
		{"a member answers", func() {}, "server-1", "address", fine, "serves with the key on chain"},
		{"it runs", func() {}, "", "ready", fine, "is ready"},
		{"its address", func() {}, "", "headers", fine, "can ask"},
		{"unknown key", configured(reader, "colour: red\n"), "", "config", fail, "aggregate --help"},
		{"no such object", func() { replace(t, c.path, c.server.String(), "0x5") }, "", "committee", fail, "check key_server_object_id"},
		{"a key server by itself", func() { replace(t, c.path, c.server.String(), alone) }, "", "committee", fail, "is no committee"},
		{"node that is down", func() { replace(t, c.path, c.node, "http://127.0.0.1:1") }, "", "node", fail, "does not answer"},
		{"node of another network", configured(reader, "network: Testnet\n"), "", "node", fail, "4c78adac"},
		{"a proxy without its member", fault(1, status(502, "", "")), "server-1", "address", fail, "a proxy without its server"},
		{"one member is down", fault(1, status(502, "", "")), "", "threshold", warn, "none of them may fail"},
		{"two members are down", both(fault(0, status(502, "", "")), fault(2, status(404, "", ""))), "", "threshold", fail, "1 of 3 members can be used, and 2 are needed"},
		{"an API key is wanted", fault(2, status(401, "", "")), "server-2", "credentials", fail, "under the name server-2"},
		{"another API key is wanted", both(fault(2, status(403, "", "")), configured(reader, "api_credentials: {server-2: {api_key_name: X-Key, api_key: 5e5e5e}}\n")), "server-2", "credentials", fail, "are the right ones"},
		{"an API key for nobody", configured(reader, "api_credentials: {bob: {api_key_name: X-Key, api_key: 5e5e5e}}\n"), "", "credentials", warn, "server-0, server-1, server-2"},
		{"a member moved", fault(0, status(301, "Location=https://new.example.org", "")), "server-0", "address", fail, "does not follow"},
		{"no version", fault(0, status(200, "", "{}")), "server-0", "version", fail, "unchanged"},
		{"an old member", changed(0, version, "0.6.1"), "server-0", "version", fail, ">=0.6.2 is required"},
		{"a newer one is wanted", configured(reader, "key_server_version_requirement: '>=9.0.0'\n"), "server-0", "version", fail, ">=9.0.0"},
		{"a member that wants newer aggregators", fault(0, status(400, version+"=0.6.10", `{"error":"DeprecatedSDKVersion","message":"too old"}`)), "server-0", "version", fail, "aggregator_version_requirement"},
		{"a member without a share", fault(0, status(503, version+"=0.6.10", `{"error":"Failure","message":"no share"}`)), "server-0", "address", fail, "while the committee rotates"},
		{"a key server of another mode", fault(0, status(400, version+"=0.6.10", "Unsupported")), "server-0", "address", fail, "!Committee"},
		{"not a key server", fault(0, status(200, version+"=0.6.10", "hello")), "server-0", "key", fail, "another program"},
		{"another member's key", func() {
			b, _ := json.Marshal(map[string][]byte{"partial_pk": ks.Committee.Members[1].PublicKey.Bytes()})
			fault(0, status(200, version+"=0.6.10", string(b)))()
		}, "server-0", "key", fail, "another key than the chain shows"},
		{"a member's clock", changed(0, "Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)), "server-0", "clock", warn, "behind"},
		{"it does not run", configured("127.0.0.1:0", ""), "", "server", warn, "start it"},
		{"something else runs", configured(elsewhere.Listener.Addr().String(), ""), "", "listen", fail, "another program"},
		{"it is not ready", configured(unready, ""), "", "ready", fail, "nobody is there"},
		{"a member misbehaved", configured(unready, ""), "server-2", "misbehaved", warn, "3 times"},
		{"a configuration that others can read", both(configured(reader, "api_credentials: {server-2: {api_key_name: X-Key, api_key: 5e5e5e}}\n"), func() { os.Chmod(c.path, 0o644) }), "", "config", fail, "chmod 600"},
		{"its address is another's", func() {
			f := func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(404); return true }
			public.fault.Store(&f)
		}, "", "address", fail, "where the proxy sends it"},
		{"its proxy drops CORS", func() { f := drop(public, "Access-Control-Allow-Origin"); public.fault.Store(&f) }, "", "headers", fail, "browsers cannot read"},
		{"its proxy drops the version", func() { f := drop(public, version); public.fault.Store(&f) }, "", "headers", fail, version},
	} {
		t.Run(x.name, func(t *testing.T) {
			c.write(reader, "")
			os.Chmod(c.path, 0o600)
			for _, f := range append([]*front{public}, c.fronts...) {
				f.fault.Store(nil)
			}
			x.change()
			code, findings, text := diagnosis(t, c.path, "--for", "aggregate", "--url", public.URL, "--timeout", "2s")
			found := false
			for _, f := range findings {
				found = found || f.Check == x.check && f.Service == x.service && f.Level == x.level && strings.Contains(f.Detail+" "+f.Remedy, x.want)
			}
			if !found || x.level == fail && code != 1 || strings.Contains(text, "5e5e5e") {
				t.Errorf("exit code %d, want %s %s/%s with %q: %s", code, x.level, x.service, x.check, x.want, strings.ReplaceAll(text, "},{", "},\n{"))
			}
		})
	}
	c.movedMembers(t)
}

// movedMembers moves a member to https: with a certificate of nobody, and to where
// there is none.
func (c *cooperative) movedMembers(t *testing.T) {
	strange := httptest.NewTLSServer(http.NotFoundHandler())
	strange.Config.ErrorLog = nil
	defer strange.Close()
	c.write("127.0.0.1:0", "")
	for address, want := range map[string]string{strange.URL: "mend the certificate", "https" + c.fronts[0].URL[len("http"):]: "the server speaks http"} {
		program(t, "dkg", "update-url", "--node", c.node, "--committee", c.id, "--signer", c.keystore(0), "--url", address)
		_, findings, text := diagnosis(t, c.path, "--for", "aggregate", "--timeout", "2s")
		found := false
		for _, f := range findings {
			found = found || f.Service == "server-0" && f.Check == "address" && f.Level == fail && strings.Contains(f.Remedy, want)
		}
		if !found {
			t.Errorf("it does not say %q: %s", want, text)
		}
	}
}

// impostor says that it is an aggregator, and in what state.
func impostor(t *testing.T, state string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" {
			io.WriteString(w, `{"name":"floe-oracle aggregate"}`)
			return
		}
		w.WriteHeader(503)
		io.WriteString(w, state)
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func replace(t *testing.T, path, old, new string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte(strings.Replace(string(b), old, new, 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A certificate that ends soon is told of while it is valid.
func TestDoctorOfCertificates(t *testing.T) {
	for left, want := range map[time.Duration]int{10 * 24 * time.Hour: 1, 60 * 24 * time.Hour: 0} {
		var e examiner
		e.checkMemberState(&http.Response{TLS: &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{NotAfter: time.Now().Add(left)}}}})
		if len(e.findings) != want || want == 1 && (e.findings[0].Check != "certificate" || e.findings[0].Level != warn) {
			t.Errorf("%v left: %+v", left, e.findings)
		}
	}
}

// Wildcards stand for this machine.
func TestLocalAddress(t *testing.T) {
	for listen, want := range map[string]string{
		"0.0.0.0:2024": "http://localhost:2024", ":2024": "http://localhost:2024", "[::]:1": "http://localhost:1",
		"127.0.0.1:1": "http://127.0.0.1:1", "[::1]:1": "http://[::1]:1", "host.example:1": "http://host.example:1",
	} {
		if got := localAddress(listen); got != want {
			t.Errorf("%s: %s, want %s", listen, got, want)
		}
	}
}
