package contract

import (
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// A Run is what an enclave did to make a version, as it signs it; see
// attest.Run for the bytes.
type Run struct {
	Kind             uint8       // KindTransform to KindService
	Dataset          sui.Address // that the output is a version of
	Inputs           []RunInput  // in the order of the version's parents
	ParametersDigest [32]byte
	OutputDigest     [32]byte // SHA-256 of the output's manifest
	Statistics       []RuleCount
	StartedAtMS      uint64
	EndedAtMS        uint64
}

// RunInput is a version that was read, and which of its blobs were, the
// manifest's among them.
type RunInput struct {
	Version        sui.Address
	ManifestDigest [32]byte
	BlobIDs        []walrus.BlobID
}

// RuleCount says how many rows a rule of a filter saw and how many it kept.
type RuleCount struct {
	Rule    string
	RowsIn  uint64
	RowsOut uint64
}

// AttestNode records that an enclave made a version of the lineage in a run
// that it signed. version is an argument, so that it can be what
// [PublishDerived] returns in the same transaction.
func AttestNode(b *sui.Builder, p Packages, lineage sui.Address, version Arg[sui.Address], r Run, config, enclave sui.Address, s Signed) {
	p.AttestedCalls(b).Attest(Object[Lineage](b, lineage), version, r.arg(b, p), Object[EnclaveConfig](b, config), Object[Enclave](b, enclave), Pure(b, s.TimestampMS), Pure(b, s.Signature))
}

// arg makes the run's value in the transaction. The chain takes the inputs'
// digests from the versions themselves.
func (r Run) arg(b *sui.Builder, p Packages) Arg[SignedRun] {
	rules, in, out := []string{}, []uint64{}, []uint64{}
	for _, s := range r.Statistics {
		rules, in, out = append(rules, s.Rule), append(in, s.RowsIn), append(out, s.RowsOut)
	}
	run := p.AttestedCalls(b).NewRun(Pure(b, r.Kind), Pure(b, r.Dataset), Pure(b, r.ParametersDigest[:]), Pure(b, r.OutputDigest[:]),
		Pure(b, rules), Pure(b, in), Pure(b, out), Pure(b, r.StartedAtMS), Pure(b, r.EndedAtMS))
	for _, v := range r.Inputs {
		p.AttestedCalls(b).AddInput(run, Object[Version](b, v.Version), Pure(b, v.BlobIDs))
	}
	return run
}

// CreateLogForEnclaves opens an empty log of inferences of an attested service,
// whose heads enclaves of a configuration must sign, and gives its capability
// to owner. cap is the capability of the service's dataset.
func CreateLogForEnclaves(b *sui.Builder, p Packages, name string, owner, lineage, cap, service, config sui.Address) {
	b.Transfer(owner, p.InferenceLogCalls(b).CreateForEnclaves(Pure(b, name), Object[Lineage](b, lineage), Object[DatasetCap](b, cap), Pure(b, service), Object[EnclaveConfig](b, config)).Arg)
}

// CommitSignedLog is [CommitLog] for a log that is bound to a configuration: an
// enclave signed an attest.LogHead.
func CommitSignedLog(b *sui.Builder, p Packages, log, cap sui.Address, size uint64, root [32]byte, proof [][]byte, config, enclave sui.Address, s Signed) {
	p.InferenceLogCalls(b).CommitSigned(Object[Log](b, log), Object[LogCap](b, cap), Pure(b, size), Pure(b, root[:]), Pure(b, proof),
		Object[EnclaveConfig](b, config), Object[Enclave](b, enclave), Pure(b, s.TimestampMS), Pure(b, s.Signature), p.catalogVersion(b))
}
