package policy

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/floe-data/floe/oracle/mirror"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/lightclient"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A Mode says who runs the code of policies.
type Mode string

// The modes.
const (
	ModeBoth  Mode = "both"  // our VM and the node, which must agree: see Both
	ModeLocal Mode = "local" // our VM: see Local
	ModeNode  Mode = "node"  // the node, which is believed: see Recorded
)

// Config says how policies are evaluated. Durations and Now are those of a
// SimulatorConfig.
type Config struct {
	// Mode is ModeBoth if it is empty.
	Mode Mode
	// Nodes are the full nodes. If there are several, each evaluates in the mode, by
	// a mirror of its own, and Quorum of them must agree.
	Nodes []*suirpc.Client
	// Quorum is how many nodes must agree. 0 means all but a third, and more than
	// half: 2 of 2, 2 of 3, 3 of 4, 4 of 5.
	Quorum int
	// Committee is of validators of some epoch; with it each checkpoint is verified.
	// nil: the nodes are trusted to show the right ones.
	Committee *lightclient.Committee
	// Prove demands a proof of each object that a node gives: see package mirror. It
	// needs Committee.
	Prove bool
	// CacheBytes bounds the objects kept of each node. 0 means 256 MiB.
	CacheBytes int
	// Freshness is for how long a node's stream may be silent before it is asked.
	// 0 means 5 seconds.
	Freshness time.Duration

	StalenessPackage sui.Address
	AllowedStaleness time.Duration
	AllowedLag       time.Duration
	Timeout          time.Duration
	GasPriceLife     time.Duration
	Now              func() time.Time

	// Engine makes the VM for one node; nil means execution.NewEngine.
	Engine func() *execution.Engine
	// Log gets alarms. nil discards them.
	Log *slog.Logger
	// Mismatched and Disagreed count alarms of Both and Quorum. May be nil.
	Mismatched, Disagreed func()
	// Asked counts evaluations by our VM: see LocalConfig. May be nil.
	Asked func(warm bool)
}

// Open starts what a configuration says. The caller calls stop when the Evaluator
// is not used any more, and closes the nodes afterwards.
func Open(cfg Config) (e Evaluator, stop func(), err error) {
	var mirrors []*mirror.Mirror
	stop = func() {
		for _, m := range mirrors {
			m.Close()
		}
	}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	if len(cfg.Nodes) == 0 {
		return nil, nil, errors.New("open evaluator: no full node is configured")
	}
	var members []Evaluator
	var names []string
	for _, node := range cfg.Nodes {
		m, err := cfg.mirror(node)
		if err != nil {
			return nil, nil, fmt.Errorf("open evaluator: %w", err)
		}
		mirrors = append(mirrors, m)
		member, err := cfg.member(node, m)
		if err != nil {
			return nil, nil, fmt.Errorf("open evaluator: %w", err)
		}
		members, names = append(members, member), append(names, host(node))
	}
	if len(members) == 1 && cfg.Quorum <= 1 {
		return members[0], stop, nil
	}
	if cfg.Quorum == 0 {
		cfg.Quorum = DefaultQuorum(len(members))
	}
	q, err := NewQuorum(QuorumConfig{Members: members, Names: names, Need: cfg.Quorum, Log: cfg.Log, Disagreed: cfg.Disagreed})
	if err != nil {
		return nil, nil, fmt.Errorf("open evaluator: %w", err)
	}
	return q, stop, nil
}

// DefaultQuorum is all but a third of n nodes, and more than half of them.
func DefaultQuorum(n int) int { return max(n-n/3, n/2+1) }

// host names a node without what may be secret in its address.
func host(c *suirpc.Client) string {
	u, err := url.Parse(c.URL())
	if err != nil {
		return "?"
	}
	return u.Host
}

// mirror follows a node. How long its stream has been silent goes by the real time,
// whatever Now says.
func (cfg *Config) mirror(node *suirpc.Client) (*mirror.Mirror, error) {
	log := orDiscard(cfg.Log).With("node", host(node))
	m := mirror.Config{Node: node, Prove: cfg.Prove, CacheBytes: cfg.CacheBytes, Freshness: cfg.Freshness, Timeout: cfg.Timeout, Log: log}
	if cfg.Committee != nil {
		m.Light = lightclient.New(lightclient.Node(node.Conn()), *cfg.Committee)
	}
	return mirror.Start(m)
}

// member makes the evaluator over one node.
func (cfg *Config) member(node *suirpc.Client, m *mirror.Mirror) (Evaluator, error) {
	var engine *execution.Engine
	if cfg.Engine != nil {
		engine = cfg.Engine()
	}
	local, err := NewLocal(LocalConfig{Mirror: m, Wallets: node, Engine: engine, Asked: cfg.Asked, StalenessPackage: cfg.StalenessPackage,
		AllowedStaleness: cfg.AllowedStaleness, AllowedLag: cfg.AllowedLag, Timeout: cfg.Timeout, Now: cfg.Now})
	if err != nil {
		return nil, err
	}
	simulator, err := NewSimulator(SimulatorConfig{Chain: node, StalenessPackage: cfg.StalenessPackage,
		AllowedStaleness: cfg.AllowedStaleness, AllowedLag: cfg.AllowedLag, Timeout: cfg.Timeout, GasPriceLife: cfg.GasPriceLife, Now: cfg.Now})
	if err != nil {
		return nil, err
	}
	switch cfg.Mode {
	case "", ModeBoth:
		return NewBoth(BothConfig{Local: local, Node: simulator, Log: cfg.Log, Mismatched: cfg.Mismatched}), nil
	case ModeLocal:
		return local, nil
	case ModeNode:
		return NewRecorded(simulator, local, cfg.Log), nil
	}
	return nil, fmt.Errorf("mode %q: want both, local or node", cfg.Mode)
}
