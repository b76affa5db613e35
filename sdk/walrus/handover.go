package walrus

import (
	"encoding/binary"

	"golang.org/x/crypto/blake2b"

	"github.com/floe-data/floe/sdk/bcs"
)

// intentHandOver is Floe's own: on Walrus' network the staking contract names
// the next committee.
var intentHandOver = []byte{128, 0, 3}

// Digest is what a committee signs of the next one: BLAKE2b-256 of the BCS of
// epoch, number of members, and for each its name, URL, public key and shards.
func (c *Committee) Digest() [32]byte {
	e := bcs.NewEncoder()
	e.U32(c.Epoch)
	e.ULEB(uint64(len(c.Members)))
	for _, m := range c.Members {
		e.String(m.Name)
		e.String(m.URL)
		e.Bytes(m.PublicKey)
		e.ULEB(uint64(len(m.Shards)))
		for _, s := range m.Shards {
			e.U16(uint16(s))
		}
	}
	return blake2b.Sum256(e.Data())
}

// HandOver returns what nodes of c sign to hand over to the next committee:
// intent ‖ epoch of c u32le ‖ digest of next. A certificate of it, made by
// [NewCertificate], lets next take over at once.
func (c *Committee) HandOver(next *Committee) []byte {
	digest := next.Digest()
	return append(binary.LittleEndian.AppendUint32(append([]byte{}, intentHandOver...), c.Epoch), digest[:]...)
}
