package contract

import "github.com/floe-data/floe/sdk/sui"

// GiveConsent has the sender consent to a dataset's use of their data. record
// is the SHA-256 of the consent record; endsAtMS nil is without end.
func GiveConsent(b *sui.Builder, p Packages, dataset sui.Address, record [32]byte, endsAtMS *uint64) {
	p.ConsentCalls(b).Give(Object[Dataset](b, dataset), Pure(b, record[:]), Pure(b, endsAtMS), p.catalogVersion(b))
}

// AttachConsent declares that a version depends on a consent. cap is the
// DatasetCap.
func AttachConsent(b *sui.Builder, p Packages, consent, lineage, cap, version sui.Address) {
	p.ConsentCalls(b).Attach(Object[Consent](b, consent), Object[Lineage](b, lineage), Object[DatasetCap](b, cap), Pure(b, version))
}

// WithdrawConsent withdraws a consent that the sender gave and revokes all
// versions that depend on it.
func WithdrawConsent(b *sui.Builder, p Packages, consent, lineage sui.Address) {
	p.ConsentCalls(b).Withdraw(Object[Consent](b, consent), Object[Lineage](b, lineage))
}
