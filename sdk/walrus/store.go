package walrus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/floe-data/floe/sdk/sui"
	"golang.org/x/sync/errgroup"
)

// sliversPerNode is how many slivers go to one node at a time.
const sliversPerNode = 4

// StoreOptions are the options of Store.
type StoreOptions struct {
	// Deletable is the id of the Blob object when it was registered as
	// deletable; nil for a permanent blob.
	Deletable *sui.Address
	// Progress, if set, is called one call at a time.
	Progress func(StoreProgress)
}

// A StoreProgress tells how far Store is.
type StoreProgress struct {
	Node       string // the node that the event is about
	Confirmed  bool   // the node has just confirmed
	Err        error  // the node has just failed
	Slivers    int    // stored so far, over all nodes
	AllSlivers int
	Weight     int // shards of the nodes that have confirmed
	Quorum     int // weight that is needed
}

// A StoreError says that no quorum confirmed. Calling Store again resumes:
// what nodes hold is not sent again.
type StoreError struct {
	BlobID   BlobID
	Weight   int // shards of the nodes that confirmed
	Quorum   int
	NShards  int
	Nodes    int
	Failures []NodeFailure
	causes   []error
}

// Error implements error.
func (e *StoreError) Error() string {
	var list []string
	for _, f := range e.Failures {
		list = append(list, f.Node+": "+f.Reason)
	}
	return fmt.Sprintf("store blob %s: nodes with %d of %d shards confirmed, %d are needed; %d of %d nodes failed (%s); mend the nodes or the blob's registration and store again, what is stored is kept",
		e.BlobID, e.Weight, e.NShards, e.Quorum, len(e.Failures), e.Nodes, strings.Join(list, "; "))
}

// Unwrap returns ErrNoQuorum and the nodes' errors.
func (e *StoreError) Unwrap() []error { return append([]error{ErrNoQuorum}, e.causes...) }

// Store sends metadata and slivers to all nodes at once and returns a
// certificate as soon as a quorum has confirmed; the rest get half as long
// again, and half a second, to receive theirs. The blob must be registered on
// chain. What a node holds already is not sent again, so that Store resumes
// where an earlier one was interrupted. Nodes that failed are named in the
// certificate's Failures, or in a *StoreError when there is no quorum.
func (c *Client) Store(ctx context.Context, blob *EncodedBlob, opt StoreOptions) (*Certificate, error) {
	if blob.params != c.params {
		return nil, fmt.Errorf("store blob %s: encoded for %d shards, committee has %d; encode it again", blob.id, blob.params.n, c.params.n)
	}
	s := &storing{
		c: c, blob: blob, opt: opt, start: c.opt.Now(),
		message:    Confirmation{Epoch: c.committee.Epoch, BlobID: blob.id, Deletable: opt.Deletable}.Message(),
		sent:       make([]bool, 2*c.params.n),
		signatures: make(map[int][]byte), quorum: make(chan struct{}),
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.allNodes(ctx)
	}()
	select {
	case <-done:
	case <-s.quorum:
		go func() {
			if c.opt.Sleep(ctx, s.tail()) == nil {
				cancel(errors.New("quorum reached, stopped waiting for this node"))
			}
		}()
		<-done
	}
	return s.certificate(ctx)
}

// storing is the state of one Store.
type storing struct {
	c       *Client
	blob    *EncodedBlob
	opt     StoreOptions
	message []byte
	start   time.Time

	mu         sync.Mutex // guards the rest, and calls of Progress
	sent       []bool     // by pair and axis
	slivers    int        // how many of them
	weight     int
	signatures map[int][]byte
	failures   []NodeFailure
	causes     []error
	quorum     chan struct{} // closed when weight suffices
}

// tail is how long slow nodes are served after the quorum.
func (s *storing) tail() time.Duration {
	return s.c.opt.Now().Sub(s.start)/2 + 500*time.Millisecond
}

// allNodes serves every node and returns when each has confirmed or failed.
func (s *storing) allNodes(ctx context.Context) {
	var wg sync.WaitGroup
	for i := range s.c.nodes {
		wg.Go(func() {
			signature, err := s.oneNode(ctx, i)
			if err != nil && ctx.Err() != nil {
				err = fmt.Errorf("%w (%w)", context.Cause(ctx), err)
			}
			s.finish(i, signature, err)
		})
	}
	wg.Wait()
}

// oneNode brings a node to confirm: metadata, then slivers, then signature.
func (s *storing) oneNode(ctx context.Context, i int) ([]byte, error) {
	node, id := s.c.nodes[i], s.blob.id
	var status string
	err := s.c.retry(ctx, i, s.c.opt.Attempts, 0, func(ctx context.Context) (err error) {
		status, err = node.MetadataStatus(ctx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	held := status == StatusStored
	if held {
		if signature, err := s.confirm(ctx, i, 1); err == nil {
			for _, shard := range s.c.committee.Members[i].Shards {
				pair := s.c.params.PairOfShard(s.blob.id, shard)
				s.countSliver(i, pair, Primary)
				s.countSliver(i, pair, Secondary)
			}
			return signature, nil
		}
	} else {
		meta := s.blob.metadata
		err := s.c.retry(ctx, i, s.c.opt.Attempts, MaxMetadataSize(s.c.params.n), func(ctx context.Context) error {
			return node.PutMetadata(ctx, id, meta)
		})
		if err != nil {
			return nil, fmt.Errorf("put metadata: %w", err)
		}
	}
	if err := s.nodeSlivers(ctx, i, held); err != nil {
		return nil, err
	}
	signature, err := s.confirm(ctx, i, s.c.opt.Attempts)
	if held && hasReason(err, ReasonMissingSlivers) {
		// The node has files that it finds damaged: replace them all.
		if err := s.nodeSlivers(ctx, i, false); err != nil {
			return nil, err
		}
		return s.confirm(ctx, i, s.c.opt.Attempts)
	}
	return signature, err
}

// nodeSlivers sends a node its slivers; held says that it may have some.
func (s *storing) nodeSlivers(ctx context.Context, i int, held bool) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sliversPerNode)
	for _, shard := range s.c.committee.Members[i].Shards {
		pair := s.c.params.PairOfShard(s.blob.id, shard)
		for _, axis := range []Axis{Primary, Secondary} {
			g.Go(func() error {
				if err := s.oneSliver(ctx, i, pair, axis, held); err != nil {
					return fmt.Errorf("put %s sliver of pair %d: %w", axis, pair, err)
				}
				s.countSliver(i, pair, axis)
				return nil
			})
		}
	}
	return g.Wait()
}

func (s *storing) oneSliver(ctx context.Context, i, pair int, axis Axis, held bool) error {
	node, id := s.c.nodes[i], s.blob.id
	if held {
		var status string
		err := s.c.retry(ctx, i, s.c.opt.Attempts, 0, func(ctx context.Context) (err error) {
			status, err = node.SliverStatus(ctx, id, pair, axis)
			return err
		})
		if err != nil || status == StatusStored {
			return err
		}
	}
	sliver := s.blob.Sliver(axis, pair)
	return s.c.retry(ctx, i, s.c.opt.Attempts, len(sliver.Data), func(ctx context.Context) error {
		return node.PutSliver(ctx, id, pair, sliver)
	})
}

// confirm fetches and verifies the node's signature.
func (s *storing) confirm(ctx context.Context, i, attempts int) ([]byte, error) {
	var got *SignedConfirmation
	err := s.c.retry(ctx, i, attempts, 0, func(ctx context.Context) (err error) {
		got, err = s.c.nodes[i].Confirmation(ctx, s.blob.id, s.opt.Deletable)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get confirmation: %w", err)
	}
	if string(got.Message) != string(s.message) {
		if other, err := ParseConfirmation(got.Message); err == nil && other.Epoch != s.c.committee.Epoch {
			return nil, fmt.Errorf("node signed for epoch %d, the committee is of epoch %d; read the committee again", other.Epoch, s.c.committee.Epoch)
		}
		return nil, errors.New("node signed another message than asked for")
	}
	if err := VerifySignature(s.c.committee.Members[i].PublicKey, got.Message, got.Signature); err != nil {
		return nil, fmt.Errorf("verify confirmation: %w; the node's key differs from the committee's", err)
	}
	return got.Signature, nil
}

// countSliver records that a sliver is on its node.
func (s *storing) countSliver(i, pair int, a Axis) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := 2*pair + int(a); !s.sent[k] {
		s.sent[k] = true
		s.slivers++
		s.report(StoreProgress{Node: s.c.committee.Members[i].Name})
	}
}

// finish records how a node ended.
func (s *storing) finish(i int, signature []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.c.committee.Members[i]
	if err != nil {
		s.failures = append(s.failures, NodeFailure{m.Name, err.Error()})
		s.causes = append(s.causes, err)
		s.report(StoreProgress{Node: m.Name, Err: err})
		return
	}
	had := s.c.committee.IsQuorum(s.weight)
	s.signatures[i] = signature
	s.weight += len(m.Shards)
	if !had && s.c.committee.IsQuorum(s.weight) {
		close(s.quorum)
	}
	s.report(StoreProgress{Node: m.Name, Confirmed: true})
}

// report fills in the totals and calls Progress; s.mu is held.
func (s *storing) report(p StoreProgress) {
	if s.opt.Progress == nil {
		return
	}
	p.Slivers, p.AllSlivers = s.slivers, 2*s.c.params.n
	p.Weight, p.Quorum = s.weight, s.c.params.Quorum()
	s.opt.Progress(p)
}

func (s *storing) certificate(ctx context.Context) (*Certificate, error) {
	if !s.c.committee.IsQuorum(s.weight) {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("store blob %s: %w", s.blob.id, context.Cause(ctx))
		}
		return nil, &StoreError{BlobID: s.blob.id, Weight: s.weight, Quorum: s.c.params.Quorum(), NShards: s.c.params.n,
			Nodes: len(s.c.nodes), Failures: s.failures, causes: s.causes}
	}
	cert, err := NewCertificate(s.c.committee, s.message, s.signatures)
	if err != nil {
		return nil, err
	}
	cert.Failures = s.failures
	if err := cert.Verify(s.c.committee); err != nil {
		return nil, err
	}
	return cert, nil
}
