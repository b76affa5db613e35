package keyserver

import (
	"crypto/sha256"
	"encoding/binary"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/floe-data/floe/sdk/sui"
)

// proven remembers which signatures of wallets were verified, and whose they are. A
// session key comes with the same one each time, and what a signature proves does not
// change; who may sign for an address, and for how long, is checked each time all the
// same.
type proven struct {
	signers *lru.Cache[[sha256.Size]byte, sui.Address]
}

// maxProven bounds what is remembered, at some 200 bytes each.
const maxProven = 100_000

func newProven() proven {
	c, err := lru.New[[sha256.Size]byte, sui.Address](maxProven)
	if err != nil {
		panic("keyserver: " + err.Error()) // only for a size below 1
	}
	return proven{c}
}

// verify returns the address that signed a message, as
// [sui.Signature.VerifyPersonalMessage] does. on is for what has to be computed.
func (p proven) verify(on cores, sig sui.Signature, message []byte) (signer sui.Address, err error) {
	id := proofID(sig, message)
	if signer, ok := p.signers.Get(id); ok {
		return signer, nil
	}
	on.use(func() { signer, err = sig.VerifyPersonalMessage(message) })
	if err == nil {
		p.signers.Add(id, signer)
	}
	return signer, err
}

func proofID(sig sui.Signature, message []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(sig))))
	h.Write(sig)
	h.Write(message)
	return [sha256.Size]byte(h.Sum(nil))
}
