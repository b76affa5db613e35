package storage

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/walrus"
)

// Mysten's own client stores a blob that our client reads, and reads one that
// ours stored; its encoder, signatures and decoder meet ours on the way.
func TestForeignClient(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node is not in PATH; install Node 20 or newer, or run the tests by ./scripts/test, which brings it")
	}
	c := newCluster(t)
	theirs, data := c.blob("theirs", 12_345)
	ours, oursData := c.blob("ours", 54_321)
	c.store(ours)

	type nodeConfig struct {
		URL       string `json:"url"`
		PublicKey string `json:"publicKey"`
		Shards    []int  `json:"shards"`
	}
	var nodes []nodeConfig
	for _, m := range c.committee().Members {
		nodes = append(nodes, nodeConfig{m.URL, hex.EncodeToString(m.PublicKey), m.Shards})
	}
	in, err := json.Marshal(map[string]any{
		"nShards": 100, "nodes": nodes,
		"store":   map[string]any{"id": theirs.ID(), "data": data},
		"read":    map[string]any{"id": ours.ID(), "size": len(oursData)},
		"unknown": walrus.BlobID{7},
	})
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd := exec.CommandContext(t.Context(), node, "../../../scripts/npm/storage-nodes.mjs")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &stderr
	raw, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s(if a package is missing: npm ci --prefix scripts/npm)", err, stderr.String())
	}
	var out struct {
		Signers            []int
		Message, Signature []byte
		Read               []byte
		Status             []map[string]any
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	cert := walrus.Certificate{Signers: out.Signers, Message: out.Message, Signature: out.Signature, Members: 10}
	if err := cert.Verify(c.committee()); err != nil {
		t.Errorf("certificate of the foreign client: %v", err)
	}
	if mine := c.store(theirs); !bytes.Equal(mine.Signature, cert.Signature) || !bytes.Equal(mine.Message, cert.Message) {
		t.Error("certificates differ")
	}
	if !bytes.Equal(out.Read, oursData) {
		t.Errorf("foreign client read %d bytes, not those stored", len(out.Read))
	}
	got, report, err := c.client().Read(t.Context(), theirs.ID(), walrus.ReadOptions{})
	if err != nil || !bytes.Equal(got, data) || !report.OK() {
		t.Errorf("read what the foreign client stored: %d bytes, %v", len(got), err)
	}
	if s := out.Status; len(s) != 2 || s[0]["type"] != "permanent" || s[0]["endEpoch"] != 10.0 || s[1]["type"] != "nonexistent" {
		t.Errorf("status %v", s)
	}
}
