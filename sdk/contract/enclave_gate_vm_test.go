package contract_test

import (
	"crypto/ed25519"
	"testing"

	"golang.org/x/crypto/blake2b"

	"github.com/floe-data/floe/sdk/attest"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// gate is a policy of owner that lets enclaves of a configuration in, and an
// enclave of it with its wallet.
type gate struct {
	*enclaves
	enclave *contract.EnclaveRegistered
	key     ed25519.PrivateKey // of the wallet
	wallet  account
	id      []byte // an identity under the policy
}

func newGate(t *testing.T, more ...contract.Rule) *gate {
	g := &gate{enclaves: newEnclaves(t, nil), key: enclaveKey(100)}
	g.enclave = g.start(1)
	// Sui's address of an Ed25519 key
	g.wallet = account{address: blake2b.Sum256(append([]byte{0}, g.key.Public().(ed25519.PublicKey)...))}
	rules := append([]contract.Rule{{Kind: contract.RuleEnclave, Config: g.config.ConfigID}}, more...)
	g.policy = one[contract.PolicyCreated](t, g.run(owner, func(b *sui.Builder) {
		contract.ComposePolicy(b, g.p, contract.NewPolicy{Clauses: [][]contract.Rule{rules}}, owner.address)
	})).PolicyID
	g.id = append(g.policy[:], 1, 2, 3)
	return g
}

func (g *gate) read(b *sui.Builder) contract.Read {
	return contract.Read{Policy: b.Object(g.policy), Lineage: b.Object(g.made.CatalogLineage), Version: b.Object(g.made.AccessVersion)}
}

// proof is the enclave's word, signed by a key, that the wallet is its own.
func (g *gate) proof(b *sui.Builder, by ed25519.PrivateKey) contract.EnclaveProof {
	wallet := g.key.Public().(ed25519.PublicKey)
	return contract.EnclaveProof{
		Config: b.Object(g.config.ConfigID), Enclave: b.Object(g.enclave.EnclaveID), Wallet: wallet,
		Signed: attest.Sign(by, attest.IntentWallet, g.now(), attest.WalletPayload(wallet)),
	}
}

func (g *gate) ask(by ed25519.PrivateKey) func(*sui.Builder) {
	return func(b *sui.Builder) { contract.SealApproveWithEnclave(b, g.p, g.id, g.proof(b, by), g.read(b)) }
}

// An enclave that is registered by its document gets keys in the name of its
// wallet, until something of it is revoked.
func TestEnclaveGetsKeys(t *testing.T) {
	for name, v := range map[string]struct {
		module, want string
		revoke       func(g *gate, b *sui.Builder)
	}{
		"the enclave": {"enclave", "ERevoked", func(g *gate, b *sui.Builder) {
			contract.RevokeEnclave(b, g.p, g.enclave.EnclaveID, g.config.ConfigID, nil, nil)
		}},
		"its image": {"enclave_config", "EVersionRevoked", func(g *gate, b *sui.Builder) {
			contract.RevokeMeasurement(b, g.p, g.config.ConfigID, g.config.CapID, 0, nil)
		}},
		"its configuration": {"enclave_config", "EConfigRevoked", func(g *gate, b *sui.Builder) {
			contract.RevokeEnclaveConfig(b, g.p, g.config.ConfigID, &g.config.CapID, nil)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGate(t)
			g.run(g.wallet, g.ask(enclaveKey(1)))
			g.refuse(g.wallet, "enclave", "EInvalidSignature", g.ask(enclaveKey(2)))
			g.refuse(stranger, "enclave_gate", "EWrongWallet", g.ask(enclaveKey(1)))
			g.refuse(g.wallet, "policy", "ENotAttested", func(b *sui.Builder) { contract.SealApprove(b, g.p, g.id, g.read(b)) })
			g.refuse(g.wallet, "policy", "EWrongIdentity", func(b *sui.Builder) {
				contract.SealApproveWithEnclave(b, g.p, append([]byte{9}, g.id...), g.proof(b, enclaveKey(1)), g.read(b))
			})
			g.run(owner, func(b *sui.Builder) { v.revoke(g, b) })
			g.refuse(g.wallet, v.module, v.want, g.ask(enclaveKey(1)))
		})
	}
}

// An enclave of another configuration is none that the policy names.
func TestEnclaveOfAnotherConfigGetsNoKeys(t *testing.T) {
	g := newGate(t)
	g.config = g.newConfig(nil)
	g.enclave = g.start(2)
	g.refuse(g.wallet, "policy", "ENotAttested", g.ask(enclaveKey(2)))
}

// With a purpose the enclave makes a key request, and shows itself again.
func TestEnclaveWithRequest(t *testing.T) {
	g := newGate(t, contract.Rule{Kind: contract.RulePurpose, Purposes: []string{"training"}})
	g.refuse(g.wallet, "policy", "ENoPurpose", g.ask(enclaveKey(1)))
	got := one[contract.KeyRequested](t, g.run(g.wallet, func(b *sui.Builder) {
		proof := g.proof(b, enclaveKey(1))
		contract.RequestKeys(b, g.p, g.policy, contract.KeyRequestEvidence{Purpose: "training", Enclave: &proof})
	}))
	plain := func(b *sui.Builder) {
		contract.SealApproveWithRequest(b, g.p, g.id, b.Object(got.RequestID), g.read(b))
	}
	shown := func(b *sui.Builder) {
		contract.SealApproveWithEnclaveRequest(b, g.p, g.id, b.Object(got.RequestID), g.proof(b, enclaveKey(1)), g.read(b))
	}
	g.refuse(g.wallet, "policy", "ENotAttested", plain)
	g.run(g.wallet, shown)
	g.run(owner, func(b *sui.Builder) { contract.RevokeEnclave(b, g.p, g.enclave.EnclaveID, g.config.ConfigID, nil, nil) })
	g.refuse(g.wallet, "enclave", "ERevoked", shown)
}
