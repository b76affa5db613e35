package walrus

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// metadataReads is how many nodes are asked for metadata at a time.
const metadataReads = 3

// Consistency says how a decoded blob is checked before it is returned.
type Consistency uint8

const (
	// Strict encodes the blob again and compares its id: what is returned is
	// the one content that the id can have. The default here.
	Strict Consistency = iota
	// Systematic compares the hashes of the source rows, the default of
	// Walrus' own clients.
	Systematic
)

// ReadOptions are the options of Read.
type ReadOptions struct {
	Consistency Consistency
	// Progress, if set, is called with the number of verified slivers, one
	// call at a time.
	Progress func(have, need int)
}

// Read returns a blob and how it was read. Metadata comes from any node whose
// answer hashes to id, slivers come from shards in random order, each verified
// on receipt, and the result is checked as a whole. It succeeds while nodes
// with f shards fail in any way. The report is never nil; on failure it says
// what was found.
func (c *Client) Read(ctx context.Context, id BlobID, opt ReadOptions) ([]byte, *ReadReport, error) {
	rep := c.newReporter(id)
	m, err := c.readMetadata(ctx, id, rep)
	if err != nil {
		return nil, rep.done(), err
	}
	rep.r.Size = m.Size
	slivers, err := c.readSlivers(ctx, id, m, Primary, rep, opt.Progress)
	if errors.Is(err, ErrUnavailable) && ctx.Err() == nil {
		// Columns may do when rows were tampered with.
		if s, err2 := c.readSlivers(ctx, id, m, Secondary, rep, opt.Progress); err2 == nil {
			slivers, err = s, nil
		}
	}
	if err != nil {
		return nil, rep.done(), err
	}
	data, err := Decode(m, slivers)
	if err != nil {
		return nil, rep.done(), err
	}
	check := m.CheckBlob
	if opt.Consistency == Systematic {
		check = m.CheckSystematic
	}
	if err := check(data); err != nil {
		return nil, rep.done(), fmt.Errorf("read blob %s: %w", id, err)
	}
	return data, rep.done(), nil
}

// readMetadata returns metadata that hashes to id, from the first of the nodes
// that has it. It errs with ErrBlobNotFound or ErrBlobForbidden when a quorum
// says so.
func (c *Client) readMetadata(ctx context.Context, id BlobID, rep *reporter) (*Metadata, error) {
	var mu sync.Mutex
	absent, forbidden := 0, 0
	g := &gathering[int, *Metadata]{
		want: 1, parallel: metadataReads, hedge: c.opt.Hedge, jobs: c.shuffled(len(c.nodes)),
		do: func(ctx context.Context, i int) (m *Metadata, err error) {
			err = c.retry(ctx, i, 2, MaxMetadataSize(c.params.n), func(ctx context.Context) (err error) {
				m, err = c.nodes[i].Metadata(ctx, id)
				return err
			})
			return m, err
		},
		ended: func(i int, _ *Metadata, err error) {
			mu.Lock()
			defer mu.Unlock()
			weight := len(c.committee.Members[i].Shards)
			switch statusOf(err) {
			case http.StatusNotFound:
				absent += weight
			case http.StatusUnavailableForLegalReasons:
				forbidden += weight
			}
			if err == nil {
				if rep.r.MetadataFrom != "" {
					return
				}
				rep.r.MetadataFrom = c.committee.Members[i].Name
			} else {
				rep.nodeFailed(i, err)
			}
		},
	}
	found := g.run(ctx)
	switch {
	case len(found) > 0:
		return found[0], nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("read blob %s: %w", id, context.Cause(ctx))
	case c.committee.IsQuorum(absent + forbidden):
		if absent < forbidden {
			return nil, fmt.Errorf("read blob %s: %w", id, ErrBlobForbidden)
		}
		return nil, fmt.Errorf("read blob %s: %w; check the id and the network, and whether it has expired", id, ErrBlobNotFound)
	}
	return nil, rep.unavailable("read metadata", "and none has it")
}

// statusOf returns the HTTP status of a refusal, or 0.
func statusOf(err error) int {
	var refused *NodeError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return 0
}

// A location is where a pair of a blob lives.
type location struct{ node, shard, pair int }

// locations returns the location of every pair of the blob, by shard.
func (c *Client) locations(id BlobID) []location {
	at := make([]location, c.params.n)
	for i, m := range c.committee.Members {
		for _, shard := range m.Shards {
			at[shard] = location{i, shard, c.params.PairOfShard(id, shard)}
		}
	}
	return at
}

// readSlivers fetches as many verified slivers of the axis as are needed, from
// shards in random order: nodes are asked in proportion to their weight.
func (c *Client) readSlivers(ctx context.Context, id BlobID, m *Metadata, a Axis, rep *reporter, progress func(have, need int)) ([]*Sliver, error) {
	need, have := c.params.needed(a), 0
	rep.r.Needed = need
	at := c.locations(id)
	g := &gathering[int, *Sliver]{
		want: need, parallel: need, hedge: c.opt.Hedge, jobs: c.shuffled(c.params.n),
		skip: func(shard int) bool { return rep.isDown(at[shard].node) },
		do: func(ctx context.Context, shard int) (*Sliver, error) {
			return c.fetchSliver(ctx, id, m, at[shard], a, 2)
		},
		ended: func(shard int, _ *Sliver, err error) {
			rep.sliver(at[shard], a, err)
			if err == nil && progress != nil {
				have++
				progress(have, need)
			}
		},
	}
	got := g.run(ctx)
	if len(got) >= need {
		return got[:need], nil
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("read blob %s: %w", id, context.Cause(ctx))
	}
	return nil, rep.unavailable("read", fmt.Sprintf("%d good %s slivers of %d shards were found, %d are needed", len(got), a, c.params.n, need))
}

// fetchSliver fetches and verifies one sliver.
func (c *Client) fetchSliver(ctx context.Context, id BlobID, m *Metadata, at location, a Axis, attempts int) (*Sliver, error) {
	size, err := c.params.SliverSize(a, m.Size)
	if err != nil {
		return nil, err
	}
	var s *Sliver
	err = c.retry(ctx, at.node, attempts, size, func(ctx context.Context) (err error) {
		s, err = c.nodes[at.node].Sliver(ctx, id, m, at.pair, a)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}
