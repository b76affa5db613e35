package indexer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/floe-data/floe/indexer/postgres/pgtest"
	"github.com/floe-data/floe/indexer/store"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

const (
	addr0 = "0x00000000000000000000000000000000000000000000000000000000000000" // and one byte
	// The 32 little-endian bytes of the u256 0xabc and 0xdef in base64url, by
	// hand: bc 0a 00… and ef 0d 00…
	blobABC = "vAoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	blobDEF = "7w0AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	digest  = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
)

// story writes one of every event, as a publication would.
func story(t *testing.T, node *suirpctest.Node) uint64 {
	t.Helper()
	node.Append(1_000, tx())
	node.Append(2_000, tx(foreign()), tx(foreign(), vector(t, "CommitteeChanged")), tx(vector(t, "KeyServerRegistered")))
	node.Append(3_000, tx(vector(t, "BlobRegistered")), tx(vector(t, "BlobCertified")))
	node.Append(4_000, tx(vector(t, "PolicyCreated"), vector(t, "DatasetCreated")))
	node.Append(5_000, tx(vector(t, "VersionPublished")), tx(vector(t, "AccessGranted")))
	node.Append(6_000, tx(vector(t, "AccessRevoked"), vector(t, "AccessGranted")), tx(vector(t, "KeyServerUpdated")))
	return node.Append(7_000, tx())
}

func TestIndexesEveryEvent(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	last := story(t, node)
	r := index(t, node)
	r.reached(last)

	r.want(`SELECT checkpoint, tx_index, event_seq, t.name, e.module, encode(sender, 'hex'), decode_error FROM event e JOIN event_type t USING (type_id) ORDER BY 1, 2, 3`,
		"1 | 1 | 1 | CommitteeChanged | calls | "+addr0[2:]+"0a | <nil>", "1 | 2 | 0 | KeyServerRegistered | calls | "+addr0[2:]+"0a | <nil>",
		"2 | 0 | 0 | BlobRegistered | calls | "+addr0[2:]+"0a | <nil>", "2 | 1 | 0 | BlobCertified | calls | "+addr0[2:]+"0a | <nil>",
		"3 | 0 | 0 | PolicyCreated | calls | "+addr0[2:]+"0a | <nil>", "3 | 0 | 1 | DatasetCreated | calls | "+addr0[2:]+"0a | <nil>",
		"4 | 0 | 0 | VersionPublished | calls | "+addr0[2:]+"0a | <nil>", "4 | 1 | 0 | AccessGranted | calls | "+addr0[2:]+"0a | <nil>",
		"5 | 0 | 0 | AccessRevoked | calls | "+addr0[2:]+"0a | <nil>", "5 | 0 | 1 | AccessGranted | calls | "+addr0[2:]+"0a | <nil>",
		"5 | 1 | 0 | KeyServerUpdated | calls | "+addr0[2:]+"0a | <nil>")
	r.want(`SELECT sequence, extract(epoch from ts)::bigint FROM checkpoint ORDER BY 1`, "1 | 2", "2 | 3", "3 | 4", "4 | 5", "5 | 6")
	r.want(`SELECT epoch, n_shards, node_names::text FROM storage_committee`, "7 | 100 | {node-0,\"nœud 1\"}")
	r.want(`SELECT blob_id, epoch, size::text, encoding_type, end_epoch, deletable, object_id FROM blob_registration`, blobABC+" | 5 | 1000 | 1 | 9 | true | "+addr0+"51")
	r.want(`SELECT blob_id, epoch, end_epoch, signers::text, weight, object_id FROM blob_certificate`, blobABC+" | 6 | 9 | {0,1,300} | 67 | "+addr0+"51")
	r.want(`SELECT policy_id, cap_id, owner, not_before_ms::text, not_after_ms::text FROM policy`, addr0+"61 | "+addr0+"62 | "+addr0+"0a | 1798761600000 | <nil>")
	r.want(`SELECT policy_id, member, checkpoint, revoked_checkpoint FROM policy_grant ORDER BY checkpoint`,
		addr0+"61 | "+addr0+"0b | 4 | 5", addr0+"61 | "+addr0+"0b | 5 | <nil>")
	r.want(`SELECT dataset_id, cap_id, name, owner FROM dataset`, addr0+"71 | "+addr0+"72 | iris | "+addr0+"0a")
	r.want(`SELECT dataset_id, version_id, number, manifest_digest, manifest_blob_id, policy_id FROM dataset_version`,
		addr0+"71 | "+addr0+"73 | 2 | "+digest+" | "+blobABC+" | "+addr0+"61")
	r.want(`SELECT position, blob_id FROM dataset_blob ORDER BY 1`, "0 | "+blobABC, "1 | "+blobDEF)
	r.want(`SELECT name, url, key_type, public_key, version, checkpoint, updated_checkpoint FROM key_server`, "floe-1 | https://moved.example | 0 | 010203 | 2 | 1 | 5")
	r.want(`SELECT checkpoint FROM watermark`, "6")

	if err := r.stop(); err != nil {
		t.Errorf("Run ends with %v", err)
	}
}

func TestIndexGoesLive(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	r := index(t, node)
	for i := range 20 {
		r.reached(node.Append(uint64(i), tx(datasetCreated(id(byte(i)), fmt.Sprint("set ", i)))))
	}
	r.want(`SELECT count(*) FROM dataset`, "20")
	r.get("/readyz", 200, nil)
}

// Killed with kill -9 again and again, it ends with what one calm run has.
func TestKilledAnywhereResumes(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	story(t, node)
	const checkpoints = 6000
	for i := range checkpoints {
		node.Append(uint64(10_000+i), tx(datasetCreated(sui.Address{1, byte(i >> 16), byte(i >> 8), byte(i)}, "a"), foreign()))
	}
	last := node.Append(40_000, tx())
	url, schema := pgtest.Schema(t)
	env, err := json.Marshal(childConfig{url, schema, node.URL})
	if err != nil {
		t.Fatal(err)
	}
	watermark := func() int64 {
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		at := int64(-1)
		_ = conn.QueryRow(t.Context(), "SELECT checkpoint FROM watermark").Scan(&at) // no table or row yet
		return at
	}
	rng, kills, reached := rand.New(rand.NewPCG(1, 2)), 0, map[int64]bool{}
	for watermark() < int64(last) {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+string(env))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		target := watermark() + 1 + rng.Int64N(checkpoints/12)
		until(t, "the child makes progress", func() bool { return watermark() >= min(target, int64(last)) })
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		kills++
		reached[watermark()] = true
	}
	if len(reached) < 3 {
		t.Errorf("%d kills at %d places: too few to show anything", kills, len(reached))
	}
	// The rebuild, in one go.
	r := index(t, node)
	r.reached(last)
	_ = r.stop()
	got, want := contentDigests(t, url, schema), contentDigests(t, r.db, r.cfg.Schema)
	wantSame(t, got, want)
	r.want(`SELECT count(*) FROM dataset`, fmt.Sprint(checkpoints+1))
}

func TestRefusesOtherChainPackagesAndWriter(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	url, schema := pgtest.Schema(t)
	r := indexInto(t, node, url, schema)
	r.reached(story(t, node))

	second := indexInto(t, node, url, schema)
	until(t, "the second writer gives up", func() bool { second.mu.Lock(); defer second.mu.Unlock(); return second.ingestErr != nil })
	wantError(t, second.stop(), store.ErrBusy, schema, "stop it")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}

	wantRefused := func(node *suirpctest.Node, change func(*Config), texts ...string) {
		t.Helper()
		x := indexInto(t, node, url, schema, change)
		until(t, "it is refused", func() bool { x.mu.Lock(); defer x.mu.Unlock(); return x.ingestErr != nil })
		wantError(t, x.stop(), store.ErrOtherChain, append(texts, "DROP SCHEMA "+schema)...)
	}
	other := suirpctest.Start(t)
	other.SetChainID(sui.Digest{9})
	other.Append(1)
	wantRefused(other, func(*Config) {}, "the node serves "+sui.Digest{9}.String())
	wantRefused(node, func(c *Config) { c.Packages.Access = []sui.Address{id(0xee)} }, "follows the packages")
}

// A chain that was reset keeps neither its id nor its history; one that only
// keeps its id is found out by the digests.
func TestRefusesOtherHistory(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	url, schema := pgtest.Schema(t)
	r := indexInto(t, node, url, schema)
	r.reached(story(t, node))
	_ = r.stop()
	forged := suirpctest.Start(t)
	for i := range 10 {
		forged.Append(uint64(i))
	}
	x := indexInto(t, forged, url, schema)
	until(t, "it is refused", func() bool { x.mu.Lock(); defer x.mu.Unlock(); return x.ingestErr != nil })
	wantError(t, x.stop(), store.ErrOtherChain, "does not follow")
}

func TestKeepsWhatItCannotDecode(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	good := datasetCreated(id(1), "good")
	unknown := good
	unknown.Type.Name = "DatasetRenamed" // of a later version of the contract
	short := event("AccessGranted", []byte{1, 2, 3})
	revoked := vector(t, "AccessRevoked") // of a grant that never was
	r := index(t, node)
	r.reached(node.Append(1, tx(good, datasetCreated(id(1), "twice"), datasetCreated(id(2), "nul\x00"), short, unknown, revoked,
		vector(t, "AccessGranted"), vector(t, "AccessGranted"))))
	r.want(`SELECT event_seq, t.name, decode_error FROM event JOIN event_type t USING (type_id) ORDER BY 1`,
		"0 | DatasetCreated | <nil>",
		"1 | DatasetCreated | contradicts earlier events: exists already, or what it changes does not exist",
		`2 | DatasetCreated | text "nul\x00" is not UTF-8 or holds a NUL`,
		"3 | AccessGranted | decode event "+id(0xd3).Short()+"::policy_events::AccessGranted: decode BCS at byte 0: input ends too early",
		"4 | DatasetRenamed | <nil>",
		"5 | AccessRevoked | contradicts earlier events: exists already, or what it changes does not exist",
		"6 | AccessGranted | <nil>",
		"7 | AccessGranted | contradicts earlier events: exists already, or what it changes does not exist")
	r.want(`SELECT name FROM dataset`, "good")
	r.want(`SELECT count(*) FROM policy_grant`, "1")
}

func TestPostgresMissing(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	secret := "hunter2"
	x, err := New(Config{DatabaseURL: "postgres://floe:" + secret + "@127.0.0.1:1/floe", NodeURL: node.URL, Packages: packages(), StartTimeout: 150 * time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	x.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
	if w.Code != 503 {
		t.Errorf("/readyz before the database: %d", w.Code)
	}
	err = x.Run(t.Context())
	wantError(t, err, store.ErrUnavailable, "127.0.0.1 port 1", "check that the server runs")
	if strings.Contains(err.Error(), secret) {
		t.Errorf("error tells the password: %v", err)
	}
}

// PostgreSQL drops every connection in the middle; nothing is lost.
func TestPostgresRestarts(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	story(t, node)
	r := index(t, node)
	for i := range 5 {
		last := node.Append(uint64(8_000+i), tx(datasetCreated(id(byte(i)), "x")))
		r.reached(last)
		r.rows(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND pid IN
			(SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND (classid::bigint << 32 | objid::bigint) = hashtextextended($1, 0))`, "floe-indexer:"+r.cfg.Schema)
	}
	r.reached(node.Append(9_000, tx(datasetCreated(id(200), "last"))))
	r.want(`SELECT count(*) FROM dataset`, "7")
}

func TestNodeDown(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	node.SetDown(true)
	r := index(t, node)
	until(t, "status tells of the node", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.ingestErr != nil
	})
	var status Status
	r.get("/v1/status", 200, &status)
	if status.Indexing || !strings.Contains(status.Error, node.URL) || status.Tip != nil {
		t.Errorf("status with the node down: %+v", status)
	}
	r.get("/readyz", 503, nil)
	node.SetDown(false)
	r.reached(story(t, node))
}

func TestNewRefusesBadConfig(t *testing.T) {
	good := Config{DatabaseURL: "postgres:///x", NodeURL: "http://127.0.0.1:1", Packages: packages()}
	for name, spoil := range map[string]func(*Config){
		"database_url": func(c *Config) { c.DatabaseURL = "" },
		"packages": func(c *Config) {
			c.Packages.Storage, c.Packages.Catalog, c.Packages.Access, c.Packages.KeyServer = nil, nil, nil, nil
		},
		"node_url": func(c *Config) { c.NodeURL = "nonsense" },
	} {
		cfg := good
		spoil(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}

func TestPrunedHistory(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	story(t, node)
	node.Prune(3)
	r := index(t, node)
	until(t, "it gives up", func() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.ingestErr != nil })
	wantError(t, r.stop(), suirpc.ErrPruned, "archival")
}
