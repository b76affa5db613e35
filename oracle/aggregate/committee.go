package aggregate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A snapshot is the committee as the chain showed it last, and what is known of
// its members.
type snapshot struct {
	mu      sync.RWMutex // guards all of it
	server  *seal.KeyServer
	at      time.Time       // when it was read
	before  *seal.Committee // of the version before, nil if none was seen
	rotated time.Time       // when the version was first read
	members []memberState

	next    *reading // has not begun; nil if nobody waits
	reading bool     // one is under way
}

// A reading is one look at the chain. server and err are set when done is closed.
type reading struct {
	done   chan struct{}
	server *seal.KeyServer
	err    error
}

// memberState is what is known of a member.
type memberState struct {
	up     bool
	detail string // why not
	blamed *Blame
}

// A Blame is the last thing that a member did wrong.
type Blame struct {
	Reason string    `json:"reason"`
	Time   time.Time `json:"time"`
	Count  int       `json:"count"` // of times that it did something wrong
}

// lateness is how long after a rotation a member may not have noticed it: a member
// looks every few seconds (oracle/member), Seal's every 30.
const lateness = time.Minute

// reloadWait is the longest that a request waits for the chain before it goes on
// without blaming anybody for a wrong share.
const reloadWait = 2 * time.Second

// current returns the committee, nil if it has not been read yet.
func (s *Server) current() *seal.KeyServer {
	s.committee.mu.RLock()
	defer s.committee.mu.RUnlock()
	return s.committee.server
}

// Refresh reads the committee from the chain and asks its members whether they
// are up.
func (s *Server) Refresh(ctx context.Context) error {
	if _, err := s.read(ctx); err != nil {
		return err
	}
	s.probe(ctx)
	return nil
}

// read returns the committee as the chain shows it from now on.
func (s *Server) read(ctx context.Context) (*seal.KeyServer, error) {
	r := s.join()
	select {
	case <-r.done:
		return r.server, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// join returns a reading that has not begun yet. All who ask while another one is
// under way share the next.
func (s *Server) join() *reading {
	c := &s.committee
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == nil {
		c.next = &reading{done: make(chan struct{})}
	}
	if !c.reading {
		c.reading = true
		go s.readAll()
	}
	return c.next
}

// readAll reads as long as somebody waits for it.
func (s *Server) readAll() {
	c := &s.committee
	for {
		c.mu.Lock()
		r := c.next
		c.next, c.reading = nil, r != nil
		c.mu.Unlock()
		if r == nil {
			return
		}
		if r.server, r.err = s.load(); r.err == nil {
			s.take(r.server)
		}
		close(r.done)
	}
}

// load reads the committee and checks that it belongs together.
func (s *Server) load() (*seal.KeyServer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Timeout)
	defer cancel()
	ks, err := seal.LoadKeyServer(ctx, s.cfg.Chain, s.cfg.ObjectID)
	if err != nil {
		return nil, err
	}
	if ks.Committee == nil {
		return nil, fmt.Errorf("key server %s is no committee: its clients ask it directly", s.cfg.ObjectID)
	}
	if err := s.isBehind(ks.Committee); err != nil {
		return nil, err
	}
	return ks, ks.CheckCommittee()
}

// isBehind refuses an older version than the known one, for a while: of several full
// nodes behind one address, one shows a rotation before another. One that was made up
// is forgotten later.
func (s *Server) isBehind(now *seal.Committee) error {
	c := &s.committee
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.server == nil || now.Version >= c.server.Committee.Version || s.cfg.Now().Sub(c.rotated) > lateness {
		return nil
	}
	return fmt.Errorf("the node is behind: it shows version %d of the committee, and version %d was seen before", now.Version, c.server.Committee.Version)
}

// take notes what was read.
func (s *Server) take(ks *seal.KeyServer) {
	c := &s.committee
	c.mu.Lock()
	defer c.mu.Unlock()
	known, now := c.server, s.cfg.Now()
	c.server, c.at = ks, now
	if known != nil && known.Committee.Version == ks.Committee.Version && len(c.members) == len(ks.Committee.Members) {
		return
	}
	c.members = make([]memberState, len(ks.Committee.Members))
	if c.rotated = now; known != nil {
		c.before = known.Committee
	}
	s.cfg.Log.Info("committee read", "key_server", ks.ID, "version", ks.Committee.Version,
		"threshold", ks.Committee.Threshold, "members", len(ks.Committee.Members))
}

// reload is asked before a member is blamed: the committee may have rotated.
func (s *Server) reload(ctx context.Context) *seal.Committee {
	ctx, cancel := context.WithTimeout(ctx, reloadWait)
	defer cancel()
	ks, err := s.read(ctx)
	if err != nil {
		s.cfg.Log.Warn("the committee could not be read", "err", err)
		return nil
	}
	return ks.Committee
}

// before is the committee before the last rotation, as long as members may still be
// in it.
func (s *Server) before() *seal.Committee {
	c := &s.committee
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.before == nil || s.cfg.Now().Sub(c.rotated) > lateness {
		return nil
	}
	return c.before
}

// probe asks every member whether it is up, and notes the answers.
func (s *Server) probe(ctx context.Context) {
	ks := s.current()
	found := make([]string, len(ks.Committee.Members))
	var wait sync.WaitGroup
	for i, m := range ks.Committee.Members {
		wait.Go(func() {
			if err := s.isUp(ctx, &m); err != nil {
				found[i] = err.Error()
			}
		})
	}
	wait.Wait()
	c := &s.committee
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server.Committee.Version != ks.Committee.Version {
		return
	}
	for i, detail := range found {
		c.members[i].up, c.members[i].detail = detail == "", detail
	}
}

// isUp asks a member's health. Any success is taken for one: what its requests
// are worth, its shares show.
func (s *Server) isUp(ctx context.Context, m *seal.CommitteeMember) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	to, err := seal.Address(m.URL, "/health")
	if err != nil {
		return errors.New("its URL on chain is none")
	}
	req, err := http.NewRequestWithContext(ctx, "GET", to, nil)
	if err != nil {
		return errors.New("its URL on chain is none")
	}
	s.authorize(req.Header, m)
	res, err := s.members.Do(req)
	if err != nil {
		return errors.New("does not answer")
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 4096))
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("answers HTTP %d", res.StatusCode)
	}
	return nil
}

// authorize adds the API key that a member wants.
func (s *Server) authorize(h http.Header, m *seal.CommitteeMember) {
	if c, ok := s.cfg.Credentials[m.Name]; ok {
		h.Set(c.Name, c.Key)
	}
}

// blame notes what a member did wrong.
func (s *Server) blame(e *seal.MisbehaviorError) {
	s.cfg.Metrics.MemberBlamed(e.Name)
	s.cfg.Log.Error("a member of the committee misbehaved", "party", e.Party, "member", e.Name, "reason", e.Reason)
	c := &s.committee
	c.mu.Lock()
	defer c.mu.Unlock()
	if int(e.Party) >= len(c.members) {
		return
	}
	b := &Blame{Reason: e.Reason, Time: s.cfg.Now().UTC(), Count: 1}
	if before := c.members[e.Party].blamed; before != nil {
		b.Count += before.Count
	}
	c.members[e.Party].blamed = b
}

func unreachable(err error) bool { return errors.Is(err, suirpc.ErrUnreachable) }
