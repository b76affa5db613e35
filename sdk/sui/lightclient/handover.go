package lightclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// ErrBadHandover says that an epoch does not follow from the committee that is
// trusted: its last checkpoint names no committee or a wrong one, or a
// checkpoint is not of the epoch that it claims.
var ErrBadHandover = errors.New("hand-over to the next committee is invalid")

// maxHandovers bounds how many epochs a client follows at once; Sui's last a
// day. A node could go on for ever.
const maxHandovers = 4096

// totalWeight is what the weights of a committee sum to.
const totalWeight = 10_000

// A link is a verified committee and the checkpoints that it signed.
type link struct {
	committee Committee
	keys      []bls12381.G2Affine // of the members; nil if they are not parsed
	first     uint64              // checkpoint of the epoch; 0 for the committee that was trusted at first
	ended     bool
	last      uint64 // checkpoint of the epoch, when it has ended
}

// Committee returns the committee of an epoch, not before the one that is
// trusted. It follows the hand-over: the last checkpoint of each epoch, signed
// by its committee, names the next. Keep the newest to begin with next time.
func (c *Client) Committee(ctx context.Context, epoch uint64) (Committee, error) {
	l, err := c.link(ctx, epoch)
	return l.committee, err
}

// link returns the link of an epoch, following the hand-over that far.
func (c *Client) link(ctx context.Context, epoch uint64) (link, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	oldest := c.links[0].committee.Epoch
	if epoch < oldest {
		return link{}, fmt.Errorf("find committee of epoch %d: the trusted one is of epoch %d: trust an older one", epoch, oldest)
	}
	if epoch-oldest > maxHandovers+uint64(len(c.links)) {
		return link{}, fmt.Errorf("find committee of epoch %d: the newest known is of epoch %d: trust a newer one", epoch, oldest+uint64(len(c.links))-1)
	}
	for uint64(len(c.links)) <= epoch-oldest {
		if err := c.follow(ctx); err != nil {
			return link{}, fmt.Errorf("find committee of epoch %d: %w", epoch, err)
		}
	}
	l := &c.links[epoch-oldest]
	if l.keys == nil {
		l.keys = l.committee.points()
	}
	return *l, nil
}

// verify is [Committee.Verify] with keys that were parsed before.
func (l *link) verify(summary *sui.CheckpointSummary, sig CheckpointSignature) error {
	if l.keys == nil {
		return l.committee.Verify(summary, sig)
	}
	return l.committee.verify(summary, sig, func(i int) (bls12381.G2Affine, error) { return l.keys[i], nil })
}

// follow adds the committee that comes after the newest known.
func (c *Client) follow(ctx context.Context) error {
	now := &c.links[len(c.links)-1]
	last, err := c.source.EpochEnd(ctx, now.committee.Epoch)
	if err != nil {
		return fmt.Errorf("ask for the end of epoch %d: %w", now.committee.Epoch, err)
	}
	raw, err := c.source.Checkpoint(ctx, last)
	if err != nil {
		return fmt.Errorf("fetch checkpoint %d: %w", last, err)
	}
	summary, err := verifySummary(&now.committee, raw)
	if err != nil {
		return fmt.Errorf("verify the end of epoch %d: %w", now.committee.Epoch, err)
	}
	if summary.Sequence != last || last < now.first {
		return fmt.Errorf("%w: epoch %d ends with checkpoint %d, the node says %d", ErrBadHandover, summary.Epoch, summary.Sequence, last)
	}
	next, err := NextCommittee(summary)
	if err != nil {
		return err
	}
	now.ended, now.last = true, last
	c.links = append(c.links, link{committee: *next, first: last + 1})
	return nil
}

// NextCommittee reads the committee of the next epoch from the summary of the
// last checkpoint of an epoch, which must have been verified.
func NextCommittee(s *sui.CheckpointSummary) (*Committee, error) {
	end, err := s.NextEpoch()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadHandover, err)
	}
	next := &Committee{Epoch: s.Epoch + 1}
	for _, v := range end.Committee {
		next.Members = append(next.Members, Member(v))
	}
	return next, next.check()
}

// check refuses a committee in which a validator votes twice, or whose weights
// do not sum to 10,000. Keys are checked when they verify.
func (c *Committee) check() error {
	var sum uint64
	for i, m := range c.Members {
		if m.Weight > totalWeight-sum {
			return fmt.Errorf("%w: the weights of epoch %d sum to more than %d", ErrBadHandover, c.Epoch, totalWeight)
		}
		sum += m.Weight
		if slices.ContainsFunc(c.Members[:i], func(o Member) bool { return bytes.Equal(o.PublicKey, m.PublicKey) }) {
			return fmt.Errorf("%w: validator %d of epoch %d is there twice", ErrBadHandover, i, c.Epoch)
		}
	}
	if sum != totalWeight {
		return fmt.Errorf("%w: the weights of epoch %d sum to %d, not %d", ErrBadHandover, c.Epoch, sum, totalWeight)
	}
	return nil
}

// covers demands that a checkpoint is one of those of the link's epoch.
func (l *link) covers(sequence uint64) error {
	if sequence < l.first || l.ended && sequence > l.last {
		return fmt.Errorf("%w: checkpoint %d is not of epoch %d", ErrBadHandover, sequence, l.committee.Epoch)
	}
	return nil
}

// readSummary reads the summary of a checkpoint as a node says it is.
func readSummary(in *pb.Checkpoint) (*sui.CheckpointSummary, error) {
	s := new(sui.CheckpointSummary)
	if err := bcs.Unmarshal(in.GetSummary().GetBcs().GetValue(), s); err != nil {
		return nil, fmt.Errorf("read summary: %w", err)
	}
	return s, nil
}

// verifySummary reads the summary of a checkpoint and verifies the signature.
func verifySummary(committee *Committee, in *pb.Checkpoint) (*sui.CheckpointSummary, error) {
	s, err := readSummary(in)
	if err != nil {
		return nil, err
	}
	signers, err := parseRoaring(in.GetSignature().GetBitmap())
	if err != nil {
		return nil, err
	}
	sig := CheckpointSignature{Epoch: in.GetSignature().GetEpoch(), Signature: in.GetSignature().GetSignature(), Signers: signers}
	return s, committee.Verify(s, sig)
}
