package policylint

import (
	"fmt"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// lookAtCode finds what the code of the seal_approve functions shows without
// being run.
func (l *lint) lookAtCode() {
	for _, m := range l.modules {
		for _, def := range m.Functions {
			if name := m.FunctionName(def); isApprove(name) {
				l.lookAt(m, def, m.Name()+"::"+name)
			}
		}
	}
}

func (l *lint) lookAt(m *bytecode.Module, def bytecode.FunctionDef, name string) {
	params := m.Signatures[m.FunctionHandles[def.Handle].Params]
	switch {
	case !def.Entry && def.Visibility != bytecode.Public:
		l.find(Finding{Code: NotCallable, Severity: Warning, Function: name,
			Sentence: "It is neither entry nor public, so no key server can call it and nobody gets a key by it.",
			Remedy:   "Declare it entry fun."})
	case def.Visibility == bytecode.Public:
		l.find(Finding{Code: PublicApprove, Severity: Note, Function: name,
			Sentence: "It is public: no upgrade can change its parameters, and other packages can build on its answer.",
			Remedy:   "Declare it entry fun without public, unless that is wanted."})
	}
	if len(params) == 0 || params[0].Kind != bytecode.TokenVector || params[0].Args[0].Kind != bytecode.TokenU8 {
		l.find(Finding{Code: BadSignature, Severity: Warning, Function: name,
			Sentence: "Its first parameter is not id: vector<u8>; key servers refuse to call it.",
			Remedy:   "Make the identity, vector<u8> by value, the first parameter."})
	} else if !def.Native && !reads(def.Code, 0) {
		l.find(Finding{Code: IDUnread, Severity: Critical, Function: name,
			Sentence: "It never looks at the identity: whoever is let in for one piece of data is let in for all data under this package.",
			Remedy:   "Demand that the identity starts with the id of the object that the decision is about."})
	}
	for i := 1; i < len(params) && !def.Native; i++ {
		if !reads(def.Code, uint16(i)) {
			l.find(Finding{Code: ParameterUnread, Severity: Note, Function: name,
				Sentence: fmt.Sprintf("It never looks at parameter %d (%s). That is right only if to own the object is all that it takes.", i+1, typeName(m, params[i])),
				Remedy:   "Compare it, or leave it out."})
		}
	}
	for i, t := range params {
		if len(t.Args) != 1 || t.Args[0].Kind != bytecode.TokenDatatype || !t.IsRef() {
			continue
		}
		typ := typeName(m, t)
		switch {
		case typ == "random::Random":
			l.find(Finding{Code: UsesRandom, Severity: Warning, Function: name,
				Sentence: "It takes Random: each key server draws for itself, so a reader only has to ask again.",
				Remedy:   "Decide by the state on chain; draw lots in a transaction and record the result."})
		case t.Kind == bytecode.TokenMutRef && typ != "tx_context::TxContext":
			l.find(Finding{Code: SideEffect, Severity: Warning, Function: name,
				Sentence: fmt.Sprintf("Parameter %d is &mut %s: key servers only simulate the decision, so whatever it writes is lost.", i+1, typ),
				Remedy:   "Take it by &; count, charge and log in a transaction that makes a request object, and let the decision take that."})
		}
	}
}

// reads reports whether code uses a local other than to drop it.
func reads(code []bytecode.Instruction, local uint16) bool {
	for i, in := range code {
		switch in.Op {
		case bytecode.OpCopyLoc, bytecode.OpMoveLoc, bytecode.OpImmBorrowLoc, bytecode.OpMutBorrowLoc:
			if in.A == local && (i+1 == len(code) || code[i+1].Op != bytecode.OpPop) {
				return true
			}
		}
	}
	return false
}

// typeName is module::name of a datatype or of what a reference points to.
func typeName(m *bytecode.Module, t bytecode.Token) string {
	if t.IsRef() {
		t = t.Args[0]
	}
	if t.Kind != bytecode.TokenDatatype && t.Kind != bytecode.TokenDatatypeInst {
		return "a plain value"
	}
	h := m.DatatypeHandles[t.Index]
	_, module := m.ModuleID(h.Module)
	return module + "::" + m.Identifiers[h.Name]
}
