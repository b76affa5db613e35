// Package e2e runs the floe command line as scripts, in testdata/*.txtar,
// against a whole network on this machine.
package e2e

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/floe-data/floe/scripts/localnet"
	"github.com/floe-data/floe/sdk/cli"
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
	once sync.Once
	net  *localnet.Net
	err  error
}

func (s *shared) get(t testing.TB, dir string) *localnet.Net {
	s.once.Do(func() {
		s.net, s.err = localnet.Start(context.Background(), localnet.Config{Dir: dir, Nodes: 4, Shards: 10, NoIndex: true})
	})
	if s.err != nil {
		t.Fatalf("start network: %v", s.err)
	}
	return s.net
}

// TestScripts runs every script with a home of its own. Three funded keystores
// are there: $ADA, $BEN and $CLEO hold their paths, $ADA_ADDR and so on their
// addresses.
func TestScripts(t *testing.T) {
	var network shared
	dir := t.TempDir()
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
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			net := network.get(env.T().(testing.TB), dir)
			env.Setenv("FLOE_HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("SAMPLE", sample)
			env.Setenv("URL", net.Network.URL)
			env.Setenv("FAUCET", net.Network.Faucet)
			env.Setenv("NET", dir)
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
	})
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
