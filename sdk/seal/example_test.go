package seal_test

import (
	"crypto/rand"
	"fmt"

	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// Data is encrypted to an identity and three key servers, of which two must
// help. Here the example plays the key servers itself; a Client asks real ones.
func Example() {
	pkg, id := sui.Address{1}, []byte("policy and nonce")
	cfg := seal.EncryptConfig{Package: pkg, ID: id, Threshold: 2}
	keys := map[sui.Address]seal.UserKey{}
	for i := range 3 {
		master, err := seal.NewMasterKey(rand.Reader)
		if err != nil {
			panic(err)
		}
		server := sui.Address{31: byte(i)}
		cfg.Recipients = append(cfg.Recipients, seal.Recipient{Server: server, PublicKey: master.PublicKey()})
		if i == 0 {
			continue // this server is down
		}
		if keys[server], err = master.Extract(rand.Reader, seal.FullID(pkg, id)); err != nil {
			panic(err)
		}
	}
	object, _, err := seal.Encrypt([]byte("hello"), cfg)
	if err != nil {
		panic(err)
	}
	plaintext, err := seal.Decrypt(object, keys, seal.DecryptConfig{})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", plaintext)
	// Output: hello
}
