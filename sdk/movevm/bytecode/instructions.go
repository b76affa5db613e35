package bytecode

import (
	"encoding/binary"
	"fmt"
)

// An Opcode is the first byte of an instruction.
type Opcode uint8

// The instructions. In the comments the stack grows to the right.
const (
	OpPop                        Opcode = 0x01 // v →
	OpRet                        Opcode = 0x02 // leaves the returns
	OpBrTrue                     Opcode = 0x03 // bool → ; offset
	OpBrFalse                    Opcode = 0x04 // bool → ; offset
	OpBranch                     Opcode = 0x05 // offset
	OpLdU64                      Opcode = 0x06 // → u64
	OpLdConst                    Opcode = 0x07 // → value; constant
	OpLdTrue                     Opcode = 0x08 // → true
	OpLdFalse                    Opcode = 0x09 // → false
	OpCopyLoc                    Opcode = 0x0a // → copy of local
	OpMoveLoc                    Opcode = 0x0b // → local, which becomes invalid
	OpStLoc                      Opcode = 0x0c // v → ; the old value is dropped
	OpMutBorrowLoc               Opcode = 0x0d // → &mut local
	OpImmBorrowLoc               Opcode = 0x0e // → &local
	OpMutBorrowField             Opcode = 0x0f // &mut S → &mut field; field handle
	OpImmBorrowField             Opcode = 0x10 // &S → &field; field handle
	OpCall                       Opcode = 0x11 // args → returns; function handle
	OpPack                       Opcode = 0x12 // fields → S; struct
	OpUnpack                     Opcode = 0x13 // S → fields; struct
	OpReadRef                    Opcode = 0x14 // &T → copy
	OpWriteRef                   Opcode = 0x15 // value, &mut T →
	OpAdd                        Opcode = 0x16 // l, r → l+r; error on overflow
	OpSub                        Opcode = 0x17 // l, r → l-r; error below 0
	OpMul                        Opcode = 0x18 // l, r → l*r; error on overflow
	OpMod                        Opcode = 0x19 // l, r → l%r; error on 0
	OpDiv                        Opcode = 0x1a // l, r → l/r; error on 0
	OpBitOr                      Opcode = 0x1b
	OpBitAnd                     Opcode = 0x1c
	OpXor                        Opcode = 0x1d
	OpOr                         Opcode = 0x1e // bools
	OpAnd                        Opcode = 0x1f // bools
	OpNot                        Opcode = 0x20 // bool
	OpEq                         Opcode = 0x21 // structural; references compare their targets
	OpNeq                        Opcode = 0x22
	OpLt                         Opcode = 0x23
	OpGt                         Opcode = 0x24
	OpLe                         Opcode = 0x25
	OpGe                         Opcode = 0x26
	OpAbort                      Opcode = 0x27 // u64 → stops
	OpNop                        Opcode = 0x28
	OpExistsDeprecated           Opcode = 0x29 // global storage: parsed, never verified
	OpMutBorrowGlobalDeprecated  Opcode = 0x2a
	OpImmBorrowGlobalDeprecated  Opcode = 0x2b
	OpMoveFromDeprecated         Opcode = 0x2c
	OpMoveToDeprecated           Opcode = 0x2d
	OpFreezeRef                  Opcode = 0x2e // &mut T → &T
	OpShl                        Opcode = 0x2f // x, n u8 → x<<n; error if n ≥ width
	OpShr                        Opcode = 0x30 // x, n u8 → x>>n; error if n ≥ width
	OpLdU8                       Opcode = 0x31
	OpLdU128                     Opcode = 0x32
	OpCastU8                     Opcode = 0x33 // x → u8; error if it does not fit
	OpCastU64                    Opcode = 0x34
	OpCastU128                   Opcode = 0x35
	OpMutBorrowFieldGeneric      Opcode = 0x36 // field instantiation
	OpImmBorrowFieldGeneric      Opcode = 0x37
	OpCallGeneric                Opcode = 0x38 // function instantiation
	OpPackGeneric                Opcode = 0x39 // struct instantiation
	OpUnpackGeneric              Opcode = 0x3a
	OpExistsGenericDeprecated    Opcode = 0x3b
	OpMutBorrowGlobalGenericDepr Opcode = 0x3c
	OpImmBorrowGlobalGenericDepr Opcode = 0x3d
	OpMoveFromGenericDeprecated  Opcode = 0x3e
	OpMoveToGenericDeprecated    Opcode = 0x3f
	OpVecPack                    Opcode = 0x40 // e1..en → vector; signature of the element, n
	OpVecLen                     Opcode = 0x41 // &v → u64
	OpVecImmBorrow               Opcode = 0x42 // &v, i → &e; error 1 out of range
	OpVecMutBorrow               Opcode = 0x43
	OpVecPushBack                Opcode = 0x44 // &mut v, e →
	OpVecPopBack                 Opcode = 0x45 // &mut v → e; error 2 if empty
	OpVecUnpack                  Opcode = 0x46 // v → e1..en; error 3 if its length is not n
	OpVecSwap                    Opcode = 0x47 // &mut v, i, j → ; error 1
	OpLdU16                      Opcode = 0x48
	OpLdU32                      Opcode = 0x49
	OpLdU256                     Opcode = 0x4a
	OpCastU16                    Opcode = 0x4b
	OpCastU32                    Opcode = 0x4c
	OpCastU256                   Opcode = 0x4d
	OpPackVariant                Opcode = 0x4e // fields → E; variant handle
	OpPackVariantGeneric         Opcode = 0x4f // variant instantiation
	OpUnpackVariant              Opcode = 0x50 // E → fields; error on another tag
	OpUnpackVariantImmRef        Opcode = 0x51 // &E → &fields
	OpUnpackVariantMutRef        Opcode = 0x52
	OpUnpackVariantGeneric       Opcode = 0x53
	OpUnpackVariantGenericImmRef Opcode = 0x54
	OpUnpackVariantGenericMutRef Opcode = 0x55
	OpVariantSwitch              Opcode = 0x56 // &E → ; jump table
)

// An Instruction is an opcode and its operands. A holds a local, code offset
// or table index; N a literal of up to 64 bits or the length of a vector; Big
// the little-endian bytes of a u128 (16) or u256 (32) literal.
type Instruction struct {
	Op  Opcode
	A   uint16
	N   uint64
	Big []byte
}

// operand is how an instruction's operands are encoded.
type operand uint8

const (
	operandInvalid operand = iota
	operandNone
	operandLocal  // A, at most 255
	operandOffset // A
	operandIndex  // A
	operandLit1   // N in 1, 2, 4 or 8 bytes
	operandLit2
	operandLit4
	operandLit8
	operandBig16 // Big
	operandBig32
	operandIndexLit8 // A, then N as 8 bytes
)

// operands is the operand encoding of each opcode; opcodes from
// OpPackVariant on exist since version 7.
var operands = buildOperands()

func buildOperands() (t [256]operand) {
	for op := OpPop; op <= OpVariantSwitch; op++ {
		switch op {
		case OpBrTrue, OpBrFalse, OpBranch:
			t[op] = operandOffset
		case OpCopyLoc, OpMoveLoc, OpStLoc, OpMutBorrowLoc, OpImmBorrowLoc:
			t[op] = operandLocal
		case OpLdU8:
			t[op] = operandLit1
		case OpLdU16:
			t[op] = operandLit2
		case OpLdU32:
			t[op] = operandLit4
		case OpLdU64:
			t[op] = operandLit8
		case OpLdU128:
			t[op] = operandBig16
		case OpLdU256:
			t[op] = operandBig32
		case OpVecPack, OpVecUnpack:
			t[op] = operandIndexLit8
		case OpLdConst, OpMutBorrowField, OpImmBorrowField, OpCall, OpPack, OpUnpack,
			OpMutBorrowFieldGeneric, OpImmBorrowFieldGeneric, OpCallGeneric, OpPackGeneric, OpUnpackGeneric,
			OpVecLen, OpVecImmBorrow, OpVecMutBorrow, OpVecPushBack, OpVecPopBack, OpVecSwap,
			OpExistsDeprecated, OpMutBorrowGlobalDeprecated, OpImmBorrowGlobalDeprecated, OpMoveFromDeprecated, OpMoveToDeprecated,
			OpExistsGenericDeprecated, OpMutBorrowGlobalGenericDepr, OpImmBorrowGlobalGenericDepr, OpMoveFromGenericDeprecated, OpMoveToGenericDeprecated,
			OpPackVariant, OpPackVariantGeneric, OpUnpackVariant, OpUnpackVariantImmRef, OpUnpackVariantMutRef,
			OpUnpackVariantGeneric, OpUnpackVariantGenericImmRef, OpUnpackVariantGenericMutRef, OpVariantSwitch:
			t[op] = operandIndex
		default:
			t[op] = operandNone
		}
	}
	return t
}

// Deprecated reports whether op belongs to global storage, which Sui rejects.
func (op Opcode) Deprecated() bool {
	return op >= OpExistsDeprecated && op <= OpMoveToDeprecated || op >= OpExistsGenericDeprecated && op <= OpMoveToGenericDeprecated
}

// String is the name of the instruction.
func (op Opcode) String() string {
	if int(op) < len(opcodeNames) && opcodeNames[op] != "" {
		return opcodeNames[op]
	}
	return fmt.Sprintf("opcode %#02x", uint8(op))
}

func readInstruction(version uint32, r *reader) Instruction {
	in := Instruction{Op: Opcode(r.u8())}
	switch kind := operands[in.Op]; {
	case kind == operandInvalid, version < 7 && in.Op >= OpPackVariant:
		r.fail("unknown %v", in.Op)
	case kind == operandLocal:
		in.A = uint16(r.uleb(maxLocals, "local"))
	case kind == operandOffset || kind == operandIndex:
		in.A = r.index("operand")
	case kind >= operandLit1 && kind <= operandLit8:
		in.N = r.literal(1 << (kind - operandLit1))
	case kind == operandBig16:
		in.Big = r.take(16)
	case kind == operandBig32:
		in.Big = r.take(32)
	case kind == operandIndexLit8:
		in.A = r.index("signature index")
		in.N = r.literal(8)
	}
	return in
}

func (r *reader) literal(size int) uint64 {
	var p [8]byte
	copy(p[:], r.take(size))
	return binary.LittleEndian.Uint64(p[:])
}

func writeInstruction(in Instruction, w *writer) {
	w.u8(byte(in.Op))
	var lit [8]byte
	binary.LittleEndian.PutUint64(lit[:], in.N)
	switch kind := operands[in.Op]; kind {
	case operandLocal, operandOffset, operandIndex:
		w.index(in.A)
	case operandLit1, operandLit2, operandLit4, operandLit8:
		w.b = append(w.b, lit[:1<<(kind-operandLit1)]...)
	case operandBig16, operandBig32:
		w.b = append(w.b, in.Big...)
	case operandIndexLit8:
		w.index(in.A)
		w.b = append(w.b, lit[:]...)
	}
}

// opcodeNames are the names without the prefix Op.
var opcodeNames = [...]string{
	0x01: "Pop",
	0x02: "Ret",
	0x03: "BrTrue",
	0x04: "BrFalse",
	0x05: "Branch",
	0x06: "LdU64",
	0x07: "LdConst",
	0x08: "LdTrue",
	0x09: "LdFalse",
	0x0a: "CopyLoc",
	0x0b: "MoveLoc",
	0x0c: "StLoc",
	0x0d: "MutBorrowLoc",
	0x0e: "ImmBorrowLoc",
	0x0f: "MutBorrowField",
	0x10: "ImmBorrowField",
	0x11: "Call",
	0x12: "Pack",
	0x13: "Unpack",
	0x14: "ReadRef",
	0x15: "WriteRef",
	0x16: "Add",
	0x17: "Sub",
	0x18: "Mul",
	0x19: "Mod",
	0x1a: "Div",
	0x1b: "BitOr",
	0x1c: "BitAnd",
	0x1d: "Xor",
	0x1e: "Or",
	0x1f: "And",
	0x20: "Not",
	0x21: "Eq",
	0x22: "Neq",
	0x23: "Lt",
	0x24: "Gt",
	0x25: "Le",
	0x26: "Ge",
	0x27: "Abort",
	0x28: "Nop",
	0x29: "ExistsDeprecated",
	0x2a: "MutBorrowGlobalDeprecated",
	0x2b: "ImmBorrowGlobalDeprecated",
	0x2c: "MoveFromDeprecated",
	0x2d: "MoveToDeprecated",
	0x2e: "FreezeRef",
	0x2f: "Shl",
	0x30: "Shr",
	0x31: "LdU8",
	0x32: "LdU128",
	0x33: "CastU8",
	0x34: "CastU64",
	0x35: "CastU128",
	0x36: "MutBorrowFieldGeneric",
	0x37: "ImmBorrowFieldGeneric",
	0x38: "CallGeneric",
	0x39: "PackGeneric",
	0x3a: "UnpackGeneric",
	0x3b: "ExistsGenericDeprecated",
	0x3c: "MutBorrowGlobalGenericDeprecated",
	0x3d: "ImmBorrowGlobalGenericDeprecated",
	0x3e: "MoveFromGenericDeprecated",
	0x3f: "MoveToGenericDeprecated",
	0x40: "VecPack",
	0x41: "VecLen",
	0x42: "VecImmBorrow",
	0x43: "VecMutBorrow",
	0x44: "VecPushBack",
	0x45: "VecPopBack",
	0x46: "VecUnpack",
	0x47: "VecSwap",
	0x48: "LdU16",
	0x49: "LdU32",
	0x4a: "LdU256",
	0x4b: "CastU16",
	0x4c: "CastU32",
	0x4d: "CastU256",
	0x4e: "PackVariant",
	0x4f: "PackVariantGeneric",
	0x50: "UnpackVariant",
	0x51: "UnpackVariantImmRef",
	0x52: "UnpackVariantMutRef",
	0x53: "UnpackVariantGeneric",
	0x54: "UnpackVariantGenericImmRef",
	0x55: "UnpackVariantGenericMutRef",
	0x56: "VariantSwitch",
}
