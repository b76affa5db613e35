package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A gate is a full node behind a connection that can be held up.
type gate struct {
	URL string

	mu   sync.Mutex
	open *sync.Cond
	held bool
}

func newGate(t *testing.T, node string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	g := &gate{URL: "http://" + l.Addr().String()}
	g.open = sync.NewCond(&g.mu)
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", strings.TrimPrefix(node, "http://"))
			if err != nil {
				from.Close()
				continue
			}
			go func() { io.Copy(from, to); from.Close() }()
			go func() { g.pass(to, from); to.Close() }()
		}
	}()
	return g
}

// pass copies requests, while the gate is open.
func (g *gate) pass(to io.Writer, from io.Reader) {
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		g.mu.Lock()
		for g.held {
			g.open.Wait()
		}
		g.mu.Unlock()
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (g *gate) hold(held bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held = held
	g.open.Broadcast()
}

// served is a registered key server with a policy that lets its owner in.
type served struct {
	*requester
	t        *testing.T
	gate     *gate
	dir      string
	config   string
	packages contract.Packages
}

// A requester owns a policy, and asks for keys by it.
type requester struct {
	owner    *sui.PrivateKey
	session  *seal.SessionKey
	approval *seal.Approval
}

func newRequester(t *testing.T, client *suirpc.Client, owner *sui.PrivateKey, d *deploy.Deployment) *requester {
	t.Helper()
	p, b := d.Contracts(), sui.NewBuilder()
	contract.CreatePolicy(b, p, nil, nil, owner.Address())
	ex, err := client.Send(t.Context(), owner, b)
	if err != nil {
		t.Fatal(err)
	}
	ev, err := contract.DecodeEvent(ex.Events[0], p)
	if err != nil {
		t.Fatal(err)
	}
	a := &requester{owner: owner}
	id := ev.(*contract.PolicyCreated).PolicyID
	b = sui.NewBuilder()
	contract.SealApprove(b, p, append(id[:], 1), contract.Read{Policy: b.SharedObject(id, 1, false),
		Lineage: b.SharedObject(d.Objects.CatalogLineage, 1, false), Version: b.SharedObject(d.Objects.AccessVersion, 1, false)})
	if a.approval, err = seal.NewApproval(b); err != nil {
		t.Fatal(err)
	}
	a.session, err = seal.SignSessionKey(seal.SessionConfig{Package: p.Access.Original, TTL: 10 * time.Minute, Now: time.Now(), Rand: rand.Reader}, owner)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// newServed registers a server that is to be reached at public.
func newServed(t *testing.T, public string) *served {
	t.Helper()
	c := chaintest.Start(t)
	s := &served{t: t, gate: newGate(t, c.URL), dir: t.TempDir()}
	client, err := suirpc.Dial(t.Context(), c.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	owner, err := sui.NewPrivateKey(sui.Ed25519, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	if err := client.RequestGas(t.Context(), c.Faucet, owner.Address()); err != nil {
		t.Fatal(err)
	}
	d, err := deploy.Publish(t.Context(), client, owner, deploy.Config{Env: "test", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	s.packages, s.requester = d.Contracts(), newRequester(t, client, owner, d)
	s.register(c.URL, public)
	return s
}

func (s *served) register(node, public string) {
	s.t.Helper()
	pkg := s.packages.KeyServer.Latest.String()
	keystore, keys := filepath.Join(s.dir, "sui.keystore"), filepath.Join(s.dir, "keys")
	if err := sui.SaveKeys(keystore, []*sui.PrivateKey{s.owner}); err != nil {
		s.t.Fatal(err)
	}
	program(s.t, "keygen", "--dir", keys)
	id := program(s.t, "register", "--dir", keys, "--name", "alice", "--url", public, "--node", node, "--package", pkg, "--signer", keystore)
	s.config = fmt.Sprintf("key_server_object_id: %s\nkey_dir: keys\njournal_dir: receipts\nnode_url: %s\nkey_server_package: %s\n"+
		"listen: 127.0.0.1:0\nmetrics_listen: none\nmax_concurrent: 32\n", id, s.gate.URL, pkg)
}

// start runs the server as a process of its own and returns its address.
func (s *served) start(more string) (*exec.Cmd, string) {
	s.t.Helper()
	path := filepath.Join(s.dir, "oracle.yaml")
	if err := os.WriteFile(path, []byte(s.config+more), 0o600); err != nil {
		s.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.CommandContext(s.t.Context(), self, "serve", "--config", path)
	cmd.Args[0] = "floe-oracle" // which is the command that TestMain runs
	cmd.Stderr = s.t.Output()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		s.t.Fatalf("the server says no address: %v", err)
	}
	return cmd, strings.TrimSpace(url)
}

// fresh makes a connection for each request, as a load balancer may.
var fresh = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}

// ask asks for a key as the owner, and returns the status and the receipt.
func (s *requester) ask(url string) (int, string, error) {
	tk, err := seal.NewTransportKey(rand.Reader)
	if err != nil {
		return 0, "", err
	}
	body, err := s.session.NewRequest(s.approval.Bytes(), tk.Public())
	if err != nil {
		return 0, "", err
	}
	b, err := json.Marshal(body)
	if err != nil {
		return 0, "", err
	}
	req, err := http.NewRequest("POST", url+"/v1/fetch_key", bytes.NewReader(b))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(seal.HeaderSDKVersion, "1.4.12")
	req.Header.Set(seal.HeaderSDKType, "typescript")
	res, err := fresh.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	var answer struct{ Receipt string }
	err = json.NewDecoder(res.Body).Decode(&answer)
	return res.StatusCode, answer.Receipt, err
}

// notReady waits until /ready says that the server is about to end.
func (s *served) notReady(url string) {
	s.t.Helper()
	for {
		res, err := fresh.Get(url + "/ready")
		if err != nil {
			s.t.Fatalf("the server went away before it said so: %v", err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode == 503 && strings.Contains(string(b), "about to end") {
			return
		}
	}
}

type asked struct {
	status  int
	receipt string
	err     error
}

// After SIGTERM the server says so, serves for a while, answers all that is
// under way, and loses nothing.
func TestDrain(t *testing.T) {
	s := newServed(t, "https://keys.example.org")
	systemd := newSystemd(t)
	cmd, url := s.start("drain_delay: 1s\n")
	systemd.told(t, "READY=1")
	if status, _, err := s.ask(url); status != 200 { // now the package is known
		t.Fatalf("HTTP %d, %v", status, err)
	}
	s.gate.hold(true)
	const n = 8 // a quarter of max_concurrent, as much as one user gets
	answers := make(chan asked, n+1)
	for range n + 1 {
		go func() {
			status, receipt, err := s.ask(url)
			answers <- asked{status, receipt, err}
		}()
	}
	if a := <-answers; a.status != 429 { // the others are under way
		t.Fatalf("one request too many: %+v", a)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	s.notReady(url)
	for {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			break // nobody listens any more
		}
		conn.Close()
	}
	s.gate.hold(false)
	var receipts []string
	for range n {
		a := <-answers
		if a.status != 200 || a.err != nil {
			t.Errorf("a request under way: HTTP %d, %v", a.status, a.err)
		}
		receipts = append(receipts, a.receipt)
	}
	systemd.told(t, "STOPPING=1")
	if err := cmd.Wait(); err != nil {
		t.Errorf("the server ended with: %v", err)
	}
	stored, err := os.ReadFile(filepath.Join(s.dir, "receipts", journal.FileName))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range receipts {
		if r == "" || !strings.Contains(string(stored), r) {
			t.Errorf("receipt %.20q is not in the journal", r)
		}
	}
	s.drill(t, n+1)
	s.evidence(t, n)
	s.secondSignal(t, n+1)
}

// A systemd listens where units of Type=notify tell how far they are.
type systemd struct{ net.PacketConn }

func newSystemd(t *testing.T) systemd {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenPacket("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return systemd{l}
}

func (s systemd) told(t *testing.T, want string) {
	t.Helper()
	buf := make([]byte, 1000)
	s.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, _, err := s.ReadFrom(buf)
	if err != nil || string(buf[:n]) != want {
		t.Errorf("systemd was told %q (%v), want %q", buf[:n], err, want)
	}
}

// drill demands that the journal and the log have n receipts.
func (s *served) drill(t *testing.T, n int) {
	t.Helper()
	out := program(t, "drill", "--config", filepath.Join(s.dir, "oracle.yaml"))
	if want := fmt.Sprintf("restored %d receipts; the log has %d of them", n, n); !strings.Contains(out, want) {
		t.Errorf("%s\nwant: %s", out, want)
	}
}

// secondSignal: while it drains, requests are served; a second signal ends it
// at once, and nothing that was answered is lost.
func (s *served) secondSignal(t *testing.T, before int) {
	cmd, url := s.start("drain_delay: 1h\n")
	cmd.Process.Signal(syscall.SIGTERM)
	s.notReady(url)
	if status, receipt, err := s.ask(url); status != 200 || receipt == "" {
		t.Errorf("while draining: HTTP %d, %v", status, err)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err == nil {
		t.Error("the second signal ended the server as if all was done")
	}
	cmd, _ = s.start("drain_delay: 0s\n") // adds what is missing to the log
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("the server ended with: %v", err)
	}
	s.drill(t, before+1)
}
