package store

import (
	"encoding/hex"

	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/sdk/contract"
)

// storageFacts are those of blobs, and of storage committees to be.
func storageFacts(typed any, add func(table string, values ...any)) bool {
	committee := func(action string, epoch, shards, ready, delay, digest, reporter, nodes any) {
		add("storage_committee_change", action, epoch, shards, ready, delay, digest, reporter, nodes)
	}
	switch v := typed.(type) {
	case *contract.BlobCertified:
		add("blob_certificate", int64(v.Epoch), v.BlobID.String(), int64(v.EndEpoch), v.Deletable, v.ObjectID.String(), int32s(v.Signers), int32(v.Weight))
	case *contract.BlobExtended:
		add("blob_change", int64(v.Epoch), int64(v.EndEpoch), int64(v.PreviousEndEpoch), nil, v.ObjectID.String(), v.BlobID.String(), "extended")
	case *contract.BlobDeleted:
		add("blob_change", int64(v.Epoch), int64(v.EndEpoch), nil, v.WasCertified, v.ObjectID.String(), v.BlobID.String(), "deleted")
	case *contract.BlobExpired:
		add("blob_change", int64(v.Epoch), int64(v.EndEpoch), nil, nil, v.ObjectID.String(), v.BlobID.String(), "expired")
	case *contract.BlobRecorded:
		add("blob_record", int64(v.Epoch), int64(v.CertifiedEpoch), int64(v.EndEpoch), num(v.Size), int16(v.EncodingType), v.ObjectID.String(), v.SourceID.String(), v.BlobID.String())
	case *contract.CommitteeProposed:
		committee("proposed", int64(v.Epoch), int32(v.NShards), num(v.ReadyAtMS), nil, hex.EncodeToString(v.Digest), nil, v.NodeNames)
	case *contract.CommitteeCancelled:
		committee("cancelled", int64(v.Epoch), nil, nil, nil, nil, nil, nil)
	case *contract.CommitteeDelayRaised:
		committee("delay raised", nil, nil, nil, num(v.DelayMS), nil, nil, nil)
	case *contract.NetworkFollowed:
		committee("network followed", nil, nil, nil, nil, nil, v.Reporter, nil)
	case *contract.EpochFollowed:
		committee("epoch followed", int64(v.Epoch), nil, nil, nil, nil, nil, nil)
	default:
		return false
	}
	return true
}

// upgradeFacts are those of guarded upgrades.
func upgradeFacts(typed any, add func(table string, values ...any)) bool {
	upgrade := func(policy, delay, ready any, guard, action string, pkg, digest any) {
		add("upgrade_event", policy, delay, ready, guard, action, pkg, digest)
	}
	switch v := typed.(type) {
	case *contract.UpgradesGuarded:
		upgrade(nil, num(v.DelayMS), nil, v.GuardID.String(), "guarded", v.PackageID.String(), nil)
	case *contract.UpgradeProposed:
		upgrade(int16(v.UpgradePolicy), nil, num(v.ReadyAtMS), v.GuardID.String(), "proposed", v.PackageID.String(), hex.EncodeToString(v.Digest))
	case *contract.UpgradeCancelled:
		upgrade(nil, nil, nil, v.GuardID.String(), "cancelled", nil, hex.EncodeToString(v.Digest))
	case *contract.UpgradeCommitted:
		upgrade(nil, nil, nil, v.GuardID.String(), "committed", v.PackageID.String(), hex.EncodeToString(v.Digest))
	case *contract.UpgradeDelayRaised:
		upgrade(nil, num(v.DelayMS), nil, v.GuardID.String(), "delay raised", nil, nil)
	case *contract.UpgradesRestricted:
		upgrade(int16(v.UpgradePolicy), nil, nil, v.GuardID.String(), "restricted", nil, nil)
	case *contract.UpgradesEnded:
		upgrade(nil, nil, nil, v.GuardID.String(), "ended", v.PackageID.String(), nil)
	default:
		return false
	}
	return true
}

// committeeFacts are those of committees of key servers. It reads the parallel
// lists of members as far as they all go; the contract makes them of one length.
func committeeFacts(e *decode.Event, add func(table string, values ...any)) bool {
	switch v := e.Typed.(type) {
	case *contract.CommitteeMembersNamed:
		for i, member := range v.Members[:min(len(v.Members), len(v.Names), len(v.URLs), len(v.PartialPublicKeys))] {
			add("committee_member", int64(v.Version), int32(v.Threshold), int32(i), v.KeyServerID.String(), member.String(), v.Names[i], v.URLs[i],
				hex.EncodeToString(v.PartialPublicKeys[i]))
		}
	case *contract.KeyServerRotated:
		add("committee_change", int64(v.Version), int32(v.Threshold), nil, v.KeyServerID.String(), "rotated", nil)
	case *contract.PartialKeyServerUpdated:
		add("committee_change", nil, nil, int32(v.PartyID), v.KeyServerID.String(), "member moved", v.URL)
	case *contract.CommitteeRotationInitiated:
		add("committee_rotation", v.CommitteeID.String(), v.OldCommitteeID.String(), e.Raw.Type.Address.String())
	default:
		return false
	}
	return true
}
