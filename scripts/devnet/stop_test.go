package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asProgram makes the test binary be floe-devnet.
const asProgram = "FLOE_TEST_RUN_DEVNET"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// However and whenever it is stopped, everything that it started is gone:
// processes, temporary folders, the cluster of its PostgreSQL.
func TestStop(t *testing.T) {
	for _, tt := range []struct {
		name   string
		args   []string
		when   string // the line of output at which it is stopped
		signal syscall.Signal
	}{
		{"interrupt at once", []string{"demo", "--json"}, "A Floe network starts", syscall.SIGINT},
		{"interrupt during start", []string{"demo", "--json"}, "PostgreSQL", syscall.SIGINT},
		{"terminate during publish", []string{"demo", "--json"}, "$ floe publish", syscall.SIGTERM},
		{"interrupt during open", []string{"demo", "--json"}, "ben$ floe open", syscall.SIGINT},
		{"close terminal", []string{"--no-index"}, "Ctrl-C stops it", syscall.SIGHUP},
		{"interrupt", nil, "Ctrl-C stops it", syscall.SIGINT},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := startProgram(t, tt.args...)
			if !p.read(tt.when) {
				t.Fatalf("it ended early: %s", p.told.String())
			}
			if err := p.cmd.Process.Signal(tt.signal); err != nil {
				t.Fatal(err)
			}
			p.read("")
			if code := p.wait(); code != 130 {
				t.Errorf("exit code %d, want 130", code)
			}
			if !strings.HasSuffix(p.told.String(), "floe-devnet: stopped\n") || strings.Contains(p.told.String(), "goroutine ") {
				t.Errorf("it says:\n%s", p.told.String())
			}
			if len(tt.args) == 2 {
				var r report
				if err := json.Unmarshal(p.result.Bytes(), &r); err != nil || r.OK {
					t.Errorf("result %q, %v; want one object that is not ok", p.result.String(), err)
				}
			}
			p.checkNothingLeft(t, true)
		})
	}
}

// Nobody reads the output any more, as after `| head -1`.
func TestStopBrokenPipe(t *testing.T) {
	p := startProgram(t, "demo")
	if !p.read("A Floe network starts") {
		t.Fatalf("it ended early: %s", p.told.String())
	}
	p.out.Close()
	if code := p.wait(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	p.checkNothingLeft(t, true)
}

// Killed, it can't remove its files, but its PostgreSQL ends.
func TestKill(t *testing.T) {
	p := startProgram(t)
	if !p.read("Ctrl-C stops it") {
		t.Fatalf("it ended early: %s", p.told.String())
	}
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.wait()
	p.checkNothingLeft(t, false)
}

// A program is a running floe-devnet with a temporary folder of its own. Its
// stderr goes to out with --json, its stdout otherwise.
type program struct {
	cmd    *exec.Cmd
	temp   string
	out    *os.File
	lines  *bufio.Reader
	told   bytes.Buffer // what was read of out
	result bytes.Buffer // stdout with --json
	before map[string]bool
}

func startProgram(t *testing.T, args ...string) *program {
	t.Helper()
	temp, err := os.MkdirTemp("/tmp", "floe-stop-") // short and open to PostgreSQL's user
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(temp) })
	if err := os.Chmod(temp, 0o1777); err != nil {
		t.Fatal(err)
	}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	p := &program{cmd: exec.Command(os.Args[0], args...), temp: temp, out: out, lines: bufio.NewReader(out), before: clustersElsewhere(t)}
	p.cmd.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+temp)
	p.cmd.Dir = filepath.Join("..", "..") // where people run it
	p.cmd.Stdout, p.cmd.Stderr = in, in
	if len(args) == 2 {
		p.cmd.Stdout = &p.result
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	t.Cleanup(func() { p.cmd.Process.Kill() })
	return p
}

// read reads until a line that holds text, or with "" to the end, and reports
// whether it came.
func (p *program) read(text string) bool {
	for {
		line, err := p.lines.ReadString('\n')
		p.told.WriteString(line)
		if text != "" && strings.Contains(line, text) {
			return true
		}
		if err != nil {
			return text == "" && errors.Is(err, io.EOF)
		}
	}
}

// wait returns the exit code.
func (p *program) wait() int {
	_ = p.cmd.Wait() // the code says it
	return p.cmd.ProcessState.ExitCode()
}

func (p *program) checkNothingLeft(t *testing.T, files bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for left := p.processes(t); len(left) > 0; left = p.processes(t) {
		if time.Now().After(deadline) {
			t.Fatalf("these still run: %q", left)
		}
		time.Sleep(20 * time.Millisecond) // the kernel ends them, nothing tells us
	}
	if !files {
		return
	}
	left, err := os.ReadDir(p.temp)
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
	for c := range clustersElsewhere(t) {
		if location, err := os.ReadFile(filepath.Join(c, "origin")); !p.before[c] && (err != nil || strings.HasPrefix(string(location), p.temp)) {
			t.Errorf("the cluster %s is left", c)
		}
	}
}

// processes are the command lines that name the temporary folder.
func (p *program) processes(t *testing.T) (left []string) {
	t.Helper()
	found, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range found {
		if line, err := os.ReadFile(name); err == nil && bytes.Contains(line, []byte(p.temp)) {
			left = append(left, string(bytes.ReplaceAll(line, []byte{0}, []byte(" "))))
		}
	}
	return left
}

// clustersElsewhere are the clusters of servers whose own directory PostgreSQL
// can't reach; see package postgres.
func clustersElsewhere(t *testing.T) map[string]bool {
	t.Helper()
	found, err := filepath.Glob("/var/tmp/floe-postgres-*")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, f := range found {
		out[f] = true
	}
	return out
}
