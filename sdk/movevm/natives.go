package movevm

import (
	"slices"
	"strings"

	"github.com/floe-data/floe/sdk/sui"
)

// A native is a function of the framework that is written in Go. It reads
// c.args and leaves its returns by c.ret; it fails by throw.
type native func(c *nativeCall)

// A nativeCall is a call of a native function in progress.
type nativeCall struct {
	s    *Session
	u    *usage
	in   *instance
	args []value
	out  []value
}

func (c *nativeCall) ret(v ...value) { c.out = append(c.out, v...) }
func (c *nativeCall) retBool(b bool) { c.ret(boolean(b)) }

// retBytes returns a vector<u8> and charges for it.
func (c *nativeCall) retBytes(b []byte) {
	c.u.alloc(sizeObject + len(b))
	c.ret(bytesValue(b))
}

// abort ends the program with an abort code of the native's module.
func abort(code uint64) { throw(StatusAborted, code, "") }

// callNative runs a native for a frame.
func (m *machine) callNative(in *instance, s *site, call *instr, fr *frame) {
	args := m.frames.natives(len(s.args))
	for i, r := range s.args {
		args[i] = fr.get(r)
	}
	out := m.runNative(in, args)
	if len(out) == 1 {
		fr.set(s.results[0]&inV|reg(call.c), out[0])
	} else {
		for i, r := range s.results {
			fr.set(r, out[i])
		}
	}
	clear(out)
	clear(args)
}

// runNative runs a native; what it gives is valid until the next call.
func (m *machine) runNative(in *instance, args []value) []value {
	c := &m.native
	c.s, c.u, c.in, c.args, c.out = m.s, m.usage, in, args, c.out[:0]
	m.usage.step(1)
	in.native(c)
	if len(c.out) != len(in.returns) {
		throw(StatusInvariant, 0, "native function returned a wrong number of values")
	}
	c.in = nil
	return c.out
}

// nativeName names a native function. All are in the framework, at 0x1 and 0x2.
type nativeName struct {
	address          sui.Address
	module, function string
}

// A registered native is a Go function with the signature that it expects of
// the Move declaration.
type registered struct {
	fn        native // nil when we refuse to stand in for it
	signature string // as in nativeTable
	test      bool   // for unit tests only
	refused   string // why fn is nil
	arity     arity
}

// arity is all of a signature that can be checked without types. Natives read
// their arguments without looking, so a declaration that differs would give
// garbage; the types are compared with mainnet's in a test of scripts/movec.
type arity struct{ typeParams, params, returns int }

// natives are all natives that we know.
var natives = map[nativeName]*registered{}

func init() {
	for _, entry := range nativeTable {
		n := &registered{signature: entry.signature, test: entry.test, refused: entry.refused}
		var name nativeName
		name, n.arity = parseSignature(entry.signature)
		if natives[name] != nil {
			panic("native declared twice: " + entry.signature)
		}
		natives[name] = n
	}
	for _, set := range []struct {
		address sui.Address
		module  string
		fns     map[string]native
	}{
		{stdFramework, "bcs", stdBCS}, {stdFramework, "hash", stdHash}, {stdFramework, "string", stdString},
		{stdFramework, "type_name", stdTypeName}, {stdFramework, "debug", stdDebug}, {stdFramework, "unit_test", stdUnitTest},
		{suiFramework, "object", suiObject}, {suiFramework, "tx_context", suiTxContext}, {suiFramework, "transfer", suiTransfer},
		{suiFramework, "dynamic_field", suiDynamicField}, {suiFramework, "event", suiEvent}, {suiFramework, "types", suiTypes},
		{suiFramework, "address", suiAddress}, {suiFramework, "protocol_config", suiProtocolConfig},
		{suiFramework, "config", suiConfig}, {suiFramework, "package", suiPackage},
		{suiFramework, "hash", suiHash}, {suiFramework, "hmac", suiHMAC}, {suiFramework, "ed25519", suiEd25519},
		{suiFramework, "ecdsa_k1", suiSecp256k1}, {suiFramework, "ecdsa_r1", suiSecp256r1}, {suiFramework, "ecvrf", suiECVRF},
		{suiFramework, "bls12381", suiBLS}, {suiFramework, "group_ops", suiGroupOps}, {suiFramework, "groth16", suiGroth16},
		{suiFramework, "poseidon", suiPoseidon}, {suiFramework, "nitro_attestation", suiNitro},
		{suiFramework, "event", suiTestEvent}, {suiFramework, "tx_context", suiTestContext}, {suiFramework, "test_utils", suiTestUtils},
		{suiFramework, "random", suiTestRandom}, {suiFramework, "test_scenario", suiTestScenario},
	} {
		for name, fn := range set.fns {
			n := natives[nativeName{set.address, set.module, name}]
			if n == nil || n.refused != "" {
				panic("native is not in the table: " + set.module + "::" + name)
			}
			n.fn = fn
		}
	}
}

// native finds the Go function of a native and checks that the declaration has
// the shape that it expects.
func (r *resolver) native(f *function) (native, error) {
	n := natives[nativeName{f.mod.pack.original, f.mod.name, f.name}]
	name := f.mod.pack.original.Short() + "::" + f.mod.name + "::" + f.name
	switch {
	case n == nil:
		return nil, errorf(StatusLinker, "native function %s is not known", name)
	case n.refused != "":
		return nil, errorf(StatusLinker, "native function %s is not implemented: %s", name, n.refused)
	case n.test && !r.test:
		return nil, errorf(StatusLinker, "native function %s is for unit tests only", name)
	}
	if got := (arity{len(f.handle.TypeParams), len(f.params), len(f.returns)}); got != n.arity {
		return nil, errorf(StatusLinker, "native function %s is declared with %d type parameters, %d parameters and %d returns; it has %s",
			name, got.typeParams, got.params, got.returns, n.signature)
	}
	return n.fn, nil
}

// A NativeFunction is a native that this package knows.
type NativeFunction struct {
	Name      string // such as 0x2::event::emit
	Signature string // with T0, T1… as type parameters
	Test      bool   // only with Config.Test
	Refused   string // why calls of it fail, "" if they don't
}

// NativeFunctions lists the natives that this package knows, by name.
func NativeFunctions() []NativeFunction {
	var list []NativeFunction
	for name, n := range natives {
		list = append(list, NativeFunction{name.address.Short() + "::" + name.module + "::" + name.function, n.signature, n.test, n.refused})
	}
	slices.SortFunc(list, func(a, b NativeFunction) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// parseSignature reads "0x2::event::emit<T0: copy + drop>(T0)".
func parseSignature(text string) (nativeName, arity) {
	head, rest, _ := strings.Cut(text, "(")
	params, returns := splitReturns(rest)
	head, typeParams, generic := strings.Cut(head, "<")
	parts := strings.Split(head, "::")
	name := nativeName{stdFramework, parts[1], parts[2]}
	if parts[0] == "0x2" {
		name.address = suiFramework
	}
	a := arity{params: countParts(params)}
	if generic {
		a.typeParams = countParts(strings.TrimSuffix(typeParams, ">"))
	}
	if returns != "" {
		a.returns = 1 // no native has more
	}
	return name, a
}

// splitReturns cuts "T0, u64): bool" at the closing parenthesis.
func splitReturns(text string) (params, returns string) {
	i := strings.LastIndexByte(text, ')')
	return text[:i], text[i+1:]
}

// countParts counts what commas separate outside of angle brackets.
func countParts(list string) int {
	if list == "" {
		return 0
	}
	n, depth := 1, 0
	for _, c := range list {
		switch c {
		case '<':
			depth++
		case '>':
			depth--
		case ',':
			if depth == 0 {
				n++
			}
		}
	}
	return n
}
