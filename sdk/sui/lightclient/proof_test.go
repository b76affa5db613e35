package lightclient_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/lightclient"
	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
)

// at is the id 2n+1, so that even ones are free.
func at(n int) sui.Address { return sui.Address{31: byte(2*n + 1)} }

func free(n int) sui.Address { return sui.Address{31: byte(2 * n)} }

func treeOf(count int) (*lightclient.Objects, *sui.CheckpointSummary) {
	var refs []sui.ObjectRef
	for i := range count {
		refs = append(refs, sui.ObjectRef{ID: at(i), Version: uint64(i) + 1, Digest: sui.Digest{byte(i) ^ 0x42}})
	}
	o := lightclient.NewObjects(refs)
	return o, &sui.CheckpointSummary{Commitments: [][]byte{o.Commitment()}}
}

// Every object of trees of many sizes is proven to be there, and everything
// between to be absent; no proof shows anything else.
func TestProofs(t *testing.T) {
	for count := range 20 {
		o, s := treeOf(count)
		for i := range count {
			p, err := o.Prove(at(i))
			if err != nil {
				t.Fatal(err)
			}
			for j := range count {
				ref, _ := o.Find(at(j))
				if err := p.Verify(s, &ref); (err == nil) != (i == j) || err != nil && !errors.Is(err, lightclient.ErrBadProof) {
					t.Errorf("%d objects: proof of %d shows %d: %v", count, i, j, err)
				}
			}
			if _, err := o.ProveAbsence(at(i)); err == nil {
				t.Errorf("%d objects: %d is proven absent", count, i)
			}
		}
		for i := range count + 1 {
			p, err := o.ProveAbsence(free(i))
			if err != nil {
				t.Fatal(err)
			}
			for j := range 2*count + 3 {
				id := sui.Address{31: byte(j)}
				_, there := o.Find(id)
				between := j == 2*i || !there && j > 2*count && i == count // past the end all are alike
				if err := p.Verify(s, id); (err == nil) != between || err != nil && !errors.Is(err, lightclient.ErrBadProof) {
					t.Errorf("%d objects: absence at %d of %d: %v", count, i, j, err)
				}
			}
		}
	}
}

// neighbour is an honest neighbour of a tree.
func neighbour(t *testing.T, o *lightclient.Objects, i int) *lightclient.Neighbour {
	t.Helper()
	p, err := o.Prove(at(i))
	if err != nil {
		t.Fatal(err)
	}
	ref, _ := o.Find(at(i))
	return &lightclient.Neighbour{Ref: ref, Path: p.Path}
}

// Neighbours that are honest each by itself, but not next to each other, hide
// the objects between them.
func TestForgedAbsence(t *testing.T) {
	o, s := treeOf(11)
	root := o.Root()
	n := func(i int) *lightclient.Neighbour { return neighbour(t, o, i) }
	moved := n(5)
	moved.Ref.ID = at(6)
	for name, tt := range map[string]struct {
		id    sui.Address
		proof lightclient.AbsenceProof
	}{
		"one object between":          {at(5), lightclient.AbsenceProof{Index: 5, Left: n(4), Right: n(6), Root: root}},
		"the same, counted from left": {at(5), lightclient.AbsenceProof{Index: 6, Left: n(4), Right: n(6), Root: root}},
		"no neighbour to the right":   {at(5), lightclient.AbsenceProof{Index: 5, Left: n(4), Root: root}},
		"the last hides behind one":   {at(10), lightclient.AbsenceProof{Index: 10, Left: n(9), Root: root}},
		"no neighbour to the left":    {at(5), lightclient.AbsenceProof{Index: 6, Right: n(6), Root: root}},
		"as if before the first":      {at(5), lightclient.AbsenceProof{Index: 0, Right: n(6), Root: root}},
		"the first is hidden":         {at(0), lightclient.AbsenceProof{Index: 0, Right: n(1), Root: root}},
		"no neighbours":               {at(5), lightclient.AbsenceProof{Index: 0, Root: root}},
		"an empty tree":               {at(5), lightclient.AbsenceProof{Index: 0}},
		"a neighbour moved":           {at(5), lightclient.AbsenceProof{Index: 5, Left: n(4), Right: moved, Root: root}},
		"sides exchanged":             {free(5), lightclient.AbsenceProof{Index: 5, Left: n(5), Right: n(4), Root: root}},
		"left at index 0":             {free(5), lightclient.AbsenceProof{Index: 0, Left: n(4), Right: n(5), Root: root}},
		"an index too far":            {free(5), lightclient.AbsenceProof{Index: 5 + 16, Left: n(4), Right: n(5), Root: root}},
	} {
		if err := tt.proof.Verify(s, tt.id); !errors.Is(err, lightclient.ErrBadProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
	honest := lightclient.AbsenceProof{Index: 5, Left: n(4), Right: n(5), Root: root}
	if err := honest.Verify(s, free(5)); err != nil {
		t.Error(err)
	}
	if err := honest.Verify(&sui.CheckpointSummary{}, free(5)); !errors.Is(err, lightclient.ErrBadProof) {
		t.Errorf("against a summary without a commitment: %v", err)
	}
	_, other := treeOf(12)
	if err := honest.Verify(other, free(5)); !errors.Is(err, lightclient.ErrBadProof) {
		t.Errorf("against another summary: %v", err)
	}
}

func (l *liar) ObjectProof(ctx context.Context, seq uint64, id sui.Address) (*rpcpb.GetCheckpointObjectProofResponse, error) {
	if l.swapped != nil {
		seq, id = l.swapped(seq, id)
	}
	out, err := l.Source.ObjectProof(ctx, seq, id)
	if err == nil && l.proof != nil {
		l.proof(out)
	}
	return out, err
}

// What a node's ProofService says is verified from the signature to the object.
func TestObjectState(t *testing.T) {
	tk := startTicker(t)
	tk.tick(1, 1)
	ticked := tk.chain.Head().Sequence
	if _, err := tk.chain.AdvanceEpoch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := tk.chain.AdvanceClock(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}

	client := lightclient.New(tk.source, tk.committee())
	const published = 1 // the checkpoint whose transaction smashed all coins into one
	var spent sui.Address
	cp, err := client.Checkpoint(t.Context(), published)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cp.Effects[0].Changed {
		if c.Operation == sui.IDDeleted {
			spent = c.ID
		}
	}
	state := func(seq uint64, id sui.Address) *lightclient.ObjectState {
		t.Helper()
		s, err := client.ObjectState(t.Context(), seq, id)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := state(ticked, sui.AccumulatorRoot); !s.Modified || s.Object.ID() != sui.AccumulatorRoot || s.Object.Digest() != s.Ref.Digest || s.Summary.Sequence != ticked {
		t.Errorf("a modified object: %+v", s)
	}
	if s := state(published, spent); !s.Modified || s.Object != nil || s.Ref.Digest != sui.DigestDeleted {
		t.Errorf("a deleted object: %+v", s)
	}
	if s := state(0, sui.Framework); !s.Modified || s.Object.Package == nil {
		t.Errorf("a package: %+v", s)
	}
	for _, id := range []sui.Address{{}, sui.ClockID, {31: 9}, bytesID(0xff)} {
		if s := state(published, id); s.Modified || s.Object != nil {
			t.Errorf("an object that was not modified: %+v", s)
		}
	}

	inclusion := func(f func(*rpcpb.OcsInclusionProof)) func(*rpcpb.GetCheckpointObjectProofResponse) {
		return func(r *rpcpb.GetCheckpointObjectProofResponse) { f(r.GetInclusion()) }
	}
	bad := lightclient.ErrBadProof
	for _, tt := range []struct {
		name string
		id   sui.Address
		liar liar
		want error
	}{
		{"nothing", sui.AccumulatorRoot, liar{}, nil},
		{"the summary", sui.AccumulatorRoot, liar{proof: func(r *rpcpb.GetCheckpointObjectProofResponse) { r.CheckpointSummary[20]++ }}, lightclient.ErrBadSignature},
		{"another checkpoint", sui.AccumulatorRoot, liar{swapped: func(seq uint64, id sui.Address) (uint64, sui.Address) { return 0, id }}, bad},
		{"another object", sui.AccumulatorRoot, liar{swapped: func(seq uint64, _ sui.Address) (uint64, sui.Address) { return seq, tk.gasCoin() }}, bad},
		{"absence of another object", sui.AccumulatorRoot, liar{swapped: func(seq uint64, _ sui.Address) (uint64, sui.Address) { return seq, sui.ClockID }}, bad},
		{"the version", sui.AccumulatorRoot, liar{proof: inclusion(func(p *rpcpb.OcsInclusionProof) { p.ObjectRef.Version = proto.Uint64(9) })}, bad},
		{"the index", sui.AccumulatorRoot, liar{proof: inclusion(func(p *rpcpb.OcsInclusionProof) { p.LeafIndex = proto.Uint64(p.GetLeafIndex() ^ 1) })}, bad},
		{"the path", sui.AccumulatorRoot, liar{proof: inclusion(func(p *rpcpb.OcsInclusionProof) { p.MerkleProof.Path = p.MerkleProof.Path[1:] })}, bad},
		{"the root", sui.AccumulatorRoot, liar{proof: inclusion(func(p *rpcpb.OcsInclusionProof) { p.TreeRoot[3]++ })}, bad},
		{"the object", sui.AccumulatorRoot, liar{proof: inclusion(func(p *rpcpb.OcsInclusionProof) { p.ObjectData[len(p.ObjectData)-1]++ })}, bad},
		{"the object is kept back", sui.AccumulatorRoot, liar{proof: inclusion(func(p *rpcpb.OcsInclusionProof) { p.ObjectData = nil })}, bad},
	} {
		tt.liar.Source = tk.source
		if _, err := lightclient.New(&tt.liar, tk.committee()).ObjectState(t.Context(), ticked, tt.id); !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	for name, forge := range map[string]func(*rpcpb.GetCheckpointObjectProofResponse){
		"no proof":        func(r *rpcpb.GetCheckpointObjectProofResponse) { r.Proof = nil },
		"no summary":      func(r *rpcpb.GetCheckpointObjectProofResponse) { r.CheckpointSummary = nil },
		"a short root":    inclusion(func(p *rpcpb.OcsInclusionProof) { p.TreeRoot = p.TreeRoot[1:] }),
		"an empty node":   inclusion(func(p *rpcpb.OcsInclusionProof) { p.MerkleProof.Path[0] = &rpcpb.MerkleNode{} }),
		"a path too long": inclusion(func(p *rpcpb.OcsInclusionProof) { p.MerkleProof.Path = make([]*rpcpb.MerkleNode, 64) }),
		"no reference":    inclusion(func(p *rpcpb.OcsInclusionProof) { p.ObjectRef = nil }),
	} {
		l := &liar{Source: tk.source, proof: forge}
		if _, err := lightclient.New(l, tk.committee()).ObjectState(t.Context(), ticked, sui.AccumulatorRoot); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := client.ObjectState(t.Context(), 10_000, sui.ClockID); err == nil {
		t.Error("a checkpoint to come is proven")
	}
}

func bytesID(b byte) sui.Address { return sui.Address(bytes.Repeat([]byte{b}, 32)) }

// gasCoin is the coin that pays for ticks.
func (tk *ticker) gasCoin() sui.Address {
	tk.t.Helper()
	cp, err := lightclient.New(tk.source, tk.committee()).Checkpoint(tk.t.Context(), 2)
	if err != nil {
		tk.t.Fatal(err)
	}
	fx := cp.Effects[0]
	return fx.Changed[*fx.GasObject].ID
}
