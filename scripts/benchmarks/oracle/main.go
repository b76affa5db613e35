// Command bench-oracle puts a key server under load and says what it bears:
//
//	./scripts/bench oracle
//
// The server is the real floe-oracle, a process of its own with two cores, over
// a chain with Floe's contracts (another process) and with durable receipts on a
// disk. Requests arrive by a schedule, whether or not earlier ones were
// answered, and their time counts from when they were due: a server that stalls
// can't hide it (no "coordinated omission"). Each is of a session of its own or
// for identities of its own, so none is answered as a repeat.
//
// Start with run; load.go sends what requests.go signs.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const help = `usage: scripts/bench oracle [--json] [--long|--quick] [--dir DIR] [--modes MODES] [--server FILE]
       scripts/bench oracle --soak 10m --rate 500 [--modes both,local] [--json] [--dir DIR]

Measures a key server under load on this machine, on 2 cores:

  latency      at 500 requests per second
  rate         the highest that is sustained: p99 at most 50 ms, no errors
  batch        requests for 100 identities
  flood        10,000 denied requests per second, and what 100 good ones per
               second notice of them
  evaluation   the same through the full node, locally, and both compared
  stages       where the time goes, beside the floor of the cryptography

With --soak, none of this is measured: one rate is kept up for so long, in each
mode of --modes (both), while /ready and /metrics are asked each second. It says
per minute how long answers took and what the server holds: memory, goroutines,
open files, receipts on disk; how late the log was; and each time that /ready
was not 200, with the reason. One in twenty requests is a stranger's and has to
be refused. The exit code is 1 if a request failed. While the machine is busy with
other things, that says more about them than about the server.

The server, the chain and the load are separate processes; with 4 cores or more
the server has two of them for itself.

`

type options struct {
	json          bool
	long, quick   bool
	dir, server   string
	modes         string
	rate, ceiling int
	soak          time.Duration
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == nodeCommand {
		exit(runNode(os.Args[2]))
	}
	var o options
	flags := flag.NewFlagSet("bench oracle", flag.ExitOnError)
	flags.Usage = func() { fmt.Fprint(os.Stderr, help); flags.PrintDefaults() }
	flags.BoolVar(&o.json, "json", false, "print one object on stdout")
	flags.BoolVar(&o.long, "long", false, "measure for longer: about 6 minutes instead of 2")
	flags.BoolVar(&o.quick, "quick", false, "measure nothing but latency")
	flags.StringVar(&o.dir, "dir", ".floe/bench", "folder for keys, receipts and chain; its disk is measured too")
	flags.StringVar(&o.server, "server", "bin/floe-oracle", "the server to measure")
	flags.StringVar(&o.modes, "modes", "", "evaluation modes, the first of which is measured in full (default: all that the server has)")
	flags.IntVar(&o.rate, "rate", 500, "requests per second at which latency is measured, or kept up")
	flags.DurationVar(&o.soak, "soak", 0, "keep one rate up for so long, such as 10m, and watch what the server holds")
	flags.IntVar(&o.ceiling, "ceiling", 3000, "rate at which the search for the highest one ends")
	flags.Parse(os.Args[1:])
	if flags.NArg() > 0 {
		flags.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := run(ctx, o)
	if err != nil {
		exit(err)
	}
	if o.json {
		json.NewEncoder(os.Stdout).Encode(report)
	} else {
		report.write(os.Stdout)
	}
	for _, s := range report.Soaks {
		if s.Errors > 0 {
			os.Exit(1)
		}
	}
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-oracle:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// say tells how far it is.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s  %s\n", time.Now().Format("15:04:05"), fmt.Sprintf(format, args...))
}

// run measures everything, one mode after the other.
func run(ctx context.Context, o options) (*Report, error) {
	b, err := setUp(ctx, o)
	if err != nil {
		return nil, err
	}
	defer b.close()
	r := b.describe()
	if o.soak > 0 {
		for _, mode := range b.modes {
			s, err := b.runSoak(ctx, mode, o.soak)
			if err != nil {
				return nil, fmt.Errorf("evaluation mode %s: %w", mode, err)
			}
			r.Soaks = append(r.Soaks, s)
		}
		return r, nil
	}
	r.Floor = new(Floor)
	*r.Floor = measureFloor()
	for i, mode := range b.modes {
		m, err := b.measure(ctx, mode, i == 0 && !o.quick)
		if err != nil {
			return nil, fmt.Errorf("evaluation mode %s: %w", mode, err)
		}
		r.Modes = append(r.Modes, m)
	}
	return r, nil
}

// measure runs a server with one way to evaluate policies.
func (b *bench) measure(ctx context.Context, mode string, full bool) (m *Mode, err error) {
	seconds, probe := 5*time.Second, 2*time.Second
	if b.long {
		seconds, probe, full = 20*time.Second, 5*time.Second, !b.quick
	}
	s, err := b.startServer(ctx, mode)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	m = &Mode{Evaluation: mode}
	if _, err := b.load(ctx, s, b.rate, probe); err != nil { // warms up
		return nil, err
	}
	if m.Latency, m.Stages, err = b.latency(ctx, s, seconds); err != nil {
		return nil, err
	}
	if full {
		if m.Sustained, err = b.search(ctx, s, probe, max(10*time.Second, seconds)); err != nil {
			return nil, err
		}
		if m.Batch, err = b.batches(ctx, s, 100, 20); err != nil {
			return nil, err
		}
		if m.Floods, err = b.floods(ctx, s, seconds); err != nil {
			return nil, err
		}
	}
	return m, s.stop()
}
