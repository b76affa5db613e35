package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A relocation moves an independent key server to another address.
type relocation struct {
	node, server, pkg, signer, url string
	json                           bool
}

func newServerURL() *cobra.Command {
	var r relocation
	cmd := &cobra.Command{
		Use:   "update-url --node URL --key-server ID --signer FILE --url URL",
		Short: "Move a key server to another address",
		Long: `Changes the address that the chain shows for a key server, where clients ask from
then on. Key and id stay, and with them all that was encrypted to it. The signer is the
account that registered it. Requires gas. Serve at both addresses until clients have
noticed: those that run read the chain once.

The member of a committee moves with floe-oracle dkg update-url.`,
		Example: "  floe-oracle update-url --node NODE --key-server 0x5e… --signer sui.keystore --url https://new.example.org",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "node", "key-server", "signer", "url"); err != nil {
				return err
			}
			if err := checkURL(r.url); err != nil {
				return err
			}
			did, err := r.run(cmd.Context())
			if err != nil {
				return err
			}
			return report(cmd.OutOrStdout(), r.json, did)
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.node, "node", "", nodeFlag)
	f.StringVar(&r.server, "key-server", "", "id of the KeyServer object")
	f.StringVar(&r.pkg, "package", "", "id of the key_server package, newest version (default: its first)")
	f.StringVar(&r.signer, "signer", "", "key file of the account that owns the registration (a Sui keystore; its first key signs)")
	f.StringVar(&r.url, "url", "", "address at which clients reach the server")
	jsonFlag(f, &r.json)
	return cmd
}

// relocated is what update-url tells.
type relocated struct {
	ObjectID sui.Address `json:"key_server_object_id"`
	From     string      `json:"from"`
	URL      string      `json:"url"`
}

func (r *relocated) tell(w io.Writer) { fmt.Fprintf(w, "%s is at %s\n", r.ObjectID, r.URL) }

func (r *relocation) run(ctx context.Context) (*relocated, error) {
	id, err := sui.ParseAddress(r.server)
	if err != nil {
		return nil, usageError{fmt.Errorf("flag --key-server: %w", err)}
	}
	signer, err := firstKey(r.signer)
	if err != nil {
		return nil, err
	}
	client, err := dialNode(ctx, r.node)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	before, err := seal.LoadKeyServer(ctx, client, id)
	if err != nil {
		return nil, err
	}
	if before.Committee != nil {
		return nil, fmt.Errorf("key server %s is a committee: its members move with floe-oracle dkg update-url", id)
	}
	p, err := r.packages(ctx, client, id, signer.Address())
	if err != nil {
		return nil, err
	}
	b := sui.NewBuilder()
	contract.UpdateKeyServer(b, p, id, r.url)
	if _, err := client.Send(ctx, signer, b); err != nil {
		return nil, fmt.Errorf("move key server: %w", contract.Explain(err))
	}
	return &relocated{id, before.URL, r.url}, nil
}

// packages is where the contract is, found by the object, which the owner has to own.
func (r *relocation) packages(ctx context.Context, client *suirpc.Client, id, owner sui.Address) (contract.Packages, error) {
	o, err := client.Object(ctx, id)
	if err != nil {
		return contract.Packages{}, err
	}
	if o.Owner.Kind != sui.OwnerAddress || o.Owner.Address != owner {
		return contract.Packages{}, fmt.Errorf("key server %s is not the account's of --signer, %s", id, owner)
	}
	p := contract.Package{Original: o.Type().Address, Latest: o.Type().Address}
	if r.pkg != "" {
		if p.Latest, err = sui.ParseAddress(r.pkg); err != nil {
			return contract.Packages{}, usageError{fmt.Errorf("flag --package: %w", err)}
		}
	}
	return contract.Packages{KeyServer: p}, nil
}
