package sui

import (
	"fmt"
	"sort"

	"github.com/floe-data/floe/sdk/bcs"
)

// MarshalBCS appends data, owner, previous transaction and storage rebate.
func (o Object) MarshalBCS(e *bcs.Encoder) {
	if o.Package != nil {
		e.ULEB(1)
		e.Value(o.Package)
	} else {
		e.ULEB(0)
		e.Value(o.Move)
	}
	e.Value(o.Owner)
	e.Value(o.PreviousTransaction)
	e.U64(o.StorageRebate)
}

// UnmarshalBCS reads an object.
func (o *Object) UnmarshalBCS(d *bcs.Decoder) {
	*o = Object{}
	if d.Variant(2) == 1 {
		o.Package = new(MovePackage)
		d.Value(o.Package)
	} else {
		o.Move = new(MoveObject)
		d.Value(o.Move)
	}
	d.Value(&o.Owner)
	d.Value(&o.PreviousTransaction)
	o.StorageRebate = d.U64()
}

// MarshalBCS appends the compressed type, the transfer flag, version and
// contents.
func (m MoveObject) MarshalBCS(e *bcs.Encoder) {
	encodeObjectType(e, &m.Type)
	e.Bool(m.HasPublicTransfer)
	e.U64(m.Version)
	e.Bytes(m.Contents)
}

// UnmarshalBCS reads a Move object, whose contents must hold an object id.
func (m *MoveObject) UnmarshalBCS(d *bcs.Decoder) {
	m.Type = decodeObjectType(d)
	m.HasPublicTransfer = d.Bool()
	m.Version = d.U64()
	m.Contents = d.Bytes()
	if d.Err() == nil && len(m.Contents) < 32 {
		d.Fail(fmt.Errorf("object contents of %d bytes hold no object id", len(m.Contents)))
	}
}

// The variants of Sui's MoveObjectType, which shortens frequent types.
const (
	objectTypeOther = iota
	objectTypeGasCoin
	objectTypeStakedSui
	objectTypeCoin
	objectTypeSuiBalanceField
	objectTypeBalanceField
	objectTypes
)

func encodeObjectType(e *bcs.Encoder, t *StructTag) {
	if inner, ok := CoinType(t); ok {
		if inner.Equal(SUIType()) {
			e.ULEB(objectTypeGasCoin)
			return
		}
		e.ULEB(objectTypeCoin)
		e.Value(inner)
		return
	}
	if t.Equal(stakedSuiType()) {
		e.ULEB(objectTypeStakedSui)
		return
	}
	if inner, ok := balanceFieldType(t); ok {
		if inner.Equal(SUIType()) {
			e.ULEB(objectTypeSuiBalanceField)
			return
		}
		e.ULEB(objectTypeBalanceField)
		e.Value(inner)
		return
	}
	e.ULEB(objectTypeOther)
	e.Value(t)
}

// decodeObjectType reads a type; one that has a shorter form must use it.
func decodeObjectType(d *bcs.Decoder) (t StructTag) {
	var inner TypeTag
	switch d.Variant(objectTypes) {
	case objectTypeOther:
		d.Value(&t)
		if d.Err() == nil && hasShortForm(&t) {
			d.Fail(fmt.Errorf("object type %s is not in its short form", t))
		}
	case objectTypeGasCoin:
		t = *coinOf(SUIType())
	case objectTypeStakedSui:
		t = *stakedSuiType()
	case objectTypeCoin:
		d.Value(&inner)
		t = *coinOf(inner)
		if d.Err() == nil && inner.Equal(SUIType()) {
			d.Fail(fmt.Errorf("coin of SUI is not in its short form"))
		}
	case objectTypeSuiBalanceField:
		t = *balanceFieldOf(SUIType())
	case objectTypeBalanceField:
		d.Value(&inner)
		t = *balanceFieldOf(inner)
		if d.Err() == nil && inner.Equal(SUIType()) {
			d.Fail(fmt.Errorf("balance field of SUI is not in its short form"))
		}
	}
	return t
}

func hasShortForm(t *StructTag) bool {
	e := bcs.NewEncoder()
	encodeObjectType(e, t)
	return e.Data()[0] != objectTypeOther
}

// MarshalBCS appends id, version, modules, type origins and linkage. Maps are
// written in ascending order of their keys.
func (p MovePackage) MarshalBCS(e *bcs.Encoder) {
	e.Value(p.ID)
	e.U64(p.Version)
	mods := append([]Module{}, p.Modules...)
	sort.Slice(mods, func(i, j int) bool { return bcsStringLess(mods[i].Name, mods[j].Name) })
	e.ULEB(uint64(len(mods)))
	for _, m := range mods {
		e.String(m.Name)
		e.Bytes(m.Bytes)
	}
	encodeSlice(e, p.TypeOrigins)
	links := append([]Linkage{}, p.Linkage...)
	sort.Slice(links, func(i, j int) bool { return links[i].Original.Compare(links[j].Original) < 0 })
	e.ULEB(uint64(len(links)))
	for _, l := range links {
		e.Value(l.Original)
		e.Value(l.Upgraded)
		e.U64(l.Version)
	}
}

// bcsStringLess orders strings by their BCS bytes (length first), the order in
// which BCS writes the keys of a map.
func bcsStringLess(a, b string) bool { return bcsString(a) < bcsString(b) }

func bcsString(s string) string {
	e := bcs.NewEncoder()
	e.String(s)
	return string(e.Data())
}

// UnmarshalBCS reads a package; the keys of its maps must be ascending.
func (p *MovePackage) UnmarshalBCS(d *bcs.Decoder) {
	*p = MovePackage{}
	d.Value(&p.ID)
	p.Version = d.U64()
	for n := d.Length(2); n > 0 && d.Err() == nil; n-- {
		m := Module{Name: decodeString(d), Bytes: d.Bytes()}
		if k := len(p.Modules); k > 0 && !bcsStringLess(p.Modules[k-1].Name, m.Name) {
			d.Fail(ErrNotAscending)
		}
		p.Modules = append(p.Modules, m)
	}
	p.TypeOrigins = decodeSlice[TypeOrigin](d, 2+32)
	for n := d.Length(32 + 32 + 8); n > 0 && d.Err() == nil; n-- {
		var l Linkage
		d.Value(&l.Original)
		d.Value(&l.Upgraded)
		l.Version = d.U64()
		if k := len(p.Linkage); k > 0 && p.Linkage[k-1].Original.Compare(l.Original) >= 0 {
			d.Fail(ErrNotAscending)
		}
		p.Linkage = append(p.Linkage, l)
	}
}

// MarshalBCS appends module, name and package.
func (t TypeOrigin) MarshalBCS(e *bcs.Encoder) {
	e.String(t.Module)
	e.String(t.Name)
	e.Value(t.Package)
}

// UnmarshalBCS reads a type origin.
func (t *TypeOrigin) UnmarshalBCS(d *bcs.Decoder) {
	t.Module = decodeString(d)
	t.Name = decodeString(d)
	d.Value(&t.Package)
}
