package storage

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
	"github.com/floe-data/floe/sdk/walrus"
)

var _ Chain = (*suirpc.Client)(nil)

// chain yields what is sent.
type chain chan *suirpc.Checkpoint

func (c chain) Follow(ctx context.Context, from uint64, _ ...suirpc.FollowOption) iter.Seq2[*suirpc.Checkpoint, error] {
	return func(yield func(*suirpc.Checkpoint, error) bool) {
		for {
			select {
			case cp, ok := <-c:
				if !ok {
					yield(nil, errors.New("pruned"))
					return
				}
				if !yield(cp, nil) {
					return
				}
			case <-ctx.Done():
				yield(nil, ctx.Err())
				return
			}
		}
	}
}

// storageEvent builds an event of floe_storage::events; the bytes follow the
// order of fields in the Move struct.
func storageEvent(pkg sui.Address, name string, write func(e *bcs.Encoder)) sui.Event {
	var e bcs.Encoder
	write(&e)
	return sui.Event{Package: pkg, Module: "system", Type: sui.StructTag{Address: pkg, Module: "events", Name: name}, Contents: e.Data()}
}

func TestFollow(t *testing.T) {
	pkg, id, object := sui.Address{0xf1}, walrus.BlobID{1, 2, 3}, sui.Address{9}
	register := func(e *bcs.Encoder) {
		e.U32(4)
		e.Fixed(id[:])
		e.U64(1234)
		e.U8(1)
		e.U32(20)
		e.Bool(false)
		e.Fixed(object[:])
	}
	c := make(chain)
	ctx, cancel := context.WithCancel(t.Context())
	f := Follow(ctx, c, contract.Packages{Storage: contract.Package{Original: pkg, Latest: sui.Address{0xf2}}}, nil)
	until := func(ok func() bool) {
		t.Helper()
		for {
			changed := f.Changed()
			if ok() {
				return
			}
			select {
			case <-changed:
			case <-f.Done():
				t.Fatal(f.Err())
			}
		}
	}
	tx := func(events ...sui.Event) []suirpc.CheckpointTx {
		return []suirpc.CheckpointTx{{Digest: sui.Digest{5}, Events: events}}
	}
	c <- &suirpc.Checkpoint{Sequence: 0, Transactions: tx(
		storageEvent(sui.Address{0xbb}, "BlobRegistered", register), // another package's
		storageEvent(pkg, "CommitteeChanged", func(e *bcs.Encoder) { e.U32(4); e.U16(100); e.ULEB(1); e.String("a") }),
	)}
	until(func() bool { return f.Epoch() == 4 })
	if _, ok, err := f.Blob(ctx, id); ok || err != nil {
		t.Errorf("blob is registered by a stranger's event: %v", err)
	}
	c <- &suirpc.Checkpoint{Sequence: 1, Transactions: tx(storageEvent(pkg, "BlobRegistered", register))}
	until(func() bool { _, ok, _ := f.Blob(ctx, id); return ok })
	reg, _, _ := f.Blob(ctx, id)
	if s := reg.Status(4); reg.Size != 1234 || s.State != walrus.StatePermanent || s.Certified || s.EndEpoch != 20 || s.Event.TxDigest != (sui.Digest{5}).String() {
		t.Errorf("registered: %+v %+v", reg, s)
	}
	c <- &suirpc.Checkpoint{Sequence: 2, Transactions: tx(storageEvent(pkg, "BlobCertified", func(e *bcs.Encoder) {
		e.U32(4)
		e.Fixed(id[:])
		e.U32(20)
		e.Bool(false)
		e.Fixed(object[:])
		e.ULEB(2)
		e.U16(0)
		e.U16(1)
		e.U16(70)
	}))}
	until(func() bool { reg, _, _ := f.Blob(ctx, id); return reg.Status(4).Certified })
	reg, _, _ = f.Blob(ctx, id)
	if s := reg.Status(4); s.InitialCertifiedEpoch == nil || *s.InitialCertifiedEpoch != 4 {
		t.Errorf("certified: %+v", s)
	}
	if s := reg.Status(20); s.State != walrus.StatusNonexistent {
		t.Errorf("expired: %+v", s)
	}
	c <- &suirpc.Checkpoint{Sequence: 3, Transactions: tx(storageEvent(pkg, "BlobExtended", func(e *bcs.Encoder) {
		e.U32(5)
		e.Fixed(id[:])
		e.Fixed(object[:])
		e.U32(20)
		e.U32(30)
	}))}
	until(func() bool { reg, _, _ := f.Blob(ctx, id); return reg.Status(29).EndEpoch == 30 })
	reg, _, _ = f.Blob(ctx, id)
	if s := reg.Status(29); !s.Certified || reg.Status(30).State != walrus.StatusNonexistent {
		t.Errorf("extended: %+v", s)
	}
	deleted := func(object sui.Address) sui.Event {
		return storageEvent(pkg, "BlobDeleted", func(e *bcs.Encoder) {
			e.U32(5)
			e.Fixed(id[:])
			e.U32(30)
			e.Fixed(object[:])
			e.Bool(true)
		})
	}
	c <- &suirpc.Checkpoint{Sequence: 4, Transactions: tx(deleted(sui.Address{8}))}
	until(func() bool { return f.Next() == 5 })
	if _, ok, _ := f.Blob(ctx, id); !ok {
		t.Error("deleting another object deletes this one")
	}
	c <- &suirpc.Checkpoint{Sequence: 5, Transactions: tx(deleted(object))}
	until(func() bool { _, ok, _ := f.Blob(ctx, id); return !ok })
	cancel()
	<-f.Done()
	if _, _, err := f.Blob(ctx, id); err == nil {
		t.Error("a registry that has ended still answers")
	}
}

func TestFollowEnds(t *testing.T) {
	pkg := sui.Address{0xf1}
	packages := contract.Packages{Storage: contract.Package{Original: pkg}}
	broken := make(chain, 1)
	broken <- &suirpc.Checkpoint{Transactions: []suirpc.CheckpointTx{{Events: []sui.Event{
		storageEvent(pkg, "BlobRegistered", func(e *bcs.Encoder) { e.U8(1) })}}}}
	gone := make(chain)
	close(gone)
	for name, c := range map[string]chain{"event that does not decode": broken, "chain that ends": gone} {
		f := Follow(t.Context(), c, packages, nil)
		<-f.Done()
		if f.Err() == nil {
			t.Errorf("%s: no error", name)
		}
		if _, _, err := f.Blob(t.Context(), walrus.BlobID{}); err == nil {
			t.Errorf("%s: registry still answers", name)
		}
	}
}
