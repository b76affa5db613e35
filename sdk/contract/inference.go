package contract

import "github.com/floe-data/floe/sdk/sui"

// CreateLog opens an empty log of inferences and gives its capability to
// owner. service, if not nil, is the version of kind [KindService] that it is
// for, and cap the capability of its dataset.
func CreateLog(b *sui.Builder, p Packages, name string, owner sui.Address, lineage, cap sui.Address, service *sui.Address) {
	if service == nil {
		b.Transfer(owner, p.InferenceLogCalls(b).Create(Pure(b, name), p.catalogVersion(b)).Arg)
		return
	}
	b.Transfer(owner, p.InferenceLogCalls(b).CreateForService(Pure(b, name), Object[Lineage](b, lineage), Object[DatasetCap](b, cap), Pure(b, *service)).Arg)
}

// CommitLog commits to the first size entries of a log. cap is its LogCap;
// proof shows consistency with the last commitment (RFC 9162, 2.1.4) and is
// empty for the first.
func CommitLog(b *sui.Builder, p Packages, log, cap sui.Address, size uint64, root [32]byte, proof [][]byte) {
	p.InferenceLogCalls(b).Commit(Object[Log](b, log), Object[LogCap](b, cap), Pure(b, size), Pure(b, root[:]), Pure(b, proof), p.catalogVersion(b))
}

// OpenLeaf shows that leaf is entry index of a log as last committed.
func OpenLeaf(b *sui.Builder, p Packages, log sui.Address, index uint64, leaf []byte, proof [][]byte) {
	p.InferenceLogCalls(b).OpenLeaf(Object[Log](b, log), Pure(b, index), Pure(b, leaf), Pure(b, proof), p.catalogVersion(b))
}
