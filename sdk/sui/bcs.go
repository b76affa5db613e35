package sui

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/floe-data/floe/sdk/bcs"
)

// Errors of decoding, beside those of package bcs.
var (
	ErrNotUTF8      = errors.New("string is not UTF-8")
	ErrIdentifier   = errors.New("not a Move identifier")
	ErrTypeTooDeep  = errors.New("type nests too deeply")
	ErrNotAscending = errors.New("map keys are not strictly ascending")
)

// maxTypeDepth bounds the nesting of type tags, in BCS and in text. Sui allows
// far less in transactions; the bound keeps the recursion small.
const maxTypeDepth = 64

// decodable is a pointer to T that can read itself.
type decodable[T any] interface {
	*T
	bcs.Unmarshaler
}

// encodeSlice appends the length of s and its elements.
func encodeSlice[T bcs.Marshaler](e *bcs.Encoder, s []T) {
	e.ULEB(uint64(len(s)))
	for _, v := range s {
		v.MarshalBCS(e)
	}
}

// decodeSlice reads a sequence whose elements take at least size bytes each.
// An empty sequence is nil.
func decodeSlice[T any, P decodable[T]](d *bcs.Decoder, size int) []T {
	var s []T
	for n := d.Length(size); n > 0 && d.Err() == nil; n-- {
		var v T
		P(&v).UnmarshalBCS(d)
		s = append(s, v)
	}
	return s
}

// encodeBlobs appends a vector<vector<u8>>.
func encodeBlobs(e *bcs.Encoder, s [][]byte) {
	e.ULEB(uint64(len(s)))
	for _, b := range s {
		e.Bytes(b)
	}
}

func decodeBlobs(d *bcs.Decoder) [][]byte {
	var s [][]byte
	for n := d.Length(1); n > 0 && d.Err() == nil; n-- {
		s = append(s, d.Bytes())
	}
	return s
}

func encodeOptionU64(e *bcs.Encoder, v *uint64) {
	e.Bool(v != nil)
	if v != nil {
		e.U64(*v)
	}
}

func decodeOptionU64(d *bcs.Decoder) *uint64 {
	if !d.Option() {
		return nil
	}
	v := d.U64()
	return &v
}

func encodeOptionDigest(e *bcs.Encoder, v *Digest) {
	e.Bool(v != nil)
	if v != nil {
		v.MarshalBCS(e)
	}
}

func decodeOptionDigest(d *bcs.Decoder) *Digest {
	if !d.Option() {
		return nil
	}
	var v Digest
	v.UnmarshalBCS(d)
	return &v
}

// decodeString reads a string that must be UTF-8.
func decodeString(d *bcs.Decoder) string {
	s := d.String()
	if !utf8.ValidString(s) {
		d.Fail(ErrNotUTF8)
	}
	return s
}

// decodeIdentifier reads the name of a module or type.
func decodeIdentifier(d *bcs.Decoder) string {
	s := d.String()
	if d.Err() == nil && !IsIdentifier(s) {
		d.Fail(fmt.Errorf("%w: %.40q", ErrIdentifier, s))
	}
	return s
}

// copyBytes returns a copy of b that is never nil.
func copyBytes(b []byte) []byte { return append([]byte{}, b...) }
