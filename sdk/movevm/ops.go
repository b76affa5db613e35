package movevm

// An op is an operation of the machine. Where Move has one instruction for all
// types, the machine has one operation for each way to store the operands; where
// Move pushes and pops, it names registers.
//
// A frame has two banks of registers: N holds bool and integers of up to 64
// bits as bare numbers, V holds everything else as values. In the comments a, b
// and c are the registers that the fields of instr name; im is instr.n; list is
// instance.lists[d]. The Move instruction comes first where one operation
// implements it, and RATIONALE.md says why there are banks.
type op uint16

// The operations.
const (
	opFault op = iota // pack of a type that nests deeper than 128: VM_MAX_VALUE_DEPTH_REACHED

	// Moves.
	opLoad      // LdU8…LdU64, LdTrue, LdFalse: N[c] = im
	opMove      // CopyLoc, MoveLoc, StLoc: N[c] = N[a]
	opMoveV     // the same: V[c] = V[a]
	opCopyDeep  // CopyLoc of a vector, struct or enum: V[c] = copy of V[a]
	opConst     // LdU128, LdU256, LdConst: V[c] = consts[d], shared
	opConstDeep // LdConst of a vector: V[c] = copy of consts[d]
	opToN       // of a borrowed local: N[c] = V[a]
	opToV       // CastU128, CastU256; into a borrowed local: V[c] = N[a]

	// Integers of up to 64 bits; overflow and division by 0 are ARITHMETIC_ERROR.
	opAdd      // Add of u64: N[c] = N[a] + N[b]
	opAddI     // N[c] = N[a] + im
	opAddSmall // Add of u8, u16, u32: the same, at most im
	opAddSmallI
	opSub // Sub: N[c] = N[a] - N[b]
	opSubI
	opMul // Mul of u64
	opMulI
	opMulSmall // Mul of u8, u16, u32: at most im
	opDiv      // Div
	opDivI
	opMod // Mod
	opModI
	opBitOr // BitOr, Or
	opBitOrI
	opBitAnd // BitAnd, And
	opBitAndI
	opXor  // Xor
	opXorI // Xor, Not
	opShl  // Shl: N[c] = N[a] << N[b] & im; N[b] ≥ d is an error
	opShlI // N[c] = N[a] << b & im
	opShr  // Shr: N[c] = N[a] >> N[b]; N[b] ≥ d is an error
	opShrI // N[c] = N[a] >> b
	opLt   // Lt, Gt: N[c] = N[a] < N[b]
	opLe   // Le, Ge
	opEq   // Eq of integers and bool
	opNe   // Neq
	opLtI  // N[c] = N[a] < im
	opLeI
	opGtI
	opGeI
	opEqI
	opNeI
	opCast     // CastU8…CastU32: N[c] = N[a]; more than im is an error
	opCastWide // CastU8…CastU64 of u128, u256: N[c] = V[a]; more than im is an error

	// Integers of more than 64 bits, and comparison of anything.
	opWide      // V[c] = V[a] op V[b]; d is the Move opcode, im the width
	opWideShift // Shl, Shr: V[c] = V[a] op N[b]
	opWideLess  // Lt, Gt, Le, Ge: N[c] = (V[a] < V[b]) != im
	opCast128   // CastU128 of u256: V[c] = V[a]
	opEqual     // Eq, Neq: N[c] = (V[a] == V[b]) != im
	opEqualRef  // of references: compares their targets

	// Control. A jump goes to d; c is how many
	// instructions going on skips, 0 or 1.
	opBranch  // Branch
	opBrTrue  // BrTrue: if N[a]
	opBrFalse // BrFalse
	opBrLt    // Lt and BrTrue: if N[a] < N[b]
	opBrLe
	opBrEq
	opBrNe
	opBrLtI // if N[a] < im
	opBrLeI
	opBrGtI
	opBrGeI
	opBrEqI
	opBrNeI
	opSwitch // VariantSwitch: on the tag of the enum that V[a] refers to, to tables[d]
	opCall   // Call, CallGeneric: sites[d]; a single result goes to c
	opRet    // Ret: of list
	opRetN   // Ret: of N[a]
	opRetV   // Ret: of V[a]
	opAbort  // Abort: ABORTED with code N[a]

	// References: element n of the container o.
	opBorrowLoc      // MutBorrowLoc, ImmBorrowLoc: V[c] = &V[a]
	opBorrowField    // MutBorrowField, ImmBorrowField: V[c] = &(*V[a]).b
	opBorrowLocField // V[c] = &V[a].b
	opRead           // ReadRef: N[c] = *V[a]
	opReadByte       // ReadRef of u8, which may be in a vector<u8>
	opReadV          // ReadRef of what is shared: V[c] = *V[a]
	opReadDeep       // ReadRef of a vector, struct or enum
	opWrite          // WriteRef: *V[a] = N[b]
	opWriteByte
	opWriteV      // *V[a] = V[b]
	opGetField    // borrow and read: N[c] = (*V[a]).b
	opGetFieldV   // V[c] = (*V[a]).b
	opSetField    // borrow and write: (*V[a]).c = N[b]
	opSetFieldV   // (*V[a]).c = V[b]
	opGetLocField // N[c] = V[a].b
	opGetLocFieldV
	opSetLocField // V[a].c = N[b]
	opSetLocFieldV

	// Structs and enums.
	opPack             // Pack, PackVariant: V[c] = list, tag im
	opUnpack           // Unpack: list = V[a]
	opUnpackVariant    // UnpackVariant: list = V[a]; VARIANT_TAG_MISMATCH if its tag is not im
	opUnpackVariantRef // UnpackVariantImmRef, …MutRef: list = references to the fields of *V[a]

	// Vectors; VECTOR_OPERATION_ERROR with a sub status. Where d is 1, the vector
	// is the local V[a] and not what V[a] refers to. The first form is for
	// elements in N, V for those in V, Bytes for vector<u8>.
	opVecPack // VecPack: V[c] = list
	opVecPackBytes
	opVecUnpack // VecUnpack: list = V[a]; error 3 if the length is not im
	opVecUnpackBytes
	opVecLen // VecLen: N[c] = length of *V[a]
	opVecLenBytes
	opVecBorrow // VecImmBorrow, VecMutBorrow: V[c] = &(*V[a])[N[b]]; error 1 out of range
	opVecBorrowBytes
	opVecPush // VecPushBack: *V[a] gets N[b]; error 4 beyond 256 Ki elements
	opVecPushV
	opVecPushBytes
	opVecPop // VecPopBack: N[c] = last of *V[a]; error 2 if empty
	opVecPopV
	opVecPopBytes
	opVecSwap // VecSwap: of *V[a], N[b] and N[c]; error 1 out of range
	opVecSwapBytes
	opVecGet // borrow and read: N[c] = (*V[a])[N[b]]
	opVecGetV
	opVecGetBytes
	opVecSet // borrow and write: (*V[a])[N[c]] = N[b]
	opVecSetV
	opVecSetBytes
)

// An instr is an operation with its operands.
type instr struct {
	op      op
	a, b, c uint16 // registers, unless the operation says otherwise
	d       uint32 // an index, or the instruction that a jump goes to
	pc      uint16 // offset of the Move instruction, the one that can fail if there are several
	to      uint16 // offset of the Move instruction that a jump goes to
	n       uint64
}

// A reg names a register of either bank.
type reg uint16

// inV marks registers of bank V.
const inV reg = 1 << 15
