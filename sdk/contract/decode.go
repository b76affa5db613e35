package contract

import (
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// ErrWrongType says that an object is not what it was taken for.
var ErrWrongType = errors.New("wrong type")

// An Identity is what all parsed objects have: their id, and the id of the
// package that defines their type. Whoever trusts the object compares Package
// with [Packages]: anybody can publish a type of the same name. Package is
// zero in objects that were read as part of another.
type Identity struct {
	ID      sui.Address
	Package sui.Address
}

// Table is a table or bag of the framework: its entries are the dynamic fields
// of the object ID.
type Table struct {
	ID   sui.Address
	Size uint64
}

// UnmarshalBCS reads the fields in Move's order.
func (v *Table) UnmarshalBCS(d *bcs.Decoder) { v.ID, v.Size = address(d), d.U64() }

// UpgradeCap is the right to upgrade a package.
type UpgradeCap struct {
	ID      sui.Address
	Package sui.Address // the latest version
	Version uint64
	Policy  uint8 // what upgrades may change, as in sui::package
}

// UnmarshalBCS reads the fields in Move's order.
func (v *UpgradeCap) UnmarshalBCS(d *bcs.Decoder) {
	v.ID, v.Package, v.Version, v.Policy = address(d), address(d), d.U64(), d.U8()
}

// parse reads the contents of an object of type module::name, which has so many
// type parameters, into v, whose identity is id.
func parse(o *sui.Object, module, name string, params int, id *Identity, v bcs.Unmarshaler) error {
	if o == nil || o.Move == nil {
		return fmt.Errorf("parse %s: %w: not a Move object", name, ErrWrongType)
	}
	t := &o.Move.Type
	if t.Module != module || t.Name != name || len(t.Params) != params {
		return fmt.Errorf("parse %s: %w: object %s is a %s", name, ErrWrongType, o.ID(), t.Short())
	}
	if err := bcs.Unmarshal(o.Move.Contents, v); err != nil {
		return fmt.Errorf("parse %s %s: %w", name, o.ID(), err)
	}
	id.Package = t.Address
	return nil
}

// What generated decoders are made of: functions of the decoder, which combine.

func address(d *bcs.Decoder) (a sui.Address) {
	d.Value(&a)
	return a
}

// fixed reads 32 bytes: of a u256, they are the number in little-endian order.
func fixed[T ~[32]byte](d *bcs.Decoder) (v T) {
	copy(v[:], d.Fixed(len(v)))
	return v
}

func value[T any, P interface {
	*T
	bcs.Unmarshaler
}](d *bcs.Decoder) (v T) {
	d.Value(P(&v))
	return v
}

func option[T any](d *bcs.Decoder, read func(*bcs.Decoder) T) *T {
	if !d.Option() {
		return nil
	}
	v := read(d)
	return &v
}

// vector reads a sequence whose elements have at least min bytes.
func vector[T any](d *bcs.Decoder, min int, read func(*bcs.Decoder) T) []T {
	out := make([]T, d.Length(min))
	for i := range out {
		out[i] = read(d)
	}
	return out
}

// An Entry is a key of a map (0x2::vec_map::VecMap) and what it holds.
type Entry[K, V any] struct {
	Key   K
	Value V
}

func entry[K, V any](key func(*bcs.Decoder) K, value func(*bcs.Decoder) V) func(*bcs.Decoder) Entry[K, V] {
	return func(d *bcs.Decoder) Entry[K, V] { return Entry[K, V]{key(d), value(d)} }
}

// ParseNodeField reads an entry of the lineage's table: the dynamic field
// Field<ID, Node>.
func ParseNodeField(o *sui.Object) (*Node, error) { return parseField[Node](o, 32) }

// ParseAfterlifeField reads what the storage system keeps about a blob: the
// dynamic field Field<Afterlife, Record>.
func ParseAfterlifeField(o *sui.Object) (*Afterlife, error) { return parseField[Afterlife](o, 32) }

// parseField reads the value of a dynamic field whose name has a fixed length.
// Who asks for a field by its parent and name knows what type it has.
func parseField[T any, P interface {
	*T
	bcs.Unmarshaler
}](o *sui.Object, nameLength int) (*T, error) {
	v := new(T)
	if t := o.Type(); t == nil || t.Address != sui.Framework || t.Module != "dynamic_field" || t.Name != "Field" {
		return nil, fmt.Errorf("parse dynamic field: %w: object %s is none", ErrWrongType, o.ID())
	}
	d := bcs.NewDecoder(o.Move.Contents)
	address(d)
	d.Fixed(nameLength)
	d.Value(P(v))
	if err := d.Finish(); err != nil {
		return nil, fmt.Errorf("parse dynamic field %s: %w", o.ID(), err)
	}
	return v, nil
}
