package logproof

import (
	"fmt"
	"maps"
	"slices"
	"time"

	f_note "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/formats/witness"
	"golang.org/x/mod/sumdb/note"
)

// A WitnessPolicy says whose cosignatures a reader trusts, and how many are
// needed.
type WitnessPolicy struct {
	group witness.Group
}

// ParseWitnessPolicy reads a policy file: lines "witness NAME VKEY URL",
// "group NAME N|any|all MEMBER…" and "quorum NAME|none", as Sigsum's, with
// verifier keys of signed notes (type 4, as `floe-oracle witness` prints).
func ParseWitnessPolicy(b []byte) (*WitnessPolicy, error) {
	g, err := witness.ParsePolicy(b)
	if err != nil {
		return nil, fmt.Errorf("parse witness policy: %w", err)
	}
	return &WitnessPolicy{g}, nil
}

// A Cosignature is a witness' word that a checkpoint was the log's newest at a
// time, and consistent with all that it saw before.
type Cosignature struct {
	Witness string    `json:"witness"`
	Time    time.Time `json:"time"`
}

// Check demands that the witnesses that the policy asks for cosigned c, and
// returns the cosignatures of all that it names. A nil policy demands nothing.
func (p *WitnessPolicy) Check(c *SignedCheckpoint) ([]Cosignature, error) {
	if p == nil {
		return nil, nil
	}
	var out []Cosignature
	for _, v := range p.group.Endpoints() {
		n, err := note.Open(c.Raw, note.VerifierList(v))
		if err != nil {
			continue
		}
		if t, err := f_note.CoSigV1Timestamp(n.Sigs[0]); err == nil {
			out = append(out, Cosignature{Witness: v.Name(), Time: t.UTC()})
		}
	}
	if !p.group.Satisfied(c.Raw) {
		return out, fmt.Errorf("check witnesses of %s at size %d: %w: %d did", c.Origin, c.Size, ErrWitnesses, len(out))
	}
	return out, nil
}

// URLs returns where the witnesses are asked, sorted, with their names.
func (p *WitnessPolicy) URLs() (urls, names []string) {
	if p == nil {
		return nil, nil
	}
	all := p.group.Endpoints()
	for _, url := range slices.Sorted(maps.Keys(all)) {
		urls, names = append(urls, url), append(names, all[url].Name())
	}
	return urls, names
}
