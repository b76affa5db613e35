package e2e

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/floe-data/floe/scripts/localnet"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A publish that is stopped in any stage goes on where it stopped: the second
// run finishes it, and there is one dataset, not two.
func TestPublishResumes(t *testing.T) {
	net, err := localnet.Start(t.Context(), localnet.Config{Dir: t.TempDir(), Nodes: 4, Shards: 10, NoIndex: true})
	if err != nil {
		t.Fatalf("start network: %v", err)
	}
	defer func() {
		if err := net.Close(); err != nil {
			t.Errorf("close network: %v", err)
		}
	}()
	for _, stage := range []string{"policy", "encrypt", "register", "store", "certify"} {
		t.Run(stage, func(t *testing.T) {
			env := newEnv(t, net, "resume-"+stage)
			dir := t.TempDir()
			for _, name := range []string{"a", "b"} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(stage+name), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			ctx, stop := context.WithCancel(t.Context())
			env.Progress = func(p dataset.Progress) {
				if p.Stage == stage {
					stop()
				}
			}
			if _, err := dataset.Publish(ctx, env, dir, dataset.PublishOptions{Name: stage}); !errors.Is(err, context.Canceled) {
				t.Fatalf("stopped publish: got %v", err)
			}
			env.Progress = nil
			p, err := dataset.Publish(t.Context(), env, dir, dataset.PublishOptions{Name: stage})
			if err != nil {
				t.Fatalf("resumed publish: %v", err)
			}
			// Stopped before the first transaction there is nothing to resume.
			if p.Resumed != (stage != "policy") || p.Version != 1 {
				t.Errorf("resumed publish = %+v", p)
			}
			caps, err := env.Chain.OwnedObjects(t.Context(), env.Signer.Address(), dataset.Packages(net.Network).DatasetCapType())
			if err != nil || len(caps) != 1 {
				t.Errorf("owner has %d datasets, %v; want 1", len(caps), err)
			}
			opened, err := dataset.Open(t.Context(), env, p.Dataset, filepath.Join(t.TempDir(), "out"), dataset.OpenOptions{})
			if err != nil || len(opened.Files) != 2 {
				t.Errorf("open: %+v, %v", opened, err)
			}
			if left, err := os.ReadDir(filepath.Join(env.State, "publish")); err != nil || len(left) != 0 {
				t.Errorf("journal is left behind: %v, %v", left, err)
			}
		})
	}
}

func newEnv(t *testing.T, net *localnet.Net, name string) *dataset.Env {
	t.Helper()
	k, _, err := net.Account(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := suirpc.Dial(t.Context(), net.Network.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { chain.Close() })
	return &dataset.Env{Network: net.Network, Chain: chain, Signer: k, HTTP: &http.Client{}, State: t.TempDir(), Rand: rand.Reader}
}
