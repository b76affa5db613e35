package contract_test

import (
	"reflect"
	"testing"

	"github.com/floe-data/floe/sdk/attest"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/nitro"
	"github.com/floe-data/floe/sdk/sui"
)

// What enclaves may run changes only after a delay, with a second person's word,
// and under everybody's eyes; it is narrowed at once.
func TestChangeMeasurement(t *testing.T) {
	second := reader
	c := newEnclaves(t, func(n *contract.NewEnclaveConfig) { n.Second = &second.address })
	config, cap := c.config.ConfigID, c.config.CapID
	next := registers(2)
	propose := func(pcrs []nitro.PCR) func(*sui.Builder) {
		return func(b *sui.Builder) { contract.ProposeMeasurement(b, c.p, config, cap, pcrs, nil) }
	}
	agree := func(n uint64) func(*sui.Builder) {
		return func(b *sui.Builder) { contract.AgreeMeasurement(b, c.p, config, n) }
	}
	apply := func(n uint64) func(*sui.Builder) {
		return func(b *sui.Builder) { contract.ApplyMeasurement(b, c.p, config, cap, n) }
	}
	c.refuse(owner, "enclave_config", "EAlreadyApproved", propose(registers(1)))
	p := one[contract.MeasurementProposed](t, c.run(owner, propose(next)))
	if p.ReadyAtMS != noon+dayMS || p.ConfigID != config || !reflect.DeepEqual(p.Indices, []byte{0, 1, 2}) || !reflect.DeepEqual(p.Values, [][]byte{next[0].Value, next[1].Value, next[2].Value}) {
		t.Errorf("got %+v", p)
	}
	other := c.newConfig(nil)
	c.refuse(owner, "enclave_config", "EWrongCap", func(b *sui.Builder) { contract.ApplyMeasurement(b, c.p, config, other.CapID, 0) })
	c.setTime(noon + dayMS)
	c.refuse(owner, "enclave_config", "ENotAgreed", apply(p.Proposal))
	c.refuse(owner, "enclave_config", "ENotSecond", agree(p.Proposal))
	c.refuse(second, "enclave_config", "EUnknownProposal", agree(7))
	if got := one[contract.MeasurementAgreed](t, c.run(second, agree(p.Proposal))); got.Second != second.address {
		t.Errorf("got %+v", got)
	}
	c.refuse(second, "enclave_config", "EAlreadyAgreed", agree(p.Proposal))
	c.setTime(noon + dayMS - 1)
	c.refuse(owner, "enclave_config", "ETooEarly", apply(p.Proposal))
	image := func(d *nitro.Document) { d.PCRs = next }
	c.refuse(owner, "enclave_config", "EUnknownVersion", c.register(1, c.document(enclaveKey(2), image)))
	c.setTime(noon + dayMS)
	got := one[contract.MeasurementApproved](t, c.run(owner, apply(p.Proposal)))
	if got.ConfigVersion != 1 || got.Proposal == nil || *got.Proposal != p.Proposal || got.ApprovedAtMS != noon+dayMS {
		t.Errorf("got %+v", got)
	}
	// both images run side by side until the old one is revoked
	c.run(owner, c.register(1, c.document(enclaveKey(2), image)))
	c.start(1)
	c.run(owner, func(b *sui.Builder) { contract.RevokeMeasurement(b, c.p, config, cap, 0, nil) })
	c.refuse(owner, "enclave_config", "EVersionRevoked", c.register(0, c.document(enclaveKey(3), nil)))
	c.run(owner, c.register(1, c.document(enclaveKey(3), image)))

	v := read(c.chain, config, contract.ParseEnclaveConfig)
	if len(v.Versions) != 2 || v.Versions[0].RevokedAtMS == nil || v.Versions[1].ApprovedAtMS != noon+dayMS || len(v.Proposals) != 0 {
		t.Errorf("configuration is %+v", v)
	}
}

// Revoking a version or a configuration stops enclaves that are registered: what
// they sign from then on, and what they signed before, counts no more.
func TestRevokedConfigStopsEnclaves(t *testing.T) {
	for name, v := range map[string]struct {
		want   string
		as     account
		revoke func(c *enclaves, b *sui.Builder)
	}{
		"the version": {"EVersionRevoked", owner, func(c *enclaves, b *sui.Builder) {
			contract.RevokeMeasurement(b, c.p, c.config.ConfigID, c.config.CapID, 0, nil)
		}},
		"the configuration": {"EConfigRevoked", owner, func(c *enclaves, b *sui.Builder) {
			contract.RevokeEnclaveConfig(b, c.p, c.config.ConfigID, &c.config.CapID, nil)
		}},
		"the configuration, by the second person": {"EConfigRevoked", reader, func(c *enclaves, b *sui.Builder) {
			contract.RevokeEnclaveConfig(b, c.p, c.config.ConfigID, nil, nil)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newEnclaves(t, func(n *contract.NewEnclaveConfig) { n.Second = &reader.address })
			old, next := c.start(1), c.start(2)
			s := attest.Sign(enclaveKey(1), attest.IntentHandover, c.now(), attest.HandoverPayload(c.config.ConfigID, next.PublicKey))
			c.run(v.as, func(b *sui.Builder) { v.revoke(c, b) })
			c.refuse(owner, "enclave_config", v.want, func(b *sui.Builder) {
				contract.SucceedEnclave(b, c.p, next.EnclaveID, old.EnclaveID, c.config.ConfigID, s)
			})
			c.refuse(owner, "enclave_config", v.want, c.register(0, c.document(enclaveKey(3), nil)))
			c.refuse(v.as, "enclave_config", v.want, func(b *sui.Builder) { v.revoke(c, b) })
			if v.want == "EConfigRevoked" {
				c.refuse(owner, "enclave_config", v.want, func(b *sui.Builder) {
					contract.ProposeMeasurement(b, c.p, c.config.ConfigID, c.config.CapID, registers(2), nil)
				})
			}
		})
	}
}

// Two configurations have versions of the same number, which are not mixed up.
func TestEnclaveBelongsToOneConfig(t *testing.T) {
	c := newEnclaves(t, nil)
	old, next := c.start(1), c.start(2)
	other := c.newConfig(nil)
	s := attest.Sign(enclaveKey(1), attest.IntentHandover, c.now(), attest.HandoverPayload(c.config.ConfigID, next.PublicKey))
	c.refuse(owner, "enclave", "EWrongConfig", func(b *sui.Builder) {
		contract.SucceedEnclave(b, c.p, next.EnclaveID, old.EnclaveID, other.ConfigID, s)
	})
	c.run(owner, func(b *sui.Builder) { contract.RevokeEnclaveConfig(b, c.p, other.ConfigID, &other.CapID, nil) })
	c.run(owner, func(b *sui.Builder) {
		contract.SucceedEnclave(b, c.p, next.EnclaveID, old.EnclaveID, c.config.ConfigID, s)
	})
}

// What an enclave signed goes stale, and dies with its registration.
func TestSignaturesAreFresh(t *testing.T) {
	c := newEnclaves(t, nil)
	old, next := c.start(1), c.start(2)
	s := attest.Sign(enclaveKey(1), attest.IntentHandover, c.now(), attest.HandoverPayload(c.config.ConfigID, next.PublicKey))
	succeed := func(b *sui.Builder) {
		contract.SucceedEnclave(b, c.p, next.EnclaveID, old.EnclaveID, c.config.ConfigID, s)
	}
	c.setTime(noon + hourMS + 1)
	c.refuse(owner, "enclave", "EStaleMessage", succeed)
	c.setTime(noon - 60_001)
	c.refuse(owner, "enclave", "EFutureMessage", succeed)
	c.setTime(noon + 7*dayMS)
	c.refuse(owner, "enclave", "EExpired", succeed)
	c.setTime(noon + hourMS)
	c.run(owner, succeed)
}
