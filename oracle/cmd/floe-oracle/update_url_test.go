package main

import (
	"bytes"
	"crypto/rand"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A server that moves keeps its id and key; nobody but its owner moves it.
func TestUpdateURL(t *testing.T) {
	node, pkg, keystore := network(t)
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys")
	program(t, "keygen", "--dir", keys)
	id := program(t, "register", "--dir", keys, "--name", "alice", "--url", "https://keys.example.org", "--node", node, "--package", pkg, "--signer", keystore)
	client, err := suirpc.Dial(t.Context(), node)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	object, err := sui.ParseAddress(id)
	if err != nil {
		t.Fatal(err)
	}
	load := func() *seal.KeyServer {
		ks, err := seal.LoadKeyServer(t.Context(), client, object)
		if err != nil {
			t.Fatal(err)
		}
		return ks
	}
	stranger, err := sui.GenerateKey(sui.Ed25519, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "other.keystore")
	if err := sui.SaveKeys(other, []*sui.PrivateKey{stranger}); err != nil {
		t.Fatal(err)
	}
	before := load()
	move := []string{"update-url", "--node", node, "--key-server", id, "--url", "https://moved.example.org"}
	for want, args := range map[string][]string{
		"is not the account's of --signer": append(move, "--signer", other),
		"flag --signer is needed":          move,
		"no http or https address":         append(move, "--signer", keystore, "--url", "moved.example.org"),
		"not found":                        append(move, "--signer", keystore, "--key-server", "0x77"),
		"flag --key-server":                append(move, "--signer", keystore, "--key-server", "alice"),
		"flag --package":                   append(move, "--signer", keystore, "--package", "x"),
	} {
		var errs bytes.Buffer
		if code := execute(t.Context(), args, io.Discard, &errs); code == 0 || !strings.Contains(errs.String(), want) {
			t.Errorf("%v: exit code %d: %s", args, code, &errs)
		}
	}
	if ks := load(); ks.URL != "https://keys.example.org" {
		t.Errorf("moved to %s", ks.URL)
	}
	var did relocated
	unmarshal(t, program(t, append(move, "--signer", keystore, "--package", pkg, "--json")...), &did)
	if after := load(); after.URL != "https://moved.example.org" || did.URL != after.URL || did.From != before.URL || after.Name != before.Name || !bytes.Equal(after.PublicKey.Bytes(), before.PublicKey.Bytes()) {
		t.Errorf("after %+v, told %+v", after, did)
	}
}
