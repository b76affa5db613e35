package contract

import (
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// CreateLog opens an empty log of inferences and gives its capability to
// owner. service, if not nil, is the version of kind [KindService] that it is
// for, and cap the capability of its dataset.
func CreateLog(b *sui.Builder, p Packages, name string, owner sui.Address, lineage, cap sui.Address, service *sui.Address) {
	if service == nil {
		b.Transfer(owner, call(b, p.Catalog, "inference_log", "create", b.Pure(name)))
		return
	}
	b.Transfer(owner, call(b, p.Catalog, "inference_log", "create_for_service", b.Pure(name), b.Object(lineage), b.Object(cap), b.Pure(*service)))
}

// CommitLog commits to the first size entries of a log. cap is its LogCap;
// proof shows consistency with the last commitment (RFC 9162, 2.1.4) and is
// empty for the first.
func CommitLog(b *sui.Builder, p Packages, log, cap sui.Address, size uint64, root [32]byte, proof [][]byte) {
	call(b, p.Catalog, "inference_log", "commit", b.Object(log), b.Object(cap), b.Pure(size), b.Pure(root[:]), b.Pure(proof), b.Clock())
}

// OpenLeaf shows that leaf is entry index of a log as last committed.
func OpenLeaf(b *sui.Builder, p Packages, log sui.Address, index uint64, leaf []byte, proof [][]byte) {
	call(b, p.Catalog, "inference_log", "open_leaf", b.Object(log), b.Pure(index), b.Pure(leaf), b.Pure(proof))
}

// LogCreated: an operator opened a log of inferences.
type LogCreated struct {
	LogID   sui.Address
	CapID   sui.Address
	Name    string
	Service *sui.Address // The version of kind inference service that it belongs to.
}

// UnmarshalBCS reads the event.
func (v *LogCreated) UnmarshalBCS(d *bcs.Decoder) {
	v.LogID = address(d)
	v.CapID = address(d)
	v.Name = d.String()
	v.Service = optionAddress(d)
}

// LogCommitted: a log grew: its first `previous_size` entries are those of before.
type LogCommitted struct {
	LogID         sui.Address
	PreviousSize  uint64
	TreeSize      uint64
	Root          []byte
	CommittedAtMS uint64
}

// UnmarshalBCS reads the event.
func (v *LogCommitted) UnmarshalBCS(d *bcs.Decoder) {
	v.LogID = address(d)
	v.PreviousSize = d.U64()
	v.TreeSize = d.U64()
	v.Root = d.Bytes()
	v.CommittedAtMS = d.U64()
}

// LeafOpened: a leaf was shown to be in a log.
type LeafOpened struct {
	LogID    sui.Address
	TreeSize uint64
	Index    uint64
	LeafHash []byte
}

// UnmarshalBCS reads the event.
func (v *LeafOpened) UnmarshalBCS(d *bcs.Decoder) {
	v.LogID = address(d)
	v.TreeSize = d.U64()
	v.Index = d.U64()
	v.LeafHash = d.Bytes()
}
