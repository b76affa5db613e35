package keyserver

import (
	"crypto/rand"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

// What was verified once is what was signed: another message, signature, or
// division between them is verified for itself.
func TestProven(t *testing.T) {
	on := make(cores, 1)
	wallet, err := sui.GenerateKey(sui.Ed25519, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("a message")
	sig, err := wallet.SignPersonalMessage(message)
	if err != nil {
		t.Fatal(err)
	}
	p := newProven()
	for range 2 {
		if signer, err := p.verify(on, sig, message); err != nil || signer != wallet.Address() {
			t.Fatal(signer, err)
		}
	}
	if p.signers.Len() != 1 {
		t.Fatalf("%d proofs are remembered", p.signers.Len())
	}
	forged := append(sui.Signature{}, sig...)
	forged[5] ^= 1
	for _, c := range []struct {
		sig     sui.Signature
		message string
	}{{sig, "a massage"}, {sig, ""}, {forged, "a message"}, {sig[:len(sig)-1], string(sig[len(sig)-1:]) + "a message"}, {append(append(sui.Signature{}, sig...), 'a'), " message"}} {
		if _, err := p.verify(on, c.sig, []byte(c.message)); err == nil {
			t.Errorf("%x is believed to sign %q", c.sig, c.message)
		}
	}
	if p.signers.Len() != 1 {
		t.Errorf("%d proofs are remembered, of which only one was right", p.signers.Len())
	}
}

// The memory is bounded, and keeps what is used.
func TestProvenIsBounded(t *testing.T) {
	p := newProven()
	used := [32]byte{1}
	p.signers.Add(used, sui.Address{1})
	for i := range uint32(3 * maxProven) {
		p.signers.Add([32]byte{2, byte(i), byte(i >> 8), byte(i >> 16), byte(i >> 24)}, sui.Address{2})
		if i%1000 == 0 {
			if _, ok := p.signers.Get(used); !ok {
				t.Fatalf("forgotten after %d others", i)
			}
		}
	}
	if n := p.signers.Len(); n > maxProven {
		t.Errorf("%d are remembered", n)
	}
}
