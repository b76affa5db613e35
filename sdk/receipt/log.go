package receipt

import (
	"crypto/ed25519"
	"fmt"
	"maps"
	"slices"

	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/sui"
)

// LogOrigin is the name of a key server's log. A server has one log: its name
// follows from the KeyServer object, so that it cannot have two.
func LogOrigin(issuer sui.Address) string { return "floe/keyserver/" + issuerName(issuer) }

// Leaf is a receipt's entry in the log: its hash, 32 bytes. Receipt number N is
// entry N-1. Whoever has not seen the receipt learns nothing from it, since the
// receipt holds a commitment with a salt of 32 bytes.
func Leaf(jwt string) []byte {
	h := HashOf(jwt)
	return h[:]
}

// Log returns the log of a server, whose checkpoints are signed with the keys
// that sign its receipts. The two can't be confused: a checkpoint has line
// ends, what a JWT's signature is over has none.
func (s *KeySet) Log(issuer sui.Address) (*logproof.Log, error) {
	return logproof.NewLog(LogOrigin(issuer), s.Keys()...)
}

// Keys returns the keys, in the order of their ids.
func (s *KeySet) Keys() []ed25519.PublicKey {
	var out []ed25519.PublicKey
	for _, id := range slices.Sorted(maps.Keys(s.keys)) {
		out = append(out, s.keys[id])
	}
	return out
}

// CheckLogged checks that the receipt is in its server's log at the place that
// its number says, and returns the checkpoint that says so.
func (r *Receipt) CheckLogged(log *logproof.Log, p *logproof.Proof) (*logproof.SignedCheckpoint, error) {
	if p.Index != r.Sequence-1 {
		return nil, fmt.Errorf("check receipt %d: the proof is of entry %d, want %d", r.Sequence, p.Index, r.Sequence-1)
	}
	return log.Verify(p, Leaf(r.Raw))
}
