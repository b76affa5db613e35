package policy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
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
	// Now tells the time. nil means time.Now.
	Now func() time.Time
}

const (
	// gasBudget is what a policy may use, in MIST, as in Seal.
	gasBudget = 500_000_000
	// stalenessModule, stalenessFunction and stalenessCode are those of
	// Seal's Move package.
	stalenessModule   = "time"
	stalenessFunction = "check_staleness"
	stalenessCode     = 93492
	// gasPriceLife is for how long a reference gas price is used.
	gasPriceLife = time.Minute
	// maxPackages bounds the cache of packages.
	maxPackages = 1000
)

// A Simulator evaluates policies by having a full node simulate the policy
// calls as a transaction of the requester, on its latest state, preceded by a
// check that this state is not stale.
//
// The node enforces ownership: an owned object can be given to a policy only
// by its owner.
type Simulator struct {
	cfg SimulatorConfig

	mu         sync.Mutex // guards the rest; never held during a call to the node
	packages   map[sui.Address]Package
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
	if cfg.StalenessPackage == (sui.Address{}) {
		return nil, errors.New("create policy simulator: no staleness package is configured")
	}
	if cfg.AllowedStaleness == 0 {
		cfg.AllowedStaleness = 2 * time.Minute
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Simulator{cfg: cfg, packages: map[sui.Address]Package{}}, nil
}

// Ready asks the node for its state.
func (s *Simulator) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	if _, err := s.cfg.Chain.ServiceInfo(ctx); err != nil {
		return fmt.Errorf("ask full node: %w", err)
	}
	return nil
}

// Nodes implements [Reporter].
func (s *Simulator) Nodes(ctx context.Context) []NodeStatus {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	info, err := s.cfg.Chain.ServiceInfo(ctx)
	if err != nil {
		return []NodeStatus{{Err: fmt.Errorf("ask full node: %w", err)}}
	}
	_, at := s.describeCheckpoint(ctx, info.Tip)
	return []NodeStatus{{Checkpoint: info.Tip, Time: at}}
}

// Package implements [Evaluator]. Answers are cached.
func (s *Simulator) Package(ctx context.Context, id sui.Address) (Package, error) {
	s.mu.Lock()
	p, ok := s.packages[id]
	s.mu.Unlock()
	if ok {
		return p, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	obj, err := s.cfg.Chain.Object(ctx, id)
	switch {
	case errors.Is(err, suirpc.ErrNotFound):
		return p, noPackage(id, "does not exist on this network")
	case err != nil:
		return p, nodeFailure(fmt.Errorf("look up package %s: %w", id, err))
	case obj.Package == nil:
		return p, noPackage(id, "is an object, no package")
	}
	if p, err = describe(obj); err != nil {
		return p, nodeFailure(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.packages) >= maxPackages {
		clear(s.packages)
	}
	s.packages[id] = p
	return p, nil
}

// describe finds the id of a package's first version, which is the address
// that its modules carry.
func describe(obj *sui.Object) (Package, error) {
	p := Package{First: obj.Package.ID, Called: obj.Package.ID, Version: obj.Package.Version, Digest: obj.Digest()}
	if p.Version == 1 {
		return p, nil
	}
	if len(obj.Package.Modules) == 0 {
		return p, fmt.Errorf("package %s has no modules", p.Called)
	}
	m, err := bytecode.Parse(obj.Package.Modules[0].Bytes)
	if err != nil {
		return p, fmt.Errorf("read package %s: %w", p.Called, err)
	}
	p.First = m.Address()
	return p, nil
}

// Evaluate implements [Evaluator].
func (s *Simulator) Evaluate(ctx context.Context, q Query) (Evidence, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	evidence, err := s.position(ctx)
	if err != nil {
		return evidence, nodeFailure(err)
	}
	program, objects, err := s.resolve(ctx, q)
	if err != nil {
		return evidence, err
	}
	read := unshared(objects)
	evidence.Objects = read
	price, err := s.price(ctx)
	if err != nil {
		return evidence, nodeFailure(err)
	}
	ex, err := s.cfg.Chain.Simulate(ctx, &sui.TransactionData{
		Kind:   sui.TransactionKind{Programmable: program},
		Sender: q.User,
		Gas:    sui.GasData{Owner: q.User, Price: price, Budget: gasBudget},
	}, suirpc.SimulateOptions{})
	if err != nil {
		return evidence, simulationFailure(err)
	}
	evidence.Objects = readObjects(program, read, &ex.Effects)
	digest, chainTime := s.describeCheckpoint(ctx, evidence.Checkpoint.Sequence)
	evidence.Checkpoint.Digest = digest
	if err := s.checkClock(chainTime); err != nil {
		return evidence, err
	}
	if f := ex.Effects.Status.Failure; f != nil {
		return evidence, s.refusal(q, f, objects)
	}
	return evidence, nil
}

// position finds the chain and its newest checkpoint, before anything else is
// read.
func (s *Simulator) position(ctx context.Context) (Evidence, error) {
	info, err := s.cfg.Chain.ServiceInfo(ctx)
	if err != nil {
		return Evidence{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chainID == (sui.Digest{}) {
		s.chainID = info.ChainID
	}
	if s.chainID != info.ChainID {
		return Evidence{}, fmt.Errorf("full node serves chain %s now, served %s before: restart to accept another chain", info.ChainID, s.chainID)
	}
	return Evidence{Chain: info.ChainID, Checkpoint: &receipt.Checkpoint{Sequence: info.Tip}}, nil
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
	c, err := s.cfg.Chain.Checkpoint(ctx, seq)
	if err != nil {
		return "", time.Time{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checkpoint = receipt.Checkpoint{Sequence: seq, Digest: c.Digest.String()}
	s.chainTime = time.UnixMilli(int64(c.TimestampMS))
	return s.checkpoint.Digest, s.chainTime
}

// checkClock refuses when this machine's clock is behind the chain's: whatever
// has a time limit here would be held valid too long. The other direction is
// the staleness check's.
func (s *Simulator) checkClock(chainTime time.Time) error {
	if s.cfg.AllowedLag == 0 {
		return nil
	}
	if chainTime.IsZero() {
		return nodeFailure(errors.New("the full node does not give its newest checkpoint"))
	}
	if lag := chainTime.Sub(s.cfg.Now()); lag > s.cfg.AllowedLag {
		return &Refusal{Kind: Unknown, Cause: fmt.Errorf("this machine's clock is %v behind the chain's: set it, and keep it by NTP", lag.Round(time.Millisecond)),
			Reason: seal.Reason{Code: "clock_behind", Rule: fmt.Sprintf("the key server's clock is more than %v behind the chain's", s.cfg.AllowedLag),
				Remedy: "try again later; if it stays, tell the operator of the key server"}}
	}
	return nil
}

func (s *Simulator) price(ctx context.Context) (uint64, error) {
	now := s.cfg.Now()
	s.mu.Lock()
	price, fresh := s.gasPrice, now.Sub(s.gasTime) < gasPriceLife
	s.mu.Unlock()
	if fresh {
		return price, nil
	}
	price, err := s.cfg.Chain.ReferenceGasPrice(ctx)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	s.gasPrice, s.gasTime = price, now
	s.mu.Unlock()
	return price, nil
}

// refusal explains a simulation that failed.
func (s *Simulator) refusal(q Query, f *sui.ExecutionFailure, objects []*sui.Object) error {
	if f.Command != nil && *f.Command == 0 {
		if f.Kind == sui.FailMoveAbort && f.Code == stalenessCode {
			return &Refusal{Kind: Unknown, Reason: seal.Reason{
				Code: "chain_stale", Rule: fmt.Sprintf("the full node's clock is more than %v behind the key server's", s.cfg.AllowedStaleness),
				Remedy: "try again in some seconds; if it stays, tell the operator of the key server",
			}}
		}
		return nodeFailure(fmt.Errorf("staleness check failed with %s: is the staleness package right?", f.Kind))
	}
	call := seal.ApprovalCall{Module: "?", Function: "?"}
	if f.Command != nil && *f.Command-1 < uint64(len(q.Approval.Calls)) {
		call = q.Approval.Calls[*f.Command-1]
	}
	place := call.Module + "::" + call.Function
	switch f.Kind {
	case sui.FailMoveAbort:
		return &Refusal{Kind: NoAccess, Reason: explainAbort(q, f, objects, place)}
	case sui.FailFunctionNotFound:
		return &Refusal{Kind: InvalidPTB, Reason: seal.Reason{
			Code: "function_not_found", Rule: "The seal_approve function was not found on the module",
			Remedy: fmt.Sprintf("check that package %s has a function %s", q.Package.Called, place),
		}}
	}
	return &Refusal{Kind: NoAccess, Reason: seal.Reason{
		Code: "policy_failed", Rule: fmt.Sprintf("%s failed: %s", place, f.Kind),
		Remedy: "check the arguments of the policy call, and that the objects that it takes are yours or shared",
	}}
}

func noPackage(id sui.Address, what string) error {
	return &Refusal{Kind: InvalidPackage, Reason: seal.Reason{
		Code: "package_not_found", Rule: fmt.Sprintf("package %s %s", id, what),
		Remedy: "check the package id and that the key server is on the same network",
	}}
}

func nodeFailure(err error) error {
	return &Refusal{Kind: Unknown, Cause: err, Reason: seal.Reason{
		Code: "chain_unavailable", Rule: "the key server could not read the chain, so it cannot know whether access is allowed",
		Remedy: "try again in some seconds; if it stays, tell the operator of the key server",
	}}
}

func simulationFailure(err error) error {
	switch status.Code(unwrapStatus(err)) {
	case codes.InvalidArgument, codes.NotFound:
		return badParameter(err.Error())
	}
	if errors.Is(err, suirpc.ErrNotFound) || errors.Is(err, suirpc.ErrRejected) {
		return badParameter(err.Error())
	}
	return nodeFailure(err)
}

// unwrapStatus returns the gRPC error in err, for status.Code.
func unwrapStatus(err error) error {
	var s interface{ GRPCStatus() *status.Status }
	if errors.As(err, &s) {
		return s.(error)
	}
	return err
}

func badParameter(what string) error {
	return &Refusal{Kind: InvalidParameter, Reason: seal.Reason{
		Code: "invalid_parameter", Rule: what,
		Remedy: "if an object of the request was created just now, try again in some seconds",
	}}
}
