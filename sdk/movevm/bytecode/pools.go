package bytecode

import "github.com/floe-data/floe/sdk/sui"

// A Constant is a typed constant: Data is its BCS. The type is built of
// primitives, address and vectors only.
type Constant struct {
	Type Token
	Data []byte
}

// Metadata is a key and value that tools attach to modules. On chain a module
// has none.
type Metadata struct{ Key, Value []byte }

func readConstants(m *Module, r *reader) {
	for r.more() {
		c := Constant{Type: readToken(r)}
		c.Data = r.take(r.count(maxConstant, "constant size"))
		if r.err == nil && !constantType(c.Type) {
			r.fail("constant of a type that constants can't have")
		}
		m.Constants = append(m.Constants, c)
	}
}

func constantType(t Token) bool {
	for t.Kind == TokenVector {
		t = t.Args[0]
	}
	return t.Kind == TokenBool || t.Kind == TokenAddress || t.IsInteger()
}

func writeConstants(m *Module, w *writer) {
	for _, c := range m.Constants {
		writeToken(c.Type, w)
		w.bytes(c.Data)
	}
}

func readIdentifiers(m *Module, r *reader) {
	for r.more() {
		id := string(r.take(r.count(maxIdentifier, "identifier length")))
		if r.err == nil && !validIdentifier(id) {
			r.fail("%q is not an identifier", id)
		}
		m.Identifiers = append(m.Identifiers, id)
	}
}

// validIdentifier: a letter, or an underscore and something more; then
// letters, digits and underscores.
func validIdentifier(s string) bool {
	if s == "" || s == "_" || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

func writeIdentifiers(m *Module, w *writer) {
	for _, id := range m.Identifiers {
		w.bytes([]byte(id))
	}
}

func readAddresses(m *Module, r *reader) {
	for r.more() {
		var a sui.Address
		copy(a[:], r.take(len(a)))
		m.Addresses = append(m.Addresses, a)
	}
}

func writeAddresses(m *Module, w *writer) {
	for _, a := range m.Addresses {
		w.b = append(w.b, a[:]...)
	}
}

func readMetadata(m *Module, r *reader) {
	for r.more() {
		key := r.take(r.count(maxMetadataKey, "metadata key length"))
		value := r.take(r.count(maxConstant, "metadata value length"))
		m.Metadata = append(m.Metadata, Metadata{key, value})
	}
}

func writeMetadata(m *Module, w *writer) {
	for _, e := range m.Metadata {
		w.bytes(e.Key)
		w.bytes(e.Value)
	}
}
