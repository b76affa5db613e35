package contract

import (
	"github.com/floe-data/floe/sdk/bcs"
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
func RegisterBlob(b *sui.Builder, p Packages, r Registration) sui.Arg {
	return call(b, p.Storage, "system", "register_blob",
		b.Object(r.System), u256(b, r.BlobID), u256(b, r.RootHash), b.Pure(r.Size),
		b.Pure(uint8(walrus.EncodingRS2)), b.Pure(r.EndEpoch), b.Pure(r.Deletable))
}

// CertifyBlob certifies a registered blob by a quorum's confirmations and
// returns the blob as an argument. Signature, bitmap and message are those of a
// walrus.Certificate of the current epoch.
func CertifyBlob(b *sui.Builder, p Packages, system, blob sui.Address, signature, bitmap, message []byte) sui.Arg {
	object := b.Object(blob)
	call(b, p.Storage, "system", "certify_blob",
		b.Object(system), object, b.Pure(signature), b.Pure(bitmap), b.Pure(message))
	return object
}

// SetCommittee makes c the committee of its epoch. cap is the system's
// AdminCap; proofs are in member order, made by walrus.ProofOfPossession for
// the transaction's sender.
func SetCommittee(b *sui.Builder, p Packages, system, cap sui.Address, c *walrus.Committee, proofs [][]byte) {
	var names, urls []string
	var keys [][]byte
	var shards [][]uint16
	for _, m := range c.Members {
		names, urls, keys = append(names, m.Name), append(urls, m.URL), append(keys, m.PublicKey)
		held := make([]uint16, len(m.Shards))
		for i, s := range m.Shards {
			held[i] = uint16(s)
		}
		shards = append(shards, held)
	}
	call(b, p.Storage, "system", "set_committee",
		b.Object(system), b.Object(cap), b.Pure(c.Epoch), b.Pure(names), b.Pure(urls), b.Pure(keys), b.Pure(proofs), b.Pure(shards))
}

// MigrateStorage moves the system to the latest version of the package.
func MigrateStorage(b *sui.Builder, p Packages, system, cap sui.Address) {
	call(b, p.Storage, "system", "migrate", b.Object(system), b.Object(cap))
}

// System is the storage network: its epoch and its committee.
type System struct {
	Identity
	Version        uint64
	Admin          sui.Address // id of the AdminCap
	Epoch          uint32
	NShards        uint16 // 0 until the first committee is set
	Members        []StorageMember
	TotalPublicKey []byte // sum of the members' keys, 48 bytes
}

// StorageMember is a storage node on chain.
type StorageMember struct {
	Name           string
	NetworkAddress string // base URL of the node's HTTP API
	PublicKey      []byte // BLS12-381, 48 bytes
	Shards         []uint16
}

// ParseSystem reads the shared System.
func ParseSystem(o *sui.Object) (*System, error) {
	s := new(System)
	id, err := parse(o, "system", "System", func(d *bcs.Decoder) {
		s.Version, s.Admin, s.Epoch, s.NShards = d.U64(), address(d), d.U32(), d.U16()
		s.Members = make([]StorageMember, d.Length(4))
		for i := range s.Members {
			s.Members[i] = StorageMember{Name: d.String(), NetworkAddress: d.String(), PublicKey: d.Bytes(), Shards: numbersU16(d)}
		}
		s.TotalPublicKey = d.Bytes()
	})
	if err != nil {
		return nil, err
	}
	s.Identity = id
	return s, nil
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

// AdminCap is the right to set the storage committee.
type AdminCap struct{ Identity }

// ParseAdminCap reads an AdminCap.
func ParseAdminCap(o *sui.Object) (*AdminCap, error) {
	id, err := parse(o, "system", "AdminCap", func(*bcs.Decoder) {})
	if err != nil {
		return nil, err
	}
	return &AdminCap{id}, nil
}

// Blob is a registered blob. A dataset version holds its blobs by value.
type Blob struct {
	Identity
	RegisteredEpoch uint32
	BlobID          walrus.BlobID
	Size            uint64
	EncodingType    uint8
	CertifiedEpoch  *uint32 // nil until a quorum confirmed
	EndEpoch        uint32
	Deletable       bool
}

// minBlob is the shortest BCS of a Blob: ids of 32 bytes, no certificate.
const minBlob = 32 + 4 + 32 + 8 + 1 + 1 + 4 + 1

// ParseBlob reads a Blob.
func ParseBlob(o *sui.Object) (*Blob, error) {
	b := new(Blob)
	id, err := parse(o, "blob", "Blob", b.read)
	if err != nil {
		return nil, err
	}
	b.Identity = id
	return b, nil
}

// read reads what follows the id.
func (b *Blob) read(d *bcs.Decoder) {
	b.RegisteredEpoch = d.U32()
	d.Into(b.BlobID[:])
	b.Size, b.EncodingType, b.CertifiedEpoch, b.EndEpoch, b.Deletable = d.U64(), d.U8(), optionU32(d), d.U32(), d.Bool()
}

// CommitteeChanged: a new storage committee took over.
type CommitteeChanged struct {
	Epoch     uint32
	NShards   uint16
	NodeNames []string // in member order
}

// UnmarshalBCS reads the event.
func (v *CommitteeChanged) UnmarshalBCS(d *bcs.Decoder) {
	v.Epoch, v.NShards = d.U32(), d.U16()
	v.NodeNames = make([]string, d.Length(1))
	for i := range v.NodeNames {
		v.NodeNames[i] = d.String()
	}
}

// BlobRegistered: storage nodes accept the blob's slivers from now on.
type BlobRegistered struct {
	Epoch        uint32
	BlobID       walrus.BlobID
	Size         uint64
	EncodingType uint8
	EndEpoch     uint32
	Deletable    bool
	ObjectID     sui.Address
}

// UnmarshalBCS reads the event.
func (v *BlobRegistered) UnmarshalBCS(d *bcs.Decoder) {
	v.Epoch = d.U32()
	d.Into(v.BlobID[:])
	v.Size, v.EncodingType, v.EndEpoch, v.Deletable, v.ObjectID = d.U64(), d.U8(), d.U32(), d.Bool(), address(d)
}

// BlobCertified: a quorum of the committee stores the blob until EndEpoch.
type BlobCertified struct {
	Epoch     uint32
	BlobID    walrus.BlobID
	EndEpoch  uint32
	Deletable bool
	ObjectID  sui.Address
	Signers   []uint16 // ascending positions in the committee
	Weight    uint16   // shards held by the signers
}

// UnmarshalBCS reads the event.
func (v *BlobCertified) UnmarshalBCS(d *bcs.Decoder) {
	v.Epoch = d.U32()
	d.Into(v.BlobID[:])
	v.EndEpoch, v.Deletable, v.ObjectID = d.U32(), d.Bool(), address(d)
	v.Signers, v.Weight = numbersU16(d), d.U16()
}
