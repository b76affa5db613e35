package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"

	"github.com/floe-data/floe/oracle/anchor"
	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// anchoring anchors the logs of a server's services, if that is configured.
type anchoring struct {
	cfg     *config
	chain   *suirpc.Client
	key     ed25519.PrivateKey
	metrics *metrics.Metrics
	log     *slog.Logger

	done    sync.WaitGroup
	running map[*keyserver.Service]context.CancelFunc
}

// update anchors the logs of services until ctx ends, and those of no others.
func (a *anchoring) update(ctx context.Context, services []*keyserver.Service) error {
	if a.cfg.AnchorSigner == "" {
		return nil
	}
	signer, err := firstKey(a.cfg.AnchorSigner)
	if err != nil {
		return err
	}
	for s, cancel := range a.running {
		if !slices.Contains(services, s) {
			cancel()
			delete(a.running, s)
		}
	}
	for _, s := range services {
		if a.running[s] != nil {
			continue
		}
		if a.running[s], err = a.start(ctx, s, signer); err != nil {
			delete(a.running, s)
			return err
		}
	}
	return nil
}

func (a *anchoring) start(ctx context.Context, s *keyserver.Service, signer *sui.PrivateKey) (context.CancelFunc, error) {
	pkg := contract.Package{Original: a.cfg.AnchorPackage, Latest: a.cfg.AnchorPackage}
	anchors, err := anchor.New(anchor.Config{
		Chain: a.chain, Signer: signer, Packages: contract.Packages{Access: pkg, Shared: contract.Shared{AccessVersion: a.cfg.AnchorVersion}},
		Log: s.Log(), Origin: receipt.LogOrigin(s.Issuer()), Key: a.key.Public().(ed25519.PublicKey),
		State: filepath.Join(s.JournalDir(), "anchor"), Interval: a.cfg.AnchorInterval, Service: s.Name(), Metrics: a.metrics, Logger: a.log,
	})
	if err != nil {
		return nil, err
	}
	switch err := anchors.CheckJournal(ctx, s.Log().Status().Journal); {
	case errors.Is(err, anchor.ErrConflict): // no further receipt may be signed
		return nil, fmt.Errorf("check journal of %s against the chain: %w", s.JournalDir(), err)
	case err != nil:
		a.log.Warn("the journal could not be compared with its anchor", "err", err)
	}
	s.ShowAnchor(anchors.ID)
	ctx, cancel := context.WithCancel(ctx)
	a.done.Go(func() { anchors.Run(ctx) })
	return cancel, nil
}

// wait waits for the end of all, which comes with their contexts.
func (a *anchoring) wait() { a.done.Wait() }
