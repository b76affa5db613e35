package sui

import (
	"encoding/binary"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
)

// ID returns the id of the object or package.
func (o *Object) ID() Address {
	if o.Package != nil {
		return o.Package.ID
	}
	return o.Move.ID()
}

// Version returns the version of the object or package.
func (o *Object) Version() uint64 {
	if o.Package != nil {
		return o.Package.Version
	}
	return o.Move.Version
}

// Ref returns id, version and digest; it hashes the object.
func (o *Object) Ref() ObjectRef {
	return ObjectRef{ID: o.ID(), Version: o.Version(), Digest: o.Digest()}
}

// Type returns the type of a Move object, nil for a package.
func (o *Object) Type() *StructTag {
	if o.Move == nil {
		return nil
	}
	return &o.Move.Type
}

// Clone returns a deep copy.
func (o *Object) Clone() *Object {
	c := *o
	if o.Move != nil {
		m := *o.Move
		m.Contents = copyBytes(m.Contents)
		c.Move = &m
	}
	if o.Package != nil {
		p := *o.Package
		p.Modules = append([]Module{}, p.Modules...)
		p.TypeOrigins = append([]TypeOrigin{}, p.TypeOrigins...)
		p.Linkage = append([]Linkage{}, p.Linkage...)
		c.Package = &p
	}
	return &c
}

// ID returns the object id, which the contents begin with.
func (m *MoveObject) ID() (id Address) {
	copy(id[:], m.Contents)
	return id
}

// CoinBalance returns the balance of a coin object in its smallest unit.
func (o *Object) CoinBalance() (uint64, error) {
	if o.Move == nil {
		return 0, fmt.Errorf("read balance of %s: it is a package", o.ID())
	}
	if _, ok := CoinType(&o.Move.Type); !ok || len(o.Move.Contents) != 40 {
		return 0, fmt.Errorf("read balance of %s: it is not a coin but %s", o.ID(), o.Move.Type.Short())
	}
	return binary.LittleEndian.Uint64(o.Move.Contents[32:]), nil
}

// Module returns the bytes of a module of the package.
func (p *MovePackage) Module(name string) ([]byte, bool) {
	for _, m := range p.Modules {
		if m.Name == name {
			return m.Bytes, true
		}
	}
	return nil, false
}

// String prints the kind and what belongs to it, for example
// "Shared(version 5)".
func (o Owner) String() string {
	switch o.Kind {
	case OwnerAddress:
		return "AddressOwner(" + o.Address.String() + ")"
	case OwnerObject:
		return "ObjectOwner(" + o.Address.String() + ")"
	case OwnerShared:
		return fmt.Sprintf("Shared(version %d)", o.Version)
	case OwnerImmutable:
		return "Immutable"
	case OwnerConsensusAddress:
		return fmt.Sprintf("ConsensusAddressOwner(%s from version %d)", o.Address, o.Version)
	}
	return fmt.Sprintf("Owner(%d)", o.Kind)
}

// AddressOwner returns the owner that is an address.
func AddressOwner(a Address) Owner { return Owner{Kind: OwnerAddress, Address: a} }

// ObjectOwner returns the owner that is an object.
func ObjectOwner(a Address) Owner { return Owner{Kind: OwnerObject, Address: a} }

// SharedOwner returns the owner of an object shared at a version.
func SharedOwner(version uint64) Owner { return Owner{Kind: OwnerShared, Version: version} }

// Immutable returns the owner of a frozen object or package.
func Immutable() Owner { return Owner{Kind: OwnerImmutable} }

// objectMetadataSize is what Sui counts for owner, digest and rebate.
const objectMetadataSize = 80

// StorageSize returns the size in bytes that Sui charges storage for.
func (o *Object) StorageSize() uint64 {
	n := objectMetadataSize
	if p := o.Package; p != nil {
		for _, m := range p.Modules {
			n += len(m.Name) + len(m.Bytes)
		}
		for _, t := range p.TypeOrigins {
			n += len(t.Module) + len(t.Name) + 32
		}
		return uint64(n + len(p.Linkage)*(32+32+8))
	}
	e := bcs.NewEncoder()
	encodeObjectType(e, &o.Move.Type)
	return uint64(n + len(e.Data()) + 1 + 8 + len(o.Move.Contents))
}
