package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/floe-data/floe/oracle/traffic"
	"github.com/floe-data/floe/sdk/devnet/chain"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// nodeCommand makes this program the chain.
const nodeCommand = "node"

// How many wallets ask: sessions are theirs in turn.
const (
	members   = 200
	strangers = 200
)

// A bench is a chain, a key server's registration and those who ask it.
type bench struct {
	options
	dir    string // absolute, of this run
	modes  []string
	node   *process
	nodeAt nodeAddress
	client *suirpc.Client
	world  *traffic.World
	object sui.Address
	public traffic.Server
	asker  *asker
	pins   pins
}

// nodeAddress is what the chain's process says when it is ready.
type nodeAddress struct{ URL, Faucet string }

// runNode serves a chain until stdin ends.
func runNode(dir string) error {
	c, err := chain.Open(chain.Config{Dir: dir, Seed: []byte("bench"), Heartbeat: time.Second})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	faucet := httptest.NewServer(c.FaucetHandler())
	defer faucet.Close()
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	json.NewEncoder(os.Stdout).Encode(nodeAddress{"http://" + l.Addr().String(), faucet.URL})
	return errors.Join(c.Serve(ctx, l), c.Close())
}

func setUp(ctx context.Context, o options) (b *bench, err error) {
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return nil, err
	}
	b = &bench{options: o, pins: choosePins()}
	if b.dir, err = os.MkdirTemp(o.dir, "run-"); err != nil {
		return nil, err
	}
	if b.dir, err = filepath.Abs(b.dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if b.modes, err = b.chooseModes(); err != nil {
		return nil, err
	}
	say("starting a chain and publishing the contracts")
	if err := b.startChain(ctx); err != nil {
		return nil, err
	}
	if err := b.register(ctx); err != nil {
		return nil, err
	}
	say("signing %d sessions", members+strangers)
	b.asker, err = newAsker(b.world)
	return b, err
}

// startChain runs the chain in a process of its own and makes the policy.
func (b *bench) startChain(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir := filepath.Join(b.dir, "chain")
	b.node = &process{Cmd: exec.Command(b.pins.load[0], append(b.pins.load[1:], self, nodeCommand, dir)...)}
	b.node.Env = os.Environ()
	line, err := b.node.start(filepath.Join(b.dir, "chain.log"))
	if err != nil {
		return fmt.Errorf("start chain: %w", err)
	}
	if err := json.Unmarshal([]byte(line), &b.nodeAt); err != nil {
		return fmt.Errorf("start chain: %w", err)
	}
	if b.client, err = suirpc.Dial(ctx, b.nodeAt.URL); err != nil {
		return err
	}
	b.world, err = traffic.Publish(ctx, b.client, b.nodeAt.Faucet, filepath.Join(b.dir, "contracts"), members, strangers)
	return err
}

// register makes keys and registers them, by the commands that operators use.
func (b *bench) register(ctx context.Context) error {
	keystore := filepath.Join(b.dir, "owner.keystore")
	if err := sui.SaveKeys(keystore, []*sui.PrivateKey{b.world.Owner}); err != nil {
		return err
	}
	public, err := b.command(ctx, "keygen", "--dir", b.path("keys"))
	if err != nil {
		return err
	}
	key, err := hex.DecodeString(strings.TrimPrefix(public, "0x"))
	if err != nil {
		return err
	}
	if b.public.Key, err = seal.ParsePublicKey(key); err != nil {
		return err
	}
	id, err := b.command(ctx, "register", "--dir", b.path("keys"), "--name", "bench", "--url", "https://bench.example.org", "--node", b.nodeAt.URL,
		"--package", b.world.Contracts.KeyServer.Latest.String(), "--signer", keystore)
	if err != nil {
		return err
	}
	if b.object, err = sui.ParseAddress(id); err != nil {
		return err
	}
	jwks, err := os.ReadFile(b.path("keys/jwks.json"))
	if err != nil {
		return err
	}
	b.public.Issuer = b.object
	b.public.Receipts, err = receipt.ParseKeySet(jwks)
	return err
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// command runs floe-oracle and returns what it prints.
func (b *bench) command(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, b.server, args...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return "", fmt.Errorf("floe-oracle %s: %w: %s", args[0], err, failed.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}

// chooseModes finds out in which ways the server can evaluate policies.
func (b *bench) chooseModes() ([]string, error) {
	if b.options.modes != "" {
		return strings.Split(b.options.modes, ","), nil
	}
	if b.soak > 0 {
		return []string{"both"}, nil
	}
	text, err := b.command(context.Background(), "serve", "--help")
	if err != nil {
		return nil, fmt.Errorf("%w; build it with: go build -o bin/ ./oracle/cmd/floe-oracle", err)
	}
	if strings.Contains(text, "evaluation:") {
		return []string{"both", "local", "node"}, nil
	}
	return []string{"node"}, nil
}

func (b *bench) close() {
	if b.client != nil {
		b.client.Close()
	}
	if b.node != nil {
		b.node.stop()
	}
	os.RemoveAll(b.dir)
}

// pins are the commands in front of a program that give it its cores.
type pins struct {
	server, load []string
	text         string
}

// choosePins gives the server the first two cores and the load all others. Where
// it can't, the server gets as many threads as it takes on two cores.
func choosePins() pins {
	n := runtime.NumCPU()
	if _, err := exec.LookPath("taskset"); err != nil || n < 4 {
		return pins{[]string{"env", "GOMAXPROCS=3"}, []string{"env"}, fmt.Sprintf("2 of %d cores, which it shares with chain and load", n)}
	}
	rest := fmt.Sprintf("2-%d", n-1)
	exec.Command("taskset", "-a", "-p", "-c", rest, fmt.Sprint(os.Getpid())).Run()
	return pins{[]string{"taskset", "-c", "0,1"}, []string{"taskset", "-c", rest}, fmt.Sprintf("2 of %d cores for itself; chain and load on the others", n)}
}

// A process is one that says a line when it is ready, and ends with its stdin
// or an interrupt.
type process struct {
	*exec.Cmd
	stdin io.Closer
	log   *os.File
}

func (p *process) start(logPath string) (line string, err error) {
	if p.log, err = os.Create(logPath); err != nil {
		return "", err
	}
	p.Stderr = p.log
	if p.stdin, err = p.StdinPipe(); err != nil {
		return "", err
	}
	out, err := p.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := p.Start(); err != nil {
		return "", err
	}
	line, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.stop()
		text, _ := os.ReadFile(logPath)
		return "", fmt.Errorf("%w: %s", err, text)
	}
	go io.Copy(io.Discard, out)
	return strings.TrimSpace(line), nil
}

func (p *process) stop() error {
	if p.Process == nil || p.ProcessState != nil {
		return nil
	}
	p.stdin.Close()
	p.Process.Signal(os.Interrupt)
	err := p.Wait()
	p.log.Close()
	return err
}
