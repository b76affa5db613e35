package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"

	"github.com/floe-data/floe/oracle/anchor"
	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// startAnchoring anchors the service's log until ctx ends, if that is
// configured. The result waits for the end.
func (c *config) startAnchoring(ctx context.Context, client *suirpc.Client, s *keyserver.Service, key ed25519.PrivateKey, m *metrics.Metrics, log *slog.Logger) (*sync.WaitGroup, error) {
	done := new(sync.WaitGroup)
	if c.AnchorSigner == "" {
		return done, nil
	}
	signers, err := sui.LoadKeys(c.AnchorSigner)
	if err != nil {
		return nil, err
	}
	if len(signers) == 0 {
		return nil, fmt.Errorf("%s holds no keys", c.AnchorSigner)
	}
	pkg, _ := sui.ParseAddress(c.AnchorPackage)
	a, err := anchor.New(anchor.Config{
		Chain: client, Signer: signers[0], Packages: contract.Packages{Access: contract.Package{Original: pkg, Latest: pkg}},
		Log: s.Log(), Origin: receipt.LogOrigin(s.Issuer()), Key: key.Public().(ed25519.PublicKey),
		State: filepath.Join(c.JournalDir, "anchor"), Interval: c.AnchorInterval, Service: s.Name(), Metrics: m, Logger: log,
	})
	if err != nil {
		return nil, err
	}
	s.ShowAnchor(a.ID)
	done.Go(func() { a.Run(ctx) })
	return done, nil
}
