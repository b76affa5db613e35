package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/receipt/remote"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// network starts a chain with the contracts and returns the node's URL, the
// key_server package and a funded keystore.
func network(t *testing.T) (node, pkg, keystore string) {
	t.Helper()
	return networkOf(t, chaintest.Start(t))
}

// networkOf publishes the contracts on a chain.
func networkOf(t *testing.T, c *chaintest.Chain) (node, pkg, keystore string) {
	t.Helper()
	node = c.URL
	client, err := suirpc.Dial(t.Context(), node)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
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
	keystore = filepath.Join(t.TempDir(), "sui.keystore")
	if err := sui.SaveKeys(keystore, []*sui.PrivateKey{owner}); err != nil {
		t.Fatal(err)
	}
	return node, d.Contracts().KeyServer.Latest.String(), keystore
}

// program runs a command that has to succeed and returns its output.
func program(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := execute(t.Context(), args, &out, &errs); code != 0 {
		t.Fatalf("%v: exit code %d\n%s", args, code, &errs)
	}
	return strings.TrimSpace(out.String())
}

func TestRegisterAndServe(t *testing.T) {
	node, pkg, keystore := network(t)
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys")
	public := program(t, "keygen", "--dir", keys)
	register := []string{"register", "--dir", keys, "--name", "alice", "--url", "https://keys.example.org",
		"--node", node, "--package", pkg, "--signer", keystore}
	id := program(t, register...)

	client, err := suirpc.Dial(t.Context(), node)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	object, err := sui.ParseAddress(id)
	if err != nil {
		t.Fatal(err)
	}
	ks, err := seal.LoadKeyServer(t.Context(), client, object)
	if err != nil || ks.Name != "alice" || ks.URL != "https://keys.example.org" || fmt.Sprintf("0x%x", ks.PublicKey.Bytes()) != public {
		t.Fatalf("registered %+v, %v", ks, err)
	}

	config := filepath.Join(dir, "oracle.yaml")
	write := func(keyDir string) {
		os.WriteFile(config, fmt.Appendf(nil, "key_server_object_id: %s\nkey_dir: %s\njournal_dir: receipts\nnode_url: %s\n"+
			"key_server_package: %s\nlisten: 127.0.0.1:0\nallowed_staleness: 1m\nmetrics_listen: none\ndrain_delay: 0s\n", id, keyDir, node, pkg), 0o600)
	}
	program(t, "keygen", "--dir", filepath.Join(dir, "other"))
	write("other")
	var errs bytes.Buffer
	if code := execute(t.Context(), []string{"serve", "--config", config}, io.Discard, &errs); code != 1 ||
		!strings.Contains(errs.String(), "registered with another public key") {
		t.Errorf("other keys: exit code %d: %s", code, &errs)
	}

	write("keys")
	witness, policy := background(t, "witness", "--dir", filepath.Join(dir, "witness"), "--name", "witness.example/w", "--listen", "127.0.0.1:0",
		"--log", id+"="+filepath.Join(dir, "keys", "jwks.json")), filepath.Join(dir, "witnesses")
	os.WriteFile(policy, fmt.Appendf(nil, "witness w %s %s\nquorum w\n", witness.line(), witness.line()), 0o600)
	b, _ := os.ReadFile(config)
	os.WriteFile(filepath.Join(dir, "validators.json"), []byte(program(t, "validators", "--node", node)), 0o600)
	b = append(b, "witness_policy: witnesses\nevaluation: {nodes: ["+node+"], quorum: 2, validators: validators.json, prove: true}\n"...)
	os.WriteFile(config, b, 0o600)
	server := background(t, "serve", "--config", config)
	url := server.line()
	res, err := http.Get(url + "/ready")
	if err != nil || res.StatusCode != 200 {
		t.Errorf("ready: %v, %v", res, err)
	}
	res.Body.Close()
	checkCosigned(t, url, policy, filepath.Join(dir, "keys", "jwks.json"), object)
	drill := []string{"drill", "--config", config, "--live", url}
	if out := program(t, drill...); !strings.Contains(out, "everything is as it should be") {
		t.Errorf("drill: %s", out)
	}
	if code := execute(t.Context(), append(drill, "--key-dir", filepath.Join(dir, "other"), "--json"), io.Discard, t.Output()); code != 1 {
		t.Errorf("drill with other keys: exit code %d", code)
	}
	server.stop()
	witness.stop()
}

// checkCosigned demands a checkpoint that the log and the witnesses signed.
func checkCosigned(t *testing.T, url, policy, jwks string, id sui.Address) {
	t.Helper()
	var files [2][]byte
	for i, path := range []string{policy, jwks} {
		var err error
		if files[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	witnesses, err := logproof.ParseWitnessPolicy(files[0])
	if err != nil {
		t.Fatal(err)
	}
	keys, err := receipt.ParseKeySet(files[1])
	if err != nil {
		t.Fatal(err)
	}
	log, err := keys.Log(id)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := (&remote.Server{ID: id, URL: url}).Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := log.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	if by, err := witnesses.Check(c); err != nil || len(by) != 1 {
		t.Errorf("cosigned by %v: %v", by, err)
	}
}

// A running command serves until it is stopped.
type running struct {
	t      *testing.T
	out    *bufio.Reader
	cancel func()
	code   chan int
}

func background(t *testing.T, args ...string) *running {
	t.Helper()
	return backgroundTo(t, t.Output(), args...)
}

// backgroundTo is background with the log written to w.
func backgroundTo(t *testing.T, w io.Writer, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	r := &running{t, bufio.NewReader(out), cancel, make(chan int, 1)}
	go func() {
		r.code <- execute(ctx, args, stdout, w)
		stdout.Close()
	}()
	return r
}

// line returns the next line of output.
func (r *running) line() string {
	r.t.Helper()
	line, err := r.out.ReadString('\n')
	if err != nil {
		r.t.Fatalf("no output: %v", err)
	}
	return strings.TrimSpace(line)
}

// stop interrupts the command, which has to end well.
func (r *running) stop() {
	r.t.Helper()
	r.cancel()
	if c := <-r.code; c != 0 {
		r.t.Errorf("exit code %d after an interrupt", c)
	}
}

func TestRegisterRefuses(t *testing.T) {
	for want, args := range map[string][]string{
		"flag --url":      {"--url", "keys.example.org", "--package", "0x2"},
		"flag --package":  {"--url", "http://x", "--package", "hello"},
		"floe-oracle key": {"--url", "http://x", "--package", "0x2"},
	} {
		var errs bytes.Buffer
		all := append([]string{"register", "--dir", filepath.Join(t.TempDir(), "none"), "--name", "a", "--node", "http://127.0.0.1:1", "--signer", "s"}, args...)
		if code := execute(t.Context(), all, io.Discard, &errs); code == 0 || !strings.Contains(errs.String(), want) {
			t.Errorf("%v: exit code %d: %s", args, code, &errs)
		}
	}
}
