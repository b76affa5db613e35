package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/floe-data/floe/sdk/sui"
)

// config is the file that `floe-oracle serve --config` reads. Paths are
// relative to the file. Unknown keys are errors.
type config struct {
	// KeyServerObjectID is the id that `floe-oracle register` printed.
	KeyServerObjectID string `yaml:"key_server_object_id"`
	// KeyDir is the directory that `floe-oracle keygen` wrote.
	KeyDir string `yaml:"key_dir"`
	// MasterKeyEnv names an environment variable that holds the master key,
	// for deployments that keep it out of files. Empty reads it from KeyDir.
	MasterKeyEnv string `yaml:"master_key_env"`
	// JournalDir is where the receipts and their public log are kept. Each
	// server has its own.
	JournalDir string `yaml:"journal_dir"`
	// WitnessPolicy is a file that names the witnesses that cosign the public
	// log of the receipts, and how many are needed: lines "witness NAME VKEY
	// URL", "group NAME N MEMBER…" and "quorum NAME". Empty: no witnesses.
	WitnessPolicy string `yaml:"witness_policy"`
	// AnchorSigner is a Sui keystore whose first key pays for anchoring the
	// log's head on chain. Empty: the log is not anchored.
	AnchorSigner string `yaml:"anchor_signer"`
	// AnchorPackage is the id of the access package, newest version.
	AnchorPackage string `yaml:"anchor_package"`
	// AnchorInterval is how often the head is anchored if the log has grown.
	// Default 10m.
	AnchorInterval time.Duration `yaml:"anchor_interval"`
	// NodeURL is the full node that policies are evaluated by. It is trusted.
	NodeURL string `yaml:"node_url"`
	// KeyServerPackage is the package with the module "time", which detects
	// a node that is behind: Floe's key_server package, or Seal's.
	KeyServerPackage string `yaml:"key_server_package"`
	// Listen is the address to serve. Default 0.0.0.0:2024.
	Listen string `yaml:"listen"`
	// AllowedStaleness is how far the chain's clock may be behind. Default 2m.
	AllowedStaleness time.Duration `yaml:"allowed_staleness"`
	// AllowedClockLag is how far the chain's clock may be ahead of this
	// machine's. Default 1m.
	AllowedClockLag time.Duration `yaml:"allowed_clock_lag"`
	// EvaluationTimeout bounds one evaluation of a policy. Default 5s: clients
	// wait for 10.
	EvaluationTimeout time.Duration `yaml:"evaluation_timeout"`
	// SessionKeyTTLMax is the longest life of a session key. Default 30m.
	SessionKeyTTLMax time.Duration `yaml:"session_key_ttl_max"`
	// ClockSkew is how far a requester's clock may be ahead. Default 5s.
	ClockSkew time.Duration `yaml:"clock_skew"`
	// MaxConcurrent is how many requests are worked on at a time; others get
	// 429. Default 64.
	MaxConcurrent int `yaml:"max_concurrent"`

	operationsConfig `yaml:",inline"`
}

// readConfig reads and checks a configuration file.
func readConfig(path string) (*config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	c := &config{Listen: "0.0.0.0:2024", AllowedClockLag: time.Minute}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(c); err != nil && err != io.EOF {
		return nil, fmt.Errorf("read configuration %s: %w", path, err)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("read configuration %s: %w", path, err)
	}
	for _, p := range []*string{&c.KeyDir, &c.JournalDir, &c.WitnessPolicy, &c.AnchorSigner} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(filepath.Dir(path), *p)
		}
	}
	return c, nil
}

func (c *config) check() error {
	var errs []error
	for _, f := range []struct{ key, value, hint string }{
		{"key_server_object_id", c.KeyServerObjectID, "the id that floe-oracle register printed"},
		{"key_dir", c.KeyDir, "the directory that floe-oracle keygen wrote"},
		{"journal_dir", c.JournalDir, "a directory for the receipts"},
		{"node_url", c.NodeURL, "the address of a full node"},
		{"key_server_package", c.KeyServerPackage, "the id of the key_server package"},
	} {
		if f.value == "" {
			errs = append(errs, fmt.Errorf("%s is missing: give %s", f.key, f.hint))
		}
	}
	for key, id := range map[string]string{"key_server_object_id": c.KeyServerObjectID, "key_server_package": c.KeyServerPackage, "anchor_package": c.AnchorPackage} {
		if _, err := sui.ParseAddress(id); id != "" && err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		}
	}
	if (c.AnchorSigner == "") != (c.AnchorPackage == "") {
		errs = append(errs, errors.New("anchor_signer and anchor_package belong together: give both, or none"))
	}
	if c.AnchorInterval < 0 || c.AllowedClockLag < 0 || c.AllowedStaleness < 0 || c.EvaluationTimeout < 0 || c.SessionKeyTTLMax < 0 || c.MaxConcurrent < 0 {
		errs = append(errs, errors.New("durations and limits must not be negative"))
	}
	errs = append(errs, c.operationsConfig.check())
	return errors.Join(errs...)
}
