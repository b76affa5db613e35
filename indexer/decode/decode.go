// Package decode turns checkpoints into the rows of the index. It is pure: no
// I/O, no clock, the same checkpoint gives the same rows, so an index that is
// rebuilt from zero equals the one before.
//
// [Checkpoint] keeps the events whose type one of the followed packages
// defines. An event that it knows gets a typed value beside the raw bytes; one
// that it knows but cannot decode is kept with the error, never dropped.
package decode

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// Packages are the defining ids of the followed packages: for each contract
// the storage ids of all its versions that define event types, the first
// version at least.
type Packages struct {
	Storage   []sui.Address `yaml:"storage"`
	Catalog   []sui.Address `yaml:"catalog"`
	Access    []sui.Address `yaml:"access"`
	KeyServer []sui.Address `yaml:"key_server"`
}

// IDs returns all ids, ascending.
func (p Packages) IDs() []sui.Address {
	ids := slices.Concat(p.Storage, p.Catalog, p.Access, p.KeyServer)
	slices.SortFunc(ids, sui.Address.Compare)
	return slices.Compact(ids)
}

// Rows is what one checkpoint adds to the index.
type Rows struct {
	Sequence int64
	Time     time.Time // UTC, milliseconds
	Epoch    int64
	Digest   sui.Digest
	Events   []Event // in the order of the chain
	Upgrades []Upgrade
}

// Upgrade is a version of a followed package that the checkpoint publishes.
type Upgrade struct {
	TxIndex           int32
	Package, Original sui.Address
	Version           uint64
}

// Event is one event of a followed package.
type Event struct {
	Checkpoint int64
	Time       time.Time
	TxIndex    int32 // in the checkpoint
	Sequence   int32 // in the transaction, all events counted
	TxDigest   sui.Digest
	Raw        sui.Event

	// Typed is a pointer to one of package contract's events, or nil: then
	// Problem says why, or the type is not one that the index knows.
	Typed   any
	Problem string
}

// A Decoder decodes checkpoints for a set of packages, and for the copies of the
// committee's contract that show up. It is not safe for concurrent use.
type Decoder struct {
	followed map[sui.Address]contract.Packages // by defining id: which contract it is
	// committees are the copies of the contract of committees of key servers:
	// each committee publishes its own, and nobody can name them beforehand.
	committees map[sui.Address]bool
}

// New returns a Decoder for the given packages.
func New(p Packages) *Decoder {
	d := &Decoder{followed: map[sui.Address]contract.Packages{}, committees: map[sui.Address]bool{}}
	for _, id := range p.Storage {
		d.followed[id] = contract.Packages{Storage: contract.Package{Original: id}}
	}
	for _, id := range p.Catalog {
		d.followed[id] = contract.Packages{Catalog: contract.Package{Original: id}}
	}
	for _, id := range p.Access {
		d.followed[id] = contract.Packages{Access: contract.Package{Original: id}}
	}
	for _, id := range p.KeyServer {
		d.followed[id] = contract.Packages{KeyServer: contract.Package{Original: id}}
	}
	return d
}

// Follow adds a version of a package whose first version is followed, and
// reports whether that is so and it was not followed yet.
func (d *Decoder) Follow(id, original sui.Address) bool {
	which, ok := d.followed[original]
	if _, known := d.followed[id]; !ok || known {
		return false
	}
	for _, p := range []*contract.Package{&which.Storage, &which.Catalog, &which.Access, &which.KeyServer} {
		if !p.Original.IsZero() {
			p.Original = id
		}
	}
	d.followed[id] = which
	return true
}

// Follows reports whether the package with this id is followed.
func (d *Decoder) Follows(id sui.Address) bool {
	_, ok := d.followed[id]
	return ok
}

// FollowCommittee adds a copy of the committee's contract: a package through which
// the members of a committee were named, unless that is followed for itself. Of its
// events those are kept that a committee's contract has. What it says about itself
// is its own word: anybody can publish a package that says it is a committee's.
func (d *Decoder) FollowCommittee(id sui.Address) {
	if _, known := d.followed[id]; !known {
		d.committees[id] = true
	}
}

// contract tells which contract defines the type of an event, if it is one to keep.
func (d *Decoder) contract(t sui.StructTag) (contract.Packages, bool) {
	if which, ok := d.followed[t.Address]; ok {
		return which, true
	}
	return contract.Packages{Committee: contract.Package{Original: t.Address}},
		d.committees[t.Address] && t.Module == "seal_committee" && t.Name == "CommitteeRotationInitiated" && len(t.Params) == 0
}

// Typed decodes an event that was kept: into Typed, or into Problem if it can't be
// decoded; into neither if its type is not known.
func (d *Decoder) Typed(ev sui.Event) (value any, problem string) {
	which, ok := d.contract(ev.Type)
	if !ok {
		return nil, ""
	}
	return typed(which, ev)
}

// Checkpoint returns the rows of one checkpoint. The only error is a number
// that the index cannot hold.
func (d *Decoder) Checkpoint(cp *suirpc.Checkpoint) (*Rows, error) {
	if cp.Sequence > math.MaxInt64 || cp.Epoch > math.MaxInt64 || cp.TimestampMS > maxMS {
		return nil, fmt.Errorf("decode checkpoint %d: number or time out of range", cp.Sequence)
	}
	rows := &Rows{Sequence: int64(cp.Sequence), Time: time.UnixMilli(int64(cp.TimestampMS)).UTC(), Epoch: int64(cp.Epoch), Digest: cp.Digest}
	for i, tx := range cp.Transactions {
		for j, ev := range tx.Events {
			which, ok := d.contract(ev.Type)
			if !ok {
				continue
			}
			e := Event{Checkpoint: rows.Sequence, Time: rows.Time, TxIndex: int32(i), Sequence: int32(j), TxDigest: tx.Digest, Raw: ev}
			e.Typed, e.Problem = typed(which, ev)
			if _, named := e.Typed.(*contract.CommitteeMembersNamed); named {
				d.FollowCommittee(ev.Package)
			}
			rows.Events = append(rows.Events, e)
		}
	}
	return rows, nil
}

// maxMS is the end of the year 9999, the last that every program understands.
const maxMS = 253402300799999

func typed(which contract.Packages, ev sui.Event) (any, string) {
	value, err := contract.DecodeEvent(ev, which)
	if errors.Is(err, contract.ErrUnknownEvent) {
		return nil, ""
	}
	if err == nil {
		err = storable(value)
	}
	if err != nil {
		return nil, err.Error()
	}
	return value, ""
}

// storable refuses what a row cannot hold: text that is not UTF-8 or holds a
// NUL, numbers beyond int64 in columns that count things.
func storable(value any) error {
	var counts []uint64
	switch v := value.(type) {
	case *contract.VersionPublished:
		counts = []uint64{v.Number}
	case *contract.KeyServerRegistered:
		counts = []uint64{v.Version}
	}
	for _, n := range counts {
		if n > math.MaxInt64 {
			return fmt.Errorf("number %d is out of range", n)
		}
	}
	return checkTexts(reflect.ValueOf(value))
}

// checkTexts looks at every string in a value.
func checkTexts(v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return fmt.Errorf("text %q is not UTF-8 or holds a NUL", s)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return checkTexts(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if err := checkTexts(v.Field(i)); err != nil {
				return err
			}
		}
	case reflect.Slice:
		if k := v.Type().Elem().Kind(); k == reflect.Uint8 || k == reflect.Array {
			return nil // bytes, ids
		}
		for i := range v.Len() {
			if err := checkTexts(v.Index(i)); err != nil {
				return err
			}
		}
	}
	return nil
}
