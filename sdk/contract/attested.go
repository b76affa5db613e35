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
func AttestNode(b *sui.Builder, p Packages, lineage sui.Address, version sui.Arg, r Run, config, enclave sui.Address, s Signed) {
	call(b, p.Catalog, "attested", "attest", b.Object(lineage), version, r.arg(b, p), b.Object(config), b.Object(enclave),
		b.Pure(s.TimestampMS), b.Pure(s.Signature), b.Clock())
}

// arg makes the run's value in the transaction. The chain takes the inputs'
// digests from the versions themselves.
func (r Run) arg(b *sui.Builder, p Packages) sui.Arg {
	rules, in, out := []string{}, []uint64{}, []uint64{}
	for _, s := range r.Statistics {
		rules, in, out = append(rules, s.Rule), append(in, s.RowsIn), append(out, s.RowsOut)
	}
	run := call(b, p.Catalog, "attested", "new_run", b.Pure(r.Kind), b.Pure(r.Dataset), b.Pure(r.ParametersDigest[:]), b.Pure(r.OutputDigest[:]),
		b.Pure(rules), b.Pure(in), b.Pure(out), b.Pure(r.StartedAtMS), b.Pure(r.EndedAtMS))
	for _, v := range r.Inputs {
		ids := make([][32]byte, len(v.BlobIDs)) // the BCS of a u256
		for i, id := range v.BlobIDs {
			ids[i] = id
		}
		call(b, p.Catalog, "attested", "add_input", run, b.Object(v.Version), b.Pure(ids))
	}
	return run
}

// CreateLogForEnclaves opens an empty log of inferences of an attested service,
// whose heads enclaves of a configuration must sign, and gives its capability
// to owner. cap is the capability of the service's dataset.
func CreateLogForEnclaves(b *sui.Builder, p Packages, name string, owner, lineage, cap, service, config sui.Address) {
	b.Transfer(owner, call(b, p.Catalog, "inference_log", "create_for_enclaves", b.Pure(name), b.Object(lineage), b.Object(cap), b.Pure(service), b.Object(config)))
}

// CommitSignedLog is [CommitLog] for a log that is bound to a configuration: an
// enclave signed an attest.LogHead.
func CommitSignedLog(b *sui.Builder, p Packages, log, cap sui.Address, size uint64, root [32]byte, proof [][]byte, config, enclave sui.Address, s Signed) {
	call(b, p.Catalog, "inference_log", "commit_signed", b.Object(log), b.Object(cap), b.Pure(size), b.Pure(root[:]), b.Pure(proof),
		b.Object(config), b.Object(enclave), b.Pure(s.TimestampMS), b.Pure(s.Signature), b.Clock())
}
