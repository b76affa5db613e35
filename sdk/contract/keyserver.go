package contract

import (
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// KeyTypeBonehFranklin is the only key type: Boneh-Franklin on BLS12-381.
const KeyTypeBonehFranklin uint8 = 0

// RegisterKeyServer registers an independent key server in layout 2, owned by
// the sender. publicKey is a compressed G2 point, 96 bytes. The
// KeyServerRegistered event names the object.
func RegisterKeyServer(b *sui.Builder, p Packages, name, url string, publicKey []byte) {
	p.KeyServerCalls(b).CreateAndTransferV2IndependentServer(Pure(b, name), Pure(b, url), Pure(b, KeyTypeBonehFranklin), Pure(b, publicKey))
}

// RegisterKeyServerV1 does the same in layout 1, for clients of old.
func RegisterKeyServerV1(b *sui.Builder, p Packages, name, url string, publicKey []byte) {
	p.KeyServerCalls(b).CreateAndTransferV1(Pure(b, name), Pure(b, url), Pure(b, KeyTypeBonehFranklin), Pure(b, publicKey))
}

// UpgradeKeyServer gives a key server of layout 1 layout 2 as well.
func UpgradeKeyServer(b *sui.Builder, p Packages, server sui.Address) {
	p.KeyServerCalls(b).UpgradeV1ToIndependentV2(Object[KeyServerObject](b, server))
}

// UpdateKeyServer moves an independent key server to another URL.
func UpdateKeyServer(b *sui.Builder, p Packages, server sui.Address, url string) {
	p.KeyServerCalls(b).Update(Object[KeyServerObject](b, server), Pure(b, url))
}

// CheckStaleness aborts with [AbortStaleFullnode] if the chain's clock is more
// than allowedMS behind nowMS. Key servers put it before the policy call that
// they simulate.
func CheckStaleness(b *sui.Builder, p Packages, nowMS, allowedMS uint64) {
	p.TimeCalls(b).CheckStaleness(Pure(b, nowMS), Pure(b, allowedMS))
}

// ContentName returns type and BCS of the name of the dynamic field with the
// content of a layout (1 or 2).
func (*KeyServerObject) ContentName(version uint64) (sui.TypeTag, []byte) {
	e := bcs.NewEncoder()
	e.U64(version)
	return sui.TypeTag{Kind: sui.KindU64}, e.Data()
}

// KeyServerContent is what a key server registered, in layout 1 or 2. Its
// Package is that of the content's type, its ID the dynamic field's.
type KeyServerContent struct {
	Identity
	Version   uint64 // of the layout
	Name      string
	KeyType   uint8
	PublicKey []byte // compressed G2 point, 96 bytes
	URL       string // of an independent server; empty for a committee
	Committee *KeyServerCommittee
}

// KeyServerCommittee is a committee that shares one key.
type KeyServerCommittee struct {
	Version   uint32 // counts rotations
	Threshold uint16
	Members   []PartialKeyServer // by party id
}

// ParseKeyServerContent reads the dynamic field that holds a key server's
// content: Field<u64, KeyServerV1> or Field<u64, KeyServerV2>.
func ParseKeyServerContent(o *sui.Object) (*KeyServerContent, error) {
	if o == nil || o.Move == nil {
		return nil, fmt.Errorf("parse key server: %w: not a Move object", ErrWrongType)
	}
	t := &o.Move.Type
	v := new(KeyServerContent)
	name, value := fieldTypes(t)
	var read func(*bcs.Decoder)
	switch {
	case value == nil || name.Kind != sui.KindU64 || value.Module != "key_server":
	case value.Name == "KeyServerV1":
		read = v.readV1
	case value.Name == "KeyServerV2":
		read = v.readV2
	}
	if read == nil {
		return nil, fmt.Errorf("parse key server: %w: object %s is a %s", ErrWrongType, o.ID(), t.Short())
	}
	v.Package = value.Address
	d := bcs.NewDecoder(o.Move.Contents)
	v.ID, v.Version = address(d), d.U64()
	read(d)
	if err := d.Finish(); err != nil {
		return nil, fmt.Errorf("parse key server: %w", err)
	}
	return v, nil
}

// fieldTypes returns the types of name and value of a dynamic field whose
// value is a struct.
func fieldTypes(t *sui.StructTag) (name sui.TypeTag, value *sui.StructTag) {
	if t.Address != sui.Framework || t.Module != "dynamic_field" || t.Name != "Field" || len(t.Params) != 2 {
		return name, nil
	}
	return t.Params[0], t.Params[1].Struct
}

func (v *KeyServerContent) readV1(d *bcs.Decoder) {
	s := value[KeyServerV1](d)
	v.Name, v.KeyType, v.PublicKey, v.URL = s.Name, s.KeyType, s.PublicKey, s.URL
}

func (v *KeyServerContent) readV2(d *bcs.Decoder) {
	s := value[KeyServerV2](d)
	v.Name, v.KeyType, v.PublicKey, v.URL = s.Name, s.KeyType, s.PublicKey, s.ServerType.URL
	if s.ServerType.Kind == ServerTypeCommittee {
		v.Committee = &KeyServerCommittee{s.ServerType.Version, s.ServerType.Threshold, s.ServerType.Members}
	}
}
