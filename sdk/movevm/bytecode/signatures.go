package bytecode

// A Signature is a list of types: parameters, returns, locals or type
// arguments.
type Signature []Token

// A TokenKind is the shape of a type; the values are those of the format.
type TokenKind uint8

// The kinds of tokens.
const (
	TokenBool         TokenKind = 0x01
	TokenU8           TokenKind = 0x02
	TokenU64          TokenKind = 0x03
	TokenU128         TokenKind = 0x04
	TokenAddress      TokenKind = 0x05
	TokenRef          TokenKind = 0x06
	TokenMutRef       TokenKind = 0x07
	TokenDatatype     TokenKind = 0x08
	TokenTypeParam    TokenKind = 0x09
	TokenVector       TokenKind = 0x0a
	TokenDatatypeInst TokenKind = 0x0b
	TokenSigner       TokenKind = 0x0c
	TokenU16          TokenKind = 0x0d
	TokenU32          TokenKind = 0x0e
	TokenU256         TokenKind = 0x0f
)

// A Token is a type as it stands in a module. Index is a datatype handle or the
// number of a type parameter; Args are type arguments, or the one target of a
// vector or reference.
type Token struct {
	Kind  TokenKind
	Index uint16
	Args  []Token
}

// IsRef reports whether the token is a reference.
func (t Token) IsRef() bool { return t.Kind == TokenRef || t.Kind == TokenMutRef }

// IsInteger reports whether the token is one of u8 to u256.
func (t Token) IsInteger() bool {
	switch t.Kind {
	case TokenU8, TokenU16, TokenU32, TokenU64, TokenU128, TokenU256:
		return true
	}
	return false
}

// Equal reports whether two tokens of one module are the same type.
func (t Token) Equal(u Token) bool {
	if t.Kind != u.Kind || t.Index != u.Index || len(t.Args) != len(u.Args) {
		return false
	}
	for i := range t.Args {
		if !t.Args[i].Equal(u.Args[i]) {
			return false
		}
	}
	return true
}

// Size is the number of parts of the token.
func (t Token) Size() int {
	n := 1
	for _, a := range t.Args {
		n += a.Size()
	}
	return n
}

// Subst replaces type parameters by args.
func (t Token) Subst(args []Token) Token {
	if t.Kind == TokenTypeParam {
		if int(t.Index) < len(args) {
			return args[t.Index]
		}
		return t
	}
	if len(t.Args) == 0 {
		return t
	}
	out := Token{Kind: t.Kind, Index: t.Index, Args: make([]Token, len(t.Args))}
	for i, a := range t.Args {
		out.Args[i] = a.Subst(args)
	}
	return out
}

func readSignatures(m *Module, r *reader) {
	for r.more() {
		sig := Signature{}
		for range r.count(maxSignature, "signature length") {
			sig = append(sig, readToken(r))
		}
		m.Signatures = append(m.Signatures, sig)
	}
}

func writeSignatures(m *Module, w *writer) {
	for _, sig := range m.Signatures {
		w.uleb(uint64(len(sig)))
		for _, t := range sig {
			writeToken(t, w)
		}
	}
}

func readToken(r *reader) Token {
	nodes := 0
	return readTokenAt(r, 1, &nodes)
}

func readTokenAt(r *reader, depth int, nodes *int) Token {
	if *nodes++; depth > maxTokenDepth || *nodes > maxTokens {
		r.fail("type is too deep or too large")
		return Token{}
	}
	t := Token{Kind: TokenKind(r.u8())}
	n := 0
	switch t.Kind {
	case TokenBool, TokenU8, TokenU16, TokenU32, TokenU64, TokenU128, TokenU256, TokenAddress, TokenSigner:
	case TokenRef, TokenMutRef, TokenVector:
		n = 1
	case TokenDatatype:
		t.Index = r.index("datatype handle")
	case TokenTypeParam:
		t.Index = r.index("type parameter")
	case TokenDatatypeInst:
		t.Index = r.index("datatype handle")
		if n = r.count(maxTypeParams, "type argument count"); n == 0 {
			r.fail("instantiation of a datatype without type arguments")
		}
	default:
		r.fail("unknown type %#02x", uint8(t.Kind))
	}
	for i := 0; i < n && r.err == nil; i++ {
		t.Args = append(t.Args, readTokenAt(r, depth+1, nodes))
	}
	return t
}

func writeToken(t Token, w *writer) {
	w.u8(byte(t.Kind))
	switch t.Kind {
	case TokenDatatype, TokenTypeParam:
		w.index(t.Index)
	case TokenDatatypeInst:
		w.index(t.Index)
		w.uleb(uint64(len(t.Args)))
	}
	for _, a := range t.Args {
		writeToken(a, w)
	}
}
