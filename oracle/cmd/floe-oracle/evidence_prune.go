package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/retention"
)

// pruning is what evidence prune is told.
type pruning struct {
	client, olderThan string
	apply, json       bool
}

func newEvidencePrune() *cobra.Command {
	var p pruning
	cmd := &cobra.Command{
		Use:   "prune --config FILE --older-than AGE",
		Short: "Remove the evidence of old decisions",
		Long: `Says which evidence is older than AGE (365d, 2160h) and how much room it takes;
with --apply it removes it. Nothing removes evidence otherwise: it is kept for ever.

What the evidence of a younger receipt needs stays. Receipts, their order and the
log stay as they are, and so does who asked, sealed in the journal: but nobody can
make the old decisions again, except from a copy. Before anything is removed, a
statement of it is signed with the receipt key and kept beside the evidence; those
who ask for what was removed get the statement, and floe replay checks it and says
"pruned", and when, where otherwise it would say that evidence is missing. Copies of
the files have to be pruned too, or thrown away.

Without --apply the server may run. With it the server has to be stopped: what a
server finds in the archive it takes for stored, and refers to it in the next
receipt. Killed at any time, it has removed nothing that should stay; run it again.

The age goes by the times in the receipts and by this machine's clock: look at the
date that is printed before you give --apply.`,
		Example: "  floe-oracle evidence prune --config oracle.yaml --older-than 730d\n  floe-oracle evidence prune --config oracle.yaml --older-than 730d --apply --json",
		Args:    noArguments,
	}
	withConfig(cmd, func(cmd *cobra.Command, _ []string, c *config) error {
		if err := required(cmd, "older-than"); err != nil {
			return err
		}
		r, err := p.run(cmd.Context(), c)
		if err != nil {
			return err
		}
		return report(cmd.OutOrStdout(), p.json, (*pruned)(r))
	})
	f := cmd.Flags()
	f.StringVar(&p.olderThan, "older-than", "", "age from which on evidence is removed, such as 730d")
	f.StringVar(&p.client, "client", "", "name of the client of a permissioned server")
	f.BoolVar(&p.apply, "apply", false, "remove it; otherwise it is only said what would go")
	jsonFlag(f, &p.json)
	return cmd
}

func (p *pruning) run(ctx context.Context, c *config) (*retention.Report, error) {
	age, err := parseAge(p.olderThan)
	if err != nil {
		return nil, err
	}
	dir, issuer, err := c.journalOf(p.client)
	if err != nil {
		return nil, err
	}
	s, err := c.secrets(ctx)
	if err != nil {
		return nil, err
	}
	r, err := retention.Run(ctx, retention.Config{JournalDir: dir, Issuer: issuer, Key: s.receipt, OlderThan: age, Apply: p.apply})
	if p.apply {
		err = errors.Join(err, giveToOwner(dir))
	}
	return r, err
}

// maxAgeDays bounds an age, so that it fits a duration.
const maxAgeDays = 36500

// parseAge reads days, or a duration of Go.
func parseAge(s string) (age time.Duration, err error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n uint64
		if n, err = strconv.ParseUint(days, 10, 32); err == nil && n > maxAgeDays {
			err = errors.New("too long")
		}
		age = time.Duration(n) * 24 * time.Hour
	} else {
		age, err = time.ParseDuration(s)
	}
	if err != nil || age <= 0 {
		return 0, usageError{fmt.Errorf("--older-than %q is no age above 0: give days, such as 730d, or hours, such as 2160h", s)}
	}
	return age, nil
}

// pruned is what evidence prune tells.
type pruned retention.Report

func (r *pruned) tell(w io.Writer) {
	fmt.Fprintf(w, "older than %s: of %d receipts, %d lose their evidence, %d keep it, %d lost it before\n",
		r.Before.UTC().Format(time.RFC3339), r.Receipts, r.Lose, r.Keep, r.Lost)
	if r.Missing > 0 {
		fmt.Fprintf(w, "WRONG  the evidence of %d younger receipts is not there: see floe-oracle drill\n", r.Missing)
	}
	what := fmt.Sprintf("%d objects and lists with %s; %d with %s stay", r.Removed.Items, size(r.Removed.Bytes), r.Left.Items, size(r.Left.Bytes))
	switch {
	case r.Removed.Items == 0:
		fmt.Fprintln(w, "there is nothing to remove")
	case r.Applied:
		fmt.Fprintf(w, "removed %s\n", what)
	default:
		fmt.Fprintf(w, "would remove %s\nnothing was removed: stop the server and give --apply\n", what)
	}
}

// size prints a number of bytes.
func size(n int64) string {
	switch {
	case n >= 10_000_000:
		return fmt.Sprintf("%d MB", n/1_000_000)
	case n >= 10_000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%d bytes", n)
}
