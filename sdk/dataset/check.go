package dataset

import (
	"context"
	"fmt"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// Checked is the health of a version's storage.
type Checked struct {
	Dataset     sui.Address `json:"dataset_id"`
	Version     uint64      `json:"version"`
	Blobs       int         `json:"blobs"`
	Slivers     int         `json:"slivers"`     // fetched and verified
	Unreachable []string    `json:"unreachable"` // storage nodes
	BadSlivers  []BadSliver `json:"bad_slivers"` // that do not match their blob id
	// MissingSlivers are those that a node should have and has not, as when it
	// was slow to take them: a certificate waits for a quorum only.
	MissingSlivers []BadSliver `json:"missing_slivers"`
	Recoverable    bool        `json:"recoverable"` // every blob can still be read
}

// BadSliver is a sliver that cannot be used, and why.
type BadSliver struct {
	Blob   walrus.BlobID `json:"blob"`
	Node   string        `json:"node"`
	Shard  int           `json:"shard"`
	Pair   int           `json:"pair"`
	Axis   string        `json:"axis"` // primary or secondary
	Reason string        `json:"reason"`
}

// Check fetches every sliver of every blob of a version from the node that has
// to hold it, and verifies each against the blob id. It needs no key.
func Check(ctx context.Context, env *Env, dataset sui.Address, version uint64) (*Checked, error) {
	r, err := newReader(ctx, env, dataset, OpenOptions{Version: version})
	if err != nil {
		return nil, err
	}
	c := &Checked{Dataset: dataset, Version: r.version.Number, Blobs: len(r.version.Blobs), Recoverable: true,
		BadSlivers: []BadSliver{}, MissingSlivers: []BadSliver{}, Unreachable: []string{}}
	down := map[string]bool{}
	for i, b := range r.version.Blobs {
		report, err := r.client.Check(ctx, b.BlobID)
		if err != nil {
			return nil, fmt.Errorf("check blob %s: %w", b.BlobID, err)
		}
		c.Slivers += report.Verified
		c.BadSlivers = append(c.BadSlivers, badSlivers(report.BlobID, report.Bad)...)
		c.MissingSlivers = append(c.MissingSlivers, badSlivers(report.BlobID, report.Missing)...)
		for _, n := range report.Unreachable {
			if !down[n.Node] {
				down[n.Node] = true
				c.Unreachable = append(c.Unreachable, n.Node)
			}
		}
		c.Recoverable = c.Recoverable && recoverable(r.client.Committee(), report)
		env.progress(Progress{Stage: "check", Done: int64(i + 1), Total: int64(c.Blobs)})
	}
	return c, nil
}

func badSlivers(blob walrus.BlobID, in []walrus.BadSliver) (out []BadSliver) {
	for _, b := range in {
		out = append(out, BadSliver{blob, b.Node, b.Shard, b.Pair, b.Axis, b.Reason})
	}
	return out
}

// recoverable says whether the good slivers of a checked blob restore it: as
// many primary ones as the matrix has rows, or secondary ones as it has columns.
func recoverable(c *walrus.Committee, r *walrus.ReadReport) bool {
	p, err := walrus.NewParams(c.NShards)
	if err != nil {
		return false
	}
	down := 0
	for _, n := range r.Unreachable {
		for _, m := range c.Members {
			if m.Name == n.Node {
				down += len(m.Shards)
			}
		}
	}
	lost := map[string]int{}
	for _, b := range append(r.Bad, r.Missing...) {
		lost[b.Axis]++
	}
	good := func(a walrus.Axis) int { return c.NShards - down - lost[a.String()] }
	return good(walrus.Primary) >= p.Rows() || good(walrus.Secondary) >= p.Columns()
}
