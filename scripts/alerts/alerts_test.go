// Package alerts checks the alert rules and the dashboard of oracle/deploy with
// Prometheus' own parser and rule engine, against the metrics that oracle/metrics
// really has. It holds tests only; run them with `go test` in this folder.
package alerts

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"

	"github.com/floe-data/floe/oracle/metrics"
)

const (
	alertsFile    = "../../oracle/deploy/alerts.yaml"
	dashboardFile = "../../oracle/deploy/grafana.json"
)

// foreign are metrics that others make: Prometheus itself, and the collectors of
// Go and the process.
var foreign = map[string][]string{
	"up": {}, "process_cpu_seconds_total": {}, "process_resident_memory_bytes": {}, "process_open_fds": {}, "process_max_fds": {}, "go_goroutines": {},
}

// known maps the name of each series to its labels, without those of the scrape.
func known() map[string][]string {
	out := map[string][]string{}
	for name, l := range foreign {
		out[name] = l
	}
	for _, d := range metrics.New(metrics.Build{}).Definitions() {
		if d.Kind != "histogram" {
			out[d.Name] = d.Labels
			continue
		}
		out[d.Name+"_bucket"] = append(slices.Clone(d.Labels), "le")
		out[d.Name+"_sum"], out[d.Name+"_count"] = d.Labels, d.Labels
	}
	return out
}

// checkExpr demands that an expression parses, and that the series and labels
// that it names exist.
func checkExpr(t *testing.T, where, expr string) {
	t.Helper()
	e, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	series := known()
	var have []string // labels of all series in the expression
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		v, ok := n.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		own, ok := series[v.Name]
		if !ok {
			t.Errorf("%s: there is no metric %s", where, v.Name)
		}
		have = append(have, own...)
		for _, m := range v.LabelMatchers {
			if !slices.Contains(append(own, "__name__", "instance", "job"), m.Name) {
				t.Errorf("%s: metric %s has no label %s", where, v.Name, m.Name)
			}
		}
		return nil
	})
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if a, ok := n.(*parser.AggregateExpr); ok {
			for _, l := range a.Grouping {
				if !slices.Contains(append(have, "instance", "job"), l) {
					t.Errorf("%s: nothing has a label %s to group by", where, l)
				}
			}
		}
		return nil
	})
}

// read returns the rules by name.
func read(t *testing.T) map[string]rulefmt.Rule {
	t.Helper()
	b, err := os.ReadFile(alertsFile)
	if err != nil {
		t.Fatal(err)
	}
	groups, errs := rulefmt.Parse(b, false, model.UTF8Validation, parser.NewParser(parser.Options{}), promslog.NewNopLogger())
	for _, err := range errs {
		t.Error(err)
	}
	if groups == nil {
		t.FailNow()
	}
	out := map[string]rulefmt.Rule{}
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			out[r.Alert] = r
		}
	}
	return out
}

func TestRules(t *testing.T) {
	for name, r := range read(t) {
		checkExpr(t, name, r.Expr)
		if s := r.Labels["severity"]; !slices.Contains([]string{"critical", "warning", "info"}, s) {
			t.Errorf("%s: severity is %q", name, s)
		}
		if r.Annotations["summary"] == "" || r.Annotations["remedy"] == "" {
			t.Errorf("%s: says not what is wrong and what to do", name)
		}
	}
}

// cases has for each alert a history of two servers, of which b is ill: its
// alert is not up at quiet and is up at fires, and that of a never.
var cases = map[string]struct {
	load        string // in the notation of promqltest, a sample every 15 s
	quiet, fire time.Duration
	summary     string // part of it
}{
	"FloeOracleDown": {`up{job="floe-oracle",instance="a"} 1x80
		up{job="floe-oracle",instance="b"} 1x4 0x76`, time.Minute, 3 * time.Minute, "b does not answer"},
	"FloeOracleNotReady": {`floe_oracle_ready{instance="a",check="node"} 1x80
		floe_oracle_ready{instance="a",check="drain"} 0x80
		floe_oracle_ready{instance="a",check="committee"} 1x80
		floe_oracle_ready{instance="b",check="disk"} 1x4 0x76`, time.Minute, 3 * time.Minute, "check disk fails"},
	"FloeOracleFailing": {`floe_oracle_decisions_total{instance="a",outcome="released"} 0+10x80
		floe_oracle_decisions_total{instance="a",outcome="failed"} 0x80
		floe_oracle_decisions_total{instance="b",outcome="released",reason="none"} 0+9x80
		floe_oracle_decisions_total{instance="b",outcome="failed",reason="chain_unavailable"} 0+1x80`, 4 * time.Minute, 12 * time.Minute, "10% of its requests"},
	"FloeOracleSlow": {`floe_oracle_stage_seconds_bucket{instance="a",stage="total",le="0.5"} 0+10x80
		floe_oracle_stage_seconds_bucket{instance="a",stage="total",le="+Inf"} 0+10x80
		floe_oracle_stage_seconds_bucket{instance="b",stage="total",le="0.5"} 0+1x80
		floe_oracle_stage_seconds_bucket{instance="b",stage="total",le="1"} 0+10x80
		floe_oracle_stage_seconds_bucket{instance="b",stage="total",le="+Inf"} 0+10x80`, 5 * time.Minute, 15 * time.Minute, "requests to b takes"},
	"FloeOracleOverloaded": {`http_requests_total{instance="a",route="/v1/fetch_key",status="429"} 0+1x80
		http_requests_total{instance="b",route="/v1/fetch_key",status="429"} 0+30x80`, 5 * time.Minute, 15 * time.Minute, "turns away 2 requests"},
	"FloeOraclePanic": {`floe_oracle_panics_total{instance="a"} 3x80
		floe_oracle_panics_total{instance="b"} 0x10 1x70`, 2 * time.Minute, 4 * time.Minute, "b met a defect"},
	"FloeOracleReceiptLate": {`floe_oracle_log_late{instance="a",service="root"} 0x80
		floe_oracle_log_late{instance="b",service="alice"} 0x4 1x76`, time.Minute, 2 * time.Minute, "service alice"},
	"FloeOracleJournalFailing": {`floe_oracle_journal_failures_total{instance="a"} 7x80
		floe_oracle_journal_failures_total{instance="b"} 0x10 1x70`, 2 * time.Minute, 4 * time.Minute, "b cannot store receipts"},
	"FloeOracleDiskSlow": {`floe_oracle_journal_fsync_seconds_bucket{instance="a",le="0.1"} 0+10x80
		floe_oracle_journal_fsync_seconds_bucket{instance="a",le="+Inf"} 0+10x80
		floe_oracle_journal_fsync_seconds_bucket{instance="b",le="0.1"} 0+5x80
		floe_oracle_journal_fsync_seconds_bucket{instance="b",le="0.2"} 0+10x80
		floe_oracle_journal_fsync_seconds_bucket{instance="b",le="+Inf"} 0+10x80`, 5 * time.Minute, 15 * time.Minute, "it takes b 198ms"},
	"FloeOracleDiskFilling": {`floe_oracle_disk_free_bytes{instance="a",service="root"} 50000000000x80
		floe_oracle_disk_free_bytes{instance="b",service="root"} 50000000000-20000000x80`, 5 * time.Minute, 15 * time.Minute, "the disk of b"},
	"FloeOracleNotCosigned": {`floe_oracle_log_cosigned{instance="a",service="root"} 1x80
		floe_oracle_log_cosigned{instance="b",service="root"} 1x4 0x76`, 5 * time.Minute, 8 * time.Minute, "log of b"},
	"FloeOracleAnchoringFails": {`floe_oracle_anchorings_total{instance="a",result="error"} 0x10 1x70
		floe_oracle_anchorings_total{instance="a",result="success"} 0x4 1x76
		floe_oracle_anchorings_total{instance="b",result="error"} 0x10 1x70
		floe_oracle_anchorings_total{instance="b",result="success"} 5x80`, 5 * time.Minute, 12 * time.Minute, "log of b"},
	"FloeOracleEvaluatorMismatch": {`floe_oracle_evaluator_mismatches_total{instance="a"} 0x80
		floe_oracle_evaluator_mismatches_total{instance="b"} 0x10 1x70`, 2 * time.Minute, 4 * time.Minute, "node of b decided"},
	"FloeOracleNodesDisagree": {`floe_oracle_node_disagreements_total{instance="a"} 0x80
		floe_oracle_node_disagreements_total{instance="b"} 0x10 1x70`, 2 * time.Minute, 4 * time.Minute, "nodes of b gave"},
	"FloeOracleNodeDown": {`floe_oracle_node_up{instance="a",node="0"} 1x80
		floe_oracle_node_up{instance="b",node="1"} 1x4 0x76`, time.Minute, 3 * time.Minute, "full node 1 "},
	"FloeOracleNodeBehind": {`floe_oracle_node_lag_seconds{instance="a",node="0"} 1x80
		floe_oracle_node_lag_seconds{instance="b",node="0"} 1x4 90x76`, 2 * time.Minute, 4 * time.Minute, "1m 30s behind"},
	"FloeOracleClockBehind": {`floe_oracle_clock_behind_seconds{instance="a"} 2x80
		floe_oracle_clock_behind_seconds{instance="b"} 0x4 20x76`, 2 * time.Minute, 4 * time.Minute, "clock of b is 20s behind"},
	"FloeOracleStreamBehind": {`floe_oracle_stream_lag_seconds{instance="a"} 1x80
		floe_oracle_stream_lag_seconds{instance="b"} 1x4 60x76`, 2 * time.Minute, 4 * time.Minute, "caches of b are 1m 0s"},
	"FloeOracleBadShare": {`floe_oracle_bad_shares_total{instance="a",key_server_name="alice"} 1x80
		floe_oracle_bad_shares_total{instance="b",key_server_name="bob"} 0x10 1x70`, 2 * time.Minute, 4 * time.Minute, "member bob sent b"},
	"FloeOracleMemberDown": {`floe_oracle_member_up{instance="a",key_server_name="alice"} 1x80
		floe_oracle_member_up{instance="b",key_server_name="alice"} 1x80
		floe_oracle_member_up{instance="b",key_server_name="bob"} 1x4 0x76`, 5 * time.Minute, 8 * time.Minute, "member bob does not answer b"},
	"FloeOracleMemberFailing": {`floe_oracle_member_calls_total{instance="a",key_server_name="bob",outcome="released"} 0+9x80
		floe_oracle_member_calls_total{instance="a",key_server_name="bob",outcome="unreachable"} 0+1x80
		floe_oracle_member_calls_total{instance="a",key_server_name="carol",outcome="not_needed"} 0+9x80
		floe_oracle_member_calls_total{instance="b",key_server_name="bob",outcome="released"} 0+3x80
		floe_oracle_member_calls_total{instance="b",key_server_name="bob",outcome="misbehaved"} 0+1x80
		floe_oracle_member_calls_total{instance="b",key_server_name="bob",outcome="unreachable"} 0+1x80`, 4 * time.Minute, 12 * time.Minute, "member bob fails 40% of the requests of b"},
	"FloeOracleRotation": {`floe_oracle_committee_version{instance="a",service="root"} 1x80
		floe_oracle_committee_version{instance="b",service="root"} 1x10 2x70`, 2 * time.Minute, 4 * time.Minute, "committee of b"},
}

const step = 15 * time.Second

func TestAlertsFire(t *testing.T) {
	all := read(t)
	for name := range cases {
		if _, ok := all[name]; !ok {
			t.Errorf("case %s is of no rule", name)
		}
	}
	for name, rule := range all {
		c, ok := cases[name]
		if !ok {
			t.Errorf("alert %s has no case", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			alert := alertOf(t, rule)
			storage := promqltest.LoadedStorage(t, "load 15s\n\t\t"+c.load)
			defer storage.Close()
			engine := promqltest.NewTestEngine(t, false, 0, 1e6)
			firing := func() (out []string) {
				for _, a := range alert.ActiveAlerts() {
					if a.State == rules.StateFiring {
						out = append(out, a.Labels.Get("instance")+": "+a.Annotations.Get("summary")+a.Annotations.Get("remedy"))
					}
				}
				return out
			}
			for at := time.Duration(0); at <= c.fire; at += step {
				if _, err := alert.Eval(t.Context(), 0, time.Unix(0, 0).Add(at), rules.EngineQueryFunc(engine, storage), nil, 0); err != nil {
					t.Fatal(err)
				}
				if up := firing(); at == c.quiet && len(up) > 0 {
					t.Errorf("after %v already: %q", at, up)
				}
			}
			up := firing()
			if len(up) != 1 || !strings.HasPrefix(up[0], "b: ") || !strings.Contains(up[0], c.summary) || strings.Contains(up[0], "<error") || strings.Contains(up[0], "<no value>") {
				t.Errorf("after %v: %q, want that of b with %q", c.fire, up, c.summary)
			}
		})
	}
}

func alertOf(t *testing.T, r rulefmt.Rule) *rules.AlertingRule {
	t.Helper()
	e, err := parser.NewParser(parser.Options{}).ParseExpr(r.Expr)
	if err != nil {
		t.Fatal(err)
	}
	return rules.NewAlertingRule(r.Alert, e, time.Duration(r.For), time.Duration(r.KeepFiringFor), labels.FromMap(r.Labels),
		labels.FromMap(r.Annotations), labels.EmptyLabels(), "", true, promslog.NewNopLogger())
}
