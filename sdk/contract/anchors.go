package contract

import (
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// A TreeHead is what the operator of a log signs: the text of a C2SP
// checkpoint of its origin.
type TreeHead struct {
	Size      uint64
	Root      [32]byte
	Signature []byte // Ed25519, 64 bytes, without the key hash of signed notes
}

// CreateAnchor creates and shares an anchor for the log whose checkpoints begin
// with origin and are signed with publicKey (Ed25519, 32 bytes).
func CreateAnchor(b *sui.Builder, p Packages, origin string, publicKey []byte) {
	call(b, p.Access, "anchors", "create", b.Pure(origin), b.Pure(publicKey))
}

// AnchorRoot anchors the head of a larger tree.
func AnchorRoot(b *sui.Builder, p Packages, anchor sui.Address, h TreeHead) {
	call(b, p.Access, "anchors", "anchor_root", b.Object(anchor), b.Pure(h.Size), b.Pure(h.Root[:]), b.Pure(h.Signature), b.Clock())
}

// ProveFork puts on record that the operator signed two different trees of the
// same size: the first's.
func ProveFork(b *sui.Builder, p Packages, anchor sui.Address, first, second TreeHead) {
	call(b, p.Access, "anchors", "prove_fork", b.Object(anchor), b.Pure(first.Size),
		b.Pure(first.Root[:]), b.Pure(first.Signature), b.Pure(second.Root[:]), b.Pure(second.Signature))
}

// AnchorCreated: a log can be anchored from now on.
type AnchorCreated struct {
	AnchorID  sui.Address
	Origin    string // first line of the log's checkpoints
	PublicKey []byte // Ed25519
}

// UnmarshalBCS reads the event.
func (v *AnchorCreated) UnmarshalBCS(d *bcs.Decoder) {
	v.AnchorID, v.Origin, v.PublicKey = address(d), d.String(), d.Bytes()
}

// RootAnchored: a larger tree was anchored.
type RootAnchored struct {
	AnchorID     sui.Address
	PreviousSize uint64
	TreeSize     uint64
	Root         []byte
	Signature    []byte
	AnchoredAtMS uint64
}

// UnmarshalBCS reads the event.
func (v *RootAnchored) UnmarshalBCS(d *bcs.Decoder) {
	v.AnchorID, v.PreviousSize, v.TreeSize = address(d), d.U64(), d.U64()
	v.Root, v.Signature, v.AnchoredAtMS = d.Bytes(), d.Bytes(), d.U64()
}

// MisbehaviourProven: an operator signed two different trees of one size.
type MisbehaviourProven struct {
	AnchorID        sui.Address
	TreeSize        uint64
	FirstRoot       []byte
	FirstSignature  []byte
	SecondRoot      []byte
	SecondSignature []byte
	Reporter        sui.Address
}

// UnmarshalBCS reads the event.
func (v *MisbehaviourProven) UnmarshalBCS(d *bcs.Decoder) {
	v.AnchorID, v.TreeSize, v.FirstRoot, v.FirstSignature = address(d), d.U64(), d.Bytes(), d.Bytes()
	v.SecondRoot, v.SecondSignature, v.Reporter = d.Bytes(), d.Bytes(), address(d)
}
