package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/ceremony"
	"github.com/floe-data/floe/oracle/dkg"
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// founding makes a committee on chain.
type founding struct {
	node, signer, pkg, cap, old string
	threshold                   int
	members                     []string
	json                        bool
}

func (f *founding) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.node, "node", "", nodeFlag)
	flags.StringVar(&f.signer, "signer", "", "key file of the account that pays (a Sui keystore; its first key signs)")
	flags.IntVar(&f.threshold, "threshold", 0, "how many members answer a request together, at least 2")
	flags.StringArrayVar(&f.members, "member", nil, "account of a member, once for each: party 0 first")
	jsonFlag(flags, &f.json)
}

func newCommitteeInit() *cobra.Command {
	var f founding
	cmd := &cobra.Command{
		Use:   "init --node URL --signer FILE --key-server-package ID --threshold T --member ADDRESS…",
		Short: "Make a committee on chain, whose members then register",
		Long: `Publishes a copy of the committee's contract, makes the committee in it, and
prints the committee's id. The right to upgrade the copy goes over to the
committee: a threshold of members will decide. Requires gas; whoever pays has no
say afterwards.

These are two transactions. If only the first one succeeds, the error says with
which --upgrade-cap to go on.`,
		Example: "  floe-oracle dkg init --node NODE --signer sui.keystore --key-server-package 0x… --threshold 2 --member 0xa… --member 0xb… --member 0xc…",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "node", "signer"); err != nil {
				return err
			}
			if (f.pkg == "") == (f.cap == "") {
				return usageError{errors.New("give one of --key-server-package and --upgrade-cap")}
			}
			return f.run(cmd, f.initCommittee)
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&f.pkg, "key-server-package", "", "id of the key_server package, newest version")
	cmd.Flags().StringVar(&f.cap, "upgrade-cap", "", "the UpgradeCap of a copy that is published already, to go on")
	return cmd
}

func newRotationInit() *cobra.Command {
	var f founding
	cmd := &cobra.Command{
		Use:   "init --node URL --signer FILE --committee OLD --threshold T --member ADDRESS…",
		Short: "Make the committee on chain that takes over the key of another",
		Long: `Makes a committee that will take over the key of OLD, and prints its id. The
signer is a member of OLD; as many members as OLD's threshold must stay. OLD goes on
serving until the rotation is done. Requires gas.`,
		Example: "  floe-oracle rotate init --node NODE --signer sui.keystore --committee 0x… --threshold 3 --member 0xa… --member 0xb… --member 0xd… --member 0xe…",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "node", "signer", "committee"); err != nil {
				return err
			}
			return f.run(cmd, f.initRotation)
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&f.old, "committee", "", "id of the committee that has the key")
	return cmd
}

// founded is what init tells.
type founded struct {
	Committee sui.Address   `json:"committee"`
	Package   sui.Address   `json:"package"`
	OldID     *sui.Address  `json:"old_committee,omitempty"`
	Threshold int           `json:"threshold"`
	Members   []sui.Address `json:"members"`
	Next      string        `json:"next"`
}

func (f *founded) tell(w io.Writer) { fmt.Fprintln(w, f.Committee) }

func (f *founding) run(cmd *cobra.Command, do func(context.Context, *suirpc.Client, sui.Signer, []sui.Address) (*founded, error)) error {
	members, err := f.checkedMembers()
	if err != nil {
		return err
	}
	signer, err := firstKey(f.signer)
	if err != nil {
		return err
	}
	client, err := dialNode(cmd.Context(), f.node)
	if err != nil {
		return err
	}
	defer client.Close()
	out, err := do(cmd.Context(), client, signer, members)
	if err != nil {
		return err
	}
	out.Threshold, out.Members = f.threshold, members
	verb := map[bool]string{true: "dkg", false: "rotate"}[f.old == ""]
	s := &steps{verb: verb, node: f.node, committee: out.Committee.String(), dir: "DIR"}
	out.Next = fmt.Sprintf("each member: floe-oracle %s keygen --dir DIR, then %s", verb, s.next("register", "--signer FILE --name NAME --url URL"))
	fmt.Fprintf(cmd.ErrOrStderr(), "floe-oracle: made a committee of %d, of whom %d answer together; next, %s\n", len(members), f.threshold, out.Next)
	return report(cmd.OutOrStdout(), f.json, out)
}

// checkedMembers finds mistakes before anything is paid for.
func (f *founding) checkedMembers() (out []sui.Address, err error) {
	seen := map[sui.Address]bool{}
	for _, text := range f.members {
		a, err := sui.ParseAddress(text)
		if err != nil {
			return nil, usageError{fmt.Errorf("flag --member: %w", err)}
		}
		if seen[a] {
			return nil, usageError{fmt.Errorf("flag --member: %s is named twice", a)}
		}
		seen[a] = true
		out = append(out, a)
	}
	if f.threshold < 2 || f.threshold > len(out) || f.threshold > math.MaxUint16 {
		return nil, usageError{fmt.Errorf("flag --threshold: %d of %d members; at least 2 must answer together, and at most all", f.threshold, len(out))}
	}
	return out, nil
}

func (f *founding) initCommittee(ctx context.Context, client *suirpc.Client, signer sui.Signer, members []sui.Address) (*founded, error) {
	pkg, upgradeCap, err := f.publish(ctx, client, signer)
	if err != nil {
		return nil, err
	}
	p := contract.Packages{Committee: contract.Package{Original: pkg, Latest: pkg}}
	b := sui.NewBuilder()
	contract.InitCommittee(b, p, upgradeCap, uint16(f.threshold), members)
	done, err := client.Send(ctx, signer, b)
	if err != nil {
		return nil, fmt.Errorf("make committee: %w; its contract is published, go on with --upgrade-cap %s", contract.Explain(err), upgradeCap)
	}
	id, err := madeCommittee(done, p)
	return &founded{Committee: id, Package: pkg}, err
}

// publish returns a copy of the contract: a new one, or that of --upgrade-cap.
func (f *founding) publish(ctx context.Context, client *suirpc.Client, signer sui.Signer) (pkg, upgradeCap sui.Address, err error) {
	if f.cap == "" {
		id, err := sui.ParseAddress(f.pkg)
		if err != nil {
			return pkg, upgradeCap, usageError{fmt.Errorf("flag --key-server-package: %w", err)}
		}
		keyServer, err := packageOf(ctx, client, id)
		if err != nil {
			return pkg, upgradeCap, err
		}
		p, err := deploy.PublishCommittee(ctx, client, signer, keyServer)
		if err != nil {
			return pkg, upgradeCap, contract.Explain(err)
		}
		return p.Original, p.UpgradeCap, nil
	}
	if upgradeCap, err = sui.ParseAddress(f.cap); err != nil {
		return pkg, upgradeCap, usageError{fmt.Errorf("flag --upgrade-cap: %w", err)}
	}
	o, err := client.Object(ctx, upgradeCap)
	if err != nil {
		return pkg, upgradeCap, err
	}
	var c contract.UpgradeCap
	if t := o.Type(); t == nil || t.Address != sui.Framework || t.Name != "UpgradeCap" || bcs.Unmarshal(o.Move.Contents, &c) != nil {
		return pkg, upgradeCap, fmt.Errorf("object %s is no UpgradeCap", upgradeCap)
	}
	return c.Package, upgradeCap, nil
}

// packageOf finds the first version of a package, which names its types.
func packageOf(ctx context.Context, client *suirpc.Client, id sui.Address) (contract.Package, error) {
	pkg, err := client.Package(ctx, id)
	if err != nil {
		return contract.Package{}, fmt.Errorf("find package key_server: %w", err)
	}
	code, is := pkg.Module("key_server")
	if !is {
		return contract.Package{}, fmt.Errorf("package %s has no module key_server: give the id of the package key_server", id)
	}
	m, err := bytecode.Parse(code) // modules of every version carry the first one's id
	if err != nil {
		return contract.Package{}, fmt.Errorf("find package key_server: %w", err)
	}
	return contract.Package{Original: m.Address(), Latest: id}, nil
}

// madeCommittee finds the committee that a transaction made.
func madeCommittee(done *suirpc.Executed, p contract.Packages) (sui.Address, error) {
	for _, c := range done.Effects.Changed {
		o := done.Objects[c.ID]
		if c.Operation == sui.IDCreated && o.Type() != nil && o.Type().Equal(p.CommitteeType()) {
			return c.ID, nil
		}
	}
	return sui.Address{}, fmt.Errorf("make committee: transaction %s succeeded but made none", done.Digest)
}

func (f *founding) initRotation(ctx context.Context, client *suirpc.Client, signer sui.Signer, members []sui.Address) (*founded, error) {
	id, err := sui.ParseAddress(f.old)
	if err != nil {
		return nil, usageError{fmt.Errorf("flag --committee: %w", err)}
	}
	old, err := ceremony.Load(ctx, client, id)
	if err != nil {
		return nil, err
	}
	if old.KeyServer == nil {
		return nil, fmt.Errorf("committee %s has no key yet that could be handed over: see floe-oracle dkg status", id)
	}
	p := contract.Packages{Committee: old.Package}
	b := sui.NewBuilder()
	contract.InitRotation(b, p, id, uint16(f.threshold), members)
	done, err := client.Send(ctx, signer, b)
	if err != nil {
		return nil, fmt.Errorf("make committee: %w", contract.Explain(err))
	}
	made, err := madeCommittee(done, p)
	return &founded{Committee: made, Package: old.Package.Original, OldID: &id}, err
}

func newCeremonyKeygen(verb string) *cobra.Command {
	s := &steps{verb: verb}
	cmd := &cobra.Command{
		Use:   "keygen --dir DIR",
		Short: "Draw a member's keys for one ceremony",
		Long: `Draws the key that shares are encrypted to and the key that signs the member's
messages, and writes them to DIR, which is for one ceremony, in files that only
you can read. Keys are never replaced. Prints the public keys, which register
puts on chain. With --age-identity the files are sealed with age.

They are needed until the ceremony is done, and worth nothing afterwards; but
who has them and the messages can work out the member's share. Then destroy them.`,
		Example: fmt.Sprintf("  floe-oracle %s keygen --dir ceremony\n  floe-oracle %s keygen --dir ceremony --age-identity file:age.key", verb, verb),
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "dir"); err != nil {
				return err
			}
			id, err := s.identity(cmd.Context())
			if err != nil {
				return err
			}
			keys, err := ceremony.CreateKeys(s.dir, rand.Reader, id)
			if err != nil {
				return err
			}
			return report(cmd.OutOrStdout(), s.json, newDrawn(s, keys))
		},
	}
	s.flags(cmd.Flags(), "dir")
	jsonFlag(cmd.Flags(), &s.json)
	return cmd
}

// drawn is what keygen tells.
type drawn struct {
	EncryptionKey string `json:"encryption_key"`
	SigningKey    string `json:"signing_key"`
	Next          string `json:"next"`
}

func newDrawn(s *steps, keys *dkg.Keys) *drawn {
	m := keys.Member()
	return &drawn{fmt.Sprintf("0x%x", m.EncryptionKey), fmt.Sprintf("0x%x", m.SigningKey),
		s.next("register", "--node URL --committee ID --signer FILE --name NAME --url URL")}
}

func (d *drawn) tell(w io.Writer) {
	fmt.Fprintf(w, "encryption key  %s\nsigning key     %s\nnext            %s\n", d.EncryptionKey, d.SigningKey, d.Next)
}
