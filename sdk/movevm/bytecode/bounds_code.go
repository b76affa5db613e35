package bytecode

// functions checks the definitions and their code.
func (c *checker) functions() {
	for _, f := range c.m.Functions {
		if !c.index(f.Handle, len(c.m.FunctionHandles), "function handle") {
			return
		}
		h := c.m.FunctionHandles[f.Handle]
		if h.Module != c.m.Self {
			c.fail("definition of a function of another module")
		}
		if len(f.Acquires) > 0 {
			c.fail("function acquires global storage, which Sui does not have")
		}
		if !f.Native && c.err == nil {
			c.code(f, h)
		}
	}
}

func (c *checker) code(f FunctionDef, h FunctionHandle) {
	c.signature(f.Locals, len(h.TypeParams), true)
	if c.err != nil {
		return
	}
	locals := c.m.Signatures[f.Locals]
	n := len(c.m.Signatures[h.Params]) + len(locals)
	if n > maxLocals {
		c.fail("function has %d parameters and locals, at most %d are allowed", n, maxLocals)
	}
	if len(f.Code) == 0 {
		c.fail("function without code")
	}
	for _, t := range f.JumpTables {
		if !c.index(t.Enum, len(c.m.Enums), "enum") {
			return
		}
		if len(t.Offsets) != len(c.m.Enums[t.Enum].Variants) {
			c.fail("jump table has %d branches, its enum %d variants", len(t.Offsets), len(c.m.Enums[t.Enum].Variants))
		}
		for _, o := range t.Offsets {
			c.index(o, len(f.Code), "code offset")
		}
	}
	for _, in := range f.Code {
		if c.err != nil {
			return
		}
		c.instruction(in, f, n, len(h.TypeParams))
	}
}

func (c *checker) instruction(in Instruction, f FunctionDef, locals, typeParams int) {
	m := c.m
	switch in.Op {
	case OpBrTrue, OpBrFalse, OpBranch:
		c.index(in.A, len(f.Code), "code offset")
	case OpCopyLoc, OpMoveLoc, OpStLoc, OpMutBorrowLoc, OpImmBorrowLoc:
		c.index(in.A, locals, "local")
	case OpLdConst:
		c.index(in.A, len(m.Constants), "constant")
	case OpMutBorrowField, OpImmBorrowField:
		if c.index(in.A, len(m.FieldHandles), "field handle") {
			c.generic(m.Structs[m.FieldHandles[in.A].Struct].Handle, false)
		}
	case OpMutBorrowFieldGeneric, OpImmBorrowFieldGeneric:
		c.inst(in.A, m.FieldInsts, "field instantiation", typeParams)
	case OpCall:
		if c.index(in.A, len(m.FunctionHandles), "function handle") && len(m.FunctionHandles[in.A].TypeParams) > 0 {
			c.fail("call of a generic function without type arguments")
		}
	case OpCallGeneric:
		c.inst(in.A, m.FunctionInsts, "function instantiation", typeParams)
	case OpPack, OpUnpack:
		if c.index(in.A, len(m.Structs), "struct") {
			c.generic(m.Structs[in.A].Handle, false)
		}
	case OpPackGeneric, OpUnpackGeneric:
		c.inst(in.A, m.StructInsts, "struct instantiation", typeParams)
	case OpVecPack, OpVecLen, OpVecImmBorrow, OpVecMutBorrow, OpVecPushBack, OpVecPopBack, OpVecUnpack, OpVecSwap:
		c.vector(in, typeParams)
	case OpPackVariant, OpUnpackVariant, OpUnpackVariantImmRef, OpUnpackVariantMutRef:
		if c.index(in.A, len(m.VariantHandles), "variant handle") {
			c.generic(m.Enums[m.VariantHandles[in.A].Enum].Handle, false)
		}
	case OpPackVariantGeneric, OpUnpackVariantGeneric, OpUnpackVariantGenericImmRef, OpUnpackVariantGenericMutRef:
		if c.index(in.A, len(m.VariantInsts), "variant instantiation") {
			c.inst(m.VariantInsts[in.A].Enum, m.EnumInsts, "enum instantiation", typeParams)
		}
	case OpVariantSwitch:
		c.index(in.A, len(f.JumpTables), "jump table")
	case OpExistsDeprecated, OpMutBorrowGlobalDeprecated, OpImmBorrowGlobalDeprecated, OpMoveFromDeprecated, OpMoveToDeprecated:
		c.index(in.A, len(m.Structs), "struct")
	case OpExistsGenericDeprecated, OpMutBorrowGlobalGenericDepr, OpImmBorrowGlobalGenericDepr, OpMoveFromGenericDeprecated, OpMoveToGenericDeprecated:
		c.inst(in.A, m.StructInsts, "struct instantiation", typeParams)
	}
}

// generic checks that a datatype is generic or not, as the instruction wants.
func (c *checker) generic(handle uint16, want bool) {
	if got := len(c.m.DatatypeHandles[handle].TypeParams) > 0; got != want {
		c.fail("instruction does not suit a datatype with %d type parameters", len(c.m.DatatypeHandles[handle].TypeParams))
	}
}

func (c *checker) inst(i uint16, list []Instantiation, what string, typeParams int) {
	if c.index(i, len(list), what) {
		if len(c.m.Signatures[list[i].Args]) == 0 {
			c.fail("%s without type arguments", what)
		}
		c.signature(list[i].Args, typeParams, false)
	}
}

func (c *checker) vector(in Instruction, typeParams int) {
	c.signature(in.A, typeParams, false)
	if c.err == nil && len(c.m.Signatures[in.A]) != 1 {
		c.fail("vector instruction with %d element types", len(c.m.Signatures[in.A]))
	}
	if (in.Op == OpVecPack || in.Op == OpVecUnpack) && in.N > maxIndex {
		c.fail("vector instruction for %d elements", in.N)
	}
}
