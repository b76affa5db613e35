package contract

import (
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// A Registration is what a blob is registered with.
type Registration struct {
	System   sui.Address   // the shared storage system
	BlobID   walrus.BlobID // derived from RootHash and Size
	RootHash walrus.Hash   // Merkle root of the encoded blob
	Size     uint64        // unencoded, in bytes
	EndEpoch uint32        // first epoch in which the blob is no longer stored
	// Deletable blobs are certified by confirmations that name their object.
	Deletable bool
}

// RegisterBlob registers a blob and returns its object, to be transferred.
func RegisterBlob(b *sui.Builder, p Packages, r Registration) Arg[Blob] {
	return p.SystemCalls(b).RegisterBlob(Object[System](b, r.System), Pure(b, r.BlobID), Pure(b, r.RootHash), Pure(b, r.Size),
		Pure(b, uint8(walrus.EncodingRS2)), Pure(b, r.EndEpoch), Pure(b, r.Deletable))
}

// CertifyBlob certifies a registered blob by a quorum's confirmations and
// returns the blob as an argument. Signature, bitmap and message are those of a
// walrus.Certificate of the current epoch.
func CertifyBlob(b *sui.Builder, p Packages, system, blob sui.Address, signature, bitmap, message []byte) Arg[Blob] {
	object := Object[Blob](b, blob)
	p.SystemCalls(b).CertifyBlob(Object[System](b, system), object, Pure(b, signature), Pure(b, bitmap), Pure(b, message))
	return object
}

// SetCommittee makes c the first committee. cap is the system's AdminCap;
// proofs are in member order, made by walrus.ProofOfPossession for the
// transaction's sender.
func SetCommittee(b *sui.Builder, p Packages, system, cap sui.Address, c *walrus.Committee, proofs [][]byte) {
	names, urls, keys, shards := committeeLists(c)
	p.SystemCalls(b).SetCommittee(Object[System](b, system), Object[AdminCap](b, cap), Pure(b, c.Epoch),
		Pure(b, names), Pure(b, urls), Pure(b, keys), Pure(b, proofs), Pure(b, shards))
}

// HandOver makes next the committee at once. signed is a certificate of the
// present committee over walrus.Committee.HandOver; cap and proofs are as for
// [SetCommittee].
func HandOver(b *sui.Builder, p Packages, system, cap sui.Address, next *walrus.Committee, proofs [][]byte, signed *walrus.Certificate) {
	p.SystemCalls(b).HandOver(Object[System](b, system), Object[AdminCap](b, cap), assemble(b, p, next, proofs),
		Pure(b, signed.Signature), Pure(b, signed.Bitmap()), Pure(b, signed.Message))
}

// ProposeCommittee proposes the next committee, for the case that the present
// one can't hand over; [ApplyCommittee] lets it take over after the delay.
func ProposeCommittee(b *sui.Builder, p Packages, system, cap sui.Address, next *walrus.Committee, proofs [][]byte) {
	p.SystemCalls(b).ProposeCommittee(Object[System](b, system), Object[AdminCap](b, cap), assemble(b, p, next, proofs))
}

// ApplyCommittee lets the proposed committee take over.
func ApplyCommittee(b *sui.Builder, p Packages, system, cap sui.Address) {
	p.SystemCalls(b).ApplyCommittee(Object[System](b, system), Object[AdminCap](b, cap))
}

// CancelCommittee drops the proposed committee.
func CancelCommittee(b *sui.Builder, p Packages, system, cap sui.Address) {
	p.SystemCalls(b).CancelCommittee(Object[System](b, system), Object[AdminCap](b, cap))
}

// RaiseCommitteeDelay lets committees that are proposed from now on wait longer.
func RaiseCommitteeDelay(b *sui.Builder, p Packages, system, cap sui.Address, delayMS uint64) {
	p.SystemCalls(b).RaiseCommitteeDelay(Object[System](b, system), Object[AdminCap](b, cap), Pure(b, delayMS))
}

func assemble(b *sui.Builder, p Packages, c *walrus.Committee, proofs [][]byte) Arg[StorageCommittee] {
	names, urls, keys, shards := committeeLists(c)
	return p.CommitteeCalls(b).Assemble(Pure(b, c.Epoch), Pure(b, names), Pure(b, urls), Pure(b, keys), Pure(b, proofs), Pure(b, shards))
}

func committeeLists(c *walrus.Committee) (names, urls []string, keys [][]byte, shards [][]uint16) {
	for _, m := range c.Members {
		names, urls, keys = append(names, m.Name), append(urls, m.URL), append(keys, m.PublicKey)
		held := make([]uint16, len(m.Shards))
		for i, s := range m.Shards {
			held[i] = uint16(s)
		}
		shards = append(shards, held)
	}
	return names, urls, keys, shards
}

// MigrateStorage moves the system to the latest version of the package.
func MigrateStorage(b *sui.Builder, p Packages, system, cap sui.Address) {
	p.SystemCalls(b).Migrate(Object[System](b, system), Object[AdminCap](b, cap))
}

// Committee returns the committee as package walrus uses it; nil until one is
// set.
func (s *System) Committee() *walrus.Committee {
	if len(s.Members) == 0 {
		return nil
	}
	c := &walrus.Committee{Epoch: s.Epoch, NShards: int(s.NShards)}
	for _, m := range s.Members {
		member := walrus.Member{Name: m.Name, URL: m.NetworkAddress, PublicKey: m.PublicKey}
		for _, shard := range m.Shards {
			member.Shards = append(member.Shards, int(shard))
		}
		c.Members = append(c.Members, member)
	}
	return c
}
