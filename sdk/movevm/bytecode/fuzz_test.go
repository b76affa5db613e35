package bytecode

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Whatever the input, Parse gives an error or a module that serializes to
// something that parses to the same again.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("../testdata/*/*.mv")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(b) < 4096 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		out := m.Serialize()
		again, err := Parse(out)
		if err != nil {
			t.Fatalf("serialized module does not parse: %v", err)
		}
		if !bytes.Equal(again.Serialize(), out) {
			t.Fatal("second serialization differs")
		}
		if m.Version == again.Version && len(m.Functions) != len(again.Functions) {
			t.Fatal("functions were lost")
		}
	})
}

func TestParseErrors(t *testing.T) {
	good, err := os.ReadFile("../testdata/basic/basic.mv")
	if err != nil {
		t.Fatal(err)
	}
	edit := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(good)) }
	tests := map[string][]byte{
		"empty":          {},
		"magic":          edit(func(b []byte) []byte { b[0] = 0; return b }),
		"unpublishable":  edit(func(b []byte) []byte { copy(b, "\xde\xad\xc0\xde"); return b }),
		"version 5":      edit(func(b []byte) []byte { b[4] = 5; return b }),
		"version 8":      edit(func(b []byte) []byte { b[4] = 8; return b }),
		"flavor":         edit(func(b []byte) []byte { b[7] = 0; return b }),
		"trailing":       edit(func(b []byte) []byte { return append(b, 0) }),
		"padded number":  edit(func(b []byte) []byte { return append(b[:len(b)-1], 0x80, 0) }),
		"self handle":    edit(func(b []byte) []byte { b[len(b)-1] = 9; return b }),
		"twice a table":  edit(func(b []byte) []byte { b[12] = b[9]; return b }),
		"unknown table":  edit(func(b []byte) []byte { b[9] = 0x40; return b }),
		"missing tables": good[:9],
	}
	for name, b := range tests {
		if _, err := Parse(b); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for i := range good {
		if _, err := Parse(good[:i]); err == nil {
			t.Errorf("no error for the first %d bytes", i)
		}
	}
}
