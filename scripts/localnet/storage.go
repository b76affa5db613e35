package localnet

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"reflect"
	"strconv"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/devnet/storage"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// A StorageNode is a running storage node.
type StorageNode struct {
	Name string
	URL  string

	node *storage.Node
}

// Stop stops the node; what it stored stays on disk.
func (s *StorageNode) Stop() error { return s.node.Close() }

// AnySliver returns the file of the first primary sliver of a blob on this
// node's disk, and the sliver's pair.
func (s *StorageNode) AnySliver(blob walrus.BlobID) (path string, pair int, err error) {
	pairs := s.node.Pairs(blob)
	if len(pairs) == 0 {
		return "", 0, fmt.Errorf("%s holds no sliver of %s", s.Name, blob)
	}
	return s.node.SliverPath(blob, pairs[0], walrus.Primary), pairs[0], nil
}

// startStorage starts the storage nodes and makes them the committee.
func (n *Net) startStorage(ctx context.Context) error {
	registry := storage.Follow(n.ctx, n.client, dataset.Packages(n.Network), n.cfg.Log)
	n.onClose(func() error { <-registry.Done(); return nil })
	epoch, current, err := n.committee(ctx)
	if err != nil {
		return err
	}
	wanted := &walrus.Committee{Epoch: epoch + 1, NShards: n.cfg.Shards}
	var proofs [][]byte
	for i := range n.cfg.Nodes {
		name := fmt.Sprintf("storage-%02d", i+1)
		node, err := storage.Start(n.ctx, storage.Config{
			Name: name, Dir: filepath.Join(n.cfg.Dir, "storage", name), Listen: n.ports.address(name),
			NShards: n.cfg.Shards, Shards: shardsOf(i, n.cfg.Nodes, n.cfg.Shards), Registry: registry, Log: n.cfg.Log})
		if err != nil {
			return err
		}
		n.onClose(node.Close)
		if err := n.keepPort(name, node.URL()); err != nil {
			return err
		}
		n.Storage = append(n.Storage, &StorageNode{Name: name, URL: node.URL(), node: node})
		wanted.Members = append(wanted.Members, node.Member())
		proofs = append(proofs, node.ProofOfPossession(wanted.Epoch, n.admin.Address()))
	}
	if current != nil && reflect.DeepEqual(current.Members, wanted.Members) {
		return nil
	}
	b := sui.NewBuilder()
	if current == nil {
		contract.SetCommittee(b, dataset.Packages(n.Network), n.Network.StorageSystem, n.storageCap, wanted, proofs)
	} else {
		signed, err := n.handOver(current, wanted)
		if err != nil {
			return err
		}
		contract.HandOver(b, dataset.Packages(n.Network), n.Network.StorageSystem, n.storageCap, wanted, proofs, signed)
	}
	if _, err := n.client.Send(ctx, n.admin, b); err != nil {
		return fmt.Errorf("set storage committee: %w", contract.Explain(err))
	}
	return nil
}

// handOver has those nodes of the present committee that still run sign that
// they hand over to the next one.
func (n *Net) handOver(current, next *walrus.Committee) (*walrus.Certificate, error) {
	signatures := map[int][]byte{}
	for i, m := range current.Members {
		for _, s := range n.Storage {
			if bytes.Equal(s.node.Member().PublicKey, m.PublicKey) {
				signatures[i] = s.node.HandOver(current, next)
			}
		}
	}
	signed, err := walrus.NewCertificate(current, current.HandOver(next), signatures)
	if err != nil {
		return nil, fmt.Errorf("hand over to the new storage nodes: %w; keep enough of the old ones, or choose an empty folder", err)
	}
	return signed, nil
}

// committee reads the committee that is set, if any.
func (n *Net) committee(ctx context.Context) (uint32, *walrus.Committee, error) {
	o, err := n.client.Object(ctx, n.Network.StorageSystem)
	if err != nil {
		return 0, nil, err
	}
	s, err := contract.ParseSystem(o)
	if err != nil {
		return 0, nil, err
	}
	return s.Epoch, s.Committee(), nil
}

// shardsOf deals shards to nodes in turn, so that stopping neighbours costs
// no more than others.
func shardsOf(node, nodes, shards int) []int {
	var out []int
	for s := node; s < shards; s += nodes {
		out = append(out, s)
	}
	return out
}

// keepPort remembers the port of a server's URL.
func (n *Net) keepPort(name, rawURL string) error {
	u, err := url.Parse(rawURL)
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		return fmt.Errorf("keep port of %s: %w", name, err)
	}
	return n.ports.keep(name, port)
}
