package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/ceremony"
	"github.com/floe-data/floe/oracle/dkg"
	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/secret"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A done says what a step did, and what comes next.
type done struct {
	Committee   sui.Address `json:"committee"`
	Party       int         `json:"party"`
	Did         string      `json:"did"`
	Message     string      `json:"message,omitempty"`    // file
	Share       string      `json:"share,omitempty"`      // file
	PublicKey   string      `json:"public_key,omitempty"` // of the committee
	Messages    string      `json:"messages_hash,omitempty"`
	Dealers     []int       `json:"dealers,omitempty"`
	Fingerprint string      `json:"fingerprint,omitempty"`
	KeyServer   string      `json:"key_server,omitempty"` // once the ceremony is done
	Next        string      `json:"next"`
}

func (d *done) tell(w io.Writer) {
	fmt.Fprintf(w, "party %d: %s\n", d.Party, d.Did)
	for _, line := range [][2]string{{"message", d.Message}, {"share", d.Share}, {"public key", d.PublicKey}, {"messages", d.Messages}, {"fingerprint", d.Fingerprint}, {"key server", d.KeyServer}, {"next", d.Next}} {
		if line[1] != "" {
			fmt.Fprintf(w, "%-11s  %s\n", line[0], line[1])
		}
	}
}

// A participant is who a step is for.
type participant struct {
	client *suirpc.Client
	state  *ceremony.State
	keys   *dkg.Keys
	age    *secret.Identity
	party  int // after registration
}

// open reads the member's keys and the chain.
func (s *steps) open(ctx context.Context) (*participant, error) {
	m := new(participant)
	var err error
	if m.age, err = s.identity(ctx); err != nil {
		return nil, err
	}
	if m.keys, err = ceremony.LoadKeys(ctx, s.dir, m.age); err != nil {
		return nil, err
	}
	m.client, m.state, err = s.connect(ctx, ceremony.Load)
	return m, err
}

// step makes the command of a step whose party has registered.
func (s *steps) step(cmd *cobra.Command, run func(context.Context, *cobra.Command, *participant) (*done, error), flags ...string) *cobra.Command {
	s.flags(cmd.Flags(), append(flags, "trust-contract")...)
	cmd.Args = noArguments
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		needed := []string{"dir", "node", "committee"}
		if cmd.Flags().Lookup("signer") != nil {
			needed = append(needed, "signer")
		}
		if cmd.Name() == "deal" {
			needed = append(needed, "fingerprint")
		}
		if err := required(cmd, needed...); err != nil {
			return err
		}
		m, err := s.open(cmd.Context())
		if err != nil {
			return err
		}
		defer m.client.Close()
		if err := s.checkContract(cmd.Context(), m.client, m.state); err != nil {
			return err
		}
		if cmd.Name() != "register" {
			if m.party, err = m.state.Party(m.keys); err != nil {
				return fmt.Errorf("%w: %s", err, s.next("register", "--signer FILE --name NAME --url URL"))
			}
		}
		d, err := run(cmd.Context(), cmd, m)
		if err != nil {
			return err
		}
		d.Committee = m.state.ID
		return report(cmd.OutOrStdout(), s.json, d)
	}
	return cmd
}

func newCeremonyRegister(s *steps) *cobra.Command {
	var info contract.KeyCommitteeMember
	cmd := s.step(&cobra.Command{
		Use:   "register --dir DIR --node URL --committee ID --signer FILE --name NAME --url URL",
		Short: "Register a member's keys and its server on chain",
		Long: `Registers the keys in DIR for the ceremony, and name and address of the member's
key server, which the aggregator will ask. The signer is the member's account, as
the committee names it. Requires gas. The address can be changed later.`,
		Example: "  floe-oracle " + s.verb + " register --dir ceremony --node NODE --committee ID --signer sui.keystore --name alice --url https://keys.example.org",
	}, func(ctx context.Context, cmd *cobra.Command, m *participant) (*done, error) {
		if err := required(cmd, "name", "url"); err != nil {
			return nil, err
		}
		if err := checkURL(info.URL); err != nil {
			return nil, err
		}
		signer, party, err := s.account(m.state)
		if err != nil {
			return nil, err
		}
		d := &done{Party: party, Did: "registered", Next: "when status says that all have registered, compare the fingerprint, and " + s.next("deal", "--fingerprint FINGERPRINT")}
		if m.state.Members[party].Registered {
			if p, err := m.state.Party(m.keys); err == nil && p == party {
				d.Did = "has registered before"
				return d, nil
			}
			return nil, fmt.Errorf("%s has registered with other keys than those in %s: go on with the folder that has them", m.state.Name(party), s.dir)
		}
		public := m.keys.Member()
		info.EncryptionKey, info.SigningKey = public.EncryptionKey[:], public.SigningKey[:]
		b := sui.NewBuilder()
		contract.RegisterMember(b, packages(m.state), m.state.ID, info)
		if _, err := m.client.Send(ctx, signer, b); err != nil {
			return nil, fmt.Errorf("register member: %w", contract.Explain(err))
		}
		return d, nil
	}, "dir", "node", "signer")
	cmd.Flags().StringVar(&info.Name, "name", "", "name of the member's server, unique in the committee")
	cmd.Flags().StringVar(&info.URL, "url", "", "address of the member's server")
	return cmd
}

// packages is the committee's copy of the contract. Only register and propose
// call it, before the ceremony is done, when upgrades wait.
func packages(s *ceremony.State) contract.Packages { return contract.Packages{Committee: s.Package} }

// account is the signer and the party that it is.
func (s *steps) account(state *ceremony.State) (*sui.PrivateKey, int, error) {
	signer, err := firstKey(s.signer)
	if err != nil {
		return nil, 0, err
	}
	for i, m := range state.Members {
		if m.Address == signer.Address() {
			return signer, i, nil
		}
	}
	return nil, 0, fmt.Errorf("the first key of %s is the account %s, which is no member of committee %s", s.signer, signer.Address(), state.ID)
}

func newDeal(s *steps) *cobra.Command {
	var old string
	long := `Deals shares of a random secret to all members, and writes the message to
DIR/messages. Give it to all members: shares in it are encrypted.`
	if s.rotation {
		long = `Deals the member's share of the key to all new members, and writes the message to
DIR/messages. Give it to all members: shares in it are encrypted. Only members who
stay deal, as many as the old threshold. As many of the new members as the new
threshold have the key afterwards: look at both in status before.`
	}
	cmd := s.step(&cobra.Command{
		Use:   "deal --dir DIR --node URL --committee ID --fingerprint HEX",
		Short: "Deal shares to the other members",
		Long: long + `

A member deals once: the message stays in DIR, and is written again where it is missing.

--fingerprint is what status prints, compared with what the other members see by
another way than the node: one that lies about their keys learns what is dealt.
Later steps refuse another committee than this one.`,
		Example: "  floe-oracle " + s.verb + " deal --dir ceremony --node NODE --committee ID --fingerprint 5e0c…",
	}, func(ctx context.Context, _ *cobra.Command, m *participant) (*done, error) {
		c, err := m.state.Ceremony()
		if err != nil {
			return nil, err
		}
		if err := s.sameCommittee(c); err != nil {
			return nil, err
		}
		d := &done{Party: m.party, Did: "dealt", Message: ceremony.MessageFile(s.messagesDir(), m.party), Fingerprint: fmt.Sprintf("%x", c.Fingerprint()),
			Next: "give the message to all members, put theirs beside it, and " + s.next("process")}
		message, err := ceremony.Dealt(s.dir)
		switch {
		case err == nil:
			d.Did = "has dealt before"
			err = c.CheckDealer(message, m.party)
		case errors.Is(err, fs.ErrNotExist):
			message, err = s.deal(ctx, m, c, old)
		}
		if err != nil {
			return nil, err
		}
		_, err = ceremony.WriteMessage(s.messagesDir(), m.party, message)
		return d, err
	}, "dir", "node", "messages", "fingerprint")
	if s.rotation {
		s.flags(cmd.Flags(), "key-dir")
		cmd.Flags().StringVar(&old, "old-share", "", "file:PATH or env:NAME of the member's share of the key (default: share-vN.key in --key-dir)")
	}
	return cmd
}

// deal makes the member's message, and keeps it before it goes anywhere.
func (s *steps) deal(ctx context.Context, m *participant, c *dkg.Committee, old string) ([]byte, error) {
	share, err := s.oldShare(ctx, m, old)
	if err != nil {
		return nil, err
	}
	message, err := m.keys.Deal(rand.Reader, c, m.party, share)
	if err == nil {
		err = ceremony.Pin(s.dir, c.Fingerprint())
	}
	if err == nil {
		err = ceremony.KeepDealt(s.dir, message)
	}
	return message, err
}

// oldShare reads the share that a rotation deals, nil for a new key.
func (s *steps) oldShare(ctx context.Context, m *participant, place string) (*seal.MasterKey, error) {
	if !s.rotation {
		return nil, nil
	}
	if m.state.OldParty(m.party) == dkg.NotOld {
		return nil, fmt.Errorf("%s was not in the old committee, and deals nothing: wait for the messages of those who were, and %s", m.state.Name(m.party), s.next("process"))
	}
	from := secret.Source{File: s.shareFile(m.state.Old.Version())}
	if place != "" {
		var err error
		if from, err = secret.ParseSource(place); err != nil {
			return nil, usageError{fmt.Errorf("flag --old-share: %w", err)}
		}
	}
	share, err := keyserver.LoadMasterKey(ctx, from, m.age)
	if err != nil {
		return nil, fmt.Errorf("read the share that is to be handed over: %w", err)
	}
	return share, nil
}

func newProcess(s *steps) *cobra.Command {
	var dealers []int
	cmd := s.step(&cobra.Command{
		Use:   "process --dir DIR --node URL --committee ID",
		Short: "Make the member's share of the key from all messages",
		Long: `Checks all messages, makes the member's share of the key of them, and writes it to
share-vN.key in --key-dir, where the member's server finds it. A share is never
replaced. Prints the digest of the messages, which must be the same for all members.

A message that does not hold up ends the ceremony, and its sender is named. If only
the member who received a bad share can see it, the proof for the others is written
to DIR.`,
		Example: "  floe-oracle " + s.verb + " process --dir ceremony --node NODE --committee ID --key-dir keys",
	}, func(ctx context.Context, cmd *cobra.Command, m *participant) (*done, error) {
		messages, parties, c, err := s.chosen(m.state, dealers)
		if err != nil {
			return nil, err
		}
		r, err := m.keys.Process(rand.Reader, c, m.party, messages)
		if err != nil {
			return nil, s.blame(cmd.OutOrStdout(), m.state, s.dir, err)
		}
		version := m.state.Version()
		if err := ceremony.WriteShare(ctx, s.shareFile(version), r.Share, m.age); err != nil {
			return nil, err
		}
		return &done{Party: m.party, Did: fmt.Sprintf("has its share of version %d of the key, of which a backup should be kept", version), Share: s.shareFile(version),
			PublicKey: fmt.Sprintf("0x%x", r.PublicKey), Messages: fmt.Sprintf("%x", r.Messages), Dealers: parties, Next: s.next("propose", "--signer FILE")}, nil
	}, "dir", "node", "messages", "key-dir", "fingerprint")
	s.dealersFlag(cmd, &dealers)
	return cmd
}

func (s *steps) dealersFlag(cmd *cobra.Command, dealers *[]int) {
	if s.rotation {
		cmd.Flags().IntSliceVar(dealers, "dealers", nil, "parties whose messages count, the same for all members (default: the lowest whose messages are there)")
	}
}

// chosen reads the messages that count.
func (s *steps) chosen(state *ceremony.State, dealers []int) ([][]byte, []int, *dkg.Committee, error) {
	c, err := state.Ceremony()
	if err == nil {
		err = s.sameCommittee(c)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	all, err := ceremony.ReadMessages(s.messagesDir())
	if err != nil {
		return nil, nil, nil, err
	}
	messages, parties, err := state.Choose(all, dealers)
	return messages, parties, c, err
}
