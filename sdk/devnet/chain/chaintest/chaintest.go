// Package chaintest runs the embedded chain for tests.
package chaintest

import (
	"context"
	"errors"
	"net"
	"net/http/httptest"
	"testing"

	"github.com/floe-data/floe/sdk/devnet/chain"
)

// A Chain is a chain that is served on this machine until the test ends.
type Chain struct {
	*chain.Chain
	URL    string // of the gRPC services
	Faucet string // URL of the faucet
}

// Start runs a new chain in a temporary folder.
func Start(t testing.TB) *Chain { return StartConfig(t, chain.Config{}) }

// StartConfig does the same with a configuration, whose Dir and Seed it fills
// when they are empty.
func StartConfig(t testing.TB, cfg chain.Config) *Chain {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	if len(cfg.Seed) == 0 {
		cfg.Seed = []byte(t.Name())
	}
	c, err := chain.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(errors.Join(err, c.Close()))
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx, l) }()
	faucet := httptest.NewServer(c.FaucetHandler())
	t.Cleanup(func() {
		faucet.Close()
		cancel()
		if err := errors.Join(<-served, c.Close()); err != nil {
			t.Errorf("close chain: %v", err)
		}
	})
	return &Chain{Chain: c, URL: "http://" + l.Addr().String(), Faucet: faucet.URL}
}
