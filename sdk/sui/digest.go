package sui

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/crypto/blake2b"

	"github.com/floe-data/floe/sdk/bcs"
)

// Digests that stand for what has no digest.
var (
	DigestDeleted   = repeatedDigest(99)
	DigestWrapped   = repeatedDigest(88)
	DigestCancelled = repeatedDigest(77)
)

func repeatedDigest(b byte) (x Digest) {
	for i := range x {
		x[i] = b
	}
	return x
}

// TypedDigest is Sui's digest of a value: BLAKE2b-256 of the type's name, two
// colons and the BCS of the value.
func TypedDigest(name string, data []byte) Digest {
	b := make([]byte, 0, len(name)+2+len(data))
	return blake2b.Sum256(append(append(append(b, name...), "::"...), data...))
}

// digestOf is TypedDigest of the BCS of v, in a buffer that is used again.
func digestOf(name string, v bcs.Marshaler) Digest {
	x, _ := digestAndSize(name, v)
	return x
}

func digestAndSize(name string, v bcs.Marshaler) (x Digest, size int) {
	e := digestBuffers.Get().(*bcs.Encoder)
	defer digestBuffers.Put(e)
	e.Reset()
	e.Fixed([]byte(name))
	e.Fixed([]byte("::"))
	v.MarshalBCS(e)
	return blake2b.Sum256(e.Data()), len(e.Data()) - len(name) - 2
}

var digestBuffers = sync.Pool{New: func() any { return new(bcs.Encoder) }}

// Digest returns the transaction digest.
func (t *TransactionData) Digest() Digest { return digestOf("TransactionData", t) }

// DigestAndSize returns the transaction digest and the size of the transaction
// in BCS.
func (t *TransactionData) DigestAndSize() (Digest, int) { return digestAndSize("TransactionData", t) }

// TransactionDigest returns the digest of the BCS of a TransactionData.
func TransactionDigest(data []byte) Digest { return TypedDigest("TransactionData", data) }

// Digest returns the digest that checkpoints list.
func (t *TransactionEffects) Digest() Digest {
	return digestOf("TransactionEffects", t)
}

// Digest returns the digest that effects hold.
func (t TransactionEvents) Digest() Digest { return digestOf("TransactionEvents", t) }

// Digest returns the object digest, which covers data, owner, previous
// transaction and storage rebate.
func (o *Object) Digest() Digest { return digestOf("Object", o) }

// Digest returns the checkpoint digest.
func (c *CheckpointSummary) Digest() Digest {
	return digestOf("CheckpointSummary", c)
}

// Digest returns the digest that a summary holds.
func (c *CheckpointContents) Digest() Digest {
	return digestOf("CheckpointContents", c)
}

// ChainIdentifier returns the short form of a chain's genesis digest, 8 hex
// digits.
func (x Digest) ChainIdentifier() string { return fmt.Sprintf("%x", x[:4]) }

// PackageDigest identifies what an upgrade publishes: the BLAKE2b-256 of the
// sorted module hashes and dependency ids.
func PackageDigest(modules [][]byte, dependencies []Address) Digest {
	parts := make([][32]byte, 0, len(modules)+len(dependencies))
	for _, m := range modules {
		parts = append(parts, blake2b.Sum256(m))
	}
	for _, id := range dependencies {
		parts = append(parts, id)
	}
	slices.SortFunc(parts, func(a, b [32]byte) int { return Address(a).Compare(b) })
	h, _ := blake2b.New256(nil)
	for i := range parts {
		h.Write(parts[i][:])
	}
	return Digest(h.Sum(nil))
}

// FreshObjectID returns the id of the n-th (from 0) id that a transaction
// creates.
func FreshObjectID(tx Digest, n uint64) Address {
	b := append([]byte{0xf1}, tx[:]...)
	return blake2b.Sum256(binary.LittleEndian.AppendUint64(b, n))
}

// DynamicFieldID returns the id of the Field object that parent holds under a
// key, given as its BCS and type. For a dynamic object field the key type is
// 0x2::dynamic_object_field::Wrapper of the name's type.
func DynamicFieldID(parent Address, keyType TypeTag, key []byte) Address {
	e := bcs.NewEncoder()
	e.U8(0xf0)
	e.Value(parent)
	e.U64(uint64(len(key)))
	e.Fixed(key)
	e.Value(keyType)
	return blake2b.Sum256(e.Data())
}

// DerivedObjectID returns the id of an object claimed from a parent with
// sui::derived_object under a key.
func DerivedObjectID(parent Address, keyType TypeTag, key []byte) Address {
	return DynamicFieldID(parent, frameworkType("derived_object", "DerivedObjectKey", keyType).Tag(), key)
}
