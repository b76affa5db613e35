package walrus

import (
	"errors"
	"fmt"
	"sort"

	"github.com/floe-data/floe/sdk/bcs"
)

// A RecoverySymbol is one symbol of a lost sliver, taken from a sliver of the
// other axis that crosses it, with a proof against that sliver's hash.
type RecoverySymbol struct {
	Target Axis // axis of the sliver that is restored
	Sliver int  // index of the sliver that is restored
	Index  int  // of the crossing sliver, and so of the symbol in the target
	Data   []byte
	Proof  MerkleProof
}

// NewRecoverySymbol takes from helper, a verified sliver of a blob with the
// dimensions p, the symbol that it shares with sliver target of the other axis.
func NewRecoverySymbol(p Params, helper *Sliver, target int) (*RecoverySymbol, error) {
	line := extendSliver(p, helper)
	leaves := make([][]byte, p.n)
	for i := range leaves {
		leaves[i] = line[i*helper.SymbolSize : (i+1)*helper.SymbolSize]
	}
	proof, err := NewMerkleProof(leaves, target)
	if err != nil {
		return nil, fmt.Errorf("make recovery symbol: %w", err)
	}
	return &RecoverySymbol{Target: 1 - helper.Axis, Sliver: target, Index: helper.Index, Data: leaves[target], Proof: proof}, nil
}

// Verify checks the symbol against the metadata.
func (r *RecoverySymbol) Verify(m *Metadata) error {
	p, err := m.Params()
	if err != nil {
		return err
	}
	if r.Index < 0 || r.Index >= p.n || !r.Proof.Verify(m.hashOf(p, 1-r.Target, r.Index), r.Data, r.Sliver, p.n) {
		return fmt.Errorf("verify symbol %d of %s sliver %d: %w", r.Index, r.Target, r.Sliver, ErrBadSliver)
	}
	return nil
}

// RecoverSliver restores sliver index of the axis from symbols that pass
// Verify: [Params.Columns] distinct ones for a primary, [Params.Rows] for a
// secondary sliver. The result is verified; it errs with ErrInconsistent when
// the blob was encoded wrongly.
func RecoverSliver(m *Metadata, a Axis, index int, symbols []*RecoverySymbol) (*Sliver, error) {
	p, err := m.Params()
	if err != nil {
		return nil, err
	}
	ss, err := p.SymbolSize(m.Size)
	if err != nil {
		return nil, err
	}
	code := codesFor(p).along(a)
	var ws workspace
	shards := ws.lines(p.n, packedSize(ss, 1))
	for i := range shards {
		shards[i] = shards[i][:0]
	}
	var known []int
	for _, s := range symbols {
		if s.Target != a || s.Sliver != index || len(s.Data) != ss {
			return nil, fmt.Errorf("recover %s sliver %d: symbol of %s sliver %d with %d bytes does not belong", a, index, s.Target, s.Sliver, len(s.Data))
		}
		if err := s.Verify(m); err != nil {
			return nil, fmt.Errorf("recover sliver: %w", err)
		}
		if len(shards[s.Index]) == 0 {
			shards[s.Index] = shards[s.Index][:cap(shards[s.Index])]
			pack(shards[s.Index], s.Data, ss, ss, 1)
			known = append(known, s.Index)
		}
	}
	if len(known) < code.k {
		return nil, fmt.Errorf("recover %s sliver %d: have %d distinct symbols, need %d", a, index, len(known), code.k)
	}
	sort.Ints(known)
	if known[code.k-1] != code.k-1 {
		code.restorer(known)(shards)
	}
	out := &Sliver{Axis: a, Index: index, SymbolSize: ss, Data: make([]byte, code.k*ss)}
	for i := range code.k {
		unpack(out.Data[i*ss:], shards[i], ss, ss, 1)
	}
	if err := m.VerifySliver(out); err != nil {
		return nil, fmt.Errorf("recover %s sliver %d: %w", a, index, errors.Join(ErrInconsistent, err))
	}
	return out, nil
}

// MarshalBCS writes GeneralRecoverySymbol.
func (r *RecoverySymbol) MarshalBCS(e *bcs.Encoder) {
	e.U8(uint8(r.Target))
	e.U16(uint16(r.Index))
	e.Bytes(r.Data)
	e.U16(uint16(r.Sliver))
	r.Proof.MarshalBCS(e)
}

// UnmarshalBCS reads GeneralRecoverySymbol.
func (r *RecoverySymbol) UnmarshalBCS(d *bcs.Decoder) {
	r.Target = Axis(d.Variant(2))
	r.Index = int(d.U16())
	r.Data = d.Bytes()
	r.Sliver = int(d.U16())
	r.Proof.UnmarshalBCS(d)
}
