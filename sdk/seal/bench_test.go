package seal

import (
	"crypto/rand"
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
