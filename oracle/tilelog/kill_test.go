package tilelog

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
)

// victimDir names the directory of a process that is to be killed.
const victimDir = "FLOE_TILELOG_VICTIM"

// TestVictim is that process: it says which receipts it has promised.
func TestVictim(t *testing.T) {
	dir := os.Getenv(victimDir)
	if dir == "" {
		t.Skip("run by TestLogSurvivesKill")
	}
	j := openJournal(t, dir)
	openLog(t, filepath.Join(dir, DirName), j, nil)
	var out sync.Mutex
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for {
				c := &receipt.Claims{Decision: receipt.Refuse, Reason: &receipt.Reason{Code: "x"}}
				e, err := j.Write(t.Context(), c, nil, nil, nil)
				if err != nil {
					t.Error(err)
					return
				}
				out.Lock()
				fmt.Printf("%d %s\n", e.Receipt().Sequence, e.Receipt().Hash)
				out.Unlock()
			}
		})
	}
	wait.Wait()
}

// A process is killed while it writes receipts and its log grows. What it had
// promised is in the journal, gets into the log, and the log that was seen is
// the beginning of the one that goes on.
func TestLogSurvivesKill(t *testing.T) {
	dir := t.TempDir()
	promised := map[uint64]string{}
	for _, n := range []int{1, 40, 300, 1000, 2000} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestVictim$", "-test.v=false")
		cmd.Env = append(os.Environ(), victimDir+"="+dir)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		for i := 0; lines.Scan(); i++ {
			if i == n {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			var sequence uint64
			var hash string
			if _, err := fmt.Sscanf(lines.Text(), "%d %s", &sequence, &hash); err == nil && len(hash) == 43 {
				promised[sequence] = hash
			}
		}
		cmd.Wait()
		checkRestart(t, dir, promised)
	}
	if len(promised) < 3000 {
		t.Errorf("%d receipts were promised", len(promised))
	}
}

func checkRestart(t *testing.T, dir string, promised map[uint64]string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, DirName, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	j := openJournal(t, dir)
	defer j.Close()
	l := openLog(t, filepath.Join(dir, DirName), j, nil)
	defer l.Close()
	seen, err := l.verify.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	jwts, err := j.Read(0, int(j.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for sequence, hash := range promised {
		if sequence > uint64(len(jwts)) || receipt.HashOf(jwts[sequence-1]).String() != hash {
			t.Fatalf("receipt %d was promised and is lost", sequence)
		}
	}
	untilPublished(t, l, j.Len())
	checkLog(t, l, j)
	c, err := l.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := logproof.CheckGrowth(t.Context(), l.Tile, seen.Checkpoint, c.Checkpoint); err != nil {
		t.Error(err)
	}
	t.Logf("%d receipts, %d of them promised; %d were in the log", j.Len(), len(promised), seen.Size)
}
