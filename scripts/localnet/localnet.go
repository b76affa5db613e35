// Package localnet runs a whole Floe network on this machine, in one process
// tree: the embedded chain with its faucet, storage nodes, key servers, an
// indexer and its own PostgreSQL. It is what floe-devnet (scripts/devnet), the
// demo and the foreign-client tests stand on.
//
// Start with [Start]. Everything is set up through the same code that a real
// network uses: contracts are published by package deploy, key servers
// register on chain, storage nodes join by proof of possession, and clients
// find it all in a network file.
package localnet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/floe-data/floe/indexer/postgres"
	"github.com/floe-data/floe/oracle/accounts"
	"github.com/floe-data/floe/sdk/devnet/chain"
	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/nitro"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// Config says how large the network is and where it lives. The zero value of a
// number means the default in its comment.
type Config struct {
	// Dir holds everything that the network keeps: chain, slivers, keys,
	// receipts, database. A network that stopped goes on from it.
	Dir string
	// Temporary says that Dir is thrown away at the end, so that PostgreSQL
	// need not keep anything either.
	Temporary bool
	// Host is the address to listen on; "" is 127.0.0.1.
	Host string
	// Ports are the ports of the public endpoints; 0 picks free ones, which
	// are kept in Dir, because the chain records some of them.
	Ports Ports
	// Nodes is the number of storage nodes (10).
	Nodes int
	// Shards is the number of shards that they hold (100).
	Shards int
	// KeyServers is the number of key servers (3).
	KeyServers int
	// Threshold is how many of them open a dataset (2).
	Threshold int
	// NoIndex leaves out PostgreSQL and the indexer.
	NoIndex bool
	// ChainOnly leaves out everything but the chain and its faucet.
	ChainOnly bool
	// Seed is text that the chain's keys follow from, of the committee, the
	// faucet and the accounts; "" makes a secret one, which Dir keeps.
	Seed string
	// Committee is a committee of key servers beside them.
	Committee CommitteeConfig
	// Accounts is how many accounts with coins a new chain has.
	Accounts int
	// Manual stops the chain's time: it moves only by AdvanceClock. The key
	// servers then judge policies, and the indexer its lag, by the chain's
	// clock. Session keys, receipts and logs keep the wall's, as the wallets
	// and clients that they deal with do.
	Manual bool
	// ServiceAccounts says which tokens the key servers take, given the access
	// package; nil: none.
	ServiceAccounts func(access sui.Address) accounts.Config
	// Checkpoints, when set, is a folder that gets a file of every checkpoint.
	Checkpoints string
	// Log gets what the servers log; nil discards it.
	Log *slog.Logger
	// Progress, when not nil, is called as each part comes up.
	Progress func(part string, took time.Duration)
}

// A Net is a running network.
type Net struct {
	// Network is what clients load; it is saved in Home.
	Network *network.Network
	// Home is a FLOE_HOME with the network file.
	Home string
	// Storage and KeyServers are the running servers, in the order of the
	// committee and of the network file.
	Storage    []*StorageNode
	KeyServers []*KeyServer
	// Committee is the committee of key servers, nil if there is none.
	Committee *Committee
	// DatabaseURL is the indexer's database; "" without an indexer.
	DatabaseURL string

	cfg       Config
	ports     *portBook
	authority *nitro.Authority // attests enclaves on this network
	chain     *chain.Chain
	client    *suirpc.Client
	admin     *sui.PrivateKey
	// storageCap lets admin set the storage committee.
	storageCap sui.Address
	postgres   *postgres.Server

	ctx    context.Context // of all servers
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup
	// closers run in reverse order after the servers have ended.
	closers []func() error
}

func (c *Config) defaults() {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	set(&c.Nodes, 10)
	set(&c.Shards, 100)
	set(&c.KeyServers, 3)
	set(&c.Threshold, 2)
	if c.Host == "" {
		c.Host = "127.0.0.1"
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// Start brings up the network, or goes on with the one in cfg.Dir. On error
// everything that was started is stopped.
func Start(ctx context.Context, cfg Config) (_ *Net, err error) {
	cfg.defaults()
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("start network: %w", err)
	}
	cfg.Dir = dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("start network: %w", err)
	}
	n := &Net{cfg: cfg, Home: filepath.Join(dir, "home")}
	n.ctx, n.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close())
		}
	}()
	if n.ports, err = openPorts(cfg); err != nil {
		return nil, err
	}
	for _, part := range n.parts() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		start := time.Now()
		if err := part.start(ctx); err != nil {
			return nil, fmt.Errorf("bring up %s: %w", part.name, err)
		}
		if cfg.Progress != nil {
			cfg.Progress(part.name, time.Since(start))
		}
	}
	return n, network.Save(n.Home, n.Network)
}

// part is one thing to bring up; parts build on the ones before them.
type part struct {
	name  string
	start func(context.Context) error
}

func (n *Net) parts() []part {
	parts := []part{
		{"chain", n.startChain},
		{"contracts", n.publishContracts},
		{"storage nodes", n.startStorage},
		{"key servers", n.startKeyServers},
	}
	switch {
	case n.cfg.ChainOnly:
		return parts[:1]
	case n.cfg.NoIndex:
		return parts
	}
	return append([]part{{"PostgreSQL", n.startPostgres}}, append(parts, part{"indexer", n.startIndexer})...)
}

// Close stops everything in reverse order and waits for it.
func (n *Net) Close() error {
	n.cancel(errors.New("network is closing"))
	n.wg.Wait()
	var errs []error
	for i := len(n.closers) - 1; i >= 0; i-- {
		errs = append(errs, n.closers[i]())
	}
	n.closers = nil
	return errors.Join(errs...)
}

func (n *Net) onClose(f func() error) { n.closers = append(n.closers, f) }

// Account makes a key, funds it from the faucet, and keeps it in its own
// keystore in Home, so that `floe --keystore` can act as it.
func (n *Net) Account(ctx context.Context, name string) (*sui.PrivateKey, string, error) {
	path := filepath.Join(n.Home, name+".keystore")
	k, err := loadOrMakeKey(path)
	if err != nil {
		return nil, "", err
	}
	if err := n.fund(ctx, k.Address()); err != nil {
		return nil, "", err
	}
	return k, path, nil
}

// minBalance is what an account gets topped up to: enough for hundreds of
// transactions.
const minBalance = 20_000_000_000 // MIST

func (n *Net) fund(ctx context.Context, a sui.Address) error {
	have, err := n.client.Balance(ctx, a, sui.SUIType())
	if err != nil || have >= minBalance {
		return err
	}
	return n.client.RequestGas(ctx, n.Network.Faucet, a)
}

// Accounts are the keys of the chain's funded accounts.
func (n *Net) Accounts() []*sui.PrivateKey { return n.chain.Accounts() }

func (n *Net) url(l net.Listener) string { return "http://" + l.Addr().String() }
