package main

import (
	"context"
	"errors"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/mvr"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// namesConfig says where names of packages are looked up.
type namesConfig struct {
	NodeURL   string      `yaml:"node_url" doc:"full node of the chain with the registry; it is trusted to show it (Testnet: that of mainnet; else the key node_url)"`
	Table     sui.Address `yaml:"table" doc:"id of the registry's table of records (mainnet's)"`
	Package   sui.Address `yaml:"core_package" doc:"package with the type name::Name (mainnet's)"`
	NetworkID string      `yaml:"network_id" doc:"chain id that records have this network under, if the registry is on another chain (Testnet: 4c78adac)"`
}

func (c *namesConfig) check(n *suiNetwork) error {
	if c == nil {
		return nil
	}
	if c.Table.IsZero() != c.Package.IsZero() {
		return errors.New("mvr_registry: table and core_package belong together: give both, or none for mainnet's")
	}
	if c.NodeURL != "" && c.NetworkID == "" && n.Name != "Testnet" {
		return errors.New("mvr_registry: network_id is missing: give the chain id that records have this network under, since the registry is on another chain")
	}
	return nil
}

// names returns what resolves names of packages, nil if none is configured:
// without network or mvr_registry it is not known which registry is meant.
func (c *config) names(ctx context.Context, client *suirpc.Client) (r keyserver.NameResolver, stop func(), err error) {
	n := c.Names
	if n == nil && c.Network.Name != "Mainnet" && c.Network.Name != "Testnet" {
		return nil, func() {}, nil
	}
	if n == nil {
		n = &namesConfig{}
	}
	cfg := mvr.Config{Registry: client, Table: n.Table, CorePackage: n.Package, Network: n.NetworkID, Packages: client}
	url := n.NodeURL
	if c.Network.Name == "Testnet" && n.Table.IsZero() {
		cfg.Network = mvr.Testnet
		if url == "" {
			url = sealNetworks["Mainnet"].node
		}
	}
	if url == "" {
		return mvr.New(cfg), func() {}, nil
	}
	registry, err := suirpc.Dial(ctx, url) // without the header of the other node's provider
	if err != nil {
		return nil, nil, err
	}
	cfg.Registry = registry
	return mvr.New(cfg), func() { registry.Close() }, nil
}
