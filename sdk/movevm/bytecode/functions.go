package bytecode

// Visibility says who may call a function; the values are those of the format.
type Visibility uint8

// The visibilities.
const (
	Private Visibility = 0
	Public  Visibility = 1
	Friend  Visibility = 3 // public(package), public(friend)
)

// A FunctionDef is a function of the module.
type FunctionDef struct {
	Handle     uint16 // into FunctionHandles
	Visibility Visibility
	Entry      bool
	Native     bool
	Acquires   []uint16 // always empty on Sui

	Locals     uint16 // into Signatures: locals after the parameters. Not of natives
	Code       []Instruction
	JumpTables []JumpTable
}

// A JumpTable gives the code offset for each variant of an enum.
type JumpTable struct {
	Enum    uint16 // into Enums
	Offsets []uint16
}

const (
	functionNative = 0x2
	functionEntry  = 0x4
	jumpTableFull  = 1
)

func readFunctions(m *Module, r *reader) {
	for r.more() {
		f := FunctionDef{Handle: r.index("function handle"), Visibility: Visibility(r.u8())}
		if f.Visibility != Private && f.Visibility != Public && f.Visibility != Friend {
			r.fail("unknown visibility %d", f.Visibility)
		}
		flags := r.u8()
		if flags&^(functionNative|functionEntry) != 0 {
			r.fail("unknown function flags %#02x", flags)
		}
		f.Native, f.Entry = flags&functionNative != 0, flags&functionEntry != 0
		for range r.count(255, "acquires count") {
			f.Acquires = append(f.Acquires, r.index("struct index"))
		}
		if !f.Native {
			readCode(m, &f, r)
		}
		m.Functions = append(m.Functions, f)
	}
}

func readCode(m *Module, f *FunctionDef, r *reader) {
	f.Locals = r.index("signature index")
	n := r.count(maxCode, "instruction count")
	f.Code = make([]Instruction, 0, n)
	for i := 0; i < n && r.err == nil; i++ {
		f.Code = append(f.Code, readInstruction(m.Version, r))
	}
	if m.Version < 7 {
		return
	}
	for range r.count(maxJumpTables, "jump table count") {
		t := JumpTable{Enum: r.index("enum index")}
		branches := r.count(maxVariants, "branch count")
		if flag := r.u8(); flag != jumpTableFull {
			r.fail("unknown jump table flag %d", flag)
		}
		for i := 0; i < branches && r.err == nil; i++ {
			t.Offsets = append(t.Offsets, r.index("code offset"))
		}
		f.JumpTables = append(f.JumpTables, t)
	}
}

func writeFunctions(m *Module, w *writer) {
	for _, f := range m.Functions {
		w.index(f.Handle)
		w.u8(byte(f.Visibility))
		flags := byte(0)
		if f.Native {
			flags |= functionNative
		}
		if f.Entry {
			flags |= functionEntry
		}
		w.u8(flags)
		w.uleb(uint64(len(f.Acquires)))
		for _, a := range f.Acquires {
			w.index(a)
		}
		if !f.Native {
			writeCode(m, f, w)
		}
	}
}

func writeCode(m *Module, f FunctionDef, w *writer) {
	w.index(f.Locals)
	w.uleb(uint64(len(f.Code)))
	for _, in := range f.Code {
		writeInstruction(in, w)
	}
	if m.Version < 7 {
		return
	}
	w.uleb(uint64(len(f.JumpTables)))
	for _, t := range f.JumpTables {
		w.index(t.Enum)
		w.uleb(uint64(len(t.Offsets)))
		w.u8(jumpTableFull)
		for _, o := range t.Offsets {
			w.index(o)
		}
	}
}
