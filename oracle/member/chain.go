package member

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// Chain is what a Source reads.
type Chain = seal.Chain

// committee is a version of a committee, as the chain shows it.
type committee struct {
	version  uint32
	members  []sui.Address // by party id
	partials []seal.PublicKey
}

// load reads a committee's KeyServer, and the addresses of its members.
func load(ctx context.Context, chain Chain, keyServer sui.Address) (*committee, error) {
	ks, err := seal.LoadKeyServer(ctx, chain, keyServer)
	if err != nil {
		return nil, err
	}
	if ks.Committee == nil {
		return nil, fmt.Errorf("key server %s is independent, no committee: serve it in open mode", keyServer)
	}
	c := &committee{version: ks.Committee.Version}
	if c.members, err = contract.MemberAddresses(ctx, chain, keyServer, len(ks.Committee.Members)); err != nil {
		return nil, err
	}
	for i, m := range ks.Committee.Members {
		if int(m.PartyID) != i {
			return nil, fmt.Errorf("read key server %s: member %d has party id %d", keyServer, i, m.PartyID)
		}
		c.partials = append(c.partials, m.PublicKey)
	}
	return c, nil
}

var errNotMember = errors.New("the address is no member of the committee: check member_address")

// partialKey is what the chain shows for a member.
func (c *committee) partialKey(member sui.Address) (seal.PublicKey, error) {
	i := slices.Index(c.members, member)
	if i < 0 {
		return seal.PublicKey{}, fmt.Errorf("find member %s of version %d: %w", member, c.version, errNotMember)
	}
	return c.partials[i], nil
}
