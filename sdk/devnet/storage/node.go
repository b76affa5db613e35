package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// Config configures a Node.
type Config struct {
	// Name of the node, as in the committee; for logs.
	Name string
	// Dir holds the node's key and blobs. It is created when missing.
	Dir string
	// Listen is the address to serve on. Default "127.0.0.1:0".
	Listen string
	// Key signs confirmations. Default: the key in Dir, drawn when missing.
	Key *walrus.SecretKey
	// NShards is the number of shards of the network.
	NShards int
	// Shards are those that this node holds.
	Shards []int
	// Registry says what is registered on chain.
	Registry Registry
	// Log receives what goes wrong inside the node. Default: nothing.
	Log *slog.Logger
}

// maxWrites bounds the slivers that are received at a time, and so memory.
const maxWrites = 64

// A Node is a running storage node.
type Node struct {
	name     string
	params   walrus.Params
	shards   []int
	key      *walrus.SecretKey
	registry Registry
	store    *store
	log      *slog.Logger
	writes   chan struct{}
	started  time.Time

	listener net.Listener
	server   *http.Server
	served   chan struct{}
	active   sync.RWMutex // held for reading by every request
	closing  atomic.Bool
}

// Start serves a node until Close is called or ctx ends.
func Start(ctx context.Context, cfg Config) (*Node, error) {
	n, err := newNode(cfg)
	if err != nil {
		return nil, fmt.Errorf("start storage node %q: %w", cfg.Name, err)
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	n.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("start storage node %q: %w", cfg.Name, err)
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	n.server = &http.Server{
		Handler: n.Handler(), Protocols: &protocols, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug),
	}
	n.served = make(chan struct{})
	go func() {
		defer close(n.served)
		if err := n.server.Serve(n.listener); !n.closing.Load() {
			n.log.Error("storage node stopped serving", "err", err)
		}
	}()
	go func() {
		select {
		case <-ctx.Done():
			n.Close()
		case <-n.served:
		}
	}()
	return n, nil
}

func newNode(cfg Config) (*Node, error) {
	p, err := walrus.NewParams(cfg.NShards)
	if err != nil {
		return nil, err
	}
	for i, s := range cfg.Shards {
		if s < 0 || s >= cfg.NShards || slices.Contains(cfg.Shards[:i], s) {
			return nil, fmt.Errorf("shard %d is out of range or listed twice", s)
		}
	}
	if cfg.Registry == nil || cfg.Dir == "" {
		return nil, errors.New("Config.Dir and Config.Registry are required")
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	n := &Node{
		name: cfg.Name, params: p, shards: slices.Clone(cfg.Shards), key: cfg.Key, registry: cfg.Registry,
		log: cfg.Log, writes: make(chan struct{}, maxWrites), started: time.Now(),
	}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	n.log = n.log.With("node", cfg.Name)
	if n.key == nil {
		if n.key, err = LoadKey(cfg.Dir); err != nil {
			return nil, err
		}
	}
	n.store, err = openStore(cfg.Dir, p)
	return n, err
}

// URL returns the base URL of the node's API.
func (n *Node) URL() string { return "http://" + n.listener.Addr().String() }

// Close stops serving: it waits a moment for requests under way, then cuts
// them. What was acknowledged is on disk. It may be called twice.
//
// http.Server.Shutdown would do, but waits for connections that never sent a
// request.
func (n *Node) Close() error {
	n.closing.Store(true)
	err := ignoreClosed(n.listener.Close())
	idle := make(chan struct{})
	go func() {
		n.active.Lock()
		defer n.active.Unlock()
		close(idle)
	}()
	timer := time.NewTimer(2 * time.Second)
	defer timer.Stop()
	select {
	case <-idle:
	case <-timer.C:
	}
	err = errors.Join(err, ignoreClosed(n.server.Close()))
	<-n.served
	return err
}

// ignoreClosed drops the error of closing the listener a second time: the
// server closes it too if it has not yet seen that it is closed.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Member returns the node's entry in a committee.
func (n *Node) Member() walrus.Member {
	return walrus.Member{Name: n.name, URL: n.URL(), PublicKey: n.key.PublicKey(), Shards: slices.Clone(n.shards)}
}

// ProofOfPossession signs that this node joins the committee of epoch, which
// the account admin registers on chain.
func (n *Node) ProofOfPossession(epoch uint32, admin sui.Address) []byte {
	return walrus.ProofOfPossession(n.key, epoch, admin)
}

// HandOver signs that this node hands over from its committee to the next one.
func (n *Node) HandOver(current, next *walrus.Committee) []byte {
	return n.key.Sign(current.HandOver(next))
}

// SliverPath returns the file that holds a sliver, whether it exists or not:
// BCS SliverData, whose data starts after a length of 1 to 4 bytes.
func (n *Node) SliverPath(id walrus.BlobID, pair int, a walrus.Axis) string {
	return n.store.sliverPath(sliverKey{id, pair, a})
}

// Pairs returns the pairs of a blob that this node holds.
func (n *Node) Pairs(id walrus.BlobID) []int {
	pairs := make([]int, len(n.shards))
	for i, s := range n.shards {
		pairs[i] = n.params.PairOfShard(id, s)
	}
	return pairs
}
