package groupcommit

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
)

// What comes while a batch is stored is the next batch, in order and not larger
// than add says; between batches others get their turn.
func TestQueue(t *testing.T) {
	q := NewQueue[int](10)
	var batch []int
	var batches [][]int
	entered, gate := make(chan struct{}), make(chan struct{})
	go q.Run(func(n int) bool {
		batch = append(batch, n)
		return len(batch) == 4
	}, func() {
		batches, batch = append(batches, batch), nil
		if len(batches) == 1 {
			close(entered)
			<-gate
		}
	})
	for n := range 7 {
		if n == 1 {
			<-entered
		}
		if err := q.Put(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	if q.Len() != 6 {
		t.Errorf("%d wait", q.Len())
	}
	close(gate)
	if err := q.Between(func() {
		if len(batch) > 0 {
			t.Error("called in the middle of a batch")
		}
	}); err != nil {
		t.Fatal(err)
	}
	q.Close()
	if !slices.EqualFunc(batches, [][]int{{0}, {1, 2, 3, 4}, {5, 6}}, slices.Equal) {
		t.Errorf("%v", batches)
	}
	q.Close()
	if err := q.Put(t.Context(), 1); !errors.Is(err, ErrClosed) {
		t.Errorf("put after Close: %v", err)
	}
	if err := q.Between(func() {}); !errors.Is(err, ErrClosed) {
		t.Errorf("between after Close: %v", err)
	}
}

// Who waits for room gives up with the context, and is served before Close ends.
func TestQueueFull(t *testing.T) {
	q := NewQueue[int](1)
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	stored := 0
	if err := q.Put(ctx, 1); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	results := make(chan error, 2)
	wait.Go(func() { results <- q.Put(ctx, 2) })
	cancel(gone)
	if err := <-results; !errors.Is(err, gone) {
		t.Errorf("%v", err)
	}
	wait.Go(func() { results <- q.Put(t.Context(), 3) })
	runtime.Gosched()
	go q.Run(func(int) bool { stored++; return true }, func() {})
	if err := <-results; err != nil {
		t.Error(err)
	}
	q.Close()
	wait.Wait()
	if stored != 2 {
		t.Errorf("%d stored", stored)
	}
}

// faulty is a file that fails when told to.
type faulty struct {
	File
	room             int // bytes that can still be written, if not 0
	syncErr, cutErr  error
	syncs, truncates int
}

func (f *faulty) WriteAt(p []byte, off int64) (int, error) {
	if f.room > 0 && len(p) > f.room {
		n, _ := f.File.WriteAt(p[:f.room], off)
		return n, syscall.ENOSPC
	}
	return f.File.WriteAt(p, off)
}

func (f *faulty) Sync() error { f.syncs++; return errors.Join(f.syncErr, f.File.Sync()) }

func (f *faulty) Truncate(n int64) error {
	f.truncates++
	if f.cutErr != nil {
		return f.cutErr
	}
	return f.File.Truncate(n)
}

// After every failure the file holds what was durable before, and goes on from
// there as soon as the disk does.
func TestTail(t *testing.T) {
	for _, ahead := range []int64{0, 1000} {
		path := filepath.Join(t.TempDir(), "file")
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		disk := &faulty{File: f}
		tail, want := Tail{File: disk, Ahead: ahead}, []byte(nil)
		for i, fail := range []func(){
			func() {},
			func() { disk.room = 3 },
			func() { disk.syncErr = syscall.EIO },
			func() { disk.room, disk.cutErr = 3, syscall.EROFS },
		} {
			fail()
			data := bytes.Repeat([]byte{byte('a' + i)}, 10+i)
			if i > 0 {
				for range 2 {
					if err := tail.Append(data); err == nil || tail.End != int64(len(want)) {
						t.Fatalf("failure %d: %v, end %d", i, err, tail.End)
					}
				}
				disk.room, disk.syncErr, disk.cutErr = 0, nil, nil
			}
			if err := tail.Append(data); err != nil {
				t.Fatal(err)
			}
			want = append(want, data...)
			got, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(bytes.TrimRight(got, "\x00"), want) || ahead == 0 && len(got) != len(want) {
				t.Errorf("failure %d: %d bytes, %v", i, len(got), err)
			}
		}
		if err := errors.Join(tail.Shrink(), tail.Close()); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("after Shrink %d bytes, want %d: %v", len(got), len(want), err)
		}
	}
}

// What could not be stored is gone from the disk before anything is written in its
// place: otherwise a loss of power leaves the beginning of the new beside the rest
// of the old, which looks like damage.
func TestTailCutsOffDurably(t *testing.T) {
	f, err := Open(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	disk := &traced{faulty: &faulty{File: f, syncErr: syscall.EIO}}
	tail := Tail{File: disk}
	for _, fault := range []error{syscall.EIO, syscall.EIO, nil} {
		disk.syncErr, disk.did = fault, nil
		if err := tail.Append([]byte("data")); (err == nil) != (fault == nil) {
			t.Fatal(err)
		}
	}
	if want := []string{"truncate", "sync", "write", "sync"}; !slices.Equal(disk.did, want) {
		t.Errorf("%v, want %v", disk.did, want)
	}
}

// traced is a file that notes what is done to it.
type traced struct {
	*faulty
	did []string
}

func (f *traced) WriteAt(p []byte, off int64) (int, error) {
	f.did = append(f.did, "write")
	return f.faulty.WriteAt(p, off)
}

func (f *traced) Sync() error { f.did = append(f.did, "sync"); return f.faulty.Sync() }

func (f *traced) Truncate(n int64) error {
	f.did = append(f.did, "truncate")
	return f.faulty.Truncate(n)
}
