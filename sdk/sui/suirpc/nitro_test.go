package suirpc_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/devnet/chain"
	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
	"github.com/floe-data/floe/sdk/nitro"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// An attestation of a devnet's authority is loaded as Nautilus' users do it: as
// a command of a transaction. A chain that was not told of the root refuses it.
func TestNitroAttestationOnDevnet(t *testing.T) {
	now := time.Now()
	authority, err := nitro.NewAuthority(now)
	if err != nil {
		t.Fatal(err)
	}
	document, err := authority.Attest(nitro.Document{
		ModuleID: "i-1", PublicKey: []byte("key"), PCRs: []nitro.PCR{{Index: 0, Value: bytes.Repeat([]byte{7}, 48)}},
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	load := func(roots ...*x509.Certificate) error {
		net := chaintest.StartConfig(t, chain.Config{NitroRoots: roots})
		c, ctx, sender := dial(t, net.URL), t.Context(), key(t, 1)
		if err := c.RequestGas(ctx, net.Faucet, sender.Address()); err != nil {
			t.Fatal(err)
		}
		b := sui.NewBuilder()
		b.Call(sui.Framework, "nitro_attestation", "load_nitro_attestation", nil, b.Pure(document), b.Clock())
		_, err := c.Send(ctx, sender, b)
		return err
	}
	if err := load(authority.Root()); err != nil {
		t.Errorf("a devnet with the root: %v", err)
	}
	var failed *suirpc.ExecutionError
	if err := load(); !errors.As(err, &failed) || failed.Abort == nil || failed.Abort.Module != "nitro_attestation" || failed.Abort.Code != 2 {
		t.Errorf("a devnet without: %v; want an abort with EVerifyError", err)
	}
}
