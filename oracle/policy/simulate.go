package policy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// Chain is what a Simulator asks of a full node; *suirpc.Client is one.
type Chain interface {
	ServiceInfo(ctx context.Context) (suirpc.ServiceInfo, error)
	Checkpoint(ctx context.Context, seq uint64) (*suirpc.Checkpoint, error)
	ReferenceGasPrice(ctx context.Context) (uint64, error)
	Object(ctx context.Context, id sui.Address) (*sui.Object, error)
	// Objects returns nil where an object does not exist.
	Objects(ctx context.Context, ids []sui.Address) ([]*sui.Object, error)
	Simulate(ctx context.Context, tx *sui.TransactionData, opt suirpc.SimulateOptions) (*suirpc.Executed, error)
	VerifyPersonalMessage(ctx context.Context, addr sui.Address, message []byte, sig sui.Signature) error
}

var _ Chain = (*suirpc.Client)(nil)

// SimulatorConfig says how a Simulator uses its node.
type SimulatorConfig struct {
	// Chain is the full node, which is trusted to run the code on the true
	// state.
	Chain Chain
	// StalenessPackage is the package with the module time that refuses when
	// the chain's clock is too old: Floe's key_server package or Seal's.
	StalenessPackage sui.Address
	// AllowedStaleness is how old the chain's clock may be. 0 means 2 minutes.
	AllowedStaleness time.Duration
	// AllowedLag is how far the chain's clock may be ahead of this machine's,
	// which then accepts sessions that have expired. 0 means that it is not
	// looked at, for networks whose clock is moved by hand.
	AllowedLag time.Duration
	// Timeout bounds one evaluation, and each look-up of a package. 0 means 5
	// seconds: clients wait for 10.
	Timeout time.Duration
	// GasPriceLife is for how long a reference gas price is used. 0 means a
	// minute.
	GasPriceLife time.Duration
	// Now tells the time. nil means time.Now.
	Now func() time.Time
}

// A Simulator evaluates policies by having a full node simulate the policy
// calls as a transaction of the requester, on its latest state, preceded by a
// check that this state is not stale.
//
// The node enforces ownership: an owned object can be given to a policy only
// by its owner.
type Simulator struct {
	rules
	wallets
	chain    Chain
	packages packageCache
	gasLife  time.Duration

	mu         sync.Mutex // guards the rest; never held during a call to the node
	chainID    sui.Digest
	checkpoint receipt.Checkpoint
	chainTime  time.Time // of checkpoint
	gasPrice   uint64
	gasTime    time.Time
}

var (
	_ Evaluator = (*Simulator)(nil)
	_ Reporter  = (*Simulator)(nil)
)

// NewSimulator returns an Evaluator over a full node.
func NewSimulator(cfg SimulatorConfig) (*Simulator, error) {
	if cfg.Chain == nil {
		return nil, errors.New("create policy simulator: no chain is configured")
	}
	r := rules{cfg.StalenessPackage, cfg.AllowedStaleness, cfg.AllowedLag, cfg.Timeout, cfg.Now}
	if err := r.setDefaults(); err != nil {
		return nil, fmt.Errorf("create policy simulator: %w", err)
	}
	if cfg.GasPriceLife == 0 {
		cfg.GasPriceLife = time.Minute
	}
	return &Simulator{rules: r, wallets: wallets{cfg.Chain, r.timeout}, chain: cfg.Chain, gasLife: cfg.GasPriceLife}, nil
}

// Ready asks the node for its state.
func (s *Simulator) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.rules.timeout)
	defer cancel()
	if _, err := s.chain.ServiceInfo(ctx); err != nil {
		return fmt.Errorf("ask full node: %w", err)
	}
	return nil
}

// Nodes implements [Reporter].
func (s *Simulator) Nodes(ctx context.Context) []NodeStatus {
	ctx, cancel := context.WithTimeout(ctx, s.rules.timeout)
	defer cancel()
	info, err := s.chain.ServiceInfo(ctx)
	if err != nil {
		return []NodeStatus{{Err: fmt.Errorf("ask full node: %w", err)}}
	}
	_, at := s.describeCheckpoint(ctx, info.Tip)
	return []NodeStatus{{Checkpoint: info.Tip, Time: at}}
}

// Package implements [Evaluator]. Answers are cached.
func (s *Simulator) Package(ctx context.Context, id sui.Address) (Package, error) {
	return s.packages.find(id, func() (*sui.Object, error) {
		ctx, cancel := context.WithTimeout(ctx, s.rules.timeout)
		defer cancel()
		obj, err := s.chain.Object(ctx, id)
		if errors.Is(err, suirpc.ErrNotFound) {
			return nil, nil
		}
		return obj, err
	})
}

// Evaluate implements [Evaluator].
func (s *Simulator) Evaluate(ctx context.Context, q Query) (Evidence, error) {
	ctx, cancel := context.WithTimeout(ctx, s.rules.timeout)
	defer cancel()
	var evidence Evidence
	p, err := s.prepare(ctx, q)
	evidence.Chain, evidence.Checkpoint = p.chain, p.checkpoint
	if err != nil {
		return evidence, err
	}
	program, err := s.program(q, p.objects)
	if err != nil {
		return evidence, err
	}
	evidence.Objects = immutable(p.objects)
	described := make(chan struct{})
	var chainTime time.Time
	go func() {
		defer close(described)
		evidence.Checkpoint.Digest, chainTime = s.describeCheckpoint(ctx, evidence.Checkpoint.Sequence)
	}()
	ex, err := s.chain.Simulate(ctx, transaction(q, program, p.price), suirpc.SimulateOptions{})
	<-described
	if err != nil {
		return evidence, simulationFailure(err)
	}
	evidence.Evaluated, evidence.Objects = receipt.ByNode, readObjects(program, p.objects, &ex.Effects)
	if err := s.checkClock(chainTime); err != nil {
		return evidence, err
	}
	if f := ex.Effects.Status.Failure; f != nil {
		return evidence, s.refusal(q, f, p.objects)
	}
	return evidence, nil
}

// prepared is what a simulation needs to know before.
type prepared struct {
	chain      sui.Digest
	checkpoint *receipt.Checkpoint // the newest before the simulation
	objects    []*sui.Object       // that the query names
	price      uint64
}

// prepare asks the node three questions at once.
func (s *Simulator) prepare(ctx context.Context, q Query) (p prepared, err error) {
	var group sync.WaitGroup
	var errs [3]error
	group.Go(func() { p.chain, p.checkpoint, errs[0] = s.position(ctx) })
	group.Go(func() { p.objects, errs[1] = s.currentObjects(ctx, q) })
	group.Go(func() { p.price, errs[2] = s.price(ctx) })
	group.Wait()
	switch {
	case errs[0] != nil:
		return p, nodeFailure(errs[0])
	case errs[1] != nil:
		return p, errs[1]
	case errs[2] != nil:
		return p, nodeFailure(errs[2])
	}
	return p, nil
}

// position finds the chain and its newest checkpoint.
func (s *Simulator) position(ctx context.Context) (sui.Digest, *receipt.Checkpoint, error) {
	info, err := s.chain.ServiceInfo(ctx)
	if err != nil {
		return sui.Digest{}, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chainID == (sui.Digest{}) {
		s.chainID = info.ChainID
	}
	if s.chainID != info.ChainID {
		return sui.Digest{}, nil, fmt.Errorf("full node serves chain %s now, served %s before: restart to accept another chain", info.ChainID, s.chainID)
	}
	return info.ChainID, &receipt.Checkpoint{Sequence: info.Tip}, nil
}

// currentObjects reads the objects that a query names, in its order, and in the
// same call looks for the user's aliases.
func (s *Simulator) currentObjects(ctx context.Context, q Query) ([]*sui.Object, error) {
	ids, err := objectsOf(q)
	if err != nil {
		return nil, err
	}
	objects, err := s.chain.Objects(ctx, ids)
	if err != nil {
		return nil, nodeFailure(fmt.Errorf("read objects of the request: %w", err))
	}
	if len(objects) != len(ids) {
		return nil, nodeFailure(fmt.Errorf("read objects of the request: got %d, want %d", len(objects), len(ids)))
	}
	return demandObjects(q, ids, objects)
}

// describeCheckpoint returns digest and time of a checkpoint; "" when the node
// does not give them in time: the sequence number alone identifies it too.
func (s *Simulator) describeCheckpoint(ctx context.Context, seq uint64) (digest string, at time.Time) {
	s.mu.Lock()
	last, lastTime := s.checkpoint, s.chainTime
	s.mu.Unlock()
	if last.Sequence == seq && last.Digest != "" {
		return last.Digest, lastTime
	}
	c, err := s.chain.Checkpoint(ctx, seq)
	if err != nil {
		return "", time.Time{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checkpoint = receipt.Checkpoint{Sequence: seq, Digest: c.Digest.String()}
	s.chainTime = time.UnixMilli(int64(c.TimestampMS))
	return s.checkpoint.Digest, s.chainTime
}

func (s *Simulator) price(ctx context.Context) (uint64, error) {
	now := s.now()
	s.mu.Lock()
	price, fresh := s.gasPrice, now.Sub(s.gasTime) < s.gasLife
	s.mu.Unlock()
	if fresh {
		return price, nil
	}
	price, err := s.chain.ReferenceGasPrice(ctx)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	s.gasPrice, s.gasTime = price, now
	s.mu.Unlock()
	return price, nil
}

// Await waits until the node has a checkpoint, or one after it.
func (s *Simulator) Await(ctx context.Context, sequence uint64) error {
	for wait := 10 * time.Millisecond; ; wait *= 2 {
		info, err := s.chain.ServiceInfo(ctx)
		if err != nil || info.Tip >= sequence {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for checkpoint %d: %w", sequence, context.Cause(ctx))
		case <-time.After(wait):
		}
	}
}
