package localnet

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/floe-data/floe/oracle/accounts"
	"github.com/floe-data/floe/oracle/anchor"
	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A KeyServer is a running key server.
type KeyServer struct {
	Name   string
	URL    string
	Object sui.Address // its registration on chain

	server *keyserver.Server
}

// Stop stops the server; its receipts stay on disk.
func (k *KeyServer) Stop() error { return k.server.Close() }

// service is the one object that the server answers for.
func (k *KeyServer) service() *keyserver.Service { return k.server.Services()[0] }

// ReceiptCount is how many receipts the key servers have written in all.
func (n *Net) ReceiptCount() uint64 {
	var total uint64
	servers := n.KeyServers
	if n.Committee != nil {
		servers = slices.Concat(servers, n.Committee.Members)
	}
	for _, k := range servers {
		total += k.service().Receipts()
	}
	return total
}

// startKeyServers starts the key servers, each with secrets of its own, and
// registers new ones on chain.
func (n *Net) startKeyServers(ctx context.Context) error {
	evaluator, stop, err := policy.Open(policy.Config{Nodes: []*suirpc.Client{n.client}, StalenessPackage: n.Network.Packages["key_server"].Latest,
		Now: n.chainTime(), Engine: func() *execution.Engine { return execution.NewEngine(n.authority.Root()) }, Log: n.cfg.Log})
	if err != nil {
		return err
	}
	n.onClose(func() error { stop(); return nil })
	shared := keyserver.Config{Evaluator: evaluator,
		Owner: func(ctx context.Context, id sui.Address) (sui.Address, error) { return policy.Owner(ctx, n.client, id) }}
	if n.cfg.ServiceAccounts != nil {
		if shared.Accounts, err = accounts.New(n.cfg.ServiceAccounts(n.Network.Packages["access"].Original), accounts.Deps{Now: time.Now, Log: n.cfg.Log}); err != nil {
			return err
		}
	}
	for i := range n.cfg.KeyServers {
		k, err := n.startKeyServer(ctx, fmt.Sprintf("keyserver-%d", i+1), shared)
		if err != nil {
			return err
		}
		n.KeyServers = append(n.KeyServers, k)
		n.Network.KeyServers = append(n.Network.KeyServers, network.KeyServer{Object: k.Object, Weight: 1})
	}
	if has, err := n.hasCommittee(); err != nil || !has {
		return err
	}
	return n.startCommittee(ctx, shared)
}

func (n *Net) startKeyServer(ctx context.Context, name string, shared keyserver.Config) (*KeyServer, error) {
	dir := filepath.Join(n.cfg.Dir, "keyservers", name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	master, err := masterKey(filepath.Join(dir, "master.key"))
	if err != nil {
		return nil, err
	}
	l, err := n.ports.listen(name)
	if err != nil {
		return nil, err
	}
	object, err := n.register(ctx, filepath.Join(dir, "object"), name, n.url(l), master)
	if err != nil {
		l.Close()
		return nil, err
	}
	return n.serveKeyServer(name, dir, l, shared, keyserver.ServiceConfig{ObjectID: object, Key: keyserver.FixedKey(master)})
}

// serveKeyServer serves one service, with the keys and the receipts in a folder.
func (n *Net) serveKeyServer(name, dir string, l net.Listener, cfg keyserver.Config, svc keyserver.ServiceConfig) (*KeyServer, error) {
	key, err := receiptKey(dir)
	if err != nil {
		l.Close()
		return nil, err
	}
	svc.ReceiptKey, svc.JournalDir = key, filepath.Join(dir, "receipts")
	cfg.Services, cfg.Log = []keyserver.ServiceConfig{svc}, n.cfg.Log.With("server", name)
	server, err := keyserver.Start(n.ctx, cfg, l)
	if err != nil {
		return nil, err
	}
	n.onClose(server.Close)
	k := &KeyServer{Name: name, URL: n.url(l), Object: svc.ObjectID, server: server}
	return k, n.startAnchoring(k.service(), key, filepath.Join(dir, "anchor"))
}

// anchorInterval is short, so that anchors can be seen in a development
// network; an idle log costs nothing.
const anchorInterval = 5 * time.Second

// startAnchoring anchors the log of a key server until the network closes.
func (n *Net) startAnchoring(service *keyserver.Service, key ed25519.PrivateKey, state string) error {
	a, err := anchor.New(anchor.Config{Chain: n.client, Signer: n.admin, Packages: dataset.Packages(n.Network), Log: service.Log(),
		Origin: receipt.LogOrigin(service.Issuer()), Key: key.Public().(ed25519.PublicKey), State: state, Interval: anchorInterval, Logger: n.cfg.Log})
	if err != nil {
		return err
	}
	service.ShowAnchor(a.ID)
	n.wg.Go(func() { a.Run(n.ctx) })
	return nil
}

// register returns the server's object on chain, and makes one if the file
// that remembers it is missing.
func (n *Net) register(ctx context.Context, path, name, url string, master *seal.MasterKey) (sui.Address, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		return sui.ParseAddress(string(text))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return sui.Address{}, err
	}
	b := sui.NewBuilder()
	contract.RegisterKeyServer(b, dataset.Packages(n.Network), name, url, master.PublicKey().Bytes())
	done, err := n.client.Send(ctx, n.admin, b)
	if err != nil {
		return sui.Address{}, fmt.Errorf("register key server: %w", contract.Explain(err))
	}
	for _, e := range done.Events {
		if v, err := contract.DecodeEvent(e, dataset.Packages(n.Network)); err == nil {
			if r, ok := v.(*contract.KeyServerRegistered); ok {
				return r.KeyServerID, os.WriteFile(path, []byte(r.KeyServerID.String()), 0o600)
			}
		}
	}
	return sui.Address{}, fmt.Errorf("register key server: transaction %s reports none", done.Digest)
}

func masterKey(path string) (*seal.MasterKey, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		k, err := seal.NewMasterKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		return k, os.WriteFile(path, k.Bytes(), 0o600)
	}
	if err != nil {
		return nil, err
	}
	return seal.ParseMasterKey(b)
}
