package indexer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/indexer/store"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// resume makes a decoder that follows the configured packages, the versions of them
// that the index has seen published, and the contracts of committees that it has seen
// at work.
func (x *Indexer) resume(ctx context.Context, st *store.Store) (*decode.Decoder, error) {
	d := decode.New(x.cfg.Packages)
	known, err := st.PackageVersions(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range known {
		id, err := sui.ParseAddress(v.Package)
		if err != nil {
			return nil, fmt.Errorf("read package versions: %w", err)
		}
		original, err := sui.ParseAddress(v.Original)
		if err != nil {
			return nil, fmt.Errorf("read package versions: %w", err)
		}
		d.Follow(id, original)
	}
	committees, err := st.CommitteePackages(ctx)
	if err != nil {
		return nil, err
	}
	for _, text := range committees {
		id, err := sui.ParseAddress(text)
		if err != nil {
			return nil, fmt.Errorf("read contracts of committees: %w", err)
		}
		d.FollowCommittee(id)
	}
	return d, nil
}

// upgrades finds the versions of followed packages that a checkpoint publishes,
// and follows them from there on. The node is asked for each package that is
// not a first version; what it says is checked against the effects. Packages of the
// system, which change in place, are none of ours: the node has only their newest.
func (x *Indexer) upgrades(ctx context.Context, d *decode.Decoder, cp *suirpc.Checkpoint) (out []decode.Upgrade, err error) {
	for i, tx := range cp.Transactions {
		for _, ch := range tx.Effects.Changed {
			if ch.Output != sui.StatePackageWrite || ch.Input != sui.StateNotExist || ch.OutputVersion < 2 {
				continue
			}
			obj, err := x.client.Object(ctx, ch.ID)
			if errors.Is(err, suirpc.ErrNotFound) {
				return nil, fmt.Errorf("%w: package %s of checkpoint %d: %w", suirpc.ErrUnreachable, ch.ID, cp.Sequence, err) // a node that lags behind
			}
			if err != nil {
				return nil, err
			}
			if obj.Package == nil || obj.Digest() != ch.OutputDigest {
				return nil, fmt.Errorf("read package of checkpoint %d: %s is not the package that the effects name", cp.Sequence, ch.ID)
			}
			if !ours(d, obj.Package) {
				continue // anybody's: its code may be of a kind that we can't read
			}
			original, err := originalOf(obj.Package)
			if err != nil {
				return nil, fmt.Errorf("read package %s of checkpoint %d: %w", ch.ID, cp.Sequence, err)
			}
			if d.Follow(ch.ID, original) {
				out = append(out, decode.Upgrade{TxIndex: int32(i), Package: ch.ID, Original: original, Version: ch.OutputVersion})
			}
		}
	}
	return out, nil
}

// ours tells a version of a followed package from all others: types that an earlier
// version defined say so, which the chain checks.
func ours(d *decode.Decoder, p *sui.MovePackage) bool {
	return slices.ContainsFunc(p.TypeOrigins, func(t sui.TypeOrigin) bool { return d.Follows(t.Package) })
}

// originalOf is the id of the first version of a package: the address that its
// modules carry.
func originalOf(p *sui.MovePackage) (id sui.Address, err error) {
	if len(p.Modules) == 0 {
		return id, errors.New("it has no modules")
	}
	m, err := bytecode.Parse(p.Modules[0].Bytes)
	if err != nil {
		return id, err
	}
	return m.Address(), nil
}
