package lightclient_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/devnet/chain"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/lightclient"
)

func committeeOf(t *testing.T, c *chain.Chain, epoch uint64) lightclient.Committee {
	t.Helper()
	out, err := c.Committee(epoch)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (tk *ticker) committee() lightclient.Committee { return committeeOf(tk.t, tk.chain, 0) }

// A stream and single checkpoints are followed through epochs, from the first
// committee or a later one, whatever was asked first.
func TestHandover(t *testing.T) {
	tk := startTicker(t)
	want := []uint64(nil)
	var heads []uint64
	for n := range uint64(5) {
		tk.tick(n, 1)
		want = append(want, n)
		heads = append(heads, tk.chain.Head().Sequence)
		if epoch, err := tk.chain.AdvanceEpoch(t.Context()); err != nil || epoch != n+1 {
			t.Fatalf("epoch %d begins, %v", epoch, err)
		}
	}
	client := lightclient.New(tk.source, tk.committee())
	events, err := client.Stream(tk.pkg).Next(t.Context())
	if err != nil || !slices.Equal(counts(events), want) {
		t.Errorf("stream gives %v, %v", counts(events), err)
	}
	for epoch, seq := range heads {
		if cp, err := client.Checkpoint(t.Context(), seq); err != nil || cp.Summary.Epoch != uint64(epoch) {
			t.Errorf("checkpoint %d: %v", seq, err)
		}
	}
	late := lightclient.New(tk.source, committeeOf(t, tk.chain, 3))
	if _, err := late.Checkpoint(t.Context(), heads[4]); err != nil {
		t.Error(err)
	}
	if _, err := late.Checkpoint(t.Context(), heads[2]); err == nil || !strings.Contains(err.Error(), "trust an older one") {
		t.Errorf("a checkpoint from before the trusted committee: %v", err)
	}
	got, err := client.Committee(t.Context(), 5)
	if want := committeeOf(t, tk.chain, 5); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("committee %v, %v", got, err)
	}
	if _, err := client.Committee(t.Context(), 6); err == nil || !strings.Contains(err.Error(), "has not ended") {
		t.Errorf("committee of an epoch to come: %v", err)
	}
	if _, err := client.Committee(t.Context(), 100_000); err == nil || !strings.Contains(err.Error(), "trust a newer one") {
		t.Errorf("committee of a far epoch: %v", err)
	}
}

// validators are the secret keys of a committee.
type validators []*big.Int

func validatorsOf(seed int64) (v validators) {
	for i := range int64(4) {
		v = append(v, big.NewInt(seed*1000+i+1))
	}
	return v
}

func (v validators) stakes() (out []sui.ValidatorStake) {
	_, _, _, g2 := bls12381.Generators()
	for _, secret := range v {
		var pub bls12381.G2Affine
		raw := pub.ScalarMultiplication(&g2, secret).Bytes()
		out = append(out, sui.ValidatorStake{PublicKey: raw[:], Weight: 2500})
	}
	return out
}

// sign signs a summary by some of the validators.
func (v validators) sign(t *testing.T, s *sui.CheckpointSummary, signers ...int) *pb.ValidatorAggregatedSignature {
	t.Helper()
	point, err := bls12381.HashToG1(lightclient.CheckpointMessage(s), []byte(lightclient.CheckpointDST))
	if err != nil {
		t.Fatal(err)
	}
	sum := new(big.Int)
	le := binary.LittleEndian // a Roaring bitmap: one array container
	bitmap := le.AppendUint32(le.AppendUint32(nil, 12346), 1)
	bitmap = le.AppendUint32(le.AppendUint16(le.AppendUint16(bitmap, 0), uint16(len(signers)-1)), 16)
	for _, i := range signers {
		sum.Add(sum, v[i])
		bitmap = le.AppendUint16(bitmap, uint16(i))
	}
	raw := point.ScalarMultiplication(&point, sum).Bytes()
	return &pb.ValidatorAggregatedSignature{Epoch: &s.Epoch, Signature: raw[:], Bitmap: bitmap}
}

// A history is what a node tells: signed, empty checkpoints of several epochs.
type history struct {
	lightclient.Source
	t           *testing.T
	checkpoints map[uint64]*pb.Checkpoint
	ends        map[uint64]uint64
}

func (h *history) Checkpoint(_ context.Context, seq uint64) (*pb.Checkpoint, error) {
	if cp := h.checkpoints[seq]; cp != nil {
		return cp, nil
	}
	return nil, errors.New("no such checkpoint")
}

func (h *history) EpochEnd(_ context.Context, epoch uint64) (uint64, error) {
	if seq, ok := h.ends[epoch]; ok {
		return seq, nil
	}
	return 0, errNotEnded
}

var errNotEnded = errors.New("it has not ended")

// put writes the checkpoint of an epoch, signed by v; next ends the epoch.
func (h *history) put(seq, epoch uint64, v validators, signers []int, next []sui.ValidatorStake) {
	h.t.Helper()
	contents := sui.CheckpointContents{}
	s := sui.CheckpointSummary{
		Epoch: epoch, Sequence: seq, ContentDigest: contents.Digest(), Commitments: [][]byte{lightclient.NewObjects(nil).Commitment()},
	}
	if next != nil {
		s.EndOfEpoch = bcs.Marshal(sui.EndOfEpochData{Committee: next, ProtocolVersion: 95})
	}
	h.checkpoints[seq] = &pb.Checkpoint{
		Summary:   &pb.CheckpointSummary{Bcs: &pb.Bcs{Value: bcs.Marshal(s)}},
		Signature: v.sign(h.t, &s, signers...),
		Contents:  &pb.CheckpointContents{Bcs: &pb.Bcs{Value: bcs.Marshal(contents)}},
	}
}

var all = []int{0, 1, 2, 3}

// newHistory has epochs 0 (checkpoints 0 to 2), 1 (3 and 4) and 2 (5).
func newHistory(t *testing.T) *history {
	h := &history{t: t, checkpoints: map[uint64]*pb.Checkpoint{}, ends: map[uint64]uint64{0: 2, 1: 4}}
	h.put(0, 0, validatorsOf(0), all, nil)
	h.put(1, 0, validatorsOf(0), []int{0, 2, 3}, nil)
	h.put(2, 0, validatorsOf(0), []int{1, 2, 3}, validatorsOf(1).stakes())
	h.put(3, 1, validatorsOf(1), all, nil)
	h.put(4, 1, validatorsOf(1), all, validatorsOf(2).stakes())
	h.put(5, 2, validatorsOf(2), all, nil)
	return h
}

func (v validators) committee(epoch uint64) lightclient.Committee {
	c := lightclient.Committee{Epoch: epoch}
	for _, s := range v.stakes() {
		c.Members = append(c.Members, lightclient.Member(s))
	}
	return c
}

func TestForgedHandover(t *testing.T) {
	first := validatorsOf(0)
	damaged := validatorsOf(1).stakes()
	damaged[0].PublicKey[5]++
	damaged[1].PublicKey[5]++
	weights := func(w ...uint64) []sui.ValidatorStake {
		list := validatorsOf(1).stakes()
		for i := range list {
			list[i].Weight = w[i]
		}
		return list
	}
	twice := validatorsOf(1).stakes()
	twice[3] = twice[0]
	for _, tt := range []struct {
		name  string
		forge func(h *history)
		want  error
	}{
		{"nothing", func(*history) {}, nil},
		{"strangers sign the hand-over", func(h *history) { h.put(2, 0, validatorsOf(9), all, validatorsOf(1).stakes()) }, lightclient.ErrBadSignature},
		{"the next committee signs its own hand-over", func(h *history) { h.put(2, 0, validatorsOf(1), all, validatorsOf(1).stakes()) }, lightclient.ErrBadSignature},
		{"half of the committee signs", func(h *history) { h.put(2, 0, first, []int{0, 1}, validatorsOf(1).stakes()) }, lightclient.ErrBadSignature},
		{"one byte of the next committee", func(h *history) {
			raw := h.checkpoints[2].Summary.Bcs.Value
			raw[len(raw)-100]++
		}, lightclient.ErrBadSignature},
		{"the committee is replaced", func(h *history) {
			old := h.checkpoints[2].Signature
			h.put(2, 0, first, all, validatorsOf(9).stakes())
			h.checkpoints[2].Signature = old
		}, lightclient.ErrBadSignature},
		{"an epoch is skipped", func(h *history) { h.ends[0] = 4 }, lightclient.ErrBadSignature},
		{"an epoch ends twice", func(h *history) { h.ends[1] = 2 }, lightclient.ErrBadSignature},
		{"another checkpoint than asked for", func(h *history) { h.checkpoints[2], h.ends[0] = h.checkpoints[1], 2 }, lightclient.ErrBadHandover},
		{"the last checkpoint names nobody", func(h *history) { h.ends[0] = 1 }, lightclient.ErrBadHandover},
		{"an empty committee", func(h *history) { h.put(2, 0, first, all, []sui.ValidatorStake{}) }, lightclient.ErrBadHandover},
		{"a validator twice", func(h *history) { h.put(2, 0, first, all, twice) }, lightclient.ErrBadHandover},
		{"too little weight", func(h *history) { h.put(2, 0, first, all, weights(2500, 2500, 2500, 2499)) }, lightclient.ErrBadHandover},
		{"too much weight", func(h *history) { h.put(2, 0, first, all, weights(2500, 2500, 2500, 2501)) }, lightclient.ErrBadHandover},
		{"weights that overflow", func(h *history) { h.put(2, 0, first, all, weights(1<<63, 1<<63, 5000, 5000)) }, lightclient.ErrBadHandover},
		{"the old committee signs for the new epoch", func(h *history) { h.put(5, 2, validatorsOf(1), all, nil) }, lightclient.ErrBadSignature},
		{"an epoch that never began", func(h *history) { h.put(5, 3, validatorsOf(2), all, nil) }, errNotEnded},
	} {
		h := newHistory(t)
		tt.forge(h)
		_, err := lightclient.New(h, first.committee(0)).Checkpoint(t.Context(), 5)
		if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}

	// once a client has followed a hand-over, each committee is held to its epoch
	h := newHistory(t)
	client := lightclient.New(h, first.committee(0))
	if _, err := client.Checkpoint(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	h.put(5, 1, validatorsOf(1), all, nil)
	h.put(6, 0, first, all, nil)
	h.put(1, 1, validatorsOf(1), all, nil)
	h.put(4, 2, validatorsOf(2), all, nil)
	for _, seq := range []uint64{5, 6, 1, 4} {
		if _, err := client.Checkpoint(t.Context(), seq); !errors.Is(err, lightclient.ErrBadHandover) {
			t.Errorf("checkpoint %d of another epoch: %v", seq, err)
		}
	}

	h = newHistory(t) // keys that are no keys are noticed when they sign
	h.put(2, 0, first, all, damaged)
	if _, err := lightclient.New(h, first.committee(0)).Checkpoint(t.Context(), 3); err == nil {
		t.Error("a committee of damaged keys verifies")
	}
}
