package contract

import (
	"fmt"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// An Arg is an argument of a call, or a result that others take. T is the Go
// form of its Move type, so that the Go compiler checks which values go where:
// Arg[Policy] is a policy's object, Arg[uint64] a u64, Arg[[]Rule] a vector of
// rules. [Object], [Pure] and [Vector] make them, calls return them, and
// Arg[T]{x} turns an untyped x into one.
type Arg[T any] struct{ sui.Arg }

// Object names an object whose type has the Go form T.
func Object[T any](b *sui.Builder, id sui.Address) Arg[T] { return Arg[T]{b.Object(id)} }

// Pure makes a plain value: see [sui.EncodePure] for the types. Numbers that
// hold hashes and blob ids are written in little-endian order, as Move does.
func Pure[T any](b *sui.Builder, x T) Arg[T] {
	if hash, is := any(x).(walrus.Hash); is {
		return Arg[T]{b.Pure([32]byte(hash))} // its own BCS is that of a node of a Merkle proof
	}
	return Arg[T]{b.Pure(x)}
}

// Vector makes a vector of values that are no plain ones; typ is that of its
// elements.
func Vector[T any](b *sui.Builder, typ *sui.StructTag, elements ...Arg[T]) Arg[[]T] {
	args := make([]sui.Arg, len(elements))
	for i, e := range elements {
		args[i] = e.Arg
	}
	tag := typ.Tag()
	return Arg[[]T]{b.MakeMoveVec(&tag, args...)}
}

// Types that only calls pass around.
type (
	// Coin is a 0x2::coin::Coin of some type.
	Coin struct{}
	// UpgradeTicket is a 0x2::package::UpgradeTicket.
	UpgradeTicket struct{}
	// UpgradeReceipt is a 0x2::package::UpgradeReceipt.
	UpgradeReceipt struct{}
	// NitroDocument is a 0x2::nitro_attestation::NitroAttestationDocument, which
	// the chain verified.
	NitroDocument struct{}
	// WalrusBlob is a Blob of Walrus' own contracts.
	WalrusBlob struct{}
	// WalrusSystem is the System of Walrus' own contracts.
	WalrusSystem struct{}
	// TypeName is a 0x1::type_name::TypeName.
	TypeName struct{}
)

// calls adds calls of one module to a transaction.
type calls struct {
	b      *sui.Builder
	pkg    Package
	module string
}

func (c calls) call(function string, types []sui.TypeTag, args ...sui.Arg) sui.Result {
	if c.pkg.Latest.IsZero() {
		c.b.Fail(fmt.Errorf("call %s::%s: the contract's package id is not known; publish the contracts with: floe contracts publish", c.module, function))
	}
	return c.b.Call(c.pkg.Latest, c.module, function, types, args...)
}
