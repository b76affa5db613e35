package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

type registration struct {
	dir, age, public, name, url, node, pkg, signer string
	json                                           bool
}

func newRegister() *cobra.Command {
	var r registration
	cmd := &cobra.Command{
		Use:   "register --dir DIR --name NAME --url URL --node URL --package ID --signer FILE",
		Short: "Register a key server on chain",
		Long: `Creates the KeyServer object on chain, which shows name, URL and public key of
the server, and prints its id. It belongs to the signer. Requires gas. The key is
that in DIR, or for a client of a permissioned server the one that keygen
--permissioned or keys printed, given with --public-key.`,
		Example: `  floe-oracle register --dir keys --name alice --url https://keys.example.org \
      --node https://fullnode.testnet.sui.io:443 --package 0x... --signer sui.keystore`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "name", "url", "node", "package", "signer"); err != nil {
				return err
			}
			made, err := r.run(cmd.Context())
			if err != nil {
				return err
			}
			return report(cmd.OutOrStdout(), r.json, made)
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.dir, "dir", "", "directory of the keys")
	f.StringVar(&r.age, "age-identity", "", "file:PATH or env:NAME of what the keys are sealed with")
	f.StringVar(&r.public, "public-key", "", "public key to register instead of that of DIR, in hex")
	f.StringVar(&r.name, "name", "", "name of the server")
	f.StringVar(&r.url, "url", "", "address at which clients reach the server")
	f.StringVar(&r.node, "node", "", nodeFlag)
	f.StringVar(&r.pkg, "package", "", "id of the key_server package")
	f.StringVar(&r.signer, "signer", "", "key file of the account that owns the registration (a Sui keystore; its first key signs)")
	jsonFlag(cmd.Flags(), &r.json)
	return cmd
}

// enrolled is what register tells.
type enrolled struct {
	ObjectID  sui.Address `json:"key_server_object_id"`
	Owner     sui.Address `json:"owner"`
	Name      string      `json:"name"`
	URL       string      `json:"url"`
	PublicKey string      `json:"public_key"`
}

func (e *enrolled) tell(w io.Writer) { fmt.Fprintln(w, e.ObjectID) }

func (r *registration) run(ctx context.Context) (*enrolled, error) {
	pkg, err := sui.ParseAddress(r.pkg)
	if err != nil {
		return nil, usageError{fmt.Errorf("flag --package: %w", err)}
	}
	if err := checkURL(r.url); err != nil {
		return nil, err
	}
	public, err := r.publicKey(ctx)
	if err != nil {
		return nil, err
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
	p := contract.Packages{KeyServer: contract.Package{Original: pkg, Latest: pkg}}
	b := sui.NewBuilder()
	contract.RegisterKeyServer(b, p, r.name, r.url, public.Bytes())
	ex, err := client.Send(ctx, signer, b)
	if err != nil {
		return nil, fmt.Errorf("register key server: %w", contract.Explain(err))
	}
	id, err := registered(ex)
	if err != nil {
		return nil, err
	}
	return &enrolled{id, signer.Address(), r.name, r.url, hexKey(public)}, nil
}

// publicKey returns the key to register.
func (r *registration) publicKey(ctx context.Context) (seal.PublicKey, error) {
	if (r.public == "") == (r.dir == "") {
		return seal.PublicKey{}, usageError{errors.New("give one of --dir and --public-key")}
	}
	if r.public != "" {
		b, err := hex.DecodeString(strings.TrimPrefix(r.public, "0x"))
		if err != nil {
			return seal.PublicKey{}, usageError{fmt.Errorf("flag --public-key: %w", err)}
		}
		return seal.ParsePublicKey(b)
	}
	id, err := ageIdentity(ctx, "age-identity", r.age)
	if err != nil {
		return seal.PublicKey{}, err
	}
	keys, err := keyserver.LoadKeys(ctx, r.dir, id)
	if err != nil {
		return seal.PublicKey{}, err
	}
	return keys.Master.PublicKey(), nil
}

// registered finds the new object's id in the events.
func registered(ex *suirpc.Executed) (sui.Address, error) {
	for _, ev := range ex.Events {
		// Any version of the package may have emitted it.
		p := contract.Packages{KeyServer: contract.Package{Original: ev.Type.Address}}
		if v, err := contract.DecodeEvent(ev, p); err == nil {
			if r, ok := v.(*contract.KeyServerRegistered); ok {
				return r.KeyServerID, nil
			}
		}
	}
	return sui.Address{}, errors.New("register key server: the transaction succeeded but names no new key server")
}
