package contract_test

import (
	"crypto/ed25519"
	"encoding/binary"
	"math"
	"math/rand/v2"

	"golang.org/x/crypto/blake2b"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

var (
	serviceIDs = []sui.Address{{0: 0x6b}, {0: 0x6c}}
	machineID  = sui.Address{0: 0x6d}
)

// wallets are people's keys, and addresses what Sui makes of them.
var wallets, addresses = func() (keys [people]ed25519.PrivateKey, all [people]sui.Address) {
	for p := range keys {
		keys[p] = ed25519.NewKeyFromSeed(append(make([]byte, 31), byte(200+p)))
		all[p] = blake2b.Sum256(append([]byte{0}, keys[p].Public().(ed25519.PublicKey)...))
	}
	return keys, all
}()

func addressOf(p person) sui.Address { return addresses[p] }

// walletOf is the public key, or for nobody what is too short to be one.
func walletOf(p person) []byte {
	if p == nobody {
		return wallets[0].Public().(ed25519.PublicKey)[:31]
	}
	return wallets[p].Public().(ed25519.PublicKey)
}

// randomEnclave adds an enclave, its configuration and another one, and the
// question's proof. soon is a moment near now.
func randomEnclave(r *rand.Rand, s *situation, soon func(uint64) uint64) {
	few := func(n int) bool { return r.IntN(n) == 0 }
	for range serviceIDs {
		of := service{revoked: few(16)}
		for range 1 + r.IntN(3) {
			of.images = append(of.images, few(12))
		}
		s.services = append(s.services, of)
	}
	s.machine = machine{r.IntN(2), 0, few(16), s.now + hour}
	s.machine.image = r.IntN(len(s.services[s.machine.service].images))
	if few(16) {
		s.machine.image = len(s.services[s.machine.service].images) + r.IntN(2)
	}
	if few(6) {
		s.machine.ends = soon(12)
	}
	s.q.proof = randomProof(r, s)
}

func randomProof(r *rand.Rand, s *situation) proof {
	few := func(n int) bool { return r.IntN(n) == 0 }
	p := proof{service: s.machine.service, owner: s.q.who, at: s.now + r.Uint64N(minute)}
	if few(16) {
		p.service = 1 - p.service
	}
	if few(16) {
		p.owner = person(r.IntN(people+1)) - 1
	}
	if few(5) { // around the limits
		p.at = []uint64{s.now + minute, s.now + minute + 1, math.MaxUint64}[r.IntN(3)]
	} else if s.now > hour && few(4) {
		p.at = s.now - hour - 1 + r.Uint64N(3)
	}
	p.said = utterance{thisEnclave, walletScope, p.at, p.owner}
	switch r.IntN(25) {
	case 0:
		p.said.by = r.IntN(signers)
	case 1:
		p.said.scope = r.IntN(5)
	case 2: // a statement of another time, shown as fresh
		p.said.at = p.at - 1
	case 3: // about another's wallet
		p.said.owner = person(r.IntN(people))
	case 4:
		p.damaged = []int{-1, 1, 64}[r.IntN(3)]
	}
	return p
}

// signature signs byte for byte what the documentation of move/catalog's enclave
// says: scope, time, the key with its length before.
func (p proof) signature() []byte {
	wallet := walletOf(p.said.owner)
	message := binary.LittleEndian.AppendUint64([]byte{byte(p.said.scope)}, p.said.at)
	message = append(append(message, byte(len(wallet))), wallet...)
	key := enclaveKey(1 + byte(p.said.by))
	if p.said.by == theWallet {
		key = wallets[max(p.said.owner, 0)]
	}
	signed := ed25519.Sign(key, message)
	if p.damaged < 0 {
		signed[7] ^= 1
		return signed
	}
	return signed[:len(signed)-p.damaged]
}

// putEnclave writes the enclave and both configurations.
func (c *chain) putEnclave(s *situation) {
	for i, of := range s.services {
		c.object(serviceIDs[i], c.p.EnclaveConfigType(), sui.SharedOwner(1), func(w writer) { writeService(w, of) })
	}
	c.object(machineID, c.p.EnclaveType(), sui.SharedOwner(1), func(w writer) {
		w.Value(serviceIDs[s.machine.service])
		w.U64(uint64(s.machine.image))
		w.Bytes(enclaveKey(1).Public().(ed25519.PublicKey))
		w.Bytes([]byte("i-1-enc1"))
		w.Value(addressOf(0))
		w.U64(1)
		w.U64(1)
		w.U64(s.machine.ends)
		w.option(s.machine.revoked, 1)
		w.Bool(false) // no predecessor
	})
}

func writeService(w writer, of service) {
	w.String("service")
	w.Bool(false) // nobody second
	w.U64(0)
	w.U64(hour)
	w.Bool(false)
	w.ULEB(uint64(len(of.images)))
	for _, revoked := range of.images {
		w.Bytes(nil)
		w.ULEB(0)
		w.U64(1)
		w.option(revoked, 1)
	}
	w.ULEB(0)
	w.U64(0)
	w.option(of.revoked, 1)
}

func (c *chain) proof(b *sui.Builder, p proof) contract.EnclaveProof {
	return contract.EnclaveProof{
		Config: c.shared(b, serviceIDs[p.service]), Enclave: c.shared(b, machineID), Wallet: walletOf(p.owner),
		Signed: contract.Signed{TimestampMS: p.at, Signature: p.signature()},
	}
}
