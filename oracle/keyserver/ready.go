package keyserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/oracle/tilelog"
)

// A Check is one condition for answering key requests. Text is for anybody: it
// names no address of a node and no file.
type Check struct {
	Name    string `json:"name"`              // node, clock, stream, drain; of each service: keys, log, disk
	Service string `json:"service,omitempty"` // its name; "" also stands for the one at the root
	OK      bool   `json:"ok"`
	Detail  string `json:"detail"`
	Remedy  string `json:"remedy,omitempty"` // what the operator can do
}

const (
	// readyLife is for how long what the network and the disk said is told.
	readyLife = time.Second
	// readyTime bounds how long they are asked.
	readyTime = 3 * time.Second
	// minSpace is how much room a disk needs: an hour of receipts at 10 per second.
	minSpace = 64 << 20
)

// readiness remembers the checks that ask the network and the disk.
type readiness struct {
	draining, closed atomic.Bool
	ask              context.Context // ends when the server drains
	giveUp           func()

	mu    sync.Mutex // held while they are asked: who comes meanwhile waits for the same answer
	at    time.Time  // zero: never
	slow  []Check
	space map[*Service]uint64
	well  bool // whether all was well when it was last logged
}

// Ready checks whether key requests can be decided just now.
func (s *Server) Ready() (checks []Check, ok bool) {
	if !s.health.draining.Load() { // otherwise the answer is no already, and must not wait
		checks = s.slowChecks()
	}
	checks = append([]Check{s.checkDrain()}, checks...)
	for _, svc := range s.Services() {
		checks = append(checks, svc.checkKeys(), svc.checkLate())
	}
	ok = true
	for _, c := range checks {
		ok = ok && c.OK
	}
	return checks, ok
}

// serveReady answers with every check: 200 if all are passed, 503 if not.
func (s *Server) serveReady(w http.ResponseWriter, _ *http.Request) {
	checks, ok := s.Ready()
	var receipts uint64
	logs := map[string]tilelog.Status{}
	for _, svc := range s.Services() {
		logs[svc.Name()] = svc.LogStatus()
		receipts += logs[svc.Name()].Journal
	}
	answer := map[string]any{"ready": ok, "checks": checks, "receipts": receipts, "logs": logs}
	if status, found := logs[""]; found {
		answer["log"] = status
	}
	if s.health.draining.Load() {
		w.Header().Set("Connection", "close")
	}
	if !ok {
		writeJSON(w, http.StatusServiceUnavailable, answer)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// report sets the metrics that tell a state.
func (s *Server) report() {
	if s.cfg.Metrics == nil || s.health.closed.Load() {
		return
	}
	checks, _ := s.Ready()
	passed := map[string]bool{}
	for _, c := range checks {
		before, seen := passed[c.Name]
		passed[c.Name] = c.OK && (before || !seen)
	}
	for name, ok := range passed {
		s.cfg.Metrics.Check(name, ok)
	}
	for _, svc := range s.Services() {
		log := svc.LogStatus()
		state := metrics.ServiceState{Receipts: log.Journal, Published: log.Published, Waiting: log.Waiting,
			Late: log.Late != nil, Cosigned: log.Cosigned, Queue: svc.journal.Queued()}
		s.health.mu.Lock()
		state.DiskFree = s.health.space[svc]
		s.health.mu.Unlock()
		if v, ok := svc.version(); ok {
			state.Committee, state.InCommittee = uint64(v), true
		}
		s.cfg.Metrics.Service(svc.Name(), state)
		_, bytes := svc.archive.Size()
		s.cfg.Metrics.Evidence(svc.Name(), bytes)
	}
}

// slowChecks returns the checks of network and disk, not older than readyLife.
func (s *Server) slowChecks() []Check {
	h := &s.health
	h.mu.Lock()
	defer h.mu.Unlock()
	now := s.cfg.Now()
	if age := now.Sub(h.at); !h.at.IsZero() && age >= 0 && age < readyLife {
		return h.slow
	}
	ctx, cancel := context.WithTimeout(h.ask, readyTime)
	defer cancel()
	checks, err := s.checkChain(ctx)
	h.space = map[*Service]uint64{}
	for _, svc := range s.Services() {
		c, free, diskErr := svc.checkDisk()
		h.space[svc] = free
		checks, err = append(checks, c), errors.Join(err, diskErr)
	}
	if well := err == nil; well != h.well {
		if h.well = well; !well {
			s.cfg.Log.Warn("not ready", "err", err)
		} else if !h.at.IsZero() {
			s.cfg.Log.Info("ready again")
		}
	}
	h.at, h.slow = now, checks
	return checks
}

func (s *Server) checkDrain() Check {
	if s.health.draining.Load() {
		return Check{Name: "drain", Detail: "the key server is about to end", Remedy: "send requests to another, or wait for the restart"}
	}
	return Check{Name: "drain", OK: true, Detail: "taking requests"}
}

// checkChain asks whether the full nodes answer and are up to date. The error
// is for the log.
func (s *Server) checkChain(ctx context.Context) ([]Check, error) {
	nodes := s.nodes(ctx)
	if err := s.cfg.Evaluator.Ready(ctx); err != nil {
		return []Check{{Name: "node", Detail: "policies cannot be evaluated: the full node does not answer",
			Remedy: "look at the log for the reason, then at the full node of the configuration"}}, errors.Join(err, nodeErrors(nodes))
	}
	newest, told := time.Duration(0), false
	for _, n := range nodes {
		if age := s.cfg.Now().Sub(n.Time); n.Err == nil && !n.Time.IsZero() && (!told || age < newest) {
			newest, told = age, true
		}
	}
	node := Check{Name: "node", OK: true, Detail: "the full node answers"}
	clock := Check{Name: "clock", OK: true, Detail: "not compared with the chain's"}
	if told {
		node.Detail = fmt.Sprintf("the newest checkpoint is %v old", max(newest, 0).Round(time.Millisecond))
		clock.Detail = fmt.Sprintf("the chain's clock is %v ahead", max(-newest, 0).Round(time.Millisecond))
	}
	var errs []error
	if newest > s.cfg.MaxNodeLag {
		node.OK, node.Remedy = false, "wait until the full node has caught up, or configure another; if it has, this machine's clock is ahead: set it, and keep it by NTP"
		errs = append(errs, errors.New(node.Detail))
	}
	if s.cfg.MaxClockBehind > 0 && -newest > s.cfg.MaxClockBehind {
		clock.OK, clock.Remedy = false, "set this machine's clock, and keep it by NTP"
		errs = append(errs, errors.New(clock.Detail))
	}
	checks := []Check{node, clock}
	if c, err := s.checkStream(); c != nil {
		checks, errs = append(checks, *c), append(errs, err)
	}
	return checks, errors.Join(errs...)
}

// nodes asks the full nodes where they stand, and tells the metrics.
func (s *Server) nodes(ctx context.Context) []policy.NodeStatus {
	r, ok := s.cfg.Evaluator.(policy.Reporter)
	if !ok {
		return nil
	}
	nodes := r.Nodes(ctx)
	for i, n := range nodes {
		state := metrics.NodeState{Up: n.Err == nil, Checkpoint: n.Checkpoint}
		if !n.Time.IsZero() {
			state.Age = s.cfg.Now().Sub(n.Time)
		}
		s.cfg.Metrics.Node(i, state)
	}
	return nodes
}

func nodeErrors(nodes []policy.NodeStatus) (err error) {
	for _, n := range nodes {
		err = errors.Join(err, n.Err)
	}
	return err
}

// checkStream asks whether caches follow the chain; nil if there are none.
func (s *Server) checkStream() (*Check, error) {
	f, ok := s.cfg.Evaluator.(policy.Follower)
	if !ok {
		return nil, nil
	}
	checkpoint, at, err := f.Following()
	if errors.Is(err, policy.ErrNoStream) {
		return nil, nil
	}
	age := s.cfg.Now().Sub(at)
	s.cfg.Metrics.Stream(checkpoint, age)
	if err != nil || age > s.cfg.MaxNodeLag {
		return &Check{Name: "stream", Detail: fmt.Sprintf("caches follow the chain up to checkpoint %d only", checkpoint),
				Remedy: "look at the log for the reason; the full node has to serve SubscribeCheckpoints"},
			errors.Join(fmt.Errorf("caches follow the chain up to checkpoint %d, %v old", checkpoint, age.Round(time.Second)), err)
	}
	return &Check{Name: "stream", OK: true, Detail: fmt.Sprintf("caches follow the chain up to checkpoint %d", checkpoint)}, nil
}

// Versioned is a KeySource of a committee, whose key has versions; false while
// none was seen.
type Versioned interface{ Version() (uint32, bool) }

// version is that of the committee's key, if the service has a share of one.
func (s *Service) version() (uint32, bool) {
	if v, ok := s.cfg.Key.(Versioned); ok {
		return v.Version()
	}
	return 0, false
}

// checkKeys asks whether there is a key to answer with.
func (s *Service) checkKeys() Check {
	c := Check{Name: "keys", Service: s.Name(), OK: true, Detail: "the key is loaded"}
	if v, ok := s.version(); ok {
		c.Detail = fmt.Sprintf("the share of version %d is loaded", v)
	}
	if _, ref := s.checkKey(); ref != nil {
		c.OK, c.Detail, c.Remedy = false, "there is no key to answer with", "look at the log for the reason"
		if ref.Cause == nil {
			c.Detail, c.Remedy = ref.Reason.Rule, ref.Reason.Remedy
		}
	}
	return c
}

// checkLate asks whether receipts reach the log in time.
func (s *Service) checkLate() Check {
	status := s.log.Status()
	if status.Late != nil {
		return Check{Name: "log", Service: s.Name(), Detail: fmt.Sprintf("receipts are late in the public log: %d of %d are published", status.Published, status.Journal),
			Remedy: "look at the log for the reason; a slow or full disk is the usual one"}
	}
	return Check{Name: "log", Service: s.Name(), OK: true, Detail: fmt.Sprintf("%d of %d receipts are published", status.Published, status.Journal)}
}

// checkDisk asks whether a receipt could be stored.
func (s *Service) checkDisk() (c Check, free uint64, err error) {
	c = Check{Name: "disk", Service: s.Name(), OK: true}
	if err = s.journal.Probe(); err != nil {
		c.OK, c.Detail, c.Remedy = false, "receipts cannot be stored", "make room on the disk of journal_dir, and look whether it is mounted read-only or failing"
		return c, 0, err
	}
	if free, err = s.journal.Space(); err != nil {
		c.Detail = "receipts can be stored; how many more is not known"
		return c, 0, nil
	}
	c.Detail = fmt.Sprintf("%d MiB are free for receipts", free>>20)
	if free < minSpace {
		c.OK, c.Remedy = false, fmt.Sprintf("make room on the disk of journal_dir: less than %d MiB are left", uint64(minSpace)>>20)
		err = fmt.Errorf("%d bytes are free for receipts", free)
	}
	return c, free, err
}
