package aggregate

import (
	"fmt"
	"net/http"
	"time"

	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/oracle/sealhttp"
)

// Handler returns the aggregator's HTTP API.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	add := func(pattern, route string, h http.HandlerFunc) { mux.Handle(pattern, s.cfg.Metrics.Route(route, h)) }
	unsupported := func(w http.ResponseWriter, _ *http.Request) { sealhttp.Malformed(400, "Unsupported").Write(w) }
	add("POST /v1/fetch_key", "/v1/fetch_key", s.cfg.SDK.Demand(s.cfg.Metrics, s.serveFetchKey))
	add("GET /v1/service", "/v1/service", s.cfg.SDK.Demand(s.cfg.Metrics, unsupported))
	add("GET /health", "/health", s.serveHealth)
	add("GET /ready", "/ready", s.serveReady)
	return sealhttp.Wrap(mux, sealhttp.Config{Log: s.cfg.Log, Metrics: s.cfg.Metrics})
}

// HealthName is what /health calls an aggregator.
const HealthName = "floe-oracle aggregate"

// serveHealth says that the process is alive, nothing more.
func (s *Server) serveHealth(w http.ResponseWriter, _ *http.Request) {
	sealhttp.WriteJSON(w, http.StatusOK, map[string]string{"status": "ok", "name": HealthName, "version": sealhttp.Version})
}

// Status is what /ready answers.
type Status struct {
	Ready     bool             `json:"ready"`
	Reason    string           `json:"reason,omitempty"` // why not
	Committee *CommitteeStatus `json:"committee,omitempty"`
}

// CommitteeStatus is the committee as the aggregator sees it.
type CommitteeStatus struct {
	Version   uint32         `json:"version"` // number of rotations
	Threshold uint16         `json:"threshold"`
	ReadAt    time.Time      `json:"read_at"`
	Answering int            `json:"answering"` // members that are up
	Members   []MemberStatus `json:"members"`
}

// MemberStatus is one member.
type MemberStatus struct {
	Party  uint16 `json:"party_id"`
	Name   string `json:"name"`
	Up     bool   `json:"up"`
	Detail string `json:"detail,omitempty"` // why it is not up
	// Misbehaved is the last thing that it did wrong since this version of the
	// committee was first read.
	Misbehaved *Blame `json:"misbehaved,omitempty"`
}

// Status tells whether key requests can succeed just now. The members were
// asked when the committee was last read.
func (s *Server) Status() Status {
	c := &s.committee
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.server == nil {
		return Status{Reason: "the committee could not be read from the chain"}
	}
	out := &CommitteeStatus{Version: c.server.Committee.Version, Threshold: c.server.Committee.Threshold, ReadAt: c.at.UTC()}
	for i, m := range c.server.Committee.Members {
		state := &c.members[i]
		out.Members = append(out.Members, MemberStatus{Party: m.PartyID, Name: m.Name, Up: state.up, Detail: state.detail, Misbehaved: state.blamed})
		if state.up {
			out.Answering++
		}
	}
	status := Status{Ready: out.Answering >= int(out.Threshold), Committee: out}
	if !status.Ready {
		status.Reason = fmt.Sprintf("%d members of the committee answer, %d are needed", out.Answering, out.Threshold)
	}
	select {
	case <-s.draining:
		status.Ready, status.Reason = false, "the aggregator is about to stop"
	default:
	}
	return status
}

// show puts the status into the metrics.
func (s *Server) show() {
	status := s.Status()
	m := s.cfg.Metrics
	select {
	case <-s.draining:
		m.Check("drain", false)
	default:
		m.Check("drain", true)
		m.Check("committee", status.Ready)
	}
	if status.Committee == nil {
		return
	}
	state := metrics.CommitteeState{Version: status.Committee.Version, Needed: int(status.Committee.Threshold)}
	for _, member := range status.Committee.Members {
		state.Members = append(state.Members, metrics.MemberState{Name: member.Name, Up: member.Up})
	}
	m.Committee(state)
}

func (s *Server) serveReady(w http.ResponseWriter, _ *http.Request) {
	status := s.Status()
	code := http.StatusOK
	if !status.Ready {
		code = http.StatusServiceUnavailable
	}
	sealhttp.WriteJSON(w, code, status)
}
