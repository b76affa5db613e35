package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/floe-data/floe/oracle/ceremony"
	"github.com/floe-data/floe/oracle/dkg"
	"github.com/floe-data/floe/oracle/secret"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

const ceremonySteps = `
Each member has an account on chain, and a folder for each ceremony. Every step
can be repeated, and says what comes next; keys, messages and shares are never
replaced. status shows who is waited for, verify checks a ceremony without any
secret. What is in the folder messages is public: members exchange it as they
like, by mail or a shared folder.

The full node shows each member the keys of the others. One that lies could put
its own in their place, and learn what is dealt: before dealing, members compare
the fingerprint that status prints, by telephone, say, and deal takes no other.`

func newDKG() *cobra.Command {
	cmd := group("dkg", "Make the key of a committee of key servers", `Makes a key that a committee of key servers holds together: any threshold of
members answer a request, and fewer learn nothing. Nobody ever has the key.

  init      one of them makes the committee on chain, with the members' accounts
  keygen    each member draws keys for the ceremony
  register  each member registers them on chain, with its server's address
  deal      each member deals shares of a random secret to the others
  process   each member makes its share of the key from all messages
  propose   each member puts the outcome on chain; the last makes the key server

Later, update-url moves a member's server to another address, and with upgrade
members vote about new code of their contract.
`+ceremonySteps,
		`  floe-oracle dkg init --node NODE --signer sui.keystore --key-server-package ID --threshold 2 --member 0xa… --member 0xb… --member 0xc…
  floe-oracle dkg keygen   --dir ceremony
  floe-oracle dkg register --dir ceremony --node NODE --committee ID --signer sui.keystore --name alice --url https://keys.example.org
  floe-oracle dkg deal     --dir ceremony --node NODE --committee ID --fingerprint 5e0c…
  floe-oracle dkg process  --dir ceremony --node NODE --committee ID --key-dir keys
  floe-oracle dkg propose  --dir ceremony --node NODE --committee ID --key-dir keys --signer sui.keystore`)
	cmd.AddCommand(newCommitteeInit(), newCeremonyKeygen("dkg"))
	addSteps(cmd, false)
	return cmd
}

func newRotate() *cobra.Command {
	cmd := group("rotate", "Hand a committee's key to other members", `Hands the key of a committee to another: other members, or another threshold. The
public key stays, and with it all that was encrypted to it. At least as many members
as the old threshold stay, and so many of them deal. Until the last member has
proposed, the old committee serves.

New shares are worth nothing together with old ones. But a threshold of old shares
still makes the key: who leaves destroys its share, and has to be believed.

  init      a member of the old committee makes the new one on chain
  keygen    each member draws keys for the ceremony
  register  each member registers them on chain, with its server's address
  deal      members who stay deal their shares of the key
  process   each member makes its new share from the messages
  propose   each member puts the outcome on chain; with the last one it counts
`+ceremonySteps,
		`  floe-oracle rotate init --node NODE --signer sui.keystore --committee OLD --threshold 3 --member 0xa… --member 0xb… --member 0xd… --member 0xe…
  floe-oracle rotate keygen   --dir rotation
  floe-oracle rotate register --dir rotation --node NODE --committee ID --signer sui.keystore --name alice --url https://keys.example.org
  floe-oracle rotate deal     --dir rotation --node NODE --committee ID --key-dir keys --fingerprint 5e0c…
  floe-oracle rotate process  --dir rotation --node NODE --committee ID --key-dir keys
  floe-oracle rotate propose  --dir rotation --node NODE --committee ID --key-dir keys --signer sui.keystore`)
	cmd.AddCommand(newRotationInit(), newCeremonyKeygen("rotate"))
	addSteps(cmd, true)
	return cmd
}

// addSteps adds the steps that a new key and a rotation have in common.
func addSteps(cmd *cobra.Command, rotation bool) {
	for _, step := range []func(*steps) *cobra.Command{newCeremonyRegister, newDeal, newProcess, newPropose, newStatus, newVerify, newUpdateURL, newUpgrade} {
		cmd.AddCommand(step(&steps{verb: cmd.Name(), rotation: rotation}))
	}
}

// steps are the flags of a step of a ceremony.
type steps struct {
	verb      string // dkg or rotate
	rotation  bool
	node      string
	committee string
	dir       string
	keyDir    string
	messages  string
	signer    string
	age       string
	trust     bool
	print     string // fingerprint
	json      bool
}

func (s *steps) flags(f *pflag.FlagSet, names ...string) {
	for _, name := range names {
		switch name {
		case "dir":
			f.StringVar(&s.dir, "dir", "", "folder of this ceremony")
			f.StringVar(&s.age, "age-identity", "", "file:PATH or env:NAME of what the keys are sealed with, and the share is to be")
		case "node":
			f.StringVar(&s.node, "node", "", nodeFlag)
			f.StringVar(&s.committee, "committee", "", "id of the committee")
			jsonFlag(f, &s.json)
		case "fingerprint":
			f.StringVar(&s.print, "fingerprint", "", "of the committee as the other members see it: refuse another")
		case "trust-contract":
			f.BoolVar(&s.trust, "trust-contract", false, "go on with a committee whose contract is not the one that this program knows")
		case "messages":
			f.StringVar(&s.messages, "messages", "", "folder of all members' messages (default: messages in --dir)")
		case "key-dir":
			f.StringVar(&s.keyDir, "key-dir", "", "folder of the server's keys, where its shares are (default: --dir)")
		case "signer":
			f.StringVar(&s.signer, "signer", "", "key file of the member's account (a Sui keystore; its first key signs)")
		}
	}
}

// messagesDir is where messages are.
func (s *steps) messagesDir() string {
	if s.messages != "" {
		return s.messages
	}
	return filepath.Join(s.dir, ceremony.MessagesDir)
}

// shareFile is where the share of a version is, or goes.
func (s *steps) shareFile(version uint32) string {
	if s.keyDir != "" {
		return ceremony.ShareFile(s.keyDir, version)
	}
	return ceremony.ShareFile(s.dir, version)
}

// connect dials the node and reads the committee.
func (s *steps) connect(ctx context.Context, read func(context.Context, ceremony.Chain, sui.Address) (*ceremony.State, error)) (*suirpc.Client, *ceremony.State, error) {
	id, err := sui.ParseAddress(s.committee)
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("flag --committee: %w", err)}
	}
	client, err := dialNode(ctx, s.node)
	if err != nil {
		return nil, nil, err
	}
	state, err := read(ctx, client, id)
	if err == nil && state.IsRotation != s.rotation {
		verb := map[bool]string{false: "dkg", true: "rotate"}[state.IsRotation]
		err = usageError{fmt.Errorf("the ceremony of committee %s is another: use floe-oracle %s", id, verb)}
	}
	if err != nil {
		return nil, nil, errors.Join(err, client.Close())
	}
	return client, state, nil
}

// checkContract refuses a contract that is not the one that this program knows:
// who wrote it may be able to take the key server from the committee.
func (s *steps) checkContract(ctx context.Context, client *suirpc.Client, state *ceremony.State) error {
	err := deploy.CheckCommittee(ctx, client, state.Package.Latest)
	if s.trust && errors.Is(err, deploy.ErrOtherCode) {
		return nil
	}
	if errors.Is(err, deploy.ErrOtherCode) {
		err = fmt.Errorf("%w; if you know what it does, go on with --trust-contract", err)
	}
	return err
}

// sameCommittee demands the committee that the other members see, as far as this
// member was told it, and the one that it dealt to.
func (s *steps) sameCommittee(c *dkg.Committee) error {
	seen := c.Fingerprint()
	if s.print != "" && strings.TrimPrefix(s.print, "0x") != fmt.Sprintf("%x", seen) {
		return fmt.Errorf("the fingerprint of the committee is %x here: this node shows you other members or keys than the other members see; ask another node", seen)
	}
	if s.dir == "" {
		return nil
	}
	return ceremony.CheckPin(s.dir, seen)
}

// identity reads what keys are sealed with.
func (s *steps) identity(ctx context.Context) (*secret.Identity, error) {
	return ageIdentity(ctx, "age-identity", s.age)
}

// stepFlags are the flags that a step takes from the one before.
var stepFlags = map[string]string{
	"register": "--dir --node --committee --age-identity",
	"deal":     "--dir --node --committee --age-identity --messages",
	"process":  "--dir --node --committee --age-identity --messages --key-dir",
	"propose":  "--dir --node --committee --age-identity --messages --key-dir",
	"status":   "--node --committee",
	"verify":   "--node --committee --messages",
}

// next is the command of another step.
func (s *steps) next(step string, more ...string) string {
	have := map[string]string{"--dir": s.dir, "--node": s.node, "--committee": s.committee, "--age-identity": s.age, "--messages": s.messages, "--key-dir": s.keyDir}
	if step == "verify" && s.messages == "" {
		have["--messages"] = s.messagesDir()
	}
	parts := []string{"floe-oracle", s.verb, step}
	for _, flag := range strings.Fields(stepFlags[step]) {
		if have[flag] != "" {
			parts = append(parts, flag, have[flag])
		}
	}
	return strings.Join(append(parts, more...), " ")
}

// firstKey is the account that a keystore signs for.
func firstKey(path string) (*sui.PrivateKey, error) {
	signers, err := sui.LoadKeys(path)
	if err != nil {
		return nil, err
	}
	if len(signers) == 0 {
		return nil, fmt.Errorf("%s holds no keys", path)
	}
	return signers[0], nil
}

func checkURL(text string) error {
	if u, err := url.Parse(text); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return usageError{fmt.Errorf("flag --url: %q is no http or https address", text)}
	}
	return nil
}

// accusation is what is told of a party that broke a ceremony.
type accusation struct {
	Party     int         `json:"party"`
	Name      string      `json:"name"`
	Address   sui.Address `json:"address"`
	Why       string      `json:"why"`
	Complaint string      `json:"complaint,omitempty"` // file
}

// blame names the party that broke the ceremony, if that is what an error says,
// and writes the proof into dir.
func (s *steps) blame(w io.Writer, state *ceremony.State, dir string, err error) error {
	var b *dkg.Blame
	if !errors.As(err, &b) {
		return err
	}
	a := accusation{Party: b.Party, Why: b.Why}
	if b.Party < len(state.Members) {
		a.Name, a.Address = state.Members[b.Party].Name, state.Members[b.Party].Address
	}
	var failed error
	if dir != "" {
		a.Complaint, failed = ceremony.WriteComplaint(dir, b)
	}
	if s.json {
		failed = errors.Join(failed, json.NewEncoder(w).Encode(map[string]any{"blame": a}))
	}
	text := fmt.Sprintf("%s broke the ceremony: %s; begin anew without it", state.Name(b.Party), b.Why)
	if a.Complaint != "" {
		text += ", and give the others " + a.Complaint + ", which proves it: they check it with " + s.next("verify", "--complaint", a.Complaint)
	}
	return errors.Join(errors.New(text), failed)
}
