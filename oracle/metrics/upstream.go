package metrics

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// upstream are the metrics of an aggregator.
type upstream struct {
	errors *prometheus.CounterVec
	took   *prometheus.HistogramVec
	ids    *prometheus.HistogramVec
	blamed *prometheus.CounterVec
	calls  *prometheus.CounterVec

	up, members, answering, needed *prometheus.GaugeVec

	servers, errorTypes, outcomes bounded

	mu    sync.Mutex
	shown []string // names under which members are shown
}

func (u *upstream) make(r maker) {
	u.errors = r.counter("upstream_key_server_errors", "errors of committee members", "key_server_name", "error_type")
	u.took = r.histogram("key_server_fetch_duration_millis", "milliseconds until a committee member answered", sealHTTPMillis, "key_server_name")
	u.ids = r.histogram("expected_key_ids_per_request", "identities per request to committee members", []float64{0, 1, 2, 3, 4, 5})
	u.blamed = r.counter("floe_oracle_bad_shares_total", "shares of committee members that did not verify", "key_server_name")
	u.calls = r.counter("floe_oracle_member_calls_total", "key requests to committee members, by what came of them", "key_server_name", "outcome")
	u.up = r.gauge("floe_oracle_member_up", "1 if the committee member answered when it was last asked whether it is up", "key_server_name")
	u.members = r.gauge("floe_oracle_members", "members of the committee")
	u.answering = r.gauge("floe_oracle_members_up", "members of the committee that answered when they were last asked")
	u.needed = r.gauge("floe_oracle_members_needed", "members of the committee that answer a request together")
	u.servers.max, u.errorTypes.max, u.outcomes.max = 200, 40, 20
}

// MemberCalled counts a key request to a committee member by its outcome, such as
// released or unreachable.
func (m *Metrics) MemberCalled(server, outcome string) {
	if m != nil {
		u := &m.upstream
		u.calls.WithLabelValues(u.servers.name(server), u.outcomes.code(strings.ReplaceAll(outcome, " ", "_"))).Inc()
	}
}

// CommitteeState is a committee as its aggregator sees it.
type CommitteeState struct {
	Version uint32 // number of rotations
	Needed  int    // members that answer a request together
	Members []MemberState
}

// MemberState is a member of a committee.
type MemberState struct {
	Name string
	Up   bool
}

// Committee shows the state of an aggregator's committee. Members who have left are
// not shown any more.
func (m *Metrics) Committee(state CommitteeState) {
	if m == nil {
		return
	}
	u := &m.upstream
	u.mu.Lock()
	defer u.mu.Unlock()
	up, gone := 0, u.shown
	u.shown = nil
	for _, member := range state.Members {
		name := u.servers.name(member.Name)
		u.up.WithLabelValues(name).Set(truth(member.Up))
		u.shown = append(u.shown, name)
		if member.Up {
			up++
		}
	}
	for _, name := range gone {
		if !slices.Contains(u.shown, name) {
			u.up.DeleteLabelValues(name)
		}
	}
	u.members.WithLabelValues().Set(float64(len(state.Members)))
	u.answering.WithLabelValues().Set(float64(up))
	u.needed.WithLabelValues().Set(float64(state.Needed))
	m.storage.committee.WithLabelValues(m.storage.services.name("")).Set(float64(state.Version))
}

// MemberAnswered notes that a committee member answered a request that began
// at start.
func (m *Metrics) MemberAnswered(server string, start time.Time) {
	if m != nil {
		m.upstream.took.WithLabelValues(m.upstream.servers.name(server)).Observe(millis(time.Since(start)))
	}
}

// MemberFailed counts an error of a committee member, by Seal's error type.
func (m *Metrics) MemberFailed(server, errorType string) {
	if m != nil {
		m.upstream.errors.WithLabelValues(m.upstream.servers.name(server), m.upstream.errorTypes.errorType(errorType)).Inc()
	}
}

// MemberBlamed counts a share that does not verify under its member's key.
func (m *Metrics) MemberBlamed(server string) {
	if m != nil {
		m.upstream.blamed.WithLabelValues(m.upstream.servers.name(server)).Inc()
	}
}

// AskedMembers notes how many identities a request to members names.
func (m *Metrics) AskedMembers(ids int) {
	if m != nil {
		m.upstream.ids.WithLabelValues().Observe(float64(ids))
	}
}
