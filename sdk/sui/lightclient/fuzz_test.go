package lightclient

import (
	"testing"

	"google.golang.org/protobuf/proto"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
)

// FuzzObjectProof: whatever a node answers is read and checked within bounds,
// and nothing passes for an object that is not asked for.
func FuzzObjectProof(f *testing.F) {
	refs := []sui.ObjectRef{{ID: sui.Address{1}, Digest: sui.DigestDeleted}, {ID: sui.Address{3}}, {ID: sui.Address{5}}}
	o := NewObjects(refs)
	s := &sui.CheckpointSummary{Commitments: [][]byte{o.Commitment()}}
	e := bcs.NewEncoder()
	e.Value(s)
	e.U64(0)
	e.Fixed(make([]byte, 48))
	e.Bytes([]byte{0x3a, 0x30, 0, 0, 0, 0, 0, 0})
	inclusion, err := o.Prove(refs[0].ID)
	if err != nil {
		f.Fatal(err)
	}
	wire := &rpcpb.MerkleProof{}
	for _, h := range inclusion.Path {
		wire.Path = append(wire.Path, &rpcpb.MerkleNode{Node: &rpcpb.MerkleNode_Digest{Digest: h[:]}})
	}
	leaf := &pb.ObjectReference{ObjectId: proto.String(refs[0].ID.String()), Version: proto.Uint64(0), Digest: proto.String(refs[0].Digest.String())}
	for _, msg := range []*rpcpb.GetCheckpointObjectProofResponse{
		{CheckpointSummary: e.Data(), Proof: &rpcpb.GetCheckpointObjectProofResponse_Inclusion{Inclusion: &rpcpb.OcsInclusionProof{
			ObjectRef: leaf, MerkleProof: wire, LeafIndex: proto.Uint64(0), TreeRoot: inclusion.Root[:]}}},
		{CheckpointSummary: e.Data(), Proof: &rpcpb.GetCheckpointObjectProofResponse_NonInclusion{NonInclusion: &rpcpb.OcsNonInclusionProof{
			NonInclusionProof: &rpcpb.MerkleNonInclusionProof{Index: proto.Uint64(0), RightLeaf: &rpcpb.MerkleNeighbourLeaf{Leaf: leaf, MerkleProof: wire}}, TreeRoot: inclusion.Root[:]}}},
	} {
		raw, err := proto.Marshal(msg)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var msg rpcpb.GetCheckpointObjectProofResponse
		if proto.Unmarshal(raw, &msg) != nil {
			return
		}
		p, err := parseProof(&msg)
		if err != nil {
			return
		}
		p.summary = *s // as a client has it, verified
		for _, ref := range refs {
			if state, err := p.state(ref.ID); err == nil && (!state.Modified || state.Ref != ref) {
				t.Errorf("object %s passes as %+v", ref.ID, state)
			}
		}
		if state, err := p.state(sui.Address{4}); err == nil && state.Modified {
			t.Errorf("an object that is not there passes as %+v", state)
		}
	})
}
