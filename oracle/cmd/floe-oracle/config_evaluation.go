package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/sui/lightclient"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// evaluationConfig is about who runs the code of policies, over which state.
type evaluationConfig struct {
	Mode       string        `yaml:"mode" doc:"both: our own VM and the full node, which must agree; local: our VM only; node: the full node is believed (both)"`
	Nodes      []string      `yaml:"nodes" doc:"more full nodes beside node_url, run by others; each evaluates in the mode"`
	Quorum     int           `yaml:"quorum" doc:"how many full nodes must give the same verdict; more than half (all but a third)"`
	Validators string        `yaml:"validators" doc:"file with the network's validators of an epoch, who are trusted, from floe-oracle validators; then the checkpoints of each node are verified"`
	Prove      bool          `yaml:"prove" doc:"demand a proof of each object that a node gives; needs validators, and nodes that serve ProofService"`
	CacheMiB   int           `yaml:"cache_mib" doc:"how much is kept of the objects of each node (256)"`
	Freshness  time.Duration `yaml:"freshness" doc:"for how long a node's stream may be silent before the node is asked (5s)"`
}

func (c *evaluationConfig) check() error {
	var errs []error
	switch policy.Mode(c.Mode) {
	case "", policy.ModeBoth, policy.ModeLocal, policy.ModeNode:
	default:
		errs = append(errs, fmt.Errorf("evaluation.mode: %q: give both, local or node", c.Mode))
	}
	if n := 1 + len(c.Nodes); c.Quorum != 0 && (2*c.Quorum <= n || c.Quorum > n) {
		errs = append(errs, fmt.Errorf("evaluation.quorum: %d of %d full nodes: give more than half of them", c.Quorum, n))
	}
	if c.Prove && c.Validators == "" {
		errs = append(errs, errors.New("evaluation.prove needs evaluation.validators: a proof is as good as who signed the checkpoint"))
	}
	if c.CacheMiB < 0 || c.Freshness < 0 {
		errs = append(errs, errors.New("evaluation: cache_mib and freshness must not be negative"))
	}
	return errors.Join(errs...)
}

// openEvaluator starts the evaluation of policies by the full nodes of the
// configuration, the first of which is client. The caller calls stop.
func (c *config) openEvaluator(ctx context.Context, client *suirpc.Client, m *metrics.Metrics, log *slog.Logger) (e policy.Evaluator, stop func(), err error) {
	var closers []func()
	stop = func() {
		for i := range closers {
			closers[len(closers)-1-i]()
		}
	}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	nodes := []*suirpc.Client{client}
	for _, url := range c.Evaluation.Nodes {
		node, err := c.dial(ctx, url, suirpc.WithObserver(m.CalledNode))
		if err != nil {
			return nil, nil, fmt.Errorf("evaluation.nodes: %w", err)
		}
		closers = append(closers, func() { node.Close() })
		nodes = append(nodes, node)
	}
	validators, err := readValidators(c.Evaluation.Validators)
	if err != nil {
		return nil, nil, err
	}
	e, end, err := c.evaluator(nodes, c.Evaluation.Quorum, validators, m, log)
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, end)
	return e, stop, nil
}

// evaluator starts the evaluation of policies by some full nodes, quorum of which
// must agree, as the rest of the configuration says.
func (c *config) evaluator(nodes []*suirpc.Client, quorum int, validators *lightclient.Committee, m *metrics.Metrics, log *slog.Logger) (policy.Evaluator, func(), error) {
	return policy.Open(policy.Config{
		Mode: policy.Mode(c.Evaluation.Mode), Nodes: nodes, Quorum: quorum, Committee: validators, Prove: c.Evaluation.Prove,
		CacheBytes: c.Evaluation.CacheMiB << 20, Freshness: c.Evaluation.Freshness, StalenessPackage: c.KeyServerPackage,
		AllowedStaleness: c.AllowedStaleness, AllowedLag: c.AllowedClockLag, Timeout: c.EvaluationTimeout, GasPriceLife: c.GasPriceLife,
		Log: log, Mismatched: m.Mismatch, Disagreed: m.NodesDisagree, Asked: func(warm bool) { m.Cached("objects", warm) }, Now: now,
	})
}

// readValidators reads the validators that are trusted; nil if no file is configured.
func readValidators(path string) (*lightclient.Committee, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read validators: %w; make the file with floe-oracle validators", err)
	}
	c, err := lightclient.ParseCommittee(b)
	if err != nil {
		return nil, fmt.Errorf("read validators %s: %w", path, err)
	}
	return c, nil
}
