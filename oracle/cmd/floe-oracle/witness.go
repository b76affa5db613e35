package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/witness"
	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

type witnessing struct {
	dir, name, listen string
	logs              []string
}

func newWitness() *cobra.Command {
	var w witnessing
	cmd := &cobra.Command{
		Use:   "witness --dir DIR --name NAME --log ID=JWKS...",
		Short: "Cosign the logs of key servers",
		Long: `Cosigns the checkpoints of key servers' logs, if each log grew from what was
cosigned before and nothing in it changed. Whoever demands the cosignatures of
witnesses that they trust cannot be shown another log than everybody else.

A log is given as the id of its KeyServer object and the file with its keys, as
the server publishes it at /.well-known/jwks.json. DIR holds the witness' key,
which is made if it is missing, and the newest checkpoint of each log. The first
line of output is the verifier key, for witness policies; the second the
address. Speaks tlog-witness of c2sp.org: POST /add-checkpoint.`,
		Example: "  floe-oracle witness --dir witness --name witness.example.org/w1 --listen 0.0.0.0:2025 --log 0x5e…=alice.jwks.json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "dir", "name"); err != nil {
				return err
			}
			if len(w.logs) == 0 {
				return usageError{errors.New("flag --log is needed: the logs to cosign, each as ID=JWKS")}
			}
			log := slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), nil))
			return w.run(cmd.Context(), log, func(line string) { fmt.Fprintln(cmd.OutOrStdout(), line) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&w.dir, "dir", "", "directory of the witness")
	f.StringVar(&w.name, "name", "", "name of the witness in signatures: a URL without its scheme")
	f.StringVar(&w.listen, "listen", "127.0.0.1:2025", "address to serve")
	f.StringArrayVar(&w.logs, "log", nil, "a log to cosign: ID=JWKS, the KeyServer object and a file with its keys; may be repeated")
	return cmd
}

func (w *witnessing) run(ctx context.Context, log *slog.Logger, say func(string)) error {
	logs, err := w.read()
	if err != nil {
		return err
	}
	key, err := witnessKey(ctx, w.dir)
	if err != nil {
		return err
	}
	server, err := witness.New(witness.Config{Name: w.name, Key: key, Dir: w.dir, Logs: logs, Log: log})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", w.listen)
	if err != nil {
		return fmt.Errorf("listen: %w; choose another address with --listen", err)
	}
	say(server.VerifierKey())
	say("http://" + l.Addr().String())
	s := &http.Server{Handler: server.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second}
	stop := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		s.Shutdown(ctx)
	})
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// read reads the keys of the logs.
func (w *witnessing) read() (out []*logproof.Log, err error) {
	for _, arg := range w.logs {
		id, path, ok := strings.Cut(arg, "=")
		server, err := sui.ParseAddress(id)
		if err != nil || !ok {
			return nil, usageError{fmt.Errorf("flag --log: %q is not ID=JWKS", arg)}
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read keys of log: %w", err)
		}
		keys, err := receipt.ParseKeySet(b)
		if err != nil {
			return nil, fmt.Errorf("read keys of log: %s: %w", path, err)
		}
		log, err := keys.Log(server)
		if err != nil {
			return nil, err
		}
		out = append(out, log)
	}
	return out, nil
}

// witnessKey loads the witness' key, or makes one.
func witnessKey(ctx context.Context, dir string) (ed25519.PrivateKey, error) {
	path := filepath.Join(dir, "witness.key")
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return keyserver.CreateSigningKey(path, rand.Reader)
	}
	return keyserver.LoadSigningKey(ctx, path, nil)
}
