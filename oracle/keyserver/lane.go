package keyserver

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/sdk/seal"
)

// lane keeps a flood of requests that come to nothing from those who are given
// keys. A session key that no key was given to yet, be it new, forged, or that of
// somebody whom the policy does not let in, has to share few places with all
// others like it, before anything is verified. Once a key was given, the session
// key is served past them for the rest of its life. It is verified all the same:
// this is about who goes first.
type lane struct {
	places  chan struct{} // one element per stranger that is worked on
	waiting chan struct{} // one element per stranger that waits for a place, or has one
	verify  chan struct{} // one element per stranger whose signatures are verified
	bucket  *limits.Bucket
	now     func() time.Time
	longest time.Duration // that a stranger waits for a place

	mu    sync.Mutex
	known map[session]int64 // session keys that were given a key, and when they expire
}

// A session tells certificates apart.
type session [sha256.Size]byte

const (
	// strangersAtOnce is how many are worked on. It is more than there are cores,
	// since they wait for the full node and the disk, too.
	strangersAtOnce = 4
	// strangersPerCore is how many are let in per second and core, as many as could
	// be given a key.
	strangersPerCore = 1000
	// strangersWaiting is how many more wait for their turn, some tens of ms.
	strangersWaiting = 256
	// strangersWait is how long they do at most: clients go after 10 seconds, and
	// then nobody has told them why.
	strangersWait = 5 * time.Second
	// maxSessions bounds what is remembered, at about 50 bytes each.
	maxSessions = 100_000
)

func newLane(now func() time.Time, cores int) *lane {
	return &lane{places: make(chan struct{}, strangersAtOnce), waiting: make(chan struct{}, strangersAtOnce+strangersWaiting),
		verify: make(chan struct{}, max(1, cores/2)),
		bucket: limits.NewBucket(limits.Rate{N: strangersPerCore * cores, Per: time.Second, Burst: strangersPerCore * cores / 4}, now), now: now, longest: strangersWait, known: map[session]int64{}}
}

func sessionOf(c *seal.Certificate) session {
	h := sha256.New()
	h.Write(c.User[:])
	h.Write(c.SessionKey)
	b := binary.LittleEndian.AppendUint64(nil, c.CreatedMS)
	h.Write(binary.LittleEndian.AppendUint16(b, c.TTLMinutes))
	h.Write(c.Signature)
	return session(h.Sum(nil))
}

// A turn is what a request has to give back: first, once its signatures are
// verified, the core that this takes, then its place.
type turn struct {
	verified, leave func()
	known           bool // the session key was given a key before
}

// enter waits for a place if the session key is not known.
func (l *lane) enter(ctx context.Context, c *seal.Certificate) (t turn, d *limits.Denial, err error) {
	if l.knows(sessionOf(c)) {
		return turn{func() {}, func() {}, true}, nil, nil
	}
	crowded := &limits.Denial{Code: "busy_strangers", After: time.Second, Remedy: "try again in 1 s",
		Rule: "too many session keys that no key was given to yet ask at the same time"}
	if _, ok := l.bucket.Take(); !ok {
		return t, crowded, nil
	}
	select {
	case l.waiting <- struct{}{}:
	default:
		return t, crowded, nil
	}
	late := time.NewTimer(l.longest)
	defer late.Stop()
	select {
	case l.places <- struct{}{}:
	case <-late.C:
		<-l.waiting
		return t, crowded, nil
	case <-ctx.Done():
		<-l.waiting
		return t, nil, ctx.Err()
	}
	l.verify <- struct{}{} // nobody has it for long
	verified := sync.OnceFunc(func() { <-l.verify })
	return turn{verified, func() { verified(); <-l.places; <-l.waiting }, false}, nil, nil
}

func (l *lane) knows(s session) bool {
	now := l.now().UnixMilli()
	l.mu.Lock()
	defer l.mu.Unlock()
	expires, ok := l.known[s]
	return ok && now <= expires
}

// remember notes that a key was given to a session key.
func (l *lane) remember(c *seal.Certificate) {
	s, now := sessionOf(c), l.now().UnixMilli()
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.known[s]; !ok && len(l.known) >= maxSessions {
		l.forget(now)
	}
	l.known[s] = c.Expires().UnixMilli()
}

// forget makes room: it drops what has expired, or else everything, so that it
// costs no more than what was remembered.
func (l *lane) forget(now int64) {
	for s, expires := range l.known {
		if expires < now {
			delete(l.known, s)
		}
	}
	if len(l.known) > maxSessions/2 {
		clear(l.known)
	}
}
