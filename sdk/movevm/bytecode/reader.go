package bytecode

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A reader reads one table (or the whole file) front to back. The first error
// sticks, later reads give zeros.
type reader struct {
	b   []byte
	pos int
	err error
}

var (
	errTruncated    = errors.New("ends too early")
	errNonCanonical = errors.New("number is not in its shortest form")
)

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("byte %d: %w", r.pos, fmt.Errorf(format, args...))
	}
}

func (r *reader) more() bool { return r.err == nil && r.pos < len(r.b) }

func (r *reader) take(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n < 0 || n > len(r.b)-r.pos {
		r.fail("%w", errTruncated)
		return nil
	}
	p := r.b[r.pos : r.pos+n : r.pos+n]
	r.pos += n
	return p
}

func (r *reader) u8() byte {
	if p := r.take(1); p != nil {
		return p[0]
	}
	return 0
}

func (r *reader) u32() uint32 {
	if p := r.take(4); p != nil {
		return binary.LittleEndian.Uint32(p)
	}
	return 0
}

// uleb reads a canonical ULEB128 number of at most 64 bits that is at most max.
func (r *reader) uleb(max uint64, what string) uint64 {
	var v uint64
	for shift := uint(0); r.err == nil; shift += 7 {
		c := r.u8()
		if shift == 63 && c > 1 {
			r.fail("%s does not fit 64 bits", what)
			return 0
		}
		v |= uint64(c&0x7f) << shift
		if c&0x80 != 0 {
			continue
		}
		if c == 0 && shift > 0 {
			r.fail("%s: %w", what, errNonCanonical)
		} else if v > max {
			r.fail("%s %d exceeds %d", what, v, max)
		}
		break
	}
	if r.err != nil {
		return 0
	}
	return v
}

// Bounds of the format.
const (
	maxIndex       = 65535
	maxIdentifier  = 128 // Sui's; the format allows 65535
	maxConstant    = 65535
	maxSignature   = 255
	maxTypeParams  = 255
	maxFields      = 255
	maxVariants    = 127
	maxJumpTables  = 127
	maxCode        = 65535
	maxLocals      = 255
	maxTokenDepth  = 256
	maxTokens      = 256 // parts of one type; Sui's verifier has this limit
	maxMetadataKey = 1023
)

func (r *reader) index(what string) uint16 { return uint16(r.uleb(maxIndex, what)) }

// count reads the length of a list whose elements take at least one byte each.
func (r *reader) count(max uint64, what string) int {
	n := r.uleb(max, what)
	if n > uint64(len(r.b)-r.pos) {
		r.fail("%s: %w", what, errTruncated)
		return 0
	}
	return int(n)
}
