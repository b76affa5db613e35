package movevm

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// packages is a PackageSource over a map.
type packages map[sui.Address]*sui.MovePackage

func (p packages) Package(id sui.Address) (*sui.MovePackage, error) {
	if k, ok := p[id]; ok {
		return k, nil
	}
	return nil, errors.New("no such package")
}

// loadModules reads compiled modules (testdata/…/*.mv) as packages at their own
// addresses, each linked to all others.
func loadModules(t testing.TB, files ...string) packages {
	t.Helper()
	p := packages{}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join("testdata", f))
		if err != nil {
			t.Fatal(err)
		}
		m, err := bytecode.Parse(b)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		id := m.Address()
		if p[id] == nil {
			p[id] = &sui.MovePackage{ID: id, Version: 1}
		}
		p[id].Modules = append(p[id].Modules, sui.Module{Name: m.Name(), Bytes: b})
	}
	for _, k := range p {
		for id := range p {
			if id != k.ID {
				k.Linkage = append(k.Linkage, sui.Linkage{Original: id, Upgraded: id, Version: 1})
			}
		}
	}
	return p
}

var lab = sui.Address{31: 0xa}

func basicSession(t testing.TB, cfg Config) *Session {
	return New(cfg).NewSession(loadModules(t, "basic/vector.mv", "basic/basic.mv"), nil, TxContext{})
}

// run calls a function with arguments in BCS (hex) and gives its returns in BCS
// (hex). References are passed as cells; their final contents follow the
// returns.
func run(t testing.TB, s *Session, module, fn string, targs []sui.TypeTag, args ...string) ([]string, error) {
	t.Helper()
	f, err := s.LoadFunction(lab, module, fn, targs)
	if err != nil {
		t.Fatal(err)
	}
	var in []Value
	var cells []*Cell
	for i, a := range args {
		b, err := hex.DecodeString(a)
		if err != nil {
			t.Fatal(err)
		}
		typ := f.Params[i]
		if typ.IsRef() {
			typ = typ.Elem
		}
		v, err := s.Decode(typ, b)
		if err != nil {
			t.Fatal(err)
		}
		if f.Params[i].IsRef() {
			c := NewCell(v)
			cells = append(cells, c)
			v = c.Ref(f.Params[i])
		}
		in = append(in, v)
	}
	out, err := s.Call(f, in)
	if err != nil {
		return nil, err
	}
	for _, c := range cells {
		out = append(out, c.Value())
	}
	var text []string
	for _, v := range out {
		b, err := s.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, hex.EncodeToString(b))
	}
	return text, nil
}

func TestRoundTrip(t *testing.T) {
	files, _ := filepath.Glob("testdata/*/*.mv")
	if len(files) == 0 {
		t.Fatal("no modules")
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		m, err := bytecode.Parse(b)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		if !bytes.Equal(m.Serialize(), b) {
			t.Errorf("%s: serialized module differs", f)
		}
	}
}

var (
	u8Tag  = sui.TypeTag{Kind: sui.KindU8}
	u64Tag = sui.TypeTag{Kind: sui.KindU64}
)

// The expected values follow from the Move source by hand.
func TestBasic(t *testing.T) {
	const u64_10 = "0a00000000000000"
	tests := []struct {
		fn    string
		targs []sui.TypeTag
		args  []string
		want  []string
	}{
		{"fib", nil, []string{u64_10}, []string{"3700000000000000"}},
		{"sum_loop", nil, []string{u64_10}, []string{"1800000000000000"}},
		{"mk", []sui.TypeTag{u8Tag}, []string{u64_10, "07"}, []string{u64_10 + "07" + "020707"}},
		{"bump", []sui.TypeTag{u8Tag}, []string{u64_10 + "07" + "020707"}, []string{"0b00000000000000", "0b00000000000000" + "07" + "020707"}},
		{"eq", []sui.TypeTag{{Kind: sui.KindVector, Elem: &u8Tag}}, []string{"020102", "020102"}, []string{"01"}},
		{"eq", []sui.TypeTag{{Kind: sui.KindVector, Elem: &u64Tag}}, []string{"00", "01" + u64_10}, []string{"00"}},
		{"const3", nil, nil, []string{"040100020003000900"}},
		{"en", nil, []string{"00"}, []string{"00"}},
		{"en", nil, []string{"01"}, []string{"010201"}},
		{"en", nil, []string{"02"}, []string{"020109"}},
		{"match_it", nil, []string{"010201"}, []string{"0201000000000000", "010201"}},
		{"match_it", nil, []string{"020109"}, []string{"6d00000000000000", "020109"}},
		{"mutate", nil, []string{"00"}, []string{"010100"}},
		{"mutate", nil, []string{"01ff00"}, []string{"010001"}},
		{"mutate", nil, []string{"020109"}, []string{"020100"}},
		{"shl8", nil, []string{"ff", "04"}, []string{"f0"}},
		{"cast64", nil, []string{"ffffffffffffffff0000000000000000"}, []string{"ffffffffffffffff"}},
		{"shr128", nil, []string{"00000000000000000000000000000080", "7f"}, []string{"01000000000000000000000000000000"}},
		{"shl256", nil, []string{"03" + zeros(31), "ff"}, []string{zeros(31) + "80"}},
		{"big", nil, []string{"0a" + zeros(31), "03" + zeros(31)}, []string{"0d" + zeros(31), "1e" + zeros(31), "03" + zeros(31), "01" + zeros(31)}},
		{"get", []sui.TypeTag{u8Tag}, []string{"03010203", "0200000000000000"}, []string{"03", "03010203"}},
		{"get", []sui.TypeTag{u64Tag}, []string{"01" + u64_10, "0000000000000000"}, []string{u64_10, "01" + u64_10}},
		{"set_byte", nil, []string{"03010203", "0100000000000000", "ff"}, []string{"0301ff03"}},
		{"pop", nil, []string{"03010203"}, []string{"03", "020102"}},
		{"swap", nil, []string{"02" + u64_10 + zeros(8), "0000000000000000", "0100000000000000"}, []string{"02" + zeros(8) + u64_10}},
		{"depth", nil, []string{"8403000000000000"}, []string{"8403000000000000"}},
		{"empty", nil, nil, []string{"00"}},
		{"unpack", nil, []string{u64_10 + "07" + "020708"}, []string{u64_10, "07", "020708"}},
		{"refeq", nil, []string{u64_10 + "0700", u64_10 + "0700"}, []string{"01", u64_10 + "0700", u64_10 + "0700"}},
		{"picked", nil, []string{"00"}, []string{"0100000000000000", u64_10}},
		{"picked", nil, []string{"01"}, []string{u64_10, "0200000000000000"}},
		{"nest", nil, nil, []string{"0600000000000000"}},
		{"addr", nil, []string{zeros(31) + "02"}, []string{"01", zeros(30) + "0fee"}},
	}
	s := basicSession(t, Config{})
	for _, tt := range tests {
		got, err := run(t, s, "basic", tt.fn, tt.targs, tt.args...)
		if err != nil {
			t.Errorf("%s%v: %v", tt.fn, tt.args, err)
			continue
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s%v = %v, want %v", tt.fn, tt.args, got, tt.want)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("%s%v = %v, want %v", tt.fn, tt.args, got, tt.want)
				break
			}
		}
	}
}

func zeros(n int) string { return hex.EncodeToString(make([]byte, n)) }

func TestFaults(t *testing.T) {
	tests := []struct {
		fn     string
		args   []string
		status Status
		code   uint64
	}{
		{"abort_with", []string{"2a00000000000000"}, StatusAborted, 42},
		{"add8", []string{"ff", "01"}, StatusArithmetic, 0},
		{"sub16", []string{"0100", "0200"}, StatusArithmetic, 0},
		{"mul32", []string{"00000100", "00000100"}, StatusArithmetic, 0},
		{"div64", []string{zeros(8), zeros(8)}, StatusArithmetic, 0},
		{"shl8", []string{"01", "08"}, StatusArithmetic, 0},
		{"shr128", []string{zeros(16), "80"}, StatusArithmetic, 0},
		{"cast8", []string{"0001" + zeros(30)}, StatusArithmetic, 0},
		{"cast64", []string{zeros(8) + "01" + zeros(7)}, StatusArithmetic, 0},
		{"big", []string{"ff" + zeros(30) + "ff", "00" + zeros(30) + "01"}, StatusArithmetic, 0},
		{"pop", []string{"00"}, StatusVector, 2},
		{"set_byte", []string{"0101", "0100000000000000", "00"}, StatusVector, 1},
		{"swap", []string{"00", zeros(8), zeros(8)}, StatusVector, 1},
		{"deep", []string{"4c04000000000000"}, StatusCallStack, 0},
		{"depth", []string{"4c04000000000000"}, StatusExecutionStack, 0},
		{"forever", nil, StatusOutOfGas, 0},
		{"hog", nil, StatusMemoryLimit, 0},
		{"doubling", nil, StatusMemoryLimit, 0},
	}
	for _, tt := range tests {
		s := basicSession(t, Config{Fuel: 5_000_000, MaxMemory: 8 << 20})
		_, err := run(t, s, "basic", tt.fn, nil, tt.args...)
		var e *Error
		if !errors.As(err, &e) || e.Status != tt.status || e.Code != tt.code {
			t.Errorf("%s%v: got %v, want status %d code %d", tt.fn, tt.args, err, tt.status, tt.code)
			continue
		}
		if e.Function != tt.fn || e.Module != "basic" || e.Package != lab {
			t.Errorf("%s: error names %s::%s", tt.fn, e.Module, e.Function)
		}
	}
}

// The bounds of recursion, as the real VM has them: a test that called
// `tail(1023)` (a call, no operand kept) and `1 + recurse(1022)` in Sui 1.71.1's
// runner passed, one more failed. There the test itself is one more call.
func TestRecursionBounds(t *testing.T) {
	tests := []struct {
		fn   string
		n    uint64
		want Status
	}{
		{"deep", 1024, 0}, {"deep", 1025, StatusCallStack},
		{"depth", 1022, 0}, {"depth", 1023, StatusExecutionStack},
	}
	for _, tt := range tests {
		_, err := run(t, basicSession(t, Config{}), "basic", tt.fn, nil, hex.EncodeToString(u64le(tt.n)))
		var e *Error
		if tt.want == 0 && err != nil || tt.want != 0 && (!errors.As(err, &e) || e.Status != tt.want) {
			t.Errorf("%s(%d): %v, want status %d", tt.fn, tt.n, err, tt.want)
		}
	}
}
