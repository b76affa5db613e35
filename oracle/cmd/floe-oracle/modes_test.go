package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// A permissioned server from the first key to the client that comes while it
// runs, with keys that are sealed at rest.
func TestServePermissioned(t *testing.T) {
	node, pkg, keystore := network(t)
	dir := t.TempDir()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	ageKey := filepath.Join(dir, "age.key")
	os.WriteFile(ageKey, []byte(identity.String()+"\n"), 0o600)
	first := strings.Split(program(t, "keygen", "--dir", filepath.Join(dir, "keys"), "--permissioned"), "\n")
	if len(first) != spareKeys || !strings.HasPrefix(first[0], "0 ") {
		t.Fatalf("keygen --permissioned printed %q", first)
	}
	public := func(i int) string { f := strings.Fields(first[i]); return f[len(f)-1] }
	register := func(name string, i int) string {
		return program(t, "register", "--public-key", public(i), "--name", name, "--url", "https://keys.example.org/"+name,
			"--node", node, "--package", pkg, "--signer", keystore)
	}
	client := func(name string, i int, object, pkg string) string {
		return fmt.Sprintf("    - {name: %s, client_master_key: !Derived {derivation_index: %d}, key_server_object_id: %s, package_ids: [%s]}\n", name, i, object, pkg)
	}
	alice, bob, carol := register("alice", 0), register("bob", 1), register("carol", 2)
	config := filepath.Join(dir, "oracle.yaml")
	write := func(list string) {
		os.WriteFile(config, fmt.Appendf(nil, "key_dir: keys\nage_identity: {file: age.key}\njournal_dir: receipts\nnode_url: %s\nkey_server_package: %s\n"+
			"listen: 127.0.0.1:0\nmetrics_listen: none\ndrain_delay: 0s\n%s", node, pkg, clients(list)), 0o600)
	}
	two := client("alice", 0, alice, "0xa") + client("bob", 1, bob, "0xb")
	write(two)
	if out := program(t, "seal-keys", "--dir", filepath.Join(dir, "keys"), "--seal", "file:"+ageKey); strings.Count(out, "is sealed now") != 2 {
		t.Errorf("seal-keys: %s", out)
	}
	keys := strings.Split(program(t, "keys", "--config", config), "\n")
	if len(keys) != 2+spareKeys || !strings.HasSuffix(keys[0], public(0)) || !strings.HasSuffix(keys[1], public(1)) || !strings.HasSuffix(keys[2], public(2)) {
		t.Errorf("keys: %q", keys)
	}
	if out := program(t, "config", "check", "--config", config); !strings.Contains(out, "permissioned") {
		t.Errorf("config check: %s", out)
	}

	log := &logged{out: t.Output()}
	server := backgroundTo(t, log, "serve", "--config", config)
	url := server.line()
	proven := func(base, object string) error { return possession(base, object, public) }
	for name, object := range map[string]string{"alice": alice, "bob": bob} {
		for _, base := range []string{url, url + "/" + name} {
			if err := proven(base, object); err != nil {
				t.Errorf("%s at %s: %v", name, base, err)
			}
		}
	}
	if err := proven(url, carol); err == nil {
		t.Error("carol is served before she came")
	}

	reload := func(list, says string) {
		t.Helper()
		write(list)
		seen := log.count(says)
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(30 * time.Second); log.count(says) == seen; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("the log does not say %q", says)
			}
		}
	}
	const reloaded, kept = "reloaded the clients", "was not reloaded, nothing has changed"
	reload(two+client("carol", 2, carol, "0xc"), reloaded)
	if err := proven(url+"/carol", carol); err != nil {
		t.Errorf("carol: %v", err)
	}
	reload(two+client("mallory", 2, alice, "0xc"), kept) // alice's object
	reload(two+client("carol", 2, bob, "0xc"), kept)
	reload(two+"colour: red\n", kept)
	if err := proven(url+"/carol", carol); err != nil {
		t.Errorf("carol went with a bad file: %v", err)
	}
	reload(two, reloaded)
	if err := proven(url+"/carol", carol); err == nil {
		t.Error("carol is still served")
	}
	if err := proven(url+"/bob", bob); err != nil {
		t.Error(err)
	}
	knock := func() int {
		req, _ := http.NewRequest("POST", url+"/v1/fetch_key", strings.NewReader("{"))
		req.Header = http.Header{"Content-Type": {"application/json"}, "Client-Sdk-Version": {"1.4.12"}}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	reload(two+"limits: {per_address: {requests: 1, per: 24h}}\n", "reloaded limits")
	if first, second := knock(), knock(); first != 400 || second != 429 {
		t.Errorf("with a limit of one request: HTTP %d, %d", first, second)
	}
	reload(two+"limits: {per_address: {requests: 0, per: 24h}}\n", kept)
	if status := knock(); status != 429 {
		t.Errorf("after a bad limit: HTTP %d", status)
	}
	reload(two, "reloaded limits")
	if status := knock(); status != 400 {
		t.Errorf("without a limit: HTTP %d", status)
	}
	if out := program(t, "drill", "--config", config, "--client", "bob", "--live", url+"/bob"); !strings.Contains(out, "everything is as it should be") {
		t.Errorf("drill: %s", out)
	}
	// Nobody is at the addresses that were registered.
	demandFindings(t, config, "alice/registration ok", "bob/registration ok", "alice/address fail", "bob/address fail", "bob/receipts ok", "/server ok")
	server.stop()

	write(client("alice", 0, bob, "0xa"))
	var errs strings.Builder
	if code := execute(t.Context(), []string{"serve", "--config", config}, io.Discard, &errs); code != 1 ||
		!strings.Contains(errs.String(), "registered with another public key") {
		t.Errorf("alice with bob's object: exit code %d: %s", code, &errs)
	}
}

// logged is a log that can be searched.
type logged struct {
	out io.Writer

	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	return l.out.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logged) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), what)
}

// possession demands the proof that a server holds the key of an object that
// is one of the first.
func possession(base, object string, public func(int) string) error {
	id, err := sui.ParseAddress(object)
	if err != nil {
		return err
	}
	req, _ := http.NewRequest("GET", base+"/v1/service?service_id="+object, nil)
	req.Header.Set(seal.HeaderSDKVersion, "1.4.12")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		return fmt.Errorf("HTTP %d %s %v", res.StatusCode, b, err)
	}
	return verifyPossession(b, id, public)
}

func verifyPossession(answer []byte, id sui.Address, public func(int) string) error {
	var s seal.ServiceResponse
	if err := json.Unmarshal(answer, &s); err != nil {
		return err
	}
	for i := range spareKeys {
		b, err := hex.DecodeString(strings.TrimPrefix(public(i), "0x"))
		if err != nil {
			return err
		}
		pk, err := seal.ParsePublicKey(b)
		if err != nil {
			return err
		}
		if pk.VerifyPossession(s.PoP, id) == nil {
			return nil
		}
	}
	return errors.New("no key of the server's proves this")
}

// A member of a committee, from the ceremony to its partial key.
func TestServeMember(t *testing.T) {
	w := newTown(t, 2)
	m := w.meet("dkg", "", 2, 0, 1)
	for _, step := range []string{"register", "deal", "process", "propose"} {
		for party := range m.people {
			program(t, m.args(party, step)...)
		}
	}
	keys := w.keys(1)
	program(t, "keygen", "--member", "--dir", keys)
	config := filepath.Join(w.home(1), "oracle.yaml")
	server := *m.status().KeyServer
	write := func(state string, member sui.Address) {
		os.WriteFile(config, fmt.Appendf(nil, "key_dir: keys\njournal_dir: receipts\nnode_url: %s\nkey_server_package: %s\nlisten: 127.0.0.1:0\nmetrics_listen: none\ndrain_delay: 0s\n"+
			"server_mode: !Committee\n  member_address: %s\n  key_server_obj_id: %s\n  committee_state: %s\n", w.node, w.pkg, member, server, state), 0o600)
	}
	fails := func(want string) {
		t.Helper()
		var errs strings.Builder
		if code := execute(t.Context(), []string{"serve", "--config", config}, io.Discard, &errs); code != 1 || !strings.Contains(errs.String(), want) {
			t.Errorf("exit code %d: %s, want %q", code, &errs, want)
		}
	}
	write("Active\nnetwork: Testnet", w.address(1))
	fails("but Testnet is chain 4c78adac: change network or node_url")
	write("Active", w.address(0))
	fails("not that of member")
	write("Active", sui.Address{9})
	fails("no member of the committee")
	write("!Rotation {target_version: 2}", w.address(1))
	fails("the chain is at version 0")
	write("!Rotation {target_version: 1}", w.address(1))
	fails("share-v1.key")

	write("!Active", w.address(1))
	if out := program(t, "config", "check", "--config", config, "--json"); !strings.Contains(out, `"mode":"committee"`) {
		t.Errorf("config check: %s", out)
	}
	s := background(t, "serve", "--config", config)
	url := s.line()
	ks, err := seal.LoadKeyServer(t.Context(), w.client, server)
	if err != nil {
		t.Fatal(err)
	}
	req, _ := http.NewRequest("GET", url+"/v1/debug/committee_partial_pk", nil)
	req.Header.Set(seal.HeaderSDKVersion, "0.6.10")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string][]byte
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || !bytes.Equal(answer["partial_pk"], ks.Committee.Members[1].PublicKey.Bytes()) {
		t.Errorf("partial key %x, %v", answer, err)
	}
	res.Body.Close()
	for _, more := range [][]string{{"--live", url}, {"--offline"}} {
		if out := program(t, append([]string{"drill", "--config", config}, more...)...); !strings.Contains(out, "everything is as it should be") {
			t.Errorf("drill: %s", out)
		}
	}
	demandFindings(t, config, "/share ok", "/registration ok", "/address fail", "/receipts ok", "/server ok")
	write("!Active", w.address(0))
	demandFindings(t, config, "/share fail")
	s.stop()
}
