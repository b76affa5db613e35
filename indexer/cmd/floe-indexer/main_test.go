package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/floe-data/floe/indexer/postgres"
	"github.com/floe-data/floe/indexer/postgres/pgtest"
	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"floe-indexer": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(e *testscript.Env) error {
		e.Setenv(postgres.EnvURL, "")
		return nil
	}})
}

// lines is a log that can be read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }

func (l *lines) find(re *regexp.Regexp) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := re.FindSubmatch(l.b.Bytes()); m != nil {
		return string(m[1])
	}
	return ""
}

// The program from configuration file to status, and stopped by its context.
func TestRunAndStatus(t *testing.T) {
	t.Cleanup(func() { // runs after the schema's
		if err := pgtest.Stop(); err != nil {
			t.Error(err)
		}
	})
	node := suirpctest.Start(t)
	node.Append(1)
	last := node.Append(2)
	database, schema := pgtest.Schema(t)
	t.Setenv(postgres.EnvURL, database) // the file names none
	config := filepath.Join(t.TempDir(), "indexer.yaml")
	text := fmt.Sprintf("schema: %s\nnode_url: %s\npackages:\n  storage: [\"0x1\"]\nlisten: 127.0.0.1:0\nreceipt_interval: 10ms\n", schema, node.URL)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log := &lines{}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		cmd := command(log, log)
		cmd.SetArgs([]string{"run", "--config", config})
		ended <- cmd.ExecuteContext(ctx)
	}()
	address := regexp.MustCompile(`msg=serving address=(\S+)`)
	var got struct {
		Watermark *struct{ Checkpoint uint64 }
	}
	for deadline := time.Now().Add(30 * time.Second); got.Watermark == nil || got.Watermark.Checkpoint < last; {
		select {
		case err := <-ended:
			t.Fatalf("run ends: %v\n%s", err, log.b.String())
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("status is %+v", got)
		}
		at := log.find(address)
		if at == "" {
			continue
		}
		var out bytes.Buffer
		cmd := command(&out, &out)
		cmd.SetArgs([]string{"status", "--url", "http://" + at})
		if err := cmd.ExecuteContext(ctx); err != nil {
			continue // no database yet
		}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("%v in %s", err, out.String())
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run, interrupted: %v", err)
	}
}
