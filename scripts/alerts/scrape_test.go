package alerts

import (
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/teststorage"
)

// scrapes has a key server and an aggregator serve requests, and loads what they
// showed as Prometheus would have: a scrape each 15 seconds, of the job floe-oracle.
// It returns the time of the last one.
func scrapes(t *testing.T) (*teststorage.TestStorage, time.Time) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run", "^TestEveryMetricIsShown$", "./oracle/cmd/floe-oracle")
	cmd.Dir, cmd.Env = "../..", append(os.Environ(), "FLOE_SCRAPES="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.*"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d scrapes: %v", len(files), err)
	}
	s := promqltest.LoadedStorage(t, "")
	t.Cleanup(func() { s.Close() })
	app := s.Appender(t.Context())
	last := time.Unix(0, 0)
	for _, file := range files {
		m := regexp.MustCompile(`^(.+)\.(\d+)$`).FindStringSubmatch(filepath.Base(file))
		n := 0
		fmt.Sscan(m[2], &n)
		at := time.Unix(0, 0).Add(time.Duration(n+1) * step)
		if at.After(last) {
			last = at
		}
		load(t, app, file, m[1], at)
	}
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
	return s, last
}

// load appends one scrape of an instance.
func load(t *testing.T, app storage.Appender, file, instance string, at time.Time) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(f)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	samples, err := expfmt.ExtractSamples(&expfmt.DecodeOptions{Timestamp: model.TimeFromUnix(at.Unix())}, slices.Collect(maps.Values(families))...)
	if err != nil || len(samples) < 100 {
		t.Fatalf("%s: %d samples, %v", file, len(samples), err)
	}
	for _, sample := range samples {
		b := labels.NewBuilder(labels.EmptyLabels()).Set("instance", instance).Set("job", "floe-oracle")
		for name, value := range sample.Metric {
			b.Set(string(name), string(value))
		}
		if _, err := app.Append(0, b.Labels(), at.UnixMilli(), float64(sample.Value)); err != nil {
			t.Fatalf("%s: %v", sample.Metric, err)
		}
	}
}

// quiet are panels that show nothing while all is well.
var quiet = map[string]bool{"Calls that failed": true}

// Every query of the dashboard gives a number over what servers really show, with
// the labels that its legend names; and its lists have something to choose from.
func TestDashboardHasData(t *testing.T) {
	s, at := scrapes(t)
	engine := promqltest.NewTestEngine(t, false, 0, 1e6)
	ask := func(expr string) promql.Vector {
		q, err := engine.NewInstantQuery(t.Context(), s, nil, grafana.Replace(expr), at)
		if err != nil {
			t.Fatalf("%s: %v", expr, err)
		}
		defer q.Close()
		v, err := q.Exec(t.Context()).Vector()
		if err != nil {
			t.Fatalf("%s: %v", expr, err)
		}
		return slices.Clone(v)
	}
	d, n := readDashboard(t), 0
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			n++
			v := ask(target.Expr)
			if hasNumber(v) == quiet[p.Title] {
				t.Errorf("%s: %s gives %v", p.Title, target.Expr, v)
			}
			for _, label := range legend.FindAllStringSubmatch(target.LegendFormat, -1) {
				for _, sample := range v {
					if sample.Metric.Get(label[1]) == "" {
						t.Errorf("%s: %s has no label %s, which the legend names: %s", p.Title, target.Expr, label[1], sample.Metric)
					}
				}
			}
		}
	}
	for _, v := range d.Templating.List {
		if m := labelValues.FindStringSubmatch(v.Definition); m != nil {
			if n++; len(ask("count by ("+m[2]+") ("+m[1]+")")) == 0 {
				t.Errorf("the list %s is empty", v.Name)
			}
		}
	}
	if n < 40 {
		t.Errorf("%d queries tried", n)
	}
}

func hasNumber(v promql.Vector) bool {
	for _, s := range v {
		if !math.IsNaN(s.F) {
			return true
		}
	}
	return false
}
