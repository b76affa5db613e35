package attest

import (
	"crypto/ed25519"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// WalletPayload says that a wallet's Ed25519 key is the enclave's, so that
// policies let its address in. It is Nautilus' WalletPK.
func WalletPayload(wallet ed25519.PublicKey) []byte {
	e := bcs.NewEncoder()
	e.Bytes(wallet)
	return e.Data()
}

// HandoverPayload says that the enclave with the key next, registered under the
// same configuration, takes over.
func HandoverPayload(config sui.Address, next ed25519.PublicKey) []byte {
	e := bcs.NewEncoder()
	e.Value(config)
	e.Bytes(next)
	return e.Data()
}

// LogHeadPayload is the head of a log of inferences: size and root of its tree.
func LogHeadPayload(log sui.Address, size uint64, root [32]byte) []byte {
	e := bcs.NewEncoder()
	e.Value(log)
	e.U64(size)
	e.Bytes(root[:])
	return e.Data()
}

// RunPayload is what the enclave did to make a version: all that went in, all
// that came out, and when.
func RunPayload(r contract.Run) []byte {
	e := bcs.NewEncoder()
	e.U8(r.Kind)
	e.Value(r.Dataset)
	e.ULEB(uint64(len(r.Inputs)))
	for _, in := range r.Inputs {
		e.Value(in.Version)
	}
	e.ULEB(uint64(len(r.Inputs)))
	for _, in := range r.Inputs {
		e.Bytes(in.ManifestDigest[:])
	}
	e.ULEB(uint64(len(r.Inputs)))
	for _, in := range r.Inputs {
		e.ULEB(uint64(len(in.BlobIDs)))
		for _, id := range in.BlobIDs {
			e.Fixed(id[:])
		}
	}
	e.Bytes(r.ParametersDigest[:])
	e.Bytes(r.OutputDigest[:])
	e.ULEB(uint64(len(r.Statistics)))
	for _, s := range r.Statistics {
		e.String(s.Rule)
	}
	e.ULEB(uint64(len(r.Statistics)))
	for _, s := range r.Statistics {
		e.U64(s.RowsIn)
	}
	e.ULEB(uint64(len(r.Statistics)))
	for _, s := range r.Statistics {
		e.U64(s.RowsOut)
	}
	e.U64(r.StartedAtMS)
	e.U64(r.EndedAtMS)
	return e.Data()
}
