package lightclient

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// A Client asks a source and verifies the answers. Safe for concurrent use.
type Client struct {
	source Source

	mu    sync.Mutex
	links []link // one for each epoch from the trusted committee's on
}

// New returns a client that trusts a committee, and those that follow from it:
// see [Client.Committee].
func New(source Source, committee Committee) *Client {
	return &Client{source: source, links: []link{{committee: committee}}}
}

// A Checkpoint is one that was verified: its transactions and objects are those
// that a quorum signed.
type Checkpoint struct {
	Summary sui.CheckpointSummary
	Effects []sui.TransactionEffects
	Objects *Objects
}

// Checkpoint fetches and verifies a checkpoint. Errors: [ErrBadSignature],
// [ErrBadProof], [ErrBadHandover] (wrapped), or those of the source.
func (c *Client) Checkpoint(ctx context.Context, sequence uint64) (*Checkpoint, error) {
	raw, err := c.source.Checkpoint(ctx, sequence)
	if err != nil {
		return nil, fmt.Errorf("fetch checkpoint %d: %w", sequence, err)
	}
	claimed, err := readSummary(raw)
	if err != nil {
		return nil, fmt.Errorf("verify checkpoint %d: %w", sequence, err)
	}
	l, err := c.link(ctx, claimed.Epoch)
	if err != nil {
		return nil, fmt.Errorf("verify checkpoint %d: %w", sequence, err)
	}
	out, err := VerifyCheckpoint(&l.committee, raw)
	if err != nil {
		return nil, fmt.Errorf("verify checkpoint %d: %w", sequence, err)
	}
	if out.Summary.Sequence != sequence {
		return nil, fmt.Errorf("verify checkpoint %d: the node answered with %d", sequence, out.Summary.Sequence)
	}
	if err := l.covers(sequence); err != nil {
		return nil, fmt.Errorf("verify checkpoint %d: %w", sequence, err)
	}
	return out, nil
}

// VerifyCheckpoint verifies a checkpoint in the form of the node's answer or of
// a checkpoint file: signature, contents, effects and modified objects.
func VerifyCheckpoint(committee *Committee, in *pb.Checkpoint) (*Checkpoint, error) {
	summary, err := verifySummary(committee, in)
	if err != nil {
		return nil, err
	}
	out := &Checkpoint{Summary: *summary}
	var contents sui.CheckpointContents
	if err := bcs.Unmarshal(in.GetContents().GetBcs().GetValue(), &contents); err != nil {
		return nil, fmt.Errorf("read contents: %w", err)
	}
	if contents.Digest() != out.Summary.ContentDigest || len(contents.Transactions) != len(in.Transactions) {
		return nil, fmt.Errorf("%w: contents are not those of the summary", ErrBadProof)
	}
	last := map[sui.Address]sui.ObjectRef{}
	for i, tx := range in.Transactions {
		var e sui.TransactionEffects
		if err := bcs.Unmarshal(tx.GetEffects().GetBcs().GetValue(), &e); err != nil {
			return nil, fmt.Errorf("read effects of transaction %d: %w", i, err)
		}
		if e.Digest() != contents.Transactions[i].Effects {
			return nil, fmt.Errorf("%w: effects of transaction %d are not those of the contents", ErrBadProof, i)
		}
		for _, ref := range Modified(&e) {
			last[ref.ID] = ref
		}
		out.Effects = append(out.Effects, e)
	}
	refs := make([]sui.ObjectRef, 0, len(last))
	for _, ref := range last {
		refs = append(refs, ref)
	}
	out.Objects = NewObjects(refs)
	return out, checkCommitment(&out.Summary, out.Objects.Root())
}

// VerifySummary verifies the summary of a checkpoint that came from elsewhere,
// with its signature as a node gives it. Errors are those of
// [Client.Checkpoint].
func (c *Client) VerifySummary(ctx context.Context, s *sui.CheckpointSummary, epoch uint64, signature, bitmap []byte) error {
	signers, err := parseRoaring(bitmap)
	if err != nil {
		return fmt.Errorf("verify checkpoint %d: %w: %w", s.Sequence, ErrBadSignature, err)
	}
	l, err := c.link(ctx, s.Epoch)
	if err == nil {
		err = l.verify(s, CheckpointSignature{Epoch: epoch, Signature: signature, Signers: signers})
	}
	if err == nil {
		err = l.covers(s.Sequence)
	}
	if err != nil {
		return fmt.Errorf("verify checkpoint %d: %w", s.Sequence, err)
	}
	return nil
}

// Object fetches an object as a verified checkpoint left it.
func (c *Client) Object(ctx context.Context, cp *Checkpoint, id sui.Address) (*sui.Object, error) {
	ref, ok := cp.Objects.Find(id)
	if !ok {
		return nil, fmt.Errorf("fetch object %s: checkpoint %d did not modify it", id, cp.Summary.Sequence)
	}
	raw, err := c.source.Object(ctx, id, ref.Version)
	if err != nil {
		return nil, fmt.Errorf("fetch object %s: %w", id, err)
	}
	obj := new(sui.Object)
	if err := bcs.Unmarshal(raw, obj); err != nil {
		return nil, fmt.Errorf("read object %s: %w", id, err)
	}
	if obj.Digest() != ref.Digest {
		return nil, fmt.Errorf("%w: object %s is not the one of checkpoint %d", ErrBadProof, id, cp.Summary.Sequence)
	}
	return obj, nil
}

// parseRoaring reads the signers of a checkpoint: a Roaring bitmap in its
// portable form, of at most one array container without runs, which is what
// fewer than 65,536 validators need.
func parseRoaring(b []byte) (out []int, err error) {
	const cookieNoRuns = 12346
	bad := errors.New("signers are not a Roaring bitmap of one array")
	le := binary.LittleEndian
	if len(b) < 8 || le.Uint32(b) != cookieNoRuns {
		return nil, bad
	}
	if le.Uint32(b[4:]) == 0 && len(b) == 8 {
		return nil, nil
	}
	if le.Uint32(b[4:]) != 1 || len(b) < 16 || le.Uint16(b[8:]) != 0 || le.Uint32(b[12:]) != 16 {
		return nil, bad
	}
	n := int(le.Uint16(b[10:])) + 1
	if n > 4096 || len(b) != 16+2*n {
		return nil, bad
	}
	for i := range n {
		out = append(out, int(le.Uint16(b[16+2*i:])))
	}
	return out, nil
}
