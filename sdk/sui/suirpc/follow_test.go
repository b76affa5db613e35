package suirpc_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

func event(payload byte) sui.Event {
	return sui.Event{Package: sui.Address{7}, Module: "m", Sender: sui.Address{1}, Type: sui.MustStructTag("0x7::m::E"), Contents: []byte{payload}}
}

func tx(n byte, events ...sui.Event) suirpctest.Tx {
	return suirpctest.Tx{Digest: sui.Digest{n}, Events: events}
}

// follower pulls from a Follow, one checkpoint per call of next.
func follower(t *testing.T, c *suirpc.Client, from uint64, opts ...suirpc.FollowOption) (next func() *suirpc.Checkpoint, fail func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	pull, stop := iter.Pull2(c.Follow(ctx, from, opts...))
	t.Cleanup(func() { cancel(); stop() })
	want := from
	next = func() *suirpc.Checkpoint {
		t.Helper()
		cp, err, ok := pull()
		if err != nil || !ok {
			t.Fatalf("at %d: %v, %v", want, err, ok)
		}
		if cp.Sequence != want {
			t.Fatalf("got checkpoint %d, want %d", cp.Sequence, want)
		}
		want++
		return cp
	}
	fail = func() error {
		t.Helper()
		cp, err, _ := pull()
		if err == nil {
			t.Fatalf("got checkpoint %d, want an error", cp.Sequence)
		}
		return err
	}
	return next, fail
}

func TestFollowBackfillsThenGoesLive(t *testing.T) {
	node := suirpctest.Start(t)
	for i := range 40 {
		node.Append(uint64(1000+i), tx(byte(i+1), event(byte(i))))
	}
	next, _ := follower(t, dial(t, node.URL), 3)
	for i := 3; i < 40; i++ {
		cp := next()
		if cp.TimestampMS != uint64(1000+i) || len(cp.Transactions) != 1 || cp.Transactions[0].Digest != (sui.Digest{byte(i + 1)}) ||
			len(cp.Transactions[0].Events) != 1 || cp.Transactions[0].Events[0].Contents[0] != byte(i) {
			t.Fatalf("checkpoint %d: %+v", i, cp)
		}
	}
	for range 5 {
		node.Append(2000)
		next()
	}
}

func TestFollowSurvivesCutsAndOutages(t *testing.T) {
	node := suirpctest.Start(t)
	node.Append(1)
	retries := 0
	next, _ := follower(t, dial(t, node.URL), 0, suirpc.OnRetry(func(err error, _ time.Duration) { retries++ }))
	next()
	for range 5 {
		node.Cut()
		node.Append(2)
		node.Append(3)
		next()
		next()
	}
	node.SetDown(true)
	node.Append(4)
	time.AfterFunc(30*time.Millisecond, func() { node.SetDown(false) })
	next()
	if retries == 0 {
		t.Error("OnRetry was never called")
	}
}

func TestFollowWithSilentOrMissingStream(t *testing.T) {
	for name, set := range map[string]func(*suirpctest.Node){
		"silent":  func(n *suirpctest.Node) { n.SetMute(true) },
		"missing": func(n *suirpctest.Node) { n.SetNoStreams() },
	} {
		t.Run(name, func(t *testing.T) {
			node := suirpctest.Start(t)
			set(node)
			node.Append(1)
			next, _ := follower(t, dial(t, node.URL), 0)
			next()
			for range 6 { // more than it takes to call a stream stalled
				node.Append(2)
				next()
			}
		})
	}
}

// A consumer so slow that the spool overflows gets everything all the same.
func TestFollowFillsOverflow(t *testing.T) {
	node := suirpctest.Start(t)
	node.Append(1)
	next, _ := follower(t, dial(t, node.URL), 0)
	next()
	for range 1000 {
		node.Append(2)
	}
	for range 1000 {
		next()
	}
}

func TestFollowRefusesWhatDoesNotVerify(t *testing.T) {
	tests := map[string]struct {
		spoil func(*suirpctest.Node)
		want  error
	}{
		"an event left out": {func(n *suirpctest.Node) {
			n.Tamper(1, func(cp *pb.Checkpoint) { cp.Transactions[0].Events = nil })
		}, suirpc.ErrInvalid},
		"an event altered": {func(n *suirpctest.Node) {
			n.Tamper(1, func(cp *pb.Checkpoint) { b := cp.Transactions[0].Events.Bcs.Value; b[len(b)-1] ^= 1 })
		}, suirpc.ErrInvalid},
		"effects altered": {func(n *suirpctest.Node) {
			n.Tamper(1, func(cp *pb.Checkpoint) { cp.Transactions[0].Effects.Bcs.Value[2] ^= 1 })
		}, suirpc.ErrInvalid},
		"a transaction left out": {func(n *suirpctest.Node) {
			n.Tamper(1, func(cp *pb.Checkpoint) { cp.Transactions = nil })
		}, suirpc.ErrInvalid},
		"another summary": {func(n *suirpctest.Node) {
			n.Tamper(1, func(cp *pb.Checkpoint) { b := cp.Summary.Bcs.Value; b[0] ^= 1 })
		}, suirpc.ErrInvalid},
		"another chain": {func(n *suirpctest.Node) { n.SetChainID(sui.Digest{5}); n.Cut() }, suirpc.ErrChainChanged},
		"pruned":        {func(n *suirpctest.Node) { n.Prune(2); n.Append(3) }, suirpc.ErrPruned},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			node := suirpctest.Start(t)
			node.SetNoStreams()
			node.Append(1, tx(1, event(1)))
			next, fail := follower(t, dial(t, node.URL), 0)
			next()
			node.Append(2, tx(2, event(2)))
			test.spoil(node)
			if err := fail(); !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
		})
	}
}

// A consumer that leaves because its context ended is not called again.
func TestFollowStopsWithConsumer(t *testing.T) {
	node := suirpctest.Start(t)
	node.Append(1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, err := range dial(t, node.URL).Follow(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		break
	}
}
