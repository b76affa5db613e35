// Package suirpctest is a full node for tests of code that reads a chain: a
// gRPC server on the same stubs as the client's, over a chain that the test
// writes checkpoint by checkpoint, with faults on demand. It runs no Move; a
// test that needs contracts uses the devnet.
package suirpctest

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// A Node is a chain and its server.
type Node struct {
	// URL is what suirpc.Dial takes.
	URL string
	// Execute answers ExecuteTransaction and, with simulate set,
	// SimulateTransaction. An error is sent as it is; use status.Error.
	Execute func(tx *sui.TransactionData, simulate bool) (*Outcome, error)
	// Parameters answers GetFunction; nil means UNIMPLEMENTED.
	Parameters func(pkg, module, function string) []*pb.OpenSignature

	mu          sync.Mutex
	changed     *sync.Cond // broadcast on every change
	chainID     sui.Digest
	lowest      uint64
	checkpoints []*checkpoint
	objects     map[sui.Address]*sui.Object
	done        map[sui.Digest]*pb.ExecutedTransaction
	cuts        int  // streams opened before the last cut end
	down        bool // every call answers UNAVAILABLE
	mute        bool // streams stay open and say nothing
	noStreams   bool
	fetched     int // GetCheckpoint calls

	pb.UnimplementedLedgerServiceServer
	pb.UnimplementedStateServiceServer
	pb.UnimplementedTransactionExecutionServiceServer
	pb.UnimplementedMovePackageServiceServer
	pb.UnimplementedSubscriptionServiceServer
}

// Outcome is what a transaction did.
type Outcome struct {
	Effects sui.TransactionEffects
	Events  []sui.Event
	Written []*sui.Object
}

// Tx is a transaction of a checkpoint that a test writes.
type Tx struct {
	Digest  sui.Digest
	Events  []sui.Event
	Failure *sui.ExecutionFailure
}

type checkpoint struct {
	digest sui.Digest
	proto  *pb.Checkpoint
}

// Start serves an empty chain until the test ends.
func Start(t testing.TB) *Node {
	t.Helper()
	n := &Node{chainID: sui.TypedDigest("suirpctest", nil), objects: map[sui.Address]*sui.Object{}, done: map[sui.Digest]*pb.ExecutedTransaction{}}
	n.changed = sync.NewCond(&n.mu)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n.URL = "http://" + listener.Addr().String()
	srv := grpc.NewServer(grpc.UnaryInterceptor(n.unary), grpc.StreamInterceptor(n.streaming))
	pb.RegisterLedgerServiceServer(srv, n)
	pb.RegisterStateServiceServer(srv, n)
	pb.RegisterTransactionExecutionServiceServer(srv, n)
	pb.RegisterMovePackageServiceServer(srv, n)
	pb.RegisterSubscriptionServiceServer(srv, n)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }()
	t.Cleanup(func() {
		srv.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	})
	return n
}

// Append adds a checkpoint with the given time and transactions, and returns
// its sequence number.
func (n *Node) Append(timestampMS uint64, txs ...Tx) uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.append(timestampMS, txs)
}

func (n *Node) append(timestampMS uint64, txs []Tx) uint64 {
	seq := uint64(len(n.checkpoints))
	var previous *sui.Digest
	if seq > 0 {
		previous = &n.checkpoints[seq-1].digest
	}
	contents := sui.CheckpointContents{}
	p := &pb.Checkpoint{SequenceNumber: &seq}
	for _, tx := range txs {
		effects := sui.TransactionEffects{Transaction: tx.Digest, Status: sui.ExecutionStatus{Failure: tx.Failure}}
		ex := executed(effects, tx.Events, nil)
		contents.Transactions = append(contents.Transactions, sui.ExecutionDigests{
			Transaction: tx.Digest, Effects: sui.TypedDigest("TransactionEffects", ex.GetEffects().GetBcs().GetValue())})
		contents.Signatures = append(contents.Signatures, nil)
		p.Transactions = append(p.Transactions, ex)
	}
	contentsBCS := bcs.Marshal(&contents)
	summary := sui.CheckpointSummary{Sequence: seq, ContentDigest: sui.TypedDigest("CheckpointContents", contentsBCS),
		PreviousDigest: previous, TimestampMS: timestampMS}
	summaryBCS := bcs.Marshal(&summary)
	digest := sui.TypedDigest("CheckpointSummary", summaryBCS)
	text := digest.String()
	p.Digest = &text
	p.Summary = &pb.CheckpointSummary{Bcs: &pb.Bcs{Value: summaryBCS}}
	p.Contents = &pb.CheckpointContents{Bcs: &pb.Bcs{Value: contentsBCS}}
	n.checkpoints = append(n.checkpoints, &checkpoint{digest, p})
	n.changed.Broadcast()
	return seq
}

func executed(effects sui.TransactionEffects, events []sui.Event, written []*sui.Object) *pb.ExecutedTransaction {
	digest := effects.Transaction.String()
	ex := &pb.ExecutedTransaction{Digest: &digest, Objects: &pb.ObjectSet{}}
	if len(events) > 0 {
		b := bcs.Marshal(sui.TransactionEvents{Events: events})
		d := sui.TypedDigest("TransactionEvents", b)
		effects.EventsDigest = &d
		ex.Events = &pb.TransactionEvents{Bcs: &pb.Bcs{Value: b}}
	}
	ex.Effects = &pb.TransactionEffects{Bcs: &pb.Bcs{Value: bcs.Marshal(&effects)}}
	for _, o := range written {
		ex.Objects.Objects = append(ex.Objects.Objects, &pb.Object{Bcs: &pb.Bcs{Value: bcs.Marshal(o)}})
	}
	return ex
}

// Put sets live objects.
func (n *Node) Put(objs ...*sui.Object) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, o := range objs {
		n.objects[o.ID()] = o
	}
}

// Tamper changes one checkpoint's answer.
func (n *Node) Tamper(seq uint64, change func(*pb.Checkpoint)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change(n.checkpoints[seq].proto)
}

// Cut ends all open subscriptions.
func (n *Node) Cut() { n.set(func() { n.cuts++ }) }

// SetDown makes every call fail with UNAVAILABLE, or work again.
func (n *Node) SetDown(down bool) { n.set(func() { n.down = down; n.cuts++ }) }

// SetMute makes subscriptions stay open without a message.
func (n *Node) SetMute(mute bool) { n.set(func() { n.mute = mute }) }

// SetNoStreams makes the node serve no subscriptions at all.
func (n *Node) SetNoStreams() { n.set(func() { n.noStreams = true }) }

// SetChainID makes it another chain.
func (n *Node) SetChainID(id sui.Digest) { n.set(func() { n.chainID = id }) }

// Prune forgets checkpoints below lowest.
func (n *Node) Prune(lowest uint64) { n.set(func() { n.lowest = lowest }) }

// Fetched returns how many checkpoints were asked for one by one.
func (n *Node) Fetched() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.fetched
}

func (n *Node) set(change func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change()
	n.changed.Broadcast()
}

var errDown = status.Error(codes.Unavailable, "node is down for this test")

func (n *Node) isDown() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.down
}

func (n *Node) unary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if n.isDown() {
		return nil, errDown
	}
	return handler(ctx, req)
}

func (n *Node) streaming(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if n.isDown() {
		return errDown
	}
	return handler(srv, ss)
}
