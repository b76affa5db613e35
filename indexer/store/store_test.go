package store

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/tern/v2/migrate"

	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/indexer/postgres/pgtest"
	"github.com/floe-data/floe/migrations"
	"github.com/floe-data/floe/sdk/sui"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func open(t *testing.T) (*Store, string) {
	t.Helper()
	url, schema := pgtest.Schema(t)
	s, err := Open(t.Context(), url, schema)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, url
}

func column(t *testing.T, s *Store, sql string, args ...any) []string {
	t.Helper()
	rows, err := s.pool.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The schema documents itself, and Tables knows all of it.
func TestSchemaIsDocumented(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	for _, name := range column(t, s, `SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'v')
		AND obj_description(oid, 'pg_class') IS NULL AND relname <> 'schema_version'`, s.schema) {
		t.Errorf("table %s has no comment: add COMMENT ON TABLE", name)
	}
	// PostgreSQL's own names end like this, with a number or after columns.
	for _, name := range column(t, s, `SELECT conname FROM pg_constraint WHERE connamespace = $1::regnamespace AND conname ~ '_(check|not_null|fkey|key)[0-9]*$'
		AND contype = 'c'`, s.schema) {
		t.Errorf("constraint %s has no name of its own", name)
	}
	want := map[string]bool{"schema_version": true}
	for _, table := range Tables {
		want[table.Name] = true
	}
	got := column(t, s, `SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r'`, s.schema)
	for _, name := range got {
		if !want[name] {
			t.Errorf("table %s is not in Tables", name)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d tables in the schema, %d in Tables", len(got), len(want))
	}
}

// migrator moves a store's schema to any version.
func migrator(t *testing.T, s *Store, url string) *migrate.Migrator {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	m, err := migrate.NewMigrator(t.Context(), conn, s.schema+".schema_version")
	if err == nil {
		err = m.LoadMigrations(migrations.FS)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMigrationsGoDownAndUp(t *testing.T) {
	t.Parallel()
	s, url := open(t)
	m := migrator(t, s, url)
	top := int32(len(m.Migrations))
	for _, version := range []int32{0, top, top - 1, top} {
		if err := m.MigrateTo(t.Context(), version); err != nil {
			t.Fatalf("to version %d: %v", version, err)
		}
		if version == 0 {
			if left := column(t, s, `SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'v') AND relname <> 'schema_version'`, s.schema); len(left) > 0 {
				t.Errorf("version 0 leaves %v", left)
			}
		}
	}
}

func TestOpenRefusesNewerSchema(t *testing.T) {
	t.Parallel()
	s, url := open(t)
	if _, err := s.pool.Exec(t.Context(), "UPDATE schema_version SET version = 999"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), url, s.schema); err == nil || !strings.Contains(err.Error(), "run a newer floe-indexer") {
		t.Errorf("Open: %v", err)
	}
}

func TestOpenRefusals(t *testing.T) {
	t.Parallel()
	_, good := open(t)
	u, err := url.Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	missing := *u
	missing.Path = "/no_such_database"
	for name, c := range map[string]struct {
		url, schema, text string
		unavailable       bool
	}{
		"schema":   {good, `x"; DROP`, "lower-case", false},
		"URL":      {"postgres://user:hunter2@:bad/", "s", "", false},
		"database": {missing.String(), "s", "createdb", false},
		"down":     {"postgres://user:hunter2@127.0.0.1:1/x", "s", "pg_isready", true},
	} {
		_, err := Open(t.Context(), c.url, c.schema)
		if err == nil || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "hunter2") || errors.Is(err, ErrUnavailable) != c.unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A writer that fell behind another cannot write, even without the lock.
func TestApplyRefusesMovedWatermark(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	w, err := s.Writer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := s.Writer(t.Context()); !errors.Is(err, ErrBusy) {
		t.Errorf("second writer: %v, want ErrBusy", err)
	}
	one, two := &decode.Rows{Sequence: 1, Digest: sui.Digest{1}}, &decode.Rows{Sequence: 2, Digest: sui.Digest{2}}
	if err := w.Apply(t.Context(), []*decode.Rows{one}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.pool.Exec(t.Context(), "UPDATE watermark SET checkpoint = 7"); err != nil {
		t.Fatal(err)
	}
	if err := w.Apply(t.Context(), []*decode.Rows{two}); !errors.Is(err, ErrBusy) || w.Watermark().Checkpoint != 1 {
		t.Errorf("Apply: %v; watermark %+v", err, w.Watermark())
	}
}

// Every statement has its file, and every file its statement.
func TestEveryFileIsUsed(t *testing.T) {
	used := map[string]bool{}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`"([a-z_]+)"`)
	for _, source := range sources {
		b, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range name.FindAllSubmatch(b, -1) {
			used[string(m[1])] = true
		}
	}
	found, err := fs.Glob(files, "sql/*.sql")
	if err != nil || len(found) == 0 {
		t.Fatal(found, err)
	}
	for _, f := range found {
		if stem := strings.TrimSuffix(filepath.Base(f), ".sql"); !used[stem] {
			t.Errorf("%s is not used: remove it", f)
		}
	}
}

// Tables are not changed under an indexer that writes them.
func TestMigratesAlone(t *testing.T) {
	t.Parallel()
	s, url := open(t)
	m := migrator(t, s, url)
	if err := m.MigrateTo(t.Context(), int32(len(m.Migrations))-1); err != nil {
		t.Fatal(err)
	}
	w, err := s.Writer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), url, s.schema); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "stop it") {
		t.Errorf("while another one writes: %v", err)
	}
	w.Close()
	again, err := Open(t.Context(), url, s.schema)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if w, err = again.Writer(t.Context()); err != nil {
		t.Fatalf("the lock was kept: %v", err)
	}
	w.Close()
}

// Large tables are not counted.
func TestCounts(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	for _, sql := range []string{
		`INSERT INTO checkpoint SELECT i, now(), 0, decode(repeat('00', 32), 'hex') FROM generate_series(1, 100001) i`,
		`INSERT INTO event_type SELECT i, 'p', 'm', 'n', i FROM generate_series(1, 7) i`,
		`ANALYZE checkpoint, event_type`, `DELETE FROM checkpoint`, `DELETE FROM event_type WHERE type_id = 7`,
	} {
		if _, err := s.pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	n, err := s.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n["checkpoint"] < 90_000 || n["event_type"] != 6 || n["event"] != 0 || len(n) != len(Tables) {
		t.Errorf("got %v", n)
	}
}
