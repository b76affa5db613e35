package dataset

import (
	"context"
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// BuyPass buys a pass of a policy's offer for holder, paid by the signer in SUI.
func BuyPass(ctx context.Context, env *Env, id sui.Address, offer uint64, holder sui.Address) (*contract.PassSold, sui.Digest, error) {
	p, err := findPolicy(ctx, env, id)
	if err != nil {
		return nil, sui.Digest{}, err
	}
	var treasury sui.Address
	if o := p.Offer(offer); o != nil && o.Version != nil {
		if treasury, err = findTreasury(ctx, env, o.CoinType); err != nil {
			return nil, sui.Digest{}, fmt.Errorf("buy pass: %w", err)
		}
	}
	done, err := sendPolicyTx(ctx, env, p, func(t *PolicyTx) error { return t.buy(offer, holder, treasury) })
	if err != nil {
		return nil, sui.Digest{}, err
	}
	sold, err := firstEvent[contract.PassSold](env, done)
	return sold, done.Digest, err
}

// buy adds the purchase of a pass. The treasury is for offers that are paid along
// a lineage.
func (t *PolicyTx) buy(offer uint64, holder, treasury sui.Address) error {
	o := t.Policy.Offer(offer)
	if o == nil {
		return fmt.Errorf("buy pass: policy %s has no offer %d; see its offers with: floe policy explain %s", t.Policy.ID, offer, t.Policy.ID)
	}
	if !o.InSUI() {
		return fmt.Errorf("buy pass: offer %d is for %s, and floe pays in SUI only; call pass::buy with a coin of that type", offer, o.CoinType)
	}
	coin := t.SplitCoins(sui.GasCoin, t.Pure(o.Price)).At(0)
	if o.Version == nil {
		contract.BuyPass(t.Builder, t.Packages, t.Policy.ID, *o, coin, holder)
	} else {
		contract.BuyVersionPass(t.Builder, t.Packages, t.Policy.ID, *o, coin, holder, treasury)
	}
	return nil
}

// RefundPass gives a pass of the signer back for what was paid, which goes to who
// paid.
func RefundPass(ctx context.Context, env *Env, pass sui.Address) (*contract.SaleRefunded, sui.Digest, error) {
	o, err := env.Chain.Object(ctx, pass)
	if err != nil {
		return nil, sui.Digest{}, fmt.Errorf("refund pass: %w", err)
	}
	held, err := contract.ParsePass(o)
	if err != nil {
		return nil, sui.Digest{}, fmt.Errorf("refund pass: %w", err)
	}
	if held.Ticket == nil {
		return nil, sui.Digest{}, fmt.Errorf("refund pass: what was paid for %s was paid out at once; only passes of offers along a lineage with a refund window are given back", pass)
	}
	p, err := findPolicy(ctx, env, held.Policy)
	if err != nil {
		return nil, sui.Digest{}, err
	}
	offer := p.Offer(held.Offer)
	if offer == nil {
		return nil, sui.Digest{}, fmt.Errorf("refund pass: policy %s has no offer %d", p.ID, held.Offer)
	}
	return sendFor[contract.SaleRefunded](ctx, env, func(b *sui.Builder) {
		contract.RefundPass(b, Packages(env.Network), p.ID, *offer, pass, held.Ticket.Treasury)
	})
}

// A PassState is a pass that somebody has.
type PassState struct {
	ID          sui.Address `json:"pass_id"`
	Policy      sui.Address `json:"policy_id"`
	Offer       uint64      `json:"offer"`
	ExpiresAtMS *uint64     `json:"expires_at_ms,omitempty"`
	UsesLeft    *uint64     `json:"uses_left,omitempty"`
	// Refundable says that what was paid may still be kept back.
	Refundable bool `json:"refundable"`
}

// Passes lists somebody's passes, of all policies.
func Passes(ctx context.Context, env *Env, who sui.Address) ([]PassState, error) {
	if err := env.Network.NeedContracts(); err != nil {
		return nil, err
	}
	objects, err := env.Chain.OwnedObjects(ctx, who, Packages(env.Network).PassType())
	if err != nil {
		return nil, fmt.Errorf("find passes: %w", err)
	}
	out := []PassState{}
	for _, o := range objects {
		p, err := contract.ParsePass(o)
		if err != nil {
			return nil, err
		}
		out = append(out, PassState{p.ID, p.Policy, p.Offer, p.ExpiresAtMS, p.UsesLeft, p.Ticket != nil})
	}
	return out, nil
}

// ErrNoTreasury says that nobody made a treasury for a coin yet.
var ErrNoTreasury = errors.New("there is no treasury for this coin yet")

// findTreasury finds a treasury for a coin, given as a type name: the first that
// was made. It makes no difference which one serves a sale.
func findTreasury(ctx context.Context, env *Env, coinType string) (sui.Address, error) {
	var found sui.Address
	stop := errors.New("found")
	err := History(ctx, env, func(_ uint64, event any) error {
		if e, is := event.(*contract.TreasuryCreated); is && e.CoinType == coinType {
			found = e.TreasuryID
			return stop
		}
		return nil
	})
	if err != nil && !errors.Is(err, stop) {
		return found, fmt.Errorf("find treasury: %w", err)
	}
	if found.IsZero() {
		return found, ErrNoTreasury
	}
	return found, nil
}

// EnsureTreasury finds a treasury for a coin or makes one.
func EnsureTreasury(ctx context.Context, env *Env, coin sui.TypeTag) (sui.Address, error) {
	id, err := findTreasury(ctx, env, coin.TypeName())
	if !errors.Is(err, ErrNoTreasury) {
		return id, err
	}
	made, _, err := sendFor[contract.TreasuryCreated](ctx, env, func(b *sui.Builder) {
		contract.CreateTreasury(b, Packages(env.Network), coin)
	})
	if err != nil {
		return id, err
	}
	return made.TreasuryID, nil
}

// VersionID is the id of a version, or of a dataset's latest one.
func VersionID(ctx context.Context, env *Env, id sui.Address) (sui.Address, error) {
	v, err := versionOf(ctx, env, id)
	if err != nil {
		return sui.Address{}, err
	}
	return v.ID, nil
}
