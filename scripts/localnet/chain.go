package localnet

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/floe-data/floe/sdk/devnet/chain"
	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// startChain runs the chain and its faucet, and makes the administrator's
// account.
func (n *Net) startChain(ctx context.Context) error {
	if err := n.openChain(); err != nil {
		return err
	}
	rpc, err := n.ports.listen("chain")
	if err != nil {
		return err
	}
	n.wg.Go(func() { n.report("chain", n.chain.Serve(n.ctx, rpc)) })
	faucet, err := n.ports.listen("faucet")
	if err != nil {
		return err
	}
	n.serve("faucet", faucet, n.chain.FaucetHandler())
	n.Network = &network.Network{Name: "devnet", URL: n.url(rpc), Faucet: n.url(faucet), ChainID: n.chain.ID().String(), Threshold: n.cfg.Threshold,
		NitroRoots: []string{pemOf(n.authority.Root())}}
	if n.client, err = suirpc.Dial(ctx, n.Network.URL); err != nil {
		return err
	}
	n.onClose(n.client.Close)
	if n.admin, err = loadOrMakeKey(filepath.Join(n.cfg.Dir, "admin.keystore")); err != nil {
		return err
	}
	return n.fund(ctx, n.admin.Address())
}

// openChain opens the chain of the folder or makes it.
func (n *Net) openChain() error {
	path := filepath.Join(n.cfg.Dir, SeedFile)
	if err := keepSeed(path, n.cfg.Seed); err != nil {
		return err
	}
	seed, err := secretFile(path)
	if err != nil {
		return err
	}
	if n.authority, err = n.openAuthority(); err != nil {
		return err
	}
	n.chain, err = chain.Open(chain.Config{
		Dir: filepath.Join(n.cfg.Dir, ChainDir), Seed: seed, Heartbeat: 5 * time.Second, Log: n.cfg.Log,
		Accounts: n.cfg.Accounts, Manual: n.cfg.Manual, NitroRoots: []*x509.Certificate{n.authority.Root()},
	})
	if err != nil {
		return err
	}
	n.onClose(n.chain.Close)
	if n.cfg.Checkpoints != "" {
		n.wg.Go(func() { n.report("checkpoint files", n.chain.ExportCheckpoints(n.ctx, n.cfg.Checkpoints, 0, true)) })
	}
	return nil
}

// chainTime tells the time by which state of the chain is fresh or stale: nil
// for the wall clock, the chain's own when that stands still.
func (n *Net) chainTime() func() time.Time {
	if !n.cfg.Manual {
		return nil
	}
	return func() time.Time { return time.UnixMilli(int64(n.chain.Head().TimestampMS)) }
}

// Where a network keeps its chain and the seed of its keys, below its folder.
const (
	ChainDir = "chain"
	SeedFile = "chain.seed"
)

// keepSeed writes the seed that follows from a text, unless text is empty; one
// that is there must be the same.
func keepSeed(path, text string) error {
	if text == "" {
		return nil
	}
	seed := sha256.Sum256([]byte("floe-devnet seed\x00" + text))
	want := hex.EncodeToString(seed[:])
	have, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.WriteFile(path, []byte(want), 0o600)
	} else if err == nil && string(have) != want {
		return errors.New("the network was made with another seed: leave the seed out to go on with it, or choose an empty folder")
	}
	if err != nil {
		return fmt.Errorf("keep seed: %w", err)
	}
	return nil
}

// serve answers requests until the network closes.
func (n *Net) serve(name string, l net.Listener, h http.Handler) {
	n.wg.Go(func() { n.report(name, serveUntil(n.ctx, l, h)) })
}

// report logs why a server ended, unless it was told to.
func (n *Net) report(name string, err error) {
	if err != nil && n.ctx.Err() == nil {
		n.cfg.Log.Error("server ended", "server", name, "err", err)
	}
}

// serveUntil serves until ctx ends, then lets running requests finish.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.Shutdown(grace); err != nil {
		s.Close()
	}
	<-ended
	return nil
}

// secretFile reads 32 secret bytes from a file of mode 0600, and makes it with
// random ones if it is missing.
func secretFile(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		b := make([]byte, 32)
		if _, err := rand.Read(b); err != nil {
			return nil, fmt.Errorf("make secret: %w", err)
		}
		if err := os.WriteFile(path, []byte(hex.EncodeToString(b)), 0o600); err != nil {
			return nil, fmt.Errorf("keep secret: %w", err)
		}
		return b, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read secret: %w", err)
	}
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != 32 {
		return nil, fmt.Errorf("read secret from %s: want 64 hex digits; remove the network's folder to start anew", path)
	}
	return b, nil
}

func loadOrMakeKey(path string) (*sui.PrivateKey, error) {
	keys, err := sui.LoadKeys(path)
	if err == nil && len(keys) > 0 {
		return keys[0], nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	k, err := sui.GenerateKey(sui.Ed25519, rand.Reader)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return k, sui.SaveKeys(path, []*sui.PrivateKey{k})
}

// getOK asks for a URL and wants the answer 200.
func getOK(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, res.Status)
	}
	return nil
}
