package storage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// one starts a single node that holds shards 0 to 4 of 10, with a registered
// blob.
func one(t *testing.T, dir string) (*Node, *MemoryRegistry, *walrus.EncodedBlob) {
	t.Helper()
	r := NewRegistry()
	r.SetEpoch(1)
	n, err := Start(t.Context(), Config{Name: "one", Dir: dir, NShards: 10, Shards: []int{0, 1, 2, 3, 4}, Registry: r})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	e, err := walrus.Encode(10, vectorInput("one", 5000))
	if err != nil {
		t.Fatal(err)
	}
	r.Register(e.ID(), e.Size(), BlobObject{ID: sui.Address{1}, EndEpoch: 5})
	return n, r, e
}

// call returns the status, the reason of a refusal, and the body.
func call(t *testing.T, method, url string, body []byte) (int, string, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var refusal walrus.NodeError
	if res.StatusCode >= 400 {
		if err := json.Unmarshal(b, &refusal); err != nil || refusal.Code != res.StatusCode || refusal.Message == "" {
			t.Errorf("%s %s: %d %s is not an error envelope", method, url, res.StatusCode, b)
		}
	}
	return res.StatusCode, refusal.Reason, b
}

func TestRefusals(t *testing.T) {
	n, r, e := one(t, t.TempDir())
	base := n.URL() + "/v1/blobs/" + e.ID().String()
	meta := bcs.Marshal(e.Metadata())
	mine, other := n.Pairs(e.ID())[0], -1
	for pair := range 10 {
		if e.Params().ShardOfPair(e.ID(), pair) > 4 {
			other = pair
		}
	}
	path := func(pair int, axis walrus.Axis) string {
		return base + "/slivers/" + string(rune('0'+pair)) + "/" + axis.String()
	}
	sliver := bcs.Marshal(e.Sliver(walrus.Primary, mine))
	wrongIndex := *e.Sliver(walrus.Primary, (mine+1)%10)
	changed := bytes.Clone(sliver)
	changed[100] ^= 1
	retired := bytes.Clone(meta)
	retired[1] = 0
	unknown, err := walrus.Encode(10, []byte("unknown"))
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := n.URL() + "/v1/blobs/" + unknown.ID().String()
	for _, c := range []struct {
		name, method, url string
		body              []byte
		status            int
		reason            string
	}{
		{"sliver before metadata", "PUT", path(mine, walrus.Primary), sliver, 400, walrus.ReasonMetadataNotFound},
		{"metadata absent", "GET", base + "/metadata", nil, 404, walrus.ReasonMetadataNotFound},
		{"confirmation without metadata", "GET", base + "/confirmation/permanent", nil, 400, walrus.ReasonMissingSlivers},
		{"bad blob id", "GET", n.URL() + "/v1/blobs/abc/metadata", nil, 400, ""},
		{"empty metadata", "PUT", base + "/metadata", nil, 400, walrus.ReasonInvalidMetadata},
		{"truncated metadata", "PUT", base + "/metadata", meta[:300], 400, walrus.ReasonInvalidMetadata},
		{"long metadata", "PUT", base + "/metadata", append(bytes.Clone(meta), make([]byte, 100)...), 400, walrus.ReasonInvalidMetadata},
		{"retired encoding", "PUT", base + "/metadata", retired, 400, walrus.ReasonUnsupportedEncoding},
		{"metadata of another blob", "PUT", base + "/metadata", bcs.Marshal(unknown.Metadata()), 400, walrus.ReasonInvalidMetadata},
		{"unregistered", "PUT", elsewhere + "/metadata", bcs.Marshal(unknown.Metadata()), 400, walrus.ReasonNotRegistered},
		{"unregistered, ahead", "PUT", elsewhere + "/metadata?pending=true", bcs.Marshal(unknown.Metadata()), 501, ""},
		{"unregistered confirmation", "GET", elsewhere + "/confirmation/permanent", nil, 400, walrus.ReasonNotRegistered},
		{"metadata", "PUT", base + "/metadata", meta, 201, ""},
		{"metadata again", "PUT", base + "/metadata", meta, 200, ""},
		{"bad pair", "PUT", base + "/slivers/10/primary", sliver, 400, walrus.ReasonIndexOutOfRange},
		{"no pair", "PUT", base + "/slivers/x/primary", sliver, 400, ""},
		{"bad axis", "PUT", base + "/slivers/1/tertiary", sliver, 400, ""},
		{"other shard", "PUT", path(other, walrus.Primary), bcs.Marshal(e.Sliver(walrus.Primary, other)), 400, walrus.ReasonShardNotAssigned},
		{"index mismatch", "PUT", path(mine, walrus.Primary), bcs.Marshal(&wrongIndex), 400, walrus.ReasonSliverIndexMismatch},
		{"changed sliver", "PUT", path(mine, walrus.Primary), changed, 400, walrus.ReasonInvalidSliver},
		{"empty sliver", "PUT", path(mine, walrus.Primary), nil, 400, walrus.ReasonInvalidSliver},
		{"long sliver", "PUT", path(mine, walrus.Primary), append(bytes.Clone(sliver), make([]byte, 100)...), 400, walrus.ReasonSliverTooLarge},
		{"wrong axis", "PUT", path(mine, walrus.Secondary), sliver, 400, walrus.ReasonSliverTooLarge},
		{"sliver absent", "GET", path(mine, walrus.Primary), nil, 404, walrus.ReasonSliverNotFound},
		{"sliver", "PUT", path(mine, walrus.Primary), sliver, 201, ""},
		{"sliver again", "PUT", path(mine, walrus.Primary), sliver, 200, ""},
		{"incomplete", "GET", base + "/confirmation/permanent", nil, 400, walrus.ReasonMissingSlivers},
		{"bad object", "GET", base + "/confirmation/deletable/zz", nil, 400, ""},
		{"not deletable", "GET", base + "/confirmation/deletable/" + sui.Address{1}.String(), nil, 400, walrus.ReasonNotRegistered},
		{"bad wait", "GET", elsewhere + "/confirmation/permanent?wait_for_registration=true&wait_millis=soon", nil, 400, ""},
		{"not served", "GET", base + "/recoverySymbols", nil, 501, ""},
		{"no such path", "GET", n.URL() + "/v2", nil, 404, ""},
		{"no such method", "DELETE", base + "/metadata", nil, 404, ""},
		{"health", "GET", n.URL() + "/v1/health", nil, 200, ""},
	} {
		if status, reason, b := call(t, c.method, c.url, c.body); status != c.status || reason != c.reason {
			t.Errorf("%s: %d %s (%s), want %d %s", c.name, status, reason, b, c.status, c.reason)
		}
	}
	r.SetEpoch(5)
	if status, reason, _ := call(t, "PUT", path(mine, walrus.Secondary), bcs.Marshal(e.Sliver(walrus.Secondary, mine))); status != 400 || reason != walrus.ReasonNotRegistered {
		t.Errorf("sliver of an expired blob: %d %s", status, reason)
	}
}

func TestConfirmationWaits(t *testing.T) {
	n, r, e := one(t, t.TempDir())
	base := n.URL() + "/v1/blobs/" + e.ID().String()
	call(t, "PUT", base+"/metadata", bcs.Marshal(e.Metadata()))
	for _, pair := range n.Pairs(e.ID()) {
		for _, a := range []walrus.Axis{walrus.Primary, walrus.Secondary} {
			call(t, "PUT", base+"/slivers/"+string(rune('0'+pair))+"/"+a.String(), bcs.Marshal(e.Sliver(a, pair)))
		}
	}
	object := sui.Address{7}
	changed := r.Changed()
	go func() {
		r.Register(e.ID(), e.Size(), BlobObject{ID: object, EndEpoch: 5, Deletable: true})
	}()
	url := base + "/confirmation/deletable/" + object.String() + "?wait_for_registration=true&wait_millis=10000"
	status, _, b := call(t, "GET", url, nil)
	<-changed
	var answer struct {
		Success struct {
			Data struct{ Signed walrus.SignedConfirmation }
		}
	}
	if err := json.Unmarshal(b, &answer); err != nil || status != 200 {
		t.Fatalf("%d %s: %v", status, b, err)
	}
	signed := answer.Success.Data.Signed
	if err := walrus.VerifySignature(n.Member().PublicKey, signed.Message, signed.Signature); err != nil {
		t.Error(err)
	}
	if status, reason, _ := call(t, "GET", base+"/confirmation/deletable/0x8?wait_for_registration=true&wait_millis=1", nil); status != 400 || reason != walrus.ReasonNotRegistered {
		t.Errorf("waited in vain: %d %s", status, reason)
	}
}

// fullDisk fails like a file on a full disk, after some bytes.
type fullDisk struct{ *os.File }

func (f fullDisk) Write(b []byte) (int, error) {
	n, _ := f.File.Write(b[:len(b)/2])
	return n, &os.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	n, _, e := one(t, dir)
	base := n.URL() + "/v1/blobs/" + e.ID().String()
	pair := n.Pairs(e.ID())[0]
	sliver := base + "/slivers/" + string(rune('0'+pair)) + "/primary"
	call(t, "PUT", base+"/metadata", bcs.Marshal(e.Metadata()))

	orig := createTemp
	t.Cleanup(func() { createTemp = orig })
	createTemp = func(dir string) (tempFile, error) {
		f, err := os.CreateTemp(dir, tempPattern)
		return fullDisk{f}, err
	}
	status, reason, b := call(t, "PUT", sliver, bcs.Marshal(e.Sliver(walrus.Primary, pair)))
	if status != 429 || reason != walrus.ReasonStorageFull || !strings.Contains(string(b), "free space") {
		t.Errorf("full disk: %d %s", status, b)
	}
	if status, reason, _ := call(t, "GET", sliver, nil); status != 404 || reason != walrus.ReasonSliverNotFound {
		t.Errorf("half a sliver is served: %d %s", status, reason)
	}
	files, err := filepath.Glob(filepath.Join(dir, "blobs", "*", ".*"))
	if err != nil || len(files) > 0 {
		t.Errorf("left behind: %v %v", files, err)
	}
	createTemp = orig
	if status, _, _ := call(t, "PUT", sliver, bcs.Marshal(e.Sliver(walrus.Primary, pair))); status != 201 {
		t.Errorf("after space was freed: %d", status)
	}
}

func TestCrashLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	n, _, e := one(t, dir)
	call(t, "PUT", n.URL()+"/v1/blobs/"+e.ID().String()+"/metadata", bcs.Marshal(e.Metadata()))
	n.Close()
	left := filepath.Join(n.store.blobDir(e.ID()), ".tmp-123")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	n, _, _ = one(t, dir)
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("temporary file is still there: %v", err)
	}
	if status, _, _ := call(t, "GET", n.URL()+"/v1/blobs/"+e.ID().String()+"/metadata", nil); status != 200 {
		t.Errorf("metadata after restart: %d", status)
	}
	flip(t, filepath.Join(n.store.blobDir(e.ID()), "metadata"), 200)
	if status, reason, _ := call(t, "GET", n.URL()+"/v1/blobs/"+e.ID().String()+"/metadata", nil); status != 404 || reason != walrus.ReasonMetadataNotFound {
		t.Errorf("damaged metadata: %d %s", status, reason)
	}
}

func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	key, err := LoadKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "key")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v %v", info.Mode(), err)
	}
	again, err := LoadKey(dir)
	if err != nil || !bytes.Equal(again.Bytes(), key.Bytes()) {
		t.Errorf("key changed: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(dir); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("key that others can read: %v", err)
	}
	if err := os.WriteFile(path, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	os.Chmod(path, 0o600)
	if _, err := LoadKey(dir); err == nil || strings.Contains(err.Error(), "no key") {
		t.Errorf("broken key file: %v", err)
	}
}

func TestProofOfPossession(t *testing.T) {
	n, _, _ := one(t, t.TempDir())
	admin := sui.Address{5}
	if err := walrus.VerifyProofOfPossession(n.Member().PublicKey, 7, admin, n.ProofOfPossession(7, admin)); err != nil {
		t.Error(err)
	}
}

func TestHTTP2PriorKnowledge(t *testing.T) {
	n, _, e := one(t, t.TempDir())
	var p http.Protocols
	p.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: &p}, Timeout: 10 * time.Second}
	res, err := client.Get(n.URL() + "/v1/health")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.ProtoMajor != 2 || res.StatusCode != 200 {
		t.Errorf("%s %s", res.Proto, res.Status)
	}
	nc, err := walrus.NewNodeClient(n.URL(), 10, client)
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.PutMetadata(t.Context(), e.ID(), e.Metadata()); err != nil {
		t.Error(err)
	}
	for _, pair := range n.Pairs(e.ID()) {
		if err := nc.PutSliver(t.Context(), e.ID(), pair, e.Sliver(walrus.Primary, pair)); err != nil {
			t.Error(err)
		}
	}
	if err := nc.Health(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestStartRefuses(t *testing.T) {
	dir, r := t.TempDir(), NewRegistry()
	for name, cfg := range map[string]Config{
		"few shards":   {Dir: dir, Registry: r, NShards: 3},
		"shard twice":  {Dir: dir, Registry: r, NShards: 10, Shards: []int{1, 1}},
		"shard over":   {Dir: dir, Registry: r, NShards: 10, Shards: []int{10}},
		"no registry":  {Dir: dir, NShards: 10},
		"no directory": {Registry: r, NShards: 10},
		"bad address":  {Dir: dir, Registry: r, NShards: 10, Listen: "nowhere:port"},
	} {
		if n, err := Start(t.Context(), cfg); err == nil {
			n.Close()
			t.Errorf("%s: started", name)
		}
	}
}

// Bodies that end early or never end are refused, and store nothing.
func TestBrokenBodies(t *testing.T) {
	orig := bodyTimeout
	t.Cleanup(func() { bodyTimeout = orig })
	bodyTimeout = 50 * time.Millisecond
	n, _, e := one(t, t.TempDir())
	path := "/v1/blobs/" + e.ID().String() + "/metadata"
	for _, name := range []string{"ends early", "never ends"} {
		conn, err := net.Dial("tcp", n.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: node\r\nContent-Length: 500\r\n\r\n%s", path, bcs.Marshal(e.Metadata())[:100])
		if name == "ends early" {
			conn.(*net.TCPConn).CloseWrite()
		}
		answer, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") || !strings.Contains(string(answer), "body ended too early") {
			t.Errorf("body that %s: %q, %v", name, answer, err)
		}
	}
	if status, _, _ := call(t, "GET", n.URL()+path, nil); status != 404 {
		t.Errorf("half a body was stored: %d", status)
	}
}
