package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/floe-data/floe/sdk/seal"
)

// A Report is everything that was measured. Times are in milliseconds.
type Report struct {
	Machine string  `json:"machine"`
	Cores   string  `json:"server_cores"`
	Disk    string  `json:"receipts_disk"`
	Floor   *Floor  `json:"floor,omitempty"` // nil for soaks
	Modes   []*Mode `json:"modes,omitempty"`
	Soaks   []*Soak `json:"soaks,omitempty"`
}

// A Floor is what the cryptography of one identity takes on one core.
type Floor struct {
	Share float64 `json:"share_ms"`  // hash to the curve, multiply by the master key, encrypt
	Hash  float64 `json:"hash_ms"`   // of it
	Keys  float64 `json:"decode_ms"` // both halves of the requester's key
}

// A Mode is a server with one way to evaluate policies.
type Mode struct {
	Evaluation string   `json:"evaluation"`
	Latency    *Load    `json:"latency"`
	Stages     []Stage  `json:"stages,omitempty"`
	Sustained  *Load    `json:"sustained,omitempty"`
	Batch      *Batch   `json:"batch,omitempty"`
	Floods     []*Flood `json:"floods,omitempty"`
}

// A Stage is a part of a request's way and its mean time.
type Stage struct {
	Name string  `json:"name"`
	Mean float64 `json:"mean_ms"`
}

// A Batch is requests for many identities.
type Batch struct {
	Identities int     `json:"identities"`
	Requests   int     `json:"requests"`
	P50        float64 `json:"p50_ms"`
	P90        float64 `json:"p90_ms"`
	Max        float64 `json:"max_ms"`
}

func (b *bench) describe() *Report {
	return &Report{Machine: fmt.Sprintf("%s, %d cores, %s", cpuModel(), runtime.NumCPU(), runtime.Version()), Cores: b.pins.text, Disk: diskOf(b.dir)}
}

func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// diskOf names the file system of a folder and the device below it.
func diskOf(dir string) string {
	text, _ := os.ReadFile("/proc/self/mountinfo")
	best, out := "", "unknown"
	for line := range strings.Lines(string(text)) {
		left, right, ok := strings.Cut(line, " - ")
		l, r := strings.Fields(left), strings.Fields(right)
		if !ok || len(l) < 5 || len(r) < 2 {
			continue
		}
		if rel, err := filepath.Rel(l[4], dir); err == nil && !strings.HasPrefix(rel, "..") && len(l[4]) >= len(best) {
			best, out = l[4], r[0]+" on "+r[1]
			if r[0] == "tmpfs" {
				out += " (in memory: choose a disk with --dir)"
			}
		}
	}
	return out
}

// measureFloor times the cryptography alone, on one core.
func measureFloor() (f Floor) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	master, err := seal.NewMasterKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	tk, err := seal.NewTransportKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	to := tk.Public()
	each := func(do func()) float64 {
		const n = 1000
		for range n / 10 {
			do()
		}
		begin := time.Now()
		for range n {
			do()
		}
		return time.Since(begin).Seconds() * 1000 / n
	}
	f.Share = each(func() {
		k, _ := master.Extract(rand.Reader, []byte("an identity"))
		c, _ := to.Encrypt(rand.Reader, k)
		c.Points()
	})
	f.Hash = each(func() { seal.HashToG1([]byte("an identity")) })
	f.Keys = each(func() {
		seal.ParseEncryptionKey(to.EncKey())
		seal.ParseG2(to.VerificationKey())
	})
	return f
}

func (r *Report) write(w io.Writer) {
	fmt.Fprintf(w, "machine     %s\nserver      %s\nreceipts    %s, durable before each answer\n", r.Machine, r.Cores, r.Disk)
	for _, s := range r.Soaks {
		s.write(w)
	}
	if r.Floor == nil {
		return
	}
	fmt.Fprintf(w, "floor       %.2f ms per identity on one core: hash to the curve %.2f ms, the rest two multiplications; reading the requester's keys %.2f ms\n",
		r.Floor.Share, r.Floor.Hash, r.Floor.Keys)
	for _, m := range r.Modes {
		fmt.Fprintf(w, "\nevaluation by %s\n  latency   at %v\n", m.Evaluation, m.Latency)
		if len(m.Stages) > 0 {
			fmt.Fprint(w, "  stages   ")
			for _, s := range m.Stages {
				fmt.Fprintf(w, " %s %.2f ms", s.Name, s.Mean)
			}
			fmt.Fprintln(w, " (mean)")
		}
		if m.Sustained != nil {
			fmt.Fprintf(w, "  rate      sustained %v\n", m.Sustained)
		}
		if m.Batch != nil {
			fmt.Fprintf(w, "  batch     of %d identities: p50 %.1f ms, p90 %.1f ms, max %.1f ms\n", m.Batch.Identities, m.Batch.P50, m.Batch.P90, m.Batch.Max)
		}
		for i, f := range m.Floods {
			if i == 0 {
				fmt.Fprintf(w, "  flood     of 10,000 denied requests per second; good ones before: p50 %.1f ms, p99 %.1f ms\n", f.Before.P50, f.Before.P99)
			}
			fmt.Fprintf(w, "            %-28s answered %6.0f/s, server %.2f cores; good ones: p50 %.1f ms, p99 %.1f ms, %d errors of %d\n",
				f.Kind, f.Answered, f.Cores, f.During.P50, f.During.P99, f.During.Errors, f.During.Requests)
		}
	}
}

func (m *Minute) String() string {
	return fmt.Sprintf("%6d requests, %d errors; p50 %.1f ms, p99 %.1f ms, max %.0f ms; log at most %.2f s late; %v", m.Requests, m.Errors, m.P50, m.P99, m.Max, m.LagMax, m.State)
}

func (s State) String() string {
	const mb = 1e6
	return fmt.Sprintf("%.0f MB resident, %.0f MB live, %d goroutines, %d open files; %d receipts: journal %.1f MB, log %.1f MB in %d files, evidence %.2f MB",
		float64(s.RSS)/mb, float64(s.Live)/mb, s.Goroutines, s.Files, s.Receipts, float64(s.Journal)/mb, float64(s.Log)/mb, s.LogFiles, float64(s.Evidence)/mb)
}

func (s *Soak) write(w io.Writer) {
	fmt.Fprintf(w, "\nevaluation by %s, %d requests per second for %.0f s\n", s.Evaluation, s.PerSecond, s.Seconds)
	fmt.Fprintf(w, "  answers   %d requests, %d errors %v; %d checked to the last byte\n", s.Requests, s.Errors, s.Why, s.Checked)
	fmt.Fprintf(w, "  before    %v\n", s.Before)
	for _, m := range s.Minutes {
		fmt.Fprintf(w, "  minute %2d %v\n", m.Minute, m)
	}
	fmt.Fprintf(w, "  after     %v\n", s.After)
	fmt.Fprintf(w, "  log       at most %.2f s and %d receipts behind\n", s.LagMax, s.BehindMax)
	fmt.Fprintf(w, "  ready     not %d times, in %d polls, of which %d were not answered\n", len(s.NotReady), s.Polls, s.Unseen)
	for _, u := range s.NotReady {
		fmt.Fprintf(w, "            after %.0f s for %d s: %s\n", u.At, u.Seconds, u.Why)
	}
}
