package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/member"
	"github.com/floe-data/floe/oracle/secret"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// secrets are what a configuration's services are made of.
type secrets struct {
	receipt ed25519.PrivateKey
	age     *secret.Identity
}

func (c *config) secrets(ctx context.Context) (*secrets, error) {
	id, err := c.identity(ctx)
	if err != nil {
		return nil, err
	}
	key, err := keyserver.LoadReceiptKey(ctx, c.KeyDir, id)
	if err != nil {
		return nil, err
	}
	return &secrets{key, id}, nil
}

// services reads the keys and returns the services of an open or permissioned
// server.
func (c *config) services(ctx context.Context, s *secrets) ([]keyserver.ServiceConfig, error) {
	m := c.ServerMode
	if m.Permissioned != nil {
		return c.clientServices(ctx, s)
	}
	key, err := c.masterKey(ctx, s.age)
	if err != nil {
		return nil, err
	}
	svc, err := c.service(m.Open.KeyServerObjectID, s)
	svc.Key = keyserver.FixedKey(key)
	return []keyserver.ServiceConfig{svc}, err
}

// service is what all modes have in common: one service with the journal
// directory to itself.
func (c *config) service(id sui.Address, s *secrets) (keyserver.ServiceConfig, error) {
	witnesses, err := c.witnesses()
	return keyserver.ServiceConfig{ObjectID: id, ReceiptKey: s.receipt, JournalDir: c.JournalDir, WitnessPolicy: witnesses}, err
}

// clientServices returns a service per client whose key was not handed over.
func (c *config) clientServices(ctx context.Context, s *secrets) (out []keyserver.ServiceConfig, err error) {
	keys, err := c.clientKeys(ctx, s)
	if err != nil {
		return nil, err
	}
	for i, cl := range c.ServerMode.Permissioned.Clients {
		if keys[i] == nil {
			continue
		}
		svc, err := c.service(cl.ObjectID, s)
		if err != nil {
			return nil, err
		}
		svc.Name, svc.Packages, svc.Key = cl.Name, cl.Packages, keyserver.FixedKey(keys[i])
		svc.JournalDir = filepath.Join(c.JournalDir, cl.ObjectID.String())
		out = append(out, svc)
	}
	if len(out) == 0 {
		return nil, errors.New("every client's key is exported, so there is nothing to serve")
	}
	return out, nil
}

// clientKeys returns the key of each client, nil where it was exported.
func (c *config) clientKeys(ctx context.Context, s *secrets) ([]*seal.MasterKey, error) {
	clients := c.ServerMode.Permissioned.Clients
	keys := make([]*seal.MasterKey, len(clients))
	var seed []byte
	for i, cl := range clients {
		var err error
		switch k := cl.Key; {
		case k.Imported != nil:
			keys[i], err = keyserver.LoadMasterKey(ctx, k.Imported.source(), s.age)
		case k.Derived != nil:
			if seed == nil {
				seed, err = c.seed(ctx, s.age)
			}
			if err == nil {
				keys[i], err = seal.DeriveMasterKey(seed, *k.Derived.Index)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("client %q: %w", cl.Name, err)
		}
	}
	return keys, nil
}

// memberService returns the service of a committee's member, and its key's
// source.
func (c *config) memberService(ctx context.Context, s *secrets, chain member.Chain, log *slog.Logger) (keyserver.ServiceConfig, *member.Source, error) {
	m := c.ServerMode.Committee
	cfg := member.Config{Chain: chain, KeyServer: m.ObjectID, Member: m.Member, Log: log,
		Share: func(ctx context.Context, version uint32) (*seal.MasterKey, error) {
			return c.share(ctx, version, s.age)
		}}
	if r := m.State.Rotation; r != nil {
		cfg.Target = r.Target
	}
	source, err := member.New(ctx, cfg)
	if err != nil {
		return keyserver.ServiceConfig{}, nil, err
	}
	svc, err := c.service(m.ObjectID, s)
	svc.Issuer, svc.Key = m.Member, source
	return svc, source, err
}

// witnesses reads the witness policy, if there is one.
func (c *config) witnesses() ([]byte, error) {
	if c.WitnessPolicy == "" {
		return nil, nil
	}
	b, err := os.ReadFile(c.WitnessPolicy)
	if err != nil {
		return nil, fmt.Errorf("read witness policy: %w", err)
	}
	return b, nil
}

// checkRegistrations demands that the chain shows the public halves of the
// services' keys. A chain that cannot be read is no reason not to start:
// requests are refused until it can.
func checkRegistrations(ctx context.Context, chain seal.Chain, list []keyserver.ServiceConfig, log *slog.Logger) error {
	for _, svc := range list {
		ks, err := seal.LoadKeyServer(ctx, chain, svc.ObjectID)
		if errors.Is(err, suirpc.ErrUnreachable) {
			log.Warn("the registration could not be checked, requests are refused until the chain can be read", "err", err)
			return nil
		}
		if err != nil {
			return fmt.Errorf("check registration: %w", err)
		}
		key, err := svc.Key.Current()
		if err != nil {
			return fmt.Errorf("check registration: %w", err)
		}
		if ks.Committee != nil {
			return fmt.Errorf("check registration: key server %s is a committee: serve it with server_mode !Committee", svc.ObjectID)
		}
		if !bytes.Equal(ks.PublicKey.Bytes(), key.PublicKey().Bytes()) {
			return fmt.Errorf("check registration: key server %s is registered with another public key: "+
				"use its keys, or register these with floe-oracle register", svc.ObjectID)
		}
	}
	return nil
}

// allServices returns the services, checked against the chain, and in
// committee mode the source of the key.
func (c *config) allServices(ctx context.Context, s *secrets, client *suirpc.Client, log *slog.Logger) ([]keyserver.ServiceConfig, *member.Source, error) {
	if c.ServerMode.Committee != nil {
		svc, source, err := c.memberService(ctx, s, client, log)
		return []keyserver.ServiceConfig{svc}, source, err
	}
	services, err := c.services(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	if err := checkRegistrations(ctx, client, services, log); err != nil {
		return nil, nil, err
	}
	return services, nil, nil
}

// logClientKeys writes the public keys of the clients and the next ones, with
// which clients to come can be registered.
func (c *config) logClientKeys(ctx context.Context, s *secrets, log *slog.Logger) error {
	if c.ServerMode.Permissioned == nil {
		return nil
	}
	keys, err := c.publicKeys(ctx, s)
	if err != nil {
		return err
	}
	for _, k := range keys {
		log.Info("public key", "client", k.Client, "derivation_index", k.Index, "key_server", k.ObjectID, "public_key", k.PublicKey)
	}
	return nil
}
