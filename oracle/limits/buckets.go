package limits

import (
	"crypto/sha256"
	"hash/maphash"
	"math"
	"sync"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

const (
	shards = 64
	// maxBuckets is how many buckets one kind of quota keeps: about 25 MB.
	maxBuckets = 1 << 18
	// sweepInterval is how often a shard that is full is looked through for
	// buckets that are full again.
	sweepInterval = time.Second
	// sample is how many buckets are compared to find one to forget.
	sample = 8
)

// buckets are token buckets by key. Each is kept as one time: when it will be
// full again. A bucket that is full need not be kept at all. If more than
// maxBuckets are in use, one that is nearly full is forgotten for each new one:
// who used up least is forgiven first, and a flood of keys that are used once
// does not reset the bucket of one that is used heavily.
type buckets struct {
	seed   maphash.Seed
	shards [shards]bucketShard
}

type bucketShard struct {
	mu    sync.Mutex
	full  map[sui.Address]int64 // Unix nanoseconds
	swept int64
}

func newBuckets() *buckets {
	b := &buckets{seed: maphash.MakeSeed()}
	for i := range b.shards {
		b.shards[i].full = map[sui.Address]int64{}
	}
	return b
}

// hashKey makes a key of anything.
func hashKey(parts ...[]byte) (out sui.Address) {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	h.Sum(out[:0])
	return out
}

func (b *buckets) shard(key sui.Address) *bucketShard {
	return &b.shards[maphash.Bytes(b.seed, key[:])%shards]
}

// take takes n tokens, or tells for how long there won't be as many.
func (b *buckets) take(key sui.Address, n int, r Rate, now time.Time) (wait time.Duration, ok bool) {
	token := r.token()
	t, room := now.UnixNano(), token*int64(r.Burst)
	s := b.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	full, known := s.full[key]
	if full > t+room { // the clock was set back: the bucket is empty, not less
		full = t + room
		s.full[key] = full
	}
	full = max(full, t) + token*int64(n)
	if full-t > room {
		return time.Duration(full - t - room), false
	}
	if !known && len(s.full) >= maxBuckets/shards {
		s.forget(t)
	}
	s.full[key] = full
	return 0, true
}

// giveBack returns tokens that take took for a request that was not let in.
func (b *buckets) giveBack(key sui.Address, n int, r Rate) {
	s := b.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if full, known := s.full[key]; known {
		s.full[key] = full - r.token()*int64(n)
	}
}

// forget makes room for a bucket. mu is held.
func (s *bucketShard) forget(now int64) {
	if now-s.swept >= int64(sweepInterval) || now < s.swept {
		s.swept = now
		for key, full := range s.full {
			if full <= now {
				delete(s.full, key)
			}
		}
		if len(s.full) < maxBuckets/shards {
			return
		}
	}
	var least sui.Address
	soonest, seen := int64(math.MaxInt64), 0
	for key, full := range s.full { // begins anywhere
		if full < soonest {
			least, soonest = key, full
		}
		if seen++; seen == sample {
			break
		}
	}
	delete(s.full, least)
}

// token is the time in nanoseconds in which one token comes back.
func (r Rate) token() int64 { return max(int64(r.Per)/int64(r.N), 1) }

// counters count what is under way by key. Only what is not zero is kept.
type counters struct {
	mu sync.Mutex
	n  map[sui.Address]int
}

func newCounters() *counters { return &counters{n: map[sui.Address]int{}} }

// enter counts one more unless there are most already; 0 means any number.
func (c *counters) enter(key sui.Address, most int) (leave func(), ok bool) {
	if most == 0 {
		return func() {}, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n[key] >= most {
		return nil, false
	}
	c.n[key]++
	var once sync.Once
	return func() {
		once.Do(func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.n[key]--; c.n[key] == 0 {
				delete(c.n, key)
			}
		})
	}, true
}

// A Bucket is one token bucket. It is safe for concurrent use.
type Bucket struct{ b *Buckets }

// NewBucket returns a full bucket.
func NewBucket(r Rate, now func() time.Time) *Bucket { return &Bucket{NewBuckets(r, now)} }

// Take takes a token, or tells for how long there will be none.
func (b *Bucket) Take() (wait time.Duration, ok bool) { return b.b.Take(sui.Address{}, 1) }

// GiveBack returns a token.
func (b *Bucket) GiveBack() { b.b.b.giveBack(sui.Address{}, 1, b.b.rate) }

// Burst is how many tokens there are at most.
func (b *Bucket) Burst() int { return b.b.rate.Burst }

// Buckets are token buckets by key. They are safe for concurrent use, and keep at
// most a fixed number.
type Buckets struct {
	rate Rate
	now  func() time.Time
	b    *buckets
}

// NewBuckets returns full buckets.
func NewBuckets(r Rate, now func() time.Time) *Buckets {
	return &Buckets{rate: r, now: now, b: newBuckets()}
}

// Take takes n tokens of a key, or tells for how long there won't be as many.
func (b *Buckets) Take(key sui.Address, n int) (wait time.Duration, ok bool) {
	return b.b.take(key, n, b.rate, b.now())
}
