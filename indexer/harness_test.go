package indexer

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/indexer/postgres/pgtest"
	"github.com/floe-data/floe/indexer/store"
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		runChild()
		return
	}
	pgtest.Main(m)
}

// childEnv makes the test binary an indexer that runs until it is killed.
const childEnv = "FLOE_INDEXER_TEST_CHILD"

type childConfig struct{ DatabaseURL, Schema, NodeURL string }

func runChild() {
	var c childConfig
	if err := json.Unmarshal([]byte(os.Getenv(childEnv)), &c); err != nil {
		panic(err)
	}
	x, err := New(Config{DatabaseURL: c.DatabaseURL, Schema: c.Schema, NodeURL: c.NodeURL, Packages: packages()})
	if err == nil {
		err = x.Run(context.Background())
	}
	fmt.Fprintln(os.Stderr, "child:", err)
	os.Exit(1)
}

func id(b byte) sui.Address { return sui.Address{31: b} }

func packages() decode.Packages {
	return decode.Packages{Storage: []sui.Address{id(0xd1)}, Catalog: []sui.Address{id(0xd2)}, Access: []sui.Address{id(0xd3)}, KeyServer: []sui.Address{id(0xd4)}}
}

// vector returns an event of our contracts whose contents npm @mysten/bcs
// made; sdk/contract/testdata/vectors.mjs has the values.
func vector(t testing.TB, name string) sui.Event {
	t.Helper()
	raw, err := os.ReadFile("../sdk/contract/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]string
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(all[name])
	if err != nil || len(b) == 0 {
		t.Fatalf("vector %s: %v", name, err)
	}
	return event(name, b)
}

// places are the contracts and modules that define the events, by their names.
var places = []struct {
	pkg           byte
	module, names string
}{
	{0xd1, "events", "CommitteeChanged BlobRegistered BlobCertified BlobExtended BlobDeleted BlobExpired CommitteeProposed CommitteeCancelled CommitteeDelayRaised NetworkFollowed EpochFollowed BlobRecorded"},
	{0xd2, "events", `DatasetCreated VersionPublished OriginBound NodeRecorded NodeRevoked HoldPlaced HoldReleaseAnnounced HoldReleased ConsentGiven ConsentAttached
		ConsentWithdrawn TreasuryCreated SaleEscrowed SaleSettled SaleRefunded IncomeCredited IncomeClaimed LogCreated LogCommitted LeafOpened`},
	{0xd2, "hold_events", "HoldersNamed LegalHoldVoted LegalHoldPlaced LegalHoldLifted LegalHoldEnded"},
	{0xd2, "enclave_events", `ConfigCreated MeasurementProposed MeasurementAgreed MeasurementCancelled MeasurementApproved MeasurementRevoked ConfigRevoked ConfigDelayRaised
		EnclaveRegistered EnclaveRenewed EnclaveSucceeded EnclaveRevoked EnclaveRemoved NodeAttested LogBound LogHeadSigned`},
	{0xd3, "upgrade_events", "UpgradesGuarded UpgradeProposed UpgradeCancelled UpgradeCommitted UpgradeDelayRaised UpgradesRestricted UpgradesEnded"},
	{0xd3, "anchor_events", "AnchorCreated RootAnchored MisbehaviourProven"},
	{0xd3, "policy_events", "PolicyCreated PolicyComposed AccessGranted AccessRevoked ClauseAdded ClauseRemoved ClauseTightened ClauseLoosened DelegateAdded DelegateRemoved"},
	{0xd3, "sale_events", "OfferMade PriceChanged OfferClosed OfferBoundToVersion PayeeChanged PassSold PassPaidToVersion PassRefunded PassUsed"},
	{0xd3, "governance_events", "ChangeProposed ChangeCancelled ChangeApplied DelayRaised PolicyFrozen PolicyHoldVoted PolicyHeld PolicyHoldLifted"},
	{0xd3, "request_events", "KeyRequested RequesterApproved ApprovalWithdrawn"},
	{0xd4, "events", "KeyServerRegistered KeyServerUpdated KeyServerRotated PartialKeyServerUpdated CommitteeMembersNamed"},
	{0xd5, "seal_committee", "CommitteeRotationInitiated"},
}

func event(name string, contents []byte) sui.Event {
	for _, p := range places {
		if slices.Contains(strings.Fields(p.names), name) {
			pkg, called := id(p.pkg), id(p.pkg)
			if name == "CommitteeMembersNamed" {
				called = id(0xd5) // a committee's contract calls that of key servers
			}
			return sui.Event{Package: called, Module: "calls", Sender: id(0xa), Type: sui.StructTag{Address: pkg, Module: p.module, Name: name}, Contents: contents}
		}
	}
	panic("no contract has the event " + name)
}

// foreign is an event that is none of ours.
func foreign() sui.Event {
	return sui.Event{Package: id(0x99), Module: "m", Sender: id(1), Type: sui.MustStructTag("0x99::events::DatasetCreated"), Contents: []byte{1}}
}

func datasetCreated(dataset sui.Address, name string) sui.Event {
	e := bcs.NewEncoder()
	e.Fixed(dataset[:])
	e.Value(id(0x72))
	e.String(name)
	e.Value(id(0xa))
	return event("DatasetCreated", e.Data())
}

func keyServerRegistered(server sui.Address, url string) sui.Event {
	e := bcs.NewEncoder()
	e.Fixed(server[:])
	e.String("ks")
	e.String(url)
	e.U8(0)
	e.Bytes([]byte{1, 2, 3})
	e.U64(2)
	return event("KeyServerRegistered", e.Data())
}

var digests struct {
	sync.Mutex
	n uint64
}

// tx is a transaction with events; each has a digest of its own.
func tx(events ...sui.Event) suirpctest.Tx {
	digests.Lock()
	defer digests.Unlock()
	digests.n++
	return suirpctest.Tx{Digest: sui.TypedDigest("test", fmt.Append(nil, digests.n)), Events: events}
}

// running is an indexer at work.
type running struct {
	*Indexer
	t    *testing.T
	db   string
	stop func() error
}

// index runs an indexer over node into a schema of its own.
func index(t *testing.T, node *suirpctest.Node, change ...func(*Config)) *running {
	t.Helper()
	url, schema := pgtest.Schema(t)
	return indexInto(t, node, url, schema, change...)
}

func indexInto(t *testing.T, node *suirpctest.Node, url, schema string, change ...func(*Config)) *running {
	t.Helper()
	cfg := Config{DatabaseURL: url, Schema: schema, Packages: packages(), ReceiptInterval: 5 * time.Millisecond,
		FollowRegistered: true, AllowPrivateURLs: true,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if node != nil {
		cfg.NodeURL = node.URL
	}
	for _, f := range change {
		f(&cfg)
	}
	x, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- x.Run(ctx) }()
	r := &running{Indexer: x, t: t, db: cfg.DatabaseURL}
	r.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = r.stop() })
	return r
}

// until waits for a condition that is bound to come.
func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for !met() {
		select {
		case <-deadline:
			t.Fatalf("not within 30 s: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// reached waits until a checkpoint is indexed.
func (r *running) reached(seq uint64) {
	r.t.Helper()
	until(r.t, fmt.Sprintf("checkpoint %d is indexed", seq), func() bool {
		st, err := r.index()
		if err != nil {
			return false
		}
		w, err := st.Watermark(r.t.Context())
		return err == nil && w != nil && w.Checkpoint >= int64(seq)
	})
}

// rows runs a query and returns each row as its values joined by " | ".
func (r *running) rows(sql string, args ...any) []string {
	r.t.Helper()
	return rowsOf(r.t, r.db, sql, args...)
}

func rowsOf(t *testing.T, url, sql string, args ...any) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = fmt.Sprint(v)
		}
		return strings.Join(texts, " | "), err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// want compares the result of a query.
func (r *running) want(sql string, want ...string) {
	r.t.Helper()
	got := r.rows(sql)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		r.t.Errorf("%s\n gives %q\n  want %q", sql, got, want)
	}
}

// get asks the API and decodes its JSON.
func (r *running) get(path string, status int, out any) {
	r.t.Helper()
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	if w.Code != status {
		r.t.Fatalf("GET %s: %d %s, want %d", path, w.Code, w.Body, status)
	}
	if out != nil {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
			r.t.Fatalf("GET %s: %v in %s", path, err, w.Body)
		}
	}
}

// contentDigests are the digests of a schema's tables.
func contentDigests(t *testing.T, url, schema string) map[string]string {
	t.Helper()
	st, err := store.Open(t.Context(), url, schema)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	d, err := st.Digests(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(d) != len(store.Tables) {
		t.Fatalf("%d digests of %d tables", len(d), len(store.Tables))
	}
	return d
}

func wantSame(t *testing.T, got, want map[string]string) {
	t.Helper()
	if !maps.Equal(got, want) {
		for table := range want {
			if got[table] != want[table] {
				t.Errorf("table %s differs", table)
			}
		}
	}
}

func wantError(t *testing.T, err, want error, texts ...string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
	for _, s := range texts {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("error %q does not say %q", err, s)
		}
	}
}
