package seal

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

// benchNet is two of three servers and the keys of two.
func benchNet(b *testing.B) (EncryptConfig, map[sui.Address]UserKey, *MasterKey) {
	b.Helper()
	cfg := EncryptConfig{ID: []byte("id"), Threshold: 2}
	keys := map[sui.Address]UserKey{}
	var master *MasterKey
	for i := range 3 {
		master = must[*MasterKey](b)(NewMasterKey(rand.Reader))
		server := sui.Address{byte(i)}
		cfg.Recipients = append(cfg.Recipients, Recipient{Server: server, PublicKey: master.PublicKey()})
		if i > 0 {
			keys[server] = must[UserKey](b)(master.Extract(rand.Reader, FullID(cfg.Package, cfg.ID)))
		}
	}
	return cfg, keys, master
}

func BenchmarkEncrypt2Of3(b *testing.B) {
	cfg, _, _ := benchNet(b)
	for b.Loop() {
		if _, _, err := Encrypt(make([]byte, 16), cfg); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecrypt2Of3(b *testing.B) {
	cfg, keys, _ := benchNet(b)
	o, _, err := Encrypt(make([]byte, 16), cfg)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Decrypt(o, keys, DecryptConfig{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRelease is what a key server computes for one identity.
func BenchmarkRelease(b *testing.B) {
	_, _, master := benchNet(b)
	to := must[*TransportKey](b)(NewTransportKey(rand.Reader)).Public()
	for b.Loop() {
		k, err := master.Extract(rand.Reader, []byte("full id"))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := to.Encrypt(rand.Reader, k); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFloor is what the cryptography of a release takes, part by part: what is
// done for each identity, and for each request.
func BenchmarkFloor(b *testing.B) {
	master := must[*MasterKey](b)(NewMasterKey(rand.Reader))
	to := must[*TransportKey](b)(NewTransportKey(rand.Reader)).Public()
	point := HashToG1([]byte("full id"))
	usk := must[UserKey](b)(master.Extract(rand.Reader, []byte("full id")))
	enc, verification := to.EncKey(), to.VerificationKey()
	private := ed25519.NewKeyFromSeed(make([]byte, 32))
	public := private.Public().(ed25519.PublicKey)
	message := make([]byte, 300)
	signature := ed25519.Sign(private, message)
	for _, part := range []struct {
		name string
		do   func()
	}{
		{"identity/hash", func() { HashToG1([]byte("full id")) }},
		{"identity/master", func() { master.halves.multiply(rand.Reader, &point) }},
		{"identity/elgamal", func() { to.Encrypt(rand.Reader, usk) }},
		{"request/keys", func() { ParseEncryptionKey(enc); ParseG2(verification) }},
		{"request/ed25519-verify", func() { ed25519.Verify(public, message, signature) }},
		{"request/ed25519-sign", func() { ed25519.Sign(private, message) }},
	} {
		b.Run(part.name, func(b *testing.B) {
			for b.Loop() {
				part.do()
			}
		})
	}
}

// BenchmarkCommittee is what an aggregator computes for a request: it verifies
// the shares of the members of 3 of 3 and combines them.
func BenchmarkCommittee(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("ids=%d", n), func(b *testing.B) {
			shares := make([]*MasterKey, 3)
			for i := range shares {
				shares[i] = must[*MasterKey](b)(NewMasterKey(rand.Reader))
			}
			to := must[*TransportKey](b)(NewTransportKey(rand.Reader)).Public()
			f := &CommitteeFetch{Committee: &Committee{Threshold: 3}, To: to}
			for i := range n {
				f.Wanted = append(f.Wanted, fmt.Appendf(nil, "full id %d", i))
			}
			var answers []*FetchKeyResponse
			for i, share := range shares { // any three keys are shares of one
				f.Committee.Members = append(f.Committee.Members, CommitteeMember{PublicKey: share.PublicKey(), PartyID: uint16(i)})
				a := new(FetchKeyResponse)
				for _, id := range f.Wanted {
					c0, c1 := must[EncryptedUserKey](b)(to.Encrypt(rand.Reader, must[UserKey](b)(share.Extract(rand.Reader, id)))).Points()
					a.Keys = append(a.Keys, EncryptedKey{ID: id, EncryptedKey: [2][]byte{c0, c1}})
				}
				answers = append(answers, a)
			}
			f.Ask = func(_ context.Context, m *CommitteeMember) (*FetchKeyResponse, error) { return answers[m.PartyID], nil }
			for b.Loop() {
				if _, err := f.Run(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
