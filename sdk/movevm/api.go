package movevm

import (
	"crypto/x509"
	"slices"

	"github.com/floe-data/floe/sdk/nitro"
	"github.com/floe-data/floe/sdk/sui"
)

// A PackageSource finds packages by storage id. VMs cache what they read. So a
// package must never change under its id while a VM lives, or the source must
// be a [PackageDigester].
type PackageSource interface {
	Package(storageID sui.Address) (*sui.MovePackage, error)
}

// A PackageDigester is a PackageSource whose packages need not be the same as
// in other sessions: they come from somebody who may lie. The VM runs what it
// has in its caches only if the digests of the package and of all that it links
// to are those that the source names.
type PackageDigester interface {
	PackageSource
	// PackageDigest identifies the content of a package.
	PackageDigest(storageID sui.Address) (sui.Digest, error)
}

// A Host reads the stored objects that a program reaches at run time.
// Both methods return nil, nil when there is no such object.
type Host interface {
	// ChildObject returns the newest version, at most maxVersion, of the object
	// child if it is owned by ObjectOwner(parent). maxVersion is the version of
	// the root: the input object that the parent hangs on.
	ChildObject(parent, child sui.Address, maxVersion uint64) (*sui.Object, error)
	// ReceiveObject returns object id at exactly version if it is owned by
	// AddressOwner(parent) and the transaction has it as a receiving input.
	ReceiveObject(parent, id sui.Address, version uint64) (*sui.Object, error)
}

// Config bounds what one session may use. The zero value is ready to use.
type Config struct {
	Fuel      uint64 // instructions and native work units per session; 0 means 200 million
	MaxMemory uint64 // bytes allocated for Move values per session; 0 means 256 MiB
	Packages  int    // packages kept in the cache; 0 means 1024. When full, the cache starts afresh
	Test      bool   // allow the natives of Move unit tests (std::unit_test, sui::test_scenario)
	// NitroRoots are taken by sui::nitro_attestation besides AWS' root. Only a
	// devnet has any: whoever holds the key of one can attest anything.
	NitroRoots []*x509.Certificate
}

// TxContext is what a program can learn about its transaction.
type TxContext struct {
	Sender            sui.Address
	Digest            sui.Digest // of the transaction; fresh ids derive from it
	Epoch             uint64
	EpochTimestampMS  uint64 // start of the epoch
	GasPrice          uint64 // MIST per unit
	ReferenceGasPrice uint64 // MIST per unit
	GasBudget         uint64 // MIST
	Sponsor           *sui.Address
}

// A VM links and caches packages. It is safe for concurrent use.
type VM struct {
	cfg        Config
	nitroRoots []*x509.Certificate
	shared     *loader
}

// New returns a VM with empty caches.
func New(cfg Config) *VM {
	if cfg.Fuel == 0 {
		cfg.Fuel = 200_000_000
	}
	if cfg.MaxMemory == 0 {
		cfg.MaxMemory = 256 << 20
	}
	if cfg.Packages == 0 {
		cfg.Packages = 1024
	}
	roots := append([]*x509.Certificate{nitro.AWSRoot()}, cfg.NitroRoots...)
	return &VM{cfg: cfg, nitroRoots: roots, shared: newLoader(cfg.Packages, cfg.Test)}
}

// NewSession starts the execution of one transaction.
func (vm *VM) NewSession(src PackageSource, host Host, tx TxContext) *Session {
	s := newSession()
	s.vm, s.loader, s.src, s.host, s.tx = vm, vm.shared, src, host, tx
	s.usage.maxFuel, s.usage.maxMemory = vm.cfg.Fuel, vm.cfg.MaxMemory
	s.machine.s, s.machine.usage = s, &s.usage
	return s
}

// Bound lowers what the session may use, see [Config]; 0 leaves it as it is.
func (s *Session) Bound(fuel, memory uint64) {
	if fuel > 0 {
		s.usage.maxFuel = min(s.usage.maxFuel, fuel)
	}
	if memory > 0 {
		s.usage.maxMemory = min(s.usage.maxMemory, memory)
	}
}

// Close lets later sessions have the memory of this one. Neither the session nor
// any Value or Cell of it may be used afterwards; what Finish and Encode gave
// may. It is not necessary.
func (s *Session) Close() { s.usage.slab.close() }

// A Session holds the state of one transaction: its objects, ids, events and
// the resources it used. Not safe for concurrent use.
type Session struct {
	vm     *VM
	loader *loader // the VM's, or one of its own after AddPackage
	src    PackageSource
	host   Host
	tx     TxContext

	usage   usage
	machine machine
	objects objects
	events  events
	current *Function // that Call is running
	args    [8]value  // of the last call, if they are few
	sound   sound     // linkages that were compared with the source

	scenario *scenario // of a unit test
}

// LoadType finds a type by its tag. Datatypes must be named by their defining
// ids. Errors: *Error with StatusTypeNotFound, StatusTypeArity,
// StatusConstraint or StatusTypeDepth.
func (s *Session) LoadType(tag sui.TypeTag) (*Type, error) { return s.loadType(tag, false) }

// LoadTypeIn is LoadType for callers that hold an id of any version of the
// package of a type, as the type arguments of a MoveCall may: the result has
// defining ids.
func (s *Session) LoadTypeIn(tag sui.TypeTag) (*Type, error) { return s.loadType(tag, true) }

func (s *Session) loadType(tag sui.TypeTag, anyVersion bool) (t *Type, err error) {
	defer recoverFault(&err)
	r := s.resolve()
	defer r.done()
	return r.tag(tag, anyVersion, 0)
}

// sound remembers the last few linkages.
type sound struct {
	list [4]*linkage
	next int
}

func (s *sound) has(l *linkage) bool { return slices.Contains(s.list[:], l) }

func (s *sound) add(l *linkage) {
	s.list[s.next%len(s.list)] = l
	s.next++
}

// resolve locks the loader for a request of the session.
func (s *Session) resolve() *resolver {
	r := s.loader.resolve(s.src)
	r.session = s
	return r
}

// loadStruct is LoadType for a struct.
func (s *Session) loadStruct(st sui.StructTag) (t *Type, err error) {
	defer recoverFault(&err)
	r := s.resolve()
	defer r.done()
	return r.structTag(st, false, 0)
}

// Reference is the type &elem or &mut elem.
func (s *Session) Reference(elem *Type, mut bool) *Type {
	r := s.resolve()
	defer r.done()
	return r.reference(mut, elem)
}

// TxContextParam says how a function takes the TxContext.
type TxContextParam uint8

// The ways to take the TxContext: not at all, by & or by &mut.
const (
	NoTxContext TxContextParam = iota
	ImmTxContext
	MutTxContext
)

// A Function is a function of a linked package with its type arguments filled
// in. It is shared: don't change it.
type Function struct {
	Package    sui.Address // storage id of the package that was asked for
	Original   sui.Address // its runtime id
	Module     string
	Name       string
	Index      uint16 // in the function definitions of the module
	Visibility Visibility
	Entry      bool
	TypeArgs   []*Type
	Params     []*Type // without the trailing TxContext, which Call supplies
	Returns    []*Type
	TxContext  TxContextParam

	instance *instance
}
