package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/accounts"
	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/oracle/member"
	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/oracle/sealhttp"
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
Prints its address when it is ready for requests; logs JSON to stderr. Without
--config, the variable CONFIG_PATH names the file.

FILE is YAML, for one key:

  key_server_object_id: 0x...   # printed by floe-oracle register
  key_dir: keys                 # written by floe-oracle keygen
  journal_dir: receipts         # where receipts and their log are kept
  node_url: https://fullnode.testnet.sui.io:443
  key_server_package: 0x...     # package with the staleness check

for several clients, with a key each, or for a member of a committee:

  server_mode: !Permissioned
    client_configs:
      - {name: alice, client_master_key: !Derived {derivation_index: 0},
         key_server_object_id: 0x..., package_ids: [0x...]}
  server_mode: !Committee
    {member_address: 0x..., key_server_obj_id: 0x..., committee_state: Active}

` + "A file of Seal's key server works too, with key_dir and journal_dir added. SIGHUP\n" +
			`re-reads client_configs, limits and service_accounts: clients, packages and
accounts come and go without a restart; a file that is wrong changes nothing,
and the log says why.

Beside Seal's API, anybody may read receipts (/v1/receipts), the log that they
are in (/checkpoint, /tile/…), and proofs (/v1/receipts/N/proof). The owner of
a policy logs in with a wallet and reads its receipts with who asked. Those of a
client are below /NAME/.

All keys; defaults stand in brackets:

` + configKeys(),
		Example: "  floe-oracle serve --config oracle.yaml",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if path == "" {
				path = os.Getenv("CONFIG_PATH")
			}
			if path == "" {
				return required(cmd, "config")
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

// configKeys lists the keys of the configuration.
func configKeys() string {
	var b strings.Builder
	writeKeys(&b, reflect.TypeFor[config](), "  ")
	return strings.TrimRight(b.String(), "\n")
}

// now tells the time. Only tests change it.
var now = time.Now

// serve runs a server until ctx ends.
func serve(ctx context.Context, c *config, log *slog.Logger, ready func(url string)) error {
	s, err := c.secrets(ctx)
	if err != nil {
		return err
	}
	m := metrics.New(metrics.Build{API: keyserver.Version, Revision: sealhttp.Revision()})
	client, err := c.dial(ctx, c.NodeURL, suirpc.WithObserver(m.CalledNode))
	if err != nil {
		return err
	}
	defer client.Close()
	services, source, err := c.allServices(ctx, s, client, log)
	if err != nil {
		return err
	}
	if err := c.logClientKeys(ctx, s, log); err != nil {
		return err
	}
	evaluator, stopEvaluating, err := c.openEvaluator(ctx, client, m, log)
	if err != nil {
		return err
	}
	defer stopEvaluating()
	names, stopNames, err := c.names(ctx, client)
	if err != nil {
		return err
	}
	defer stopNames()
	stopMetrics, err := c.serveMetrics(m, log)
	if err != nil {
		return err
	}
	defer stopMetrics()
	limiter, err := limits.New(c.Limits.limits(), now)
	if err != nil {
		return err
	}
	verifier, err := c.Accounts.verifier(log)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w; choose another address with the key listen of the configuration", err)
	}
	server, err := keyserver.Start(context.WithoutCancel(ctx), keyserver.Config{
		Services: services, Evaluator: evaluator, Names: names,
		Owner:  func(ctx context.Context, id sui.Address) (sui.Address, error) { return policy.Owner(ctx, client, id) },
		MaxTTL: c.SessionKeyTTLMax, ClockSkew: c.ClockSkew, MaxConcurrent: c.MaxConcurrent, SDK: c.requirements(keyserver.DefaultSDK),
		MaxNodeLag: c.AllowedStaleness, MaxClockBehind: c.AllowedClockLag, Metrics: m, Log: log, Now: now,
		Limits: limiter, Proxy: c.Limits.proxy(), Accounts: verifier,
	}, l)
	if err != nil {
		return err
	}
	anchors := &anchoring{cfg: c, chain: client, key: s.receipt, metrics: m, log: log}
	if err := anchors.update(ctx, server.Services()); err != nil {
		return errors.Join(err, server.Close())
	}
	if source != nil {
		tick := time.NewTicker(member.Interval)
		defer tick.Stop()
		go source.Run(ctx, tick.C)
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	log.Info("serving", "url", server.URL(), "key_servers", len(services))
	ready(server.URL())
	tell(log, daemon.SdNotifyReady)
	for {
		select {
		case <-hangup:
			if err := c.reload(ctx, server, verifier, client, anchors, log); err != nil {
				log.Error("the configuration was not reloaded, nothing has changed", "err", err)
			}
			continue
		case <-ctx.Done():
		}
		break
	}
	c.drain(server, log)
	anchors.wait()
	return server.Close()
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

// reload puts clients, limits and service accounts of the file into force.
func (c *config) reload(ctx context.Context, server *keyserver.Server, verifier *accounts.Verifier, client *suirpc.Client, anchors *anchoring, log *slog.Logger) error {
	next, err := readConfig(c.path)
	if err != nil {
		return err
	}
	clients := next.ServerMode.Permissioned != nil && c.ServerMode.Permissioned != nil
	if clients {
		if err := next.reloadClients(ctx, server, client, log); err != nil {
			return err
		}
	}
	if err := errors.Join(verifier.Update(next.Accounts.accounts()), server.UpdateLimits(next.Limits.limits())); err != nil {
		return err
	}
	log.Info("reloaded limits and service accounts")
	rest := *next
	if rest.Accounts = c.Accounts; clients {
		rest.modeConfig = c.modeConfig
	}
	if reflect.DeepEqual(rest.Limits.proxy(), c.Limits.proxy()) {
		rest.Limits = c.Limits
	}
	if !reflect.DeepEqual(&rest, c) {
		log.Warn("other keys of the configuration have changed too: that takes a restart")
	}
	return anchors.update(ctx, server.Services())
}

func (c *config) reloadClients(ctx context.Context, server *keyserver.Server, client *suirpc.Client, log *slog.Logger) error {
	s, err := c.secrets(ctx)
	if err != nil {
		return err
	}
	services, _, err := c.allServices(ctx, s, client, log)
	if err != nil {
		return err
	}
	if err := server.Reload(services); err != nil {
		return err
	}
	log.Info("reloaded the clients", "key_servers", len(services))
	return nil
}
