//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/floe-data/floe/oracle/traffic"
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/devnet/chain"
	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
)

// A liar is a full node that lies and never contradicts itself: behind it are the
// true chain, and two copies of it that it can tell of instead. In the fork the
// policy allows strangers: objects have the digests of their bytes, checkpoints
// name what changed, simulations run; only the validators have not signed it. The
// past is what really was, signed, when the policy still allowed somebody who has
// left since; there time stands still.
type liar struct {
	url              string
	true, fork, past *grpc.ClientConn
	forked           uint64 // last checkpoint that the fork has in common with the truth
	wrong            []byte // a point that signs nothing

	mu      sync.Mutex
	lie     lie
	changed context.Context // ends when the lie changes
	change  func()
}

// A lie is what a liar tells of which history.
type lie struct {
	name                   string
	reads, stream, verdict history
	clock                  bool // the Clock is two days ahead
}

// A history is what a chain was like.
type history int

const (
	truth history = iota
	forgery
	thePast
)

// The lies.
var (
	noLie        = lie{name: "tells the truth"}
	lieVerdict   = lie{name: "says yes to everything", verdict: forgery}
	lieObjects   = lie{name: "shows forged objects", reads: forgery}
	lieChain     = lie{name: "shows a forged chain, and honest verdicts", reads: forgery, stream: forgery}
	lieAll       = lie{name: "shows a forged chain and its verdicts", reads: forgery, stream: forgery, verdict: forgery}
	lieOld       = lie{name: "shows old objects", reads: thePast}
	lieStandsOff = lie{name: "shows the past", reads: thePast, stream: thePast, verdict: thePast}
	lieClock     = lie{name: "shows a Clock that is ahead", clock: true}
)

// tell makes the liar lie from now on, and drops what streams there are.
func (l *liar) tell(what lie) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.change()
	l.lie = what
	l.changed, l.change = context.WithCancel(context.Background())
}

// newLiar serves the true chain, or its copies.
func newLiar(t *testing.T, url string, fork, past *chaintest.Chain, forked uint64) *liar {
	t.Helper()
	dial := func(url string) *grpc.ClientConn {
		conn, err := grpc.NewClient(strings.TrimPrefix(url, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	_, _, g1, _ := bls12381.Generators()
	point := g1.Bytes()
	l := &liar{true: dial(url), fork: dial(fork.URL), past: dial(past.URL), forked: forked, wrong: point[:]}
	l.changed, l.change = context.WithCancel(context.Background())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.url = "http://" + listener.Addr().String()
	server := grpc.NewServer(grpc.ForceServerCodec(rawCodec{}), grpc.UnknownServiceHandler(l.serve))
	go server.Serve(listener)
	t.Cleanup(func() {
		l.tell(noLie)
		server.Stop()
	})
	return l
}

// copyChain opens a copy of a chain, which goes its own way from then on.
func copyChain(t *testing.T, c *chaintest.Chain, cfg chain.Config) *chaintest.Chain {
	t.Helper()
	var snapshot bytes.Buffer
	cfg.Dir, cfg.Seed = filepath.Join(t.TempDir(), "chain"), []byte(t.Name())
	if err := errors.Join(c.Snapshot(&snapshot), chain.Restore(cfg.Dir, &snapshot)); err != nil {
		t.Fatal(err)
	}
	return chaintest.StartConfig(t, cfg)
}

// rawCodec leaves messages as they are.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }
func (rawCodec) Marshal(v any) ([]byte, error) {
	return *v.(*[]byte), nil
}
func (rawCodec) Unmarshal(b []byte, v any) error {
	*v.(*[]byte) = bytes.Clone(b)
	return nil
}

// of chooses the history that a method tells of.
func (l *liar) of(method string) (history, context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch method {
	case "SimulateTransaction":
		return l.lie.verdict, l.changed
	case "GetServiceInfo", "GetCheckpoint", "SubscribeCheckpoints", "GetEpoch":
		return l.lie.stream, l.changed
	case "VerifySignature":
		return truth, l.changed
	default:
		return l.lie.reads, l.changed
	}
}

// serve passes a call on to the chain that it is to be about.
func (l *liar) serve(_ any, from grpc.ServerStream) error {
	path, _ := grpc.MethodFromServerStream(from)
	method := path[strings.LastIndexByte(path, '/')+1:]
	told, changed := l.of(method)
	ctx, cancel := context.WithCancel(from.Context())
	defer cancel()
	defer context.AfterFunc(changed, cancel)()
	if in, ok := metadata.FromIncomingContext(ctx); ok {
		ctx = metadata.NewOutgoingContext(ctx, in.Copy())
	}
	conn := map[history]*grpc.ClientConn{truth: l.true, forgery: l.fork, thePast: l.past}[told]
	to, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, path, grpc.ForceCodec(rawCodec{}))
	if err != nil {
		return err
	}
	var asked, message []byte
	if err = from.RecvMsg(&asked); err == nil {
		err = to.SendMsg(&asked)
	}
	if err == nil {
		err = to.CloseSend()
	}
	for err == nil {
		if err = to.RecvMsg(&message); err != nil {
			break
		}
		if told == forgery {
			if message, err = l.unsign(method, message); err != nil {
				break
			}
		}
		if method == "BatchGetObjects" {
			if message, err = l.tellTime(ctx, path, asked, message); err != nil {
				break
			}
		}
		err = from.SendMsg(&message)
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case changed.Err() != nil:
		return status.Error(codes.Unavailable, "the node was restarted")
	}
	return err
}

// tellTime makes the Clock in an answer be of the history that the stream is of,
// which would give the lie away, or be ahead.
func (l *liar) tellTime(ctx context.Context, path string, asked, message []byte) ([]byte, error) {
	l.mu.Lock()
	now := l.lie
	l.mu.Unlock()
	if now.reads == now.stream && !now.clock {
		return message, nil
	}
	var ask pb.BatchGetObjectsRequest
	var out, honest pb.BatchGetObjectsResponse
	var b []byte
	err := l.true.Invoke(ctx, path, &asked, &b, grpc.ForceCodec(rawCodec{}))
	if err == nil {
		err = errors.Join(proto.Unmarshal(asked, &ask), proto.Unmarshal(message, &out), proto.Unmarshal(b, &honest))
	}
	if err != nil || len(out.Objects) != len(ask.Requests) || len(honest.Objects) != len(ask.Requests) {
		return message, err
	}
	for i, r := range ask.Requests {
		if r.GetObjectId() != sui.ClockID.String() {
			continue
		}
		out.Objects[i] = honest.Objects[i]
		if o := out.Objects[i].GetObject(); now.clock && o != nil {
			if err := setAhead(o); err != nil {
				return nil, err
			}
		}
	}
	return proto.Marshal(&out)
}

// setAhead puts the Clock two days ahead.
func setAhead(o *pb.Object) error {
	var clock sui.Object
	if err := bcs.Unmarshal(o.GetBcs().GetValue(), &clock); err != nil {
		return err
	}
	ms := clock.Move.Contents[32:]
	binary.LittleEndian.PutUint64(ms, binary.LittleEndian.Uint64(ms)+uint64((48*time.Hour).Milliseconds()))
	o.Bcs.Value = bcs.Marshal(&clock)
	return nil
}

// unsign replaces the validators' signature of what the validators have not seen:
// the copies of the chain have their keys, which no node has.
func (l *liar) unsign(method string, message []byte) ([]byte, error) {
	switch method {
	case "GetCheckpoint":
		m := new(pb.GetCheckpointResponse)
		return l.rewrite(message, m, func() { l.unsignCheckpoint(m.GetCheckpoint()) })
	case "SubscribeCheckpoints":
		m := new(pb.SubscribeCheckpointsResponse)
		return l.rewrite(message, m, func() { l.unsignCheckpoint(m.GetCheckpoint()) })
	case "GetCheckpointObjectProof":
		m := new(rpcpb.GetCheckpointObjectProofResponse)
		return l.rewrite(message, m, func() {
			d := bcs.NewDecoder(m.CheckpointSummary)
			var s sui.CheckpointSummary
			d.Value(&s)
			d.U64() // epoch of the signature, which follows
			if s.Sequence > l.forked {
				copy(m.CheckpointSummary[d.Pos():], l.wrong)
			}
		})
	}
	return message, nil
}

func (l *liar) rewrite(message []byte, as proto.Message, change func()) ([]byte, error) {
	if err := proto.Unmarshal(message, as); err != nil {
		return nil, err
	}
	change()
	return proto.Marshal(as)
}

func (l *liar) unsignCheckpoint(c *pb.Checkpoint) {
	var s sui.CheckpointSummary
	d := bcs.NewDecoder(c.GetSummary().GetBcs().GetValue())
	d.Value(&s)
	if d.Err() == nil && s.Sequence <= l.forked || c.GetSignature() == nil {
		return
	}
	c.Signature.Signature = slices.Clone(l.wrong)
}

// A double is a chain with its copies, and a liar before them.
type double struct {
	true, fork, past *chaintest.Chain
	liar             *liar
	parted           time.Time // of the past
}

// newDouble copies a chain, whose policy allows leaver from now on and until that is
// revoked. In the fork it allows strangers too.
func newDouble(t *testing.T, c *chaintest.Chain, client *suirpc.Client, world *traffic.World, leaver *sui.PrivateKey) *double {
	t.Helper()
	if err := world.Grant(t.Context(), client, leaver); err != nil {
		t.Fatal(err)
	}
	d := &double{true: c, parted: time.Now()}
	forked := c.Head().Sequence
	d.past = copyChain(t, c, chain.Config{Manual: true})
	d.fork = copyChain(t, c, chain.Config{Heartbeat: heartbeat})
	on, err := suirpc.Dial(t.Context(), d.fork.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer on.Close()
	for _, stranger := range world.Strangers { // one by one, to be ahead of the truth
		if err := world.Grant(t.Context(), on, stranger); err != nil {
			t.Fatal(err)
		}
	}
	d.liar = newLiar(t, c.URL, d.fork, d.past, forked)
	return d
}
