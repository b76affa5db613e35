// Command floe-indexer mirrors Floe's contracts and the key servers' receipt
// logs into PostgreSQL and serves them over HTTP. Package indexer does the
// work.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/indexer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(os.Stdout, os.Stderr).ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "floe-indexer:", err)
		os.Exit(1)
	}
}

func command(stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:           "floe-indexer",
		Short:         "Mirror Floe's contracts and key decisions into PostgreSQL",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(runCommand(stderr), statusCommand(stdout))
	return root
}

func runCommand(stderr io.Writer) *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "run --config FILE",
		Short: "Index and serve until interrupted",
		Long: `Index and serve until interrupted.

The configuration is YAML:

  database_url: postgres://user:password@host/database   # or $FLOE_DATABASE_URL
  schema: floe                      # made if missing, nothing else is touched
  node_url: https://fullnode.testnet.sui.io
  packages:                         # first versions, from Published.toml; upgrades
                                    # are followed; others need another schema
    storage: ["0x…"]
    catalog: ["0x…"]
    access: ["0x…"]
    key_server: ["0x…"]
  first_checkpoint: 0               # at or before the packages' publication
  key_servers: ["0x…"]              # whose receipts to read, by object id; of a
                                    # committee those of its members
  follow_registered: false          # read those of all that register on chain, too
  allow_private_urls: false         # URLs of those, and of members of committees,
                                    # may lead to private addresses
  receipt_interval: 1s
  start_timeout: 30s                # how long PostgreSQL may take at the start
  listen: 127.0.0.1:8090

An index of an earlier version is brought up to date at the start: new tables are
filled from the raw events that it keeps, which can take a while.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := indexer.ReadFile(config)
			if err != nil {
				return err
			}
			f.Logger = slog.New(slog.NewTextHandler(stderr, nil))
			return run(cmd.Context(), f)
		},
	}
	cmd.Flags().StringVar(&config, "config", "", "configuration file (YAML)")
	_ = cmd.MarkFlagRequired("config")
	return cmd
}

// run serves the API while the indexer runs; either's end ends both.
func run(ctx context.Context, f indexer.File) error {
	x, err := indexer.New(f.Config)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", f.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; choose another address with listen", f.Listen, err)
	}
	srv := &http.Server{Handler: x.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 2 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	served := make(chan error, 1)
	go func() {
		err := srv.Serve(listener)
		cancel()
		served <- err
	}()
	f.Logger.Info("serving", "address", listener.Addr().String())
	err = x.Run(ctx)
	sctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	_ = srv.Shutdown(sctx)
	if serr := <-served; err == nil && !errors.Is(serr, http.ErrServerClosed) {
		err = fmt.Errorf("serve: %w", serr)
	}
	return err
}

func statusCommand(stdout io.Writer) *cobra.Command {
	var url string
	cmd := &cobra.Command{
		Use:   "status [--url URL]",
		Short: "Print where a running indexer stands, as JSON",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return status(cmd.Context(), stdout, url) },
	}
	cmd.Flags().StringVar(&url, "url", "http://127.0.0.1:8090", "address of the indexer's HTTP API")
	return cmd
}

func status(ctx context.Context, stdout io.Writer, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(url, "/")+"/v1/status", nil)
	if err != nil {
		return fmt.Errorf("ask for status: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask for status: %w; is floe-indexer running there?", err)
	}
	defer res.Body.Close()
	var body json.RawMessage
	if err := json.NewDecoder(io.LimitReader(res.Body, 16<<20)).Decode(&body); err != nil {
		return fmt.Errorf("ask for status: %s answers %s, not JSON", url, res.Status)
	}
	out, err := json.MarshalIndent(body, "", "  ")
	if err != nil {
		return fmt.Errorf("print status: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("ask for status: %s answers %s: %s", url, res.Status, out)
	}
	_, err = fmt.Fprintln(stdout, string(out))
	return err
}
