package contract_test

import (
	"crypto/ed25519"

	"github.com/floe-data/floe/sdk/attest"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// enclaves prices what enclaves may run, and which do. The documents are of an
// authority that this chain trusts, and one that AWS signed.
func (g *meter) enclaves() {
	c := newEnclaves(g.t, func(n *contract.NewEnclaveConfig) { n.Second = &reader.address })
	p, step, config, cap := c.p, g.on(c.chain), c.config.ConfigID, c.config.CapID
	step("catalog::enclave_config::new", "with `share`, 3 registers", owner, func(b *sui.Builder) {
		contract.CreateEnclaveConfig(b, p, contract.NewEnclaveConfig{Name: "weather", DelayMS: dayMS, LifetimeMS: 7 * dayMS, Measurement: c.pcrs}, owner.address)
	})
	propose := func(b *sui.Builder) { contract.ProposeMeasurement(b, p, config, cap, registers(2), nil) }
	step("catalog::enclave_config::propose", "3 registers", owner, propose)
	step("catalog::enclave_config::agree", "", reader, func(b *sui.Builder) { contract.AgreeMeasurement(b, p, config, 0) })
	c.setTime(noon + dayMS)
	step("catalog::enclave_config::apply", "", owner, func(b *sui.Builder) { contract.ApplyMeasurement(b, p, config, cap, 0) })
	other := func(b *sui.Builder) { contract.ProposeMeasurement(b, p, config, cap, registers(3), nil) }
	mine := one[contract.MeasurementProposed](c.t, c.run(owner, other)).Proposal
	step("catalog::enclave_config::cancel", "", owner, func(b *sui.Builder) { contract.CancelMeasurement(b, p, config, &cap, mine) })
	theirs := one[contract.MeasurementProposed](c.t, c.run(owner, other)).Proposal
	step("catalog::enclave_config::cancel_as_second", "", reader, func(b *sui.Builder) { contract.CancelMeasurement(b, p, config, nil, theirs) })
	step("catalog::enclave_config::raise_delay", "", owner, func(b *sui.Builder) { contract.RaiseEnclaveConfigDelay(b, p, config, cap, 2*dayMS) })

	first, next := c.document(enclaveKey(1), nil), c.start(2)
	step("catalog::enclave::register", "a document with 2 certificates", owner, c.register(0, first))
	old := c.start(3)
	s := attest.Sign(enclaveKey(3), attest.IntentHandover, c.now(), attest.HandoverPayload(config, next.PublicKey))
	step("catalog::enclave::succeed", "", stranger, func(b *sui.Builder) { contract.SucceedEnclave(b, p, next.EnclaveID, old.EnclaveID, config, s) })
	c.setTime(noon + 2*dayMS)
	again := c.document(enclaveKey(2), nil)
	step("catalog::enclave::renew", "a document with 2 certificates", owner, func(b *sui.Builder) { contract.RenewEnclave(b, p, next.EnclaveID, config, again) })
	step("catalog::enclave::revoke", "", owner, func(b *sui.Builder) { contract.RevokeEnclave(b, p, next.EnclaveID, config, &cap, nil) })
	step("catalog::enclave::revoke_as_registrant", "", owner, func(b *sui.Builder) { contract.RevokeEnclave(b, p, old.EnclaveID, config, nil, nil) })
	step("catalog::enclave::remove", "", stranger, func(b *sui.Builder) { contract.RemoveEnclave(b, p, old.EnclaveID) })
	step("catalog::enclave_config::revoke_version", "", owner, func(b *sui.Builder) { contract.RevokeMeasurement(b, p, config, cap, 0, nil) })
	step("catalog::enclave_config::revoke", "", owner, func(b *sui.Builder) { contract.RevokeEnclaveConfig(b, p, config, &cap, nil) })
	c.config = c.newConfig(func(n *contract.NewEnclaveConfig) { n.Second = &reader.address })
	step("catalog::enclave_config::revoke_as_second", "", reader, func(b *sui.Builder) { contract.RevokeEnclaveConfig(b, p, c.config.ConfigID, nil, nil) })
	g.weather(c)
}

// weather registers the enclave of TestRegisterWeather.
func (g *meter) weather(c *enclaves) {
	raw := realDocument(g.t, "weather")
	c.pcrs = realPCRs(g.t, raw)
	c.setTime(1744684007462)
	config := c.newConfig(func(n *contract.NewEnclaveConfig) { n.TakesUnbound = true })
	g.on(c.chain)("catalog::enclave::register_unbound", "a document of AWS, with 5 certificates", owner, func(b *sui.Builder) {
		contract.RegisterUnboundEnclave(b, c.p, c.made.EnclaveRegistry, config.ConfigID, config.CapID, 0, raw)
	})
}

// attestedLogs prices what enclaves sign: a run, and the heads of a log.
func (g *meter) attestedLogs() {
	c, v := newAttestations(g.t), readRFC6962(g.t)
	p, step := c.p, g.on(c.chain)
	what := terms(c.parents...)
	what.Kind = contract.KindService
	service := c.derive(what)
	r := c.runOf(service)
	step("catalog::attested::attest", "2 parents of 2 blobs each", owner, c.attest(service, r, c.sign(r)))
	create := func(b *sui.Builder) {
		contract.CreateLogForEnclaves(b, p, "answers", owner.address, c.made.CatalogLineage, c.dataset.CapID, service.VersionID, c.config.ConfigID)
	}
	step("catalog::inference_log::create_for_service", "", owner, func(b *sui.Builder) {
		contract.CreateLog(b, p, "answers", owner.address, c.made.CatalogLineage, c.dataset.CapID, &service.VersionID)
	})
	step("catalog::inference_log::create_for_enclaves", "", owner, create)
	l := one[contract.LogCreated](g.t, c.run(owner, create))
	commit := func(size uint64, proof [][]byte) func(*sui.Builder) {
		s := attest.Sign(enclaveKey(1), attest.IntentLogHead, c.now(), attest.LogHeadPayload(l.LogID, size, v.root(g.t, size)))
		return func(b *sui.Builder) {
			contract.CommitSignedLog(b, p, l.LogID, l.CapID, size, v.root(g.t, size), proof, c.config.ConfigID, c.enclave.EnclaveID, s)
		}
	}
	step("catalog::inference_log::commit_signed", "the first head", owner, commit(5, nil))
	step("catalog::inference_log::commit_signed", "from 5 leaves to 20", owner, commit(20, v.consistency(g, 5, 20)))
}

// enclaveDecisions prices what an enclave asks a key server.
func (g *meter) enclaveDecisions() {
	c := newGate(g.t)
	wallet := c.key.Public().(ed25519.PublicKey)
	proof := func(b *sui.Builder) contract.EnclaveProof {
		return contract.EnclaveProof{
			Config: c.shared(b, c.config.ConfigID), Enclave: c.shared(b, c.enclave.EnclaveID), Wallet: wallet,
			Signed: attest.Sign(enclaveKey(1), attest.IntentWallet, c.now(), attest.WalletPayload(wallet)),
		}
	}
	g.note("access::enclave_gate::seal_approve_with_enclave", "simulated", c.price(c.wallet.address, func(b *sui.Builder) {
		contract.SealApproveWithEnclave(b, c.p, c.id, proof(b), c.reads(b, c.policy))
	}))
	request := func(b *sui.Builder) {
		shown := c.proof(b, enclaveKey(1))
		contract.RequestKeys(b, c.p, c.policy, contract.KeyRequestEvidence{Purpose: "training", Enclave: &shown})
	}
	g.on(c.chain)("access::enclave_gate::vouch", "with `begin`, `declare_purpose` and `finish`", c.wallet, request)
	made := one[contract.KeyRequested](g.t, c.run(c.wallet, request)).RequestID
	g.note("access::enclave_gate::seal_approve_with_enclave_request", "simulated", c.price(c.wallet.address, func(b *sui.Builder) {
		contract.SealApproveWithEnclaveRequest(b, c.p, c.id, b.OwnedObject(c.live[made].Ref()), proof(b), c.reads(b, c.policy))
	}))
}
