// Package policylint tries out a Seal policy package before somebody trusts it
// with data: what do its seal_approve functions grant, and to whom?
//
// [Check] takes the compiled modules of a package, anybody's. It looks at the
// bytecode (static.go), publishes the package on a private copy of the chain's
// rules (world.go), plays its owners: makes objects by the package's own
// functions and manages them (explore.go, program.go), and at every step asks
// for keys with identities, senders, objects and times of many kinds
// (probe.go). What is granted is judged by the rules in rules_*.go; a stranger
// with an account of his own tries to get in as well (attack.go). Every finding
// has a counter-example that [Replay] repeats: the package, the seed and the
// order of the calls decide everything.
//
// It is a tester, not a prover. What it reports, it has seen granted; what it
// does not report may still be there. It can't find what it never makes: states
// behind long chains of calls, signatures, proofs or real enclaves; objects of
// other packages; intentions that no name or value gives away, such as who
// should have been on a list. It judges one version of a package, not what an
// upgrade makes of it.
package policylint

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// A Target is the package to try.
type Target struct {
	// Modules are compiled modules. Unless Live is set, their own address is
	// replaced and they are published on a copy.
	Modules [][]byte
	// Packages are those that the modules link to besides 0x1 and 0x2.
	Packages []*sui.Object
	// Live, if set, is the state of a chain that has the package Package: the
	// objects Objects of that chain are tried as they are there.
	Live    execution.State
	Package sui.Address
	Objects []sui.Address
}

// Options say how long to try. The zero value is ready to use.
type Options struct {
	Seed uint64
	// Rounds is how often every function of the package is tried in turn, as
	// its owner; 0 means 12.
	Rounds int
	// NowMS is the time of the copy's clock; 0 means 2027-01-15T08:00:00Z.
	NowMS uint64
}

const (
	defaultRounds = 12
	defaultNowMS  = 1_800_000_000_000
)

// ErrNoPolicy says that a package has no function whose name starts with
// seal_approve.
var ErrNoPolicy = errors.New("not a policy package: it has no function whose name starts with seal_approve")

// Check tries a package and reports. The error is about the package as such:
// bytes that are no modules, a package that does not publish, or [ErrNoPolicy].
func Check(t Target, opt Options) (*Report, error) {
	l, err := run(t, opt)
	if err != nil {
		return nil, err
	}
	return l.report(), nil
}

// run does all of it.
func run(t Target, opt Options) (*lint, error) {
	l := &lint{opt: opt, known: map[string]int{}, seen: map[string]bool{}, read: map[*sui.Object][]field{}, variety: map[string]map[sui.Address]bool{}}
	if l.opt.Rounds == 0 {
		l.opt.Rounds = defaultRounds
	}
	if l.opt.NowMS == 0 {
		l.opt.NowMS = defaultNowMS
	}
	l.rng = rand.New(rand.NewPCG(l.opt.Seed, 0x706f6c696379))
	if err := l.parse(t.Modules); err != nil {
		return nil, fmt.Errorf("lint policy: %w", err)
	}
	l.lookAtCode()
	if err := l.publish(t); err != nil {
		return nil, fmt.Errorf("lint policy: %w", err)
	}
	if err := l.loadFunctions(); err != nil {
		return nil, fmt.Errorf("lint policy: %w", err)
	}
	l.explore()
	l.attack()
	l.judge()
	return l, nil
}

// lint is one run of [Check].
type lint struct {
	opt     Options
	rng     *rand.Rand
	modules []*bytecode.Module
	pkg     sui.Address // storage id of the package on the copy
	world   *world
	funcs   []*function // that may be called to make and manage objects
	approve []*function // the seal_approve functions

	states   []*snapshot // in the order in which they came about
	grants   []*grant    // to owners and members
	intruded []*intrusion
	at       *snapshot      // the present state
	made     []int          // by index of approve, see count
	known    map[string]int // grants, by what they have in common
	findings []Finding
	seen     map[string]bool                 // code and function of findings
	variety  map[string]map[sui.Address]bool // objects tried, by function and parameter
	read     map[*sui.Object][]field
	executed int
}

// parse reads the modules, and finds out whether they are a policy.
func (l *lint) parse(modules [][]byte) error {
	policies := 0
	for i, b := range modules {
		m, err := bytecode.Parse(b)
		if err != nil {
			return fmt.Errorf("module %d: %w", i, err)
		}
		l.modules = append(l.modules, m)
		for _, f := range m.Functions {
			if isApprove(m.FunctionName(f)) {
				policies++
			}
		}
	}
	if policies == 0 {
		return ErrNoPolicy
	}
	slices.SortFunc(l.modules, func(a, b *bytecode.Module) int { return cmp.Compare(a.Name(), b.Name()) })
	return nil
}

// find records a finding, once per code and function.
func (l *lint) find(f Finding) {
	key := f.Code + " " + f.Function
	if l.seen[key] {
		return
	}
	l.seen[key] = true
	l.findings = append(l.findings, f)
}

func (l *lint) found(code, function string) bool { return l.seen[code+" "+function] }
