package sui

import (
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
)

// MarshalBCS appends the variant V2 and the fields.
func (t TransactionEffects) MarshalBCS(e *bcs.Encoder) {
	e.ULEB(1)
	e.Value(t.Status)
	e.U64(t.Epoch)
	e.Value(t.Gas)
	e.Value(t.Transaction)
	e.Bool(t.GasObject != nil)
	if t.GasObject != nil {
		e.U32(*t.GasObject)
	}
	encodeOptionDigest(e, t.EventsDigest)
	encodeSlice(e, t.Dependencies)
	e.U64(t.LamportVersion)
	encodeSlice(e, t.Changed)
	encodeSlice(e, t.UnchangedConsensus)
	encodeOptionDigest(e, t.AuxDataDigest)
}

// UnmarshalBCS reads effects of version 2. Version 1, which Sui has not
// written since 2024, is an error.
func (t *TransactionEffects) UnmarshalBCS(d *bcs.Decoder) {
	*t = TransactionEffects{}
	if d.Variant(2) == 0 {
		d.Fail(fmt.Errorf("effects of version 1 are not supported"))
		return
	}
	d.Value(&t.Status)
	t.Epoch = d.U64()
	d.Value(&t.Gas)
	d.Value(&t.Transaction)
	if d.Option() {
		i := d.U32()
		t.GasObject = &i
	}
	t.EventsDigest = decodeOptionDigest(d)
	t.Dependencies = decodeSlice[Digest](d, 33)
	t.LamportVersion = d.U64()
	t.Changed = decodeSlice[ChangedObject](d, 32+3)
	t.UnchangedConsensus = decodeSlice[UnchangedConsensusObject](d, 32+1)
	t.AuxDataDigest = decodeOptionDigest(d)
	if d.Err() == nil && t.GasObject != nil && int64(*t.GasObject) >= int64(len(t.Changed)) {
		d.Fail(fmt.Errorf("gas object index %d of %d changed objects", *t.GasObject, len(t.Changed)))
	}
}

// MarshalBCS appends the four amounts.
func (g GasUsed) MarshalBCS(e *bcs.Encoder) {
	e.U64(g.Computation)
	e.U64(g.Storage)
	e.U64(g.Rebate)
	e.U64(g.NonRefundable)
}

// UnmarshalBCS reads the four amounts.
func (g *GasUsed) UnmarshalBCS(d *bcs.Decoder) {
	g.Computation, g.Storage, g.Rebate, g.NonRefundable = d.U64(), d.U64(), d.U64(), d.U64()
}

// MarshalBCS appends id, states and id operation.
func (c ChangedObject) MarshalBCS(e *bcs.Encoder) {
	e.Value(c.ID)
	e.ULEB(uint64(c.Input))
	if c.Input == StateExist {
		e.U64(c.InputVersion)
		e.Value(c.InputDigest)
		e.Value(c.InputOwner)
	}
	e.ULEB(uint64(c.Output))
	switch c.Output {
	case StateExist:
		e.Value(c.OutputDigest)
		e.Value(c.OutputOwner)
	case StatePackageWrite:
		e.U64(c.OutputVersion)
		e.Value(c.OutputDigest)
	case StateAccumulatorWrite:
		e.Fixed(c.Accumulator)
	}
	e.ULEB(uint64(c.Operation))
}

// UnmarshalBCS reads a changed object.
func (c *ChangedObject) UnmarshalBCS(d *bcs.Decoder) {
	*c = ChangedObject{}
	d.Value(&c.ID)
	c.Input = ObjectStateKind(d.Variant(2))
	if c.Input == StateExist {
		c.InputVersion = d.U64()
		d.Value(&c.InputDigest)
		d.Value(&c.InputOwner)
	}
	c.Output = ObjectStateKind(d.Variant(4))
	switch c.Output {
	case StateExist:
		d.Value(&c.OutputDigest)
		d.Value(&c.OutputOwner)
	case StatePackageWrite:
		c.OutputVersion = d.U64()
		d.Value(&c.OutputDigest)
	case StateAccumulatorWrite:
		start := d.Pos()
		skipAccumulatorWrite(d)
		c.Accumulator = copyBytes(d.Since(start))
	}
	c.Operation = IDOperation(d.Variant(3))
}

// skipAccumulatorWrite reads an account (address, type), merge or split, and a
// value: a number, two numbers, or a list of (number, digest).
func skipAccumulatorWrite(d *bcs.Decoder) {
	d.Fixed(32)
	var t TypeTag
	d.Value(&t)
	d.Variant(2)
	switch d.Variant(3) {
	case 0:
		d.U64()
	case 1:
		d.Fixed(16)
	case 2:
		for n := d.Length(8 + 33); n > 0 && d.Err() == nil; n-- {
			d.U64()
			var x Digest
			d.Value(&x)
		}
	}
}

// The indices of UnchangedConsensusKind.
const (
	UnchangedReadOnlyRoot uint8 = iota
	UnchangedMutateStreamEnded
	UnchangedReadStreamEnded
	UnchangedCancelled
	UnchangedPerEpochConfig
)

// MarshalBCS appends id, kind and what belongs to the kind.
func (u UnchangedConsensusObject) MarshalBCS(e *bcs.Encoder) {
	e.Value(u.ID)
	e.ULEB(uint64(u.Kind))
	switch u.Kind {
	case UnchangedReadOnlyRoot:
		e.U64(u.Version)
		e.Value(u.Digest)
	case UnchangedPerEpochConfig:
	default:
		e.U64(u.Version)
	}
}

// UnmarshalBCS reads an unchanged object.
func (u *UnchangedConsensusObject) UnmarshalBCS(d *bcs.Decoder) {
	*u = UnchangedConsensusObject{}
	d.Value(&u.ID)
	u.Kind = uint8(d.Variant(int(UnchangedPerEpochConfig) + 1))
	switch u.Kind {
	case UnchangedReadOnlyRoot:
		u.Version = d.U64()
		d.Value(&u.Digest)
	case UnchangedPerEpochConfig:
	default:
		u.Version = d.U64()
	}
}

// MarshalBCS appends the length and the events.
func (t TransactionEvents) MarshalBCS(e *bcs.Encoder) { encodeSlice(e, t.Events) }

// UnmarshalBCS reads the events.
func (t *TransactionEvents) UnmarshalBCS(d *bcs.Decoder) {
	t.Events = decodeSlice[Event](d, 32+1+32+32+1+1+1+1)
}

// MarshalBCS appends package, module, sender, type and contents.
func (v Event) MarshalBCS(e *bcs.Encoder) {
	e.Value(v.Package)
	e.String(v.Module)
	e.Value(v.Sender)
	e.Value(v.Type)
	e.Bytes(v.Contents)
}

// UnmarshalBCS reads an event.
func (v *Event) UnmarshalBCS(d *bcs.Decoder) {
	d.Value(&v.Package)
	v.Module = decodeIdentifier(d)
	d.Value(&v.Sender)
	d.Value(&v.Type)
	v.Contents = d.Bytes()
}
