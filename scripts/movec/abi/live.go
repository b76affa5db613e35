package abi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// LiveDir is where `npm ci --prefix scripts/npm` puts the live framework's
// interface, relative to the top of the repository.
const LiveDir = "scripts/npm/node_modules/@typemove/sui/src/abis"

// The files hold the JSON form of sui.rpc.v2's Package message, one entry for
// each module. Enum values are numbers; 0 values are left out.
type liveModule struct {
	Address string `json:"address"`
	Module  struct {
		Name      string         `json:"name"`
		Datatypes []liveDatatype `json:"datatypes"`
		Functions []liveFunction `json:"functions"`
	} `json:"module"`
}

type liveDatatype struct {
	Name           string              `json:"name"`
	Kind           int                 `json:"kind"` // 1 struct, 2 enum
	Abilities      []int               `json:"abilities"`
	TypeParameters []liveTypeParameter `json:"typeParameters"`
	Fields         []liveField         `json:"fields"`
	Variants       []struct {
		Name   string      `json:"name"`
		Fields []liveField `json:"fields"`
	} `json:"variants"`
}

type liveFunction struct {
	Name           string              `json:"name"`
	Visibility     int                 `json:"visibility"` // 1 private, 2 public, 3 package
	IsEntry        bool                `json:"isEntry"`
	TypeParameters []liveTypeParameter `json:"typeParameters"`
	Parameters     []liveSignature     `json:"parameters"`
	Returns        []liveSignature     `json:"returns"`
}

type liveTypeParameter struct {
	Constraints []int `json:"constraints"`
	IsPhantom   bool  `json:"isPhantom"`
}

type liveField struct {
	Name string   `json:"name"`
	Type liveType `json:"type"`
}

type liveSignature struct {
	Reference int      `json:"reference"` // 0 none, 1 immutable, 2 mutable
	Body      liveType `json:"body"`
}

type liveType struct {
	Type          int        `json:"type"`
	TypeName      string     `json:"typeName"`
	TypeParameter int        `json:"typeParameter"`
	Arguments     []liveType `json:"typeParameterInstantiation"`
}

var livePrimitives = map[int]string{1: "address", 2: "bool", 3: "u8", 4: "u16", 5: "u32", 6: "u64", 7: "u128", 8: "u256"}

const (
	liveVector        = 9
	liveDatatypeType  = 10
	liveTypeParamType = 11
	liveVisiblePublic = 2
	liveKindEnum      = 2
)

// Live reads the interface of 0x1 and 0x2 as they are on mainnet.
func Live(dir string) (*Interface, error) {
	out := newInterface()
	for _, address := range []string{"0x1", "0x2"} {
		file := filepath.Join(dir, address+".json")
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read live framework: %s is missing; fetch it with `npm ci --prefix scripts/npm`", file)
		}
		if err != nil {
			return nil, fmt.Errorf("read live framework: %w", err)
		}
		var modules []liveModule
		if err := json.Unmarshal(text, &modules); err != nil {
			return nil, fmt.Errorf("read live framework: %s: %w", file, err)
		}
		for _, m := range modules {
			if err := m.declare(address, out); err != nil {
				return nil, fmt.Errorf("read live framework: %s: %s::%s: %w", file, m.Address, m.Module.Name, err)
			}
		}
	}
	return out, nil
}

func (m *liveModule) declare(address string, out *Interface) error {
	prefix := address + "::" + m.Module.Name + "::"
	for _, d := range m.Module.Datatypes {
		text, err := d.text()
		if err != nil {
			return fmt.Errorf("%s: %w", d.Name, err)
		}
		out.Datatypes[prefix+d.Name] = text
	}
	for _, f := range m.Module.Functions {
		text, err := f.text()
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		out.Functions[prefix+f.Name] = Function{Public: f.Visibility == liveVisiblePublic, Text: text}
	}
	return nil
}

func (d *liveDatatype) text() (string, error) {
	params := liveTypeParameters(d.TypeParameters)
	if d.Kind != liveKindEnum {
		fields, err := liveFields(d.Fields)
		return structText(d.Name, params, liveAbilities(d.Abilities), fields), err
	}
	var variants []string
	for _, v := range d.Variants {
		fields, err := liveFields(v.Fields)
		if err != nil {
			return "", err
		}
		variants = append(variants, v.Name+"("+strings.Join(fields, ", ")+")")
	}
	return enumText(d.Name, params, liveAbilities(d.Abilities), variants), nil
}

func (f *liveFunction) text() (string, error) {
	params, err := liveSignatures(f.Parameters)
	if err != nil {
		return "", err
	}
	returns, err := liveSignatures(f.Returns)
	return functionText(f.IsEntry, f.Name, liveTypeParameters(f.TypeParameters), params, returns), err
}

func liveFields(fields []liveField) ([]string, error) {
	var out []string
	for _, f := range fields {
		text, err := f.Type.text()
		if err != nil {
			return nil, err
		}
		out = append(out, f.Name+": "+text)
	}
	return out, nil
}

func liveSignatures(list []liveSignature) ([]string, error) {
	var out []string
	for _, s := range list {
		text, err := s.Body.text()
		if err != nil {
			return nil, err
		}
		out = append(out, []string{"", "&", "&mut "}[min(s.Reference, 2)]+text)
	}
	return out, nil
}

func (t *liveType) text() (string, error) {
	if name := livePrimitives[t.Type]; name != "" {
		return name, nil
	}
	var args []string
	for _, a := range t.Arguments {
		text, err := a.text()
		if err != nil {
			return "", err
		}
		args = append(args, text)
	}
	switch t.Type {
	case liveVector:
		return "vector" + typeParameters(args), nil
	case liveTypeParamType:
		return fmt.Sprintf("T%d", t.TypeParameter), nil
	case liveDatatypeType:
		address, name, ok := strings.Cut(t.TypeName, "::")
		if !ok {
			return "", fmt.Errorf("type name %q", t.TypeName)
		}
		return shortAddress(address) + "::" + name + typeParameters(args), nil
	}
	return "", fmt.Errorf("type number %d is unknown", t.Type)
}

// shortAddress writes 0x000…02 as 0x2.
func shortAddress(address string) string {
	return "0x" + strings.TrimLeft(strings.TrimPrefix(address, "0x"), "0")
}

func liveTypeParameters(list []liveTypeParameter) string {
	var out []string
	for i, p := range list {
		out = append(out, typeParameter(i, p.IsPhantom, liveAbilities(p.Constraints)))
	}
	return typeParameters(out)
}

func liveAbilities(numbers []int) []string {
	var out []string
	for i, name := range abilityNames {
		if slices.Contains(numbers, i+1) {
			out = append(out, name)
		}
	}
	return out
}
