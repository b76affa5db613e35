package member

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/floe-data/floe/sdk/bcs"
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

// load reads a committee's KeyServer and, for the addresses of the members,
// the Committee object that has it: the KeyServer is a dynamic object field, so
// its owner is a Field object, and whose owner is the Committee.
func load(ctx context.Context, chain Chain, keyServer sui.Address) (*committee, error) {
	ks, err := seal.LoadKeyServer(ctx, chain, keyServer)
	if err != nil {
		return nil, err
	}
	if ks.Committee == nil {
		return nil, fmt.Errorf("key server %s is independent, no committee: serve it in open mode", keyServer)
	}
	id := keyServer
	for _, what := range []string{"KeyServer", "its field"} {
		o, err := chain.Object(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("read committee of key server %s: %w", keyServer, err)
		}
		if o.Owner.Kind != sui.OwnerObject {
			return nil, fmt.Errorf("read committee of key server %s: the owner of %s is no object", keyServer, what)
		}
		id = o.Owner.Address
	}
	o, err := chain.Object(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read committee %s: %w", id, err)
	}
	c := &committee{version: ks.Committee.Version}
	if c.members, err = parseMembers(o); err != nil {
		return nil, fmt.Errorf("read committee %s: %w", id, err)
	}
	if len(c.members) != len(ks.Committee.Members) {
		return nil, fmt.Errorf("read committee %s: it has %d members, its key server %d", id, len(c.members), len(ks.Committee.Members))
	}
	for i, m := range ks.Committee.Members {
		if int(m.PartyID) != i {
			return nil, fmt.Errorf("read key server %s: member %d has party id %d", keyServer, i, m.PartyID)
		}
		c.partials = append(c.partials, m.PublicKey)
	}
	return c, nil
}

// maxMembers bounds a committee.
const maxMembers = 1000

// parseMembers reads the first fields of a Committee: id, threshold u16,
// members vector<address>, in Seal's layout. What follows depends on its state.
func parseMembers(o *sui.Object) ([]sui.Address, error) {
	if o.Move == nil || o.Move.Type.Name != "Committee" {
		return nil, errors.New("the object is no Committee")
	}
	d := bcs.NewDecoder(o.Move.Contents)
	d.Fixed(32)
	d.U16()
	n := d.Length(32)
	if n > maxMembers {
		return nil, fmt.Errorf("it has %d members, at most %d are supported", n, maxMembers)
	}
	members := make([]sui.Address, 0, n)
	for range n {
		b := d.Fixed(32)
		if d.Err() != nil {
			return nil, d.Err()
		}
		members = append(members, sui.Address(b))
	}
	return members, d.Err()
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
