package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/ceremony"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// moved is what update-url tells.
type moved struct {
	Committee sui.Address `json:"committee"`
	Party     int         `json:"party"`
	URL       string      `json:"url"`
}

func (m *moved) tell(w io.Writer) { fmt.Fprintf(w, "party %d is at %s\n", m.Party, m.URL) }

func newUpdateURL(s *steps) *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "update-url --node URL --committee ID --signer FILE --url URL",
		Short: "Move a member's server to another address",
		Long: `Changes the address of the member's key server on chain, in a committee that has
its key. The aggregator asks there from then on. The signer is the member's account.
Requires gas.`,
		Example: "  floe-oracle " + s.verb + " update-url --node NODE --committee ID --signer sui.keystore --url https://new.example.org",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "node", "committee", "signer", "url"); err != nil {
				return err
			}
			if err := checkURL(to); err != nil {
				return err
			}
			client, state, err := s.connect(cmd.Context(), ceremony.Load)
			if err != nil {
				return err
			}
			defer client.Close()
			signer, party, err := s.account(state)
			if err != nil {
				return err
			}
			if state.KeyServer == nil {
				return fmt.Errorf("committee %s has no key server yet; the address is that of register until then", state.ID)
			}
			b := sui.NewBuilder()
			contract.UpdateMemberURL(b, packages(state), state.ID, to)
			if _, err := client.Send(cmd.Context(), signer, b); err != nil {
				return fmt.Errorf("move member: %w", contract.Explain(err))
			}
			return report(cmd.OutOrStdout(), s.json, &moved{state.ID, party, to})
		},
	}
	s.flags(cmd.Flags(), "node", "signer")
	cmd.Flags().StringVar(&to, "url", "", "address of the member's server")
	return cmd
}
