package e2e

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/floe-data/floe/scripts/localnet"
	"github.com/floe-data/floe/sdk/dataset"
)

// A network that stopped goes on from its folder: same chain, same addresses,
// same committee, and what was published before opens, with a further receipt
// each.
func TestNetworkRestarts(t *testing.T) {
	cfg := localnet.Config{Dir: t.TempDir(), Nodes: 4, Shards: 10, NoIndex: true, KeyServers: 1,
		Committee: localnet.CommitteeConfig{Members: 3, Threshold: 2}}
	before := startNet(t, cfg)
	src := t.TempDir()
	if err := os.WriteFile(filepath.Join(src, "a"), []byte("kept"), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := dataset.Publish(t.Context(), newEnv(t, before, "owner"), src, dataset.PublishOptions{Name: "restart"})
	if err != nil {
		t.Fatal(err)
	}
	openKept(t, before, p)
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	receipts := before.ReceiptCount() // a slow server may write one until it is closed

	cfg.Committee = localnet.CommitteeConfig{} // is found
	after := startNet(t, cfg)
	defer func() {
		if err := after.Close(); err != nil {
			t.Errorf("close network: %v", err)
		}
	}()
	if !reflect.DeepEqual(after.Network, before.Network) {
		t.Errorf("network was %+v, is %+v", before.Network, after.Network)
	}
	for i, s := range after.Storage {
		if s.URL != before.Storage[i].URL {
			t.Errorf("%s was at %s, is at %s", s.Name, before.Storage[i].URL, s.URL)
		}
	}
	for i, k := range after.KeyServers {
		if k.URL != before.KeyServers[i].URL || k.Object != before.KeyServers[i].Object {
			t.Errorf("%s was %s at %s, is %s at %s", k.Name, before.KeyServers[i].Object, before.KeyServers[i].URL, k.Object, k.URL)
		}
	}
	if n := after.ReceiptCount(); n != receipts {
		t.Errorf("key servers had %d receipts, have %d", receipts, n)
	}
	openKept(t, after, p)
	if n := after.ReceiptCount(); n <= receipts {
		t.Errorf("opening again left no receipt: %d before, %d after", receipts, n)
	}
	// The chain goes on too: another version.
	if err := os.WriteFile(filepath.Join(src, "b"), []byte("new"), 0o644); err != nil {
		t.Fatal(err)
	}
	second, err := dataset.Publish(t.Context(), newEnv(t, after, "owner"), src, dataset.PublishOptions{Name: "restart", Dataset: p.Dataset})
	if err != nil || second.Version != 2 {
		t.Errorf("publish after the restart: %+v, %v", second, err)
	}
}

func startNet(t *testing.T, cfg localnet.Config) *localnet.Net {
	t.Helper()
	n, err := localnet.Start(t.Context(), cfg)
	if err != nil {
		t.Fatalf("start network: %v", err)
	}
	return n
}

func openKept(t *testing.T, n *localnet.Net, p *dataset.Published) {
	t.Helper()
	out := t.TempDir()
	if _, err := dataset.Open(t.Context(), newEnv(t, n, "owner"), p.Dataset, out, dataset.OpenOptions{}); err != nil {
		t.Fatalf("open: %v", err)
	}
	if b, err := os.ReadFile(filepath.Join(out, "a")); err != nil || string(b) != "kept" {
		t.Errorf("opened %q, %v", b, err)
	}
}
