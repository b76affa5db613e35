package sui

import (
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
)

// The indices of TransactionKind that are decoded.
const (
	kindProgrammable    = 0
	kindConsensusCommit = 3
	kindRandomness      = 6
	kinds               = 11
)

// MarshalBCS appends the variant V1 and the fields.
func (t TransactionData) MarshalBCS(e *bcs.Encoder) {
	e.ULEB(0)
	e.Value(t.Kind)
	e.Value(t.Sender)
	e.Value(t.Gas)
	e.Value(t.Expiration)
}

// UnmarshalBCS reads a transaction. System transactions of a kind that is not
// decoded are kept in Kind.Other, which works because what follows the kind is
// the same in all of them; the transaction must then end the input.
func (t *TransactionData) UnmarshalBCS(d *bcs.Decoder) {
	*t = TransactionData{}
	d.Variant(1)
	t.Kind.decode(d, systemTrailer())
	d.Value(&t.Sender)
	d.Value(&t.Gas)
	d.Value(&t.Expiration)
}

// SystemTransaction wraps a kind in the sender, gas data and expiration that
// all system transactions have.
func SystemTransaction(kind TransactionKind) *TransactionData {
	return &TransactionData{Kind: kind, Gas: GasData{Payment: []ObjectRef{{}}, Price: 1}}
}

func systemTrailer() []byte {
	t := SystemTransaction(TransactionKind{})
	e := bcs.NewEncoder()
	e.Value(t.Sender)
	e.Value(t.Gas)
	e.Value(t.Expiration)
	return e.Data()
}

// MarshalBCS appends the variant and its fields.
func (k TransactionKind) MarshalBCS(e *bcs.Encoder) {
	switch {
	case k.Programmable != nil:
		e.ULEB(kindProgrammable)
		e.Value(k.Programmable)
	case k.ConsensusCommit != nil:
		e.ULEB(kindConsensusCommit)
		e.Value(k.ConsensusCommit)
	case k.Randomness != nil:
		e.ULEB(kindRandomness)
		e.Value(k.Randomness)
	default:
		e.Fixed(k.Other)
	}
}

// UnmarshalBCS reads a kind; one that is not decoded takes the whole rest of
// the input.
func (k *TransactionKind) UnmarshalBCS(d *bcs.Decoder) { k.decode(d, nil) }

func (k *TransactionKind) decode(d *bcs.Decoder, trailer []byte) {
	*k = TransactionKind{}
	start := d.Pos()
	switch variant := d.Variant(kinds); variant {
	case kindProgrammable:
		if d.Err() == nil {
			k.Programmable = new(ProgrammableTransaction)
			d.Value(k.Programmable)
		}
	case kindConsensusCommit:
		k.ConsensusCommit = new(ConsensusCommitPrologue)
		d.Value(k.ConsensusCommit)
	case kindRandomness:
		k.Randomness = new(RandomnessStateUpdate)
		d.Value(k.Randomness)
	default:
		n := d.Remaining() - len(trailer)
		if n < 0 {
			d.Fail(fmt.Errorf("read system transaction of kind %d: %w", variant, bcs.ErrTruncated))
			return
		}
		d.Fixed(n)
		k.Other = copyBytes(d.Since(start))
	}
}

// MarshalBCS appends epoch, round and time.
func (c ConsensusCommitPrologue) MarshalBCS(e *bcs.Encoder) {
	e.U64(c.Epoch)
	e.U64(c.Round)
	e.U64(c.CommitTimestampMS)
}

// UnmarshalBCS reads epoch, round and time.
func (c *ConsensusCommitPrologue) UnmarshalBCS(d *bcs.Decoder) {
	c.Epoch, c.Round, c.CommitTimestampMS = d.U64(), d.U64(), d.U64()
}

// MarshalBCS appends epoch, round, bytes and the object's first version.
func (r RandomnessStateUpdate) MarshalBCS(e *bcs.Encoder) {
	e.U64(r.Epoch)
	e.U64(r.Round)
	e.Bytes(r.Bytes)
	e.U64(r.InitialVersion)
}

// UnmarshalBCS reads epoch, round, bytes and the object's first version.
func (r *RandomnessStateUpdate) UnmarshalBCS(d *bcs.Decoder) {
	r.Epoch, r.Round, r.Bytes, r.InitialVersion = d.U64(), d.U64(), d.Bytes(), d.U64()
}

// MarshalBCS appends payment, owner, price and budget.
func (g GasData) MarshalBCS(e *bcs.Encoder) {
	encodeSlice(e, g.Payment)
	e.Value(g.Owner)
	e.U64(g.Price)
	e.U64(g.Budget)
}

// UnmarshalBCS reads payment, owner, price and budget.
func (g *GasData) UnmarshalBCS(d *bcs.Decoder) {
	g.Payment = decodeSlice[ObjectRef](d, objectRefSize)
	d.Value(&g.Owner)
	g.Price, g.Budget = d.U64(), d.U64()
}

// MarshalBCS appends the variant and its fields.
func (x Expiration) MarshalBCS(e *bcs.Encoder) {
	e.ULEB(uint64(x.Kind))
	switch x.Kind {
	case ExpireEpoch:
		e.U64(x.Epoch)
	case ExpireValidDuring, ExpireValidity:
		encodeOptionU64(e, x.MinEpoch)
		encodeOptionU64(e, x.MaxEpoch)
		encodeOptionU64(e, x.MinTimestamp)
		encodeOptionU64(e, x.MaxTimestamp)
		e.Value(x.Chain)
		e.U32(x.Nonce)
		if x.Kind == ExpireValidity {
			encodeProposers(e, x.Proposers)
		}
	}
}

// UnmarshalBCS reads an expiration.
func (x *Expiration) UnmarshalBCS(d *bcs.Decoder) {
	*x = Expiration{Kind: ExpirationKind(d.Variant(int(ExpireValidity) + 1))}
	switch x.Kind {
	case ExpireEpoch:
		x.Epoch = d.U64()
	case ExpireValidDuring, ExpireValidity:
		x.MinEpoch, x.MaxEpoch = decodeOptionU64(d), decodeOptionU64(d)
		x.MinTimestamp, x.MaxTimestamp = decodeOptionU64(d), decodeOptionU64(d)
		d.Value(&x.Chain)
		x.Nonce = d.U32()
		if x.Kind == ExpireValidity {
			x.Proposers = decodeProposers(d)
		}
	}
}

func encodeProposers(e *bcs.Encoder, p *AllowedProposers) {
	e.Bool(p != nil)
	if p == nil {
		return
	}
	e.U64(p.Epoch)
	e.ULEB(uint64(len(p.Indices)))
	for _, i := range p.Indices {
		e.U32(i)
	}
}

func decodeProposers(d *bcs.Decoder) *AllowedProposers {
	if !d.Option() {
		return nil
	}
	p := &AllowedProposers{Epoch: d.U64()}
	for n := d.Length(4); n > 0 && d.Err() == nil; n-- {
		p.Indices = append(p.Indices, d.U32())
	}
	if len(p.Indices) == 0 {
		d.Fail(errors.New("allowed proposers are empty"))
	}
	return p
}

// MarshalBCS appends inputs and commands.
func (p ProgrammableTransaction) MarshalBCS(e *bcs.Encoder) {
	encodeSlice(e, p.Inputs)
	encodeSlice(e, p.Commands)
}

// UnmarshalBCS reads inputs and commands.
func (p *ProgrammableTransaction) UnmarshalBCS(d *bcs.Decoder) {
	p.Inputs = decodeSlice[Input](d, 2)
	p.Commands = decodeSlice[Command](d, 2)
}

// MarshalBCS appends an input. An unresolved input has no BCS: [Builder.Build]
// and the clients refuse it before it comes here, and this method panics.
func (in Input) MarshalBCS(e *bcs.Encoder) {
	switch in.Kind {
	case InputPure:
		e.ULEB(0)
		e.Bytes(in.Pure)
	case InputImmOrOwned:
		e.ULEB(1)
		e.ULEB(0)
		e.Value(in.Ref)
	case InputShared:
		e.ULEB(1)
		e.ULEB(1)
		e.Value(in.Ref.ID)
		e.U64(in.SharedVersion)
		e.U8(uint8(in.Mutability))
	case InputReceiving:
		e.ULEB(1)
		e.ULEB(2)
		e.Value(in.Ref)
	case InputFundsWithdrawal:
		e.ULEB(2)
		e.Fixed(in.Raw)
	default:
		panic(fmt.Sprintf("sui: encode input %s: not resolved", in.Ref.ID))
	}
}

// UnmarshalBCS reads an input.
func (in *Input) UnmarshalBCS(d *bcs.Decoder) {
	*in = Input{}
	switch d.Variant(3) {
	case 0:
		in.Kind, in.Pure = InputPure, d.Bytes()
	case 1:
		in.decodeObject(d)
	case 2:
		in.Kind = InputFundsWithdrawal
		start := d.Pos()
		skipFundsWithdrawal(d)
		in.Raw = copyBytes(d.Since(start))
	}
}

func (in *Input) decodeObject(d *bcs.Decoder) {
	switch d.Variant(3) {
	case 0:
		in.Kind = InputImmOrOwned
		d.Value(&in.Ref)
	case 1:
		in.Kind = InputShared
		d.Value(&in.Ref.ID)
		in.SharedVersion = d.U64()
		in.Mutability = SharedMutability(d.U8())
		if in.Mutability > SharedNonExclusiveWrite {
			d.Fail(fmt.Errorf("unknown mutability %d of a shared object", in.Mutability))
		}
	case 2:
		in.Kind = InputReceiving
		d.Value(&in.Ref)
	}
}

// skipFundsWithdrawal reads a reservation, the type that is withdrawn and the
// account that it is withdrawn from.
func skipFundsWithdrawal(d *bcs.Decoder) {
	d.Variant(1)
	d.U64()
	d.Variant(1)
	var t TypeTag
	d.Value(&t)
	if d.Variant(3) == 2 {
		d.Fixed(64)
	}
}

// MarshalBCS appends the variant and its indices.
func (a Argument) MarshalBCS(e *bcs.Encoder) {
	e.ULEB(uint64(a.Kind))
	switch a.Kind {
	case ArgInput, ArgResult:
		e.U16(a.Index)
	case ArgNestedResult:
		e.U16(a.Index)
		e.U16(a.Sub)
	}
}

// UnmarshalBCS reads an argument.
func (a *Argument) UnmarshalBCS(d *bcs.Decoder) {
	*a = Argument{Kind: ArgumentKind(d.Variant(int(ArgNestedResult) + 1))}
	switch a.Kind {
	case ArgInput, ArgResult:
		a.Index = d.U16()
	case ArgNestedResult:
		a.Index, a.Sub = d.U16(), d.U16()
	}
}
