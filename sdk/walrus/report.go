package walrus

import (
	"errors"
	"fmt"
	"sort"
	"sync"
)

// Errors of reading.
var (
	// ErrBlobNotFound means that nodes with a quorum of the shards don't have
	// the blob: it was never stored there, or has expired.
	ErrBlobNotFound = errors.New("blob does not exist on the storage nodes")
	// ErrBlobForbidden means that nodes with a quorum refuse to serve it.
	ErrBlobForbidden = errors.New("storage nodes refuse to serve the blob")
	// ErrUnavailable means that too few nodes served good slivers.
	ErrUnavailable = errors.New("blob is not available")
)

// A BadSliver is a sliver that a node served and that is not the blob's.
type BadSliver struct {
	Node   string `json:"node"`
	Shard  int    `json:"shard"`
	Pair   int    `json:"pair"`
	Axis   string `json:"axis"`
	Reason string `json:"reason"`
}

// A ReadReport says how a blob was read or checked, and names whatever was
// wrong on the way.
type ReadReport struct {
	BlobID       BlobID `json:"blob_id"`
	Size         uint64 `json:"size"`
	MetadataFrom string `json:"metadata_from"` // the node whose metadata was verified
	Verified     int    `json:"verified"`      // slivers that were fetched and are right
	Needed       int    `json:"needed"`        // slivers that restore the blob; for Check all
	// Unreachable names nodes that could not be asked, each once.
	Unreachable []NodeFailure `json:"unreachable"`
	// Bad names every sliver that was served and is wrong.
	Bad []BadSliver `json:"bad"`
	// Missing names every sliver that a node should hold and does not serve.
	Missing []BadSliver `json:"missing"`
	// Refused names nodes whose answer about the metadata was an error.
	Refused []NodeFailure `json:"refused"`
}

// OK reports whether nothing was wrong.
func (r *ReadReport) OK() bool {
	return len(r.Unreachable)+len(r.Bad)+len(r.Missing)+len(r.Refused) == 0
}

// reporter fills a ReadReport from many goroutines.
type reporter struct {
	c    *Client
	mu   sync.Mutex
	r    *ReadReport
	down map[int]bool
}

func (c *Client) newReporter(id BlobID) *reporter {
	return &reporter{c: c, r: &ReadReport{BlobID: id, Unreachable: []NodeFailure{}, Bad: []BadSliver{}, Missing: []BadSliver{}, Refused: []NodeFailure{}},
		down: make(map[int]bool)}
}

// isDown reports whether the node was found unreachable.
func (p *reporter) isDown(node int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.down[node]
}

// nodeFailed records that a node did not answer, or refused, as a whole.
func (p *reporter) nodeFailed(node int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := NodeFailure{p.c.committee.Members[node].Name, err.Error()}
	if !unreachable(err) {
		p.r.Refused = append(p.r.Refused, f)
		return
	}
	if !p.down[node] {
		p.down[node] = true
		p.r.Unreachable = append(p.r.Unreachable, f)
	}
}

// sliver records the outcome of fetching one sliver.
func (p *reporter) sliver(at location, a Axis, err error) {
	if err == nil {
		p.mu.Lock()
		p.r.Verified++
		p.mu.Unlock()
		return
	}
	if unreachable(err) {
		p.nodeFailed(at.node, err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	b := BadSliver{p.c.committee.Members[at.node].Name, at.shard, at.pair, a.String(), err.Error()}
	var refused *NodeError
	if errors.As(err, &refused) {
		p.r.Missing = append(p.r.Missing, b)
	} else {
		p.r.Bad = append(p.r.Bad, b)
	}
}

// done sorts the report, so that equal findings read equal.
func (p *reporter) done() *ReadReport {
	p.mu.Lock()
	defer p.mu.Unlock()
	byNode := func(f []NodeFailure) func(i, j int) bool {
		return func(i, j int) bool { return f[i].Node < f[j].Node }
	}
	byPair := func(b []BadSliver) func(i, j int) bool {
		return func(i, j int) bool { return b[i].Pair < b[j].Pair || b[i].Pair == b[j].Pair && b[i].Axis < b[j].Axis }
	}
	sort.SliceStable(p.r.Unreachable, byNode(p.r.Unreachable))
	sort.SliceStable(p.r.Refused, byNode(p.r.Refused))
	sort.SliceStable(p.r.Bad, byPair(p.r.Bad))
	sort.SliceStable(p.r.Missing, byPair(p.r.Missing))
	return p.r
}

// unavailable says why something failed, what was needed and what would help.
func (p *reporter) unavailable(verb, need string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	nodes := len(p.c.nodes)
	text := fmt.Sprintf("%d of %d nodes answered, %s", nodes-len(p.down), nodes, need)
	for _, u := range p.r.Unreachable {
		text += fmt.Sprintf("; node %s is %s", u.Node, u.Reason)
	}
	for _, r := range p.r.Refused {
		text += fmt.Sprintf("; node %s answered %s", r.Node, r.Reason)
	}
	if n := len(p.r.Bad); n > 0 {
		text += fmt.Sprintf("; %d slivers are not the blob's, the first from node %s", n, p.r.Bad[0].Node)
	}
	if n := len(p.r.Missing); n > 0 {
		text += fmt.Sprintf("; %d slivers were not served, the first by node %s", n, p.r.Missing[0].Node)
	}
	return fmt.Errorf("%s of blob %s: %w: %s; start or mend these nodes and try again", verb, p.r.BlobID, ErrUnavailable, text)
}
