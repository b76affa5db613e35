package movevm

import (
	"testing"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// TestPublishFindings keeps what FuzzRun found, and what was found by thinking
// about it: modules that were judged wrongly, or cost the host too much, once.
func TestPublishFindings(t *testing.T) {
	tests := []struct {
		name string
		edit func(m *bytecode.Module)
		want Status // 0: may be published
	}{
		{"001 constant with bytes after its value", func(m *bytecode.Module) {
			m.Constants = append(m.Constants, bytecode.Constant{Type: tokU8, Data: []byte{1, 2}})
		}, StatusVerification},
		{"002 constant that is no bool", func(m *bytecode.Module) {
			m.Constants = append(m.Constants, bytecode.Constant{Type: tokBool, Data: []byte{2}})
		}, StatusVerification},
		{"003 a long constant that is loaded many times", func(m *bytecode.Module) {
			m.Constants = append(m.Constants, bytecode.Constant{Type: vectorOf(tokU64), Data: append([]byte{0x80, 0x20}, make([]byte, 8*4096)...)})
			var loads []bytecode.Instruction
			for range 5000 {
				loads = append(loads, bytecode.Instruction{Op: bytecode.OpLdConst, A: uint16(len(m.Constants) - 1)}, bytecode.Instruction{Op: bytecode.OpPop})
			}
			def := &m.Functions[0]
			for i, in := range def.Code {
				if in.Op == bytecode.OpBrTrue || in.Op == bytecode.OpBrFalse || in.Op == bytecode.OpBranch {
					def.Code[i].A += uint16(len(loads))
				}
			}
			def.Code = append(loads, def.Code...)
		}, 0},
	}
	a := newArena(t)
	for _, test := range tests {
		m := mustParse(t, read(t, "runner/02.mv"))
		test.edit(m)
		pkg := a.pack(m)
		before := allocated()
		err := a.session(nil).AddPackage(pkg)
		if err == nil {
			s := a.session(nil)
			if err = s.AddPackage(pkg); err == nil {
				_, err = s.LoadFunction(pkg.ID, m.Name(), m.FunctionName(m.Functions[0]), nil)
			}
		}
		if grew := allocated() - before; grew > arenaHeap {
			t.Errorf("%s: %d MiB were allocated", test.name, grew>>20)
		}
		if got := asError(err).Status; (err != nil || test.want != 0) && got != test.want {
			t.Errorf("%s: %v, want status %d", test.name, err, test.want)
		}
	}
}
