package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/ceremony"
	"github.com/floe-data/floe/oracle/dkg"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/sui"
)

// standing is what status tells.
type standing struct {
	Committee   sui.Address      `json:"committee"`
	State       string           `json:"state"` // registering, dealing, proposing or done
	Threshold   int              `json:"threshold"`
	Members     []standingMember `json:"members"`
	Old         *sui.Address     `json:"old_committee,omitempty"`
	Version     uint32           `json:"version"`
	Fingerprint string           `json:"fingerprint,omitempty"`
	PublicKey   string           `json:"public_key,omitempty"`
	Messages    string           `json:"messages_hash,omitempty"` // as proposed
	KeyServer   *sui.Address     `json:"key_server,omitempty"`
	Package     sui.Address      `json:"package"`           // newest version of the committee's contract
	Known       bool             `json:"contract_known"`    // it is the one that this program knows
	Missing     []int            `json:"missing,omitempty"` // parties that are waited for
	Next        string           `json:"next"`
}

type standingMember struct {
	Party      int         `json:"party"`
	Address    sui.Address `json:"address"`
	Name       string      `json:"name,omitempty"`
	URL        string      `json:"url,omitempty"`
	Registered bool        `json:"registered"`
	Proposed   bool        `json:"proposed"`
	OldParty   *int        `json:"old_party,omitempty"`
}

func newStatus(s *steps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status --node URL --committee ID",
		Short: "Show where a ceremony stands, and who is waited for",
		Long: `Shows what the chain says of a committee: who is in it, who has registered and
proposed, and what is missing. When all have registered it shows the fingerprint of
the committee, which members compare by another way before they deal.`,
		Example: "  floe-oracle " + s.verb + " status --node NODE --committee ID",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "node", "committee"); err != nil {
				return err
			}
			client, state, err := s.connect(cmd.Context(), ceremony.Load)
			if err != nil {
				return err
			}
			defer client.Close()
			out := s.standing(state)
			err = s.checkContract(cmd.Context(), client, state)
			if out.Known = err == nil; err != nil && !errors.Is(err, deploy.ErrOtherCode) {
				return err
			}
			return report(cmd.OutOrStdout(), s.json, out)
		},
	}
	s.flags(cmd.Flags(), "node")
	return cmd
}

func (s *steps) standing(state *ceremony.State) *standing {
	out := &standing{Committee: state.ID, Threshold: state.Threshold, Version: state.Version(), Old: state.OldID(), Package: state.Package.Latest}
	for i, m := range state.Members {
		sm := standingMember{Party: i, Address: m.Address, Name: m.Name, URL: m.URL, Registered: m.Registered, Proposed: m.Proposed}
		if old := state.OldParty(i); old != dkg.NotOld {
			sm.OldParty = &old
		}
		out.Members = append(out.Members, sm)
	}
	if c, err := state.Ceremony(); err == nil {
		out.Fingerprint = fmt.Sprintf("%x", c.Fingerprint())
	}
	if p := state.Proposal; p != nil {
		out.PublicKey, out.Messages = fmt.Sprintf("0x%x", p.PublicKey), fmt.Sprintf("%x", p.MessagesHash)
	}
	dir := *s
	dir.dir = "DIR"
	switch {
	case state.KeyServer != nil:
		out.State, out.KeyServer, out.PublicKey = "done", &state.KeyServer.ID, fmt.Sprintf("0x%x", state.KeyServer.PublicKey.Bytes())
		out.Next = fmt.Sprintf("serve in committee mode, with key_server_obj_id %s and share-v%d.key", state.KeyServer.ID, out.Version)
	case len(state.Unregistered()) > 0:
		out.State, out.Missing = "registering", state.Unregistered()
		out.Next = dir.next("register", "--signer FILE --name NAME --url URL")
	case state.Step == contract.KeyCommitteeStateInit:
		out.State, out.Missing = "dealing", state.Unproposed()
		out.Next = "compare the fingerprint, then " + dir.next("deal", "--fingerprint FINGERPRINT")
	default:
		out.State, out.Missing = "proposing", state.Unproposed()
		out.Next = dir.next("process") + ", then " + dir.next("propose", "--signer FILE")
	}
	return out
}

func (o *standing) tell(w io.Writer) {
	fmt.Fprintf(w, "committee    %s: %d of %d, %s\n", o.Committee, o.Threshold, len(o.Members), o.State)
	what := "which this program knows"
	if !o.Known {
		what = "which is NOT the one that this program knows: do not join unless you know what it does"
	}
	fmt.Fprintf(w, "contract     %s, %s\n", o.Package, what)
	if o.Old != nil {
		fmt.Fprintf(w, "takes over   the key of %s, as version %d\n", *o.Old, o.Version)
	}
	for _, m := range o.Members {
		did := "has not registered"
		switch {
		case m.Proposed:
			did = "has proposed"
		case m.Registered:
			did = "has registered"
		}
		fmt.Fprintf(w, "party %-5d  %s  %-20s %s\n", m.Party, m.Address, did, strings.TrimSpace(m.Name+" "+m.URL))
	}
	for _, line := range [][2]string{{"fingerprint", o.Fingerprint}, {"public key", o.PublicKey}, {"messages", o.Messages}} {
		if line[1] != "" {
			fmt.Fprintf(w, "%-11s  %s\n", line[0], line[1])
		}
	}
	if o.KeyServer != nil {
		fmt.Fprintf(w, "key server   %s, version %d\n", *o.KeyServer, o.Version)
	}
	fmt.Fprintf(w, "next         %s\n", o.Next)
}

// verified is what verify tells.
type verified struct {
	Committee   sui.Address `json:"committee"`
	PublicKey   string      `json:"public_key"`
	PartialKeys []string    `json:"partial_public_keys"`
	Messages    string      `json:"messages_hash"`
	Dealers     []int       `json:"dealers"`
	OnChain     string      `json:"on_chain"` // nothing, proposed or done
}

func (v *verified) tell(w io.Writer) {
	fmt.Fprintf(w, "the messages of parties %v hold up\npublic key   %s\nmessages     %s\n", v.Dealers, v.PublicKey, v.Messages)
	for i, k := range v.PartialKeys {
		fmt.Fprintf(w, "party %-5d  %s\n", i, k)
	}
	fmt.Fprintln(w, map[string]string{
		"nothing":  "on chain     nobody has proposed yet",
		"proposed": "on chain     the same is proposed",
		"done":     "on chain     the same, in force",
	}[v.OnChain])
}

func newVerify(s *steps) *cobra.Command {
	var complaint string
	var dealers []int
	cmd := &cobra.Command{
		Use:   "verify --node URL --committee ID --messages DIR",
		Short: "Check a ceremony without any secret",
		Long: `Checks all messages of a ceremony against the committee on chain: signatures,
proofs, and that the keys which are proposed, or in force, and the digest on chain
are those of the messages. Anybody can do it; of a ceremony that is done, with a full
node that still has the transactions since then.

With --complaint, checks the proof of a member that was dealt a bad share, and names
who dealt it. Exit code 1 if anything is wrong.`,
		Example: "  floe-oracle " + s.verb + " verify --node NODE --committee ID --messages ceremony/messages",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "node", "committee", "messages"); err != nil {
				return err
			}
			client, state, err := s.connect(cmd.Context(), ceremony.LoadAgreed)
			if err != nil {
				return err
			}
			defer client.Close()
			messages, parties, c, err := s.chosen(state, dealers)
			if err != nil {
				return err
			}
			if complaint != "" {
				return s.check(cmd.OutOrStdout(), state, c, messages, complaint)
			}
			r, err := c.Verify(messages)
			if err != nil {
				return s.blame(cmd.OutOrStdout(), state, "", err)
			}
			v, err := newVerified(state, r, parties)
			if err != nil {
				return err
			}
			return report(cmd.OutOrStdout(), s.json, v)
		},
	}
	s.flags(cmd.Flags(), "node", "messages")
	cmd.Flags().StringVar(&complaint, "complaint", "", "file with the proof that a party cheated")
	s.dealersFlag(cmd, &dealers)
	return cmd
}

// check checks a complaint: an error says whom it proves guilty, or that it
// proves nothing.
func (s *steps) check(w io.Writer, state *ceremony.State, c *dkg.Committee, messages [][]byte, file string) error {
	b, err := ceremony.ReadComplaint(file)
	if err != nil {
		return err
	}
	return s.blame(w, state, "", c.VerifyComplaint(messages, b))
}

func newVerified(state *ceremony.State, r *dkg.Result, parties []int) (*verified, error) {
	v := &verified{Committee: state.ID, PublicKey: fmt.Sprintf("0x%x", r.PublicKey), Messages: fmt.Sprintf("%x", r.Messages), Dealers: parties, OnChain: "nothing"}
	for _, k := range r.PartialPublicKeys {
		v.PartialKeys = append(v.PartialKeys, fmt.Sprintf("0x%x", k))
	}
	if p := state.Proposal; p != nil {
		if !ceremony.Equal(p, r) {
			return nil, fmt.Errorf("the chain has another outcome, with messages %x, and these messages give %s: are they all, and the right ones?", p.MessagesHash, v.Messages)
		}
		v.OnChain = "proposed"
	}
	if ks := state.KeyServer; ks != nil {
		v.OnChain = "done"
		if string(ks.PublicKey.Bytes()) != string(r.PublicKey[:]) {
			return nil, errors.New("the key server on chain has another public key than the ceremony gave")
		}
		// A later rotation moves the key server away, so these are this committee's.
		for i, m := range ks.Committee.Members {
			if i >= len(r.PartialPublicKeys) || string(m.PublicKey.Bytes()) != string(r.PartialPublicKeys[i][:]) {
				return nil, fmt.Errorf("the key server on chain has another partial key of party %d than the ceremony gave", i)
			}
		}
	}
	return v, nil
}
