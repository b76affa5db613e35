package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// networkConfig is about the chain that policies are evaluated on.
type networkConfig struct {
	nodeConfig       `yaml:",inline"`
	KeyServerPackage sui.Address   `yaml:"key_server_package" doc:"package with the module time, which detects a node that is behind: Floe's key_server package, or Seal's"`
	GasPriceLife     time.Duration `yaml:"rgp_update_interval" doc:"for how long a reference gas price is used (60s)"`

	// Of Seal's configuration, and not here.
	EventMonitoring *bool `yaml:"enable_event_monitoring" doc:"false; true is not supported"`
}

// nodeConfig is about the full node.
type nodeConfig struct {
	Network suiNetwork `yaml:"network" doc:"Testnet, Mainnet or !Devnet {seal_package: ID}; gives node_url, and Seal's key_server_package, if they are left out"`
	NodeURL string     `yaml:"node_url" doc:"the full node; it is trusted to tell the truth about the chain (the variable NODE_URL)"`
	RPC     rpcConfig  `yaml:"rpc_config" doc:"calls to the full node"`

	// Of Seal's configuration, and not here.
	MetricsPush *yaml.Node `yaml:"metrics_push_config" doc:"not supported: have Prometheus scrape the metrics"`
}

// rpcConfig is Seal's.
type rpcConfig struct {
	Timeout time.Duration `yaml:"timeout" doc:"Seal's name of evaluation_timeout"`
	Retry   struct {
		MaxRetries *int          `yaml:"max_retries" doc:"attempts per call to the node in all (4)"`
		MinDelay   time.Duration `yaml:"min_delay" doc:"first pause between them, which doubles (200ms)"`
		MaxDelay   time.Duration `yaml:"max_delay" doc:"the longest pause (10s)"`
	} `yaml:"retry_config" doc:"when a call fails"`
}

// A suiNetwork is one of Seal's, or none.
type suiNetwork struct {
	Name        string // "", Testnet, Mainnet or Devnet
	SealPackage sui.Address
}

// sealPackages are Seal's deployments, newest version, and the nodes of the
// networks that they are on.
var sealNetworks = map[string]struct{ pkg, node string }{
	"Testnet": {"0xdccbeb87767be2b2346af5575eb139807205e4c23ec53dc616f951fe1d814112", "https://fullnode.testnet.sui.io:443"},
	"Mainnet": {"0x931739224160073d8e391c9aa6e7ade9818e9814b4907066b7efa058636c4e45", "https://fullnode.mainnet.sui.io:443"},
}

func (n *suiNetwork) UnmarshalYAML(node *yaml.Node) error {
	if node.Tag == "!Devnet" {
		n.Name = "Devnet"
		plain := *node
		plain.Tag = ""
		in := struct {
			Package sui.Address `yaml:"seal_package"`
		}{}
		if err := strict(&plain, &in); err != nil {
			return err
		}
		if n.SealPackage = in.Package; n.SealPackage.IsZero() {
			return fmt.Errorf("line %d: network !Devnet: seal_package is missing: give the id of the package with the module time", node.Line)
		}
		return nil
	}
	for name, known := range sealNetworks {
		if node.Value == name || node.Value == "" && node.Tag == "!"+name {
			n.Name = name
			n.SealPackage, _ = sui.ParseAddress(known.pkg)
			return nil
		}
	}
	return fmt.Errorf("line %d: network is Testnet, Mainnet or !Devnet {seal_package: ID}, got %q", node.Line, node.Value)
}

// check refuses what is not supported, and fills in what the network tells.
func (c *networkConfig) check() error {
	errs := []error{c.nodeConfig.check()}
	if c.KeyServerPackage.IsZero() {
		c.KeyServerPackage = c.Network.SealPackage
	}
	if c.KeyServerPackage.IsZero() {
		errs = append(errs, errors.New("key_server_package is missing: give the id of the key_server package, or network"))
	}
	if c.EventMonitoring != nil && *c.EventMonitoring {
		errs = append(errs, errors.New("enable_event_monitoring is not supported: set it to false, or remove it; a member of a committee reads its version from the chain every 5 seconds"))
	}
	if c.GasPriceLife < 0 {
		errs = append(errs, errors.New("rgp_update_interval must not be negative"))
	}
	return errors.Join(errs...)
}

func (c *nodeConfig) check() error {
	var errs []error
	if env := os.Getenv("NODE_URL"); env != "" && c.NodeURL != "" {
		errs = append(errs, errors.New("node_url and the variable NODE_URL are both set: leave one of them out"))
	} else if env != "" {
		c.NodeURL = env
	}
	if c.NodeURL == "" {
		c.NodeURL = sealNetworks[c.Network.Name].node
	}
	if c.NodeURL == "" {
		errs = append(errs, errors.New("node_url is missing: give the address of a full node"))
	}
	if c.MetricsPush != nil {
		errs = append(errs, errors.New("metrics_push_config is not supported: remove it, and have Prometheus scrape the metrics"))
	}
	if n := c.RPC.Retry.MaxRetries; n != nil && *n < 1 {
		errs = append(errs, errors.New("rpc_config: max_retries must be 1 or more: it counts the first attempt"))
	}
	if c.RPC.Timeout < 0 || c.RPC.Retry.MinDelay < 0 || c.RPC.Retry.MaxDelay < 0 {
		errs = append(errs, errors.New("durations must not be negative"))
	}
	return errors.Join(errs...)
}

// dial prepares the client of the full node. The variables
// FULL_NODE_RPC_API_NAME and FULL_NODE_RPC_API_KEY name a header for it, as
// for Seal's server.
func (c *nodeConfig) dial(ctx context.Context, url string, more ...suirpc.Option) (*suirpc.Client, error) {
	opts := more
	if d := c.RPC.Retry.MinDelay; d > 0 {
		opts = append(opts, suirpc.WithBackoff(d))
	}
	if n := c.RPC.Retry.MaxRetries; n != nil {
		opts = append(opts, suirpc.WithAttempts(*n))
	}
	if d := c.RPC.Retry.MaxDelay; d > 0 {
		opts = append(opts, suirpc.WithMaxBackoff(d))
	}
	if url != c.NodeURL { // another provider's, who is not to see the key
		return suirpc.Dial(ctx, url, opts...)
	}
	return dialNode(ctx, url, opts...)
}

// nodeFlag is the usage of flags that name a node for dialNode.
const nodeFlag = "address of a full node (FULL_NODE_RPC_API_NAME and FULL_NODE_RPC_API_KEY: a header for it)"

// dialNode prepares a client of the one full node that a command talks to, with the
// header that the variables name.
func dialNode(ctx context.Context, url string, opts ...suirpc.Option) (*suirpc.Client, error) {
	if name, key := os.Getenv("FULL_NODE_RPC_API_NAME"), os.Getenv("FULL_NODE_RPC_API_KEY"); name != "" && key != "" {
		opts = append(opts, suirpc.WithHeader(name, key))
	}
	return suirpc.Dial(ctx, url, opts...)
}
