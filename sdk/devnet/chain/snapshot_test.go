package chain

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/checkpointfile"
)

// A snapshot of a chain that works on is the chain at some checkpoint; the copy
// goes on from there.
func TestSnapshotAndRestore(t *testing.T) {
	c := openTest(t, t.TempDir(), newTestClock())
	defer c.Close()
	_, addr := serveTest(t, c)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := c.pay(t.Context(), sui.Address{1}); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	before := c.Head().Sequence
	res, err := http.Get("http://" + addr + SnapshotPath)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	close(stop)
	<-stopped
	after := c.Head().Sequence

	dir := filepath.Join(t.TempDir(), "copy")
	if err := Restore(dir, bytes.NewReader(raw)); err != nil {
		t.Fatal(err)
	}
	twin := openTest(t, dir, newTestClock())
	defer twin.Close()
	if head := twin.Head().Sequence; twin.ID() != c.ID() || head < before || head > after {
		t.Errorf("copy is of %s at %d; want %s between %d and %d", twin.ID(), head, c.ID(), before, after)
	}
	askFaucet(t, twin, sui.Address{2})
	checkChain(t, twin)

	if err := Restore(dir, bytes.NewReader(raw)); err == nil {
		t.Error("restored over a chain")
	}
	for _, n := range []int{0, 10, len(snapshotMagic), len(raw) / 2, len(raw) - 1} {
		dir := t.TempDir()
		if err := Restore(dir, bytes.NewReader(raw[:n])); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrForeign) {
			t.Errorf("restore of %d bytes: %v", n, err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("restore of %d bytes leaves %s", n, left[0].Name())
		}
	}
	flipped := bytes.Clone(raw)
	flipped[len(raw)/2] ^= 1
	if err := Restore(t.TempDir(), bytes.NewReader(flipped)); !errors.Is(err, ErrDamaged) {
		t.Errorf("restore of a damaged snapshot: %v", err)
	}
}

func TestSnapshotOfClosedChain(t *testing.T) {
	dir := t.TempDir()
	c := openTest(t, dir, newTestClock())
	askFaucet(t, c, sui.Address{1})
	head := c.Head()
	var buf bytes.Buffer
	if err := SnapshotDir(dir, &buf); !errors.Is(err, ErrInUse) {
		t.Errorf("snapshot of an open chain's directory: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	buf.Reset()
	if err := SnapshotDir(dir, &buf); err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	if err := Restore(other, &buf); err != nil {
		t.Fatal(err)
	}
	twin := openTest(t, other, newTestClock())
	defer twin.Close()
	if now := twin.Head(); now.Digest() != head.Digest() {
		t.Errorf("copy is at %d, the chain was at %d", now.Sequence, head.Sequence)
	}
	if err := SnapshotDir(t.TempDir(), &buf); err == nil {
		t.Error("snapshot of an empty directory")
	}
}

// The files of a directory hold what a verifier needs: digests that follow from
// the bytes, objects of every version that the effects name.
func TestExportCheckpoints(t *testing.T) {
	c := openTest(t, t.TempDir(), newTestClock())
	defer c.Close()
	dir := t.TempDir()
	askFaucet(t, c, sui.Address{1})
	for _, ends := range []string{"[]", "[3]"} { // the second time adds what is new
		askFaucet(t, c, sui.Address{1})
		if err := c.ExportCheckpoints(t.Context(), dir, 0, false); err != nil {
			t.Fatal(err)
		}
		if list, err := os.ReadFile(filepath.Join(dir, checkpointfile.EpochsName)); err != nil || string(list) != ends {
			t.Errorf("epochs end with %s, %v; want %s", list, err, ends)
		}
		if _, err := c.AdvanceEpoch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.ExportCheckpoints(t.Context(), dir, 0, false); err != nil {
		t.Fatal(err)
	}
	for seq := range c.Head().Sequence + 1 {
		raw, err := os.ReadFile(filepath.Join(dir, checkpointfile.Name(seq)))
		if err != nil {
			t.Fatal(err)
		}
		cp, err := checkpointfile.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		var summary sui.CheckpointSummary
		var contents sui.CheckpointContents
		if err := errors.Join(bcs.Unmarshal(cp.Summary.Bcs.Value, &summary), bcs.Unmarshal(cp.Contents.Bcs.Value, &contents)); err != nil {
			t.Fatal(err)
		}
		committee, err := c.Committee(summary.Epoch)
		if err != nil {
			t.Fatal(err)
		}
		sig := CheckpointSignature{Epoch: summary.Epoch, Signature: cp.Signature.Signature, Signers: []int{0, 1, 2, 3}}
		if err := committee.Verify(&summary, sig); err != nil || summary.Sequence != seq || contents.Digest() != summary.ContentDigest {
			t.Errorf("checkpoint %d: %v", seq, err)
		}
		objects := map[sui.Digest]bool{}
		for _, o := range cp.Objects.Objects {
			var obj sui.Object
			if err := bcs.Unmarshal(o.Bcs.Value, &obj); err != nil {
				t.Fatal(err)
			}
			objects[obj.Digest()] = true
		}
		for i, tx := range cp.Transactions {
			var data sui.TransactionData
			var effects sui.TransactionEffects
			if err := errors.Join(bcs.Unmarshal(tx.Transaction.Bcs.Value, &data), bcs.Unmarshal(tx.Effects.Bcs.Value, &effects)); err != nil {
				t.Fatal(err)
			}
			if data.Digest() != contents.Transactions[i].Transaction || effects.Digest() != contents.Transactions[i].Effects {
				t.Errorf("checkpoint %d: transaction %d does not fit the contents", seq, i)
			}
			for _, changed := range effects.Changed {
				if changed.Output == sui.StateExist && !objects[changed.OutputDigest] {
					t.Errorf("checkpoint %d: object %s is not in the file", seq, changed.ID)
				}
			}
		}
	}
}
