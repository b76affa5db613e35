package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"

	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// settings come from flags, else from the environment, else from
// $FLOE_HOME/config.yaml, else from defaults.
type settings struct {
	home     string
	network  string
	keystore string
	as       string
}

// fileConfig is config.yaml in Floe's folder.
type fileConfig struct {
	// Network is the network to use: devnet, testnet, mainnet, or a node's URL.
	Network string `yaml:"network"`
	// Keystore is a Sui keystore file (a JSON array), readable by you alone.
	Keystore string `yaml:"keystore"`
	// As is the address to act as when the keystore holds several keys.
	As string `yaml:"as"`
}

func (a *app) flags(f *pflag.FlagSet) {
	f.StringVar(&a.home, "home", "", "Floe's folder (env FLOE_HOME; default: floe in your configuration folder)")
	f.StringVar(&a.network, "network", "", "devnet, testnet, mainnet or a node's URL (env FLOE_NETWORK; default devnet)")
	f.StringVar(&a.keystore, "keystore", "", "Sui keystore file (env FLOE_KEYSTORE; default: keystore in Floe's folder)")
	f.StringVar(&a.as, "as", "", "address to act as (env FLOE_AS; default: the first key)")
}

// load fills what the flags left open.
func (a *app) load(*cobra.Command) error {
	a.home = first(a.home, a.Getenv("FLOE_HOME"))
	if a.home == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return fmt.Errorf("find your configuration folder: %w; set FLOE_HOME", err)
		}
		a.home = filepath.Join(dir, "floe")
	}
	file, err := readConfig(filepath.Join(a.home, "config.yaml"))
	if err != nil {
		return err
	}
	a.network = first(a.network, a.Getenv("FLOE_NETWORK"), file.Network, "devnet")
	a.keystore = first(a.keystore, a.Getenv("FLOE_KEYSTORE"), file.Keystore, filepath.Join(a.home, "keystore"))
	a.as = first(a.as, a.Getenv("FLOE_AS"), file.As)
	return nil
}

func readConfig(path string) (fileConfig, error) {
	var c fileConfig
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("open configuration: %w", err)
	}
	defer f.Close()
	dec := yaml.NewDecoder(f)
	dec.KnownFields(true)
	if err := dec.Decode(&c); err != nil {
		return c, fmt.Errorf("read configuration %s: %w", path, err)
	}
	return c, nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// connect finds the network and its node, and makes sure that the node is on
// the chain that the network file names.
func (a *app) connect(ctx context.Context) (*network.Network, *suirpc.Client, error) {
	n, err := network.Load(a.home, a.settings.network)
	if err != nil {
		return nil, nil, err
	}
	c, err := suirpc.Dial(ctx, n.URL)
	if err != nil {
		return nil, nil, err
	}
	chain, err := c.ChainID(ctx)
	if err != nil {
		c.Close()
		return nil, nil, err
	}
	if n.ChainID != "" && n.ChainID != chain.String() {
		c.Close()
		return nil, nil, fmt.Errorf("connect to %s: the node at %s is on chain %s, but the network file says %s; was the network started anew? then remove %s", n.Name, n.URL, chain, n.ChainID, network.Path(a.home, n.Name))
	}
	n.ChainID = chain.String()
	return n, c, nil
}

// address parses an address argument.
func address(s, what string) (sui.Address, error) {
	x, err := sui.ParseAddress(s)
	if err != nil {
		return x, &usageError{command: "floe", err: fmt.Errorf("parse %s %q: %w", what, s, err)}
	}
	return x, nil
}
