package movevm

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha3"
	"unicode/utf8"
)

// bcsFailure is the abort code of to_bytes for types that are too large to
// describe.
const bcsFailure = 0x1c5

var stdBCS = map[string]native{
	// to_bytes<T>(&T): vector<u8>
	"to_bytes": func(c *nativeCall) {
		if c.in.targs[0].layout > maxLayout {
			abort(bcsFailure)
		}
		c.ret(bytesValue(c.u.encode(c.in.targs[0], c.args[0].load())))
	},
}

// stdHash: (vector<u8>): vector<u8>
var stdHash = map[string]native{
	"sha2_256": func(c *nativeCall) {
		h := sha256.Sum256(c.input(0))
		c.retBytes(h[:])
	},
	"sha3_256": func(c *nativeCall) {
		h := sha3.Sum256(c.input(0))
		c.retBytes(h[:])
	},
}

// input is a vector<u8> argument that the native reads through: it costs fuel.
func (c *nativeCall) input(i int) []byte {
	b := bytesOf(c.args[i])
	c.u.work(len(b) / 8)
	return b
}

// inputRef is input for a &vector<u8>.
func (c *nativeCall) inputRef(i int) []byte {
	b := bytesOf(c.args[i].load())
	c.u.work(len(b) / 8)
	return b
}

var stdString = map[string]native{
	// (&vector<u8>): bool
	"internal_check_utf8": func(c *nativeCall) { c.retBool(utf8.Valid(c.inputRef(0))) },
	// (&vector<u8>, u64): bool
	"internal_is_char_boundary": func(c *nativeCall) { c.retBool(isCharBoundary(c.inputRef(0), c.args[1].n)) },
	// (&vector<u8>, i u64, j u64): vector<u8>
	"internal_sub_string": func(c *nativeCall) {
		b, i, j := c.inputRef(0), c.args[1].n, c.args[2].n
		if i > j || j > uint64(len(b)) {
			throw(StatusInvariant, 0, "substring is out of range")
		}
		c.retBytes(bytes.Clone(b[i:j]))
	},
	// (&vector<u8>, &vector<u8>): u64, the length when absent
	"internal_index_of": func(c *nativeCall) {
		s, sub := c.inputRef(0), c.inputRef(1)
		i := bytes.Index(s, sub)
		if i < 0 {
			i = len(s)
		}
		c.ret(number(uint64(i)))
	},
}

func isCharBoundary(b []byte, i uint64) bool {
	if i >= uint64(len(b)) {
		return i == uint64(len(b))
	}
	return utf8.RuneStart(b[i])
}

// stdTypeName: with_defining_ids<T>(): TypeName and its kin. TypeName is a
// struct of an ascii::String.
var stdTypeName = map[string]native{
	"get":                   func(c *nativeCall) { c.typeName(false) },
	"with_defining_ids":     func(c *nativeCall) { c.typeName(false) },
	"get_with_original_ids": func(c *nativeCall) { c.typeName(true) },
	"with_original_ids":     func(c *nativeCall) { c.typeName(true) },
	"defining_id":           func(c *nativeCall) { c.ret(addressValue(c.typeOf().defining)) },
	"original_id":           func(c *nativeCall) { c.ret(addressValue(c.typeOf().original)) },
}

func (c *nativeCall) typeName(original bool) {
	name := c.in.targs[0].typeName(original)
	c.u.alloc(2*sizeObject + len(name))
	c.ret(structValue(structValue(bytesValue([]byte(name)))))
}

// typeOf is the datatype of the type argument; other types abort with 0, as
// ENonModuleType of std::type_name.
func (c *nativeCall) typeOf() *datatype {
	t := c.in.targs[0]
	if t.data == nil {
		abort(0)
	}
	return t.data
}

// stdDebug prints nothing: a node has no console for programs.
var stdDebug = map[string]native{
	"print":             func(*nativeCall) {},
	"print_stack_trace": func(*nativeCall) {},
}
