package movevm

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/floe-data/floe/sdk/sui"
)

// A value is a Move value or reference inside of the machine. What it means
// follows from its static type:
//
//	bool, u8…u64      n
//	u128, u256        n if o is nil; otherwise o.b holds 32 little-endian bytes, never changed
//	address, signer   the same, as the number that the 32 bytes spell in big-endian order
//	vector<u8>        o.b
//	vector<T>         o.f
//	struct            o.f
//	enum              n is the tag, o.f the fields; o is nil when there are none
//	&T, &mut T        element n of the container o
//
// There is no unsafe code: whatever a program that slipped through the static
// checks does, it can at most make the machine panic, which Call recovers.
type value struct {
	n uint64
	o *object
}

// An object is a container of values: a struct, a vector, the locals of a
// frame, or a cell. Exactly one of f and b is in use.
type object struct {
	f []value
	b []byte
}

// bigMark is the n of numbers that need o.
const bigMark = 1 << 63

// maxDepth bounds recursion over values. Types nest at most 128 deep, so only
// an ill-typed program can reach it.
const maxDepth = 256

func number(n uint64) value { return value{n: n} }

func boolean(b bool) value { return value{n: bit(b)} }

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// wide makes a number of up to 256 bits; w is little-endian.
func wide(w [4]uint64) value {
	if w[1]|w[2]|w[3] == 0 {
		return value{n: w[0]}
	}
	x := &struct {
		object
		buf [32]byte
	}{}
	x.b = x.buf[:]
	return wideIn(&x.object, w)
}

// wideIn writes a number into an object of 32 bytes.
func wideIn(o *object, w [4]uint64) value {
	for i, limb := range w {
		binary.LittleEndian.PutUint64(o.b[8*i:], limb)
	}
	return value{n: bigMark, o: o}
}

// limbs is the inverse of wide.
func (v value) limbs() (w [4]uint64) {
	if v.o == nil {
		w[0] = v.n
		return w
	}
	b := v.o.b[:32]
	for i := range w {
		w[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return w
}

func addressValue(a sui.Address) value { return wide(addressLimbs(a[:])) }

// addressLimbs is the number that the 32 bytes of an address spell.
func addressLimbs(a []byte) [4]uint64 {
	return [4]uint64{
		binary.BigEndian.Uint64(a[24:]), binary.BigEndian.Uint64(a[16:]),
		binary.BigEndian.Uint64(a[8:]), binary.BigEndian.Uint64(a[:]),
	}
}

func (v value) address() (a sui.Address) {
	for i, limb := range v.limbs() {
		binary.BigEndian.PutUint64(a[24-8*i:], limb)
	}
	return a
}

func bytesValue(b []byte) value { return value{o: &object{b: b}} }

// record makes an object of n fields in one allocation where n is small.
func record(n int) *object {
	switch n {
	case 1:
		x := &struct {
			object
			a [1]value
		}{}
		x.f = x.a[:]
		return &x.object
	case 2:
		x := &struct {
			object
			a [2]value
		}{}
		x.f = x.a[:]
		return &x.object
	case 3:
		x := &struct {
			object
			a [3]value
		}{}
		x.f = x.a[:]
		return &x.object
	case 4:
		x := &struct {
			object
			a [4]value
		}{}
		x.f = x.a[:]
		return &x.object
	}
	return &object{f: make([]value, n)}
}

func structValue(fields ...value) value {
	o := record(len(fields))
	copy(o.f, fields)
	return value{o: o}
}

// load reads the place that a reference names.
func (v value) load() value {
	if v.o.f == nil {
		return value{n: uint64(v.o.b[v.n])}
	}
	return v.o.f[v.n]
}

// store writes it.
func (v value) store(x value) {
	if v.o.f == nil {
		v.o.b[v.n] = byte(x.n)
		return
	}
	v.o.f[v.n] = x
}

// Approximate sizes for the memory bound.
const (
	sizeObject = 64
	sizeValue  = 16
)

// copyValue copies a value deeply; references must not be given to it.
func (u *usage) copyValue(v value, depth int) value {
	if v.o == nil || v.n == bigMark {
		return v
	}
	if depth > maxDepth {
		throw(StatusInvariant, 0, "value is nested too deep")
	}
	u.alloc(sizeObject + len(v.o.b) + sizeValue*len(v.o.f))
	if v.o.f == nil {
		return value{n: v.n, o: u.slab.bytes(v.o.b)}
	}
	o := u.slab.record(len(v.o.f))
	for i, e := range v.o.f {
		o.f[i] = u.copyValue(e, depth+1)
	}
	return value{n: v.n, o: o}
}

// equal compares two values of one type that is not a reference.
func (u *usage) equal(a, b value, depth int) bool {
	if a.n != b.n {
		return false
	}
	if a.o == b.o {
		return true
	}
	if a.o == nil || b.o == nil || len(a.o.f) != len(b.o.f) {
		return false
	}
	if depth > maxDepth {
		throw(StatusInvariant, 0, "value is nested too deep")
	}
	u.work(1 + len(a.o.f) + len(a.o.b)/32)
	for i := range a.o.f {
		if !u.equal(a.o.f[i], b.o.f[i], depth+1) {
			return false
		}
	}
	return bytes.Equal(a.o.b, b.o.b)
}

// A Value is a Move value with its type, or a reference to one. Copying the Go
// value shares the Move value.
type Value struct {
	typ *Type
	v   value
}

// Type is the type of the value; the zero Value has none.
func (v Value) Type() *Type { return v.typ }

// Copy is a deep copy. It does not ask for the copy ability. A copy of a
// reference refers to the same place.
func (v Value) Copy() Value {
	if v.typ == nil || v.typ.IsRef() {
		return v
	}
	return Value{v.typ, unmetered().copyValue(v.v, 0)}
}

// at follows a path of field indices through structs and references.
func (v Value) at(path []int) (place value, t *Type, err error) {
	t, cur := v.typ, v.v
	if t == nil {
		return value{}, nil, fmt.Errorf("read value: it is empty")
	}
	if t.IsRef() {
		t, place, cur = t.Elem, cur, cur.load()
	}
	for _, i := range path {
		if _, fields := t.Fields(); i < 0 || i >= len(fields) {
			return value{}, nil, fmt.Errorf("read value of type %v: there is no field %d", t, i)
		}
		place, t = value{n: uint64(i), o: cur.o}, t.fields[0][i]
		cur = place.load()
	}
	if place.o == nil {
		place = value{o: &object{f: []value{cur}}}
	}
	return place, t, nil
}

// U64At reads the u64 at a path of field indices: a Coin's balance is at (1, 0).
func (v Value) U64At(path ...int) (uint64, error) {
	place, t, err := v.at(path)
	if err != nil {
		return 0, err
	}
	if t.Kind != KindU64 {
		return 0, fmt.Errorf("read value: field is %v, not u64", t)
	}
	return place.load().n, nil
}

// SetU64At writes it in place. The path must not be empty unless v is a
// reference.
func (v Value) SetU64At(n uint64, path ...int) error {
	place, t, err := v.at(path)
	if err != nil {
		return err
	}
	if t.Kind != KindU64 {
		return fmt.Errorf("write value: field is %v, not u64", t)
	}
	place.store(number(n))
	return nil
}

// AddressAt reads the address at a path of field indices.
func (v Value) AddressAt(path ...int) (sui.Address, error) {
	place, t, err := v.at(path)
	if err != nil {
		return sui.Address{}, err
	}
	if t.Kind != KindAddress {
		return sui.Address{}, fmt.Errorf("read value: field is %v, not address", t)
	}
	return place.load().address(), nil
}

// ID is the object id of a value of a type with key: AddressAt(0, 0, 0), field
// bytes of the ID in the UID that is the first field.
func (v Value) ID() (sui.Address, error) { return v.AddressAt(0, 0, 0) }

// A Cell is a place of the caller that owns a value and can lend it to calls.
// It must not be copied once it holds one: references point into it.
type Cell struct {
	typ   *Type
	place object
	held  [1]value
}

// NewCell puts a value in a cell.
func NewCell(v Value) *Cell {
	c := new(Cell)
	c.Set(v)
	return c
}

// Ref borrows the cell. as is the parameter's type: &T or &mut T where T is the
// type of the value. Borrow rules among the arguments of one call are the
// caller's duty.
func (c *Cell) Ref(as *Type) Value { return Value{as, value{o: &c.place}} }

// Value is the current value of the cell. The cell still owns it.
func (c *Cell) Value() Value { return Value{c.typ, c.held[0]} }

// Set puts a value into the cell. If it holds one already, the type must be the
// same.
func (c *Cell) Set(v Value) { c.typ, c.held[0], c.place.f = v.typ, v.v, c.held[:] }
