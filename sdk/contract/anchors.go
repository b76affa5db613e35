package contract

import (
	"github.com/floe-data/floe/sdk/logproof"
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
	p.AnchorsCalls(b).Create(Pure(b, origin), Pure(b, publicKey), p.accessVersion(b))
}

// AnchorRoot anchors the head of a larger tree.
func AnchorRoot(b *sui.Builder, p Packages, anchor sui.Address, h TreeHead) {
	p.AnchorsCalls(b).AnchorRoot(Object[Anchor](b, anchor), Pure(b, h.Size), Pure(b, h.Root[:]), Pure(b, h.Signature), p.accessVersion(b))
}

// ProveFork puts on record that the operator signed two different trees of the
// same size: the first's.
func ProveFork(b *sui.Builder, p Packages, anchor sui.Address, first, second TreeHead) {
	p.AnchorsCalls(b).ProveFork(Object[Anchor](b, anchor), Pure(b, first.Size), Pure(b, first.Root[:]), Pure(b, first.Signature), Pure(b, second.Root[:]), Pure(b, second.Signature), p.accessVersion(b))
}

// Head is the anchored head of the log; ok is false until there is one.
func (v *Anchor) Head() (c logproof.Checkpoint, ok bool) {
	if v.TreeSize == 0 || len(v.Root) != len(c.Root) {
		return logproof.Checkpoint{Origin: v.Origin}, false
	}
	return logproof.Checkpoint{Origin: v.Origin, Size: v.TreeSize, Root: logproof.Hash(v.Root)}, true
}
