package bindings

import (
	"regexp"
	"strings"
)

// A source is what a Move source says beyond its bytecode. Keys of docs are
// "Type", "Type.field", "Enum.Variant", "Enum.Variant.field", "fun name" and
// "const NAME".
type source struct {
	module    string // documentation of the module
	docs      map[string]string
	params    map[string][]string // names of a function's parameters
	typeNames map[string][]string // names of a function's type parameters
	errors    []errorConstant     // in the order of the source
}

// An errorConstant is an abort code with its name.
type errorConstant struct{ name, code string }

var (
	moduleLine   = regexp.MustCompile(`^module \w+::\w+;`)
	structLine   = regexp.MustCompile(`^(?:public )?(?:struct|enum) (\w+)`)
	functionLine = regexp.MustCompile(`^(?:public(?:\(package\))? )?(?:entry )?fun (\w+)`)
	constantLine = regexp.MustCompile(`^const (\w+): \w+ = ([0-9][0-9_]*);`)
	fieldPart    = regexp.MustCompile(`^(\w+):`)
	variantLine  = regexp.MustCompile(`^([A-Z]\w*)\s*(?:\{|,|$)`)
	errorName    = regexp.MustCompile(`^E[A-Z][a-z]`)
	wordName     = regexp.MustCompile(`^(?:mut )?(\w+):`)
)

// readSource reads a source that is formatted as all of ours are: declarations
// begin in the first column, and end with a line that begins there.
func readSource(text string) *source {
	s := &source{docs: map[string]string{}, params: map[string][]string{}, typeNames: map[string][]string{}}
	lines := strings.Split(text, "\n")
	var doc docs
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if doc.take(line) {
			continue
		}
		switch {
		case moduleLine.MatchString(line):
			s.module = doc.text()
		case structLine.MatchString(line):
			name := structLine.FindStringSubmatch(line)[1]
			s.docs[name] = doc.text()
			i = s.readBody(name, lines, i)
		case functionLine.MatchString(line):
			name := functionLine.FindStringSubmatch(line)[1]
			s.docs["fun "+name] = doc.text()
			s.readSignature(name, lines[i:])
		case constantLine.MatchString(line):
			m := constantLine.FindStringSubmatch(line)
			s.docs["const "+m[1]] = doc.text()
			if errorName.MatchString(m[1]) {
				s.errors = append(s.errors, errorConstant{m[1], strings.ReplaceAll(m[2], "_", "")})
			}
		}
		doc.forget()
	}
	return s
}

// docs collects the documentation that stands above a declaration.
type docs struct{ lines []string }

// take reports whether the line belongs above what follows.
func (d *docs) take(line string) bool {
	line = strings.TrimSpace(line)
	if text, is := strings.CutPrefix(line, "///"); is {
		d.lines = append(d.lines, strings.TrimPrefix(text, " "))
		return true
	}
	return strings.HasPrefix(line, "#[")
}

func (d *docs) text() string { return strings.Join(d.lines, "\n") }
func (d *docs) forget()      { d.lines = nil }

// readBody reads fields and variants of the type that begins at line i, and
// returns its last line.
func (s *source) readBody(name string, lines []string, i int) int {
	if strings.Contains(lines[i], "}") || !strings.Contains(lines[i], "{") {
		return i
	}
	variant := ""
	var doc docs
	for i++; i < len(lines) && !strings.HasPrefix(lines[i], "}"); i++ {
		if doc.take(lines[i]) {
			continue
		}
		line := strings.TrimSpace(lines[i])
		if m := fieldPart.FindStringSubmatch(line); m != nil {
			s.docs[name+variant+"."+m[1]] = doc.text()
		} else if m := variantLine.FindStringSubmatch(line); m != nil {
			s.docs[name+"."+m[1]] = doc.text()
			if strings.HasSuffix(line, "{") {
				variant = "." + m[1]
			}
		} else if strings.HasPrefix(line, "}") {
			variant = ""
		}
		doc.forget()
	}
	return i
}

// readSignature notes the names of a function's parameters and type parameters.
func (s *source) readSignature(name string, lines []string) {
	text := strings.Join(lines, "\n")
	text = text[strings.Index(text, "fun "+name)+len("fun "+name):]
	if strings.HasPrefix(text, "<") {
		list, rest := between(text, '<', '>')
		for _, part := range split(list) {
			word, _, _ := strings.Cut(part, ":")
			s.typeNames[name] = append(s.typeNames[name], strings.TrimSpace(word))
		}
		text = rest
	}
	list, _ := between(text, '(', ')')
	for _, part := range split(list) {
		word := "_"
		if m := wordName.FindStringSubmatch(part); m != nil {
			word = m[1]
		}
		s.params[name] = append(s.params[name], word)
	}
}

// between returns what stands between the text's first bracket, with which it
// begins, and the one that closes it, and what comes after.
func between(text string, open, end byte) (inside, rest string) {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case open:
			depth++
		case end:
			if depth--; depth == 0 {
				return text[1:i], text[i+1:]
			}
		}
	}
	return "", ""
}

// split parts a list at its commas, but not at those within brackets.
func split(list string) []string {
	var parts []string
	depth, start := 0, 0
	for i := 0; i <= len(list); i++ {
		switch {
		case i == len(list) || list[i] == ',' && depth == 0:
			if part := strings.TrimSpace(list[start:i]); part != "" {
				parts = append(parts, part)
			}
			start = i + 1
		case strings.IndexByte("<([", list[i]) >= 0:
			depth++
		case strings.IndexByte(">)]", list[i]) >= 0:
			depth--
		}
	}
	return parts
}
