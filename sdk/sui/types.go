// Package sui holds the data types of the Sui blockchain with their BCS, text
// and digest forms, keys and signatures, and a builder of programmable
// transactions. It does no I/O: package suirpc talks to a node, package
// execution runs transactions.
//
// Start with [Address], [Object], [TransactionData] and [Builder]. The layouts
// are those of Sui's protocol, as its public BCS schema and the npm package
// @mysten/sui have them.
package sui

// Address is a 32-byte Sui address or object id. Text: "0x" and 64 lower-case
// hex digits.
type Address [32]byte

// Digest is a 32-byte BLAKE2b-256 digest. Text: base58. In BCS it carries a
// length prefix (0x20), as Sui's digests do.
type Digest [32]byte

// ObjectRef names one version of an object.
type ObjectRef struct {
	ID      Address
	Version uint64
	Digest  Digest
}

// TypeKind is the variant of a TypeTag; the values are the BCS indices.
type TypeKind uint8

// The type tags of Move, in BCS order.
const (
	KindBool TypeKind = iota
	KindU8
	KindU64
	KindU128
	KindAddress
	KindSigner
	KindVector
	KindStruct
	KindU16
	KindU32
	KindU256
)

// TypeTag is a concrete Move type. Elem is set for vectors, Struct for
// structs and enums; both are nil otherwise.
type TypeTag struct {
	Kind   TypeKind
	Elem   *TypeTag
	Struct *StructTag
}

// StructTag names a struct or enum type by its defining package.
type StructTag struct {
	Address Address
	Module  string
	Name    string
	Params  []TypeTag
}

// OwnerKind is the variant of an Owner; the values are the BCS indices.
type OwnerKind uint8

// The kinds of owner, in BCS order.
const (
	OwnerAddress OwnerKind = iota
	OwnerObject
	OwnerShared
	OwnerImmutable
	OwnerConsensusAddress
)

// Owner says who may use an object. Address is the owner of OwnerAddress,
// OwnerObject and OwnerConsensusAddress; Version is the initial shared version
// of OwnerShared and the start version of OwnerConsensusAddress.
type Owner struct {
	Kind    OwnerKind
	Address Address
	Version uint64
}

// Object is one version of an object or package: exactly one of Move and
// Package is set.
type Object struct {
	Move                *MoveObject
	Package             *MovePackage
	Owner               Owner
	PreviousTransaction Digest
	StorageRebate       uint64 // MIST
}

// MoveObject is the Move struct of an object. Contents is the BCS of the
// struct, whose first 32 bytes are the object id.
type MoveObject struct {
	Type              StructTag
	HasPublicTransfer bool
	Version           uint64
	Contents          []byte
}

// MovePackage is one version of a package. Modules are sorted by name in BCS;
// TypeOrigins and Linkage say which versions its types come from and which
// versions of other packages it runs with.
type MovePackage struct {
	ID          Address
	Version     uint64
	Modules     []Module // ascending by name
	TypeOrigins []TypeOrigin
	Linkage     []Linkage // ascending by original id
}

// Module is a named compiled module.
type Module struct {
	Name  string
	Bytes []byte
}

// TypeOrigin says that Module::Name was first defined by the package version
// with storage id Package.
type TypeOrigin struct {
	Module, Name string
	Package      Address
}

// Linkage says that a dependency with the given original (runtime) id is
// loaded from the storage id Upgraded, its version Version.
type Linkage struct {
	Original Address
	Upgraded Address
	Version  uint64
}

// TransactionKind is the variant of what a transaction does. Only
// programmable transactions and the system transactions of clock and
// randomness are decoded; other kinds are kept as raw bytes.
type TransactionKind struct {
	Programmable    *ProgrammableTransaction
	ConsensusCommit *ConsensusCommitPrologue
	Randomness      *RandomnessStateUpdate
	Other           []byte // BCS of another kind, its variant index included
}

// ConsensusCommitPrologue is the system transaction that advances the Clock
// (version V1 of it).
type ConsensusCommitPrologue struct {
	Epoch             uint64
	Round             uint64
	CommitTimestampMS uint64
}

// RandomnessStateUpdate is the system transaction that gives Random the bytes of
// the next round. InitialVersion is the version at which Random was shared.
type RandomnessStateUpdate struct {
	Epoch          uint64
	Round          uint64
	Bytes          []byte
	InitialVersion uint64
}

// TransactionData is version 1 of the data that a sender signs.
type TransactionData struct {
	Kind       TransactionKind
	Sender     Address
	Gas        GasData
	Expiration Expiration
}

// GasData says who pays, with which coins, and how much at most (MIST).
type GasData struct {
	Payment []ObjectRef
	Owner   Address
	Price   uint64
	Budget  uint64
}

// ExpirationKind is the variant of an Expiration; the values are the BCS
// indices.
type ExpirationKind uint8

// The kinds of expiration that are decoded.
const (
	ExpireNever ExpirationKind = iota
	ExpireEpoch
	ExpireValidDuring
	ExpireValidity
)

// Expiration says until when a transaction is valid. Epoch belongs to
// ExpireEpoch; the others to ExpireValidDuring and ExpireValidity, Proposers
// (optional) to ExpireValidity.
type Expiration struct {
	Kind                       ExpirationKind
	Epoch                      uint64
	MinEpoch, MaxEpoch         *uint64
	MinTimestamp, MaxTimestamp *uint64
	Chain                      Digest
	Nonce                      uint32
	Proposers                  *AllowedProposers
}

// AllowedProposers restricts which validators of an epoch may propose a
// transaction; Indices is not empty.
type AllowedProposers struct {
	Epoch   uint64
	Indices []uint32
}

// ProgrammableTransaction is a list of commands over a list of inputs.
type ProgrammableTransaction struct {
	Inputs   []Input
	Commands []Command
}

// InputKind is the variant of an Input.
type InputKind uint8

// The kinds of input. InputUnresolved exists only before a transaction is
// resolved by a node or client; it has no BCS.
const (
	InputPure InputKind = iota
	InputImmOrOwned
	InputShared
	InputReceiving
	InputFundsWithdrawal
	InputUnresolved
)

// SharedMutability says how a shared input is used; the values are BCS bytes.
type SharedMutability uint8

// The uses of a shared object.
const (
	SharedImmutable SharedMutability = iota
	SharedMutable
	SharedNonExclusiveWrite
)

// Input is an argument of a programmable transaction: Pure holds BCS bytes,
// Ref belongs to InputImmOrOwned and InputReceiving; Ref.ID, SharedVersion and
// Mutability to InputShared; Ref.ID alone to InputUnresolved; Raw to
// InputFundsWithdrawal (its BCS without the variant index).
type Input struct {
	Kind          InputKind
	Pure          []byte
	Ref           ObjectRef
	SharedVersion uint64
	Mutability    SharedMutability
	Raw           []byte
}

// ArgumentKind is the variant of an Argument; the values are BCS indices.
type ArgumentKind uint8

// The kinds of argument.
const (
	ArgGasCoin ArgumentKind = iota
	ArgInput
	ArgResult
	ArgNestedResult
)

// Argument names a value of a transaction: an input, or a result of an earlier
// command (Index), or one of several results (Index, Sub).
type Argument struct {
	Kind  ArgumentKind
	Index uint16
	Sub   uint16
}

// Command is one step of a programmable transaction; exactly one field is set.
type Command struct {
	MoveCall        *MoveCall
	TransferObjects *TransferObjects
	SplitCoins      *SplitCoins
	MergeCoins      *MergeCoins
	Publish         *Publish
	MakeMoveVec     *MakeMoveVec
	Upgrade         *Upgrade
}

// MoveCall calls a function of a package version (its storage id).
type MoveCall struct {
	Package          Address
	Module, Function string
	TypeArguments    []TypeTag
	Arguments        []Argument
}

// TransferObjects gives objects to an address.
type TransferObjects struct {
	Objects   []Argument
	Recipient Argument
}

// SplitCoins takes amounts from a coin.
type SplitCoins struct {
	Coin    Argument
	Amounts []Argument
}

// MergeCoins adds coins to a coin.
type MergeCoins struct {
	Into  Argument
	Coins []Argument
}

// Publish creates a package from modules and the storage ids of all its
// dependencies.
type Publish struct {
	Modules      [][]byte
	Dependencies []Address
}

// MakeMoveVec builds a vector; Type may be nil when there are elements.
type MakeMoveVec struct {
	Type     *TypeTag
	Elements []Argument
}

// Upgrade publishes a new version of Package, authorised by Ticket.
type Upgrade struct {
	Modules      [][]byte
	Dependencies []Address
	Package      Address
	Ticket       Argument
}

// Event is one event of a transaction. Package and Module are those of the
// function that the transaction called; Type is by defining ids.
type Event struct {
	Package  Address
	Module   string
	Sender   Address
	Type     StructTag
	Contents []byte
}

// TransactionEvents is the list whose digest the effects hold.
type TransactionEvents struct{ Events []Event }

// GasUsed is what a transaction cost, in MIST.
type GasUsed struct {
	Computation, Storage, Rebate, NonRefundable uint64
}

// TransactionEffects is version 2 of the effects.
type TransactionEffects struct {
	Status             ExecutionStatus
	Epoch              uint64
	Gas                GasUsed
	Transaction        Digest
	GasObject          *uint32 // index into Changed
	EventsDigest       *Digest
	Dependencies       []Digest // ascending
	LamportVersion     uint64
	Changed            []ChangedObject // ascending by id
	UnchangedConsensus []UnchangedConsensusObject
	AuxDataDigest      *Digest
}

// ExecutionStatus is success (Failure nil) or the reason of a failure.
type ExecutionStatus struct {
	Failure *ExecutionFailure
}

// ExecutionFailure says why and in which command (nil: none) a transaction
// failed. Which of the other fields are set depends on Kind.
type ExecutionFailure struct {
	Kind     FailureKind
	Command  *uint64
	Location *MoveLocation // MoveAbort, and MovePrimitiveRuntimeError if known
	Code     uint64        // MoveAbort
	Arg      uint16        // CommandArgumentError, TypeArgumentError, UnusedValueWithoutDrop (result), InvalidPublicFunctionReturnType
	Sub      uint16        // UnusedValueWithoutDrop (secondary)
	ArgError *ArgumentError
	TypeArg  uint8 // TypeArgumentError: 0 type not found, 1 constraint not satisfied
	Upgrade  *UpgradeFailure
	Raw      []byte // BCS of the payload of a kind without fields here
}

// FailureKind is the BCS index of an execution error; see failure.go for
// their names.
type FailureKind uint8

// ArgumentError is a CommandArgumentError; A and B hold its indices if it has
// any.
type ArgumentError struct {
	Kind uint8
	A, B uint16
}

// UpgradeFailure is a PackageUpgradeError.
type UpgradeFailure struct {
	Kind    uint8
	Package Address // UnableToFetchPackage, NotAPackage object, PackageIDDoesNotMatch package
	Ticket  Address // PackageIDDoesNotMatch
	Digest  []byte  // DigestDoesNotMatch
	Policy  uint8   // UnknownUpgradePolicy
}

// MoveLocation is where a Move program stopped.
type MoveLocation struct {
	Package      Address
	Module       string
	Function     uint16
	Instruction  uint16
	FunctionName *string
}

// ObjectStateKind tells whether an object exists on one side of a change.
type ObjectStateKind uint8

// The sides of a change. In BCS, inputs use 0 and 1; outputs use 0 to 3.
const (
	StateNotExist ObjectStateKind = iota
	StateExist                    // an input, or an output written as an object
	StatePackageWrite
	StateAccumulatorWrite
)

// IDOperation says what happened to an object's id; the values are BCS
// indices.
type IDOperation uint8

// What happened to an id.
const (
	IDNone IDOperation = iota
	IDCreated
	IDDeleted
)

// ChangedObject is one entry of the effects. InputVersion, InputDigest and
// InputOwner are set when Input is StateExist; OutputDigest and OutputOwner
// when Output is StateExist (the version is the lamport version);
// OutputVersion and OutputDigest when it is StatePackageWrite.
type ChangedObject struct {
	ID            Address
	Input         ObjectStateKind
	InputVersion  uint64
	InputDigest   Digest
	InputOwner    Owner
	Output        ObjectStateKind
	OutputVersion uint64
	OutputDigest  Digest
	OutputOwner   Owner
	Accumulator   []byte // raw BCS of an accumulator write
	Operation     IDOperation
}

// UnchangedConsensusObject is a shared object that was read, or could not be.
// Kind is the BCS index (0 read-only root); Version and Digest belong to 0.
type UnchangedConsensusObject struct {
	ID      Address
	Kind    uint8
	Version uint64
	Digest  Digest
}

// CheckpointSummary is what a committee signs.
type CheckpointSummary struct {
	Epoch               uint64
	Sequence            uint64
	NetworkTransactions uint64
	ContentDigest       Digest
	PreviousDigest      *Digest
	EpochGas            GasUsed
	TimestampMS         uint64
	Commitments         [][]byte // raw BCS of each commitment
	EndOfEpoch          []byte   // raw BCS of EndOfEpochData, see NextEpoch; nil when absent
	VersionSpecific     []byte
}

// CheckpointContents lists the transactions of a checkpoint in order, with the
// user signatures of each.
type CheckpointContents struct {
	Transactions []ExecutionDigests
	Signatures   [][]Signature
}

// ExecutionDigests names a transaction and its effects.
type ExecutionDigests struct {
	Transaction, Effects Digest
}

// Signature is a serialized user signature: scheme flag, signature, public key
// (or the serialization of a multisig, zkLogin or passkey authenticator).
type Signature []byte

// A Signer signs for one address.
type Signer interface {
	Address() Address
	// SignTransaction signs the BCS of a TransactionData.
	SignTransaction(tx []byte) (Signature, error)
	// SignPersonalMessage signs a message of any bytes, as wallets do.
	SignPersonalMessage(msg []byte) (Signature, error)
}
