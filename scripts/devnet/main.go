// Command devnet (built as floe-devnet) runs a whole Floe network on this
// machine for development: a chain with its faucet, storage nodes, key servers,
// an indexer and its own PostgreSQL. `floe-devnet demo` tells the main job as a
// story on a network of its own; ./scripts/demo sets up what it needs and runs
// it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/scripts/localnet"
)

func main() {
	// Whatever ends us has to leave nothing behind: Ctrl-C, kill, a terminal
	// that closes, and a reader of our output that goes away.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := context.WithCancel(ctx)
	out := &pipe{to: os.Stdout, broken: cancel}
	code := exitCode(ctx, command(out, &pipe{to: os.Stderr, broken: cancel}).ExecuteContext(ctx), os.Stderr)
	cancel()
	stop()
	os.Exit(code)
}

// exitCode says on stderr how the program ended: 0 done, 1 it failed, 130
// interrupted and everything is stopped.
func exitCode(ctx context.Context, err error, stderr io.Writer) int {
	var left *leftError
	switch {
	case ctx.Err() != nil && !errors.As(err, &left):
		fmt.Fprintln(stderr, "floe-devnet: stopped")
		return 130
	case err == nil:
		return 0
	}
	fmt.Fprintf(stderr, "floe-devnet: %v\n", err)
	return 1
}

// leftError says that something could not be stopped or removed.
type leftError struct{ error }

func (e *leftError) Unwrap() error { return e.error }

// A pipe calls broken when nobody reads any more, as after `| head`.
type pipe struct {
	to     io.Writer
	broken func()
}

func (p *pipe) Write(b []byte) (int, error) {
	n, err := p.to.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		p.broken()
	}
	return n, err
}

// options are the flags that both commands share.
type options struct {
	localnet.Config
	verbose        bool
	time           string
	committee      string // 2/3
	stdout, stderr io.Writer
}

func command(stdout, stderr io.Writer) *cobra.Command {
	o := options{stdout: stdout, stderr: stderr}
	root := &cobra.Command{
		Use:   "floe-devnet",
		Short: "Run a Floe network on this machine until Ctrl-C",
		Long: `floe-devnet starts a chain with a faucet, 10 storage nodes with 100 shards, 3 key
servers (2 open a dataset), an indexer and its own PostgreSQL, and prints their
addresses. Everything is kept in --dir; started again, the network goes on.

With --time manual the chain's clock stands still, and with it what policies
judge by: it moves only when a client calls AdvanceClock of
sui.forking.v1alpha.ForkingService, or with the command advance, which also ends
epochs. Session keys and receipts keep the time of the wall.

With --chain-only it is a Sui network for tests of anything that speaks gRPC: the
chain and its faucet, with funded accounts whose keys are printed. --seed and
--time manual make it the same every time. (The other servers of a whole network
have random keys.)

The keys of accounts are for development. Never send anything of value to them:
they are printed, and whoever knows the seed has them.`,
		Example: `  floe-devnet --dir ~/.floe-devnet
  floe-devnet --dir ./net --chain-port 9000 --faucet-port 9123
  floe-devnet --dir ./net --committee 2/3
  floe-devnet --chain-only --accounts 3 --chain-port 9000 --faucet-port 9123
  floe-devnet --chain-only --seed fixture --time manual --checkpoint-dir ./checkpoints
  floe-devnet advance clock 1h --dir ./net
  floe-devnet attest --dir ./net --config 0xc0… --registrant 0xa1… --key 5f…32 -o document.bin image.json
  floe-devnet snapshot --dir ./net net.snapshot
  floe-devnet restore --dir ./copy net.snapshot
  floe-devnet demo --json`,
		Args:          cobra.NoArgs,
		SilenceErrors: true, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.chainFlags(cmd.Flags().Changed("accounts")); err != nil {
				return err
			}
			return o.up(cmd.Context(), o.stdout)
		},
	}
	own := root.Flags()
	own.BoolVar(&o.ChainOnly, "chain-only", false, "run just the chain and its faucet")
	own.IntVar(&o.Accounts, "accounts", 10, "how many funded accounts a new chain has; their keys are printed")
	own.StringVar(&o.Seed, "seed", "", "text that all keys follow from (default: a secret one, kept in --dir)")
	own.StringVar(&o.time, "time", "wall", `"wall", or "manual": only AdvanceClock moves the chain's`)
	own.StringVar(&o.committee, "committee", "", "run a committee of key servers too, which counts as one more: THRESHOLD/MEMBERS, such as 2/3")
	own.StringVar(&o.Checkpoints, "checkpoint-dir", "", "write each checkpoint to this folder, as {sequence}.binpb.zst, and epochs.json")
	root.SetOut(stdout)
	root.SetErr(stderr)
	f := root.PersistentFlags()
	f.StringVar(&o.Dir, "dir", "", "folder of the network (default: a new temporary one, removed at the end)")
	f.IntVar(&o.Ports.Chain, "chain-port", 0, "port of the chain's gRPC (default: a free one)")
	f.IntVar(&o.Ports.Faucet, "faucet-port", 0, "port of the faucet (default: a free one)")
	f.IntVar(&o.Ports.Indexer, "indexer-port", 0, "port of the indexer's API (default: a free one)")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "log what the servers do to stderr")
	f.BoolVar(&o.NoIndex, "no-index", false, "run without PostgreSQL and the indexer")
	root.AddCommand(o.demo(), o.advance(), o.attest(), o.snapshot(), o.restore())
	return root
}

func (o *options) demo() *cobra.Command {
	var (
		asJSON, keep bool
		sample       string
	)
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Tell the main job as a story, from publish to audit, and check every step",
		Example: `  floe-devnet demo
  floe-devnet demo --json > result.json
  floe-devnet demo --keep`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			tell := o.stdout
			if asJSON {
				tell = o.stderr
			}
			d := &demonstration{options: *o, tell: tell, sample: sample, keep: keep,
				report: &report{Steps: []*stepResult{}, BlobIDs: []string{}, Rows: map[string]int64{}}}
			if asJSON {
				d.result = o.stdout
			}
			return d.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.BoolVar(&asJSON, "json", false, "print one JSON object on stdout, the story on stderr")
	f.BoolVar(&keep, "keep", false, "leave the network up at the end, until Ctrl-C")
	f.StringVar(&sample, "sample", filepath.Join("scripts", "sample", "observatory"), "folder to publish")
	return cmd
}

// folder makes the network's folder; cleanup removes a temporary one.
func (o *options) folder() (cleanup func() error, err error) {
	if o.Dir != "" {
		return func() error { return nil }, nil
	}
	o.Temporary = true
	o.Dir, err = os.MkdirTemp("", "floe-devnet-")
	if err != nil {
		return nil, fmt.Errorf("make network folder: %w", err)
	}
	dir := o.Dir
	return func() error { return os.RemoveAll(dir) }, nil
}

// start brings the network up and says so, part by part.
func (o *options) start(ctx context.Context, tell io.Writer) (*localnet.Net, error) {
	if o.verbose {
		o.Log = slog.New(slog.NewTextHandler(o.stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	o.Progress = func(part string, took time.Duration) {
		fmt.Fprintf(tell, "  %-14s up in %.1f s\n", part, took.Seconds())
	}
	return localnet.Start(ctx, o.Config)
}

func (o *options) up(ctx context.Context, tell io.Writer) (err error) {
	cleanup, err := o.folder()
	if err != nil {
		return err
	}
	defer func() { err = closing(err, cleanup) }()
	n, err := o.start(ctx, tell)
	if err != nil {
		return err
	}
	defer func() { err = closing(err, n.Close) }()
	printAddresses(tell, n)
	fmt.Fprintln(tell, "Ctrl-C stops it.")
	<-ctx.Done()
	return nil
}

// closing calls stop and joins its error to err.
func closing(err error, stop func() error) error {
	if cerr := stop(); cerr != nil {
		return errors.Join(err, &leftError{cerr})
	}
	return err
}

// A demonstration is one run of the story on a network of its own.
type demonstration struct {
	options
	tell   io.Writer // the story, for people
	result io.Writer // gets the report as one JSON object; nil: nobody
	sample string
	keep   bool
	report *report
}

// run starts the network, tells the story, hands out the report, and stops the
// network, at once or when ctx ends.
func (d *demonstration) run(ctx context.Context) (err error) {
	if d.NoIndex {
		return errors.New("the demo needs the index: leave out --no-index")
	}
	reported := false
	handOut := func() error {
		if d.result == nil || reported {
			return nil
		}
		reported = true
		return json.NewEncoder(d.result).Encode(d.report)
	}
	defer func() { err = errors.Join(err, handOut()) }()
	cleanup, err := d.folder()
	if err != nil {
		return err
	}
	defer func() {
		if err = closing(err, cleanup); err != nil {
			d.report.OK = false
		}
	}()
	begin := time.Now()
	n, err := d.startNet(ctx)
	if err != nil {
		return err
	}
	defer func() { err = closing(err, n.Close) }()
	s := &story{net: n, sample: d.sample, tell: d.tell, report: d.report}
	if s.work, err = os.MkdirTemp(n.Home, "demo-"); err != nil {
		return fmt.Errorf("make scratch folder: %w", err)
	}
	if err := s.run(ctx); err != nil {
		return err
	}
	fmt.Fprintf(d.tell, "\nAll %d steps are as they should be, in %.1f s.\n", len(d.report.Steps), time.Since(begin).Seconds())
	if !d.keep {
		return nil
	}
	printAddresses(d.tell, n)
	fmt.Fprintln(d.tell, "The network stays up; Ctrl-C stops it.")
	if err := handOut(); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// startNet is the first step of the story.
func (d *demonstration) startNet(ctx context.Context) (*localnet.Net, error) {
	fmt.Fprintln(d.tell, "A Floe network starts on this machine")
	begin := time.Now()
	n, err := d.start(ctx, d.tell)
	r := &stepResult{Name: "devnet", OK: err == nil, MS: time.Since(begin).Milliseconds()}
	d.report.Steps = append(d.report.Steps, r)
	if err != nil {
		r.Detail = err.Error()
		return nil, err
	}
	r.Detail = fmt.Sprintf("chain %s, %d storage nodes with 100 shards, %d key servers, index on PostgreSQL", n.Network.ChainID, len(n.Storage), len(n.KeyServers))
	fmt.Fprintf(d.tell, "  ok in %.1f s: %s\n", float64(r.MS)/1000, r.Detail)
	return n, nil
}

func printAddresses(tell io.Writer, n *localnet.Net) {
	fmt.Fprintf(tell, "\n  chain (gRPC, gRPC-web)  %s\n  faucet                  %s\n", n.Network.URL, n.Network.Faucet)
	for _, s := range n.Storage {
		fmt.Fprintf(tell, "  storage                 %s  %s\n", s.URL, s.Name)
	}
	for _, k := range n.KeyServers {
		fmt.Fprintf(tell, "  key server              %s  %s\n", k.URL, k.Name)
	}
	if c := n.Committee; c != nil {
		for _, k := range c.Members {
			fmt.Fprintf(tell, "  committee               %s  %s\n", k.URL, k.Name)
		}
		fmt.Fprintf(tell, "  aggregator              %s\n", c.Aggregator)
	}
	if n.Network.Indexer != "" {
		fmt.Fprintf(tell, "  index                   %s/v1/status\n  database                %s\n", n.Network.Indexer, n.DatabaseURL)
	}
	printAccounts(tell, n.Accounts())
	fmt.Fprintf(tell, "\n  export FLOE_HOME=%s FLOE_NETWORK=%s\n", n.Home, n.Network.Name)
}
