// Package postgres runs a private PostgreSQL from the system's binaries: for
// the devnet, and for tests (package pgtest).
//
// [Start] makes a cluster in a directory of ours and serves it on a Unix
// socket inside a fresh directory that only its owner may enter; it listens on
// no TCP port and has no password to leak. It never touches a cluster that it
// did not create. With the environment variable FLOE_DATABASE_URL set it
// starts nothing and hands out that URL. For production run a PostgreSQL of
// your own and give the indexer its URL.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// EnvURL names the environment variable that replaces the private server.
const EnvURL = "FLOE_DATABASE_URL"

// Config says where the private server lives.
type Config struct {
	// Dir holds the cluster, and is made if it is missing. It must be empty or
	// one that Start made before. When it is empty the server is ephemeral:
	// a temporary directory, no fsync, removed by Close.
	Dir string
}

// A Server is a running private PostgreSQL, or the one that
// FLOE_DATABASE_URL names.
type Server struct {
	url     string
	cleanup []func() // run last to first by Close
	cmd     *exec.Cmd
	exited  chan struct{} // closed when the process has ended
	exitErr error         // valid after exited

	closeOnce sync.Once
	closeErr  error
}

const (
	role         = "floe"
	database     = "floe"
	startTimeout = 60 * time.Second
	stopTimeout  = 30 * time.Second
)

// Start runs the server until Close. The database "floe" exists when it
// returns. When this process dies, the server shuts down.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if url := os.Getenv(EnvURL); url != "" {
		return &Server{url: url}, nil
	}
	s := &Server{}
	if err := s.start(ctx, cfg); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return s, nil
}

// URL is what clients connect to: a libpq URL, good for pgx and psql.
func (s *Server) URL() string { return s.url }

// Exited is closed when the server process has ended; nil for a server that
// Start did not run.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Close stops the server (PostgreSQL's fast shutdown: running transactions
// are rolled back, everything committed is kept) and waits for it.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		s.closeErr = s.stop()
		for i := len(s.cleanup) - 1; i >= 0; i-- {
			s.cleanup[i]()
		}
	})
	return s.closeErr
}

func (s *Server) start(ctx context.Context, cfg Config) error {
	owner, err := serverUser()
	if err != nil {
		return err
	}
	home, ephemeral, err := s.prepareHome(cfg.Dir, owner)
	if err != nil {
		return err
	}
	data := filepath.Join(home, "data")
	bin, err := findBinaries(clusterVersion(data))
	if err != nil {
		return err
	}
	if err := initCluster(ctx, bin, home, data, owner, ephemeral); err != nil {
		return err
	}
	if err := clearStale(ctx, data); err != nil {
		return err
	}
	sockets, err := socketDir(owner)
	if err != nil {
		return err
	}
	s.cleanup = append(s.cleanup, func() { os.RemoveAll(sockets) })
	s.url = fmt.Sprintf("postgres://%s@/%s?host=%s", role, database, sockets)
	admin := fmt.Sprintf("postgres://%s@/postgres?host=%s", role, sockets)
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("no answer within %v", startTimeout))
	defer cancel()
	for {
		if err := s.run(bin, home, data, sockets, owner, ephemeral); err != nil {
			return err
		}
		err := s.awaitReady(ctx, admin, filepath.Join(home, logName))
		if err == nil || !strings.Contains(err.Error(), sharedMemoryBusy) {
			return err
		}
		// Children of a server that was killed are still ending.
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// sharedMemoryBusy is what PostgreSQL logs when processes of a crashed server
// still hold the cluster's memory.
const sharedMemoryBusy = "pre-existing shared memory block"

// run starts the postgres process. A goroutine that keeps its thread owns it,
// because the kernel sends the parent-death signal when the thread dies.
func (s *Server) run(bin, home, data, sockets string, owner *user, ephemeral bool) error {
	log, err := openOwn(filepath.Join(home, logName), os.O_WRONLY|os.O_APPEND)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	args := []string{"-D", data, "-c", "listen_addresses=", "-c", "unix_socket_directories=" + sockets, "-c", "unix_socket_permissions=0700"}
	if ephemeral {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	cmd := owner.command(filepath.Join(bin, "postgres"), args...)
	cmd.Dir = sockets // readable by the owner, whatever the caller's directory is
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr.Setpgid = true // Ctrl-C must reach us, not PostgreSQL
	setDeathSignal(cmd.SysProcAttr)
	started := make(chan error)
	s.exited = make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer log.Close()
		err := cmd.Start()
		if err == nil {
			s.cmd = cmd
		}
		started <- err
		if err == nil {
			s.exitErr = cmd.Wait()
			close(s.exited)
		}
	}()
	return <-started
}

func (s *Server) awaitReady(ctx context.Context, admin, log string) error {
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		conn, err := pgx.Connect(ctx, admin)
		if err == nil {
			defer conn.Close(ctx)
			return ensureDatabase(ctx, conn)
		}
		select {
		case <-s.exited:
			return fmt.Errorf("the server ended (%v); the end of %s says:\n%s", s.exitErr, log, tail(log, 1024))
		case <-ctx.Done():
			return fmt.Errorf("%w: %w; see %s", context.Cause(ctx), err, log)
		case <-time.After(wait):
		}
	}
}

func ensureDatabase(ctx context.Context, conn *pgx.Conn) error {
	var exists bool
	err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database).Scan(&exists)
	if err == nil && !exists {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+database)
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", database, err)
	}
	return nil
}

func (s *Server) stop() error {
	if s.cmd == nil {
		return nil
	}
	select {
	case <-s.exited:
		return nil
	default:
	}
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop PostgreSQL: %w", err)
	}
	select {
	case <-s.exited:
		return nil
	case <-time.After(stopTimeout):
		// SIGQUIT is PostgreSQL's immediate shutdown: no checkpoint, the next
		// start recovers from the log.
		_ = s.cmd.Process.Signal(syscall.SIGQUIT)
		<-s.exited
		return nil
	}
}

// tail returns the last n bytes of a file.
func tail(name string, n int64) string {
	f, err := os.Open(name)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err.Error()
	}
	buf := make([]byte, min(n, st.Size()))
	read, _ := f.ReadAt(buf, st.Size()-int64(len(buf)))
	return string(buf[:read])
}
