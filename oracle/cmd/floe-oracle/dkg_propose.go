package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/ceremony"
	"github.com/floe-data/floe/oracle/dkg"
	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/secret"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

func newPropose(s *steps) *cobra.Command {
	var dealers []int
	cmd := s.step(&cobra.Command{
		Use:   "propose --dir DIR --node URL --committee ID --signer FILE",
		Short: "Put the outcome of the ceremony on chain",
		Long: `Checks the messages again, and that the member holds its share, then proposes the
outcome. When all members have proposed the same, the committee has its key server.
The signer is the member's account. Requires gas.

The share must be in a backup before: with the last proposal the key is in force.`,
		Example: "  floe-oracle " + s.verb + " propose --dir ceremony --node NODE --committee ID --key-dir keys --signer sui.keystore",
	}, func(ctx context.Context, cmd *cobra.Command, m *participant) (*done, error) {
		signer, party, err := s.account(m.state)
		if err != nil {
			return nil, err
		}
		if party != m.party {
			return nil, fmt.Errorf("the keys in %s are those of %s, and the account is %s", s.dir, m.state.Name(m.party), m.state.Name(party))
		}
		d := &done{Party: m.party, Did: "has proposed before", Next: s.next("status")}
		if m.state.Members[party].Proposed {
			return d, nil
		}
		r, parties, err := s.outcome(ctx, cmd.OutOrStdout(), m, dealers)
		if err != nil {
			return nil, err
		}
		b := sui.NewBuilder()
		contract.ProposeKeys(b, packages(m.state), &contract.KeyCommittee{Identity: contract.Identity{ID: m.state.ID}, OldCommitteeID: m.state.OldID()}, proposal(r))
		if _, err := m.client.Send(ctx, signer, b); err != nil {
			return nil, fmt.Errorf("propose keys: %w", contract.Explain(err))
		}
		d.Did, d.PublicKey, d.Messages, d.Dealers = "proposed", fmt.Sprintf("0x%x", r.PublicKey), fmt.Sprintf("%x", r.Messages), parties
		after, err := ceremony.Load(ctx, m.client, m.state.ID)
		if err == nil && after.KeyServer != nil {
			d.Did, d.KeyServer = "proposed, as the last one: the key is in force", after.KeyServer.ID.String()
			d.Next = fmt.Sprintf("serve in committee mode, with key_server_obj_id %s; when your share is in a backup, destroy the keys in %s: with the messages they give it away", d.KeyServer, s.dir)
		}
		return d, err
	}, "dir", "node", "messages", "key-dir", "signer")
	s.dealersFlag(cmd, &dealers)
	return cmd
}

// outcome is what the member may propose: what the messages say, if the member
// holds its share of it, and nobody has proposed another.
func (s *steps) outcome(ctx context.Context, w io.Writer, m *participant, dealers []int) (*dkg.Result, []int, error) {
	messages, parties, c, err := s.chosen(m.state, dealers)
	if err != nil {
		return nil, nil, err
	}
	r, err := c.Verify(messages)
	if err != nil {
		return nil, nil, s.blame(w, m.state, "", err)
	}
	path := s.shareFile(m.state.Version())
	share, err := keyserver.LoadMasterKey(ctx, secret.Source{File: path}, m.age)
	if errors.Is(err, secret.ErrMissing) {
		return nil, nil, fmt.Errorf("%s is not there: %s", path, s.next("process"))
	}
	if err != nil {
		return nil, nil, err
	}
	if string(share.PublicKey().Bytes()) != string(r.PartialPublicKeys[m.party][:]) {
		return nil, nil, fmt.Errorf("the share in %s is not that of these messages; did they change since it was made?", path)
	}
	if p := m.state.Proposal; p != nil && !ceremony.Equal(p, r) {
		return nil, nil, fmt.Errorf("another outcome is proposed already, with messages %x, and these messages give %x: compare them with the other members; "+
			"if they can't agree, begin anew, since a proposal can't be taken back", p.MessagesHash, r.Messages)
	}
	return r, parties, nil
}

func proposal(r *dkg.Result) contract.KeyProposal {
	p := contract.KeyProposal{PublicKey: r.PublicKey[:], MessagesHash: r.Messages[:]}
	for i := range r.PartialPublicKeys {
		p.PartialPublicKeys = append(p.PartialPublicKeys, r.PartialPublicKeys[i][:])
	}
	return p
}
