package contract_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// rfc6962 are the roots and proofs of a log of 20 leaves, computed by
// github.com/transparency-dev/merkle; leaf i is the text "inference i".
type rfc6962 struct {
	Roots     []string // of the first n leaves
	Inclusion []struct {
		Index, Size uint64
		Proof       []string
	}
	Consistency []struct {
		Old, New uint64
		Proof    []string
	}
}

func readRFC6962(t *testing.T) *rfc6962 {
	t.Helper()
	raw, err := os.ReadFile("testdata/rfc6962.json")
	if err != nil {
		t.Fatal(err)
	}
	v := new(rfc6962)
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatal(err)
	}
	if len(v.Roots) != 21 || len(v.Inclusion) != 210 || len(v.Consistency) != 190 {
		t.Fatalf("%d roots, %d and %d proofs", len(v.Roots), len(v.Inclusion), len(v.Consistency))
	}
	return v
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func hashes(t *testing.T, proof []string) [][]byte {
	out := [][]byte{}
	for _, h := range proof {
		out = append(out, unhex(t, h))
	}
	return out
}

func (v *rfc6962) root(t *testing.T, size uint64) [32]byte { return [32]byte(unhex(t, v.Roots[size])) }

func leaf(i uint64) []byte { return fmt.Appendf(nil, "inference %d", i) }

func (c *chain) newLog() *contract.LogCreated {
	c.t.Helper()
	return one[contract.LogCreated](c.t, c.run(owner, func(b *sui.Builder) {
		contract.CreateLog(b, c.p, "answers", owner.address, sui.Address{}, sui.Address{}, nil)
	}))
}

func (c *chain) commit(l *contract.LogCreated, size uint64, root [32]byte, proof [][]byte) func(b *sui.Builder) {
	return func(b *sui.Builder) { contract.CommitLog(b, c.p, l.LogID, l.CapID, size, root, proof) }
}

// TestLogConsistency takes a new log from each size to each larger one.
func TestLogConsistency(t *testing.T) {
	c, v := newWorld(t), readRFC6962(t)
	for _, p := range v.Consistency {
		proof, l := hashes(t, p.Proof), c.newLog()
		first := one[contract.LogCommitted](t, c.run(owner, c.commit(l, p.Old, v.root(t, p.Old), nil)))
		if first.PreviousSize != 0 || first.TreeSize != p.Old {
			t.Fatalf("got %+v", first)
		}
		for i := range proof {
			spoilt := append([][]byte{}, proof...)
			spoilt[i] = flip(proof[i], i)
			c.refuse(owner, "inference_log", "EInconsistent", c.commit(l, p.New, v.root(t, p.New), spoilt))
		}
		c.refuse(owner, "inference_log", "EInconsistent", c.commit(l, p.New, v.root(t, p.New), proof[:len(proof)-1]))
		c.refuse(owner, "inference_log", "EInconsistent", c.commit(l, p.New, v.root(t, p.New), append(append([][]byte{}, proof...), proof[0])))
		c.refuse(owner, "inference_log", "EInconsistent", c.commit(l, p.New, v.root(t, p.Old), proof))
		if got := one[contract.LogCommitted](t, c.run(owner, c.commit(l, p.New, v.root(t, p.New), proof))); got.PreviousSize != p.Old || got.TreeSize != p.New {
			t.Fatalf("got %+v", got)
		}
	}
}

// TestLogInclusion opens each leaf of each size.
func TestLogInclusion(t *testing.T) {
	c, v := newWorld(t), readRFC6962(t)
	logs := map[uint64]*contract.LogCreated{}
	for _, p := range v.Inclusion {
		if logs[p.Size] == nil {
			logs[p.Size] = c.newLog()
			c.run(owner, c.commit(logs[p.Size], p.Size, v.root(t, p.Size), nil))
		}
		open := func(index uint64, leaf []byte, proof [][]byte) func(b *sui.Builder) {
			return func(b *sui.Builder) { contract.OpenLeaf(b, c.p, logs[p.Size].LogID, index, leaf, proof) }
		}
		proof := hashes(t, p.Proof)
		got := one[contract.LeafOpened](t, c.run(stranger, open(p.Index, leaf(p.Index), proof)))
		if got.Index != p.Index || got.TreeSize != p.Size || len(got.LeafHash) != 32 {
			t.Fatalf("got %+v", got)
		}
		c.refuse(stranger, "inference_log", "ENotIncluded", open(p.Index, leaf(p.Index+1), proof))
		c.refuse(stranger, "inference_log", "ENotIncluded", open(p.Size, leaf(p.Index), proof))
		c.refuse(stranger, "inference_log", "ENotIncluded", open(p.Index, leaf(p.Index), append(proof, make([]byte, 32))))
		if p.Size > 1 {
			c.refuse(stranger, "inference_log", "ENotIncluded", open((p.Index+1)%p.Size, leaf(p.Index), proof))
			c.refuse(stranger, "inference_log", "ENotIncluded", open(p.Index, leaf(p.Index), proof[1:]))
		}
	}
}

func TestLogOfService(t *testing.T) {
	c := newCatalog(t)
	model := c.derive(terms())
	made := terms(model)
	made.Kind = contract.KindService
	service := c.derive(made)
	create := func(v, cap sui.Address) func(b *sui.Builder) {
		return func(b *sui.Builder) {
			contract.CreateLog(b, c.p, "answers", owner.address, c.made.CatalogLineage, cap, &v)
		}
	}
	got := one[contract.LogCreated](t, c.run(owner, create(service.VersionID, c.dataset.CapID)))
	if got.Name != "answers" || *got.Service != service.VersionID {
		t.Errorf("got %+v", got)
	}
	c.refuse(owner, "inference_log", "ENotAService", create(model.VersionID, c.dataset.CapID))
	c.refuse(owner, "inference_log", "ENotOwner", create(service.VersionID, c.newDataset("other").CapID))
}
