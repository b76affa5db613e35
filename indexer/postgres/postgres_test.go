package postgres

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

func connect(t *testing.T, s *Server) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// reachableDir is a temporary directory that the server's user may enter;
// t.TempDir is closed to all but its owner.
func reachableDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "floe-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Below root's home the server's user cannot go: the cluster goes elsewhere,
// and its own directory says where.
func TestStartBelowClosedDirectory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root drops to another user")
	}
	dir := filepath.Join(t.TempDir(), "pg")
	s := start(t, dir)
	connect(t, s).Close(t.Context())
	b, err := os.ReadFile(filepath.Join(dir, "location"))
	if err != nil {
		t.Fatal(err)
	}
	home := strings.TrimSpace(string(b))
	t.Cleanup(func() { s.Close(); os.RemoveAll(home) })
	if got := filepath.Dir(dataDir(t, s)); got != home {
		t.Errorf("cluster is in %s, location says %s", got, home)
	}
	// While it runs, it stays, even if the directory is gone.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	owner, err := serverUser()
	if err != nil {
		t.Fatal(err)
	}
	sweep(owner)
	if _, err := os.Stat(home); err != nil {
		t.Fatalf("a running cluster was swept: %v", err)
	}
	s.Close()
	sweep(owner)
	if _, err := os.Stat(home); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left behind", home)
	}
}

// A directory that was removed and made anew gets a new cluster.
func TestStartAnewBelowClosedDirectory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root drops to another user")
	}
	dir := filepath.Join(t.TempDir(), "pg")
	s := start(t, dir)
	home := filepath.Dir(dataDir(t, s))
	t.Cleanup(func() { os.RemoveAll(home) })
	conn := connect(t, s)
	if _, err := conn.Exec(t.Context(), "CREATE TABLE old (n int)"); err != nil {
		t.Fatal(err)
	}
	conn.Close(t.Context())
	if err := errors.Join(s.Close(), os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
		t.Fatal(err)
	}
	var old bool
	err := connect(t, start(t, dir)).QueryRow(t.Context(), "SELECT to_regclass('old') IS NOT NULL").Scan(&old)
	if err != nil || old {
		t.Errorf("the old cluster is there: %v, %v", old, err)
	}
}

func start(t *testing.T, dir string) *Server {
	t.Helper()
	t.Setenv(EnvURL, "")
	s, err := Start(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStartKeepsDataAcrossRestarts(t *testing.T) {
	dir := filepath.Join(reachableDir(t), "pg")
	s := start(t, dir)
	conn := connect(t, s)
	var encoding, address string
	if err := conn.QueryRow(t.Context(), "SELECT current_setting('server_encoding'), current_setting('listen_addresses')").Scan(&encoding, &address); err != nil {
		t.Fatal(err)
	}
	if encoding != "UTF8" || address != "" {
		t.Errorf("encoding %q, listen_addresses %q; want UTF8 and none", encoding, address)
	}
	if _, err := conn.Exec(t.Context(), "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)"); err != nil {
		t.Fatal(err)
	}
	conn.Close(t.Context())
	sockets := socketPath(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(sockets); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("socket directory %s is left behind", sockets)
	}

	var n int
	if err := connect(t, start(t, dir)).QueryRow(t.Context(), "SELECT n FROM kept").Scan(&n); err != nil || n != 42 {
		t.Fatalf("after a restart: %d, %v; want 42", n, err)
	}
}

func socketPath(t *testing.T, s *Server) string {
	t.Helper()
	cfg, err := pgx.ParseConfig(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(cfg.Host)
	if err != nil {
		t.Fatal(err)
	}
	if st.Mode().Perm() != 0o700 {
		t.Errorf("socket directory has mode %v, want 0700", st.Mode().Perm())
	}
	return cfg.Host
}

func TestStartRefusesDirectoryInUse(t *testing.T) {
	dir := filepath.Join(reachableDir(t), "pg")
	start(t, dir)
	_, err := Start(t.Context(), Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Fatalf("second Start: %v; want a refusal", err)
	}
}

func TestStartRefusesForeignDirectory(t *testing.T) {
	t.Setenv(EnvURL, "")
	dir := reachableDir(t)
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "thesis.txt") {
		t.Fatalf("Start: %v; want a refusal that names the file", err)
	}
}

// A kill -9 of server and owner leaves postmaster.pid behind; its process id
// may belong to some other program by the next start.
func TestStartAfterCrash(t *testing.T) {
	dir := filepath.Join(reachableDir(t), "pg")
	s := start(t, dir)
	pid := s.cmd.Process.Pid
	home := filepath.Dir(dataDir(t, s))
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.Exited()
	s.Close()
	name := filepath.Join(home, "data", "postmaster.pid")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, live := range []int{pid, os.Getpid()} { // dead, and somebody else's
		text := strings.Replace(string(b), strconv.Itoa(pid), strconv.Itoa(live), 1)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if st, err := os.Stat(filepath.Dir(name)); err == nil && os.Geteuid() == 0 {
			u, _ := serverUser()
			if err := u.own(name); err != nil {
				t.Fatal(err, st)
			}
		}
		again := start(t, dir)
		connect(t, again).Close(t.Context())
		again.Close()
	}
}

func dataDir(t *testing.T, s *Server) string {
	t.Helper()
	var dir string
	if err := connect(t, s).QueryRow(t.Context(), "SHOW data_directory").Scan(&dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestStartWithoutBinaries(t *testing.T) {
	t.Setenv(EnvURL, "")
	if _, err := findBinaries("6"); err == nil || !strings.Contains(err.Error(), "made by PostgreSQL 6") {
		t.Errorf("wrong version: %v", err)
	}
	if _, err := exec.LookPath("initdb"); err != nil {
		t.Skip("PostgreSQL is not in PATH")
	}
	bin, err := findBinaries("")
	if err != nil || binaryVersion(bin) == "" {
		t.Errorf("findBinaries: %q, %v", bin, err)
	}
}

func TestStartTakesURLFromEnvironment(t *testing.T) {
	t.Setenv(EnvURL, "postgres://elsewhere/db")
	s, err := Start(t.Context(), Config{})
	if err != nil || s.URL() != "postgres://elsewhere/db" {
		t.Fatalf("Start: %v, %v", s, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
