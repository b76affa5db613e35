package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/floe-data/floe/oracle/traffic"
	"github.com/floe-data/floe/sdk/seal"
)

const (
	// maxUnderWay bounds what one load keeps open; more are counted as errors,
	// since the server does not keep up.
	maxUnderWay = 4000
	// patience is how long an answer may take, as for clients of Seal.
	patience = 10 * time.Second
	// checkEvery is of how many answers one is checked to the last byte.
	checkEvery = 50
	// maxP99 is the latency at which a rate counts as sustained.
	maxP99 = 50 * time.Millisecond
)

// A Load is what came of requests that arrived by a schedule.
type Load struct {
	PerSecond float64        `json:"per_second"` // that were due
	Requests  int            `json:"requests"`
	Errors    int            `json:"errors"`
	Why       map[string]int `json:"errors_by_kind,omitempty"`
	Checked   int            `json:"checked"` // answers that were verified to the last byte
	P50       float64        `json:"p50_ms"`
	P90       float64        `json:"p90_ms"`
	P99       float64        `json:"p99_ms"`
	Max       float64        `json:"max_ms"`
	CPU       float64        `json:"server_cpu_ms_per_request"`
	Cores     float64        `json:"server_cores_busy"`
	Node      float64        `json:"node_cores_busy"`
}

// sustained tells whether the server kept up.
func (l *Load) sustained() bool {
	return l.Errors == 0 && l.P99 <= float64(maxP99.Milliseconds())
}

func (l *Load) String() string {
	s := fmt.Sprintf("%.0f/s: p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, max %.0f ms, %d errors of %d; server: %.2f ms per request, %.2f cores; node: %.2f cores",
		l.PerSecond, l.P50, l.P90, l.P99, l.Max, l.Errors, l.Requests, l.CPU, l.Cores, l.Node)
	if l.Errors > 0 {
		s += fmt.Sprint(" ", l.Why)
	}
	return s
}

// load sends requests of members for so long. They arrive at random (Poisson),
// on average rate per second.
func (b *bench) load(ctx context.Context, s *server, rate int, d time.Duration) (*Load, error) {
	requests, err := b.asker.sign(b.asker.members, int(float64(rate)*d.Seconds()), 1)
	if err != nil {
		return nil, err
	}
	before, node := s.cpu(), b.node.cpu()
	l, elapsed := b.send(ctx, s.url, requests, float64(rate))
	used := s.cpu() - before
	l.CPU = used.Seconds() * 1000 / float64(len(requests))
	l.Cores = used.Seconds() / elapsed.Seconds()
	l.Node = (b.node.cpu() - node).Seconds() / elapsed.Seconds()
	return l, ctx.Err()
}

// outcome is what came of one request.
type outcome struct {
	latency time.Duration
	why     string // "" if the keys came
	checked bool
}

// send sends requests when they are due and waits for all answers.
func (b *bench) send(ctx context.Context, url string, requests []*traffic.Request, rate float64) (*Load, time.Duration) {
	client := newClient()
	defer client.CloseIdleConnections()
	outcomes := make([]outcome, len(requests))
	underWay := make(chan struct{}, maxUnderWay)
	arrivals := rand.New(rand.NewPCG(1, uint64(len(requests))))
	var wait sync.WaitGroup
	begin := time.Now()
	var after time.Duration
	for i, r := range requests {
		after += time.Duration(arrivals.ExpFloat64() / rate * float64(time.Second))
		due := begin.Add(after)
		time.Sleep(time.Until(due))
		if ctx.Err() != nil {
			break
		}
		select {
		case underWay <- struct{}{}:
		default:
			outcomes[i].why = "too many under way"
			continue
		}
		wait.Go(func() {
			outcomes[i] = b.ask(client, url, r, i%checkEvery == 0)
			outcomes[i].latency = time.Since(due)
			<-underWay
		})
	}
	wait.Wait()
	elapsed := time.Since(begin)
	return summarize(outcomes, rate), elapsed
}

// ask sends one request. Whole answers are checked only now and then, to leave
// the cores to others.
func (b *bench) ask(client *http.Client, url string, r *traffic.Request, check bool) (o outcome) {
	req, err := r.HTTP(url)
	if err != nil {
		return outcome{why: err.Error()}
	}
	res, err := client.Do(req)
	if err != nil {
		return outcome{why: "no answer"}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return outcome{why: "answer cut off"}
	}
	if res.StatusCode != http.StatusOK {
		return outcome{why: fmt.Sprintf("HTTP %d", res.StatusCode) + codeOf(body)}
	}
	if check {
		if _, err := r.Check(res.StatusCode, body, &b.public); err != nil {
			return outcome{why: err.Error()}
		}
	}
	return outcome{checked: check}
}

// codeOf is the code of the reason in a refusal, "" if there is none.
func codeOf(body []byte) string {
	var e seal.ErrorResponse
	if json.Unmarshal(body, &e) != nil || e.Reason == nil {
		return ""
	}
	return " " + e.Reason.Code
}

func newClient() *http.Client {
	return &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConns: maxUnderWay, MaxIdleConnsPerHost: maxUnderWay, DisableCompression: true}}
}

func summarize(outcomes []outcome, rate float64) *Load {
	l := &Load{PerSecond: rate, Requests: len(outcomes), Why: map[string]int{}}
	var times []time.Duration
	for _, o := range outcomes {
		if o.why != "" {
			l.Errors++
			l.Why[o.why]++
			continue
		}
		if o.checked {
			l.Checked++
		}
		times = append(times, o.latency)
	}
	l.P50, l.P90, l.P99, l.Max = percentiles(times)
	return l
}

// percentiles returns milliseconds.
func percentiles(times []time.Duration) (p50, p90, p99, most float64) {
	if len(times) == 0 {
		return
	}
	slices.Sort(times)
	at := func(p int) float64 { return times[(len(times)-1)*p/100].Seconds() * 1000 }
	return at(50), at(90), at(99), at(100)
}

// latency measures at the usual rate, with the mean time of each stage.
func (b *bench) latency(ctx context.Context, s *server, d time.Duration) (*Load, []Stage, error) {
	before := s.stages(ctx)
	l, err := b.load(ctx, s, b.rate, d)
	if err != nil {
		return nil, nil, err
	}
	say("%v", l)
	var out []Stage
	for name, v := range s.stages(ctx) {
		if n := v[1] - before[name][1]; n > 0 {
			out = append(out, Stage{name, (v[0] - before[name][0]) / n * 1000})
		}
	}
	slices.SortFunc(out, func(a, b Stage) int { return slices.Index(stageOrder, a.Name) - slices.Index(stageOrder, b.Name) })
	return l, out, nil
}

var stageOrder = []string{"authenticate", "evaluate", "derive", "journal", "total"}

// search finds the highest rate that is sustained, to a tenth, and confirms it
// for longer; nil if that fails again and again.
func (b *bench) search(ctx context.Context, s *server, probe, confirm time.Duration) (*Load, error) {
	low, high := b.rate/2, b.ceiling
	for high-low > low/10 {
		rate := (low + high) / 2
		l, err := b.load(ctx, s, rate, probe)
		if err != nil {
			return nil, err
		}
		say("%v", l)
		if l.sustained() {
			low = rate
		} else {
			high = rate
		}
	}
	for try, rate := 0, low; try < 5; try, rate = try+1, rate*9/10 {
		l, err := b.load(ctx, s, rate, confirm)
		if err != nil {
			return nil, err
		}
		say("for %v: %v", confirm, l)
		if l.sustained() {
			return l, nil
		}
	}
	say("no rate near that is sustained: the machine is busy with other things")
	return nil, nil
}

// batches asks for many identities at once, one request after the other.
func (b *bench) batches(ctx context.Context, s *server, identities, n int) (*Batch, error) {
	requests, err := b.asker.sign(b.asker.members, n+1, identities)
	if err != nil {
		return nil, err
	}
	client := newClient()
	defer client.CloseIdleConnections()
	var times []time.Duration
	for i, r := range requests {
		begin := time.Now()
		o := b.ask(client, s.url, r, false)
		if o.why != "" {
			return nil, fmt.Errorf("batch of %d: %s", identities, o.why)
		}
		if i > 0 { // the first warms up
			times = append(times, time.Since(begin))
		}
	}
	out := &Batch{Identities: identities, Requests: n}
	out.P50, out.P90, _, out.Max = percentiles(times)
	say("batches of %d identities: p50 %.1f ms, max %.1f ms", identities, out.P50, out.Max)
	return out, ctx.Err()
}
