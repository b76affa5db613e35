package aggregate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A snapshot is the committee as the chain showed it last, and what is known of
// its members.
type snapshot struct {
	reading sync.Mutex // held while the chain is read

	mu      sync.RWMutex // guards the rest
	server  *seal.KeyServer
	at      time.Time // when it was read
	members []memberState
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

// reloadPause is how long the chain is not asked again for the sake of members
// that send wrong shares.
const reloadPause = time.Second

// current returns the committee, nil if it has not been read yet.
func (s *Server) current() *seal.KeyServer {
	s.committee.mu.RLock()
	defer s.committee.mu.RUnlock()
	return s.committee.server
}

// Refresh reads the committee from the chain and asks its members whether they
// are up.
func (s *Server) Refresh(ctx context.Context) error {
	if _, err := s.read(ctx, 0); err != nil {
		return err
	}
	s.probe(ctx)
	return nil
}

// read reads the committee, unless it was read less than pause ago.
func (s *Server) read(ctx context.Context, pause time.Duration) (*seal.KeyServer, error) {
	c := &s.committee
	c.reading.Lock()
	defer c.reading.Unlock()
	c.mu.RLock()
	known, at := c.server, c.at
	c.mu.RUnlock()
	now := s.cfg.Now()
	if known != nil && now.Sub(at) < pause {
		return known, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	ks, err := seal.LoadKeyServer(ctx, s.cfg.Chain, s.cfg.ObjectID)
	if err != nil {
		return nil, err
	}
	if ks.Committee == nil {
		return nil, fmt.Errorf("key server %s is no committee: its clients ask it directly", s.cfg.ObjectID)
	}
	if err := ks.CheckCommittee(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known == nil || known.Committee.Version != ks.Committee.Version || len(c.members) != len(ks.Committee.Members) {
		c.members = make([]memberState, len(ks.Committee.Members))
		s.cfg.Log.Info("committee read", "key_server", ks.ID, "version", ks.Committee.Version,
			"threshold", ks.Committee.Threshold, "members", len(ks.Committee.Members))
	}
	c.server, c.at = ks, now
	return ks, nil
}

// reload is asked before a member is blamed: the committee may have rotated.
func (s *Server) reload(ctx context.Context) *seal.Committee {
	ks, err := s.read(ctx, reloadPause)
	if err != nil {
		s.cfg.Log.Warn("the committee could not be read", "err", err)
		return nil
	}
	return ks.Committee
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
	req, err := http.NewRequestWithContext(ctx, "GET", strings.TrimRight(m.URL, "/")+"/health", nil)
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
