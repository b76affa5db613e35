// Package policy decides whether a requester may have the keys that a request
// names. The law is the Move code on chain; an [Evaluator] runs it, [Decide]
// turns its yes into a [Grant], and nothing else can make one. Shares of a key
// are derived for the identities of a Grant only.
//
// Everything that is not a clear yes is a [Refusal]: a no of the code, a node
// that is down or behind, an answer that does not parse.
package policy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// A Query asks whether User may have keys. Who makes it has checked that User
// signed for it.
type Query struct {
	User     sui.Address
	Approval *seal.Approval
	Package  Package
}

// Package is what is known of the package version that is called. Packages
// never change.
type Package struct {
	First   sui.Address // id of the first version
	Called  sui.Address
	Version uint64
	Digest  sui.Digest
}

// Evidence is what an evaluation saw, for the receipt. Fields that could not
// be found out are zero.
type Evidence struct {
	Chain      sui.Digest
	Checkpoint *receipt.Checkpoint
	Objects    []receipt.Object
	// Evaluated says who ran the code; "" if nobody did.
	Evaluated receipt.Evaluated
	// Record is what the decision can be repeated from; nil if it can't.
	// Objects are its Inputs then.
	Record *evidence.Evidence
}

// An Evaluator runs policy code.
type Evaluator interface {
	// Package looks up the package version with the given id. Errors are
	// Refusals.
	Package(ctx context.Context, id sui.Address) (Package, error)
	// Evaluate returns nil only if every call of the query returned without
	// an abort, for state that is not older than the allowed staleness.
	// Errors are Refusals. The evidence is valid either way.
	Evaluate(ctx context.Context, q Query) (Evidence, error)
	// VerifyWallet returns nil only if sig is user's over a personal message.
	// It is for the schemes of which only the chain knows enough: zkLogin.
	// Errors are Refusals.
	VerifyWallet(ctx context.Context, user sui.Address, message []byte, sig sui.Signature) error
	// Ready tells whether policies can be evaluated at all just now.
	Ready(ctx context.Context) error
}

// A NodeStatus is where a full node stands.
type NodeStatus struct {
	Err        error // why it could not be asked; the rest is zero then
	Checkpoint uint64
	Time       time.Time // of the checkpoint; zero if the node does not tell
}

// A Reporter is an Evaluator that tells where its full nodes stand, in the
// order of its configuration.
type Reporter interface {
	Nodes(ctx context.Context) []NodeStatus
}

// A Follower is an Evaluator whose caches follow the chain.
type Follower interface {
	// Following returns the checkpoint up to which they do, its time, and why
	// they do not just now: ErrNoStream if they never do.
	Following() (checkpoint uint64, at time.Time, err error)
}

// ErrNoStream says that an Evaluator has no caches that follow the chain.
var ErrNoStream = errors.New("the evaluator does not follow the chain")

// A Grant is the proof that an Evaluator said yes. It is the only key to
// shares.
type Grant struct {
	fullIDs  [][]byte
	evidence Evidence
}

// Decide evaluates a query. It is the one constructor of a Grant. The evidence
// is returned with a refusal too.
func Decide(ctx context.Context, e Evaluator, q Query) (*Grant, Evidence, error) {
	evidence, err := e.Evaluate(ctx, q)
	if err != nil {
		return nil, evidence, err
	}
	g := &Grant{evidence: evidence}
	for _, c := range q.Approval.Calls {
		g.fullIDs = append(g.fullIDs, seal.FullID(q.Package.First, c.ID))
	}
	return g, evidence, nil
}

// FullIDs returns the granted identities, one per policy call, in order.
func (g *Grant) FullIDs() [][]byte { return g.fullIDs }

// Evidence returns what the evaluation saw.
func (g *Grant) Evidence() Evidence { return g.evidence }

// Kind is the class of a refusal; each is an error type of Seal's API.
type Kind string

// The classes of refusals.
const (
	NoAccess         Kind = "NoAccess"         // the code said no
	InvalidPTB       Kind = "InvalidPTB"       // the function does not exist
	InvalidPackage   Kind = "InvalidPackage"   // there is no such package
	InvalidParameter Kind = "InvalidParameter" // an object does not exist (yet), or does not fit
	InvalidSignature Kind = "InvalidSignature" // the wallet's signature is not enough
	Unknown          Kind = "Failure"          // it could not be decided
)

// A Refusal is the reason why there is no Grant.
type Refusal struct {
	Kind   Kind
	Reason seal.Reason // for the requester
	Cause  error       // for the operator's log; may be nil
}

func (r *Refusal) Error() string {
	if r.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", r.Reason.Code, r.Reason.Rule, r.Cause)
	}
	return fmt.Sprintf("%s: %s", r.Reason.Code, r.Reason.Rule)
}

func (r *Refusal) Unwrap() error { return r.Cause }

// RefusalOf returns the Refusal in err. Any other error becomes one: what is
// not understood is refused.
func RefusalOf(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return &Refusal{Kind: Unknown, Cause: err, Reason: seal.Reason{
		Code: "internal", Rule: "the request could not be decided",
		Remedy: "try again in some seconds; if it stays, tell the operator of the key server",
	}}
}
