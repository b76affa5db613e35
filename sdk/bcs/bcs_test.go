package bcs

import (
	"bytes"
	"errors"
	"testing"
)

// The ULEB128 pairs are those of the BCS specification's README.
func TestULEB(t *testing.T) {
	for _, c := range []struct {
		v    uint64
		want []byte
	}{
		{1, []byte{0x01}},
		{128, []byte{0x80, 0x01}},
		{16384, []byte{0x80, 0x80, 0x01}},
		{2097152, []byte{0x80, 0x80, 0x80, 0x01}},
		{268435456, []byte{0x80, 0x80, 0x80, 0x80, 0x01}},
		{9487, []byte{0x8f, 0x4a}},
	} {
		e := NewEncoder()
		e.ULEB(c.v)
		if !bytes.Equal(e.Data(), c.want) {
			t.Errorf("ULEB(%d) = %x, want %x", c.v, e.Data(), c.want)
		}
		d := NewDecoder(c.want)
		if got := d.ULEB(); got != c.v || d.Finish() != nil {
			t.Errorf("decode %x = %d, %v; want %d", c.want, got, d.Err(), c.v)
		}
	}
}

func TestDecoderRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		in   []byte
		read func(*Decoder)
		want error
	}{
		"padded ULEB":       {[]byte{0x80, 0x00}, func(d *Decoder) { d.ULEB() }, ErrNonCanonical},
		"ULEB over 64 bits": {[]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}, func(d *Decoder) { d.ULEB() }, ErrNonCanonical},
		"boolean 7":         {[]byte{7}, func(d *Decoder) { d.Bool() }, ErrInvalidBool},
		"option 2":          {[]byte{2}, func(d *Decoder) { d.Option() }, ErrInvalidOption},
		"huge length":       {[]byte{0xff, 0xff, 0xff, 0xff, 0x07}, func(d *Decoder) { d.Bytes() }, ErrTruncated},
		"length over 2^31":  {[]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, func(d *Decoder) { d.Bytes() }, ErrTooLong},
		"truncated u64":     {[]byte{1, 2, 3}, func(d *Decoder) { d.U64() }, ErrTruncated},
		"trailing byte":     {[]byte{1, 2}, func(d *Decoder) { d.U8() }, ErrTrailing},
		"elements too many": {[]byte{2, 0}, func(d *Decoder) { d.Length(32) }, ErrTruncated},
	} {
		d := NewDecoder(c.in)
		c.read(d)
		if err := d.Finish(); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

// readers read one thing each and write it back.
var readers = []func(d *Decoder, e *Encoder){
	func(d *Decoder, e *Encoder) { e.ULEB(d.ULEB()) },
	func(d *Decoder, e *Encoder) { e.U8(d.U8()) },
	func(d *Decoder, e *Encoder) { e.U16(d.U16()) },
	func(d *Decoder, e *Encoder) { e.U32(d.U32()) },
	func(d *Decoder, e *Encoder) { e.U64(d.U64()) },
	func(d *Decoder, e *Encoder) { e.Bool(d.Bool()) },
	func(d *Decoder, e *Encoder) { e.Bool(d.Option()) },
	func(d *Decoder, e *Encoder) { e.Bytes(d.Bytes()) },
	func(d *Decoder, e *Encoder) { e.String(d.String()) },
	func(d *Decoder, e *Encoder) { e.Fixed(d.Fixed(7)) },
	func(d *Decoder, e *Encoder) { e.ULEB(uint64(d.Variant(200))) },
	func(d *Decoder, e *Encoder) {
		n := d.Length(2)
		e.ULEB(uint64(n))
		for range n {
			e.U16(d.U16())
		}
	},
}

// What decodes, in any order of types, encodes to the same bytes. After an
// error a decoder stands still.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, bytes.Repeat([]byte{1}, 64))
	f.Add([]byte{0, 0, 7, 11}, []byte{3, 0x80, 1, 2, 9, 9, 1, 5, 6})
	f.Fuzz(func(t *testing.T, order, b []byte) {
		d, e := NewDecoder(b), NewEncoder()
		for _, i := range order {
			before := len(e.Data())
			readers[int(i)%len(readers)](d, e)
			if d.Err() == nil {
				continue
			}
			at := d.Pos()
			for _, read := range readers {
				read(d, NewEncoder())
			}
			if d.Pos() != at || at > len(b) || len(e.Data()) > before+2*len(b)+8 {
				t.Fatalf("a failed decoder of %x went from %d to %d and gave %d bytes", b, at, d.Pos(), len(e.Data())-before)
			}
			return
		}
		if !bytes.Equal(e.Data(), b[:d.Pos()]) {
			t.Fatalf("%x is encoded as %x", b[:d.Pos()], e.Data())
		}
		if (d.Finish() == nil) != (len(e.Data()) == len(b)) {
			t.Fatalf("%d of %d bytes are read, and Finish says %v", len(e.Data()), len(b), d.Finish())
		}
	})
}
