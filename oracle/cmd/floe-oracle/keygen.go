package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/secret"
	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/receipt"
)

func newKeygen() *cobra.Command {
	var dir, place string
	var permissioned, member, asJSON bool
	cmd := &cobra.Command{
		Use:   "keygen --dir DIR",
		Short: "Make the keys of a key server",
		Long: `Draws a master key and a key that signs receipts, writes them to DIR in files
that only you can read, and prints the public key. Keys are never replaced.
DIR/jwks.json is public: what receipts and their log are verified with.

With --permissioned, the master key is a seed that the keys of clients are
derived from, and the first ` + fmt.Sprint(spareKeys) + ` public keys are printed with their numbers.

With --member, only the key that signs receipts is made: the share of a
committee's key comes from floe-oracle dkg.

With --seal, the files are sealed with age, by the identity (as age-keygen
writes it) or the passphrase that stands in a file or an environment variable;
the server reads it from the place that age_identity names. Keys that are not
sealed yet: floe-oracle seal-keys.

Keep a copy of DIR/master.key in a safe place: data that is encrypted to this
server needs it.`,
		Example: "  floe-oracle keygen --dir keys\n  floe-oracle keygen --dir keys --permissioned --seal file:age.key",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "dir"); err != nil {
				return err
			}
			id, err := ageIdentity(cmd.Context(), "seal", place)
			if err != nil {
				return err
			}
			made := &generated{Dir: dir}
			if member {
				err = made.member(cmd.ErrOrStderr(), id)
			} else {
				err = made.all(cmd.ErrOrStderr(), id, permissioned)
			}
			if err != nil {
				return err
			}
			return report(cmd.OutOrStdout(), asJSON, made)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "directory for the keys")
	cmd.Flags().StringVar(&place, "seal", "", "seal the files with age: file:PATH or env:NAME of the identity or passphrase")
	cmd.Flags().BoolVar(&permissioned, "permissioned", false, "the master key is the seed of clients' keys")
	cmd.Flags().BoolVar(&member, "member", false, "no master key: for a member of a committee")
	cmd.MarkFlagsMutuallyExclusive("permissioned", "member")
	jsonFlag(cmd.Flags(), &asJSON)
	return cmd
}

// generated is what keygen tells. All of it is public.
type generated struct {
	Dir        string      `json:"dir"`
	PublicKey  string      `json:"public_key,omitempty"` // of an open server
	Clients    []publicKey `json:"keys,omitempty"`       // of a permissioned server's first clients
	ReceiptKey string      `json:"jwks"`                 // file with the public key of receipts
}

func (g *generated) tell(w io.Writer) {
	(&keyList{g.Clients}).tell(w)
	if g.PublicKey != "" {
		fmt.Fprintln(w, g.PublicKey)
	}
}

// all makes the keys of a server that is no member of a committee.
func (g *generated) all(notes io.Writer, id *secret.Identity, permissioned bool) error {
	keys, err := keyserver.CreateKeys(g.Dir, rand.Reader, id)
	if err != nil {
		return err
	}
	if err := g.publish(keys.Receipt); err != nil {
		return err
	}
	fmt.Fprintf(notes, "floe-oracle: wrote keys to %s; what is printed is public\n", g.Dir)
	if permissioned {
		g.Clients, err = derivedKeys(keys.Master.Bytes(), 0)
		return err
	}
	g.PublicKey = hexKey(keys.Master.PublicKey())
	return nil
}

// member makes what a committee's member needs beside its share.
func (g *generated) member(notes io.Writer, id *secret.Identity) error {
	key, err := keyserver.CreateReceiptKey(g.Dir, rand.Reader, id)
	if err != nil {
		return err
	}
	fmt.Fprintf(notes, "floe-oracle: wrote the key of receipts to %s; the share comes from floe-oracle dkg process --key-dir %s\n", g.Dir, g.Dir)
	return g.publish(key)
}

// publish writes the public key of receipts.
func (g *generated) publish(key ed25519.PrivateKey) error {
	g.ReceiptKey = filepath.Join(g.Dir, "jwks.json")
	b, err := json.Marshal(receipt.NewKeySet(key.Public().(ed25519.PublicKey)))
	if err == nil {
		err = durable.WriteFile(g.ReceiptKey, append(b, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("write public keys: %w", err)
	}
	return nil
}

// ageIdentity reads the identity that a flag names, nil if it is empty.
func ageIdentity(ctx context.Context, flag, value string) (*secret.Identity, error) {
	if value == "" {
		return nil, nil
	}
	from, err := secret.ParseSource(value)
	if err != nil {
		return nil, usageError{fmt.Errorf("flag --%s: %w", flag, err)}
	}
	return secret.LoadIdentity(ctx, from)
}

func newSealKeys() *cobra.Command {
	var dir, place string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "seal-keys --dir DIR --seal PLACE",
		Short: "Seal the keys of a server at rest with age",
		Long: `Replaces the key files in DIR (*.key) by the same keys, sealed with age, by the
identity or the passphrase that stands at PLACE. Each is opened again before it
replaces the open one; files that are sealed already are left alone. The disk
may keep the old content: for secrets that must never have been on it, make
keys with keygen --seal.`,
		Example: "  age-keygen -o /media/usb/age.key\n  floe-oracle seal-keys --dir keys --seal file:/media/usb/age.key",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "dir", "seal"); err != nil {
				return err
			}
			id, err := ageIdentity(cmd.Context(), "seal", place)
			if err != nil {
				return err
			}
			done, err := sealKeys(dir, id)
			return errors.Join(err, report(cmd.OutOrStdout(), asJSON, &done))
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "directory of the keys")
	cmd.Flags().StringVar(&place, "seal", "", "file:PATH or env:NAME of the age identity or passphrase")
	jsonFlag(cmd.Flags(), &asJSON)
	return cmd
}

// sealing is what seal-keys did.
type sealing struct {
	Sealed []string `json:"sealed"`
	Before []string `json:"sealed_before"`
}

func (s *sealing) tell(w io.Writer) {
	for _, p := range s.Sealed {
		fmt.Fprintf(w, "%s is sealed now\n", p)
	}
	for _, p := range s.Before {
		fmt.Fprintf(w, "%s was sealed already\n", p)
	}
}

func sealKeys(dir string, id *secret.Identity) (done sealing, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.key"))
	if err == nil && len(paths) == 0 {
		err = fmt.Errorf("%s has no key files", dir)
	}
	if err != nil {
		return done, err
	}
	for _, p := range paths {
		err := secret.SealFile(p, id)
		switch {
		case errors.Is(err, secret.ErrSealed):
			done.Before = append(done.Before, p)
		case err != nil:
			return done, err
		default:
			done.Sealed = append(done.Sealed, p)
		}
	}
	return done, nil
}
