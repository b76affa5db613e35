package lightclient_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"slices"
	"testing"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/floe-data/floe/sdk/devnet/chain"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/eventstream"
	"github.com/floe-data/floe/sdk/sui/lightclient"
	"github.com/floe-data/floe/sdk/sui/suirpc"
	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
)

// ticker is a chain with the package of testdata/sources, whose function emits
// authenticated events, each with a plain one after it.
type ticker struct {
	t      *testing.T
	chain  *chain.Chain
	rpc    *suirpc.Client
	pkg    sui.Address
	source lightclient.Source
}

func startTicker(t *testing.T) *ticker {
	t.Helper()
	c, err := chain.Open(chain.Config{Dir: t.TempDir(), Seed: []byte("test"), Manual: true, Accounts: 1})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx, l) }()
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	rpc, err := suirpc.Dial(t.Context(), "http://"+l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		rpc.Close()
		conn.Close()
		cancel()
		<-served
		c.Close()
	})
	tk := &ticker{t: t, chain: c, rpc: rpc, source: lightclient.Node(conn)}
	code, err := os.ReadFile("testdata/ticker.mv")
	if err != nil {
		t.Fatal(err)
	}
	b := sui.NewBuilder()
	b.Transfer(c.Accounts()[0].Address(), b.Publish([][]byte{code}, []sui.Address{sui.MoveStdlib, sui.Framework}))
	for _, changed := range tk.send(b).Effects.Changed {
		if changed.Output == sui.StatePackageWrite {
			tk.pkg = changed.ID
		}
	}
	return tk
}

func (tk *ticker) send(b *sui.Builder) *suirpc.Executed {
	tk.t.Helper()
	done, err := tk.rpc.Send(tk.t.Context(), tk.chain.Accounts()[0], b)
	if err != nil {
		tk.t.Fatal(err)
	}
	return done
}

// tick emits events, in one checkpoint.
func (tk *ticker) tick(from, times uint64) {
	tk.t.Helper()
	b := sui.NewBuilder()
	b.Call(tk.pkg, "ticker", "tick", nil, b.Pure(from), b.Pure(times))
	tk.send(b)
}

func counts(events []lightclient.StreamEvent) (out []uint64) {
	for _, ev := range events {
		out = append(out, binary.LittleEndian.Uint64(ev.Contents))
	}
	return out
}

func TestStream(t *testing.T) {
	tk := startTicker(t)
	client := lightclient.New(tk.source, tk.committee())
	stream := client.Stream(tk.pkg)
	next := func(want ...uint64) {
		t.Helper()
		events, err := stream.Next(t.Context())
		if err != nil || !slices.Equal(counts(events), want) {
			t.Fatalf("stream gives %v, %v; want %v", counts(events), err, want)
		}
	}
	next()
	tk.tick(1, 1)
	next(1)
	tk.tick(2, 3)
	tk.tick(5, 1)
	next(2, 3, 4, 5)
	next()
	kept := stream.Head()
	for n := uint64(6); n < 12; n++ {
		tk.tick(n, 1)
	}
	next(6, 7, 8, 9, 10, 11)
	if h := stream.Head(); h.Events != 11 || len(h.Peaks) != 4 {
		t.Errorf("after 9 checkpoints with 11 events the head is %d events, %d peaks", h.Events, len(h.Peaks))
	}
	stream = client.ResumeStream(tk.pkg, kept)
	next(6, 7, 8, 9, 10, 11)
}

// liar changes what a source says.
type liar struct {
	lightclient.Source
	events     func([]lightclient.StreamEvent) []lightclient.StreamEvent
	checkpoint func(*pb.Checkpoint)
	object     func([]byte)
	proof      func(*rpcpb.GetCheckpointObjectProofResponse)
	swapped    func(seq uint64, id sui.Address) (uint64, sui.Address) // what is asked instead
}

func (l *liar) Events(ctx context.Context, stream sui.Address, from, to uint64) ([]lightclient.StreamEvent, error) {
	out, err := l.Source.Events(ctx, stream, from, to)
	if l.events != nil {
		out = l.events(out)
	}
	return out, err
}

func (l *liar) Checkpoint(ctx context.Context, seq uint64) (*pb.Checkpoint, error) {
	out, err := l.Source.Checkpoint(ctx, seq)
	if l.checkpoint != nil {
		l.checkpoint(out)
	}
	return out, err
}

func (l *liar) Object(ctx context.Context, id sui.Address, version uint64) ([]byte, error) {
	out, err := l.Source.Object(ctx, id, version)
	if l.object != nil {
		l.object(out)
	}
	return out, err
}

func TestStreamNoticesLies(t *testing.T) {
	tk := startTicker(t)
	tk.tick(1, 2)
	tk.tick(3, 2)
	type list = []lightclient.StreamEvent
	change := func(f func(e *lightclient.StreamEvent)) func(list) list {
		return func(l list) list { f(&l[1]); return l }
	}
	for _, tt := range []struct {
		name string
		liar liar
		want error
	}{
		{"nothing", liar{}, nil},
		{"first missing", liar{events: func(l list) list { return l[1:] }}, lightclient.ErrBadEvents},
		{"last missing", liar{events: func(l list) list { return l[:3] }}, lightclient.ErrBadEvents},
		{"all missing", liar{events: func(list) list { return nil }}, lightclient.ErrBadEvents},
		{"one twice", liar{events: func(l list) list { return slices.Insert(l, 1, l[0]) }}, lightclient.ErrBadEvents},
		{"order", liar{events: func(l list) list { l[0], l[1] = l[1], l[0]; return l }}, lightclient.ErrBadEvents},
		{"contents", liar{events: change(func(e *lightclient.StreamEvent) { e.Contents[0]++ })}, lightclient.ErrBadEvents},
		{"type", liar{events: change(func(e *lightclient.StreamEvent) { e.Type.Name = "Tocked" })}, lightclient.ErrBadEvents},
		{"sender", liar{events: change(func(e *lightclient.StreamEvent) { e.Sender[0]++ })}, lightclient.ErrBadEvents},
		{"checkpoint", liar{events: change(func(e *lightclient.StreamEvent) { e.Checkpoint++ })}, lightclient.ErrBadEvents},
		{"transaction", liar{events: change(func(e *lightclient.StreamEvent) { e.Transaction++ })}, lightclient.ErrBadEvents},
		{"index", liar{events: change(func(e *lightclient.StreamEvent) { e.Index++ })}, lightclient.ErrBadEvents},
		{"head", liar{object: func(b []byte) { b[len(b)-60]++ }}, lightclient.ErrBadProof},
		{"summary", liar{checkpoint: func(c *pb.Checkpoint) { c.Summary.Bcs.Value[8+8]++ }}, lightclient.ErrBadSignature},
		{"signature", liar{checkpoint: func(c *pb.Checkpoint) { c.Signature.Bitmap[20]++ }}, lightclient.ErrBadSignature},
		{"contents of the checkpoint", liar{checkpoint: func(c *pb.Checkpoint) { c.Contents.Bcs.Value[10]++ }}, lightclient.ErrBadProof},
		{"effects", liar{checkpoint: func(c *pb.Checkpoint) { c.Transactions[0].Effects.Bcs.Value[12]++ }}, lightclient.ErrBadProof},
		{"transaction left out", liar{checkpoint: func(c *pb.Checkpoint) { c.Transactions = c.Transactions[1:] }}, lightclient.ErrBadProof},
	} {
		tt.liar.Source = tk.source
		stream := lightclient.New(&tt.liar, tk.committee()).Stream(tk.pkg)
		events, err := stream.Next(t.Context())
		if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if head := stream.Head(); err != nil && (events != nil || head.Events != 0) {
			t.Errorf("%s: the stream moved", tt.name)
		}
	}
	other, err := chain.Open(chain.Config{Dir: t.TempDir(), Seed: []byte("other"), Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := lightclient.New(tk.source, committeeOf(t, other, 0)).Stream(tk.pkg).Next(t.Context()); !errors.Is(err, lightclient.ErrBadSignature) {
		t.Errorf("with another committee: %v", err)
	}
}

func TestObjectProof(t *testing.T) {
	tk := startTicker(t)
	tk.tick(1, 1)
	client := lightclient.New(tk.source, tk.committee())
	cp, err := client.Checkpoint(t.Context(), tk.chain.Head().Sequence)
	if err != nil {
		t.Fatal(err)
	}
	head := eventstream.HeadID(tk.pkg)
	for _, id := range []sui.Address{head, sui.AccumulatorRoot} {
		proof, err := cp.Objects.Prove(id)
		if err != nil {
			t.Fatal(err)
		}
		ref, _ := cp.Objects.Find(id)
		if err := proof.Verify(&cp.Summary, &ref); err != nil {
			t.Error(err)
		}
		ref.Version++
		if err := proof.Verify(&cp.Summary, &ref); !errors.Is(err, lightclient.ErrBadProof) {
			t.Errorf("another version of %s: %v", id, err)
		}
		ref.Version--
		genesis, err := client.Checkpoint(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.Verify(&genesis.Summary, &ref); !errors.Is(err, lightclient.ErrBadProof) {
			t.Errorf("proof of %s against another checkpoint: %v", id, err)
		}
	}
	if _, err := cp.Objects.Prove(sui.ClockID); err == nil {
		t.Error("proved an object that did not change")
	}
	obj, err := client.Object(t.Context(), cp, head)
	if err != nil || obj.Owner.Address != sui.AccumulatorRoot {
		t.Errorf("head is %v, %v", obj, err)
	}
}
