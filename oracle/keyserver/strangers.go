package keyserver

import (
	"sync"
	"time"

	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/sdk/sui"
)

// strangers bounds what requests cost the full node that are nobody's, as far
// as can be known without it: to look up a package whose first version the
// wallet may have signed for, or to verify a zkLogin signature. Who turns out
// to be somebody uses up nothing.
type strangers struct {
	bucket *limits.Bucket

	mu    sync.Mutex
	known map[sui.Address]bool // packages that were looked up before: the node is not asked again
}

// strangerRate is how many of them ask the node in vain.
var strangerRate = limits.Rate{N: 50, Per: time.Second, Burst: 200}

// maxKnown bounds what is remembered.
const maxKnown = 1000

func newStrangers(now func() time.Time) *strangers {
	return &strangers{bucket: limits.NewBucket(strangerRate, now), known: map[sui.Address]bool{}}
}

// enter counts a request that asks the node before it is known whose it is.
// proven is called once it is.
func (s *strangers) enter() (proven func(), d *limits.Denial) {
	wait, ok := s.bucket.Take()
	if !ok {
		return nil, &limits.Denial{Code: "busy_strangers", After: max(wait, time.Second),
			Rule: "many requests with signatures that do not verify ask the key server's full node", Remedy: "try again in 1 s"}
	}
	return s.bucket.GiveBack, nil
}

func (s *strangers) knows(pkg sui.Address) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[pkg]
}

func (s *strangers) remember(pkg sui.Address) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= maxKnown {
		clear(s.known)
	}
	s.known[pkg] = true
}
