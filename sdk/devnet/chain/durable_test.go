package chain

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/floe-data/floe/sdk/sui"
)

// The tests in this file run parts of themselves in a child process, which
// they kill or whose disk they fill: the test binary calls itself with these
// variables set.
const (
	envChild    = "FLOE_CHAIN_TEST_CHILD"
	envChildDir = "FLOE_CHAIN_TEST_DIR"
)

func TestMain(m *testing.M) {
	switch os.Getenv(envChild) {
	case "pay":
		childPays()
	case "full":
		childFillsDisk()
	default:
		os.Exit(m.Run())
	}
}

func child(t *testing.T, what, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envChild+"="+what, envChildDir+"="+dir)
	cmd.Stderr = os.Stderr
	return cmd
}

func childOpen(accounts int) *Chain {
	c, err := Open(Config{Dir: os.Getenv(envChildDir), Seed: []byte("test"), Now: newTestClock().now, Accounts: accounts})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return c
}

// clients is how many payers a child has at work at the same time.
const clients = 4

// epochLine begins the line of a new epoch.
const epochLine = "epoch"

// childPays lets every account pay for ever, while epochs end, and prints the
// digest of each payment, and the number of each new epoch, when it is
// acknowledged.
func childPays() {
	c := childOpen(clients)
	errs := make(chan error)
	for i, key := range c.Accounts() {
		go func() {
			for n := 1; ; n++ {
				digest, err := payOnce(c, key)
				if err != nil {
					errs <- err
					return
				}
				fmt.Println(digest) // one write, so lines of several clients don't mix
				if i != 0 || n%5 != 0 {
					continue
				}
				epoch, err := c.AdvanceEpoch(context.Background())
				if err != nil {
					errs <- err
					return
				}
				fmt.Println(epochLine, epoch)
			}
		}()
	}
	fmt.Fprintln(os.Stderr, <-errs)
	os.Exit(1)
}

// payOnce sends 1 MIST from an account.
func payOnce(c *Chain, key *sui.PrivateKey) (sui.Digest, error) {
	gas, err := c.largestCoin(key.Address())
	if err != nil {
		return sui.Digest{}, err
	}
	b := sui.NewBuilder()
	b.Transfer(sui.Address{1}, b.SplitCoins(sui.GasCoin, b.Pure(uint64(1))).At(0))
	tx, err := b.Build(key.Address(), sui.GasData{Payment: []sui.ObjectRef{gas}, Owner: key.Address(), Price: 1000, Budget: 10_000_000})
	if err != nil {
		return sui.Digest{}, err
	}
	s, err := parseSubmission(signedRequest(tx, key))
	if err != nil {
		return sui.Digest{}, err
	}
	return s.digest, c.submit(context.Background(), s)
}

// A chain with several clients is killed 20 times, at random moments: while it
// opens, executes, commits or answers. Nothing that was acknowledged is lost,
// and the chain stays whole. The first child lives until an epoch has ended.
func TestKillLosesNothing(t *testing.T) {
	const kills = 20
	dir := t.TempDir()
	rnd := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	acknowledged, epoch := map[string]bool{}, uint64(0)
	for round := range kills {
		cmd := child(t, "pay", dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill := func() { cmd.Process.Signal(syscall.SIGKILL) }
		moment := time.Duration(rnd.Int64N(int64(120 * time.Millisecond)))
		early := round%5 == 4 // perhaps while it opens
		if early {
			time.AfterFunc(moment, kill)
		}
		n, lines := 0, bufio.NewScanner(out)
		for armed := early; lines.Scan(); n++ {
			if text, ok := strings.CutPrefix(lines.Text(), epochLine+" "); !ok {
				acknowledged[lines.Text()] = true
			} else if epoch, err = strconv.ParseUint(text, 10, 64); err != nil {
				t.Fatal(err)
			}
			if !armed && (round > 0 || epoch > 0) {
				armed = true
				time.AfterFunc(moment, kill)
			}
		}
		if err := cmd.Wait(); cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("round %d: the child ended by itself: %v", round, err)
		}
		if n == 0 && !early {
			t.Fatalf("round %d: no payment was acknowledged", round)
		}
	}
	c := openTest(t, dir, newTestClock())
	defer c.Close()
	checkChain(t, c)
	for text := range acknowledged {
		digest, err := sui.ParseDigest(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.ledger.read(func(v view) error { _, err := v.transaction(digest); return err }); err != nil {
			t.Errorf("acknowledged payment is lost: %v", err)
		}
	}
	if epoch == 0 || c.Epoch() < epoch {
		t.Errorf("epoch %d was acknowledged, the chain is in epoch %d", epoch, c.Epoch())
	}
	t.Logf("%d kills, %d payments acknowledged, %d checkpoints, %d epochs", kills, len(acknowledged), c.Head().Sequence, c.Epoch())
}

// childFillsDisk pays until the file may not grow, expects to be told so, then
// pays again with the limit lifted.
func childFillsDisk() {
	fail := func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, format+"\n", args...)
		os.Exit(1)
	}
	c := childOpen(0)
	signal.Ignore(syscall.SIGXFSZ)
	info, err := os.Stat(filepath.Join(os.Getenv(envChildDir), ledgerFile))
	if err != nil {
		fail("%v", err)
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		fail("%v", err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(info.Size()), Max: old.Max}); err != nil {
		fail("%v", err)
	}
	head := c.Head().Sequence
	for n := 0; err == nil; n++ {
		if n == 100_000 {
			fail("the disk never got full")
		}
		head = c.Head().Sequence
		_, err = c.pay(context.Background(), sui.Address{1})
	}
	if connect.CodeOf(rpcError(err)) != connect.CodeResourceExhausted || !strings.Contains(err.Error(), "disk is full") {
		fail("full disk is reported as %v", err)
	}
	if c.Head().Sequence != head {
		fail("a checkpoint that is not on disk became the head")
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		fail("%v", err)
	}
	if _, err := c.pay(context.Background(), sui.Address{1}); err != nil {
		fail("payment with room again: %v", err)
	}
	if err := c.Close(); err != nil {
		fail("%v", err)
	}
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := child(t, "full", dir).Run(); err != nil {
		t.Fatal(err)
	}
	c := openTest(t, dir, newTestClock())
	defer c.Close()
	checkChain(t, c)
}
