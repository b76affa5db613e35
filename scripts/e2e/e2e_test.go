// Package e2e runs the floe command line as scripts, in testdata/*.txtar,
// against a whole network on this machine.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	"github.com/floe-data/floe/indexer"
	"github.com/floe-data/floe/scripts/localnet"
	"github.com/floe-data/floe/sdk/cli"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/lightclient"
	"github.com/floe-data/floe/sdk/sui/suirpc"
	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"floe": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
			defer stop()
			os.Exit(cli.Main(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
		},
		"forge": func() {
			if err := forge(os.Getenv("NET"), os.Args[1], os.Args[2]); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		},
	})
}

// shared is one network for all scripts: starting one takes some seconds.
type shared struct {
	cfg  localnet.Config
	once sync.Once
	net  *localnet.Net
	err  error
}

func (s *shared) get(t testing.TB) *localnet.Net {
	s.once.Do(func() { s.net, s.err = localnet.Start(context.Background(), s.cfg) })
	if s.err != nil {
		t.Fatalf("start network: %v", s.err)
	}
	return s.net
}

// TestScripts runs every script with a home of its own. Three funded keystores
// are there: $ADA, $BEN and $CLEO hold their paths, $ADA_ADDR and so on their
// addresses.
//
// They have more commands: attest CONFIG ADDRESS IMAGE FILE writes a document
// that the network's own authority signed, for an enclave with a fixed key; token
// THUMBPRINT FILE asks the machines' identity provider for a token; committee FILE
// writes the validators' committee, as floe-oracle validators does.
func TestScripts(t *testing.T) {
	runScripts(t, "testdata", localnet.Config{ServiceAccounts: provider(t)}, func(network *shared) map[string]func(*testscript.TestScript, bool, []string) {
		return map[string]func(*testscript.TestScript, bool, []string){
			"token": func(ts *testscript.TestScript, _ bool, args []string) {
				token, err := machineToken(strings.TrimSpace(ts.ReadFile(args[0])))
				ts.Check(err)
				ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(token), 0o600))
			},
			"committee": func(ts *testscript.TestScript, _ bool, args []string) {
				chain, err := suirpc.Dial(context.Background(), network.net.Network.URL)
				ts.Check(err)
				defer chain.Close()
				c, err := lightclient.AskCommittee(context.Background(), chain.Conn(), nil)
				ts.Check(err)
				b, err := lightclient.MarshalCommittee(c)
				ts.Check(err)
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
			},
			"attest": func(ts *testscript.TestScript, _ bool, args []string) {
				config, err := sui.ParseAddress(strings.TrimSpace(ts.ReadFile(args[0])))
				ts.Check(err)
				registrant, err := sui.ParseAddress(args[1])
				ts.Check(err)
				image, err := dataset.ReadMeasurement([]byte(ts.ReadFile(args[2])))
				ts.Check(err)
				document, err := localnet.Attest(context.Background(), network.cfg.Dir, image, bytes.Repeat([]byte{7}, 32), config, registrant)
				ts.Check(err)
				ts.Check(os.WriteFile(ts.MkAbs(args[3]), document, 0o600))
			},
		}
	})
}

// TestManualTime runs scripts on a network whose clock stands still. They have
// two more commands: advance DURATION moves it, epoch ends the epoch.
func TestManualTime(t *testing.T) {
	runScripts(t, filepath.Join("testdata", "manual"), localnet.Config{Manual: true}, func(network *shared) map[string]func(*testscript.TestScript, bool, []string) {
		call := func(ts *testscript.TestScript, path string, req, res proto.Message) {
			conn, err := grpc.NewClient(strings.TrimPrefix(network.net.Network.URL, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
			ts.Check(err)
			defer conn.Close()
			ts.Check(conn.Invoke(context.Background(), path, req, res))
		}
		return map[string]func(*testscript.TestScript, bool, []string){
			"advance": func(ts *testscript.TestScript, _ bool, args []string) {
				d, err := time.ParseDuration(strings.Join(args, " "))
				ts.Check(err)
				call(ts, rpcpb.AdvanceClock, &rpcpb.AdvanceClockRequest{DurationMs: proto.Uint64(uint64(d.Milliseconds()))}, new(rpcpb.AdvanceClockResponse))
			},
			"epoch": func(ts *testscript.TestScript, _ bool, _ []string) {
				call(ts, rpcpb.AdvanceEpoch, &rpcpb.AdvanceEpochRequest{}, new(rpcpb.AdvanceEpochResponse))
			},
		}
	})
}

// TestCommittee runs scripts on a network with a committee of key servers, and an
// index. They have two more commands: stop NAME stops a member, or the aggregator;
// indexed N waits until the index has the receipts of N members.
func TestCommittee(t *testing.T) {
	cfg := localnet.Config{KeyServers: 1, Committee: localnet.CommitteeConfig{Members: 3, Threshold: 2}}
	runScripts(t, filepath.Join("testdata", "committee"), cfg, func(network *shared) map[string]func(*testscript.TestScript, bool, []string) {
		return map[string]func(*testscript.TestScript, bool, []string){
			"stop": func(ts *testscript.TestScript, _ bool, args []string) {
				c := network.net.Committee
				stop := c.StopAggregator
				for _, m := range c.Members {
					if m.Name == args[0] {
						stop = m.Stop
					}
				}
				ts.Check(stop())
			},
			"indexed": func(ts *testscript.TestScript, _ bool, args []string) {
				want, err := strconv.Atoi(args[0])
				ts.Check(err)
				ts.Check(indexed(network.net, want))
			},
		}
	})
}

// indexed waits until the index has receipts of so many members of the committee, all
// that they have, each log compared with a checkpoint.
func indexed(n *localnet.Net, members int) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		var status indexer.Status
		res, err := http.Get(n.Network.Indexer + "/v1/status")
		if err != nil {
			return err
		}
		err = json.NewDecoder(res.Body).Decode(&status)
		res.Body.Close()
		if err != nil {
			return err
		}
		there := 0
		for _, s := range status.KeyServers {
			for _, m := range s.Members {
				if m.Faults > 0 || m.Error != "" {
					return fmt.Errorf("index: log of %s: %d faults, %s", m.Name, m.Faults, m.Error)
				}
				if m.Sequence > 0 && m.Checked == m.Sequence {
					there++
				}
			}
		}
		if there >= members {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the index has the receipts of %d members, want %d: %+v", there, members, status.KeyServers)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// runScripts runs the scripts of a folder against one network.
func runScripts(t *testing.T, folder string, cfg localnet.Config, commands func(*shared) map[string]func(*testscript.TestScript, bool, []string)) {
	cfg.Dir, cfg.Nodes, cfg.Shards, cfg.NoIndex = t.TempDir(), 4, 10, cfg.Committee.Members == 0
	network := &shared{cfg: cfg}
	t.Cleanup(func() { // after the scripts, which run beside each other
		if network.net != nil {
			if err := network.net.Close(); err != nil {
				t.Errorf("close network: %v", err)
			}
		}
	})
	sample, err := filepath.Abs(filepath.Join("..", "sample", "observatory"))
	if err != nil {
		t.Fatal(err)
	}
	documents, err := filepath.Abs(filepath.Join("..", "..", "sdk", "nitro", "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	params := testscript.Params{
		Dir: folder,
		Setup: func(env *testscript.Env) error {
			net := network.get(env.T().(testing.TB))
			env.Setenv("FLOE_HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("SAMPLE", sample)
			env.Setenv("NITRO", documents)
			env.Setenv("URL", net.Network.URL)
			env.Setenv("FAUCET", net.Network.Faucet)
			env.Setenv("NET", cfg.Dir)
			env.Setenv("ROBOT", robotAddress.String())
			if err := os.MkdirAll(filepath.Join(env.WorkDir, "home", "networks"), 0o755); err != nil {
				return err
			}
			file, err := os.ReadFile(filepath.Join(net.Home, "networks", "devnet.json"))
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(env.WorkDir, "home", "networks", "devnet.json"), file, 0o644); err != nil {
				return err
			}
			return accounts(env, net)
		},
	}
	if commands != nil {
		params.Cmds = commands(network)
	}
	testscript.Run(t, params)
}

// accounts gives each script keys of its own, so that scripts don't spend each
// other's coins.
func accounts(env *testscript.Env, net *localnet.Net) error {
	for _, name := range []string{"ADA", "BEN", "CLEO"} {
		k, path, err := net.Account(context.Background(), fmt.Sprintf("%s-%s", filepath.Base(env.WorkDir), name))
		if err != nil {
			return err
		}
		env.Setenv(name, path)
		env.Setenv(name+"_ADDR", k.Address().String())
	}
	return nil
}
