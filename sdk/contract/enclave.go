package contract

import (
	"github.com/floe-data/floe/sdk/nitro"
	"github.com/floe-data/floe/sdk/sui"
)

// NewEnclaveConfig says which code enclaves of a service may run.
type NewEnclaveConfig struct {
	Name       string
	Second     *sui.Address // who must agree to further versions; nil is nobody
	DelayMS    uint64       // how long further versions wait
	LifetimeMS uint64       // how long an enclave stays registered, up to 366 days
	// TakesUnbound allows documents whose user data does not say who may
	// register them, as Nautilus' template makes them; see [RegisterUnboundEnclave].
	TakesUnbound bool
	Measurement  []nitro.PCR // registers 0, 1, 2 and any of 3, 4, 8, 16 to 31, ascending
	BuildDigest  []byte      // SHA-256 of the recipe of the image, or empty
}

// CreateEnclaveConfig makes and shares a configuration and gives its capability
// to owner.
func CreateEnclaveConfig(b *sui.Builder, p Packages, c NewEnclaveConfig, owner sui.Address) {
	config, cap := p.EnclaveConfigCalls(b).New(Pure(b, c.Name), Pure(b, c.Second), Pure(b, c.DelayMS), Pure(b, c.LifetimeMS),
		Pure(b, c.TakesUnbound), measurement(b, p, c.Measurement), Pure(b, c.BuildDigest), p.catalogVersion(b))
	p.EnclaveConfigCalls(b).Share(config)
	b.Transfer(owner, cap.Arg)
}

func measurement(b *sui.Builder, p Packages, pcrs []nitro.PCR) Arg[Measurement] {
	indices, values := []byte{}, [][]byte{}
	for _, v := range pcrs {
		indices, values = append(indices, v.Index), append(values, v.Value)
	}
	return p.MeasurementCalls(b).New(Pure(b, indices), Pure(b, values))
}

// ProposeMeasurement proposes a further version. build is as for
// [NewEnclaveConfig].
func ProposeMeasurement(b *sui.Builder, p Packages, config, cap sui.Address, pcrs []nitro.PCR, build []byte) {
	p.EnclaveConfigCalls(b).Propose(Object[EnclaveConfig](b, config), Object[EnclaveConfigCap](b, cap), measurement(b, p, pcrs), Pure(b, build), p.catalogVersion(b))
}

// AgreeMeasurement agrees to a proposal, as the second person.
func AgreeMeasurement(b *sui.Builder, p Packages, config sui.Address, proposal uint64) {
	p.EnclaveConfigCalls(b).Agree(Object[EnclaveConfig](b, config), Pure(b, proposal), p.catalogVersion(b))
}

// ApplyMeasurement approves what was proposed, once its time has come.
func ApplyMeasurement(b *sui.Builder, p Packages, config, cap sui.Address, proposal uint64) {
	p.EnclaveConfigCalls(b).Apply(Object[EnclaveConfig](b, config), Object[EnclaveConfigCap](b, cap), Pure(b, proposal), p.catalogVersion(b))
}

// CancelMeasurement drops a proposal. cap nil is as the second person.
func CancelMeasurement(b *sui.Builder, p Packages, config sui.Address, cap *sui.Address, proposal uint64) {
	if cap == nil {
		p.EnclaveConfigCalls(b).CancelAsSecond(Object[EnclaveConfig](b, config), Pure(b, proposal))
		return
	}
	p.EnclaveConfigCalls(b).Cancel(Object[EnclaveConfig](b, config), Object[EnclaveConfigCap](b, *cap), Pure(b, proposal))
}

// RevokeMeasurement revokes a version, at once and for ever. reason is the
// SHA-256 of the reason, or empty.
func RevokeMeasurement(b *sui.Builder, p Packages, config, cap sui.Address, version uint64, reason []byte) {
	p.EnclaveConfigCalls(b).RevokeVersion(Object[EnclaveConfig](b, config), Object[EnclaveConfigCap](b, cap), Pure(b, version), Pure(b, reason))
}

// RevokeEnclaveConfig revokes a configuration with all its versions, at once
// and for ever. cap nil is as the second person.
func RevokeEnclaveConfig(b *sui.Builder, p Packages, config sui.Address, cap *sui.Address, reason []byte) {
	if cap == nil {
		p.EnclaveConfigCalls(b).RevokeAsSecond(Object[EnclaveConfig](b, config), Pure(b, reason))
		return
	}
	p.EnclaveConfigCalls(b).Revoke(Object[EnclaveConfig](b, config), Object[EnclaveConfigCap](b, *cap), Pure(b, reason))
}

// RaiseEnclaveConfigDelay lets further versions wait longer.
func RaiseEnclaveConfigDelay(b *sui.Builder, p Packages, config, cap sui.Address, delayMS uint64) {
	p.EnclaveConfigCalls(b).RaiseDelay(Object[EnclaveConfig](b, config), Object[EnclaveConfigCap](b, cap), Pure(b, delayMS))
}

// document has the chain verify an attestation document. It must be consumed by
// a call of the same transaction.
func document(b *sui.Builder, raw []byte) Arg[NitroDocument] {
	return Arg[NitroDocument]{b.Call(sui.Framework, "nitro_attestation", "load_nitro_attestation", nil, b.Pure(raw), b.Clock())}
}

// RegisterEnclave registers the enclave that an attestation document attests,
// under a version of a configuration. The document's user data says that the
// sender may: see attest.RegistrationData.
func RegisterEnclave(b *sui.Builder, p Packages, registry, config sui.Address, version uint64, raw []byte) {
	p.EnclaveCalls(b).Register(Object[EnclaveRegistry](b, registry), Object[EnclaveConfig](b, config), Pure(b, version), document(b, raw), p.catalogVersion(b))
}

// RegisterUnboundEnclave is [RegisterEnclave] for a document that does not say
// who may register it. cap is the configuration's capability.
func RegisterUnboundEnclave(b *sui.Builder, p Packages, registry, config, cap sui.Address, version uint64, raw []byte) {
	p.EnclaveCalls(b).RegisterUnbound(Object[EnclaveRegistry](b, registry), Object[EnclaveConfig](b, config), Object[EnclaveConfigCap](b, cap), Pure(b, version), document(b, raw), p.catalogVersion(b))
}

// RenewEnclave prolongs a registration by a newer document of the same enclave.
func RenewEnclave(b *sui.Builder, p Packages, enclave, config sui.Address, raw []byte) {
	p.EnclaveCalls(b).Renew(Object[Enclave](b, enclave), Object[EnclaveConfig](b, config), document(b, raw), p.catalogVersion(b))
}

// A Signed is when an enclave signed something, by its own clock, and its
// Ed25519 signature; package attest makes and checks it.
type Signed struct {
	TimestampMS uint64
	Signature   []byte
}

// SucceedEnclave notes that the key of an old enclave vouches for a new one,
// by a signed attest.Handover.
func SucceedEnclave(b *sui.Builder, p Packages, enclave, old, config sui.Address, s Signed) {
	p.EnclaveCalls(b).Succeed(Object[Enclave](b, enclave), Object[Enclave](b, old), Object[EnclaveConfig](b, config), Pure(b, s.TimestampMS), Pure(b, s.Signature), p.catalogVersion(b))
}

// RevokeEnclave revokes an enclave, at once and for ever. cap nil is as who
// registered it.
func RevokeEnclave(b *sui.Builder, p Packages, enclave, config sui.Address, cap *sui.Address, reason []byte) {
	if cap == nil {
		p.EnclaveCalls(b).RevokeAsRegistrant(Object[Enclave](b, enclave), Pure(b, reason))
		return
	}
	p.EnclaveCalls(b).Revoke(Object[Enclave](b, enclave), Object[EnclaveConfig](b, config), Object[EnclaveConfigCap](b, *cap), Pure(b, reason))
}

// RemoveEnclave deletes the object of an enclave that does not count any more.
func RemoveEnclave(b *sui.Builder, p Packages, enclave sui.Address) {
	p.EnclaveCalls(b).Remove(Object[Enclave](b, enclave))
}

// PCRs lists the registers that a measurement asks for, ascending.
func (v Measurement) PCRs() []nitro.PCR {
	var out []nitro.PCR
	for i := range min(len(v.Indices), len(v.Values)) {
		out = append(out, nitro.PCR{Index: v.Indices[i], Value: v.Values[i]})
	}
	return out
}
