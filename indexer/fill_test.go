package indexer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/tern/v2/migrate"

	"github.com/floe-data/floe/migrations"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

// everything writes one of every event that has a row of its own.
func everything(t *testing.T, node *suirpctest.Node) uint64 {
	t.Helper()
	last := story(t, node)
	for _, table := range slices.Sorted(maps.Keys(factRows)) {
		for _, name := range strings.Fields(factRows[table].events) {
			last = node.Append(8_000, tx(vector(t, name)))
		}
	}
	return last
}

// migrateTo takes the tables of an index to a version.
func migrateTo(t *testing.T, url, schema string, version int32) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "SET search_path TO "+schema); err != nil {
		t.Fatal(err)
	}
	m, err := migrate.NewMigrator(t.Context(), conn, schema+".schema_version")
	if err == nil {
		err = m.LoadMigrations(migrations.FS)
	}
	if err == nil {
		err = m.MigrateTo(t.Context(), version)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// An index of before the tables of committees, enclaves and upgrades has their events
// raw: brought up to date, it has the rows that a new one has. It stands still
// meanwhile, so that the rows can only come from what it keeps.
func TestOldIndexFillsNewTables(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	last := everything(t, node)
	fresh := index(t, node)
	fresh.reached(last)
	old := index(t, node)
	old.reached(last)
	_, _ = fresh.stop(), old.stop()
	url, schema := old.db, old.cfg.Schema
	migrateTo(t, url, schema, 9)

	again := indexInto(t, node, url, schema)
	next := node.Append(9_000, tx()) // nothing of ours
	again.reached(next)
	again.want(`SELECT count(*) FROM event_to_fill`, "0")
	_ = again.stop()
	got, want := contentDigests(t, url, schema), contentDigests(t, fresh.db, fresh.cfg.Schema)
	delete(got, "watermark")
	delete(want, "watermark")
	wantSame(t, got, want)
	if n := len(again.rows(`SELECT 1 FROM enclave_config_change`)); n != 7 {
		t.Errorf("%d rows were made again, want 7", n)
	}
}

// Filling goes by pages, and leaves no rows behind when it is cut off.
func TestFillsByPages(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	const events = 11_003 // three pages
	removed, list := vector(t, "EnclaveRemoved"), make([]sui.Event, 1_000)
	var last uint64
	for n := 0; n < events; n += len(list) {
		list = list[:min(len(list), events-n)]
		for i := range list {
			list[i] = removed
		}
		last = node.Append(1_000, tx(list...), tx(event("EnclaveRemoved", []byte{1})))
	}
	r := index(t, node)
	r.reached(last)
	_ = r.stop()
	want := contentDigests(t, r.db, r.cfg.Schema)
	migrateTo(t, r.db, r.cfg.Schema, 9)
	again := indexInto(t, node, r.db, r.cfg.Schema)
	until(t, "the rows are there", func() bool {
		again.mu.Lock()
		defer again.mu.Unlock()
		return again.live && again.store != nil
	})
	until(t, "the tables are filled", func() bool { return again.rows(`SELECT count(*) FROM event_to_fill`)[0] == "0" })
	again.want(`SELECT count(*) FROM enclave_change`, fmt.Sprint(events))
	again.want(`SELECT count(*) FROM event WHERE decode_error IS NOT NULL`, "12")
	_ = again.stop()
	wantSame(t, contentDigests(t, r.db, r.cfg.Schema), want)
}
