package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/aggregate"
	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

func newAggregate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "aggregate --config FILE",
		Short: "Serve a committee of key servers as one",
		Long: `Asks all members of a committee for their shares of a key and combines the first
ones that are right, until it is interrupted: then /ready says 503 and, after
drain_delay, what is under way is finished. Prints its address when it is ready
for requests; logs JSON to stderr. Without --config, the variable CONFIG_PATH
names the file. SIGHUP has it read the committee and ask its members at once.

It holds no secret and is trusted with none: what passes through it is encrypted
to the requester, who checks the result under the committee's public key. A member
whose share does not verify under the key that the chain shows for it is named:
in the answer, the log, the metrics and /ready.

FILE is YAML, in the keys of Seal's aggregator and some more:

  key_server_object_id: 0x...   # the committee's KeyServer object
  network: Testnet              # or node_url
  api_credentials:
    alice: {api_key_name: X-Api-Key, api_key_env: ALICE_KEY}

All keys; defaults stand in brackets:

` + configKeys[aggregateConfig](),
		Example: "  floe-oracle aggregate --config aggregator.yaml",
		Args:    noArguments,
	}
	return serving(cmd, readAggregateConfig, serveAggregate)
}

// serveAggregate runs an aggregator until ctx ends.
func serveAggregate(ctx context.Context, c *aggregateConfig, log *slog.Logger, ready func(url string)) error {
	m := metrics.New(metrics.Build{API: sealhttp.Version, Revision: sealhttp.Revision()})
	client, err := c.dial(ctx, c.NodeURL, suirpc.WithObserver(m.CalledNode))
	if err != nil {
		return err
	}
	defer client.Close()
	stopMetrics, err := c.serveMetrics(m, log)
	if err != nil {
		return err
	}
	defer stopMetrics()
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w; choose another address with the key listen of the configuration", err)
	}
	cfg := c.aggregator()
	cfg.Chain, cfg.Metrics, cfg.Log = client, m, log
	s, err := aggregate.Start(context.WithoutCancel(ctx), cfg, l)
	if err != nil {
		return err
	}
	log.Info("serving", "url", s.URL(), "committee", c.KeyServerObjectID)
	attend(ctx, log, s.URL(), ready, func() {
		log.Info("reading the committee; a changed configuration takes a restart")
		if err := s.Refresh(ctx); err != nil {
			log.Error("the committee could not be read", "err", err)
		}
	})
	c.drain(s, log)
	return s.Close()
}
