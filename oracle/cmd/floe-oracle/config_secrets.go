package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/secret"
	"github.com/floe-data/floe/sdk/seal"
)

// secretConfig says where the secrets are.
type secretConfig struct {
	KeyDir       string                   `yaml:"key_dir" doc:"directory that floe-oracle keygen wrote; it has the key that signs receipts (the credentials that systemd loads)"`
	MasterKey    secret.Source            `yaml:"master_key" doc:"where the master key is (permissioned: the seed): {file: PATH}, {env: NAME} or {command: [PROGRAM, ARGUMENT…]}, whose output it is (the variable MASTER_KEY if it is set, or else key_dir/master.key)"`
	MasterShares map[uint32]secret.Source `yaml:"master_shares" doc:"committee: where the share of each version is, such as {1: {file: PATH}} (the variable MASTER_SHARE_V1, or else key_dir/share-v1.key)"`
	AgeIdentity  secret.Source            `yaml:"age_identity" doc:"where the age identity or passphrase is that opens keys that are sealed at rest: {file: PATH}, {env: NAME} or {command: […]}"`
}

func (c *secretConfig) check() error {
	var errs []error
	if c.KeyDir == "" {
		c.KeyDir = os.Getenv("CREDENTIALS_DIRECTORY")
	}
	if c.KeyDir == "" {
		errs = append(errs, errors.New("key_dir is missing: give the directory that floe-oracle keygen wrote"))
	}
	sources := map[string]secret.Source{"master_key": c.MasterKey, "age_identity": c.AgeIdentity}
	for v, s := range c.MasterShares {
		sources[fmt.Sprintf("master_shares: %d", v)] = s
	}
	for key, s := range sources {
		if err := s.Check(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		}
	}
	return errors.Join(errs...)
}

func (c *secretConfig) under(dir string) {
	c.MasterKey.Under(dir)
	c.AgeIdentity.Under(dir)
	for v, s := range c.MasterShares {
		s.Under(dir)
		c.MasterShares[v] = s
	}
}

// identity returns what opens sealed keys, nil if nothing is configured.
func (c *secretConfig) identity(ctx context.Context) (*secret.Identity, error) {
	if c.AgeIdentity.IsZero() {
		return nil, nil
	}
	id, err := secret.LoadIdentity(ctx, c.AgeIdentity)
	if err != nil {
		return nil, fmt.Errorf("age_identity: %w", err)
	}
	return id, nil
}

// place returns where a secret is: as configured, in the variable that Seal
// reads, or in a file of the key directory.
func (c *secretConfig) place(configured secret.Source, env, file string) secret.Source {
	if !configured.IsZero() {
		return configured
	}
	if (secret.Source{Env: env}).IsSet() {
		return secret.Source{Env: env}
	}
	return secret.Source{File: filepath.Join(c.KeyDir, file)}
}

func (c *secretConfig) masterPlace() secret.Source {
	return c.place(c.MasterKey, "MASTER_KEY", keyserver.MasterKeyFile)
}

func (c *secretConfig) masterKey(ctx context.Context, id *secret.Identity) (*seal.MasterKey, error) {
	return keyserver.LoadMasterKey(ctx, c.masterPlace(), id)
}

// seed reads the seed that the keys of clients are derived from.
func (c *secretConfig) seed(ctx context.Context, id *secret.Identity) ([]byte, error) {
	b, err := secret.ReadKey(ctx, c.masterPlace(), id)
	if err != nil {
		return nil, fmt.Errorf("load seed of the clients' keys: %w", err)
	}
	return b, nil
}

// share reads a committee member's share of a version; the error wraps
// [secret.ErrMissing] if there is none.
func (c *secretConfig) share(ctx context.Context, version uint32, id *secret.Identity) (*seal.MasterKey, error) {
	return keyserver.LoadMasterKey(ctx, c.place(c.MasterShares[version], fmt.Sprintf("MASTER_SHARE_V%d", version), keyserver.ShareFile(version)), id)
}
