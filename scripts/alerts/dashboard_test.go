package alerts

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// dashboard is what is looked at of Grafana's JSON model.
type dashboard struct {
	Panels []struct {
		ID                       int
		Type, Title, Description string
		GridPos                  struct{ X, Y, W, H int }
		Targets                  []struct{ Expr, LegendFormat string }
	}
	Templating struct {
		List []struct{ Name, Definition string }
	}
}

// grafana stands for the variables that Grafana fills in.
var grafana = strings.NewReplacer("$__rate_interval", "1m", "$__range", "6h", "$instance", ".*", "$service", ".*")

var (
	legend      = regexp.MustCompile(`\{\{(\w+)\}\}`)
	labelValues = regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`)
)

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	b, err := os.ReadFile(dashboardFile)
	if err == nil {
		err = json.Unmarshal(b, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDashboard(t *testing.T) {
	d := readDashboard(t)
	ids, cells, targets := map[int]bool{}, map[[2]int]string{}, 0
	for _, p := range d.Panels {
		if ids[p.ID] {
			t.Errorf("%s: id %d is another panel's", p.Title, p.ID)
		}
		ids[p.ID] = true
		g := p.GridPos
		for x := g.X; x < g.X+g.W; x++ {
			for y := g.Y; y < g.Y+g.H; y++ {
				if other, taken := cells[[2]int{x, y}]; taken || x >= 24 {
					t.Errorf("%s overlaps %s, or the border", p.Title, other)
				}
				cells[[2]int{x, y}] = p.Title
			}
		}
		if p.Type != "row" && (p.Description == "" || len(p.Targets) == 0) {
			t.Errorf("%s: has no description or shows nothing", p.Title)
		}
		for _, q := range p.Targets {
			targets++
			expr := grafana.Replace(q.Expr)
			checkExpr(t, p.Title, expr)
			for _, m := range legend.FindAllStringSubmatch(q.LegendFormat, -1) {
				if !strings.Contains(expr, m[1]) {
					t.Errorf("%s: the legend names %s, which the expression does not", p.Title, m[1])
				}
			}
		}
	}
	if targets < 30 {
		t.Errorf("%d targets looked at", targets)
	}
	for _, v := range d.Templating.List {
		if m := labelValues.FindStringSubmatch(v.Definition); m != nil {
			checkExpr(t, v.Name, "count by ("+m[2]+") ("+m[1]+")")
		}
	}
}

// Every metric of ours is on the dashboard or in an alert, or is listed here
// with a reason.
func TestEveryMetricIsWatched(t *testing.T) {
	var files string
	for _, name := range []string{alertsFile, dashboardFile} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files += string(b)
	}
	unwatched := map[string]string{
		"floe_oracle_build_info": "for tables", "floe_oracle_draining": "planned", "floe_oracle_node_checkpoint": "for comparing nodes by hand",
		"floe_oracle_stream_checkpoint": "its age is shown",
	}
	for name := range known() {
		if strings.HasPrefix(name, "floe_oracle_") && !strings.HasSuffix(name, "_bucket") && !strings.HasSuffix(name, "_count") &&
			!strings.Contains(files, strings.TrimSuffix(name, "_sum")) && unwatched[name] == "" {
			t.Errorf("nobody looks at %s", name)
		}
	}
}
