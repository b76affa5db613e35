package contract

import (
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
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
	made := call(b, p.Catalog, "enclave_config", "new", b.Pure(c.Name), b.Pure(c.Second), b.Pure(c.DelayMS), b.Pure(c.LifetimeMS),
		b.Pure(c.TakesUnbound), measurement(b, p, c.Measurement), b.Pure(c.BuildDigest), b.Clock())
	call(b, p.Catalog, "enclave_config", "share", made.At(0))
	b.Transfer(owner, made.At(1))
}

func measurement(b *sui.Builder, p Packages, pcrs []nitro.PCR) sui.Arg {
	indices, values := []byte{}, [][]byte{}
	for _, v := range pcrs {
		indices, values = append(indices, v.Index), append(values, v.Value)
	}
	return call(b, p.Catalog, "measurement", "new", b.Pure(indices), b.Pure(values))
}

// ProposeMeasurement proposes a further version. build is as for
// [NewEnclaveConfig].
func ProposeMeasurement(b *sui.Builder, p Packages, config, cap sui.Address, pcrs []nitro.PCR, build []byte) {
	call(b, p.Catalog, "enclave_config", "propose", b.Object(config), b.Object(cap), measurement(b, p, pcrs), b.Pure(build), b.Clock())
}

// AgreeMeasurement agrees to a proposal, as the second person.
func AgreeMeasurement(b *sui.Builder, p Packages, config sui.Address, proposal uint64) {
	call(b, p.Catalog, "enclave_config", "agree", b.Object(config), b.Pure(proposal))
}

// ApplyMeasurement approves what was proposed, once its time has come.
func ApplyMeasurement(b *sui.Builder, p Packages, config, cap sui.Address, proposal uint64) {
	call(b, p.Catalog, "enclave_config", "apply", b.Object(config), b.Object(cap), b.Pure(proposal), b.Clock())
}

// CancelMeasurement drops a proposal. cap nil is as the second person.
func CancelMeasurement(b *sui.Builder, p Packages, config sui.Address, cap *sui.Address, proposal uint64) {
	if cap == nil {
		call(b, p.Catalog, "enclave_config", "cancel_as_second", b.Object(config), b.Pure(proposal))
		return
	}
	call(b, p.Catalog, "enclave_config", "cancel", b.Object(config), b.Object(*cap), b.Pure(proposal))
}

// RevokeMeasurement revokes a version, at once and for ever. reason is the
// SHA-256 of the reason, or empty.
func RevokeMeasurement(b *sui.Builder, p Packages, config, cap sui.Address, version uint64, reason []byte) {
	call(b, p.Catalog, "enclave_config", "revoke_version", b.Object(config), b.Object(cap), b.Pure(version), b.Pure(reason), b.Clock())
}

// RevokeEnclaveConfig revokes a configuration with all its versions, at once
// and for ever. cap nil is as the second person.
func RevokeEnclaveConfig(b *sui.Builder, p Packages, config sui.Address, cap *sui.Address, reason []byte) {
	if cap == nil {
		call(b, p.Catalog, "enclave_config", "revoke_as_second", b.Object(config), b.Pure(reason), b.Clock())
		return
	}
	call(b, p.Catalog, "enclave_config", "revoke", b.Object(config), b.Object(*cap), b.Pure(reason), b.Clock())
}

// RaiseEnclaveConfigDelay lets further versions wait longer.
func RaiseEnclaveConfigDelay(b *sui.Builder, p Packages, config, cap sui.Address, delayMS uint64) {
	call(b, p.Catalog, "enclave_config", "raise_delay", b.Object(config), b.Object(cap), b.Pure(delayMS))
}

// document has the chain verify an attestation document. It must be consumed by
// a call of the same transaction.
func document(b *sui.Builder, raw []byte) sui.Arg {
	return b.Call(sui.Framework, "nitro_attestation", "load_nitro_attestation", nil, b.Pure(raw), b.Clock())
}

// RegisterEnclave registers the enclave that an attestation document attests,
// under a version of a configuration. The document's user data says that the
// sender may: see attest.RegistrationData.
func RegisterEnclave(b *sui.Builder, p Packages, registry, config sui.Address, version uint64, raw []byte) {
	call(b, p.Catalog, "enclave", "register", b.Object(registry), b.Object(config), b.Pure(version), document(b, raw), b.Clock())
}

// RegisterUnboundEnclave is [RegisterEnclave] for a document that does not say
// who may register it. cap is the configuration's capability.
func RegisterUnboundEnclave(b *sui.Builder, p Packages, registry, config, cap sui.Address, version uint64, raw []byte) {
	call(b, p.Catalog, "enclave", "register_unbound", b.Object(registry), b.Object(config), b.Object(cap), b.Pure(version), document(b, raw), b.Clock())
}

// RenewEnclave prolongs a registration by a newer document of the same enclave.
func RenewEnclave(b *sui.Builder, p Packages, enclave, config sui.Address, raw []byte) {
	call(b, p.Catalog, "enclave", "renew", b.Object(enclave), b.Object(config), document(b, raw), b.Clock())
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
	call(b, p.Catalog, "enclave", "succeed", b.Object(enclave), b.Object(old), b.Object(config), b.Pure(s.TimestampMS), b.Pure(s.Signature), b.Clock())
}

// RevokeEnclave revokes an enclave, at once and for ever. cap nil is as who
// registered it.
func RevokeEnclave(b *sui.Builder, p Packages, enclave, config sui.Address, cap *sui.Address, reason []byte) {
	if cap == nil {
		call(b, p.Catalog, "enclave", "revoke_as_registrant", b.Object(enclave), b.Pure(reason), b.Clock())
		return
	}
	call(b, p.Catalog, "enclave", "revoke", b.Object(enclave), b.Object(config), b.Object(*cap), b.Pure(reason), b.Clock())
}

// RemoveEnclave deletes the object of an enclave that does not count any more.
func RemoveEnclave(b *sui.Builder, p Packages, enclave sui.Address) {
	call(b, p.Catalog, "enclave", "remove", b.Object(enclave), b.Clock())
}

// EnclaveConfig is what enclaves of one service may run.
type EnclaveConfig struct {
	Identity
	Name         string
	Second       *sui.Address
	DelayMS      uint64
	LifetimeMS   uint64
	TakesUnbound bool
	Versions     []ConfigVersion // by number
	Proposals    []MeasurementProposal
	Next         uint64 // number of the next proposal
	RevokedAtMS  *uint64
}

// ConfigVersion is one approved measurement.
type ConfigVersion struct {
	Measurement  []nitro.PCR
	ApprovedAtMS uint64
	RevokedAtMS  *uint64
}

// MeasurementProposal is a version to be.
type MeasurementProposal struct {
	Number      uint64
	Measurement []nitro.PCR
	ReadyAtMS   uint64
	Agreed      bool // by the second person, or none is asked for
}

// ParseEnclaveConfig reads a configuration.
func ParseEnclaveConfig(o *sui.Object) (*EnclaveConfig, error) {
	var v EnclaveConfig
	id, err := parse(o, "enclave_config", "EnclaveConfig", func(d *bcs.Decoder) {
		v.Name, v.Second, v.DelayMS, v.LifetimeMS, v.TakesUnbound = d.String(), optionAddress(d), d.U64(), d.U64(), d.Bool()
		v.Versions = make([]ConfigVersion, d.Length(1))
		for i := range v.Versions {
			v.Versions[i] = ConfigVersion{measured(d), d.U64(), optionU64(d)}
		}
		v.Proposals = make([]MeasurementProposal, d.Length(1))
		for i := range v.Proposals {
			v.Proposals[i] = MeasurementProposal{d.U64(), measured(d), d.U64(), d.Bool()}
		}
		v.Next, v.RevokedAtMS = d.U64(), optionU64(d)
	})
	if err != nil {
		return nil, err
	}
	v.Identity = id
	return &v, nil
}

// measured reads a measurement. A wrong number of values fails the decoder.
func measured(d *bcs.Decoder) []nitro.PCR {
	indices, values := d.Bytes(), byteSlices(d)
	if len(indices) != len(values) {
		d.Fail(fmt.Errorf("%d registers have %d values", len(indices), len(values)))
		return nil
	}
	out := make([]nitro.PCR, len(values))
	for i := range out {
		out[i] = nitro.PCR{Index: indices[i], Value: values[i]}
	}
	return out
}

// Enclave is a registered enclave.
type Enclave struct {
	Identity
	Config         sui.Address
	ConfigVersion  uint64
	PublicKey      []byte // Ed25519
	ModuleID       []byte
	RegisteredBy   sui.Address
	DocumentAtMS   uint64
	RegisteredAtMS uint64
	ExpiresAtMS    uint64 // first moment at which it is over
	RevokedAtMS    *uint64
	Predecessor    *sui.Address
}

// ParseEnclave reads a registered enclave.
func ParseEnclave(o *sui.Object) (*Enclave, error) {
	var v Enclave
	id, err := parse(o, "enclave", "Enclave", func(d *bcs.Decoder) {
		v.Config, v.ConfigVersion, v.PublicKey, v.ModuleID, v.RegisteredBy = address(d), d.U64(), d.Bytes(), d.Bytes(), address(d)
		v.DocumentAtMS, v.RegisteredAtMS, v.ExpiresAtMS, v.RevokedAtMS, v.Predecessor = d.U64(), d.U64(), d.U64(), optionU64(d), optionAddress(d)
	})
	if err != nil {
		return nil, err
	}
	v.Identity = id
	return &v, nil
}
