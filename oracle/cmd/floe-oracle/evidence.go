package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/archive"
	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/oracle/retention"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

func newEvidence() *cobra.Command {
	var client string
	var sequence uint64
	cmd := &cobra.Command{
		Use:   "evidence --config FILE NUMBER",
		Short: "Write the evidence of a decision, for floe replay",
		Long: `Writes to standard output the evidence file of receipt NUMBER: the receipt, who
asked, and all that the decision was made from. It is for whoever may know that.
The server may run meanwhile; its files are only read. Of a permissioned server,
--client names the client.

  floe replay NUMBER.evidence --keys jwks.json

makes the decision again. Evidence is kept for ever, or until evidence prune removes
what is old.`,
		Example: "  floe-oracle evidence --config oracle.yaml 4711 > 4711.evidence",
		Args: func(_ *cobra.Command, args []string) (err error) {
			if len(args) != 1 {
				return usageError{errors.New("evidence needs the NUMBER of one receipt")}
			}
			if sequence, err = strconv.ParseUint(args[0], 10, 63); err != nil || sequence == 0 {
				return usageError{fmt.Errorf("%q is no number of a receipt", args[0])}
			}
			return nil
		},
	}
	withConfig(cmd, func(cmd *cobra.Command, _ []string, c *config) error {
		b, err := c.evidence(cmd.Context(), client, sequence)
		if err != nil {
			return err
		}
		_, err = cmd.OutOrStdout().Write(b.Bytes())
		return err
	})
	cmd.Flags().StringVar(&client, "client", "", "name of the client of a permissioned server")
	cmd.AddCommand(newEvidencePrune())
	return cmd
}

// evidence reads what a decision about a client's key was made from.
func (c *config) evidence(ctx context.Context, client string, sequence uint64) (*evidence.Bundle, error) {
	dir, issuer, err := c.journalOf(client)
	if err != nil {
		return nil, err
	}
	s, err := c.secrets(ctx)
	if err != nil {
		return nil, err
	}
	rec, err := journal.ReadFile(dir, s.receipt, sequence)
	if err != nil {
		return nil, err
	}
	if rec == nil {
		return nil, fmt.Errorf("there is no receipt %d in %s", sequence, dir)
	}
	if rec.Evidence == nil || rec.Opening == nil {
		return nil, fmt.Errorf("receipt %d has no evidence: nothing was evaluated, or by a full node alone", sequence)
	}
	a, err := archive.Read(filepath.Join(dir, archive.DirName), s.receipt)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	ev, err := a.Recall(rec.Evidence)
	if errors.Is(err, archive.ErrUnknown) {
		err = whyUnknown(dir, s.receipt, issuer, rec.JWT, err)
	}
	if err != nil {
		return nil, err
	}
	return evidence.NewBundle(rec.JWT, *rec.Opening, ev), nil
}

// whyUnknown says that evidence was pruned, if it was; lost is the error otherwise.
func whyUnknown(dir string, key ed25519.PrivateKey, issuer sui.Address, jwt string, lost error) error {
	r, err := receipt.Parse(jwt)
	if err != nil {
		return err
	}
	removed, err := retention.Load(dir, key, issuer)
	if err != nil {
		return err
	}
	if s := removed.Find(&r.Claims); s != nil {
		return fmt.Errorf("the evidence of receipt %d was pruned: %s", r.Sequence, s)
	}
	return fmt.Errorf("the evidence of receipt %d is lost; restore it from a copy: %w", r.Sequence, lost)
}

// journalOf is where the receipts of a client are, or of a server that has one key,
// and who signs them.
func (c *config) journalOf(client string) (dir string, issuer sui.Address, err error) {
	m := c.ServerMode.Permissioned
	switch {
	case m == nil && client != "":
		return "", issuer, usageError{errors.New("the server has no clients: leave out --client")}
	case c.ServerMode.Committee != nil:
		return c.JournalDir, c.ServerMode.Committee.Member, nil
	case m == nil:
		return c.JournalDir, c.ServerMode.Open.KeyServerObjectID, nil
	}
	for _, cl := range m.Clients {
		if cl.Name == client {
			return filepath.Join(c.JournalDir, cl.ObjectID.String()), cl.ObjectID, nil
		}
	}
	if client == "" {
		return "", issuer, usageError{errors.New("the server has several clients: name one with --client")}
	}
	return "", issuer, usageError{fmt.Errorf("the configuration has no client %q", client)}
}
