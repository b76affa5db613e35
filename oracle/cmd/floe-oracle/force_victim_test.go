//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// clockPipe tells a key server under force that file 3 says how far its clock
// is off. Only this test binary knows it.
const clockPipe = "FLOE_FORCE_CLOCK"

func init() { command = runVictim }

// runVictim is the command in a process of its own.
func runVictim() int {
	if os.Getenv(clockPipe) != "" {
		offset := make(chan time.Duration)
		var mu sync.Mutex
		var off time.Duration
		go func() {
			for d := range offset {
				mu.Lock()
				off = d
				mu.Unlock()
			}
		}()
		go func() {
			lines := bufio.NewScanner(os.NewFile(3, "clock"))
			for lines.Scan() {
				if d, err := time.ParseDuration(lines.Text()); err == nil {
					offset <- d
				}
			}
		}()
		now = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return time.Now().Add(off)
		}
		ignoreFileLimit()
	}
	return run()
}

// A victim is the key server's process.
type victim struct {
	f      *force
	config string
	args   []string // of the command; nil: serve with config

	mu    sync.Mutex
	url   string
	cmd   *exec.Cmd
	ended chan struct{}
	clock io.WriteCloser
	logs  bytes.Buffer
}

// register makes keys and a configuration, and registers the keys on chain. node is
// an honest one.
func (f *force) register(node, more string) {
	f.t.Helper()
	keystore := filepath.Join(f.dir, "sui.keystore")
	if err := sui.SaveKeys(keystore, []*sui.PrivateKey{f.world.Owner}); err != nil {
		f.t.Fatal(err)
	}
	keys := filepath.Join(f.dir, "keys")
	public := program(f.t, "keygen", "--dir", keys)
	pkg := f.world.Contracts.KeyServer.Latest.String()
	id := program(f.t, "register", "--dir", keys, "--name", "victim", "--url", "https://keys.example.org", "--node", node, "--package", pkg, "--signer", keystore)
	f.victim.config = filepath.Join(f.dir, "oracle.yaml")
	text := fmt.Sprintf("key_server_object_id: %s\nkey_dir: keys\njournal_dir: %s\nnode_url: %s\nkey_server_package: %s\nlisten: 127.0.0.1:0\nevaluation_timeout: 500ms\nmetrics_listen: 127.0.0.1:0\n%s%s",
		id, f.disk.receipts(), f.node.url, pkg, more, os.Getenv("FLOE_FORCE_CONFIG"))
	if err := os.WriteFile(f.victim.config, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	jwks, err := os.ReadFile(filepath.Join(keys, "jwks.json"))
	if err != nil {
		f.t.Fatal(err)
	}
	if f.public.Receipts, err = receipt.ParseKeySet(jwks); err != nil {
		f.t.Fatal(err)
	}
	if f.public.Issuer, err = sui.ParseAddress(id); err != nil {
		f.t.Fatal(err)
	}
	var key []byte
	if _, err := fmt.Sscanf(strings.TrimPrefix(public, "0x"), "%x", &key); err != nil {
		f.t.Fatal(err)
	}
	if f.public.Key, err = seal.ParsePublicKey(key); err != nil {
		f.t.Fatal(err)
	}
}

// start starts the server, as a supervisor does: again and again until it
// serves.
func (v *victim) start() {
	v.f.t.Helper()
	for begin := time.Now(); ; {
		if v.tryStart() {
			return
		}
		if time.Since(begin) > recoveryTime {
			v.f.t.Fatalf("seed %d: the server does not start:\n%s", v.f.seed, v.tail())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (v *victim) tryStart() bool {
	v.f.t.Helper()
	self, err := os.Executable()
	if err != nil {
		v.f.t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		v.f.t.Fatal(err)
	}
	args := v.args
	if args == nil {
		args = []string{"serve", "--config", v.config}
	}
	cmd := &exec.Cmd{Path: self, Args: append([]string{"floe-oracle"}, args...), Env: append(os.Environ(), clockPipe+"=1"),
		ExtraFiles: []*os.File{r}, Stderr: v}
	out, err := cmd.StdoutPipe()
	if err != nil {
		v.f.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		v.f.t.Fatal(err)
	}
	r.Close()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		w.Close()
		cmd.Wait()
		return false
	}
	ended := make(chan struct{})
	go func() {
		io.Copy(io.Discard, out)
		cmd.Wait()
		close(ended)
	}()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.url, v.cmd, v.ended, v.clock = strings.TrimSpace(line), cmd, ended, w
	return true
}

// kill ends the process at once, as a crash does.
func (v *victim) kill() {
	v.mu.Lock()
	cmd, ended, clock := v.cmd, v.ended, v.clock
	v.cmd = nil
	v.mu.Unlock()
	if cmd == nil {
		return
	}
	cmd.Process.Kill()
	<-ended
	clock.Close()
}

// stop ends the process in good order.
func (v *victim) stop() {
	v.f.t.Helper()
	v.cmd.Process.Signal(os.Interrupt)
	<-v.ended
	if code := v.cmd.ProcessState.ExitCode(); code != 0 {
		v.f.t.Errorf("exit code %d after an interrupt:\n%s", code, v.tail())
	}
	v.cmd = nil
}

// died tells whether the process has ended without being killed.
func (v *victim) died() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.cmd == nil {
		return false
	}
	select {
	case <-v.ended:
		return true
	default:
		return false
	}
}

func (v *victim) pause()  { v.cmd.Process.Signal(syscall.SIGSTOP) }
func (v *victim) resume() { v.cmd.Process.Signal(syscall.SIGCONT) }

// setClock makes the server's clock differ from the true one.
func (v *victim) setClock(by time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.clock != nil {
		fmt.Fprintln(v.clock, by)
	}
}

// where returns the server's URL.
func (v *victim) where() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.url
}

// Write keeps the end of what the server logs.
func (v *victim) Write(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.logs.Len() > 1<<20 {
		v.logs.Next(v.logs.Len() - 1<<16)
	}
	return v.logs.Write(p)
}

// tail is the end of what the server has logged.
func (v *victim) tail() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	lines := strings.SplitAfter(v.logs.String(), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "")
}
