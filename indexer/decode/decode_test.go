package decode

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

func id(b byte) sui.Address { return sui.Address{31: b} }

func packages() Packages {
	return Packages{Storage: []sui.Address{id(1), id(5)}, Catalog: []sui.Address{id(2)}, Access: []sui.Address{id(3)}, KeyServer: []sui.Address{id(4)}}
}

// vectors are made by npm @mysten/bcs: sdk/contract/testdata/vectors.mjs.
func vectors(t testing.TB) map[string][]byte {
	t.Helper()
	raw, err := os.ReadFile("../../sdk/contract/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]string
	if err := json.Unmarshal(raw, &texts); err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for name, s := range texts {
		if out[name], err = hex.DecodeString(s); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func event(pkg byte, module, name string, contents []byte) sui.Event {
	return sui.Event{Type: sui.StructTag{Address: id(pkg), Module: module, Name: name}, Contents: contents}
}

func TestCheckpoint(t *testing.T) {
	v := vectors(t)
	granted := v["AccessGranted"]
	cp := &suirpc.Checkpoint{Sequence: 7, Epoch: 2, TimestampMS: 1_234, Digest: sui.Digest{9}, Transactions: []suirpc.CheckpointTx{
		{Digest: sui.Digest{1}, Events: []sui.Event{event(9, "policy_events", "AccessGranted", granted), event(3, "policy_events", "AccessGranted", granted)}},
		{Digest: sui.Digest{2}, Events: []sui.Event{
			event(3, "policy", "AccessGranted", granted),            // another module
			event(2, "policy_events", "AccessGranted", granted),     // another contract
			event(5, "events", "BlobCertified", v["BlobCertified"]), // of a second defining id
			event(3, "policy_events", "AccessGranted", granted[1:]),
			event(3, "policy_events", "AccessGranted", append(granted[:64:64], 0)),
		}},
	}}
	rows, err := New(packages()).Checkpoint(cp)
	if err != nil {
		t.Fatal(err)
	}
	if rows.Sequence != 7 || rows.Epoch != 2 || !rows.Time.Equal(time.UnixMilli(1_234)) || rows.Digest != (sui.Digest{9}) {
		t.Errorf("rows are of checkpoint %+v", rows)
	}
	want := []struct {
		tx, seq int32
		typed   bool
		problem string
	}{{0, 1, true, ""}, {1, 0, false, ""}, {1, 1, false, ""}, {1, 2, true, ""}, {1, 3, false, "ends too early"}, {1, 4, false, "bytes remain"}}
	if len(rows.Events) != len(want) {
		t.Fatalf("%d events, want %d", len(rows.Events), len(want))
	}
	for i, w := range want {
		e := rows.Events[i]
		if e.TxIndex != w.tx || e.Sequence != w.seq || e.TxDigest != cp.Transactions[w.tx].Digest || (e.Typed != nil) != w.typed ||
			!strings.Contains(e.Problem, w.problem) || (e.Problem == "") != (w.problem == "") {
			t.Errorf("event %d is %+v, want %+v", i, e, w)
		}
	}
	if g, ok := rows.Events[0].Typed.(*contract.AccessGranted); !ok || g.PolicyID != id(0x61) || g.Member != id(0xb) {
		t.Errorf("grant is %+v", rows.Events[0].Typed)
	}
}

func TestCheckpointOutOfRange(t *testing.T) {
	for _, cp := range []suirpc.Checkpoint{{Sequence: math.MaxInt64 + 1}, {Epoch: math.MaxUint64}, {TimestampMS: math.MaxInt64}} {
		if _, err := New(packages()).Checkpoint(&cp); err == nil {
			t.Errorf("checkpoint %+v is accepted", cp)
		}
	}
}

func TestPackageIDs(t *testing.T) {
	p := packages()
	p.Catalog = append(p.Catalog, id(1))
	got := p.IDs()
	if len(got) != 5 || got[0] != id(1) || got[4] != id(5) {
		t.Errorf("ids are %v, want 1 to 5", got)
	}
}

// FuzzCheckpoint: whatever an event holds, it becomes a row, typed, or raw with
// the reason.
func FuzzCheckpoint(f *testing.F) {
	names := []string{"CommitteeChanged", "BlobRegistered", "BlobCertified", "DatasetCreated", "VersionPublished", "PolicyCreated", "AccessGranted",
		"AccessRevoked", "KeyServerRegistered", "KeyServerUpdated"}
	for i, name := range names {
		f.Add(byte(i), vectors(f)[name])
	}
	owner := []byte{1, 1, 1, 2, 2, 3, 3, 3, 4, 4}
	modules := slices.Repeat([]string{"events"}, len(names))
	for i := 5; i < 8; i++ {
		modules[i] = "policy_events"
	}
	d := New(packages())
	f.Fuzz(func(t *testing.T, which byte, contents []byte) {
		i := int(which) % len(names)
		cp := &suirpc.Checkpoint{Transactions: []suirpc.CheckpointTx{{Events: []sui.Event{event(owner[i], modules[i], names[i], contents)}}}}
		rows, err := d.Checkpoint(cp)
		if err != nil || len(rows.Events) != 1 {
			t.Fatalf("%v, %d events", err, len(rows.Events))
		}
		if e := rows.Events[0]; (e.Typed == nil) == (e.Problem == "") {
			t.Fatalf("typed %v with problem %q", e.Typed, e.Problem)
		}
	})
}
