// Package mutate changes modules for fuzz tests: what comes of it mostly keeps
// the format, so that the static pass and the interpreter get their share. (Of
// modules whose bytes are changed blindly, nearly all end in the decoder.)
package mutate

import (
	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// Apply changes m as the script says, at most [MaxChanges] times. Any bytes are
// a script; the same one does the same. m may be broken afterwards: serialize
// and parse it before use.
func Apply(m *bytecode.Module, changes []byte) { (&script{changes}).mutate(m) }

// MaxChanges bounds the changes of one script.
const MaxChanges = 8

// A script of bytes says what to change in a module; the fuzzer writes it.
type script struct{ b []byte }

func (s *script) next() int {
	if len(s.b) == 0 {
		return 0
	}
	c := s.b[0]
	s.b = s.b[1:]
	return int(c)
}

func (s *script) below(n int) int {
	if n <= 0 {
		return 0
	}
	return (s.next()<<8 | s.next()) % n
}

// element points to an element of a list that the script picks, or is nil.
func element[T any](s *script, list []T) *T {
	if len(list) == 0 {
		return nil
	}
	return &list[s.below(len(list))]
}

func (s *script) mutate(m *bytecode.Module) {
	for range MaxChanges {
		if len(s.b) == 0 {
			return
		}
		switch kind := s.next() % 16; {
		case kind < 9:
			if f := element(s, m.Functions); f != nil && len(f.Code) > 0 {
				s.code(kind, f)
			}
		case kind == 9:
			if sig := element(s, m.Signatures); sig != nil {
				if t := element(s, *sig); t != nil {
					*t = s.token(m, *t)
				}
			}
		case kind == 10:
			s.handle(m)
		case kind == 11:
			s.fields(m)
		case kind == 12:
			if h := element(s, m.DatatypeHandles); h != nil {
				h.Abilities = bytecode.Abilities(s.next() & 15)
			}
		case kind == 13:
			if i := element(s, m.FunctionInsts); i != nil {
				i.Args = uint16(s.below(len(m.Signatures)))
			}
			if i := element(s, m.StructInsts); i != nil {
				i.Args = uint16(s.below(len(m.Signatures)))
			}
		case kind == 14:
			if c := element(s, m.Constants); c != nil {
				if b := element(s, c.Data); b != nil {
					*b = byte(s.next())
				}
			}
		default:
			if f := element(s, m.Functions); f != nil {
				f.Locals = uint16(s.below(len(m.Signatures)))
				if t := element(s, f.JumpTables); t != nil {
					if o := element(s, t.Offsets); o != nil {
						*o = uint16(s.below(len(f.Code)))
					}
				}
			}
		}
	}
}

// code changes an instruction, or adds, removes or swaps some.
func (s *script) code(kind int, f *bytecode.FunctionDef) {
	at := s.below(len(f.Code))
	in := &f.Code[at]
	switch kind {
	case 0, 1:
		in.A = uint16(s.next())
	case 2:
		in.A++
	case 3, 4: // opcodes of like operands stand near each other
		in.Op += bytecode.Opcode(s.next()%5 - 2)
	case 5:
		in.Op = bytecode.Opcode(1 + s.next()%0x56)
	case 6:
		in.N = uint64(s.next()) << (8 * (s.next() % 8))
	case 7:
		f.Code = append(f.Code[:at:at], append([]bytecode.Instruction{f.Code[s.below(len(f.Code))]}, f.Code[at:]...)...)
	case 8:
		other := s.below(len(f.Code))
		f.Code[at], f.Code[other] = f.Code[other], f.Code[at]
	}
	for i := range f.Code { // literals of 16 and 32 bytes must have them
		in := &f.Code[i]
		switch size := map[bytecode.Opcode]int{bytecode.OpLdU128: 16, bytecode.OpLdU256: 32}[in.Op]; {
		case len(in.Big) < size:
			in.Big = append(in.Big[:len(in.Big):len(in.Big)], make([]byte, size-len(in.Big))...)
		case len(in.Big) > size:
			in.Big = in.Big[:size]
		}
	}
}

func (s *script) token(m *bytecode.Module, old bytecode.Token) bytecode.Token {
	plain := []bytecode.TokenKind{bytecode.TokenBool, bytecode.TokenU8, bytecode.TokenU64, bytecode.TokenU128, bytecode.TokenU256, bytecode.TokenAddress, bytecode.TokenU16}
	switch s.next() % 6 {
	case 0:
		return bytecode.Token{Kind: bytecode.TokenVector, Args: []bytecode.Token{old}}
	case 1:
		return bytecode.Token{Kind: bytecode.TokenRef, Args: []bytecode.Token{old}}
	case 2:
		return bytecode.Token{Kind: bytecode.TokenMutRef, Args: []bytecode.Token{old}}
	case 3:
		return bytecode.Token{Kind: bytecode.TokenTypeParam, Index: uint16(s.next() % 3)}
	case 4:
		at := s.below(len(m.DatatypeHandles))
		if at >= len(m.DatatypeHandles) {
			break
		}
		t := bytecode.Token{Kind: bytecode.TokenDatatype, Index: uint16(at)}
		for range m.DatatypeHandles[at].TypeParams {
			t.Kind = bytecode.TokenDatatypeInst
			t.Args = append(t.Args, old)
		}
		return t
	}
	return bytecode.Token{Kind: plain[s.below(len(plain))]}
}

func (s *script) handle(m *bytecode.Module) {
	h := element(s, m.FunctionHandles)
	if h == nil {
		return
	}
	switch s.next() % 3 {
	case 0:
		h.Params = uint16(s.below(len(m.Signatures)))
	case 1:
		h.Returns = uint16(s.below(len(m.Signatures)))
	case 2:
		if p := element(s, h.TypeParams); p != nil {
			*p = bytecode.Abilities(s.next() & 15)
		}
	}
}

func (s *script) fields(m *bytecode.Module) {
	if d := element(s, m.Structs); d != nil {
		if f := element(s, d.Fields); f != nil {
			f.Type = s.token(m, f.Type)
		}
	}
	if e := element(s, m.Enums); e != nil {
		if v := element(s, e.Variants); v != nil {
			if f := element(s, v.Fields); f != nil && s.next()%2 == 0 {
				f.Type = s.token(m, f.Type)
			}
		}
	}
}
