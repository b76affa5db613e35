package chain

import (
	"context"
	"fmt"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/lightclient"
	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
	"github.com/floe-data/floe/sdk/walrus"
)

// registerProofs serves sui.rpc.v2alpha.ProofService.
func (c *Chain) registerProofs(mux *http.ServeMux, opts connect.HandlerOption) {
	mux.Handle(rpcpb.GetObjectProof, connect.NewUnaryHandlerSimple(rpcpb.GetObjectProof, c.getObjectProof, opts))
}

// getObjectProof proves how a checkpoint left an object, or that it did not
// modify it.
func (c *Chain) getObjectProof(_ context.Context, req *rpcpb.GetCheckpointObjectProofRequest) (*rpcpb.GetCheckpointObjectProofResponse, error) {
	id, err := parseAddress("object_id", req.GetObjectId())
	if err != nil {
		return nil, invalid("%v", err)
	}
	if req.Checkpoint == nil {
		return nil, invalid("checkpoint is not set: name the checkpoint to prove the object in")
	}
	out := new(rpcpb.GetCheckpointObjectProofResponse)
	err = c.reading(func(r *renderer) error {
		rec, err := r.v.checkpoint(*req.Checkpoint)
		if err != nil {
			return err
		}
		objects, err := r.modified(rec)
		if err != nil {
			return err
		}
		out.CheckpointSummary = certified(rec)
		if _, ok := objects.Find(id); ok {
			return r.proveInclusion(out, objects, id)
		}
		return proveAbsence(out, objects, id)
	})
	return out, rpcError(err)
}

// modified are the objects that a checkpoint modified.
func (r *renderer) modified(rec *checkpointRecord) (*lightclient.Objects, error) {
	last := map[sui.Address]sui.ObjectRef{}
	for _, d := range rec.contents.Transactions {
		ex, err := r.load(d.Transaction)
		if err != nil {
			return nil, err
		}
		for _, ref := range lightclient.Modified(ex.effects) {
			last[ref.ID] = ref
		}
	}
	refs := make([]sui.ObjectRef, 0, len(last))
	for _, ref := range last {
		refs = append(refs, ref)
	}
	return lightclient.NewObjects(refs), nil
}

// certified is the BCS of a CertifiedCheckpointSummary: the summary, and epoch,
// signature and signers of the quorum.
func certified(rec *checkpointRecord) []byte {
	e := bcs.NewEncoder()
	e.Value(&rec.summary)
	e.U64(rec.signature.Epoch)
	e.Fixed(rec.signature.Signature)
	e.Bytes(roaring(rec.signature.Signers))
	return e.Data()
}

func (r *renderer) proveInclusion(out *rpcpb.GetCheckpointObjectProofResponse, objects *lightclient.Objects, id sui.Address) error {
	proof, err := objects.Prove(id)
	if err != nil {
		return err
	}
	ref, _ := objects.Find(id)
	inclusion := &rpcpb.OcsInclusionProof{
		ObjectRef: renderRef(ref), MerkleProof: renderPath(proof.Path), LeafIndex: ptr(proof.Index), TreeRoot: proof.Root[:],
	}
	if ref.Digest != sui.DigestDeleted && ref.Digest != sui.DigestWrapped {
		obj, err := r.v.objectAt(id, ref.Version)
		if err != nil {
			return fmt.Errorf("prove object: %w", err)
		}
		inclusion.ObjectData = bcs.Marshal(obj)
	}
	out.Proof = &rpcpb.GetCheckpointObjectProofResponse_Inclusion{Inclusion: inclusion}
	return nil
}

func proveAbsence(out *rpcpb.GetCheckpointObjectProofResponse, objects *lightclient.Objects, id sui.Address) error {
	proof, err := objects.ProveAbsence(id)
	if err != nil {
		return err
	}
	out.Proof = &rpcpb.GetCheckpointObjectProofResponse_NonInclusion{NonInclusion: &rpcpb.OcsNonInclusionProof{
		TreeRoot: proof.Root[:],
		NonInclusionProof: &rpcpb.MerkleNonInclusionProof{
			Index: ptr(proof.Index), LeftLeaf: renderNeighbour(proof.Left), RightLeaf: renderNeighbour(proof.Right),
		},
	}}
	return nil
}

func renderNeighbour(n *lightclient.Neighbour) *rpcpb.MerkleNeighbourLeaf {
	if n == nil {
		return nil
	}
	return &rpcpb.MerkleNeighbourLeaf{Leaf: renderRef(n.Ref), MerkleProof: renderPath(n.Path)}
}

func renderPath(path walrus.MerkleProof) *rpcpb.MerkleProof {
	out := new(rpcpb.MerkleProof)
	for i := range path {
		node := &rpcpb.MerkleNode{Node: &rpcpb.MerkleNode_Digest{Digest: path[i][:]}}
		if path[i] == (walrus.Hash{}) {
			node = &rpcpb.MerkleNode{Node: &rpcpb.MerkleNode_Empty{Empty: &emptypb.Empty{}}}
		}
		out.Path = append(out.Path, node)
	}
	return out
}
