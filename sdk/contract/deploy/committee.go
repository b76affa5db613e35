package deploy

import (
	"context"
	"errors"
	"fmt"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
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

// ErrOtherCode says that a committee's copy of the package is not the one that
// is embedded here: whoever wrote it may have written it to take the key server
// from its members.
var ErrOtherCode = errors.New("the committee's contract is not the one that this program knows")

// CheckCommittee demands that a committee's copy of the package, its newest
// version, is the one that is embedded here, and so is the key_server package
// that it links to. Whoever joins a committee that somebody else made checks it.
func CheckCommittee(ctx context.Context, chain Chain, latest sui.Address) error {
	r := &run{Config: Config{Code: move.Package}, chain: chain, have: map[string]Package{}}
	if err := r.checkCommittee(ctx, latest); err != nil {
		return fmt.Errorf("check package %s: %w", latest, err)
	}
	return nil
}

// A CommitteeUpgrade is the embedded code, as a committee's copy can be upgraded
// to it once enough members have voted for its digest.
type CommitteeUpgrade struct {
	Digest       sui.Digest
	modules      [][]byte
	dependencies []sui.Address
	latest       sui.Address
}

// PrepareCommitteeUpgrade makes the embedded code fit a committee's copy, whose
// newest version is given: it links to the same key_server package.
func PrepareCommitteeUpgrade(ctx context.Context, chain Chain, latest sui.Address) (*CommitteeUpgrade, error) {
	r := &run{Config: Config{Code: move.Package}, chain: chain, have: map[string]Package{}}
	o, err := chain.Object(ctx, latest)
	if err == nil {
		err = r.linkage(o)
	}
	if err != nil {
		return nil, fmt.Errorf("upgrade package %s: %w", latest, err)
	}
	code := newCode{dependencies: r.dependencies(contract.Committee)}
	if code.modules, err = r.link(contract.Committee, sui.Address{}); err != nil {
		return nil, fmt.Errorf("upgrade package %s: %w", latest, err)
	}
	return &CommitteeUpgrade{code.digest(), code.modules, code.dependencies, latest}, nil
}

// Apply upgrades, in a transaction of a member, once enough members voted.
func (u *CommitteeUpgrade) Apply(b *sui.Builder, p contract.Packages, committee sui.Address) {
	calls, self := p.SealCommitteeCalls(b), contract.Object[contract.KeyCommittee](b, committee)
	ticket := calls.AuthorizeUpgrade(self, contract.Pure(b, u.Digest[:]))
	receipt := b.Upgrade(u.modules, u.dependencies, u.latest, ticket.Arg)
	calls.CommitUpgrade(self, contract.Arg[contract.UpgradeReceipt]{Arg: receipt})
}

// linkage notes which key_server package a committee's copy links to.
func (r *run) linkage(o *sui.Object) error {
	if o.Package == nil {
		return errors.New("it is no package")
	}
	for _, l := range o.Package.Linkage {
		if l.Original != sui.MoveStdlib && l.Original != sui.Framework {
			r.have[contract.KeyServer] = Package{Original: l.Original, Latest: l.Upgraded}
		}
	}
	if n := len(o.Package.Linkage); n != 3 || len(r.have) != 1 {
		return fmt.Errorf("%w: it links to %d packages", ErrOtherCode, n)
	}
	return nil
}

func (r *run) checkCommittee(ctx context.Context, latest sui.Address) error {
	o, err := r.chain.Object(ctx, latest)
	if err != nil {
		return err
	}
	if err := r.linkage(o); err != nil {
		return err
	}
	original, err := selfAddress(o.Package)
	if err != nil {
		return err
	}
	for name, p := range map[string]Package{contract.Committee: {Original: original, Latest: latest}, contract.KeyServer: r.have[contract.KeyServer]} {
		same, err := r.upToDate(ctx, name, p)
		if err != nil {
			return err
		}
		if !same {
			return fmt.Errorf("%w: the code of package %s is another", ErrOtherCode, name)
		}
	}
	return nil
}

// selfAddress is the first id of a package, which its modules carry.
func selfAddress(p *sui.MovePackage) (sui.Address, error) {
	if len(p.Modules) == 0 {
		return sui.Address{}, errors.New("it has no modules")
	}
	m, err := bytecode.Parse(p.Modules[0].Bytes)
	if err != nil {
		return sui.Address{}, err
	}
	return m.Address(), nil
}
