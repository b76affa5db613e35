package suirpc_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// devnet starts a real chain, with a faucet.
func devnet(t *testing.T) (url, faucet string) {
	t.Helper()
	c := chaintest.Start(t)
	return c.URL, c.Faucet
}

// The client against the embedded chain and the real contracts.
func TestAgainstDevnet(t *testing.T) {
	url, faucet := devnet(t)
	c, ctx, owner, friend := dial(t, url), t.Context(), key(t, 1), key(t, 2)
	if _, err := c.Send(ctx, owner, transfer(1)); !errors.As(err, new(*suirpc.InsufficientGasError)) {
		t.Fatalf("Send without coins: %v", err)
	}
	if err := c.RequestGas(ctx, faucet, owner.Address()); err != nil {
		t.Fatal(err)
	}
	balance := func() uint64 {
		t.Helper()
		n, err := c.Balance(ctx, owner.Address(), sui.SUIType())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := balance()
	ex, err := c.Send(ctx, owner, transfer(1000))
	if err != nil {
		t.Fatal(err)
	}
	g := ex.Effects.Gas
	if after := balance(); after != before-1000-g.Computation-g.Storage+g.Rebate {
		t.Errorf("balance went from %d to %d with 1000 sent and gas %+v", before, after, g)
	}
	again, err := c.Transaction(ctx, ex.Digest)
	if err != nil || again.Transaction.Digest() != ex.Digest || *again.Checkpoint != *ex.Checkpoint || again.TimestampMS == 0 {
		t.Errorf("Transaction: %+v, %v", again, err)
	}
	for id, o := range ex.Objects {
		if got, err := c.ObjectVersion(ctx, id, o.Version()); err != nil || got.Digest() != o.Digest() {
			t.Errorf("ObjectVersion(%s, %d): %v", id, o.Version(), err)
		}
	}
	if len(ex.Objects) == 0 {
		t.Error("Send gives no written objects")
	}
	if _, err := c.Object(ctx, sui.Address{0xee}); !errors.Is(err, suirpc.ErrNotFound) {
		t.Errorf("Object of a missing id: %v", err)
	}
	useContracts(t, c, owner, friend)
	followAll(t, c)
}

func useContracts(t *testing.T, c *suirpc.Client, owner, friend *sui.PrivateKey) {
	t.Helper()
	ctx := t.Context()
	d, err := deploy.Publish(ctx, c, owner, deploy.Config{Env: "test", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	p := d.Contracts()
	if pkg, err := c.Package(ctx, p.Access.Latest); err != nil || len(pkg.Modules) == 0 {
		t.Fatalf("Package: %v", err)
	}
	b := sui.NewBuilder()
	contract.CreatePolicy(b, p, nil, nil, owner.Address())
	ex, err := c.Send(ctx, owner, b)
	if err != nil {
		t.Fatal(err)
	}
	ev, err := contract.DecodeEvent(ex.Events[0], p)
	if err != nil {
		t.Fatal(err)
	}
	made := ev.(*contract.PolicyCreated)

	grant := func(to sui.Address) error {
		b := sui.NewBuilder()
		contract.Grant(b, p, made.PolicyID, made.CapID, to)
		_, err := c.Send(ctx, owner, b)
		return err
	}
	if err := grant(friend.Address()); err != nil {
		t.Fatal(err)
	}
	var failed *suirpc.ExecutionError
	if err := grant(friend.Address()); !errors.As(err, &failed) || !failed.Simulated || failed.Abort == nil || failed.Abort.Module != "members" {
		t.Fatalf("second grant: %v; want an abort in the simulation", err)
	} else if failed.Abort.Code != 0 { // EAlreadyMember in members.move
		t.Errorf("abort code %d, want 0", failed.Abort.Code)
	}

	// The allow-list is a table: a dynamic field per member.
	obj, err := c.Object(ctx, made.PolicyID)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := contract.ParsePolicy(obj)
	if err != nil {
		t.Fatal(err)
	}
	fields, err := c.DynamicFields(ctx, policy.Members.ID)
	addr := friend.Address()
	if err != nil || len(fields) != 1 || !slices.Equal(fields[0].Key, addr[:]) || len(fields[0].Value) != 8 || fields[0].KeyType.Kind != sui.KindAddress {
		t.Fatalf("DynamicFields: %+v, %v", fields, err)
	}
	field, err := c.DynamicField(ctx, policy.Members.ID, sui.TypeTag{Kind: sui.KindAddress}, bcs.Marshal(addr))
	if err != nil || field.ID() != fields[0].ID {
		t.Errorf("DynamicField: %v, %v", field, err)
	}
	caps, err := c.OwnedObjects(ctx, owner.Address(), p.PolicyCapType())
	if err != nil || len(caps) != 1 || caps[0].ID() != made.CapID {
		t.Errorf("OwnedObjects: %v, %v", caps, err)
	}
	simulateApproval(t, c, p, d, made.PolicyID, owner.Address(), sui.Address{0xbb})
}

// simulateApproval asks the policy as a key server does, for senders without
// coins.
func simulateApproval(t *testing.T, c *suirpc.Client, p contract.Packages, d *deploy.Deployment, policy, allowed, stranger sui.Address) {
	t.Helper()
	shared := func(b *sui.Builder, id sui.Address) sui.Arg {
		o, err := c.Object(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return b.SharedObject(id, o.Owner.Version, false)
	}
	for sender, want := range map[sui.Address]bool{allowed: true, stranger: false} {
		b := sui.NewBuilder()
		contract.SealApprove(b, p, append(policy[:len(policy):len(policy)], 1), contract.Read{Policy: shared(b, policy), Lineage: shared(b, d.Objects.CatalogLineage), Version: shared(b, d.Objects.AccessVersion)})
		tx, err := b.Build(sender, sui.GasData{Price: 1000, Budget: 1_000_000_000})
		if err != nil {
			t.Fatal(err)
		}
		ex, err := c.Simulate(t.Context(), tx, suirpc.SimulateOptions{SkipChecks: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := ex.Effects.Status.Failure == nil; got != want {
			t.Errorf("seal_approve for %s: %v, want %v", sender, ex.Effects.Status.Failure, want)
		}
	}
}

// followAll reads the whole chain from genesis, which verifies every digest,
// then a new checkpoint live.
func followAll(t *testing.T, c *suirpc.Client) {
	t.Helper()
	info, err := c.ServiceInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	sent := make(chan error, 1)
	next, txs := uint64(0), 0
	for cp, err := range c.Follow(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if cp.Sequence != next || cp.TimestampMS == 0 {
			t.Fatalf("checkpoint %d at %d, want %d", cp.Sequence, cp.TimestampMS, next)
		}
		next, txs = next+1, txs+len(cp.Transactions)
		if cp.Sequence == info.Tip {
			go func() {
				_, err := c.Send(ctx, key(t, 1), transfer(1))
				sent <- err
			}()
		}
		if cp.Sequence > info.Tip {
			break
		}
	}
	if err := <-sent; err != nil || txs < 8 {
		t.Errorf("%v; %d transactions in all", err, txs)
	}
}
