package movevm

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
)

// Decode reads the BCS of a value that has no references; trailing bytes and
// non-canonical forms are errors. It does not ask whether the value could have
// been made by a program: that a String is UTF-8 is the caller's check.
func (s *Session) Decode(t *Type, b []byte) (v Value, err error) {
	defer recoverFault(&err)
	inner, err := s.usage.decode(t, b)
	if err != nil {
		return Value{}, errorf(StatusValueDeserialize, "decode value of type %v: %v", t, err)
	}
	return Value{t, inner}, nil
}

// Encode is the BCS of a value, or of the target of a reference. It costs no
// fuel, so that it works after a program has run out of it.
func (s *Session) Encode(v Value) (b []byte, err error) {
	defer recoverFault(&err)
	t, inner := v.typ, v.v
	if t == nil {
		return nil, errors.New("encode value: it is empty")
	}
	if t.IsRef() {
		t, inner = t.Elem, inner.load()
	}
	return unmetered().encode(t, inner), nil
}

// decode reads exactly one value from b.
func (u *usage) decode(t *Type, b []byte) (value, error) {
	d := bcs.NewDecoder(b)
	v := u.decodeValue(t, d)
	return v, d.Finish()
}

var errNotDecodable = errors.New("the type has no BCS")

func (u *usage) decodeValue(t *Type, d *bcs.Decoder) value {
	if d.Err() != nil {
		return value{}
	}
	switch t.Kind {
	case KindBool:
		return boolean(d.Bool())
	case KindU8:
		return number(uint64(d.U8()))
	case KindU16:
		return number(uint64(d.U16()))
	case KindU32:
		return number(uint64(d.U32()))
	case KindU64:
		return number(d.U64())
	case KindU128:
		return bigLiteral(d.Fixed(16))
	case KindU256:
		return bigLiteral(d.Fixed(32))
	case KindAddress:
		if b := d.Fixed(32); b != nil {
			return u.slab.wide(addressLimbs(b))
		}
		return value{}
	case KindVector:
		return u.decodeVector(t, d)
	case KindDatatype:
		return u.decodeDatatype(t, d)
	}
	d.Fail(errNotDecodable)
	return value{}
}

func (u *usage) decodeVector(t *Type, d *bcs.Decoder) value {
	if t.Elem.Kind == KindU8 {
		b := d.Fixed(d.Length(1))
		u.alloc(sizeObject + len(b))
		return value{o: u.slab.bytes(b)}
	}
	n := d.Length(1) // at most what remains: each element takes a byte at least
	u.alloc(sizeObject + sizeValue*n)
	o := u.slab.object()
	o.f = make([]value, 0, n)
	for i := 0; i < n && d.Err() == nil; i++ {
		o.f = append(o.f, u.decodeValue(t.Elem, d))
	}
	return value{o: o}
}

func (u *usage) decodeDatatype(t *Type, d *bcs.Decoder) value {
	tag := uint64(0)
	if t.data.enum {
		if tag = d.ULEB(); tag >= uint64(len(t.fields)) {
			d.Fail(fmt.Errorf("%v has no variant %d", t, tag))
			return value{}
		}
	}
	fields := t.fields[tag]
	if len(fields) == 0 {
		return value{n: tag}
	}
	u.alloc(sizeObject + sizeValue*len(fields))
	o := u.slab.record(len(fields))
	for i, f := range fields {
		o.f[i] = u.decodeValue(f, d)
	}
	return value{n: tag, o: o}
}

// encode is the inverse of decode.
func (u *usage) encode(t *Type, v value) []byte {
	b := u.appendValue(make([]byte, 0, 64), t, v)
	u.alloc(len(b))
	return b
}

func (u *usage) appendValue(b []byte, t *Type, v value) []byte {
	switch t.Kind {
	case KindBool, KindU8:
		return append(b, byte(v.n))
	case KindU16:
		return binary.LittleEndian.AppendUint16(b, uint16(v.n))
	case KindU32:
		return binary.LittleEndian.AppendUint32(b, uint32(v.n))
	case KindU64:
		return binary.LittleEndian.AppendUint64(b, v.n)
	case KindU128, KindU256:
		w := v.limbs()
		for _, limb := range w[:widths[t.Kind]/64] {
			b = binary.LittleEndian.AppendUint64(b, limb)
		}
		return b
	case KindAddress, KindSigner:
		a := v.address()
		return append(b, a[:]...)
	case KindVector:
		return u.appendVector(b, t, v)
	case KindDatatype:
		u.work(1)
		if t.data.enum {
			b = append(b, byte(v.n))
		}
		for i, f := range t.fields[v.n] {
			b = u.appendValue(b, f, v.o.f[i])
		}
		return b
	}
	throw(StatusInvariant, 0, "references have no BCS")
	return nil
}

func (u *usage) appendVector(b []byte, t *Type, v value) []byte {
	if t.Elem.Kind == KindU8 {
		b = binary.AppendUvarint(b, uint64(len(v.o.b)))
		return append(b, v.o.b...)
	}
	b = binary.AppendUvarint(b, uint64(len(v.o.f)))
	u.work(len(v.o.f))
	for _, e := range v.o.f {
		b = u.appendValue(b, t.Elem, e)
	}
	return b
}
