package contract

import (
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// ConfigCreated: somebody said which code enclaves of a service may run. `MeasurementApproved` follows with the first version.
type ConfigCreated struct {
	ConfigID     sui.Address
	CapID        sui.Address // The capability that proposes and revokes versions.
	Name         string
	Second       *sui.Address // Who must agree to further versions.
	DelayMS      uint64       // How long further versions wait.
	LifetimeMS   uint64       // How long an enclave stays registered.
	TakesUnbound bool         // True if documents are taken that do not name who may register them.
	BuildDigest  []byte       // SHA-256 of the recipe of the first version's image; empty if there is none.
}

// UnmarshalBCS reads the event.
func (v *ConfigCreated) UnmarshalBCS(d *bcs.Decoder) {
	v.ConfigID = address(d)
	v.CapID = address(d)
	v.Name = d.String()
	v.Second = optionAddress(d)
	v.DelayMS = d.U64()
	v.LifetimeMS = d.U64()
	v.TakesUnbound = d.Bool()
	v.BuildDigest = d.Bytes()
}

// MeasurementProposed: a further version was proposed. It can be approved from `ready_at_ms`.
type MeasurementProposed struct {
	ConfigID    sui.Address
	Proposal    uint64
	Indices     []byte // Which registers, and the values that they must have.
	Values      [][]byte
	BuildDigest []byte // SHA-256 of the recipe of its image; empty if there is none.
	ReadyAtMS   uint64
}

// UnmarshalBCS reads the event.
func (v *MeasurementProposed) UnmarshalBCS(d *bcs.Decoder) {
	v.ConfigID = address(d)
	v.Proposal = d.U64()
	v.Indices = d.Bytes()
	v.Values = byteSlices(d)
	v.BuildDigest = d.Bytes()
	v.ReadyAtMS = d.U64()
}

// MeasurementAgreed: the second person agreed to a proposal.
type MeasurementAgreed struct {
	ConfigID sui.Address
	Proposal uint64
	Second   sui.Address
}

// UnmarshalBCS reads the event.
func (v *MeasurementAgreed) UnmarshalBCS(d *bcs.Decoder) {
	v.ConfigID = address(d)
	v.Proposal = d.U64()
	v.Second = address(d)
}

// MeasurementCancelled: a proposal was dropped.
type MeasurementCancelled struct {
	ConfigID sui.Address
	Proposal uint64
}

// UnmarshalBCS reads the event.
func (v *MeasurementCancelled) UnmarshalBCS(d *bcs.Decoder) {
	v.ConfigID = address(d)
	v.Proposal = d.U64()
}

// MeasurementApproved: enclaves of this measurement can be registered.
type MeasurementApproved struct {
	ConfigID      sui.Address
	ConfigVersion uint64  // 0 for the first version of a configuration.
	Proposal      *uint64 // None for the first version.
	Indices       []byte
	Values        [][]byte
	ApprovedAtMS  uint64
}

// UnmarshalBCS reads the event.
func (v *MeasurementApproved) UnmarshalBCS(d *bcs.Decoder) {
	v.ConfigID = address(d)
	v.ConfigVersion = d.U64()
	v.Proposal = optionU64(d)
	v.Indices = d.Bytes()
	v.Values = byteSlices(d)
	v.ApprovedAtMS = d.U64()
}

// MeasurementRevoked: a version was revoked; enclaves that are registered under it stopped.
type MeasurementRevoked struct {
	ConfigID      sui.Address
	ConfigVersion uint64
	ReasonDigest  []byte // SHA-256 of the reason; empty if there is none.
	RevokedAtMS   uint64
}

// UnmarshalBCS reads the event.
func (v *MeasurementRevoked) UnmarshalBCS(d *bcs.Decoder) {
	v.ConfigID = address(d)
	v.ConfigVersion = d.U64()
	v.ReasonDigest = d.Bytes()
	v.RevokedAtMS = d.U64()
}

// ConfigRevoked: a configuration was revoked with all its versions.
type ConfigRevoked struct {
	ConfigID     sui.Address
	ReasonDigest []byte // SHA-256 of the reason; empty if there is none.
	RevokedAtMS  uint64
}

// UnmarshalBCS reads the event.
func (v *ConfigRevoked) UnmarshalBCS(d *bcs.Decoder) {
	v.ConfigID = address(d)
	v.ReasonDigest = d.Bytes()
	v.RevokedAtMS = d.U64()
}

// ConfigDelayRaised: versions that are proposed from now on wait longer.
type ConfigDelayRaised struct {
	ConfigID sui.Address
	DelayMS  uint64
}

// UnmarshalBCS reads the event.
func (v *ConfigDelayRaised) UnmarshalBCS(d *bcs.Decoder) {
	v.ConfigID = address(d)
	v.DelayMS = d.U64()
}

// EnclaveRegistered: an enclave was shown to run an approved version. Its key's signatures count until `expires_at_ms`.
type EnclaveRegistered struct {
	EnclaveID      sui.Address
	ConfigID       sui.Address
	ConfigVersion  uint64
	PublicKey      []byte // Ed25519, 32 bytes.
	ModuleID       []byte // The hypervisor's name for the enclave.
	RegisteredBy   sui.Address
	IsBound        bool   // True if the document names who registered it.
	DocumentAtMS   uint64 // When the document was made.
	RegisteredAtMS uint64
	ExpiresAtMS    uint64
}

// UnmarshalBCS reads the event.
func (v *EnclaveRegistered) UnmarshalBCS(d *bcs.Decoder) {
	v.EnclaveID = address(d)
	v.ConfigID = address(d)
	v.ConfigVersion = d.U64()
	v.PublicKey = d.Bytes()
	v.ModuleID = d.Bytes()
	v.RegisteredBy = address(d)
	v.IsBound = d.Bool()
	v.DocumentAtMS = d.U64()
	v.RegisteredAtMS = d.U64()
	v.ExpiresAtMS = d.U64()
}

// EnclaveRenewed: a newer document prolonged a registration.
type EnclaveRenewed struct {
	EnclaveID    sui.Address
	DocumentAtMS uint64
	ExpiresAtMS  uint64
}

// UnmarshalBCS reads the event.
func (v *EnclaveRenewed) UnmarshalBCS(d *bcs.Decoder) {
	v.EnclaveID = address(d)
	v.DocumentAtMS = d.U64()
	v.ExpiresAtMS = d.U64()
}

// EnclaveSucceeded: the key of an enclave's predecessor vouched for it.
type EnclaveSucceeded struct {
	EnclaveID     sui.Address
	PredecessorID sui.Address
}

// UnmarshalBCS reads the event.
func (v *EnclaveSucceeded) UnmarshalBCS(d *bcs.Decoder) {
	v.EnclaveID = address(d)
	v.PredecessorID = address(d)
}

// EnclaveRevoked: an enclave's signatures count no more.
type EnclaveRevoked struct {
	EnclaveID    sui.Address
	RevokedBy    sui.Address
	ReasonDigest []byte // SHA-256 of the reason; empty if there is none.
	RevokedAtMS  uint64
}

// UnmarshalBCS reads the event.
func (v *EnclaveRevoked) UnmarshalBCS(d *bcs.Decoder) {
	v.EnclaveID = address(d)
	v.RevokedBy = address(d)
	v.ReasonDigest = d.Bytes()
	v.RevokedAtMS = d.U64()
}

// EnclaveRemoved: the object of an enclave that does not count any more was deleted.
type EnclaveRemoved struct {
	EnclaveID sui.Address
}

// UnmarshalBCS reads the event.
func (v *EnclaveRemoved) UnmarshalBCS(d *bcs.Decoder) {
	v.EnclaveID = address(d)
}

// NodeAttested: an enclave vouched for a version of the lineage.
type NodeAttested struct {
	VersionID        sui.Address
	Kind             uint8 // 1 transform, 2 training, 3 model, 4 inference service.
	EnclaveID        sui.Address
	ConfigID         sui.Address
	ConfigVersion    uint64
	ParentIDs        []sui.Address // What was read: the versions, and the blobs of each.
	InputBlobIDs     [][]walrus.BlobID
	ParametersDigest []byte   // SHA-256 of the run's parameters.
	OutputDigest     []byte   // SHA-256 of the version's manifest.
	Rules            []string // For each rule of a filter the rows that it saw and those that it kept.
	RowsIn           []uint64
	RowsOut          []uint64
	StartedAtMS      uint64
	EndedAtMS        uint64
	SignedAtMS       uint64 // When the enclave signed, by its own clock.
	AttestedAtMS     uint64
}

// UnmarshalBCS reads the event.
func (v *NodeAttested) UnmarshalBCS(d *bcs.Decoder) {
	v.VersionID = address(d)
	v.Kind = d.U8()
	v.EnclaveID = address(d)
	v.ConfigID = address(d)
	v.ConfigVersion = d.U64()
	v.ParentIDs = addresses(d)
	v.InputBlobIDs = blobIDLists(d)
	v.ParametersDigest = d.Bytes()
	v.OutputDigest = d.Bytes()
	v.Rules = texts(d)
	v.RowsIn = numbersU64(d)
	v.RowsOut = numbersU64(d)
	v.StartedAtMS = d.U64()
	v.EndedAtMS = d.U64()
	v.SignedAtMS = d.U64()
	v.AttestedAtMS = d.U64()
}

// LogBound: every head of a log of inferences must be signed by an enclave of this configuration.
type LogBound struct {
	LogID    sui.Address
	ConfigID sui.Address
}

// UnmarshalBCS reads the event.
func (v *LogBound) UnmarshalBCS(d *bcs.Decoder) {
	v.LogID = address(d)
	v.ConfigID = address(d)
}

// LogHeadSigned: an enclave signed the head that was committed.
type LogHeadSigned struct {
	LogID      sui.Address
	TreeSize   uint64
	EnclaveID  sui.Address
	SignedAtMS uint64 // When, by its own clock.
}

// UnmarshalBCS reads the event.
func (v *LogHeadSigned) UnmarshalBCS(d *bcs.Decoder) {
	v.LogID = address(d)
	v.TreeSize = d.U64()
	v.EnclaveID = address(d)
	v.SignedAtMS = d.U64()
}

func numbersU64(d *bcs.Decoder) []uint64 {
	out := make([]uint64, d.Length(8))
	for i := range out {
		out[i] = d.U64()
	}
	return out
}

func texts(d *bcs.Decoder) []string {
	out := make([]string, d.Length(1))
	for i := range out {
		out[i] = d.String()
	}
	return out
}

func blobIDLists(d *bcs.Decoder) [][]walrus.BlobID {
	out := make([][]walrus.BlobID, d.Length(1))
	for i := range out {
		out[i] = make([]walrus.BlobID, d.Length(len(walrus.BlobID{})))
		for j := range out[i] {
			d.Into(out[i][j][:])
		}
	}
	return out
}
