package sui

import (
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
)

// EndOfEpochData stands in the summary of the last checkpoint of an epoch: who
// signs the checkpoints of the next.
type EndOfEpochData struct {
	Committee       []ValidatorStake
	ProtocolVersion uint64   // of the next epoch
	Commitments     [][]byte // to the state at the end, each raw BCS
}

// A ValidatorStake is a validator of a committee and its share of 10,000 votes.
type ValidatorStake struct {
	PublicKey []byte // BLS12-381, 96 bytes: compressed G2
	Weight    uint64
}

const validatorKeySize = 96

// MarshalBCS appends committee, protocol version and commitments.
func (x EndOfEpochData) MarshalBCS(e *bcs.Encoder) {
	e.ULEB(uint64(len(x.Committee)))
	for _, v := range x.Committee {
		e.Bytes(v.PublicKey)
		e.U64(v.Weight)
	}
	e.U64(x.ProtocolVersion)
	e.ULEB(uint64(len(x.Commitments)))
	for _, raw := range x.Commitments {
		e.Fixed(raw)
	}
}

// UnmarshalBCS reads committee, protocol version and commitments.
func (x *EndOfEpochData) UnmarshalBCS(d *bcs.Decoder) {
	*x = EndOfEpochData{}
	for n := d.Length(1 + validatorKeySize + 8); n > 0 && d.Err() == nil; n-- {
		v := ValidatorStake{PublicKey: d.Bytes(), Weight: d.U64()}
		if d.Err() == nil && len(v.PublicKey) != validatorKeySize {
			d.Fail(fmt.Errorf("a validator's key has %d bytes, want %d", len(v.PublicKey), validatorKeySize))
		}
		x.Committee = append(x.Committee, v)
	}
	x.ProtocolVersion = d.U64()
	x.Commitments = decodeCommitments(d)
}

// ErrNotLast says that a checkpoint is not the last of its epoch.
var ErrNotLast = errors.New("the checkpoint does not end its epoch")

// NextEpoch reads what the last checkpoint of an epoch says about the next.
// Errors: [ErrNotLast], or those of BCS.
func (c *CheckpointSummary) NextEpoch() (*EndOfEpochData, error) {
	if c.EndOfEpoch == nil {
		return nil, fmt.Errorf("checkpoint %d: %w", c.Sequence, ErrNotLast)
	}
	x := new(EndOfEpochData)
	if err := bcs.Unmarshal(c.EndOfEpoch, x); err != nil {
		return nil, fmt.Errorf("read end of epoch %d: %w", c.Epoch, err)
	}
	return x, nil
}

// ChangeEpoch is what the last transaction of an epoch does: it begins the next
// one. Amounts are those of the epoch that ends, in MIST.
type ChangeEpoch struct {
	Epoch           uint64 // that begins
	ProtocolVersion uint64
	Gas             GasUsed // of all transactions of the epoch that ends
	StartMS         uint64
	SystemPackages  []SystemUpgrade // new versions of 0x1, 0x2 and so on
}

// A SystemUpgrade is a new version of a package of the system.
type SystemUpgrade struct {
	Version      uint64
	Modules      [][]byte
	Dependencies []Address
}

// MarshalBCS appends the fields in the order of Sui's ChangeEpoch.
func (c ChangeEpoch) MarshalBCS(e *bcs.Encoder) {
	e.U64(c.Epoch)
	e.U64(c.ProtocolVersion)
	e.U64(c.Gas.Storage)
	e.U64(c.Gas.Computation)
	e.U64(c.Gas.Rebate)
	e.U64(c.Gas.NonRefundable)
	e.U64(c.StartMS)
	encodeSlice(e, c.SystemPackages)
}

// UnmarshalBCS reads the fields.
func (c *ChangeEpoch) UnmarshalBCS(d *bcs.Decoder) {
	*c = ChangeEpoch{Epoch: d.U64(), ProtocolVersion: d.U64()}
	c.Gas = GasUsed{Storage: d.U64(), Computation: d.U64(), Rebate: d.U64(), NonRefundable: d.U64()}
	c.StartMS = d.U64()
	c.SystemPackages = decodeSlice[SystemUpgrade](d, 8+1+1)
}

// MarshalBCS appends version, modules and dependencies.
func (p SystemUpgrade) MarshalBCS(e *bcs.Encoder) {
	e.U64(p.Version)
	e.ULEB(uint64(len(p.Modules)))
	for _, m := range p.Modules {
		e.Bytes(m)
	}
	encodeSlice(e, p.Dependencies)
}

// UnmarshalBCS reads version, modules and dependencies.
func (p *SystemUpgrade) UnmarshalBCS(d *bcs.Decoder) {
	*p = SystemUpgrade{Version: d.U64()}
	for n := d.Length(1); n > 0 && d.Err() == nil; n-- {
		p.Modules = append(p.Modules, d.Bytes())
	}
	p.Dependencies = decodeSlice[Address](d, 32)
}

// The variants that a ChangeEpoch stands in.
const (
	kindEndOfEpoch       = 5
	endOfEpochChangeKind = 0
)

// EndOfEpochKind is the kind of the last transaction of an epoch that does
// nothing but to begin the next.
func EndOfEpochKind(c *ChangeEpoch) TransactionKind {
	e := bcs.NewEncoder()
	e.ULEB(kindEndOfEpoch)
	e.ULEB(1)
	e.ULEB(endOfEpochChangeKind)
	e.Value(c)
	return TransactionKind{Other: e.Data()}
}

// ChangeEpoch returns what a transaction does that is of [EndOfEpochKind]; nil
// for others.
func (k *TransactionKind) ChangeEpoch() *ChangeEpoch {
	if len(k.Other) == 0 || k.Other[0] != kindEndOfEpoch {
		return nil
	}
	d := bcs.NewDecoder(k.Other)
	d.Variant(kinds)
	if d.Length(1) != 1 || d.Variant(endOfEpochChangeKind+1) != endOfEpochChangeKind {
		return nil
	}
	c := new(ChangeEpoch)
	d.Value(c)
	if d.Finish() != nil {
		return nil
	}
	return c
}
