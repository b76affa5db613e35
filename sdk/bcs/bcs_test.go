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

func FuzzDecoder(f *testing.F) {
	f.Add([]byte{3, 1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		d := NewDecoder(b)
		v := d.ULEB()
		if d.Err() != nil {
			return
		}
		e := NewEncoder()
		e.ULEB(v)
		if !bytes.Equal(e.Data(), b[:d.Pos()]) {
			t.Fatalf("%x decodes to %d, which encodes as %x", b, v, e.Data())
		}
	})
}
