package dataset

import (
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// PolicyState is who may open a dataset, read from the chain.
type PolicyState struct {
	ID        sui.Address `json:"policy_id"`
	Owner     sui.Address `json:"owner"`
	Members   []Member    `json:"members"`
	NotBefore *time.Time  `json:"not_before,omitempty"`
	NotAfter  *time.Time  `json:"not_after,omitempty"`

	// Simple says that the owner and the members are all whom it lets in.
	Simple    bool     `json:"simple"`
	Clauses   int      `json:"clauses"`
	Sentences []string `json:"sentences"`
	// Open are the numbers of the clauses that could let somebody in now, as the
	// contract says itself.
	Open []uint64 `json:"open"`
}

// Member is an address on the allow-list.
type Member struct {
	Address sui.Address `json:"address"`
	Since   time.Time   `json:"since"`
}

// ShowPolicy reads the policy of a dataset's latest version; id may also be
// the id of the policy itself.
func ShowPolicy(ctx context.Context, env *Env, id sui.Address) (*PolicyState, error) {
	p, err := findPolicy(ctx, env, id)
	if err != nil {
		return nil, err
	}
	from, to := p.Window()
	s := &PolicyState{ID: p.ID, Owner: p.Owner, Members: []Member{}, NotBefore: unixMS(from), NotAfter: unixMS(to),
		Simple: p.Simple(), Clauses: len(p.Clauses), Sentences: p.Sentences()}
	if s.Open, err = openClauses(ctx, env, p.ID); err != nil {
		return nil, err
	}
	fields, err := env.Chain.DynamicFields(ctx, p.Members.ID)
	if err != nil {
		return nil, fmt.Errorf("read members: %w", err)
	}
	for _, f := range fields {
		var m Member
		var ms uint64
		d := bcs.NewDecoder(f.Key)
		d.Value(&m.Address)
		if err := d.Finish(); err != nil {
			return nil, fmt.Errorf("read members: %w", err)
		}
		d = bcs.NewDecoder(f.Value)
		ms = d.U64()
		if err := d.Finish(); err != nil {
			return nil, fmt.Errorf("read members: %w", err)
		}
		m.Since = *unixMS(&ms)
		s.Members = append(s.Members, m)
	}
	sort.Slice(s.Members, func(i, j int) bool { return s.Members[i].Address.Compare(s.Members[j].Address) < 0 })
	return s, nil
}

// findPolicy reads the policy with this id, or that of the dataset with it.
func findPolicy(ctx context.Context, env *Env, id sui.Address) (*contract.Policy, error) {
	if err := env.Network.NeedContracts(); err != nil {
		return nil, err
	}
	o, err := env.Chain.Object(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("find policy: %w; check the id and the network", err)
	}
	if p, err := contract.ParsePolicy(o); err == nil {
		return p, nil
	}
	v, err := LatestVersion(ctx, env.Chain, id)
	if err != nil {
		return nil, err
	}
	if o, err = env.Chain.Object(ctx, v.Policy); err != nil {
		return nil, fmt.Errorf("find policy: %w", err)
	}
	return contract.ParsePolicy(o)
}

// policyCap finds the signer's capability for a policy.
func policyCap(ctx context.Context, env *Env, policy sui.Address) (sui.Address, error) {
	owned, err := env.Chain.OwnedObjects(ctx, env.Signer.Address(), Packages(env.Network).PolicyCapType())
	if err != nil {
		return sui.Address{}, fmt.Errorf("find policy capability: %w", err)
	}
	for _, o := range owned {
		cap, err := contract.ParsePolicyCap(o)
		if err != nil {
			return sui.Address{}, fmt.Errorf("find policy capability: %w", err)
		}
		if cap.Policy == policy {
			return cap.ID, nil
		}
	}
	return sui.Address{}, fmt.Errorf("change policy %s: %s does not hold its capability; act as the owner with --as or --keystore", policy, env.Signer.Address())
}

func unixMS(ms *uint64) *time.Time {
	if ms == nil {
		return nil
	}
	t := time.UnixMilli(int64(*ms)).UTC()
	return &t
}
