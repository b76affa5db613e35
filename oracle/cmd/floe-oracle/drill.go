package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/drill"
	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/sdk/receipt/remote"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

type drilling struct {
	client, journal, keys, live string
	offline, json               bool
	progress                    func(what string, done, total uint64)
}

func newDrill() *cobra.Command {
	var d drilling
	cmd := &cobra.Command{
		Use:   "drill --config FILE",
		Short: "Prove that a key server's files, or a backup, are whole",
		Long: `Restores a copy of the journal into a folder of its own, makes the log anew from
it, and compares: every receipt is signed and in its place, the log that the
world has seen is that of the journal, no receipt that was promised to be in the
log is missing, the evidence of each decision is there and is what its receipt
commits to, and the master key is the one that the chain shows. The server may run
meanwhile. What was restored is removed again.

For a backup give its directories with --journal-dir and --key-dir, and the
address of the running server with --live: a backup that lacks receipts which
the world has seen must not be served from. Exit code 1 if anything is wrong.

Of a permissioned server, the files of one client are tried, that --client
names; its address ends with /NAME.`,
		Example: "  floe-oracle drill --config oracle.yaml\n  floe-oracle drill --config oracle.yaml --journal-dir backup/receipts --key-dir backup/keys --live https://keys.example.org",
		Args:    noArguments,
	}
	withConfig(cmd, func(cmd *cobra.Command, _ []string, c *config) error {
		d.progress = slowly(cmd.ErrOrStderr(), time.Now)
		r, err := d.run(cmd.Context(), c)
		if err != nil {
			return err
		}
		if err := report(cmd.OutOrStdout(), d.json, (*drilled)(r)); err != nil {
			return err
		}
		if n := len(r.Findings); n > 0 {
			return fmt.Errorf("the drill found %d things wrong", n)
		}
		return nil
	})
	f := cmd.Flags()
	f.StringVar(&d.client, "client", "", "name of the client of a permissioned server")
	f.StringVar(&d.journal, "journal-dir", "", "directory of receipts to try instead of the configured one")
	f.StringVar(&d.keys, "key-dir", "", "directory of keys to try instead of the configured one")
	f.StringVar(&d.live, "live", "", "address of the running server, whose log is compared with")
	f.BoolVar(&d.offline, "offline", false, "do not compare the master key with the chain")
	jsonFlag(cmd.Flags(), &d.json)
	return cmd
}

func (d *drilling) run(ctx context.Context, c *config) (*drill.Report, error) {
	if d.journal != "" {
		c.JournalDir = d.journal
	}
	if d.keys != "" {
		c.KeyDir = d.keys
	}
	cfg, err := d.prepare(ctx, c)
	if err != nil {
		return nil, err
	}
	if d.live != "" {
		server := &remote.Server{ID: cfg.Issuer, URL: d.live, HTTP: &http.Client{Timeout: 20 * time.Second}}
		if cfg.Seen, err = server.Checkpoint(ctx); err != nil {
			return nil, err
		}
	}
	if cfg.Sandbox, err = os.MkdirTemp("", "floe-drill-"); err != nil {
		return nil, fmt.Errorf("make sandbox: %w", err)
	}
	cfg.Progress = d.progress
	r, err := drill.Run(ctx, *cfg)
	return r, errors.Join(err, os.RemoveAll(cfg.Sandbox))
}

// progressEvery is after how long a line says how far a long command is.
const progressEvery = 2 * time.Second

// slowly says how far something is, now and then: what is done soon is not worth
// a line.
func slowly(w io.Writer, now func() time.Time) func(what string, done, total uint64) {
	last := now()
	return func(what string, done, total uint64) {
		if now().Sub(last) < progressEvery {
			return
		}
		last = now()
		if total == 0 {
			fmt.Fprintf(w, "floe-oracle: %s\n", what)
			return
		}
		fmt.Fprintf(w, "floe-oracle: %s: %d of %d\n", what, done, total)
	}
}

// prepare reads the keys, and what the chain shows for them.
func (d *drilling) prepare(ctx context.Context, c *config) (*drill.Config, error) {
	s, err := c.secrets(ctx)
	if err != nil {
		return nil, err
	}
	if c.ServerMode.Committee != nil {
		return d.prepareMember(ctx, c, s)
	}
	svc, err := d.service(ctx, c, s)
	if err != nil {
		return nil, err
	}
	key, err := svc.Key.Current()
	if err != nil {
		return nil, err
	}
	cfg := &drill.Config{JournalDir: svc.JournalDir, Issuer: svc.ObjectID, Key: svc.ReceiptKey, Master: key, Rand: rand.Reader}
	if !d.offline {
		if cfg.PublicKey, err = registeredKey(ctx, c, svc.ObjectID); err != nil {
			return nil, fmt.Errorf("%w; --offline leaves out this comparison", err)
		}
	}
	return cfg, nil
}

// prepareMember is prepare of a committee's member. Which share it needs, only
// the chain tells.
func (d *drilling) prepareMember(ctx context.Context, c *config, s *secrets) (*drill.Config, error) {
	cfg := &drill.Config{JournalDir: c.JournalDir, Issuer: c.ServerMode.Committee.Member, Key: s.receipt, Rand: rand.Reader}
	if d.offline {
		return cfg, nil
	}
	client, err := c.dial(ctx, c.NodeURL)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	svc, _, err := c.memberService(ctx, s, client, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, fmt.Errorf("%w; --offline leaves out this comparison", err)
	}
	if cfg.Master, err = svc.Key.Current(); err != nil {
		return nil, fmt.Errorf("%w; --offline leaves out this comparison", err)
	}
	return cfg, nil
}

// service returns the service whose files are tried.
func (d *drilling) service(ctx context.Context, c *config, s *secrets) (*keyserver.ServiceConfig, error) {
	list, err := c.services(ctx, s)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Name == d.client {
			return &list[i], nil
		}
	}
	if d.client == "" {
		return nil, usageError{errors.New("the server has several clients: name one with --client")}
	}
	return nil, usageError{fmt.Errorf("the configuration has no client %q with a key", d.client)}
}

// registeredKey reads the public key that the chain shows for a server.
func registeredKey(ctx context.Context, c *config, id sui.Address) (*seal.PublicKey, error) {
	client, err := c.dial(ctx, c.NodeURL)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	ks, err := seal.LoadKeyServer(ctx, client, id)
	if err != nil {
		return nil, err
	}
	return &ks.PublicKey, nil
}

// drilled is what drill tells.
type drilled drill.Report

func (r *drilled) tell(w io.Writer) {
	fmt.Fprintf(w, "restored %d receipts; the log has %d of them, root %s; %d have their evidence\n", r.Receipts, r.Logged, r.Root, r.Evidence)
	if r.Pruned > 0 {
		fmt.Fprintf(w, "the evidence of %d more was pruned, as the server signed when it was\n", r.Pruned)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(w, "WRONG  %s: %s\n", f.Code, f.Text)
	}
	if len(r.Findings) == 0 {
		fmt.Fprintln(w, "everything is as it should be")
	}
}
