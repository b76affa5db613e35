// Package evidence keeps what a key server decided from, so that anybody who is
// given it can make the decision again, offline, and gets the same one.
//
// A [Manifest] names everything: the checkpoint, the transaction that was
// evaluated, and every object and package read, by digest; objects are kept
// once by digest, beside it. A receipt holds the manifest's [Manifest.Commitment],
// salted like the requester's, since a manifest tells who asked for what.
//
// [Evaluator.Evaluate] makes a decision and its [Evidence] in one step; that is
// the key server's side. The auditor's is [Audit]: it takes a receipt and a file
// with its evidence, a [Bundle], compares the two step by step, and then has
// [Replay] make the decision again.
//
// What a replay shows: the bytecode whose digest the receipt names, run over
// the objects that the receipt names, says what the server said. What it does
// not show: that these objects are the chain's at that checkpoint. They have
// the chain's digests if somebody compares them with it.
package evidence

import (
	"crypto/sha256"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// A Position is the state that a decision is made over.
type Position struct {
	Chain            sui.Digest // of the genesis checkpoint
	Checkpoint       uint64     // all objects are as this checkpoint left them
	CheckpointDigest sui.Digest // zero if it was not known
	Epoch            uint64
	EpochStartMS     uint64
	GasPrice         uint64 // reference price, MIST per unit
	ProtocolVersion  uint64
}

// Env is what a transaction can learn about the network.
func (p *Position) Env() execution.Env {
	return execution.Env{Epoch: p.Epoch, EpochStartMS: p.EpochStartMS, ReferenceGasPrice: p.GasPrice,
		ProtocolVersion: p.ProtocolVersion, ChainID: p.Chain}
}

// A Manifest names all that a decision was made from, and what came of it.
//
// Objects are those that the evaluation looked for and found, and all packages
// that its code and types can come from: which of these a machine really opens
// depends on its caches. Absent are the ids that it looked for in vain; among
// them, but for a requester with aliases, is the object that would list the
// sender's (see [sui.AliasesID]). Both are strictly ascending and share no id.
type Manifest struct {
	Position
	Transaction sui.TransactionData // exactly as it was evaluated
	Objects     []sui.ObjectRef
	Absent      []sui.Address
	Outcome     Outcome
}

// Evidence is a manifest with its objects, in the same order.
type Evidence struct {
	Manifest
	Content []*sui.Object
}

const commitmentTag = "floe-evidence-v1"

// Commitment returns SHA-256("floe-evidence-v1" ‖ salt ‖ BCS of the manifest).
// The salt is that of the receipt's opening.
func (m *Manifest) Commitment(salt [32]byte) receipt.Hash { return CommitTo(bcs.Marshal(m), salt) }

// CommitTo is the commitment to a manifest that is encoded already.
func CommitTo(manifest []byte, salt [32]byte) (out receipt.Hash) {
	h := sha256.New()
	h.Write([]byte(commitmentTag))
	h.Write(salt[:])
	h.Write(manifest)
	h.Sum(out[:0])
	return out
}

// Inputs lists what a receipt, which everybody may read, shows of the objects
// that the transaction takes as arguments, in its order: those that are shared or
// immutable. One that belongs to an address, such as a pass, would tell who asked.
func (e *Evidence) Inputs() (out []receipt.Object) {
	for _, o := range e.taken() {
		if IsPublic(o) {
			ref := o.Ref()
			out = append(out, receipt.Object{ID: ref.ID, Version: ref.Version, Digest: ref.Digest.String()})
		}
	}
	return out
}

// IsPublic tells whether an object is nobody's: naming it names no owner.
func IsPublic(o *sui.Object) bool {
	return o.Owner.Kind == sui.OwnerShared || o.Owner.Kind == sui.OwnerImmutable
}

// taken returns the objects that the transaction takes as arguments, in its
// order, less those that do not exist.
func (e *Evidence) taken() (out []*sui.Object) {
	p := e.Transaction.Kind.Programmable
	if p == nil {
		return nil
	}
	for _, in := range p.Inputs {
		if in.Kind == sui.InputPure {
			continue
		}
		if o := e.object(in.Ref.ID); o != nil {
			out = append(out, o)
		}
	}
	return out
}

// object returns an object that was read, nil if it was not.
func (e *Evidence) object(id sui.Address) *sui.Object {
	if i, ok := e.find(id); ok {
		return e.Content[i]
	}
	return nil
}
