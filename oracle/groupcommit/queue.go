// Package groupcommit stores what many goroutines hand it at once in batches that
// share one sync: the journal of receipts and the archive of their evidence are
// made of it.
//
// A [Queue] gathers what waits into batches, for one goroutine that stores them.
// A [Tail] is the end of an append-only [File] to which that goroutine appends,
// and which an error leaves as it was.
package groupcommit

import (
	"context"
	"errors"
	"sync"
)

// ErrClosed is returned by a Queue that takes no more.
var ErrClosed = errors.New("it is closed")

// A Queue is safe for concurrent use.
type Queue[T any] struct {
	items   chan T
	between chan func()
	done    chan struct{} // closed when Run has ended

	mu     sync.RWMutex
	closed bool
}

// NewQueue returns a queue in which at most capacity items wait; who brings more
// waits too.
func NewQueue[T any](capacity int) *Queue[T] {
	return &Queue[T]{items: make(chan T, capacity), between: make(chan func()), done: make(chan struct{})}
}

// Put hands an item over. It returns ErrClosed after Close, and the cause when ctx
// ends first.
func (q *Queue[T]) Put(ctx context.Context, item T) error {
	q.mu.RLock() // keeps Close from closing the channel under us
	defer q.mu.RUnlock()
	if q.closed {
		return ErrClosed
	}
	select {
	case q.items <- item:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Len is how many items wait.
func (q *Queue[T]) Len() int { return len(q.items) }

// Run is the goroutine that stores: it calls add for an item and for all that wait
// behind it, until add returns that the batch is full, and then store. It ends
// after Close, when nothing waits any more.
func (q *Queue[T]) Run(add func(T) (full bool), store func()) {
	defer close(q.done)
	for {
		select {
		case f := <-q.between:
			f()
		case item, ok := <-q.items:
			if !ok {
				return
			}
			for full := add(item); !full; {
				if item, ok = q.next(); !ok {
					break
				}
				full = add(item)
			}
			store()
		}
	}
}

// next returns an item if one waits.
func (q *Queue[T]) next() (item T, ok bool) {
	select {
	case item, ok = <-q.items:
	default:
	}
	return item, ok
}

// Between has the goroutine of Run call f between two batches, when nothing is half
// done, and waits for it. It returns ErrClosed after Close.
func (q *Queue[T]) Between(f func()) error {
	called := make(chan struct{})
	select {
	case q.between <- func() { f(); close(called) }:
		<-called
		return nil
	case <-q.done:
		return ErrClosed
	}
}

// Close takes no more items and returns when Run has ended.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.items)
	}
	q.mu.Unlock()
	<-q.done
}
