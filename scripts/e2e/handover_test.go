package e2e

import (
	"encoding/json"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/floe-data/floe/scripts/localnet"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/dataset"
)

// A storage node that comes back at another address is in a new committee, to
// which the old one hands over, signed, without waiting. What was stored before
// stays readable, and new data is certified by the new committee.
func TestStorageCommitteeHandsOver(t *testing.T) {
	cfg := localnet.Config{Dir: t.TempDir(), Nodes: 4, Shards: 10, NoIndex: true}
	before := startNet(t, cfg)
	src := t.TempDir()
	if err := os.WriteFile(filepath.Join(src, "a"), []byte("kept"), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := dataset.Publish(t.Context(), newEnv(t, before, "owner"), src, dataset.PublishOptions{Name: "moves"})
	if err != nil {
		t.Fatal(err)
	}
	if got := storageSystem(t, before); got.Epoch != 1 {
		t.Errorf("first committee is of epoch %d", got.Epoch)
	}
	moved := before.Storage[1]
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	forgetPort(t, cfg.Dir, moved.Name, moved.URL)

	after := startNet(t, cfg)
	defer func() {
		if err := after.Close(); err != nil {
			t.Errorf("close network: %v", err)
		}
	}()
	got := storageSystem(t, after)
	if got.Epoch != 2 || got.Members[1].NetworkAddress != after.Storage[1].URL || after.Storage[1].URL == moved.URL {
		t.Errorf("committee of epoch %d has %s at %s, which was at %s", got.Epoch, moved.Name, got.Members[1].NetworkAddress, moved.URL)
	}
	openKept(t, after, p)
	if _, err := dataset.Publish(t.Context(), newEnv(t, after, "owner"), src, dataset.PublishOptions{Name: "after"}); err != nil {
		t.Errorf("publish after the hand-over: %v", err)
	}
}

func storageSystem(t *testing.T, n *localnet.Net) *contract.System {
	t.Helper()
	o, err := newEnv(t, n, "owner").Chain.Object(t.Context(), n.Network.StorageSystem)
	if err != nil {
		t.Fatal(err)
	}
	s, err := contract.ParseSystem(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// forgetPort makes a server choose another port: the old one is taken until the
// test ends.
func forgetPort(t *testing.T, dir, name, rawURL string) {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	if l, err := net.Listen("tcp", u.Host); err == nil { // else another program has it already
		t.Cleanup(func() { l.Close() })
	}
	path := filepath.Join(dir, "ports.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ports := map[string]int{}
	if err := json.Unmarshal(raw, &ports); err != nil {
		t.Fatal(err)
	}
	if ports[name] == 0 {
		t.Fatalf("%s has no port in %s", name, raw)
	}
	delete(ports, name)
	if raw, err = json.Marshal(ports); err == nil {
		err = os.WriteFile(path, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
