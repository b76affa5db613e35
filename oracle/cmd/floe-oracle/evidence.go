package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/archive"
	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/sdk/evidence"
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

makes the decision again.`,
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
	return cmd
}

// evidence reads what a decision about a client's key was made from.
func (c *config) evidence(ctx context.Context, client string, sequence uint64) (*evidence.Bundle, error) {
	dir, err := c.journalOf(client)
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
	if err != nil {
		return nil, err
	}
	return evidence.NewBundle(rec.JWT, *rec.Opening, ev), nil
}

// journalOf is where the receipts of a client are, or of a server that has one key.
func (c *config) journalOf(client string) (string, error) {
	m := c.ServerMode.Permissioned
	if m == nil && client == "" {
		return c.JournalDir, nil
	}
	if m == nil {
		return "", usageError{errors.New("the server has no clients: leave out --client")}
	}
	for _, cl := range m.Clients {
		if cl.Name == client {
			return filepath.Join(c.JournalDir, cl.ObjectID.String()), nil
		}
	}
	if client == "" {
		return "", usageError{errors.New("the server has several clients: name one with --client")}
	}
	return "", usageError{fmt.Errorf("the configuration has no client %q", client)}
}
