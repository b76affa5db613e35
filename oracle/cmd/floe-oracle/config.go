package main

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

// config is the file that `floe-oracle serve --config` reads: ours, or that of
// Seal's key server with our key_dir and journal_dir added. Paths are relative
// to the file. Unknown keys are errors. The help of serve shows the doc tags.
type config struct {
	modeConfig    `yaml:",inline"`
	secretConfig  `yaml:",inline"`
	networkConfig `yaml:",inline"`
	logConfig     `yaml:",inline"`
	requestConfig `yaml:",inline"`
	sdkConfig     `yaml:",inline"`

	operationsConfig `yaml:",inline"`
	Evaluation       evaluationConfig `yaml:"evaluation" doc:"who runs the code of policies, over which state"`
	Limits           limitsConfig     `yaml:"limits" doc:"how much requesters may ask; re-read on SIGHUP"`
	Accounts         accountsConfig   `yaml:"service_accounts" doc:"machines that ask with a token (JWT) in place of a wallet; re-read on SIGHUP"`
	Names            *namesConfig     `yaml:"mvr_registry" doc:"where names of packages (MVR) are looked up, that session keys may have instead of ids; not needed if network is Mainnet or Testnet"`

	path string
}

// logConfig is about receipts.
type logConfig struct {
	JournalDir     string        `yaml:"journal_dir" doc:"where the receipts and their public log are kept; each client of a permissioned server has a folder below, named by its object"`
	WitnessPolicy  string        `yaml:"witness_policy" doc:"file that names the witnesses that cosign the log and how many are needed, in lines: witness NAME VKEY URL, group NAME N MEMBER…, quorum NAME"`
	AnchorSigner   string        `yaml:"anchor_signer" doc:"Sui keystore whose first key pays for anchoring the log's head on chain"`
	AnchorPackage  sui.Address   `yaml:"anchor_package" doc:"id of the access package, newest version"`
	AnchorVersion  sui.Address   `yaml:"anchor_version" doc:"id of the access package's Version object, access_version in the network's file"`
	AnchorInterval time.Duration `yaml:"anchor_interval" doc:"how often the head is anchored if the log has grown (10m)"`
}

// requestConfig is about who is answered.
type requestConfig struct {
	Listen            string        `yaml:"listen" doc:"address to serve (0.0.0.0:2024, or the port in the variable PORT)"`
	AllowedStaleness  time.Duration `yaml:"allowed_staleness" doc:"how far the chain's clock may be behind (2m)"`
	AllowedClockLag   time.Duration `yaml:"allowed_clock_lag" doc:"how far the chain's clock may be ahead of this machine's (1m)"`
	EvaluationTimeout time.Duration `yaml:"evaluation_timeout" doc:"bounds one evaluation of a policy (5s; clients wait for 10)"`
	SessionKeyTTLMax  time.Duration `yaml:"session_key_ttl_max" doc:"the longest life of a session key (30m)"`
	ClockSkew         time.Duration `yaml:"clock_skew" doc:"how far a requester's clock may be ahead (5s)"`
	MaxConcurrent     int           `yaml:"max_concurrent" doc:"requests that are worked on at a time; others get 429 (64)"`
}

// readConfig reads and checks a configuration file.
func readConfig(path string) (*config, error) {
	c := &config{path: path}
	c.AllowedClockLag = time.Minute
	if err := readFile(path, c.parse); err != nil {
		return nil, err
	}
	dir := filepath.Dir(path)
	for _, p := range []*string{&c.KeyDir, &c.JournalDir, &c.WitnessPolicy, &c.AnchorSigner, &c.Evaluation.Validators} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	if c.RPC.Timeout > 0 {
		c.EvaluationTimeout = c.RPC.Timeout
	}
	c.secretConfig.under(dir)
	c.modeConfig.under(dir)
	c.Accounts.under(dir)
	return c, nil
}

func (c *config) parse(b []byte) error {
	if err := parseYAML(b, c); err != nil {
		return err
	}
	var errs []error
	for _, check := range []func() error{c.modeConfig.check, c.secretConfig.check, c.networkConfig.check, c.logConfig.check, c.requestConfig.check, c.operationsConfig.check, c.Evaluation.check, c.Limits.check, c.Accounts.check} {
		errs = append(errs, check())
	}
	errs = append(errs, c.Names.check(&c.Network))
	if c.RPC.Timeout > 0 && c.EvaluationTimeout > 0 {
		errs = append(errs, errors.New("evaluation_timeout and rpc_config.timeout are the same: leave one of them out"))
	}
	return errors.Join(errs...)
}

func (c *logConfig) check() error {
	var errs []error
	if c.JournalDir == "" {
		errs = append(errs, errors.New("journal_dir is missing: give a directory for the receipts"))
	}
	if (c.AnchorSigner == "") != c.AnchorPackage.IsZero() || c.AnchorPackage.IsZero() != c.AnchorVersion.IsZero() {
		errs = append(errs, errors.New("anchor_signer, anchor_package and anchor_version belong together: give all, or none"))
	}
	if c.AnchorInterval < 0 {
		errs = append(errs, errors.New("anchor_interval must not be negative"))
	}
	return errors.Join(errs...)
}

func (c *requestConfig) check() error {
	if c.AllowedClockLag < 0 || c.AllowedStaleness < 0 || c.EvaluationTimeout < 0 || c.SessionKeyTTLMax < 0 || c.MaxConcurrent < 0 {
		return errors.New("durations and limits must not be negative")
	}
	c.Listen = listenAddress(c.Listen)
	return nil
}

// listenAddress fills in Seal's.
func listenAddress(given string) string {
	port := os.Getenv("PORT")
	switch {
	case given != "":
		return given
	case port != "":
		return "0.0.0.0:" + port
	}
	return "0.0.0.0:2024"
}
