package sui

import "github.com/floe-data/floe/sdk/bcs"

// MarshalBCS appends the fields in the order of Sui's CheckpointSummary.
func (c CheckpointSummary) MarshalBCS(e *bcs.Encoder) {
	e.U64(c.Epoch)
	e.U64(c.Sequence)
	e.U64(c.NetworkTransactions)
	e.Value(c.ContentDigest)
	encodeOptionDigest(e, c.PreviousDigest)
	e.Value(c.EpochGas)
	e.U64(c.TimestampMS)
	e.ULEB(uint64(len(c.Commitments)))
	for _, raw := range c.Commitments {
		e.Fixed(raw)
	}
	e.Bool(c.EndOfEpoch != nil)
	e.Fixed(c.EndOfEpoch)
	e.Bytes(c.VersionSpecific)
}

// UnmarshalBCS reads a summary.
func (c *CheckpointSummary) UnmarshalBCS(d *bcs.Decoder) {
	*c = CheckpointSummary{}
	c.Epoch, c.Sequence, c.NetworkTransactions = d.U64(), d.U64(), d.U64()
	d.Value(&c.ContentDigest)
	c.PreviousDigest = decodeOptionDigest(d)
	d.Value(&c.EpochGas)
	c.TimestampMS = d.U64()
	c.Commitments = decodeCommitments(d)
	if d.Option() {
		start := d.Pos()
		skipEndOfEpoch(d)
		c.EndOfEpoch = copyBytes(d.Since(start))
	}
	c.VersionSpecific = d.Bytes()
}

// decodeCommitments reads commitments: an elliptic-curve multiset hash or the
// digest of the checkpoint's artifacts, each a digest.
func decodeCommitments(d *bcs.Decoder) [][]byte {
	var out [][]byte
	for n := d.Length(1 + 33); n > 0 && d.Err() == nil; n-- {
		start := d.Pos()
		d.Variant(2)
		var x Digest
		d.Value(&x)
		out = append(out, copyBytes(d.Since(start)))
	}
	return out
}

// skipEndOfEpoch reads the next committee (96-byte keys with their length, and
// weights), the next protocol version and commitments.
func skipEndOfEpoch(d *bcs.Decoder) {
	for n := d.Length(1 + 8); n > 0 && d.Err() == nil; n-- {
		d.Fixed(d.Length(1))
		d.U64()
	}
	d.U64()
	decodeCommitments(d)
}

// MarshalBCS appends the variant V1, the digests and the signatures.
func (c CheckpointContents) MarshalBCS(e *bcs.Encoder) {
	e.ULEB(0)
	encodeSlice(e, c.Transactions)
	e.ULEB(uint64(len(c.Signatures)))
	for _, sigs := range c.Signatures {
		encodeSlice(e, sigs)
	}
}

// UnmarshalBCS reads the contents of a checkpoint, version 1.
func (c *CheckpointContents) UnmarshalBCS(d *bcs.Decoder) {
	*c = CheckpointContents{}
	d.Variant(1)
	c.Transactions = decodeSlice[ExecutionDigests](d, 66)
	for n := d.Length(1); n > 0 && d.Err() == nil; n-- {
		c.Signatures = append(c.Signatures, decodeSlice[Signature](d, 1))
	}
}

// MarshalBCS appends both digests.
func (x ExecutionDigests) MarshalBCS(e *bcs.Encoder) {
	e.Value(x.Transaction)
	e.Value(x.Effects)
}

// UnmarshalBCS reads both digests.
func (x *ExecutionDigests) UnmarshalBCS(d *bcs.Decoder) {
	d.Value(&x.Transaction)
	d.Value(&x.Effects)
}

// MarshalBCS appends the length and the bytes.
func (s Signature) MarshalBCS(e *bcs.Encoder) { e.Bytes(s) }

// UnmarshalBCS reads the length and the bytes.
func (s *Signature) UnmarshalBCS(d *bcs.Decoder) { *s = d.Bytes() }

// MarshalBCS appends a SenderSignedData: a list of one transaction with its
// intent and its signatures. It is the form in which nodes keep and gossip
// transactions.
func (s SignedTransaction) MarshalBCS(e *bcs.Encoder) {
	e.ULEB(1)
	e.Fixed([]byte{byte(IntentTransaction), 0, 0})
	e.Value(s.Data)
	encodeSlice(e, s.Signatures)
}

// SignedTransaction is a transaction with the signatures of its sender and, if
// another pays, of the sponsor.
type SignedTransaction struct {
	Data       *TransactionData
	Signatures []Signature
}
