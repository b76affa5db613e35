package keyserver

import (
	"context"
	"errors"
	"time"

	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/sdk/sui"
)

// ownerLookups bounds what it costs the full node that anybody may log in, and ask
// for receipts of any policy: requests for keys need the node too.
type ownerLookups struct {
	ask    OwnerFunc
	users  *limits.Buckets
	places chan struct{} // one element per look-up under way
}

// ownerRate is how many look-ups one user has. A receipt may be of a hundred
// policies.
var ownerRate = limits.Rate{N: 100, Per: time.Second, Burst: 300}

const (
	// ownersAtOnce is how many look-ups are under way.
	ownersAtOnce = 8
	// ownerPatience is for how long one waits until others are done.
	ownerPatience = 2 * time.Second
)

// errOwners says that a policy's owner is not looked up because others are.
var errOwners = errors.New("too many owners of policies are looked up")

func newOwnerLookups(ask OwnerFunc, now func() time.Time) *ownerLookups {
	return &ownerLookups{ask: ask, users: limits.NewBuckets(ownerRate, now), places: make(chan struct{}, ownersAtOnce)}
}

// find looks up the owner of a policy for somebody who is logged in.
func (o *ownerLookups) find(ctx context.Context, user, id sui.Address) (sui.Address, error) {
	if _, ok := o.users.Take(user, 1); !ok {
		return sui.Address{}, errOwners
	}
	wait, cancel := context.WithTimeout(ctx, ownerPatience)
	defer cancel()
	select {
	case o.places <- struct{}{}:
		defer func() { <-o.places }()
	case <-wait.Done():
		return sui.Address{}, errOwners
	}
	return o.ask(ctx, id)
}

// ownerUnknown refuses because an owner could not be looked up.
func (s *Service) ownerUnknown(err error) *refusal {
	if errors.Is(err, errOwners) {
		return s.shared.denied(&limits.Denial{Code: "busy_owners", Rule: err.Error(), Remedy: "try again in 1 s", After: time.Second})
	}
	s.shared.Log.Warn("the owner of a policy cannot be looked up", "err", err)
	return refuse("Failure", "chain_unavailable", "the key server could not read the chain, so it cannot know who owns the policy", "try again in some seconds")
}
