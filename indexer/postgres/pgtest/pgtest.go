// Package pgtest gives tests a real PostgreSQL: one private server per test
// binary, one schema per test, so that tests run in parallel.
package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/floe-data/floe/indexer/postgres"
)

var (
	mu     sync.Mutex // guards server
	server *postgres.Server
	serial atomic.Int64
)

func running() (*postgres.Server, error) {
	mu.Lock()
	defer mu.Unlock()
	if server != nil {
		return server, nil
	}
	var err error
	server, err = postgres.Start(context.Background(), postgres.Config{})
	return server, err
}

// Main runs a package's tests and then stops the server. Call it from
// TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if err := Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		code = 1
	}
	os.Exit(code)
}

// Stop stops the server, if one runs, for packages whose TestMain is not
// theirs to choose. No test may be using it.
func Stop() error {
	mu.Lock()
	defer mu.Unlock()
	if server == nil {
		return nil
	}
	s := server
	server = nil
	return s.Close()
}

// Schema makes a schema of this test's own, dropped when the test ends. It
// returns the schema's name and the URL of a database whose search path it is.
// The first call starts the server.
func Schema(t testing.TB) (databaseURL, schema string) {
	t.Helper()
	s, err := running()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("floe_test_%d_%d", os.Getpid(), serial.Add(1))
	exec(t, s, "CREATE SCHEMA "+name)
	t.Cleanup(func() { exec(t, s, "DROP SCHEMA "+name+" CASCADE") })
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("options", "-csearch_path="+name)
	u.RawQuery = q.Encode()
	return u.String(), name
}

func exec(t testing.TB, s *postgres.Server, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
}
