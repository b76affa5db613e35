package main

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/floe-data/floe/sdk/attest"
	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/nitro"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/checkpointfile"
)

// runChain starts the chain alone in a folder and waits until it is up.
func runChain(t *testing.T, dir string, more ...string) *program {
	t.Helper()
	p := startProgram(t, append([]string{"--chain-only", "--time", "manual", "--dir", dir}, more...)...)
	if !p.read("Ctrl-C stops it") {
		t.Fatalf("it ended early: %s", p.told.String())
	}
	return p
}

func stopChain(t *testing.T, p *program) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	p.read("")
	if code := p.wait(); code != 130 {
		t.Errorf("exit code %d: %s", code, p.told.String())
	}
}

func chainID(t *testing.T, dir string) string {
	t.Helper()
	n, err := network.Load(filepath.Join(dir, "home"), "devnet")
	if err != nil {
		t.Fatal(err)
	}
	return n.ChainID
}

// The chain alone: keys that follow from the seed, checkpoint files, a snapshot
// while it runs, and a copy that goes on.
func TestChainOnly(t *testing.T) {
	first, second, files := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b"), t.TempDir()
	p := runChain(t, first, "--seed", "fixture", "--accounts", "2", "--checkpoint-dir", files)
	shown := regexp.MustCompile(`(0x[0-9a-f]{64})\n\s+(suiprivkey1\S+)`).FindAllStringSubmatch(p.told.String(), -1)
	if len(shown) != 2 || !strings.Contains(p.told.String(), "NOT SECRET") {
		t.Fatalf("it prints %d accounts: %s", len(shown), p.told.String())
	}
	for _, m := range shown {
		if key, err := sui.ParsePrivateKey(m[2]); err != nil || key.Address().String() != m[1] {
			t.Errorf("key of %s: %v", m[1], err)
		}
	}
	checkAdvance(t, first)
	checkAttest(t, first)
	file := filepath.Join(t.TempDir(), "net.snapshot")
	if err := runCommand(t, "snapshot", "--dir", first, file); err != nil {
		t.Fatal(err)
	}
	stopChain(t, p)
	if raw, err := os.ReadFile(filepath.Join(files, checkpointfile.Name(0))); err != nil {
		t.Error(err)
	} else if _, err := checkpointfile.Decode(raw); err != nil {
		t.Error(err)
	}

	if err := runCommand(t, "restore", "--dir", second, file); err != nil {
		t.Fatal(err)
	}
	if err := runCommand(t, "restore", "--dir", second, file); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("restored over a network: %v", err)
	}
	q := runChain(t, second)
	if chainID(t, first) != chainID(t, second) || !strings.Contains(q.told.String(), shown[1][2]) {
		t.Errorf("the copy is another chain: %s", q.told.String())
	}
	stopChain(t, q)

	third := filepath.Join(t.TempDir(), "c")
	r := runChain(t, third, "--seed", "fixture", "--accounts", "2")
	stopChain(t, r)
	if chainID(t, third) != chainID(t, first) {
		t.Error("the same seed gives another chain")
	}
}

// checkAdvance moves the network of a folder, which stands at its genesis.
func checkAdvance(t *testing.T, dir string) {
	t.Helper()
	start := advanced{}
	for _, c := range []struct {
		args              []string
		checkpoint, epoch uint64
		ms                uint64 // later than before
	}{
		{[]string{"checkpoint"}, 1, 0, 0},
		{[]string{"clock", "1h30m"}, 1, 0, 5_400_000},
		{[]string{"epoch"}, 1, 1, 0},
		{[]string{"epoch"}, 1, 1, 0},
	} {
		var out bytes.Buffer
		cmd := command(&out, new(bytes.Buffer))
		cmd.SetArgs(append([]string{"advance", "--json", "--dir", dir}, c.args...))
		var now advanced
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		} else if err := json.Unmarshal(out.Bytes(), &now); err != nil {
			t.Fatal(err)
		}
		if start.TimestampMS == 0 {
			start = advanced{Checkpoint: now.Checkpoint - c.checkpoint, TimestampMS: now.TimestampMS}
		}
		if want := (advanced{start.Epoch + c.epoch, start.Checkpoint + c.checkpoint, start.TimestampMS + c.ms}); now != want {
			t.Errorf("after advance %q: %+v, want %+v", c.args, now, want)
		}
		start = now
	}
}

func TestChainFlags(t *testing.T) {
	for _, args := range [][]string{
		{"--time", "soon"},
		{"snapshot", "file"},
		{"restore", "--dir", t.TempDir(), "no such file"},
		{"advance", "epoch"},
		{"advance", "--dir", t.TempDir(), "epoch"},
		{"advance", "--dir", t.TempDir(), "clock"},
		{"advance", "--dir", t.TempDir(), "clock", "-1s"},
		{"advance", "--dir", t.TempDir(), "year"},
	} {
		if err := runCommand(t, args...); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}

func runCommand(t *testing.T, args ...string) error {
	t.Helper()
	c := command(new(bytes.Buffer), new(bytes.Buffer))
	c.SetArgs(args)
	return c.ExecuteContext(t.Context())
}

// checkAttest demands that the document verifies under the root that the
// network file names, at the chain's time.
func checkAttest(t *testing.T, dir string) {
	t.Helper()
	image, out := filepath.Join(t.TempDir(), "image.json"), filepath.Join(t.TempDir(), "document.bin")
	pcr := strings.Repeat("1a", 48)
	text := fmt.Sprintf(`{"Measurements": {"PCR0": %q, "PCR1": %q, "PCR2": %q}}`, pcr, pcr, pcr)
	if err := os.WriteFile(image, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"attest", "--dir", dir, "--config", "0x5", "--registrant", "0x6", "--key", strings.Repeat("07", 32), "-o", out}
	if err := runCommand(t, append(args, image)...); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	n, err := network.Load(filepath.Join(dir, "home"), "devnet")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(n.NitroRoots[0]))
	root, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	d, err := nitro.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Verify(d.TimestampMS, root); err != nil || d.Verify(d.TimestampMS, nitro.AWSRoot()) == nil {
		t.Errorf("verify: %v, or AWS' root takes it", err)
	}
	if want := attest.RegistrationData(sui.Address{31: 5}, sui.Address{31: 6}); string(d.UserData) != string(want[:]) {
		t.Errorf("user data %x, want %x", d.UserData, want)
	}
	for _, bad := range [][]string{{"--key", "07"}, {"--config", "x"}, {"--registrant", ""}} {
		if err := runCommand(t, append(append(args, bad...), image)...); err == nil {
			t.Errorf("attest %q: accepted", bad)
		}
	}
}
