// Package bcs reads and writes Binary Canonical Serialization, the byte format
// of everything that Sui, Walrus and Seal hash or sign.
//
// Types implement [Marshaler] and [Unmarshaler] by calling the methods of
// [Encoder] and [Decoder] field by field; use [Marshal] and [Unmarshal] for a
// whole value. There is no reflection. Decoding is canonical and bounded: a
// ULEB128 length with padding, a boolean other than 0 or 1, trailing bytes or
// a length that the remaining input cannot hold is an error, and nothing is
// allocated before the input that justifies it has been seen.
//
// Source of the format: the BCS specification (github.com/diem/bcs) and
// Sui's use of it.
package bcs

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// MaxLength is the largest length of a sequence, as BCS defines it.
const MaxLength = 1<<31 - 1

// Errors that a Decoder reports, wrapped with the position in the input.
var (
	ErrTruncated     = errors.New("input ends too early")
	ErrTrailing      = errors.New("bytes remain after the value")
	ErrNonCanonical  = errors.New("non-canonical ULEB128 number")
	ErrInvalidBool   = errors.New("boolean is neither 0 nor 1")
	ErrInvalidOption = errors.New("option tag is neither 0 nor 1")
	ErrTooLong       = errors.New("length exceeds its bound")
)

// Marshaler is a value that can append itself to an Encoder.
type Marshaler interface{ MarshalBCS(e *Encoder) }

// Unmarshaler is a value that can read itself from a Decoder. Errors stick to
// the Decoder.
type Unmarshaler interface{ UnmarshalBCS(d *Decoder) }

// Marshal returns the BCS bytes of v.
func Marshal(v Marshaler) []byte {
	e := &Encoder{buf: make([]byte, 0, 256)} // what most values fit in
	v.MarshalBCS(e)
	return e.Data()
}

// Unmarshal reads v from b, which must hold exactly one value.
func Unmarshal(b []byte, v Unmarshaler) error {
	d := NewDecoder(b)
	v.UnmarshalBCS(d)
	return d.Finish()
}

// An Encoder builds BCS bytes. The zero value is ready to use.
type Encoder struct{ buf []byte }

// NewEncoder returns an empty Encoder.
func NewEncoder() *Encoder { return &Encoder{} }

// Reset empties the Encoder, which keeps its buffer.
func (e *Encoder) Reset() { e.buf = e.buf[:0] }

// Data returns the bytes written so far; the Encoder still owns them.
func (e *Encoder) Data() []byte { return e.buf }

// Fixed appends b as it is, without a length.
func (e *Encoder) Fixed(b []byte) { e.buf = append(e.buf, b...) }

// U8 appends one byte.
func (e *Encoder) U8(v uint8) { e.buf = append(e.buf, v) }

// U16 appends v in little-endian order.
func (e *Encoder) U16(v uint16) { e.buf = binary.LittleEndian.AppendUint16(e.buf, v) }

// U32 appends v in little-endian order.
func (e *Encoder) U32(v uint32) { e.buf = binary.LittleEndian.AppendUint32(e.buf, v) }

// U64 appends v in little-endian order.
func (e *Encoder) U64(v uint64) { e.buf = binary.LittleEndian.AppendUint64(e.buf, v) }

// Bool appends 0 or 1.
func (e *Encoder) Bool(v bool) {
	if v {
		e.U8(1)
	} else {
		e.U8(0)
	}
}

// ULEB appends v as ULEB128: lengths and enum variants.
func (e *Encoder) ULEB(v uint64) { e.buf = binary.AppendUvarint(e.buf, v) }

// Bytes appends a vector<u8>: its length, then its bytes.
func (e *Encoder) Bytes(b []byte) {
	e.ULEB(uint64(len(b)))
	e.Fixed(b)
}

// String appends a UTF-8 string in the form of vector<u8>.
func (e *Encoder) String(s string) {
	e.ULEB(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

// Value appends v.
func (e *Encoder) Value(v Marshaler) { v.MarshalBCS(e) }

// A Decoder reads BCS bytes. The first error sticks: every later read returns
// a zero value, so a caller checks [Decoder.Err] or [Decoder.Finish] once.
type Decoder struct {
	buf []byte
	pos int
	err error
}

// NewDecoder returns a Decoder over b, which it does not copy.
func NewDecoder(b []byte) *Decoder { return &Decoder{buf: b} }

// Err returns the first error.
func (d *Decoder) Err() error { return d.err }

// Pos returns the offset of the next byte.
func (d *Decoder) Pos() int { return d.pos }

// Since returns the bytes read since the offset pos, which an earlier
// [Decoder.Pos] gave, sharing the input's memory. It serves values that are
// kept as bytes once their extent is known.
func (d *Decoder) Since(pos int) []byte {
	if d.err != nil || pos < 0 || pos > d.pos {
		return nil
	}
	return d.buf[pos:d.pos:d.pos]
}

// Remaining returns how many bytes have not been read.
func (d *Decoder) Remaining() int { return len(d.buf) - d.pos }

// Finish returns the first error, or ErrTrailing when input remains.
func (d *Decoder) Finish() error {
	if d.err == nil && d.pos != len(d.buf) {
		d.Fail(ErrTrailing)
	}
	return d.err
}

// Fail records err, with the current offset, unless an error is recorded
// already. Types call it when a value that they read is not allowed.
func (d *Decoder) Fail(err error) {
	if d.err == nil {
		d.err = fmt.Errorf("decode BCS at byte %d: %w", d.pos, err)
	}
}

// Fixed returns the next n bytes, sharing the input's memory.
func (d *Decoder) Fixed(n int) []byte {
	if d.err != nil {
		return nil
	}
	if n < 0 || n > d.Remaining() {
		d.Fail(ErrTruncated)
		return nil
	}
	b := d.buf[d.pos : d.pos+n : d.pos+n]
	d.pos += n
	return b
}

// Into fills dst with the next len(dst) bytes.
func (d *Decoder) Into(dst []byte) { copy(dst, d.Fixed(len(dst))) }

// U8 reads one byte.
func (d *Decoder) U8() uint8 {
	if b := d.Fixed(1); b != nil {
		return b[0]
	}
	return 0
}

// U16 reads a little-endian number.
func (d *Decoder) U16() uint16 {
	if b := d.Fixed(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

// U32 reads a little-endian number.
func (d *Decoder) U32() uint32 {
	if b := d.Fixed(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// U64 reads a little-endian number.
func (d *Decoder) U64() uint64 {
	if b := d.Fixed(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// Bool reads 0 or 1.
func (d *Decoder) Bool() bool {
	v := d.U8()
	if v > 1 {
		d.Fail(ErrInvalidBool)
	}
	return v == 1
}

// Option reads the tag of an Option and reports whether a value follows.
func (d *Decoder) Option() bool {
	v := d.U8()
	if v > 1 {
		d.Fail(ErrInvalidOption)
	}
	return v == 1
}

// ULEB reads a canonical ULEB128 number of at most 64 bits.
func (d *Decoder) ULEB() uint64 {
	var v uint64
	for shift := 0; ; shift += 7 {
		b := d.U8()
		if d.err != nil {
			return 0
		}
		if shift == 63 && b > 1 || shift > 63 {
			d.Fail(ErrNonCanonical)
			return 0
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if b == 0 && shift > 0 {
				d.Fail(ErrNonCanonical)
				return 0
			}
			return v
		}
	}
}

// Variant reads the index of an enum variant and demands that it is below n.
func (d *Decoder) Variant(n int) int {
	v := d.ULEB()
	if d.err == nil && v >= uint64(n) {
		d.Fail(fmt.Errorf("unknown enum variant %d of %d", v, n))
		return 0
	}
	return int(v)
}

// Length reads the length of a sequence whose elements take at least
// minElement bytes each (0 counts as 1), and demands that the rest of the
// input can hold it.
func (d *Decoder) Length(minElement int) int {
	v := d.ULEB()
	if d.err != nil {
		return 0
	}
	if v > MaxLength {
		d.Fail(ErrTooLong)
		return 0
	}
	if int64(v)*int64(max(minElement, 1)) > int64(d.Remaining()) {
		d.Fail(ErrTruncated)
		return 0
	}
	return int(v)
}

// Bytes reads a vector<u8> and returns a copy.
func (d *Decoder) Bytes() []byte {
	b := d.Fixed(d.Length(1))
	if d.err != nil {
		return nil
	}
	return append([]byte{}, b...)
}

// String reads a vector<u8> as a string. Whether it is UTF-8 is the caller's
// question.
func (d *Decoder) String() string { return string(d.Fixed(d.Length(1))) }

// Value reads v.
func (d *Decoder) Value(v Unmarshaler) {
	if d.err == nil {
		v.UnmarshalBCS(d)
	}
}
