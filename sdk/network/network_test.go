package network

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

func complete() *Network {
	p := Package{Original: sui.Address{1}, Latest: sui.Address{2}}
	return &Network{
		Name: "devnet", URL: "http://127.0.0.1:9000", ChainID: "x", Threshold: 2,
		Packages:   map[string]Package{"storage": p, "catalog": p, "access": p, "key_server": p},
		KeyServers: []KeyServer{{Object: sui.Address{3}, Weight: 1}, {Object: sui.Address{4}, Weight: 1}},
	}
}

func TestSaveAndLoad(t *testing.T) {
	home := t.TempDir()
	if err := Save(home, complete()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"devnet", "http://127.0.0.1:9000", "http://127.0.0.1:9000/"} {
		n, err := Load(home, name)
		if err != nil {
			t.Fatalf("Load(%q): %v", name, err)
		}
		if n.Packages["access"].Latest != (sui.Address{2}) || n.KeyServers[1].Object != (sui.Address{4}) || n.Threshold != 2 {
			t.Errorf("Load(%q) = %+v", name, n)
		}
		if err := errors.Join(n.NeedContracts(), n.NeedKeyServers()); err != nil {
			t.Errorf("Load(%q) is incomplete: %v", name, err)
		}
	}
	if err := os.Remove(Path(home, "devnet")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(home, "devnet"); err == nil || !strings.Contains(err.Error(), "scripts/devnet") {
		t.Errorf("after its file is removed: %v", err)
	}
}

func TestLoadWithoutFile(t *testing.T) {
	home := t.TempDir()
	n, err := Load(home, "testnet")
	if err != nil || !strings.HasPrefix(n.URL, "https://") {
		t.Fatalf("testnet = %+v, %v", n, err)
	}
	if err := n.NeedContracts(); !errors.Is(err, ErrIncomplete) || !strings.Contains(err.Error(), "floe contracts publish --network testnet") {
		t.Errorf("NeedContracts on testnet: %v", err)
	}
	if err := n.NeedKeyServers(); !errors.Is(err, ErrIncomplete) {
		t.Errorf("NeedKeyServers on testnet: %v", err)
	}
	if n, err := Load(home, "http://10.0.0.1:9000"); err != nil || n.URL != "http://10.0.0.1:9000" || n.Name != "10.0.0.1-9000" {
		t.Errorf("a URL: %+v, %v", n, err)
	}
	var missing *NotFoundError
	if _, err := Load(home, "nowhere"); !errors.As(err, &missing) {
		t.Errorf("nowhere: %v", err)
	}
	if _, err := Load(home, "http://"); err == nil {
		t.Error("a URL without a host was accepted")
	}
}

func TestReadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"not JSON":      "{",
		"unknown field": `{"name":"a","url":"http://b","colour":"red"}`,
		"no url":        `{"name":"a"}`,
		"bad address":   `{"name":"a","url":"http://b","storage_system":"0xzz"}`,
	} {
		path := filepath.Join(t.TempDir(), "n.json")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
