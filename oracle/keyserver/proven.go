package keyserver

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"github.com/floe-data/floe/sdk/sui"
)

// proven remembers which signatures of wallets were verified. A session key comes
// with the same one each time, and what a signature proves does not change; who
// may sign for an address, and for how long, is checked each time all the same.
//
// There are two generations, so that what is used stays when the older one goes.
type proven struct {
	mu       sync.Mutex
	now, old map[[sha256.Size]byte]sui.Address
}

// maxProven bounds a generation, at about 100 bytes each.
const maxProven = 50_000

// verify returns the address that signed a message, as
// [sui.Signature.VerifyPersonalMessage] does. on is for what has to be computed.
func (p *proven) verify(on cores, sig sui.Signature, message []byte) (signer sui.Address, err error) {
	id := proofID(sig, message)
	if signer, ok := p.find(id); ok {
		return signer, nil
	}
	on.use(func() { signer, err = sig.VerifyPersonalMessage(message) })
	if err == nil {
		p.remember(id, signer)
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

func (p *proven) find(id [sha256.Size]byte) (sui.Address, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if signer, ok := p.now[id]; ok {
		return signer, true
	}
	signer, ok := p.old[id]
	if ok {
		p.add(id, signer)
	}
	return signer, ok
}

func (p *proven) remember(id [sha256.Size]byte, signer sui.Address) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(id, signer)
}

// add notes a proof. mu is held.
func (p *proven) add(id [sha256.Size]byte, signer sui.Address) {
	if p.now == nil || len(p.now) >= maxProven {
		p.old, p.now = p.now, map[[sha256.Size]byte]sui.Address{}
	}
	p.now[id] = signer
}
