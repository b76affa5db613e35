package dataset

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// readers is how many checkpoints are asked for at a time.
const readers = 8

// History calls see with every event of Floe's contracts, in the chain's order,
// from the first checkpoint to the present. It believes the node. Nodes of public
// networks have forgotten their first checkpoints, which is an error: ask an
// index there.
func History(ctx context.Context, env *Env, see func(checkpoint uint64, event any) error) error {
	if err := env.Network.NeedContracts(); err != nil {
		return err
	}
	info, err := env.Chain.ServiceInfo(ctx)
	if err != nil {
		return err
	}
	if info.Lowest > 0 {
		return fmt.Errorf("read events: the node has nothing before checkpoint %d; use a node that keeps all, or an index: floe-indexer", info.Lowest)
	}
	for from := uint64(0); from <= info.Tip; from += readers {
		batch, err := checkpoints(ctx, env, from, min(from+readers-1, info.Tip))
		if err != nil {
			return fmt.Errorf("read events: %w", err)
		}
		for _, cp := range batch {
			if err := eventsOfCheckpoint(env, cp, see); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkpoints reads from first to last, both included.
func checkpoints(ctx context.Context, env *Env, first, last uint64) ([]*suirpc.Checkpoint, error) {
	out := make([]*suirpc.Checkpoint, last-first+1)
	errs := make([]error, len(out))
	var wait sync.WaitGroup
	for i := range out {
		wait.Add(1)
		go func() {
			defer wait.Done()
			out[i], errs[i] = env.Chain.Checkpoint(ctx, first+uint64(i))
		}()
	}
	wait.Wait()
	return out, errors.Join(errs...)
}

func eventsOfCheckpoint(env *Env, cp *suirpc.Checkpoint, see func(uint64, any) error) error {
	for _, tx := range cp.Transactions {
		for _, e := range tx.Events {
			event, err := contract.DecodeEvent(e, Packages(env.Network))
			if errors.Is(err, contract.ErrUnknownEvent) {
				continue
			}
			if err == nil {
				err = see(cp.Sequence, event)
			}
			if err != nil {
				return fmt.Errorf("transaction %s of checkpoint %d: %w", tx.Digest, cp.Sequence, err)
			}
		}
	}
	return nil
}

// Books keeps the accounts of all sales from the chain's events.
func Books(ctx context.Context, env *Env) (*contract.Accounts, error) {
	books := new(contract.Accounts)
	err := History(ctx, env, func(_ uint64, event any) error { return books.Add(event) })
	if err == nil {
		err = books.Check()
	}
	if err != nil {
		return nil, fmt.Errorf("keep books: %w", err)
	}
	return books, nil
}

// ClaimIncome takes out of a treasury what is credited to the signer.
func ClaimIncome(ctx context.Context, env *Env, treasury sui.Address) (*contract.IncomeClaimed, sui.Digest, error) {
	o, err := env.Chain.Object(ctx, treasury)
	if err != nil {
		return nil, sui.Digest{}, fmt.Errorf("claim income: %w", err)
	}
	if _, err := contract.ParseTreasury(o); err != nil {
		return nil, sui.Digest{}, fmt.Errorf("claim income: %w", err)
	}
	return sendFor[contract.IncomeClaimed](ctx, env, func(b *sui.Builder) {
		coin := contract.ClaimIncome(b, Packages(env.Network), o.Move.Type.Params[0], treasury)
		b.Transfer(env.Signer.Address(), coin.Arg)
	})
}

// SettleSales settles, in one transaction each, the payments whose refund window
// is over. Those of versions that are revoked or on hold are left alone.
func SettleSales(ctx context.Context, env *Env) ([]contract.KeptSale, error) {
	books, err := Books(ctx, env)
	if err != nil {
		return nil, err
	}
	now, err := ChainTime(ctx, env)
	if err != nil {
		return nil, err
	}
	settled := []contract.KeptSale{}
	for _, k := range books.KeptBack() {
		if k.RefundableUntilMS > uint64(now.UnixMilli()) {
			continue
		}
		coin, err := contract.Offer{CoinType: k.CoinType}.CoinTag()
		if err != nil {
			return settled, err
		}
		_, _, err = sendFor[contract.SaleSettled](ctx, env, func(b *sui.Builder) {
			contract.SettleSale(b, Packages(env.Network), coin, k.Treasury, env.Network.CatalogLineage, k.Sale)
		})
		if errors.Is(err, contract.RevenueENotForSale) {
			continue
		}
		if err != nil {
			return settled, err
		}
		settled = append(settled, k)
	}
	return settled, nil
}
