package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A State is what a server holds at one time. Sizes are in bytes.
type State struct {
	RSS        int64 `json:"rss"`
	Live       int64 `json:"live_heap"` // what the last garbage collection left, about
	Goroutines int   `json:"goroutines"`
	Files      int   `json:"open_files"` // descriptors, connections included
	Receipts   int   `json:"receipts"`
	Journal    int64 `json:"journal"`
	Log        int64 `json:"log"`
	LogFiles   int   `json:"log_files"`
	Evidence   int64 `json:"evidence"`
}

// An Unready is a time in which /ready did not say 200.
type Unready struct {
	At      float64 `json:"at_seconds"` // since the start of the watch
	Seconds int     `json:"seconds"`
	Why     string  `json:"why"` // checks that failed
}

// state reads metrics and looks at the folder with receipts.
func (s *server) state(ctx context.Context, dir string) (st State) {
	m, err := s.gauges(ctx)
	for try := 1; err != nil && try < 5; try++ { // the machine may be busy
		m, err = s.gauges(ctx)
	}
	st.RSS, st.Goroutines, st.Files = int64(m["process_resident_memory_bytes"]), int(m["go_goroutines"]), int(m["process_open_fds"])
	st.Live = int64(m["go_memstats_next_gc_bytes"] / (1 + m["go_gc_gogc_percent"]/100))
	st.Receipts = int(m["floe_oracle_receipts"])
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		switch rel, _ := filepath.Rel(dir, path); {
		case strings.HasPrefix(rel, "evidence"+string(os.PathSeparator)):
			st.Evidence += info.Size()
		case strings.HasPrefix(rel, "log"+string(os.PathSeparator)):
			st.Log += info.Size()
			st.LogFiles++
		default:
			st.Journal += info.Size()
		}
		return nil
	})
	return st
}

// gauges reads the metrics, those of several services added up.
func (s *server) gauges(ctx context.Context) (map[string]float64, error) {
	text, _, err := get(ctx, s.metrics)
	out := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || name == "#" {
			continue
		}
		name, _, _ = strings.Cut(name, "{")
		v, _ := strconv.ParseFloat(value[strings.LastIndexByte(value, ' ')+1:], 64)
		out[name] += v
	}
	return out, err
}

func get(ctx context.Context, url string) (body []byte, status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, 0, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(io.LimitReader(res.Body, 10<<20))
	return body, res.StatusCode, err
}

// A watch asks a server each second how it is.
type watch struct {
	s     *server
	begin time.Time
	ended sync.WaitGroup

	mu          sync.Mutex
	polls, lost int
	lagMax      float64 // seconds
	lagMinute   float64 // since it was asked for
	behindMax   int     // receipts
	notReady    []*Unready
	unready     *Unready // while it lasts
}

func (s *server) watch(ctx context.Context) *watch {
	w := &watch{s: s, begin: time.Now()}
	w.ended.Go(func() {
		for tick := time.NewTicker(time.Second); ; {
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
				w.poll(ctx)
			}
		}
	})
	return w
}

func (w *watch) wait() { w.ended.Wait() }

func (w *watch) poll(ctx context.Context) {
	body, status, err := get(ctx, w.s.url+"/ready")
	m, err2 := w.s.gauges(ctx)
	if ctx.Err() != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.polls++
	if err2 != nil {
		w.lost++
	}
	lag := m["floe_oracle_log_waiting_seconds"]
	w.lagMax, w.lagMinute = max(w.lagMax, lag), max(w.lagMinute, lag)
	w.behindMax = max(w.behindMax, int(m["floe_oracle_receipts"]-m["floe_oracle_log_entries"]))
	why := whyNot(body, status, err)
	switch {
	case why == "":
		w.unready = nil
	case w.unready != nil && w.unready.Why == why:
		w.unready.Seconds++
	default:
		w.unready = &Unready{At: time.Since(w.begin).Round(time.Second).Seconds(), Seconds: 1, Why: why}
		w.notReady = append(w.notReady, w.unready)
		say("not ready: %s", why)
	}
}

// whyNot names the checks that failed, without what changes each second; "" if
// the server is ready.
func whyNot(body []byte, status int, err error) string {
	if err != nil {
		return "no answer"
	}
	if status == http.StatusOK {
		return ""
	}
	var answer struct {
		Checks []struct {
			Name, Detail string
			OK           bool
		}
	}
	if json.Unmarshal(body, &answer) != nil {
		return fmt.Sprintf("HTTP %d", status)
	}
	var failed []string
	for _, c := range answer.Checks {
		if !c.OK {
			failed = append(failed, c.Name+": "+c.Detail)
		}
	}
	return digits.ReplaceAllString(strings.Join(failed, "; "), "…")
}

var digits = regexp.MustCompile(`[0-9]+`)

// lagOfMinute is the longest that a receipt waited since this was last called.
func (w *watch) lagOfMinute() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	lag := w.lagMinute
	w.lagMinute = 0
	return lag
}
