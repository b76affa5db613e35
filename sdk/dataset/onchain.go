package dataset

import (
	"context"
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
	"github.com/floe-data/floe/sdk/walrus"
)

// Packages are a network's contracts as package contract wants them.
func Packages(n *network.Network) contract.Packages {
	p := func(name string) contract.Package {
		return contract.Package{Original: n.Packages[name].Original, Latest: n.Packages[name].Latest}
	}
	return contract.Packages{Storage: p("storage"), Catalog: p("catalog"), Access: p("access"), KeyServer: p("key_server"),
		Shared: contract.Shared{Lineage: n.CatalogLineage, CatalogVersion: n.CatalogVersion, AccessVersion: n.AccessVersion}}
}

// ErrNoCommittee says that no storage nodes were appointed on a network yet.
var ErrNoCommittee = errors.New("there is no storage committee yet")

// Committee reads the storage committee from the chain: its nodes, their keys,
// addresses and shards.
func Committee(ctx context.Context, chain *suirpc.Client, n *network.Network) (*walrus.Committee, error) {
	o, err := chain.Object(ctx, n.StorageSystem)
	if err != nil {
		return nil, fmt.Errorf("read storage committee: %w", err)
	}
	system, err := contract.ParseSystem(o)
	if err != nil {
		return nil, fmt.Errorf("read storage committee: %w", err)
	}
	c := system.Committee()
	if c == nil {
		return nil, fmt.Errorf("read storage committee: %w: the administrator of %s sets one with set_committee", ErrNoCommittee, n.StorageSystem)
	}
	return c, nil
}

// ErrNoVersion says that a dataset has no such version.
var ErrNoVersion = errors.New("no such version")

// LatestVersion reads the newest version of a dataset.
func LatestVersion(ctx context.Context, chain *suirpc.Client, dataset sui.Address) (*contract.Version, error) {
	o, err := chain.Object(ctx, dataset)
	if errors.Is(err, suirpc.ErrNotFound) {
		return nil, fmt.Errorf("find dataset %s: %w; check the id and the network", dataset, err)
	}
	if err != nil {
		return nil, fmt.Errorf("find dataset: %w", err)
	}
	d, err := contract.ParseDataset(o)
	if err != nil {
		return nil, fmt.Errorf("find dataset %s: %w; is that the id of a dataset?", dataset, err)
	}
	if d.Latest == nil {
		return nil, fmt.Errorf("find dataset %s: %w: nothing is published in it yet", dataset, ErrNoVersion)
	}
	return readVersion(ctx, chain, *d.Latest)
}

// FindVersion reads version number of a dataset (0: the latest), walking back
// from the latest one, and makes sure that it is of our contracts.
func FindVersion(ctx context.Context, chain *suirpc.Client, n *network.Network, dataset sui.Address, number uint64) (*contract.Version, error) {
	v, err := LatestVersion(ctx, chain, dataset)
	if err != nil {
		return nil, err
	}
	latest := v.Number
	for number != 0 && v.Number != number {
		if v.Previous == nil {
			return nil, fmt.Errorf("find version %d of dataset %s: %w: the latest is %d", number, dataset, ErrNoVersion, latest)
		}
		if v, err = readVersion(ctx, chain, *v.Previous); err != nil {
			return nil, err
		}
	}
	if v.Dataset != dataset || v.Package != n.Packages["catalog"].Original {
		return nil, fmt.Errorf("find dataset %s: version %s is not of this dataset or not of Floe's catalog on %s", dataset, v.ID, n.Name)
	}
	return v, nil
}

func readVersion(ctx context.Context, chain *suirpc.Client, id sui.Address) (*contract.Version, error) {
	o, err := chain.Object(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read version: %w", err)
	}
	v, err := contract.ParseVersion(o)
	if err != nil {
		return nil, fmt.Errorf("read version %s: %w", id, err)
	}
	return v, nil
}
