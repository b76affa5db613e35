// Package deploy puts Floe's contracts on a network: it publishes what is
// missing, upgrades what has changed, and records what is where.
//
// [Publish] and [Upgrade] take the embedded bytecode of package move, replace
// the placeholder addresses of dependencies by the real ones, and send one
// transaction for each package. With [Config.UpgradeDelayMS] each package's
// UpgradeCap is then put behind a delay, for ever: upgrades are proposed, which
// everybody can see, and done when the delay is over. After each step the
// package's Published.toml, in the
// format of Sui's own tools, says where it is: a run that stops is resumed by
// running it again, and [Read] needs no more than these files and the chain.
package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// order is the order of publication of what every network has. A package comes
// after those it links to; test TestOrder. For the Walrus adapter see walrus.go.
var order = []string{contract.KeyServer, contract.Storage, contract.Catalog, contract.Access}

// Chain is the part of a full node that is needed; *suirpc.Client has it.
type Chain interface {
	// ChainID returns the digest of the genesis checkpoint.
	ChainID(ctx context.Context) (sui.Digest, error)
	// Object returns an object or package at its latest version, or
	// suirpc.ErrNotFound (wrapped).
	Object(ctx context.Context, id sui.Address) (*sui.Object, error)
	// Objects returns nil where there is no object.
	Objects(ctx context.Context, ids []sui.Address) ([]*sui.Object, error)
	// Transaction returns a transaction's outcome.
	Transaction(ctx context.Context, digest sui.Digest) (*suirpc.Executed, error)
	// OwnedObjects lists an address' objects of a type.
	OwnedObjects(ctx context.Context, owner sui.Address, typ *sui.StructTag) ([]*sui.Object, error)
	// Send executes a transaction and waits for it. A failed one is an error.
	Send(ctx context.Context, signer sui.Signer, b *sui.Builder) (*suirpc.Executed, error)
}

var _ Chain = (*suirpc.Client)(nil)

// Config says what to deploy and where to record it.
type Config struct {
	// Env is the name of the network in Published.toml, for example testnet.
	Env string
	// Dir holds a folder for each package (storage, …) with its Published.toml.
	// In the repository it is the folder move. Folders are made as needed.
	Dir string
	// WalrusSystem is the System object of Walrus' contracts. With it the adapter
	// is published, which records what Walrus certified; zero leaves it out.
	WalrusSystem sui.Address
	// UpgradeDelayMS is how long upgrades of packages that are not guarded yet
	// will have to wait after they were proposed: see guard.go. Nil leaves them
	// as they are. A guard can't be taken off again.
	UpgradeDelayMS *uint64
	// Replace drops proposed upgrades to other code than Code's and proposes
	// Code's, whose delay begins anew.
	Replace bool
	// Code returns a package's bytecode by name; nil is move.Package.
	Code func(name string) (*move.Bytecode, error)
	// Progress is told of each package when it is done; nil is nobody.
	Progress func(Step)
}

// Step is a package that is done.
type Step struct {
	Package     string
	Action      string // "published", "guarded", "proposed", "waiting", "upgraded" or "unchanged"
	ID          sui.Address
	Version     uint64
	Transaction sui.Digest // zero when unchanged
}

// Deployment is where the contracts are.
type Deployment struct {
	Env      string             `json:"env"`
	ChainID  sui.Digest         `json:"chain_id"`
	Packages map[string]Package `json:"packages"`
	Objects  Objects            `json:"objects"`
	// Pending are the upgrades that wait for their delay, or for another.
	Pending []Pending `json:"pending,omitempty"`
}

// Pending is an upgrade that is not done yet.
type Pending struct {
	Package string `json:"package"`
	// Digest of the new code, as it was proposed; zero if it is not proposed
	// yet, because it links to the package After, which is upgraded first.
	Digest sui.Digest `json:"digest,omitzero"`
	After  string     `json:"after,omitempty"`
	// ReadyAtMS is when it can be done, in Unix milliseconds.
	ReadyAtMS uint64 `json:"ready_at_ms,omitempty"`
}

// Package is a published package.
type Package struct {
	// Original is the first id, which names types and Seal identities.
	Original sui.Address `json:"original"`
	// Latest is the id of the newest version, which calls go to.
	Latest  sui.Address `json:"latest"`
	Version uint64      `json:"version"`
	// UpgradeCap is the object that allows upgrades: the UpgradeCap, or the
	// UpgradeGuard that it was put into.
	UpgradeCap sui.Address `json:"upgrade_cap"`
}

// Objects are what the packages made when they were published.
type Objects struct {
	StorageSystem     sui.Address `json:"storage_system"`
	StorageAdminCap   sui.Address `json:"storage_admin_cap"`
	CatalogLineage    sui.Address `json:"catalog_lineage"`
	CatalogVersion    sui.Address `json:"catalog_version"`
	CatalogVersionCap sui.Address `json:"catalog_version_cap"`
	EnclaveRegistry   sui.Address `json:"enclave_registry,omitzero"`
	AccessVersion     sui.Address `json:"access_version"`
	AccessVersionCap  sui.Address `json:"access_version_cap"`
}

// Contracts returns the packages as package contract wants them.
func (d *Deployment) Contracts() contract.Packages {
	p := func(name string) contract.Package {
		return contract.Package{Original: d.Packages[name].Original, Latest: d.Packages[name].Latest}
	}
	return contract.Packages{
		Storage: p(contract.Storage), Catalog: p(contract.Catalog), Access: p(contract.Access), KeyServer: p(contract.KeyServer),
		Shared:        contract.Shared{Lineage: d.Objects.CatalogLineage, CatalogVersion: d.Objects.CatalogVersion, AccessVersion: d.Objects.AccessVersion},
		WalrusAdapter: p(contract.WalrusAdapter),
	}
}

// ErrNotPublished says that a package is not published on a network.
var ErrNotPublished = errors.New("not published")

// Publish publishes the packages that are not published yet on the network,
// owned by signer, and returns where all are. Packages that are there are left
// as they are: see [Upgrade].
func Publish(ctx context.Context, chain Chain, signer sui.Signer, cfg Config) (*Deployment, error) {
	r, err := open(ctx, chain, cfg)
	if err != nil {
		return nil, err
	}
	for _, name := range r.order() {
		if _, ok := r.have[name]; ok {
			r.unchanged(name)
			continue
		}
		if err := r.publish(ctx, signer, name); err != nil {
			return nil, fmt.Errorf("publish package %s: %w", name, err)
		}
	}
	if cfg.UpgradeDelayMS != nil {
		for _, name := range r.order() {
			if err := r.guard(ctx, signer, name, *cfg.UpgradeDelayMS); err != nil {
				return nil, fmt.Errorf("guard upgrades of package %s: %w", name, err)
			}
		}
	}
	return r.deployment(ctx)
}

// Read returns where the packages are, without changing anything. If one is
// not published it returns [ErrNotPublished].
func Read(ctx context.Context, chain Chain, cfg Config) (*Deployment, error) {
	r, err := open(ctx, chain, cfg)
	if err != nil {
		return nil, err
	}
	for _, name := range order {
		if _, ok := r.have[name]; !ok {
			return nil, fmt.Errorf("read deployment: package %s is %w on %s; publish it with: floe contracts publish", name, ErrNotPublished, cfg.Env)
		}
	}
	return r.deployment(ctx)
}

// run is one deployment under way.
type run struct {
	Config
	chain  Chain
	id     sui.Digest               // of the chain
	walrus *walrusContracts         // nil without Config.WalrusSystem
	files  map[string]publishedFile // by package
	have   map[string]Package       // published so far
	wait   []Pending                // upgrades that are not done
}

func open(ctx context.Context, chain Chain, cfg Config) (*run, error) {
	if cfg.Env == "" || cfg.Dir == "" {
		return nil, errors.New("deploy contracts: Config needs Env and Dir")
	}
	if cfg.Code == nil {
		cfg.Code = move.Package
	}
	if cfg.Progress == nil {
		cfg.Progress = func(Step) {}
	}
	r := &run{Config: cfg, chain: chain, files: map[string]publishedFile{}, have: map[string]Package{}}
	var err error
	if r.id, err = chain.ChainID(ctx); err != nil {
		return nil, fmt.Errorf("deploy contracts: %w", err)
	}
	if r.walrus, err = r.findWalrus(ctx); err != nil {
		return nil, fmt.Errorf("deploy contracts: %w", err)
	}
	for _, name := range append(slices.Clone(order), contract.WalrusAdapter) {
		f := publishedFile{path: publishedPath(cfg.Dir, name), env: cfg.Env}
		p, found, err := f.read(r.id.ChainIdentifier())
		if err != nil {
			return nil, err
		}
		if r.files[name] = f; found {
			r.have[name] = p
		}
	}
	return r, nil
}

// publish publishes one package whose dependencies are published.
func (r *run) publish(ctx context.Context, signer sui.Signer, name string) error {
	modules, err := r.link(name, sui.Address{})
	if err != nil {
		return err
	}
	if err := r.files[name].prepare(); err != nil {
		return err
	}
	b := sui.NewBuilder()
	b.Transfer(signer.Address(), b.Publish(modules, r.dependencies(name)))
	done, err := r.chain.Send(ctx, signer, b)
	if err != nil {
		return err
	}
	p := Package{Version: 1}
	if p.Original, err = writtenPackage(done); err != nil {
		return err
	}
	p.Latest = p.Original
	if p.UpgradeCap, err = r.created(ctx, done, upgradeCapType); err != nil {
		return err
	}
	return r.record(name, "published", p, done.Digest)
}

// record keeps a package that the chain has.
func (r *run) record(name, action string, p Package, tx sui.Digest) error {
	r.have[name] = p
	if err := r.files[name].write(r.id.ChainIdentifier(), p); err != nil {
		return err
	}
	r.Progress(Step{Package: name, Action: action, ID: p.Latest, Version: p.Version, Transaction: tx})
	return nil
}

func (r *run) unchanged(name string) {
	p := r.have[name]
	r.Progress(Step{Package: name, Action: "unchanged", ID: p.Latest, Version: p.Version})
}

// dependencies returns the ids that a package is published with: the framework
// and, transitively, our own packages at their latest version.
func (r *run) dependencies(name string) []sui.Address {
	ids := []sui.Address{sui.MoveStdlib, sui.Framework}
	var add func(name string)
	add = func(name string) {
		for _, d := range move.Dependencies(name) {
			if d == walrusInterface {
				ids = appendNew(ids, r.walrus.dependencies...)
				continue
			}
			if id := r.have[d].Latest; !slices.Contains(ids, id) {
				ids = append(ids, id)
				add(d)
			}
		}
	}
	add(name)
	return ids
}
