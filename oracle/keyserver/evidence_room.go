package keyserver

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/floe-data/floe/oracle/limits"
)

// Evidence that is given is in memory until it is sent, several times over: sealed,
// as objects, and as the file. A policy may read megabytes, and anybody who can log
// in may ask for the evidence of his decisions, often and at once.
const (
	// evidenceRoom is how many bytes of memory are used for that, about.
	evidenceRoom = 256 << 20
	// evidenceCopies is how often evidence is in memory.
	evidenceCopies = 4
	// evidencePatience is for how long a request waits for room.
	evidencePatience = 2 * time.Second
)

func newEvidenceRoom() *semaphore.Weighted { return semaphore.NewWeighted(evidenceRoom) }

// takeRoom waits for the memory that it takes to give evidence of a size, until leave
// is called. The largest takes all there is.
func (c *Config) takeRoom(ctx context.Context, size int64) (leave func(), ref *refusal) {
	need := min(evidenceCopies*size, evidenceRoom)
	wait, cancel := context.WithTimeout(ctx, evidencePatience)
	defer cancel()
	if c.evidence.Acquire(wait, need) != nil {
		return nil, c.denied(&limits.Denial{Code: "busy_evidence", Rule: "the key server gives as much evidence as it has memory for",
			Remedy: "try again in 1 s", After: time.Second})
	}
	return func() { c.evidence.Release(need) }, nil
}
