package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

func newServe() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Serve key requests",
		Long: `Serves key requests until it is interrupted: then /ready says 503 and, after
drain_delay, what is under way is finished. A second signal ends it at once.
Prints its address when it is ready for requests; logs JSON to stderr.

FILE is YAML:

  key_server_object_id: 0x...   # printed by floe-oracle register
  key_dir: keys                 # written by floe-oracle keygen
  journal_dir: receipts         # where receipts and their log are kept
  node_url: https://fullnode.testnet.sui.io:443
  key_server_package: 0x...     # package with the staleness check

and optionally witness_policy (a file), anchor_signer (a keystore) with
anchor_package and anchor_interval (10m), master_key_env, listen (0.0.0.0:2024),
allowed_staleness (2m), allowed_clock_lag (1m), evaluation_timeout (5s),
session_key_ttl_max (30m), clock_skew (5s), max_concurrent (64),
metrics_listen (127.0.0.1:9184), drain_delay (5s).

Beside Seal's API, anybody may read receipts (/v1/receipts), the log that they
are in (/checkpoint, /tile/…), and proofs (/v1/receipts/N/proof). The owner of
a policy logs in with a wallet and reads its receipts with who asked.`,
		Example: "  floe-oracle serve --config oracle.yaml",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "config"); err != nil {
				return err
			}
			c, err := readConfig(path)
			if err != nil {
				return err
			}
			log := slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), nil))
			slog.SetDefault(log) // for the libraries
			return serve(cmd.Context(), c, log, func(url string) { fmt.Fprintln(cmd.OutOrStdout(), url) })
		},
	}
	cmd.Flags().StringVar(&path, "config", "", "configuration file")
	return cmd
}

// serve runs a server until ctx ends.
func serve(ctx context.Context, c *config, log *slog.Logger, ready func(url string)) error {
	keys, err := c.keys()
	if err != nil {
		return err
	}
	m := metrics.New(metrics.Build{API: keyserver.Version, Revision: sealhttp.Revision()})
	client, err := suirpc.Dial(ctx, c.NodeURL, suirpc.WithObserver(m.CalledNode))
	if err != nil {
		return err
	}
	defer client.Close()
	id, _ := sui.ParseAddress(c.KeyServerObjectID)
	if err := checkRegistration(ctx, client, id, keys.Master, log); err != nil {
		return err
	}
	pkg, _ := sui.ParseAddress(c.KeyServerPackage)
	evaluator, err := policy.NewSimulator(policy.SimulatorConfig{
		Chain: client, StalenessPackage: pkg, AllowedStaleness: c.AllowedStaleness, AllowedLag: c.AllowedClockLag, Timeout: c.EvaluationTimeout,
	})
	if err != nil {
		return err
	}
	witnesses, err := c.witnesses()
	if err != nil {
		return err
	}
	stopMetrics, err := c.serveMetrics(m, log)
	if err != nil {
		return err
	}
	defer stopMetrics()
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w; choose another address with the key listen of the configuration", err)
	}
	s, err := keyserver.Start(context.WithoutCancel(ctx), keyserver.Config{
		Services: []keyserver.ServiceConfig{{ObjectID: id, Key: keyserver.FixedKey(keys.Master), ReceiptKey: keys.Receipt,
			JournalDir: c.JournalDir, WitnessPolicy: witnesses}},
		Evaluator: evaluator, Owner: func(ctx context.Context, id sui.Address) (sui.Address, error) { return policy.Owner(ctx, client, id) },
		MaxTTL: c.SessionKeyTTLMax, ClockSkew: c.ClockSkew, MaxConcurrent: c.MaxConcurrent,
		MaxNodeLag: c.AllowedStaleness, MaxClockBehind: c.AllowedClockLag, Metrics: m, Log: log,
	}, l)
	if err != nil {
		return err
	}
	anchoring, err := c.startAnchoring(ctx, client, s.Services()[0], keys.Receipt, m, log)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	log.Info("serving", "url", s.URL(), "key_server", id)
	ready(s.URL())
	tell(log, daemon.SdNotifyReady)
	<-ctx.Done()
	c.drain(s, log)
	anchoring.Wait()
	return s.Close()
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

func (c *config) keys() (*keyserver.Keys, error) {
	if c.MasterKeyEnv == "" {
		return keyserver.LoadKeys(c.KeyDir)
	}
	text := os.Getenv(c.MasterKeyEnv)
	if text == "" {
		return nil, fmt.Errorf("environment variable %s, which is to hold the master key, is not set", c.MasterKeyEnv)
	}
	master, err := keyserver.ParseMasterKeyText(text)
	if err != nil {
		return nil, fmt.Errorf("environment variable %s: %w", c.MasterKeyEnv, err)
	}
	receipt, err := keyserver.LoadReceiptKey(c.KeyDir)
	if err != nil {
		return nil, err
	}
	return &keyserver.Keys{Master: master, Receipt: receipt}, nil
}

// checkRegistration demands that the chain shows the public half of the master
// key. A chain that cannot be read is no reason not to start: requests are
// refused until it can.
func checkRegistration(ctx context.Context, chain seal.Chain, id sui.Address, key *seal.MasterKey, log *slog.Logger) error {
	ks, err := seal.LoadKeyServer(ctx, chain, id)
	if errors.Is(err, suirpc.ErrUnreachable) {
		log.Warn("the registration could not be checked, requests are refused until the chain can be read", "err", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("check registration: %w", err)
	}
	if !bytes.Equal(ks.PublicKey.Bytes(), key.PublicKey().Bytes()) {
		return fmt.Errorf("check registration: key server %s is registered with another public key: "+
			"use its keys, or register these with floe-oracle register", id)
	}
	return nil
}
