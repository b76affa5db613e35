package main

// A Fault is one change of the VM's source that makes it wrong.
type Fault struct {
	Name     string `json:"name"`
	File     string `json:"file"` // below sdk/movevm
	Old, New string // Old stands exactly once in the file
}

var faults = []Fault{
	// integers
	{"shift by the width is allowed", "integers.go", "if x >= width {", "if x > width {"},
	{"shift by the width is allowed, u128 and u256", "wide.go", "if by >= in.n {", "if by > in.n {"},
	{"shift left keeps high bits", "machine.go", "n[in.a] << below(uint64(in.d), n[in.b]) & in.n", "n[in.a] << below(uint64(in.d), n[in.b])"},
	{"u256 shift right loses a limb's bits", "wide.go", "if bit > 0 && i+limb+1 < 4 {", "if bit > 0 && i+limb+1 < 3 {"},
	{"less is signed", "machine.go", "n[in.c] = bit(n[in.a] < n[in.b])", "n[in.c] = bit(int64(n[in.a]) < int64(n[in.b]))"},
	{"less is signed in a jump", "machine.go", "\t\t\tif n[in.a] < n[in.b] {", "\t\t\tif int64(n[in.a]) < int64(n[in.b]) {"},
	{"less or equal to a literal is less", "machine.go", "n[in.c] = bit(n[in.a] <= in.n)", "n[in.c] = bit(n[in.a] < in.n)"},
	{"greater of u128 and u256 is less", "lower_ops.go", "a: b, b: a, n: bit(o == bytecode.OpLe)", "a: a, b: b, n: bit(o == bytecode.OpLe)"},
	{"a negated comparison keeps its operands' order", "lower_ops.go", "\tif in.op == opLt || in.op == opLe {\n\t\tin.a, in.b = in.b, in.a\n\t}\n\tin.op =", "\tin.op ="},
	{"cast cuts off", "machine.go", "\t\tcase opCast:\n\t\t\tn[in.c] = upTo(in.n, n[in.a])", "\t\tcase opCast:\n\t\t\tn[in.c] = n[in.a] & in.n"},
	{"cast of u128 and u256 cuts off", "integers.go", "if v.o != nil || v.n > limit {", "if v.o != nil {"},
	{"cast of u256 to u128 cuts off", "integers.go", "w[2]|w[3] != 0 {\n\t\tthrowArithmetic()", "w[3] != 0 {\n\t\tthrowArithmetic()"},
	{"add of u8 to u32 wraps around", "machine.go", "n[in.c] = upTo(in.n, n[in.a]+n[in.b])", "n[in.c] = (n[in.a] + n[in.b]) & in.n"},
	{"add of a literal to u8 to u32 wraps around", "machine.go", "n[in.c] = upTo(uint64(in.d), n[in.a]+in.n)", "n[in.c] = (n[in.a] + in.n) & uint64(in.d)"},
	{"add of u64 wraps around", "integers.go", "if sum < l {", "if sum < l && r == 0 {"},
	{"add of u128 reaches u256", "wide.go", "return fit(w, in.n, carry != 0)", "return fit(w, 256, carry != 0)"},
	{"subtraction below zero by one is allowed", "integers.go", "if l < r {", "if l+1 < r {"},
	{"u256 multiplication loses a carry", "wide.go", "\t\t\tlo, c = bits.Add64(lo, carry, 0)\n\t\t\thi += c\n", "\t\t\tlo, _ = bits.Add64(lo, carry, 0)\n"},
	{"u256 remainder is the quotient", "wide.go", "_, r := divMod256(a, b)", "r, _ := divMod256(a, b)"},
	// containers
	{"vector swap looks at the smaller index", "containers.go", "checkIndex(max(i, j), len(o.f))", "checkIndex(min(i, j), len(o.f))"},
	{"vector<u8> swap is off by one", "containers.go", "o.b[i], o.b[j] = o.b[j], o.b[i]", "o.b[i], o.b[j] = o.b[max(j, 1)-1], o.b[i]"},
	{"pop of an empty vector is an index error", "containers.go", "throw(StatusVector, vectorPop,", "throw(StatusVector, vectorIndex,"},
	{"equality ignores the last field or element", "value.go", "for i := range a.o.f {\n\t\tif !u.equal", "for i := range max(len(a.o.f), 1) - 1 {\n\t\tif !u.equal"},
	{"variants have the tag before theirs", "lower_code.go", "op: opPack, d: l.list(fields), n: uint64(tag)}", "op: opPack, d: l.list(fields), n: uint64(max(tag, 1) - 1)}"},
	{"match of a reference gives the first field for all", "containers.go", "fr.set(r, value{n: uint64(i), o: v.o})", "fr.set(r, value{n: uint64(i) * 0, o: v.o})"},
	{"borrow of a field gives the one before", "lower_ops.go", "op: opBorrowField, a: l.use(e, height).index(), b: field}", "op: opBorrowField, a: l.use(e, height).index(), b: max(field, 1) - 1}"},
	{"borrow of a local's field gives the one before", "lower_ops.go", "op: opBorrowLocField, a: e.reg.index(), b: field}", "op: opBorrowLocField, a: e.reg.index(), b: max(field, 1) - 1}"},
	{"a copied struct shares its fields", "lower_stack.go", "case copies && (k == KindVector || k == KindDatatype):", "case copies && k == KindVector:"},
	{"what is read from a reference shares its elements", "machine.go", "v[in.c] = u.copyValue(*v[in.a].target(), 0)", "v[in.c] = *v[in.a].target()"},
	// control, calls, types
	{"jumps go one operation too far", "machine.go", "pc, m.start = int(in.d), int(in.to)", "pc, m.start = int(in.d)+1, int(in.to)"},
	{"the abort code is lost", "machine_slow.go", "throw(StatusAborted, n[in.a], \"\")", "throw(StatusAborted, 0, \"\")"},
	{"errors name the outermost function's module", "call.go", "\tfr := m.frames.list[m.depth-1]\n\tif fr.pc < 0", "\tfr := m.frames.list[0]\n\tif fr.pc < 0"},
	{"integer arguments come in the wrong order", "machine.go", "next.n[i] = n[r]", "next.n[len(site.argsN)-1-i] = n[r]"},
	{"other arguments come in the wrong order", "machine.go", "next.v[i] = v[r]", "next.v[len(site.argsV)-1-i] = v[r]"},
	{"type arguments are mixed up", "resolve.go", "return targs[t.Index], nil", "return targs[len(targs)-1-int(t.Index)], nil"},
	{"one instantiation serves for all", "lower.go", "key.WriteString(t.key + \";\")", "key.WriteString(t.key[:0] + \";\")"},
	{"an operand follows the local that it was read from", "lower_stack.go", "free := l.freeLocal(to)", "free := true"},
}
