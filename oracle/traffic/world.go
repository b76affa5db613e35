// Package traffic makes key requests as wallets make them, for the benchmark
// and for the tests that put a key server under force.
//
// [Publish] puts contracts and a policy on a chain, with wallets that it allows
// and wallets that it does not. A [Session] of such a wallet signs requests, and
// [Request.Check] says whether an answer is what the chain and the key server's
// public keys demand of it.
package traffic

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A World is a policy on a chain and those who ask for its keys.
type World struct {
	Contracts contract.Packages
	Policy    sui.Address
	Cap       sui.Address       // of the policy; the owner's
	Locked    sui.Address       // a policy that allows the members too, but only from tomorrow on
	Owner     *sui.PrivateKey   // of the policy; has coins
	Members   []*sui.PrivateKey // whom the policy allows
	Strangers []*sui.PrivateKey // whom it does not

	read contract.Read
}

// Publish makes a World on the chain of client, a development network whose
// faucet is given. dir is for the records of the contracts.
func Publish(ctx context.Context, client *suirpc.Client, faucet, dir string, members, strangers int) (*World, error) {
	w := &World{Owner: Wallet("owner", 0)}
	for i := range members {
		w.Members = append(w.Members, Wallet("member", i))
	}
	for i := range strangers {
		w.Strangers = append(w.Strangers, Wallet("stranger", i))
	}
	if err := client.RequestGas(ctx, faucet, w.Owner.Address()); err != nil {
		return nil, fmt.Errorf("publish policy: %w", err)
	}
	d, err := deploy.Publish(ctx, client, w.Owner, deploy.Config{Env: "test", Dir: dir})
	if err != nil {
		return nil, fmt.Errorf("publish policy: %w", err)
	}
	w.Contracts = d.Contracts()
	if err := w.createPolicies(ctx, client); err != nil {
		return nil, fmt.Errorf("publish policy: %w", err)
	}
	return w, nil
}

func (w *World) createPolicies(ctx context.Context, client *suirpc.Client) (err error) {
	tomorrow := uint64(time.Now().Add(24 * time.Hour).UnixMilli())
	if w.Locked, w.Cap, err = w.createPolicy(ctx, client, &tomorrow); err != nil {
		return err
	}
	if err := w.grant(ctx, client, w.Locked, w.Members); err != nil {
		return err
	}
	if w.Policy, w.Cap, err = w.createPolicy(ctx, client, nil); err != nil {
		return err
	}
	return w.grant(ctx, client, w.Policy, w.Members)
}

func (w *World) createPolicy(ctx context.Context, client *suirpc.Client, notBefore *uint64) (policy, cap sui.Address, err error) {
	b := sui.NewBuilder()
	contract.CreatePolicy(b, w.Contracts, notBefore, nil, w.Owner.Address())
	done, err := client.Send(ctx, w.Owner, b)
	if err != nil {
		return policy, cap, contract.Explain(err)
	}
	for _, e := range done.Events {
		if v, err := contract.DecodeEvent(e, w.Contracts); err == nil {
			if p, ok := v.(*contract.PolicyCreated); ok {
				return p.PolicyID, p.CapID, nil
			}
		}
	}
	return policy, cap, errors.New("the transaction reports no policy")
}

// Grant makes the policy allow wallets, on the chain of client. It does not make
// them Members.
func (w *World) Grant(ctx context.Context, client *suirpc.Client, wallets ...*sui.PrivateKey) error {
	return w.grant(ctx, client, w.Policy, wallets)
}

// grant is for the policy that w.Cap is of.
func (w *World) grant(ctx context.Context, client *suirpc.Client, policy sui.Address, wallets []*sui.PrivateKey) error {
	var members []sui.Address
	for _, m := range wallets {
		members = append(members, m.Address())
	}
	b := sui.NewBuilder()
	contract.GrantAll(b, w.Contracts, policy, w.Cap, members)
	if _, err := client.Send(ctx, w.Owner, b); err != nil {
		return contract.Explain(err)
	}
	return nil
}

// Revoke makes the policy allow a wallet no more.
func (w *World) Revoke(ctx context.Context, client *suirpc.Client, wallet *sui.PrivateKey) error {
	b := sui.NewBuilder()
	contract.Revoke(b, w.Contracts, w.Policy, w.Cap, wallet.Address())
	if _, err := client.Send(ctx, w.Owner, b); err != nil {
		return contract.Explain(err)
	}
	return nil
}

// Wallet is a wallet whose key follows from its name.
func Wallet(name string, n int) *sui.PrivateKey {
	seed := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("floe traffic "+name), uint64(n)))
	key, err := sui.NewPrivateKey(sui.Ed25519, seed[:])
	if err != nil {
		panic("traffic: " + err.Error())
	}
	return key
}

// approval adds a call of a policy for an identity to b.
func (w *World) approval(b *sui.Builder, policy sui.Address, id []byte) {
	contract.SealApprove(b, w.Contracts, id, contract.Read{
		Policy:  b.SharedObject(policy, 1, false),
		Lineage: b.SharedObject(w.Contracts.Shared.Lineage, 1, false),
		Version: b.SharedObject(w.Contracts.Shared.AccessVersion, 1, false),
	})
}
