package lightclient

import (
	"context"
	"errors"
	"fmt"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
	"github.com/floe-data/floe/sdk/walrus"
)

// An ObjectState is what a checkpoint did to an object, verified.
type ObjectState struct {
	Summary  sui.CheckpointSummary
	Modified bool          // false: not in this checkpoint; the object may exist all the same
	Ref      sui.ObjectRef // as the checkpoint left it; sui.DigestDeleted and sui.DigestWrapped tell that it is gone
	Object   *sui.Object   // nil when it was not modified or is gone
}

// ObjectState asks what a checkpoint did to an object and verifies the proof,
// without the other transactions of the checkpoint. Errors: [ErrBadSignature],
// [ErrBadProof], [ErrBadHandover] (wrapped), or those of the source.
func (c *Client) ObjectState(ctx context.Context, sequence uint64, id sui.Address) (*ObjectState, error) {
	raw, err := c.source.ObjectProof(ctx, sequence, id)
	if err != nil {
		return nil, fmt.Errorf("fetch proof of object %s: %w", id, err)
	}
	p, err := parseProof(raw)
	if err != nil {
		return nil, fmt.Errorf("read proof of object %s: %w", id, err)
	}
	l, err := c.link(ctx, p.summary.Epoch)
	if err != nil {
		return nil, fmt.Errorf("verify checkpoint %d: %w", sequence, err)
	}
	if err := l.verify(&p.summary, p.signature); err != nil {
		return nil, fmt.Errorf("verify checkpoint %d: %w", sequence, err)
	}
	if p.summary.Sequence != sequence {
		return nil, fmt.Errorf("%w: it is of checkpoint %d, not %d", ErrBadProof, p.summary.Sequence, sequence)
	}
	if err := l.covers(sequence); err != nil {
		return nil, fmt.Errorf("verify checkpoint %d: %w", sequence, err)
	}
	return p.state(id)
}

// objectProof is an answer of ProofService, parsed; one of inclusion and absence
// is set.
type objectProof struct {
	summary   sui.CheckpointSummary
	signature CheckpointSignature
	inclusion *Proof
	ref       sui.ObjectRef // of inclusion
	object    *sui.Object   // of inclusion, when it is not gone
	absence   *AbsenceProof
}

// state verifies the proof against the summary, which was verified.
func (p *objectProof) state(id sui.Address) (*ObjectState, error) {
	out := &ObjectState{Summary: p.summary}
	if p.absence != nil {
		return out, p.absence.Verify(&p.summary, id)
	}
	if p.ref.ID != id {
		return nil, fmt.Errorf("%w: it is of object %s, not %s", ErrBadProof, p.ref.ID, id)
	}
	if err := p.inclusion.Verify(&p.summary, &p.ref); err != nil {
		return nil, err
	}
	out.Modified, out.Ref, out.Object = true, p.ref, p.object
	gone := p.ref.Digest == sui.DigestDeleted || p.ref.Digest == sui.DigestWrapped
	if gone != (p.object == nil) || !gone && p.object.Digest() != p.ref.Digest {
		return nil, fmt.Errorf("%w: the data of object %s does not fit its digest", ErrBadProof, id)
	}
	return out, nil
}

// parseProof reads an answer of ProofService.
func parseProof(in *rpcpb.GetCheckpointObjectProofResponse) (*objectProof, error) {
	p := new(objectProof)
	d := bcs.NewDecoder(in.CheckpointSummary)
	d.Value(&p.summary)
	p.signature.Epoch, p.signature.Signature = d.U64(), append([]byte(nil), d.Fixed(48)...)
	bitmap := d.Bytes()
	err := d.Finish()
	if err != nil {
		return nil, fmt.Errorf("summary: %w", err)
	}
	if p.signature.Signers, err = parseRoaring(bitmap); err != nil {
		return nil, err
	}
	switch proof := in.Proof.(type) {
	case *rpcpb.GetCheckpointObjectProofResponse_Inclusion:
		return p, p.parseInclusion(proof.Inclusion)
	case *rpcpb.GetCheckpointObjectProofResponse_NonInclusion:
		return p, p.parseAbsence(proof.NonInclusion)
	}
	return nil, errors.New("there is none in the answer")
}

func (p *objectProof) parseInclusion(in *rpcpb.OcsInclusionProof) (err error) {
	p.inclusion = &Proof{Index: in.GetLeafIndex()}
	if p.ref, err = parseRef(in.GetObjectRef()); err != nil {
		return err
	}
	if p.inclusion.Path, err = parsePath(in.GetMerkleProof()); err != nil {
		return err
	}
	if p.inclusion.Root, err = parseHash(in.GetTreeRoot()); err != nil || in.ObjectData == nil {
		return err
	}
	p.object = new(sui.Object)
	if err := bcs.Unmarshal(in.ObjectData, p.object); err != nil {
		return fmt.Errorf("object: %w", err)
	}
	return nil
}

func (p *objectProof) parseAbsence(in *rpcpb.OcsNonInclusionProof) (err error) {
	proof := in.GetNonInclusionProof()
	p.absence = &AbsenceProof{Index: proof.GetIndex()}
	if p.absence.Root, err = parseHash(in.GetTreeRoot()); err != nil {
		return err
	}
	if p.absence.Left, err = parseNeighbour(proof.GetLeftLeaf()); err != nil {
		return err
	}
	p.absence.Right, err = parseNeighbour(proof.GetRightLeaf())
	return err
}

func parseNeighbour(in *rpcpb.MerkleNeighbourLeaf) (*Neighbour, error) {
	if in == nil {
		return nil, nil
	}
	ref, err := parseRef(in.GetLeaf())
	if err != nil {
		return nil, err
	}
	path, err := parsePath(in.GetMerkleProof())
	return &Neighbour{ref, path}, err
}

// maxPath bounds the depth of a tree.
const maxPath = 63

func parsePath(in *rpcpb.MerkleProof) (walrus.MerkleProof, error) {
	if len(in.GetPath()) > maxPath {
		return nil, fmt.Errorf("path of %d nodes, more than %d", len(in.GetPath()), maxPath)
	}
	var out walrus.MerkleProof
	for _, node := range in.GetPath() {
		var h walrus.Hash
		var err error
		switch node := node.GetNode().(type) {
		case *rpcpb.MerkleNode_Empty:
		case *rpcpb.MerkleNode_Digest:
			h, err = parseHash(node.Digest)
		default:
			err = errors.New("node of a path without a value")
		}
		if err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

func parseHash(b []byte) (h [32]byte, err error) {
	if len(b) != len(h) {
		return h, fmt.Errorf("digest of %d bytes, want %d", len(b), len(h))
	}
	return [32]byte(b), nil
}

func parseRef(in *pb.ObjectReference) (ref sui.ObjectRef, err error) {
	if ref.ID, err = sui.ParseAddress(in.GetObjectId()); err != nil {
		return ref, fmt.Errorf("object reference: %w", err)
	}
	if ref.Digest, err = sui.ParseDigest(in.GetDigest()); err != nil {
		return ref, fmt.Errorf("object reference: %w", err)
	}
	ref.Version = in.GetVersion()
	return ref, nil
}
