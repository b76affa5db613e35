package deploy

import (
	"context"
	"errors"
	"fmt"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// PublishCommittee publishes a copy of the package committee, for one committee
// of key servers, and returns where it is. The copy links to keyServer, which is
// published already. Signer gets the UpgradeCap, and gives it to the committee
// with contract.InitCommittee: whoever could change the code could take the key
// server from its members, so each committee decides over a copy of its own.
//
// Nothing is recorded in files: the object that is made of the cap says which
// package is the committee's.
func PublishCommittee(ctx context.Context, chain Chain, signer sui.Signer, keyServer contract.Package) (Package, error) {
	p, err := publishCommittee(ctx, chain, signer, keyServer)
	if err != nil {
		return Package{}, fmt.Errorf("publish package %s: %w", contract.Committee, err)
	}
	return p, nil
}

func publishCommittee(ctx context.Context, chain Chain, signer sui.Signer, keyServer contract.Package) (Package, error) {
	if keyServer.Original.IsZero() || keyServer.Latest.IsZero() {
		return Package{}, errors.New("it needs the package key_server; publish that first with: floe contracts publish")
	}
	r := &run{Config: Config{Code: move.Package}, chain: chain, have: map[string]Package{
		contract.KeyServer: {Original: keyServer.Original, Latest: keyServer.Latest},
	}}
	modules, err := r.link(contract.Committee, sui.Address{})
	if err != nil {
		return Package{}, err
	}
	b := sui.NewBuilder()
	b.Transfer(signer.Address(), b.Publish(modules, r.dependencies(contract.Committee)))
	done, err := chain.Send(ctx, signer, b)
	if err != nil {
		return Package{}, err
	}
	p := Package{Version: 1}
	if p.Original, err = writtenPackage(done); err != nil {
		return Package{}, err
	}
	p.Latest = p.Original
	p.UpgradeCap, err = r.created(ctx, done, upgradeCapType)
	return p, err
}
