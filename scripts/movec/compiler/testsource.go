package compiler

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The compiler gives no bytecode of tests: in its test mode it adds a function
// to each module that its own Sui verifier refuses. So that other VMs can run
// the tests, they become ordinary code in a copy of the sources: the attributes
// of tests are blanked out, and with them all that makes code test-only. Lines
// stay where they are; see [testCopy] for the one further change.

// A Test is a #[test] function of a Move package, as its sources declare it.
type Test struct {
	Address string // as in the source: a named address or 0x…
	Module  string
	Name    string
	Expect  *Expectation // nil when the test must return
}

// FullName is the name that the runner prints.
func (t Test) FullName() string { return t.Address + "::" + t.Module + "::" + t.Name }

// An Expectation is what #[expected_failure] says.
type Expectation struct {
	Kind     string // abort_code, arithmetic_error, vector_error, out_of_gas, or "" for any failure
	Path     string // of abort_code: a number, or the path of a constant as written
	Minor    string // minor_status of vector_error, "" for any
	Location string // module path as written, or Self; "" when a constant's path decides
}

// testAttributes mark what exists in tests only.
var testAttributes = []string{"test", "test_only", "expected_failure", "random_test"}

var (
	moduleDecl   = regexp.MustCompile(`\bmodule\s+(\w+)::(\w+)`)
	functionDecl = regexp.MustCompile(`\bfun\s+(\w+)`)
	initDecl     = regexp.MustCompile(`\bfun\s+(init)\s*\(`)
	initCall     = regexp.MustCompile(`(?:^|[^\w:.])(init)\s*\(`)
)

// renamedInit stands for init where tests call it.
const renamedInit = "init_called_by_tests"

// testCopy returns a Move file with its test code made ordinary, and its tests.
// As ordinary code must not call init, an init that is called is renamed.
func testCopy(text string) (string, []Test, error) {
	code := blank(text)
	out := []byte(text)
	tests := map[int]*Test{} // by the place of the function
	var order []int
	for _, a := range attributes(code) {
		var keep []span
		for _, at := range a.parts {
			part := code[at.start:at.end]
			name := strings.TrimSpace(strings.FieldsFunc(part+" ", func(r rune) bool { return r == '(' || r == '=' })[0])
			if !slices.Contains(testAttributes, name) {
				keep = append(keep, at)
				continue
			}
			if name == "test_only" {
				continue
			}
			decl := functionDecl.FindStringSubmatchIndex(code[a.end:])
			if decl == nil {
				return "", nil, fmt.Errorf("no function follows #[%s]", name)
			}
			place := a.end + decl[0]
			if tests[place] == nil {
				module := lastModule(code[:place])
				if module == nil {
					return "", nil, fmt.Errorf("#[%s] is not in a module", name)
				}
				tests[place] = &Test{Address: module[1], Module: module[2], Name: code[a.end+decl[2] : a.end+decl[3]]}
				order = append(order, place)
			}
			if name == "expected_failure" {
				tests[place].Expect = parseExpectation(part)
			}
		}
		if len(keep) < len(a.parts) {
			strip(out, a, keep)
		}
	}
	var list []Test
	for _, place := range order {
		list = append(list, *tests[place])
	}
	return renameInit(string(out)), list, nil
}

func lastModule(code string) []string {
	all := moduleDecl.FindAllStringSubmatch(code, -1)
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// strip blanks an attribute out except for the parts to keep, which stay where
// they are: a part may be of several lines.
func strip(out []byte, a attribute, keep []span) {
	old := bytes.Clone(out[a.start:a.end])
	for i, c := range old {
		if c != '\n' {
			out[a.start+i] = ' '
		}
	}
	for i, part := range keep {
		copy(out[part.start:part.end], old[part.start-a.start:])
		if i < len(keep)-1 {
			out[part.end] = ','
		}
	}
	if len(keep) > 0 {
		copy(out[a.start:], "#[")
		out[a.end-1] = ']'
	}
}

func renameInit(text string) string {
	code := blank(text)
	decl := initDecl.FindStringSubmatchIndex(code)
	calls := initCall.FindAllStringSubmatchIndex(code, -1)
	if decl == nil || len(calls) < 2 { // the declaration is one of them
		return text
	}
	slices.Reverse(calls)
	for _, at := range calls {
		text = text[:at[2]] + renamedInit + text[at[3]:]
	}
	return text
}

// parseExpectation reads "expected_failure(abort_code = m::E, location = m)".
func parseExpectation(text string) *Expectation {
	e := &Expectation{}
	_, args, ok := strings.Cut(text, "(")
	if !ok {
		return e
	}
	args = strings.TrimSuffix(strings.TrimSpace(args), ")")
	for _, arg := range splitTop(args) {
		name, value, _ := strings.Cut(args[arg.start:arg.end], "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch name {
		case "location":
			e.Location = value
		case "minor_status":
			e.Minor = value
		default:
			e.Kind, e.Path = name, value
		}
	}
	return e
}

// An attribute is a #[…] of a file.
type attribute struct {
	span
	parts []span // what commas separate
}

// A span is a part of a text, from start to before end.
type span struct{ start, end int }

// attributes finds the attributes in blanked code.
func attributes(code string) (list []attribute) {
	for i := 0; i < len(code); {
		at := strings.Index(code[i:], "#[")
		if at < 0 {
			break
		}
		start, depth := i+at, 0
		end := start + 1
		for ; end < len(code); end++ {
			if strings.IndexByte("[(", code[end]) >= 0 {
				depth++
			} else if strings.IndexByte("])", code[end]) >= 0 {
				if depth--; depth == 0 {
					break
				}
			}
		}
		if end == len(code) {
			break
		}
		end++
		a := attribute{span: span{start, end}}
		for _, part := range splitTop(code[start+2 : end-1]) {
			a.parts = append(a.parts, span{start + 2 + part.start, start + 2 + part.end})
		}
		list = append(list, a)
		i = end
	}
	return list
}

// splitTop splits at the commas outside of parentheses.
func splitTop(text string) (parts []span) {
	depth, start := 0, 0
	for i, c := range text {
		switch c {
		case '(', '[', '<':
			depth++
		case ')', ']', '>':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, span{start, i})
				start = i + 1
			}
		}
	}
	if strings.TrimSpace(text[start:]) != "" {
		parts = append(parts, span{start, len(text)})
	}
	return parts
}

// blank overwrites comments and the content of string literals with spaces, so
// that what looks like code is code. Offsets and lines stay.
func blank(text string) string {
	out := []byte(text)
	wipe := func(from, to int) {
		for i := from; i < to; i++ {
			if out[i] != '\n' {
				out[i] = ' '
			}
		}
	}
	for i := 0; i < len(text); {
		end := i + 1
		switch {
		case strings.HasPrefix(text[i:], "//"):
			if end = i + strings.IndexByte(text[i:], '\n'); end < i {
				end = len(text)
			}
			wipe(i, end)
		case strings.HasPrefix(text[i:], "/*"):
			end = endOfComment(text, i)
			wipe(i, end)
		case text[i] == '"':
			for end < len(text) && text[end] != '"' && text[end] != '\n' {
				if text[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(text))
			wipe(i+1, end-1)
		}
		i = end
	}
	return string(out)
}

// endOfComment finds the end of a block comment; they nest.
func endOfComment(text string, i int) int {
	depth := 0
	for i < len(text) {
		switch {
		case strings.HasPrefix(text[i:], "/*"):
			depth++
			i += 2
		case strings.HasPrefix(text[i:], "*/"):
			i += 2
			if depth--; depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return i
}
