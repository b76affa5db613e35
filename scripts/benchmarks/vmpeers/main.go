// Vmpeers times one loop on Floe's Move VM and on others, side by side in one
// run, and prints a table:
//
//	go -C scripts/benchmarks/vmpeers run .
//
// The loop is `while (i < n) { s = s + i % 7; i = i + 1 }`. Engines take turns
// for some rounds, so that a busy machine slows all of them, and the table has
// the median of each. Sui's own Move VM runs as WebAssembly, which costs it an
// unknown factor (1.5 to 3 is usual), and takes part when the Move compiler is
// there: `npm ci --prefix scripts/npm`, or FLOE_MOVEC_WASM.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

// An engine runs the loop.
type engine struct {
	name string
	ops  float64 // instructions of the engine's own kind per iteration
	n    uint64  // iterations per round
	// run gives the sum of the loop over n iterations. Unless time says
	// otherwise, the run is what is timed.
	run  func(n uint64) (uint64, error)
	time func(n uint64) (time.Duration, error)
}

func main() {
	rounds := flag.Int("rounds", 7, "rounds, of which the median counts")
	flag.Parse()
	if err := table(context.Background(), *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "vmpeers:", err)
		os.Exit(1)
	}
}

func table(ctx context.Context, rounds int) error {
	list, closeAll, err := engines(ctx)
	if err != nil {
		return err
	}
	defer closeAll()
	took := make([][]float64, len(list)) // ns per iteration
	for range rounds {
		for i, e := range list {
			d, err := e.measure()
			if err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			took[i] = append(took[i], float64(d.Nanoseconds())/float64(e.n))
		}
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "engine\tms per 1 M iterations\tns per instruction\ttimes ours\t")
	for i, e := range list {
		slices.Sort(took[i])
		ns := took[i][rounds/2]
		fmt.Fprintf(out, "%s\t%.2f\t%.2f\t%.2f\t\n", e.name, ns, ns/e.ops, ns/took[0][rounds/2])
	}
	return out.Flush()
}

// engines lists ours first.
func engines(ctx context.Context) (list []engine, closeAll func(), err error) {
	var closers []func()
	closeAll = func() {
		for _, c := range closers {
			c()
		}
	}
	for _, open := range []func(context.Context) (engine, func(), error){
		ours, evm, wazeroInterpreter, wazeroCompiler, suiMove,
	} {
		e, closer, err := open(ctx)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		closers = append(closers, closer)
		if e.name != "" {
			list = append(list, e)
		}
	}
	return list, closeAll, nil
}

func (e *engine) measure() (time.Duration, error) {
	if e.time != nil {
		return e.time(e.n)
	}
	start := time.Now()
	sum, err := e.run(e.n)
	d := time.Since(start)
	if err == nil && sum != want(e.n) {
		err = fmt.Errorf("the loop gives %d, want %d", sum, want(e.n))
	}
	return d, err
}

// want is the sum of i % 7 for i below n.
func want(n uint64) uint64 {
	rest := n % 7
	return n/7*21 + rest*(rest-1)/2
}
