package chain

import (
	"encoding/base64"
	"unicode/utf8"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// pkg renders a package with the descriptors of its modules.
func (r *renderer) pkg(pkg *sui.MovePackage, m *mask) *pb.Package {
	out := &pb.Package{StorageId: ptr(pkg.ID.String()), Version: ptr(pkg.Version)}
	if id, err := originalID(pkg); err == nil {
		out.OriginalId = ptr(id.String())
	}
	loaded, err := r.types.load(r.v, pkg.ID)
	for _, mod := range pkg.Modules {
		pm := &pb.Module{Name: ptr(mod.Name), Contents: mod.Bytes}
		if err == nil && (m.has("modules", "datatypes") || m.has("modules", "functions")) {
			r.describeModule(loaded, mod.Name, pm)
		}
		out.Modules = append(out.Modules, pm)
	}
	for _, o := range pkg.TypeOrigins {
		out.TypeOrigins = append(out.TypeOrigins, &pb.TypeOrigin{
			ModuleName: ptr(o.Module), DatatypeName: ptr(o.Name), PackageId: ptr(o.Package.String())})
	}
	for _, l := range pkg.Linkage {
		out.Linkage = append(out.Linkage, &pb.Linkage{
			OriginalId: ptr(l.Original.String()), UpgradedId: ptr(l.Upgraded.String()), UpgradedVersion: ptr(l.Version)})
	}
	return out
}

// describeModule adds the descriptors of a module's types and functions.
func (r *renderer) describeModule(p *loadedPackage, name string, out *pb.Module) {
	m, err := p.module(name)
	if err != nil {
		return
	}
	for i := range m.Structs {
		if d := r.describe(p, name, m.DatatypeName(m.Structs[i].Handle)); d != nil {
			out.Datatypes = append(out.Datatypes, d)
		}
	}
	for i := range m.Enums {
		if d := r.describe(p, name, m.DatatypeName(m.Enums[i].Handle)); d != nil {
			out.Datatypes = append(out.Datatypes, d)
		}
	}
	for i := range m.Functions {
		out.Functions = append(out.Functions, r.function(p, m, &m.Functions[i]))
	}
}

// describe renders the descriptor of a datatype, nil when there is none.
func (r *renderer) describe(p *loadedPackage, module, name string) *pb.DatatypeDescriptor {
	dt, err := p.datatype(module, name)
	if err != nil {
		return nil
	}
	h := dt.module.DatatypeHandles[dt.handle]
	id, _ := p.definingID(module, name)
	out := &pb.DatatypeDescriptor{
		TypeName:   ptr(sui.StructTag{Address: id, Module: module, Name: name}.String()),
		DefiningId: ptr(id.String()), Module: ptr(module), Name: ptr(name),
		Abilities: renderAbilities(h.Abilities),
		Kind:      ptr(pb.DatatypeDescriptor_STRUCT),
		Fields:    r.fields(dt, dt.fields),
	}
	for _, tp := range h.TypeParams {
		out.TypeParameters = append(out.TypeParameters, &pb.TypeParameter{
			Constraints: renderAbilities(tp.Constraints), IsPhantom: ptr(tp.Phantom)})
	}
	if dt.enum != nil {
		out.Kind = ptr(pb.DatatypeDescriptor_ENUM)
		for i, variant := range dt.enum {
			out.Variants = append(out.Variants, &pb.VariantDescriptor{
				Name: ptr(dt.module.Identifiers[variant.Name]), Position: ptr(uint32(i)), Fields: r.fields(dt, variant.Fields)})
		}
	}
	return out
}

func (r *renderer) fields(dt *datatype, fields []bytecode.Field) (out []*pb.FieldDescriptor) {
	for i, f := range fields {
		out = append(out, &pb.FieldDescriptor{
			Name: ptr(dt.module.Identifiers[f.Name]), Position: ptr(uint32(i)), Type: r.body(dt.in, dt.module, f.Type)})
	}
	return out
}

// function renders the descriptor of a function.
func (r *renderer) function(p *loadedPackage, m *bytecode.Module, f *bytecode.FunctionDef) *pb.FunctionDescriptor {
	h := m.FunctionHandles[f.Handle]
	out := &pb.FunctionDescriptor{
		Name: ptr(m.FunctionName(*f)), IsEntry: ptr(f.Entry), Visibility: ptr(pb.FunctionDescriptor_PRIVATE),
		Parameters: r.signature(p, m, m.Signatures[h.Params]),
		Returns:    r.signature(p, m, m.Signatures[h.Returns]),
	}
	switch f.Visibility {
	case bytecode.Public:
		out.Visibility = ptr(pb.FunctionDescriptor_PUBLIC)
	case bytecode.Friend:
		out.Visibility = ptr(pb.FunctionDescriptor_FRIEND)
	}
	for _, constraints := range h.TypeParams {
		out.TypeParameters = append(out.TypeParameters, &pb.TypeParameter{Constraints: renderAbilities(constraints)})
	}
	return out
}

func (r *renderer) signature(p *loadedPackage, m *bytecode.Module, sig bytecode.Signature) (out []*pb.OpenSignature) {
	for _, tok := range sig {
		s := &pb.OpenSignature{}
		switch tok.Kind {
		case bytecode.TokenRef:
			s.Reference, tok = ptr(pb.OpenSignature_IMMUTABLE), tok.Args[0]
		case bytecode.TokenMutRef:
			s.Reference, tok = ptr(pb.OpenSignature_MUTABLE), tok.Args[0]
		}
		s.Body = r.body(p, m, tok)
		out = append(out, s)
	}
	return out
}

var bodyKinds = map[bytecode.TokenKind]pb.OpenSignatureBody_Type{
	bytecode.TokenBool: pb.OpenSignatureBody_BOOL, bytecode.TokenU8: pb.OpenSignatureBody_U8,
	bytecode.TokenU16: pb.OpenSignatureBody_U16, bytecode.TokenU32: pb.OpenSignatureBody_U32,
	bytecode.TokenU64: pb.OpenSignatureBody_U64, bytecode.TokenU128: pb.OpenSignatureBody_U128,
	bytecode.TokenU256: pb.OpenSignatureBody_U256, bytecode.TokenAddress: pb.OpenSignatureBody_ADDRESS,
	bytecode.TokenVector: pb.OpenSignatureBody_VECTOR, bytecode.TokenTypeParam: pb.OpenSignatureBody_TYPE_PARAMETER,
	bytecode.TokenDatatype: pb.OpenSignatureBody_DATATYPE, bytecode.TokenDatatypeInst: pb.OpenSignatureBody_DATATYPE,
}

func (r *renderer) body(p *loadedPackage, m *bytecode.Module, tok bytecode.Token) *pb.OpenSignatureBody {
	out := &pb.OpenSignatureBody{Type: ptr(bodyKinds[tok.Kind])}
	switch *out.Type {
	case pb.OpenSignatureBody_TYPE_PARAMETER:
		out.TypeParameter = ptr(uint32(tok.Index))
	case pb.OpenSignatureBody_DATATYPE:
		if tag, err := r.types.handle(r.v, p, m, tok.Index); err == nil {
			out.TypeName = ptr(tag.String())
		}
	}
	for _, a := range tok.Args {
		out.TypeParameterInstantiation = append(out.TypeParameterInstantiation, r.body(p, m, a))
	}
	return out
}

func renderAbilities(a bytecode.Abilities) (out []pb.Ability) {
	for _, x := range []struct {
		has bytecode.Abilities
		pb  pb.Ability
	}{{bytecode.Copy, pb.Ability_COPY}, {bytecode.Drop, pb.Ability_DROP}, {bytecode.Store, pb.Ability_STORE}, {bytecode.Key, pb.Ability_KEY}} {
		if a.Has(x.has) {
			out = append(out, x.pb)
		}
	}
	return out
}

// cleverError reads what an abort code of #[error] or assert! says: its line,
// and the name and value of a constant of the module. nil when the code is a
// plain number.
func (t *types) cleverError(v view, at *sui.MoveLocation, code uint64) *pb.CleverError {
	if tag := code >> 60; tag != 0xC && tag != 0x8 {
		return nil
	}
	out := &pb.CleverError{LineNumber: ptr(code >> 32 & 0xffff)}
	if errorCode := code >> 48 & 0xff; code>>60 == 0xC && errorCode != 0xff {
		out.ErrorCode = ptr(errorCode)
	}
	p, err := t.load(v, at.Package)
	if err != nil {
		return out
	}
	m, err := p.module(at.Module)
	if err != nil {
		return out
	}
	if c := constantAt(m, code>>16&0xffff); c != nil {
		if name, ok := constantText(c); ok {
			out.ConstantName = &name
		}
	}
	if c := constantAt(m, code&0xffff); c != nil {
		if tag, err := t.concrete(v, p, m, c.Type, nil); err == nil {
			out.ConstantType = ptr(tag.String())
		}
		if text, ok := constantText(c); ok {
			out.Value = &pb.CleverError_Rendered{Rendered: text}
		} else {
			out.Value = &pb.CleverError_Raw{Raw: c.Data}
		}
	}
	return out
}

func constantAt(m *bytecode.Module, i uint64) *bytecode.Constant {
	if i == 0xffff || i >= uint64(len(m.Constants)) {
		return nil
	}
	return &m.Constants[i]
}

// constantText renders a constant: text if it is a UTF-8 vector<u8>, base64 if
// it is another vector<u8>, and the usual form of a primitive.
func constantText(c *bytecode.Constant) (string, bool) {
	j := &jsonReader{d: bcs.NewDecoder(c.Data), budget: 1}
	if kind, ok := primitiveKinds[c.Type.Kind]; ok {
		value := j.value(&sui.TypeTag{Kind: kind}, 1)
		if j.failed || j.d.Finish() != nil {
			return "", false
		}
		return primitiveText(value), true
	}
	if c.Type.Kind != bytecode.TokenVector || c.Type.Args[0].Kind != bytecode.TokenU8 {
		return "", false
	}
	raw := j.d.Bytes()
	if j.d.Finish() != nil {
		return "", false
	}
	if utf8.Valid(raw) {
		return string(raw), true
	}
	return base64.StdEncoding.EncodeToString(raw), true
}
