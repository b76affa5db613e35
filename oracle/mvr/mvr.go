// Package mvr resolves names of Move packages, such as @mysten/kiosk, in the
// Move Registry: which package does the chain say that a name stands for?
//
// [New] and [Resolver.Resolve] are all there is. The registry is a table on
// Sui's mainnet, in the layout of MystenLabs/mvr: its dynamic fields have names
// of type name::Name and values of type app_record::AppRecord. For mainnet
// itself the record has the package; for another network it has, under the
// network's chain id, the id of a PackageInfo object on that network, which has
// the package and must claim the name in turn.
package mvr

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// Of the registry on mainnet, as Seal's key servers and MVR's clients use it.
var (
	// Table is the id of the table of records; CorePackage defines the type of
	// their names.
	Table       = mustParse("0xe8417c530cde59eddf6dfb760e8a0e3e2c6f17c69ddaab5a73dd6a6e65fc463b")
	CorePackage = mustParse("0x62c1f5b1cb9e3bfc3dd1f73c95066487b662048a6358eabdbf67f6cdeca6db4b")
)

// Testnet is the id under which records have what is on testnet.
const Testnet = "4c78adac"

// ErrName says that a name is none, or stands for no package on the network.
var ErrName = errors.New("the name stands for no package on this network")

const (
	// As in Seal's key servers: names are remembered for an hour.
	defaultLife = time.Hour
	maxNames    = 1000
	// lookTime bounds one resolution.
	lookTime = 5 * time.Second
)

// A Chain reads objects; *suirpc.Client is one. Errors wrap
// [suirpc.ErrNotFound] for what does not exist.
type Chain interface {
	Object(ctx context.Context, id sui.Address) (*sui.Object, error)
}

// Config says where names are looked up.
type Config struct {
	// Registry is the chain with the registry, which is trusted to show it.
	Registry Chain
	// Table and CorePackage are those of the registry; zero means mainnet's.
	Table, CorePackage sui.Address
	// Network is the chain id that records have the package under. Empty: the
	// packages are on the registry's own chain.
	Network string
	// Packages is the chain that the packages are on. Used if Network is set.
	Packages Chain
	// Life is for how long an answer is used. 0 means an hour.
	Life time.Duration
	// Now tells the time. nil means time.Now.
	Now func() time.Time
}

// A Resolver is safe for concurrent use.
type Resolver struct {
	cfg Config

	mu    sync.Mutex // guards known, for moments only
	known map[string]answer
}

type answer struct {
	pkg  sui.Address
	ends time.Time
}

// New returns a Resolver.
func New(cfg Config) *Resolver {
	if cfg.Table.IsZero() {
		cfg.Table = Table
	}
	if cfg.CorePackage.IsZero() {
		cfg.CorePackage = CorePackage
	}
	if cfg.Life == 0 {
		cfg.Life = defaultLife
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Resolver{cfg: cfg, known: map[string]answer{}}
}

// Resolve returns the package that a name stands for: some version of it, by
// custom the first. Errors wrap ErrName if there is none; others mean that it
// is not known.
func (r *Resolver) Resolve(ctx context.Context, text string) (sui.Address, error) {
	n, err := parseName(text)
	if err != nil {
		return sui.Address{}, fmt.Errorf("resolve %.100q: %w: %w", text, ErrName, err)
	}
	if pkg, ok := r.remembered(text); ok {
		return pkg, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	pkg, err := r.look(ctx, n, text)
	if err != nil {
		return sui.Address{}, fmt.Errorf("resolve %s: %w", text, err)
	}
	r.remember(text, pkg)
	return pkg, nil
}

func (r *Resolver) look(ctx context.Context, n *name, text string) (sui.Address, error) {
	keyType := sui.TypeTag{Kind: sui.KindStruct, Struct: &sui.StructTag{Address: r.cfg.CorePackage, Module: "name", Name: "Name"}}
	id := sui.DynamicFieldID(r.cfg.Table, keyType, n.bytes())
	obj, err := r.cfg.Registry.Object(ctx, id)
	if errors.Is(err, suirpc.ErrNotFound) {
		return sui.Address{}, fmt.Errorf("%w: it is not registered", ErrName)
	}
	if err != nil {
		return sui.Address{}, err
	}
	record, err := parseRecord(obj, id, n)
	if err != nil {
		return sui.Address{}, err
	}
	if r.cfg.Network == "" {
		if record.main == nil || record.main.pkg == nil {
			return sui.Address{}, fmt.Errorf("%w: it has no package on mainnet", ErrName)
		}
		return *record.main.pkg, nil
	}
	on, ok := record.networks[r.cfg.Network]
	if !ok || on.info == nil {
		return sui.Address{}, fmt.Errorf("%w: it has no package on network %s", ErrName, r.cfg.Network)
	}
	return r.claimed(ctx, *on.info, text)
}

// claimed returns the package of a PackageInfo that claims the name. The record
// alone proves nothing on another network: whoever has the name may write any
// id there.
func (r *Resolver) claimed(ctx context.Context, id sui.Address, text string) (sui.Address, error) {
	obj, err := r.cfg.Packages.Object(ctx, id)
	if errors.Is(err, suirpc.ErrNotFound) {
		return sui.Address{}, fmt.Errorf("%w: its PackageInfo %s does not exist", ErrName, id)
	}
	if err != nil {
		return sui.Address{}, err
	}
	info, err := parsePackageInfo(obj, id)
	if err != nil {
		return sui.Address{}, err
	}
	if info.metadata["default"] != text {
		return sui.Address{}, fmt.Errorf("%w: its PackageInfo %s claims another name", ErrName, id)
	}
	return info.pkg, nil
}

func (r *Resolver) remembered(text string) (sui.Address, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := r.known[text]
	return a.pkg, ok && r.cfg.Now().Before(a.ends)
}

func (r *Resolver) remember(text string, pkg sui.Address) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.known) >= maxNames {
		clear(r.known)
	}
	r.known[text] = answer{pkg, r.cfg.Now().Add(r.cfg.Life)}
}

func mustParse(text string) sui.Address {
	a, err := sui.ParseAddress(text)
	if err != nil {
		panic("mvr: " + err.Error())
	}
	return a
}
