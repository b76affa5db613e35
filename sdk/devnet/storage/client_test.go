package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

func TestStoreAndRead(t *testing.T) {
	c := newCluster(t)
	for _, size := range []int{0, 1, 100_000} {
		e, data := c.blob("store", size)
		var last walrus.StoreProgress
		cert, err := c.client().Store(t.Context(), e, walrus.StoreOptions{Progress: func(p walrus.StoreProgress) { last = p }})
		if err != nil {
			t.Fatal(err)
		}
		if err := cert.Verify(c.committee()); err != nil {
			t.Error(err)
		}
		if cert.Weight != 100 || len(cert.Failures) != 0 || last.Slivers != 200 || last.Weight != 100 || last.Quorum != 67 {
			t.Errorf("weight %d, failures %v, last progress %+v", cert.Weight, cert.Failures, last)
		}
		got, report, err := c.client().Read(t.Context(), e.ID(), walrus.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, data) || !report.OK() || report.Verified < 34 || report.Size != uint64(size) {
			t.Errorf("read %d bytes of %d, report %+v", len(got), size, report)
		}
		check, err := c.client().Check(t.Context(), e.ID())
		if err != nil || !check.OK() || check.Verified != 200 {
			t.Errorf("check: %+v, %v", check, err)
		}
	}
}

// What the nodes hold and serve is byte for byte what Walrus' own encoder made.
func TestServedBytesAreWalrus(t *testing.T) {
	raw, err := os.ReadFile("../../walrus/testdata/walrus_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []struct {
			Seed       string
			Size       int
			BlobID     walrus.BlobID `json:"blob_id"`
			Primary    string        `json:"sha256_primary_slivers_bcs"`
			Secondary  string        `json:"sha256_secondary_slivers_bcs"`
			MetaWithID string        `json:"metadata_with_id_bcs_sha256"`
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(file.Vectors, func(v struct {
		Seed       string
		Size       int
		BlobID     walrus.BlobID `json:"blob_id"`
		Primary    string        `json:"sha256_primary_slivers_bcs"`
		Secondary  string        `json:"sha256_secondary_slivers_bcs"`
		MetaWithID string        `json:"metadata_with_id_bcs_sha256"`
	}) bool {
		return v.Seed == "g3"
	})
	v := file.Vectors[i]
	c := newCluster(t)
	e, _ := c.blob(v.Seed, v.Size)
	c.store(e)
	if e.ID() != v.BlobID {
		t.Fatalf("blob id %s, want %s", e.ID(), v.BlobID)
	}
	get := func(n *Node, path string) []byte {
		t.Helper()
		res, err := http.Get(n.URL() + "/v1/blobs/" + v.BlobID.String() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/octet-stream" {
			t.Fatalf("GET %s: %s %v", path, res.Status, err)
		}
		return b
	}
	meta := sha256.Sum256(get(c.nodes[4], "/metadata"))
	if hex.EncodeToString(meta[:]) != v.MetaWithID {
		t.Errorf("metadata differs from Walrus'")
	}
	holder := make(map[int]*Node)
	for _, n := range c.nodes {
		for _, pair := range n.Pairs(v.BlobID) {
			holder[pair] = n
		}
	}
	for axis, want := range map[string]string{"primary": v.Primary, "secondary": v.Secondary} {
		h := sha256.New()
		for pair := range 100 {
			h.Write(get(holder[pair], fmt.Sprintf("/slivers/%d/%s", pair, axis)))
		}
		if hex.EncodeToString(h.Sum(nil)) != want {
			t.Errorf("%s slivers differ from Walrus'", axis)
		}
	}
}

func TestNodesDown(t *testing.T) {
	c := newCluster(t)
	before, dataBefore := c.blob("before", 50_000)
	c.store(before)
	client := c.client() // its committee knows all ten addresses
	c.stop(2, 5, 8)
	e, data := c.blob("during", 50_000)
	cert, err := client.Store(t.Context(), e, walrus.StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := cert.Verify(c.committee()); err != nil {
		t.Error(err)
	}
	if got := failed(cert.Failures); got != "node-2 node-5 node-8" {
		t.Errorf("failures name %q", got)
	}
	for _, blob := range []struct {
		id   walrus.BlobID
		data []byte
	}{{before.ID(), dataBefore}, {e.ID(), data}} {
		got, report, err := client.Read(t.Context(), blob.id, walrus.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, blob.data) || len(report.Bad)+len(report.Missing) > 0 {
			t.Errorf("read %d bytes, report %+v", len(got), report)
		}
		check, err := client.Check(t.Context(), blob.id)
		if err != nil || failed(check.Unreachable) != "node-2 node-5 node-8" || check.Verified != 140 {
			t.Errorf("check: %+v, %v", check, err)
		}
	}
	if s, err := client.Status(t.Context(), e.ID()); err != nil || s.State != walrus.StatePermanent || s.EndEpoch != 10 {
		t.Errorf("status %+v, %v", s, err)
	}

	c.stop(0)
	lost, _ := c.blob("lost", 1000)
	_, err = client.Store(t.Context(), lost, walrus.StoreOptions{})
	var failure *walrus.StoreError
	if !errors.As(err, &failure) || !errors.Is(err, walrus.ErrNoQuorum) || failure.Weight != 60 || failure.Quorum != 67 || failed(failure.Failures) != "node-0 node-2 node-5 node-8" {
		t.Errorf("store with four nodes down: %v", err)
	}
	c.stop(1, 3, 4)
	_, report, err := client.Read(t.Context(), e.ID(), walrus.ReadOptions{})
	if !errors.Is(err, walrus.ErrUnavailable) || !strings.Contains(err.Error(), "3 of 10 nodes answered") || !strings.Contains(err.Error(), "are needed") {
		t.Errorf("read with seven nodes down: %v", err)
	}
	if len(report.Unreachable) != 7 {
		t.Errorf("report names %q", failed(report.Unreachable))
	}
}

func failed(list []walrus.NodeFailure) string {
	var names []string
	for _, f := range list {
		names = append(names, f.Node)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestTamperedSlivers(t *testing.T) {
	c := newCluster(t)
	e, data := c.blob("tamper", 100_000)
	c.store(e)
	pair := c.nodes[7].Pairs(e.ID())[3]
	flip(t, c.nodes[7].SliverPath(e.ID(), pair, walrus.Secondary), 1000)
	for _, p := range c.nodes[6].Pairs(e.ID()) {
		flip(t, c.nodes[6].SliverPath(e.ID(), p, walrus.Primary), 500)
	}
	check, err := c.client().Check(t.Context(), e.ID())
	if err != nil {
		t.Fatal(err)
	}
	var named []walrus.BadSliver
	for _, b := range check.Bad {
		if b.Node == "node-7" {
			named = append(named, b)
		} else if b.Node != "node-6" || b.Axis != "primary" {
			t.Errorf("check names %+v", b)
		}
	}
	if len(check.Bad) != 11 || len(named) != 1 || named[0].Pair != pair || named[0].Axis != "secondary" || named[0].Shard != 73 || check.Verified != 189 {
		t.Errorf("check: %+v", check)
	}
	got, report, err := c.client().Read(t.Context(), e.ID(), walrus.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, data) {
		t.Error("read another blob")
	}
	if len(report.Bad) == 0 || report.Bad[0].Node != "node-6" || report.Bad[0].Axis != "primary" {
		t.Errorf("read report: %+v", report)
	}
	// With 3 nodes down and all rows of the rest changed, columns still do.
	client := c.client()
	c.stop(0, 1, 2)
	for _, i := range []int{3, 4, 5, 7, 8, 9} {
		for _, p := range c.nodes[i].Pairs(e.ID()) {
			flip(t, c.nodes[i].SliverPath(e.ID(), p, walrus.Primary), 500)
		}
	}
	flip(t, c.nodes[7].SliverPath(e.ID(), pair, walrus.Secondary), 1000) // mend it
	got, report, err = client.Read(t.Context(), e.ID(), walrus.ReadOptions{})
	if err != nil || !bytes.Equal(got, data) || len(report.Bad) != 70 {
		t.Errorf("read by columns: %d bytes, %d bad slivers, %v", len(got), len(report.Bad), err)
	}
}

func TestRestartAndResume(t *testing.T) {
	c := newCluster(t)
	e, data := c.blob("restart", 30_000)
	client := c.client()
	c.stop(9)
	if _, err := client.Store(t.Context(), e, walrus.StoreOptions{}); err != nil {
		t.Fatal(err)
	}
	c.stop(0, 1, 2, 3, 4, 5, 6, 7, 8)
	for i := range c.nodes {
		c.start(i)
	}
	c.wire.take()
	cert := c.store(e)
	if cert.Weight != 100 {
		t.Errorf("weight %d after restart", cert.Weight)
	}
	counts := c.wire.take()
	if counts["PUT slivers"] != 20 || counts["PUT metadata"] != 1 || counts["GET slivers status"] != 0 {
		t.Errorf("store sent again what was there: %v", counts)
	}
	got, _, err := c.client().Read(t.Context(), e.ID(), walrus.ReadOptions{Consistency: walrus.Systematic})
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("read after restart: %d bytes, %v", len(got), err)
	}
}

// A node that finds a sliver damaged after a restart does not sign, and gets
// its slivers again.
func TestDamagedSliverIsReplaced(t *testing.T) {
	c := newCluster(t)
	e, _ := c.blob("damage", 30_000)
	c.store(e)
	c.stop(4)
	pair := c.nodes[4].Pairs(e.ID())[0]
	flip(t, c.nodes[4].SliverPath(e.ID(), pair, walrus.Primary), 100)
	c.start(4)
	if cert := c.store(e); cert.Weight != 100 {
		t.Errorf("weight %d, failures %v", cert.Weight, cert.Failures)
	}
	if check, err := c.client().Check(t.Context(), e.ID()); err != nil || !check.OK() {
		t.Errorf("check: %+v, %v", check, err)
	}
}

func TestUnregistered(t *testing.T) {
	c := newCluster(t)
	e, err := walrus.Encode(100, []byte("nobody knows me"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.client().Store(t.Context(), e, walrus.StoreOptions{})
	var refused *walrus.NodeError
	if !errors.As(err, &refused) || refused.Reason != walrus.ReasonNotRegistered || refused.Code != 400 {
		t.Errorf("store: %v", err)
	}
	if n := c.wire.take()["PUT slivers"]; n != 0 {
		t.Errorf("%d slivers were sent", n)
	}
	if _, _, err := c.client().Read(t.Context(), e.ID(), walrus.ReadOptions{}); !errors.Is(err, walrus.ErrBlobNotFound) {
		t.Errorf("read: %v", err)
	}
	if s, err := c.client().Status(t.Context(), e.ID()); err != nil || s.State != walrus.StatusNonexistent {
		t.Errorf("status: %+v, %v", s, err)
	}
	// Registered while the client is trying: the chain is a moment late.
	var puts atomic.Int32
	c.wire.before = func(r *http.Request) bool {
		if kind(r) == "PUT metadata" && puts.Add(1) == 15 {
			c.registry.Register(e.ID(), e.Size(), BlobObject{ID: sui.Address{9}, EndEpoch: 4})
		}
		return true
	}
	if _, err := c.client().Store(t.Context(), e, walrus.StoreOptions{}); err != nil {
		t.Errorf("store after registration: %v", err)
	}
	c.wire.before = nil
	// Expired: nodes sign no more.
	c.registry.SetEpoch(4)
	if _, err := c.client().Store(t.Context(), e, walrus.StoreOptions{}); !errors.Is(err, walrus.ErrNoQuorum) {
		t.Errorf("store of an expired blob: %v", err)
	}
}

func TestDeletable(t *testing.T) {
	c := newCluster(t)
	e, err := walrus.Encode(100, []byte("delete me"))
	if err != nil {
		t.Fatal(err)
	}
	object := sui.Address{31: 42}
	c.registry.Register(e.ID(), e.Size(), BlobObject{ID: object, EndEpoch: 5, Deletable: true})
	cert, err := c.client().Store(t.Context(), e, walrus.StoreOptions{Deletable: &object})
	if err != nil {
		t.Fatal(err)
	}
	if conf, err := walrus.ParseConfirmation(cert.Message); err != nil || conf.Deletable == nil || *conf.Deletable != object {
		t.Errorf("confirmation %+v, %v", conf, err)
	}
	other := sui.Address{31: 43}
	for _, asked := range []*sui.Address{nil, &other} {
		if _, err := c.client().Store(t.Context(), e, walrus.StoreOptions{Deletable: asked}); !errors.Is(err, walrus.ErrNoQuorum) {
			t.Errorf("confirmed for %v: %v", asked, err)
		}
	}
}

func TestTransientErrorsAreRetried(t *testing.T) {
	c := newCluster(t)
	e, data := c.blob("retry", 10_000)
	c.wire.refuse = map[string]int{"PUT metadata": 2, "PUT slivers": 2, "GET confirmation": 2, "GET metadata status": 2}
	if cert := c.store(e); cert.Weight != 100 {
		t.Errorf("weight %d, failures %v", cert.Weight, cert.Failures)
	}
	c.wire.refuse = map[string]int{"GET metadata": 1, "GET slivers": 1}
	got, report, err := c.client().Read(t.Context(), e.ID(), walrus.ReadOptions{})
	if err != nil || !bytes.Equal(got, data) || !report.OK() {
		t.Errorf("read: %v, report %+v", err, report)
	}
}

// Nodes that accept connections and never answer delay nobody for long.
func TestHangingNodes(t *testing.T) {
	c := newCluster(t)
	e, data := c.blob("hang", 50_000)
	hang := []string{c.nodes[0].listener.Addr().String(), c.nodes[3].listener.Addr().String(), c.nodes[6].listener.Addr().String()}
	c.wire.before = func(r *http.Request) bool { return !slices.Contains(hang, r.URL.Host) }
	soon := func(o *walrus.Options) {
		o.Hedge = 20 * time.Millisecond
		o.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	}
	cert, err := c.client(soon).Store(t.Context(), e, walrus.StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if names := failed(cert.Failures); !strings.Contains(names, "node-0") || !strings.Contains(names, "node-3") || !strings.Contains(names, "node-6") {
		t.Errorf("failures name %q", names)
	}
	got, report, err := c.client(soon).Read(t.Context(), e.ID(), walrus.ReadOptions{})
	if err != nil || !bytes.Equal(got, data) {
		t.Fatalf("read: %v", err)
	}
	if len(report.Unreachable) == 0 || !strings.Contains(report.Unreachable[0].Reason, "no answer within") {
		t.Errorf("report %+v", report)
	}
}

// A node with another key, or of another epoch, does not get into a certificate.
func TestForeignConfirmations(t *testing.T) {
	c := newCluster(t)
	e, _ := c.blob("foreign", 100)
	com := c.committee()
	com.Members[1].PublicKey, com.Members[2].PublicKey = com.Members[2].PublicKey, com.Members[1].PublicKey
	client, err := walrus.NewClient(com, walrus.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cert, err := client.Store(t.Context(), e, walrus.StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(cert.Signers, 1) || slices.Contains(cert.Signers, 2) || cert.Verify(com) != nil {
		t.Errorf("signers %v", cert.Signers)
	}
	com = c.committee()
	com.Epoch++
	if client, err = walrus.NewClient(com, walrus.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err = client.Store(t.Context(), e, walrus.StoreOptions{}); err == nil || !strings.Contains(err.Error(), "read the committee again") {
		t.Errorf("store with the committee of another epoch: %v", err)
	}
}

func TestStoreRefusesOtherEncoding(t *testing.T) {
	c := newCluster(t)
	e, err := walrus.Encode(10, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.client().Store(t.Context(), e, walrus.StoreOptions{}); err == nil {
		t.Error("stored a blob for 10 shards on 100")
	}
}

func TestCancelledStore(t *testing.T) {
	c := newCluster(t)
	e, _ := c.blob("cancel", 1000)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := c.client().Store(ctx, e, walrus.StoreOptions{Progress: func(walrus.StoreProgress) { cancel() }})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled store: %v", err)
	}
	if _, _, err := c.client().Read(ctx, e.ID(), walrus.ReadOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled read: %v", err)
	}
	c.store(e)
}

// Nodes that lie, each in another way, change nothing but the report.
func TestLyingNodes(t *testing.T) {
	c := newCluster(t)
	e, data := c.blob("truth", 20_000)
	c.store(e)
	other, err := walrus.Encode(100, []byte("other"))
	if err != nil {
		t.Fatal(err)
	}
	say := func(status int, body []byte) *http.Response {
		return &http.Response{StatusCode: status, Header: http.Header{"Location": {"http://127.0.0.1:1/"}}, Body: io.NopCloser(bytes.NewReader(body))}
	}
	forged := bcs.Marshal(&walrus.MetadataWithID{ID: e.ID(), Metadata: *other.Metadata()})
	lies := map[string]func() *http.Response{
		c.nodes[0].listener.Addr().String(): func() *http.Response { return say(200, forged) },
		c.nodes[1].listener.Addr().String(): func() *http.Response { return say(200, make([]byte, 1<<20)) },
		c.nodes[2].listener.Addr().String(): func() *http.Response { return say(302, []byte("<html>")) },
	}
	c.wire.answer = func(r *http.Request) *http.Response {
		if lie := lies[r.URL.Host]; lie != nil {
			return lie()
		}
		return nil
	}
	got, _, err := c.client().Read(t.Context(), e.ID(), walrus.ReadOptions{})
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("read: %d bytes, %v", len(got), err)
	}
	check, err := c.client().Check(t.Context(), e.ID())
	if err != nil {
		t.Fatal(err)
	}
	if names := failed(check.Refused); names != "node-0 node-1 node-2" || check.Verified != 140 || len(check.Bad)+len(check.Missing) != 60 {
		t.Errorf("check: refused %q, %+v", names, check)
	}
	cert, err := c.client().Store(t.Context(), e, walrus.StoreOptions{})
	if err != nil || failed(cert.Failures) != "node-0 node-1 node-2" {
		t.Errorf("store: %v, %+v", err, cert)
	}
}

// Many clients store and read the same blobs at the same time.
func TestConcurrentClients(t *testing.T) {
	c := newCluster(t)
	one, oneData := c.blob("one", 20_000)
	two, twoData := c.blob("two", 20_000)
	client := c.client()
	var wg sync.WaitGroup
	for i := range 6 {
		e, data := one, oneData
		if i%2 == 1 {
			e, data = two, twoData
		}
		wg.Go(func() {
			if _, err := client.Store(t.Context(), e, walrus.StoreOptions{}); err != nil {
				t.Error(err)
				return
			}
			got, report, err := client.Read(t.Context(), e.ID(), walrus.ReadOptions{})
			if err != nil || !bytes.Equal(got, data) || !report.OK() {
				t.Errorf("read %d bytes, %+v, %v", len(got), report, err)
			}
		})
	}
	wg.Wait()
}
