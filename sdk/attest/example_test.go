package attest_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"time"

	"github.com/floe-data/floe/sdk/attest"
	"github.com/floe-data/floe/sdk/nitro"
	"github.com/floe-data/floe/sdk/sui"
)

// An enclave names who may register it, and signs a wallet's key. The example
// plays the hypervisor with an authority that nobody but a devnet trusts.
func Example() {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	authority, err := nitro.NewAuthority(now)
	if err != nil {
		panic(err)
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	want := attest.Registration{Config: sui.Address{1}, Registrant: sui.Address{2}}
	for i := range uint8(3) {
		want.Measurement = append(want.Measurement, nitro.PCR{Index: i, Value: bytes.Repeat([]byte{7 + i}, 48)})
	}
	data := attest.RegistrationData(want.Config, want.Registrant)
	document, err := authority.Attest(nitro.Document{ModuleID: "i-1-enc1", PCRs: want.Measurement, PublicKey: public, UserData: data[:]}, now)
	if err != nil {
		panic(err)
	}

	key, err := want.Check(document, now, authority.Root())
	fmt.Println("registered by the one it names:", err)
	_, err = attest.Registration{Measurement: want.Measurement, Config: want.Config, Registrant: sui.Address{3}}.Check(document, now, authority.Root())
	fmt.Println("by another:", err)

	wallet := attest.WalletPayload(bytes.Repeat([]byte{9}, 32))
	signed := attest.Sign(private, attest.IntentWallet, now, wallet)
	fmt.Println("its signature:", attest.Verify(key, attest.IntentWallet, signed, wallet, now.Add(time.Minute), time.Hour))
	fmt.Println("a day later:", attest.Verify(key, attest.IntentWallet, signed, wallet, now.AddDate(0, 0, 1), time.Hour))
	// Output:
	// registered by the one it names: <nil>
	// by another: check enclave registration: the document is for another to register
	// its signature: <nil>
	// a day later: verify enclave signature: the message is too old
}
