package ceremony

import (
	"context"
	"fmt"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// maxSteps bounds how many transactions back a ceremony is looked for.
const maxSteps = 1000

// LoadAgreed is Load for those who check a ceremony: if it is done, they get the
// state before its last proposal, with the keys that members registered and the
// old committee, which the chain has dropped since. The node must still have the
// transactions since then.
func LoadAgreed(ctx context.Context, chain Chain, id sui.Address) (*State, error) {
	s, err := Load(ctx, chain, id)
	if err != nil || s.Step != contract.KeyCommitteeStateFinalized {
		return s, err
	}
	before, err := lastProposal(ctx, chain, id)
	if err != nil {
		return nil, fmt.Errorf("read committee %s as it was before its ceremony was done: %w", id, err)
	}
	agreed, err := Load(ctx, before, id)
	if err != nil {
		return nil, err
	}
	agreed.KeyServer, agreed.Step = s.KeyServer, s.Step
	return agreed, nil
}

// lastProposal goes back to the transaction that ended a ceremony.
func lastProposal(ctx context.Context, chain Chain, id sui.Address) (Chain, error) {
	o, err := chain.Object(ctx, id)
	for range maxSteps {
		if err != nil {
			return nil, err
		}
		var before *past
		if before, err = beforeTransaction(ctx, chain, o.PreviousTransaction); err != nil {
			return nil, err
		}
		if o, err = before.Object(ctx, id); err != nil {
			return nil, err
		}
		c, err := contract.ParseCommittee(o)
		if err != nil {
			return nil, err
		}
		if c.State.Kind == contract.KeyCommitteeStatePostDKG {
			return before, nil
		}
	}
	return nil, fmt.Errorf("it is more than %d transactions back", maxSteps)
}

// past is the chain as a transaction found it, as far as that changed it.
type past struct {
	Chain
	versions map[sui.Address]uint64
}

func beforeTransaction(ctx context.Context, chain Chain, digest sui.Digest) (*past, error) {
	done, err := chain.Transaction(ctx, digest)
	if err != nil {
		return nil, fmt.Errorf("%w; ask a full node that keeps old transactions", err)
	}
	p := &past{chain, map[sui.Address]uint64{}}
	for _, c := range done.Effects.Changed {
		if c.Input == sui.StateExist {
			p.versions[c.ID] = c.InputVersion
		}
	}
	return p, nil
}

func (p *past) Object(ctx context.Context, id sui.Address) (*sui.Object, error) {
	version, changed := p.versions[id]
	if !changed {
		return p.Chain.Object(ctx, id)
	}
	o, err := p.ObjectVersion(ctx, id, version)
	if err != nil {
		return nil, fmt.Errorf("%w; ask a full node that keeps old objects", err)
	}
	return o, nil
}

func (p *past) DynamicField(ctx context.Context, parent sui.Address, keyType sui.TypeTag, key []byte) (*sui.Object, error) {
	return p.Object(ctx, sui.DynamicFieldID(parent, keyType, key))
}
