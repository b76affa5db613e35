package lightclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"google.golang.org/grpc"
)

// committeeFile is a Committee in JSON:
// {"epoch":0,"members":[{"public_key":"<base64>","weight":2500},…]}
type committeeFile struct {
	Epoch   *uint64      `json:"epoch"`
	Members []memberFile `json:"members"`
}

type memberFile struct {
	PublicKey []byte `json:"public_key"`
	Weight    uint64 `json:"weight"`
}

// MarshalCommittee writes a committee to a file that [ParseCommittee] reads.
func MarshalCommittee(c *Committee) ([]byte, error) {
	f := committeeFile{Epoch: &c.Epoch}
	for _, m := range c.Members {
		f.Members = append(f.Members, memberFile(m))
	}
	b, err := json.MarshalIndent(f, "", "  ")
	return append(b, '\n'), err
}

// ParseCommittee reads a committee from a file and checks that it can be one: each
// key is a point of the right group and there once, and the weights sum to 10,000.
func ParseCommittee(b []byte) (*Committee, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var f committeeFile
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("parse committee: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || f.Epoch == nil {
		return nil, errors.New("parse committee: want one object with epoch and members")
	}
	c := &Committee{Epoch: *f.Epoch}
	for i, m := range f.Members {
		var p bls12381.G2Affine
		if n, err := p.SetBytes(m.PublicKey); err != nil || n != len(m.PublicKey) || p.IsInfinity() {
			return nil, fmt.Errorf("parse committee: public key of member %d is no compressed point of BLS12-381's G2", i)
		}
		c.Members = append(c.Members, Member(m))
	}
	return c, c.check()
}

// AskCommittee asks a node for the committee of an epoch, or of the newest if
// epoch is nil. The node is believed: compare the answer with what others say
// before it is trusted.
func AskCommittee(ctx context.Context, conn grpc.ClientConnInterface, epoch *uint64) (*Committee, error) {
	res, err := pb.NewLedgerServiceClient(conn).GetEpoch(ctx, &pb.GetEpochRequest{Epoch: epoch, ReadMask: mask("epoch", "committee")})
	if err != nil {
		return nil, fmt.Errorf("ask for the committee: %w", err)
	}
	in := res.GetEpoch().GetCommittee()
	if in == nil || res.GetEpoch().Epoch == nil {
		return nil, errors.New("ask for the committee: the node does not tell it")
	}
	c := &Committee{Epoch: res.GetEpoch().GetEpoch()}
	for _, m := range in.GetMembers() {
		c.Members = append(c.Members, Member{PublicKey: m.GetPublicKey(), Weight: m.GetWeight()})
	}
	return c, c.check()
}
