package retention

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// victim names the folder in which this program, started anew, prunes until it is
// killed.
const victim = "FLOE_PRUNE_VICTIM"

func TestMain(m *testing.M) {
	dir := os.Getenv(victim)
	if dir == "" {
		os.Exit(m.Run())
	}
	f := fixture{dir: dir, n: 6}
	if _, err := Run(context.Background(), f.config(2, true)); err != nil {
		panic(err)
	}
}

// Killed at any time, it has taken nothing that should stay, and said of all that it
// took that it did; done again, it takes the rest. FLOE_PRUNE_KILLS is how often it is
// killed (5).
func TestKill9(t *testing.T) {
	kills := 5
	if s := os.Getenv("FLOE_PRUNE_KILLS"); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	r, whole := rand.New(rand.NewPCG(7, 7)), start(t)
	states := map[string]int{}
	slowest := 100 * time.Millisecond
	for range kills {
		f := &fixture{t: t, dir: t.TempDir(), n: whole.n}
		if err := os.CopyFS(f.dir, os.DirFS(whole.dir)); err != nil {
			t.Fatal(err)
		}
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), victim+"="+f.dir)
		begin := time.Now()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(time.Duration(r.Int64N(int64(slowest))), func() { c.Process.Kill() })
		if err := c.Wait(); err == nil {
			kill.Stop()
			slowest = min(slowest, time.Since(begin)+time.Millisecond) // so that most kills come in time
		} else if !strings.Contains(err.Error(), "killed") {
			t.Fatal(err)
		}
		said, err := Load(f.dir, key, issuer)
		if err != nil {
			t.Fatal(err)
		}
		left, err := filepath.Glob(filepath.Join(f.dir, "evidence", ".*"))
		if err != nil {
			t.Fatal(err)
		}
		at := f.states()
		if at != "+-++++" && at != "p-+p++" {
			t.Fatalf("after a kill: %s", at)
		}
		switch {
		case at == "p-+p++":
			at = "done"
		case len(left) > 0:
			at = "writing"
		case len(said) > 0:
			at = "signed"
		default:
			at = "nothing done"
		}
		states[at]++
		if _, err := Run(t.Context(), f.config(2, true)); err != nil {
			t.Fatal(err)
		}
		if at := f.states(); at != "p-+p++" {
			t.Fatalf("done again: %s", at)
		}
	}
	t.Logf("found after a kill: %v", states)
}
