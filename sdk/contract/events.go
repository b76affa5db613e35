package contract

import (
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// ErrUnknownEvent says that an event is not of our contracts.
var ErrUnknownEvent = errors.New("unknown event")

// eventModules are the modules that define events. Names are unique in a
// package.
var eventModules = map[string]bool{"events": true, "anchor_events": true, "enclave_events": true}

// events makes a value for each event, by package and name.
var events = map[string]map[string]func() bcs.Unmarshaler{
	Storage: {
		"CommitteeChanged": func() bcs.Unmarshaler { return new(CommitteeChanged) },
		"BlobRegistered":   func() bcs.Unmarshaler { return new(BlobRegistered) },
		"BlobCertified":    func() bcs.Unmarshaler { return new(BlobCertified) },
		"BlobExtended":     func() bcs.Unmarshaler { return new(BlobExtended) },
		"BlobDeleted":      func() bcs.Unmarshaler { return new(BlobDeleted) },
		"BlobExpired":      func() bcs.Unmarshaler { return new(BlobExpired) },
	},
	Catalog: {
		"DatasetCreated":       func() bcs.Unmarshaler { return new(DatasetCreated) },
		"VersionPublished":     func() bcs.Unmarshaler { return new(VersionPublished) },
		"OriginBound":          func() bcs.Unmarshaler { return new(OriginBound) },
		"NodeRecorded":         func() bcs.Unmarshaler { return new(NodeRecorded) },
		"NodeRevoked":          func() bcs.Unmarshaler { return new(NodeRevoked) },
		"HoldPlaced":           func() bcs.Unmarshaler { return new(HoldPlaced) },
		"HoldReleaseAnnounced": func() bcs.Unmarshaler { return new(HoldReleaseAnnounced) },
		"HoldReleased":         func() bcs.Unmarshaler { return new(HoldReleased) },
		"ConsentGiven":         func() bcs.Unmarshaler { return new(ConsentGiven) },
		"ConsentAttached":      func() bcs.Unmarshaler { return new(ConsentAttached) },
		"ConsentWithdrawn":     func() bcs.Unmarshaler { return new(ConsentWithdrawn) },
		"TreasuryCreated":      func() bcs.Unmarshaler { return new(TreasuryCreated) },
		"SaleEscrowed":         func() bcs.Unmarshaler { return new(SaleEscrowed) },
		"SaleSettled":          func() bcs.Unmarshaler { return new(SaleSettled) },
		"SaleRefunded":         func() bcs.Unmarshaler { return new(SaleRefunded) },
		"IncomeCredited":       func() bcs.Unmarshaler { return new(IncomeCredited) },
		"IncomeClaimed":        func() bcs.Unmarshaler { return new(IncomeClaimed) },
		"LogCreated":           func() bcs.Unmarshaler { return new(LogCreated) },
		"LogCommitted":         func() bcs.Unmarshaler { return new(LogCommitted) },
		"LeafOpened":           func() bcs.Unmarshaler { return new(LeafOpened) },
		"ConfigCreated":        func() bcs.Unmarshaler { return new(ConfigCreated) },
		"MeasurementProposed":  func() bcs.Unmarshaler { return new(MeasurementProposed) },
		"MeasurementAgreed":    func() bcs.Unmarshaler { return new(MeasurementAgreed) },
		"MeasurementCancelled": func() bcs.Unmarshaler { return new(MeasurementCancelled) },
		"MeasurementApproved":  func() bcs.Unmarshaler { return new(MeasurementApproved) },
		"MeasurementRevoked":   func() bcs.Unmarshaler { return new(MeasurementRevoked) },
		"ConfigRevoked":        func() bcs.Unmarshaler { return new(ConfigRevoked) },
		"ConfigDelayRaised":    func() bcs.Unmarshaler { return new(ConfigDelayRaised) },
		"EnclaveRegistered":    func() bcs.Unmarshaler { return new(EnclaveRegistered) },
		"EnclaveRenewed":       func() bcs.Unmarshaler { return new(EnclaveRenewed) },
		"EnclaveSucceeded":     func() bcs.Unmarshaler { return new(EnclaveSucceeded) },
		"EnclaveRevoked":       func() bcs.Unmarshaler { return new(EnclaveRevoked) },
		"EnclaveRemoved":       func() bcs.Unmarshaler { return new(EnclaveRemoved) },
		"NodeAttested":         func() bcs.Unmarshaler { return new(NodeAttested) },
		"LogBound":             func() bcs.Unmarshaler { return new(LogBound) },
		"LogHeadSigned":        func() bcs.Unmarshaler { return new(LogHeadSigned) },
	},
	Access: {
		"AnchorCreated":      func() bcs.Unmarshaler { return new(AnchorCreated) },
		"RootAnchored":       func() bcs.Unmarshaler { return new(RootAnchored) },
		"MisbehaviourProven": func() bcs.Unmarshaler { return new(MisbehaviourProven) },
		"PolicyCreated":      func() bcs.Unmarshaler { return new(PolicyCreated) },
		"PolicyComposed":     func() bcs.Unmarshaler { return new(PolicyComposed) },
		"AccessGranted":      func() bcs.Unmarshaler { return new(AccessGranted) },
		"AccessRevoked":      func() bcs.Unmarshaler { return new(AccessRevoked) },
		"ClauseAdded":        func() bcs.Unmarshaler { return new(ClauseAdded) },
		"ClauseRemoved":      func() bcs.Unmarshaler { return new(ClauseRemoved) },
		"ClauseTightened":    func() bcs.Unmarshaler { return new(ClauseTightened) },
		"ClauseLoosened":     func() bcs.Unmarshaler { return new(ClauseLoosened) },
		"OfferMade":          func() bcs.Unmarshaler { return new(OfferMade) },
		"PriceChanged":       func() bcs.Unmarshaler { return new(PriceChanged) },
		"OfferClosed":        func() bcs.Unmarshaler { return new(OfferClosed) },
		"PayeeChanged":       func() bcs.Unmarshaler { return new(PayeeChanged) },
		"PassSold":           func() bcs.Unmarshaler { return new(PassSold) },
		"PassUsed":           func() bcs.Unmarshaler { return new(PassUsed) },
		"KeyRequested":       func() bcs.Unmarshaler { return new(KeyRequested) },
		"RequesterApproved":  func() bcs.Unmarshaler { return new(RequesterApproved) },
		"ApprovalWithdrawn":  func() bcs.Unmarshaler { return new(ApprovalWithdrawn) },
		"DelegateAdded":      func() bcs.Unmarshaler { return new(DelegateAdded) },
		"DelegateRemoved":    func() bcs.Unmarshaler { return new(DelegateRemoved) },
		"ChangeProposed":     func() bcs.Unmarshaler { return new(ChangeProposed) },
		"ChangeCancelled":    func() bcs.Unmarshaler { return new(ChangeCancelled) },
		"ChangeApplied":      func() bcs.Unmarshaler { return new(ChangeApplied) },
		"DelayRaised":        func() bcs.Unmarshaler { return new(DelayRaised) },
		"PolicyFrozen":       func() bcs.Unmarshaler { return new(PolicyFrozen) },
		"PolicyHoldVoted":    func() bcs.Unmarshaler { return new(PolicyHoldVoted) },
		"PolicyHeld":         func() bcs.Unmarshaler { return new(PolicyHeld) },
		"PolicyHoldLifted":   func() bcs.Unmarshaler { return new(PolicyHoldLifted) },
		"UpgradesGuarded":    func() bcs.Unmarshaler { return new(UpgradesGuarded) },
		"UpgradeProposed":    func() bcs.Unmarshaler { return new(UpgradeProposed) },
		"UpgradeCancelled":   func() bcs.Unmarshaler { return new(UpgradeCancelled) },
		"UpgradeCommitted":   func() bcs.Unmarshaler { return new(UpgradeCommitted) },
		"UpgradeDelayRaised": func() bcs.Unmarshaler { return new(UpgradeDelayRaised) },
		"UpgradesRestricted": func() bcs.Unmarshaler { return new(UpgradesRestricted) },
		"UpgradesEnded":      func() bcs.Unmarshaler { return new(UpgradesEnded) },
	},
	KeyServer: {
		"KeyServerRegistered": func() bcs.Unmarshaler { return new(KeyServerRegistered) },
		"KeyServerUpdated":    func() bcs.Unmarshaler { return new(KeyServerUpdated) },
	},
}

// DecodeEvent decodes an event of our contracts into a pointer to one of the
// event types, for example *[BlobCertified]. The event's type decides, not the
// function that was called. Events of other packages, and unknown ones, give
// [ErrUnknownEvent].
func DecodeEvent(ev sui.Event, p Packages) (any, error) {
	name, ours := p.Name(ev.Type.Address)
	make, known := events[name][ev.Type.Name]
	if !ours || !known || !eventModules[ev.Type.Module] || len(ev.Type.Params) != 0 {
		return nil, fmt.Errorf("decode event %s: %w", ev.Type.Short(), ErrUnknownEvent)
	}
	v := make()
	if err := bcs.Unmarshal(ev.Contents, v); err != nil {
		return nil, fmt.Errorf("decode event %s: %w", ev.Type.Short(), err)
	}
	return v, nil
}
