package cli

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/floe-data/floe/sdk/canonical"
	"github.com/floe-data/floe/sdk/dataset"
)

// account is what the flags say about a service account.
type account struct{ tokenFile, sessionFile string }

func (s *account) flags(f *pflag.FlagSet) {
	f.StringVar(&s.tokenFile, "token-file", "", "file with the token (JWT) of a service account, in place of a key (env FLOE_TOKEN: the token itself); --as says its address")
	f.StringVar(&s.sessionFile, "session-key", "", "file with the session key that the token names, from floe key session")
}

// accountEnv is env for a service account, if there is a token, or else env.
func (a *app) accountEnv(ctx context.Context, s account) (*dataset.Env, func(), error) {
	token, err := s.token(a.Getenv("FLOE_TOKEN"))
	if err != nil {
		return nil, nil, err
	}
	if token == "" {
		if s.sessionFile != "" {
			return nil, nil, errors.New("--session-key belongs to a token: give --token-file too")
		}
		return a.env(ctx)
	}
	if a.as == "" {
		return nil, nil, errors.New("a token does not say who it stands for: give the address with --as")
	}
	signer := &dataset.ServiceAccount{Token: token}
	if signer.ID, err = address(a.as, "--as"); err != nil {
		return nil, nil, err
	}
	if s.sessionFile != "" {
		if signer.Session, err = readSessionKey(s.sessionFile); err != nil {
			return nil, nil, err
		}
	}
	env, done, err := a.reader(ctx)
	if err != nil {
		return nil, nil, err
	}
	env.Signer = signer
	return env, done, nil
}

func (s *account) token(fromEnv string) (string, error) {
	if s.tokenFile == "" {
		return fromEnv, nil
	}
	b, err := readPrivate(s.tokenFile)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	if strings.TrimSpace(string(b)) == "" {
		return "", fmt.Errorf("read token: %s is empty", s.tokenFile)
	}
	return string(b), nil
}

func (a *app) keySession() *cobra.Command {
	return &cobra.Command{
		Use:   "session FILE",
		Short: "Make a session key for a service account, and print its thumbprint",
		Long: `session makes an Ed25519 key in a file that only you can read, unless it is there
already, and prints its thumbprint (RFC 7638). A machine without a wallet asks its
identity provider for a token that names the thumbprint: in the claim cnf, as
{"jkt": THUMBPRINT}, or in the audience, as AUDIENCE#THUMBPRINT. Then nobody who
sees the token, a key server among them, can use it without the key.`,
		Example: `  floe key session session.key
  floe open 0x1f… -o data --as 0x0b… --token-file token.jwt --session-key session.key`,
		Args: exactArgs("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			key, err := readSessionKey(args[0])
			if errors.Is(err, os.ErrNotExist) {
				key, err = makeSessionKey(args[0])
			}
			if err != nil {
				return err
			}
			print := canonical.Thumbprint(key.Public().(ed25519.PublicKey))
			if a.json {
				a.print(map[string]any{"file": args[0], "thumbprint": print})
				return nil
			}
			a.say("%s", print)
			return nil
		},
	}
}

func makeSessionKey(path string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make session key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make session key: %w", err)
	}
	_, err = fmt.Fprintf(f, "0x%s\n", hex.EncodeToString(key.Seed()))
	return key, errors.Join(err, f.Close())
}

func readSessionKey(path string) (ed25519.PrivateKey, error) {
	b, err := readPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("read session key: %w", err)
	}
	seed, err := hex.DecodeString(strings.TrimPrefix(strings.TrimSpace(string(b)), "0x"))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("read session key: %s holds none: make one with: floe key session FILE", path)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// readPrivate reads a small file that only the user can read.
func readPrivate(path string) ([]byte, error) {
	f, err := openPrivate(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 64<<10))
}
