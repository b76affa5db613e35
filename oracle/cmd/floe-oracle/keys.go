package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/secret"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// spareKeys is how many keys are shown for clients to come.
const spareKeys = 10

// publicKey is the public half of a client's key.
type publicKey struct {
	Client    string       `json:"client,omitempty"` // "" for a key that no client has yet
	Index     *uint64      `json:"derivation_index,omitempty"`
	ObjectID  *sui.Address `json:"key_server_object_id,omitempty"`
	PublicKey string       `json:"public_key,omitempty"` // "" of a key that was exported
}

func newKeys() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "keys --config FILE",
		Short: "Show the public keys of a server's clients, and those for new clients",
		Long: `Prints, for a permissioned server, the public key of each client and the next
` + fmt.Sprint(spareKeys) + ` keys that no client has. To add a client: register its KeyServer object with the
first of them, add it to client_configs with the number, and send the server
SIGHUP. Does not use the network.`,
		Example: "  floe-oracle keys --config oracle.yaml",
		Args:    noArguments,
	}
	withConfig(cmd, func(cmd *cobra.Command, _ []string, c *config) error {
		if c.ServerMode.Permissioned == nil {
			return errors.New("the server is not permissioned: it has one key, which floe-oracle keygen printed")
		}
		s, err := c.secrets(cmd.Context())
		if err != nil {
			return err
		}
		keys, err := c.publicKeys(cmd.Context(), s)
		if err != nil {
			return err
		}
		return report(cmd.OutOrStdout(), asJSON, &keyList{keys})
	})
	jsonFlag(cmd.Flags(), &asJSON)
	return cmd
}

// keyList is what keys tells, and keygen of a permissioned server.
type keyList struct {
	Keys []publicKey `json:"keys"`
}

func (l *keyList) tell(w io.Writer) {
	for _, k := range l.Keys {
		fmt.Fprintln(w, k)
	}
}

// hexKey is how public keys are shown.
func hexKey(k seal.PublicKey) string { return fmt.Sprintf("0x%x", k.Bytes()) }

func (k publicKey) String() string {
	index, name, public := "imported", k.Client, k.PublicKey
	if k.Index != nil {
		index = fmt.Sprint(*k.Index)
	}
	if name == "" {
		name = "(free)"
	}
	if public == "" {
		public = "exported"
	}
	return fmt.Sprintf("%-8s  %-16s  %s", index, name, public)
}

// publicKeys returns the clients' keys and the next ones.
func (c *config) publicKeys(ctx context.Context, s *secrets) (out []publicKey, err error) {
	m := c.ServerMode.Permissioned
	keys, err := c.clientKeys(ctx, s)
	if err != nil {
		return nil, err
	}
	for i := range m.Clients {
		cl := &m.Clients[i]
		k := publicKey{Client: cl.Name, ObjectID: &cl.ObjectID}
		if index, ok := cl.Key.index(); ok {
			k.Index = &index
		}
		if keys[i] != nil {
			k.PublicKey = hexKey(keys[i].PublicKey())
		}
		out = append(out, k)
	}
	next := m.nextIndex()
	seed, err := c.seed(ctx, s.age)
	if errors.Is(err, secret.ErrMissing) && next == 0 {
		return out, nil // all keys are imported
	}
	if err != nil {
		return nil, err
	}
	spare, err := derivedKeys(seed, next)
	return append(out, spare...), err
}

// derivedKeys are the next public keys that no client has, from a number on.
func derivedKeys(seed []byte, next uint64) (out []publicKey, err error) {
	for i := next; i < next+spareKeys; i++ {
		key, err := seal.DeriveMasterKey(seed, i)
		if err != nil {
			return nil, err
		}
		out = append(out, publicKey{Index: &i, PublicKey: hexKey(key.PublicKey())})
	}
	return out, nil
}
