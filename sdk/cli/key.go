package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

func (a *app) key() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Make, list and import the keys that you act with",
		Long: `Keys stand in a file that only you can read, in the format of Sui's own keystore
(a JSON array), so ~/.sui/sui_config/sui.keystore works too: floe --keystore FILE.`,
	}
	cmd.AddCommand(a.keyNew(), a.keyList(), a.keyImport(), a.keySession())
	return cmd
}

func (a *app) keyNew() *cobra.Command {
	return &cobra.Command{
		Use:     "new",
		Short:   "Make an Ed25519 key and add it to the keystore",
		Example: "  floe key new",
		Args:    exactArgs(),
		RunE: func(*cobra.Command, []string) error {
			k, err := sui.GenerateKey(sui.Ed25519, rand.Reader)
			if err != nil {
				return fmt.Errorf("make key: %w", err)
			}
			return a.addKey(k, "made")
		},
	}
}

func (a *app) keyImport() *cobra.Command {
	return &cobra.Command{
		Use:     "import",
		Short:   "Add a key from standard input (suiprivkey1… or base64) to the keystore",
		Long:    "import reads one key from standard input, never from the command line, where others could see it.",
		Example: "  floe key import < exported-key.txt",
		Args:    exactArgs(),
		RunE: func(*cobra.Command, []string) error {
			b, err := io.ReadAll(io.LimitReader(a.In, 4096))
			if err != nil {
				return fmt.Errorf("read key: %w", err)
			}
			k, err := sui.ParsePrivateKey(strings.TrimSpace(string(b)))
			if err != nil {
				return fmt.Errorf("read key from standard input: %w", err)
			}
			return a.addKey(k, "imported")
		},
	}
}

func (a *app) addKey(k *sui.PrivateKey, verb string) error {
	keys, err := sui.LoadKeys(a.keystore)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, have := range keys {
		if have.Address() == k.Address() {
			return fmt.Errorf("add key: %s is in %s already", k.Address(), a.keystore)
		}
	}
	if err := os.MkdirAll(filepath.Dir(a.keystore), 0o700); err != nil {
		return fmt.Errorf("add key: %w", err)
	}
	if err := sui.SaveKeys(a.keystore, append(keys, k)); err != nil {
		return err
	}
	if a.json {
		a.print(map[string]any{"address": k.Address(), "keystore": a.keystore})
		return nil
	}
	a.say("%s %s", verb, k.Address())
	a.note("floe: kept in %s; back it up, nobody can restore it", a.keystore)
	return nil
}

func (a *app) keyList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the addresses of your keys",
		Example: "  floe key list --json",
		Args:    exactArgs(),
		RunE: func(*cobra.Command, []string) error {
			keys, err := a.keys()
			if err != nil {
				return err
			}
			type entry struct {
				Address sui.Address `json:"address"`
				Scheme  string      `json:"scheme"`
			}
			list := []entry{}
			for _, k := range keys {
				list = append(list, entry{k.Address(), k.PublicKey().Scheme.String()})
				a.say("%s  %s", k.Address(), k.PublicKey().Scheme)
			}
			if a.json {
				a.print(map[string]any{"keys": list, "keystore": a.keystore})
			}
			return nil
		},
	}
}

func (a *app) keys() ([]*sui.PrivateKey, error) {
	keys, err := sui.LoadKeys(a.keystore)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("load keys: %s does not exist; make a key with: floe key new", a.keystore)
	}
	if err == nil && len(keys) == 0 {
		return nil, fmt.Errorf("load keys: %s holds none; make one with: floe key new", a.keystore)
	}
	return keys, err
}

// signer is the key to act with.
func (a *app) signer() (*sui.PrivateKey, error) {
	keys, err := a.keys()
	if err != nil {
		return nil, err
	}
	if a.as == "" {
		return keys[0], nil
	}
	want, err := address(a.as, "--as")
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if k.Address() == want {
			return k, nil
		}
	}
	return nil, fmt.Errorf("load keys: %s has no key for %s; see: floe key list", a.keystore, want)
}

// env connects to the network to act with a key.
func (a *app) env(ctx context.Context) (*dataset.Env, func(), error) {
	k, err := a.signer()
	if err != nil {
		return nil, nil, err
	}
	env, done, err := a.reader(ctx)
	if err != nil {
		return nil, nil, err
	}
	env.Signer = k
	return env, done, nil
}

// reader connects to the network to read only.
func (a *app) reader(ctx context.Context) (*dataset.Env, func(), error) {
	n, chain, err := a.connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	env := &dataset.Env{
		Network: n, Chain: chain, State: filepath.Join(a.home, "state"), Rand: rand.Reader,
		HTTP: &http.Client{Transport: transport, Timeout: 5 * time.Minute},
	}
	return env, func() { closeQuietly(chain); transport.CloseIdleConnections() }, nil
}

// closeQuietly closes a connection that was only read from.
func closeQuietly(c *suirpc.Client) { _ = c.Close() }

// openPrivate opens a file that holds a secret and refuses it when others can
// read it.
func openPrivate(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = fmt.Errorf("%s can be read by others (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
