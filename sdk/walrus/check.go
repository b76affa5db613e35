package walrus

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Check fetches and verifies the metadata and every sliver of every node, and
// names all that is missing, wrong or unreachable. Its error says that it
// could not find out; a blob with faults is no error, see [ReadReport.OK].
func (c *Client) Check(ctx context.Context, id BlobID) (*ReadReport, error) {
	rep := c.newReporter(id)
	m, err := c.readMetadata(ctx, id, rep)
	if err != nil {
		return rep.done(), err
	}
	rep.r.Size, rep.r.Needed = m.Size, 2*c.params.n
	c.checkMetadata(ctx, id, rep)
	var g errgroup.Group
	g.SetLimit(len(c.nodes) * c.opt.RequestsPerNode)
	for _, at := range c.locations(id) {
		for _, axis := range []Axis{Primary, Secondary} {
			g.Go(func() error {
				if ctx.Err() != nil || rep.isDown(at.node) {
					return nil
				}
				_, err := c.fetchSliver(ctx, id, m, at, axis, 2)
				if ctx.Err() == nil {
					rep.sliver(at, axis, err)
				}
				return nil
			})
		}
	}
	_ = g.Wait() // the functions return nil
	if ctx.Err() != nil {
		return rep.done(), fmt.Errorf("check blob %s: %w", id, context.Cause(ctx))
	}
	return rep.done(), nil
}

// checkMetadata asks every node for its copy of the metadata.
func (c *Client) checkMetadata(ctx context.Context, id BlobID, rep *reporter) {
	rep.mu.Lock()
	rep.r.Refused = rep.r.Refused[:0] // every node is asked again
	rep.mu.Unlock()
	var wg sync.WaitGroup
	for i := range c.nodes {
		wg.Go(func() {
			if rep.isDown(i) {
				return
			}
			err := c.retry(ctx, i, 2, MaxMetadataSize(c.params.n), func(ctx context.Context) error {
				_, err := c.nodes[i].Metadata(ctx, id)
				return err
			})
			if err != nil && ctx.Err() == nil {
				rep.nodeFailed(i, err)
			}
		})
	}
	wg.Wait()
}

// Status returns the most advanced status of the blob that nodes with more
// than f shards agree on, so that at least one correct node vouches for it.
func (c *Client) Status(ctx context.Context, id BlobID) (BlobStatus, error) {
	rep := c.newReporter(id)
	answers := make([]*BlobStatus, len(c.nodes))
	var wg sync.WaitGroup
	for i := range c.nodes {
		wg.Go(func() {
			var s BlobStatus
			err := c.retry(ctx, i, 2, 0, func(ctx context.Context) (err error) {
				s, err = c.nodes[i].BlobStatus(ctx, id)
				return err
			})
			if err != nil {
				rep.nodeFailed(i, err)
				return
			}
			answers[i] = &s
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return BlobStatus{}, fmt.Errorf("get status of blob %s: %w", id, context.Cause(ctx))
	}
	best, found := BlobStatus{}, false
	for _, s := range answers {
		if s == nil || found && !lessAdvanced(best, *s) {
			continue
		}
		weight := 0
		for i, other := range answers {
			if other != nil && !lessAdvanced(*other, *s) {
				weight += len(c.committee.Members[i].Shards)
			}
		}
		if c.committee.IsValidity(weight) {
			best, found = *s, true
		}
	}
	if !found {
		return BlobStatus{}, rep.unavailable("get status", fmt.Sprintf("nodes with %d of %d shards must agree on a status", c.params.F()+1, c.params.n))
	}
	return best, nil
}

// lessAdvanced orders statuses: nonexistent, deletable, permanent, certified,
// invalid; then by the end epoch.
func lessAdvanced(a, b BlobStatus) bool {
	rank := func(s BlobStatus) int {
		switch {
		case s.State == StateInvalid:
			return 4
		case s.State == StatePermanent && s.Certified:
			return 3
		case s.State == StatePermanent:
			return 2
		case s.State == StateDeletable:
			return 1
		}
		return 0
	}
	if rank(a) != rank(b) {
		return rank(a) < rank(b)
	}
	return a.EndEpoch < b.EndEpoch
}
