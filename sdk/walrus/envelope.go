package walrus

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// The domains of errors: those of storage nodes, and those of any service.
const (
	ErrorDomain  = "storage.walrus.space"
	globalDomain = "global"
)

// Reasons for which a storage node refuses a request.
const (
	ReasonNotRegistered       = "NOT_REGISTERED"
	ReasonMissingSlivers      = "MISSING_SLIVERS"
	ReasonMetadataNotFound    = "METADATA_NOT_FOUND"
	ReasonSliverNotFound      = "SLIVER_NOT_FOUND"
	ReasonForbiddenBlob       = "FORBIDDEN_BLOB"
	ReasonInvalidMetadata     = "INVALID_METADATA"
	ReasonInvalidSliver       = "INVALID_SLIVER"
	ReasonInvalidBlob         = "INVALID_BLOB"
	ReasonUnsupportedEncoding = "UNSUPPORTED_ENCODING_TYPE"
	ReasonSliverIndexMismatch = "SLIVER_INDEX_MISMATCH"
	ReasonSliverTooLarge      = "SLIVER_TOO_LARGE"
	ReasonShardNotAssigned    = "SHARD_NOT_ASSIGNED"
	ReasonIndexOutOfRange     = "INDEX_OUT_OF_RANGE"
	// ReasonStorageFull is ours, under Walrus' status for it.
	ReasonStorageFull = "STORAGE_FULL"
)

// A NodeError is a storage node's refusal, in the form of AIP-193. It is both
// what a node writes and what the client returns.
type NodeError struct {
	Code    int    // HTTP status
	Status  string // canonical name such as FAILED_PRECONDITION
	Message string
	Reason  string // machine-readable, see the Reason constants
}

// Error implements error.
func (e *NodeError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("HTTP %d: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("%s: %s", e.Reason, e.Message)
}

// Transient reports whether the same request may succeed later.
func (e *NodeError) Transient() bool {
	switch e.Code {
	case http.StatusNotImplemented:
		return false
	case http.StatusTooManyRequests:
		return e.Reason != ReasonStorageFull
	case http.StatusRequestTimeout:
		return true
	}
	return e.Code >= 500 || e.Reason == ReasonNotRegistered
}

type errorEnvelope struct {
	Error errorBody `json:"error"`
}

type errorBody struct {
	Code    int           `json:"code"`
	Status  string        `json:"status"`
	Message string        `json:"message"`
	Details []errorDetail `json:"details"`
}

type errorDetail struct {
	Type     string         `json:"@type"`
	Reason   string         `json:"reason"`
	Domain   string         `json:"domain"`
	Metadata map[string]any `json:"metadata"`
}

// MarshalJSON writes {"error": {…}}. Without a Reason the status stands for
// it, in the global domain: Walrus' clients expect one.
func (e *NodeError) MarshalJSON() ([]byte, error) {
	info := errorDetail{"ErrorInfo", e.Reason, ErrorDomain, map[string]any{}}
	if e.Reason == "" {
		info.Reason, info.Domain = e.Status, globalDomain
	}
	return json.Marshal(errorEnvelope{errorBody{Code: e.Code, Status: e.Status, Message: e.Message, Details: []errorDetail{info}}})
}

// UnmarshalJSON reads {"error": {…}}.
func (e *NodeError) UnmarshalJSON(b []byte) error {
	var env errorEnvelope
	if err := json.Unmarshal(b, &env); err != nil {
		return err
	}
	if env.Error.Code == 0 && env.Error.Message == "" {
		return errors.New("not an error envelope")
	}
	*e = NodeError{Code: env.Error.Code, Status: env.Error.Status, Message: env.Error.Message}
	for _, d := range env.Error.Details {
		if d.Domain != globalDomain && d.Reason != "" {
			e.Reason = d.Reason
		}
	}
	return nil
}

// successEnvelope is {"success": {"code": n, "data": …}}.
type successEnvelope struct {
	Success struct {
		Code int             `json:"code"`
		Data json.RawMessage `json:"data"`
	} `json:"success"`
}

// SignedConfirmation is the answer to GET confirmation, inside
// {"signed": {…}}. Both values are base64 in JSON.
type SignedConfirmation struct {
	Message   []byte `json:"serializedMessage"`
	Signature []byte `json:"signature"`
}

// The states of metadata and slivers on a node.
const (
	StatusNonexistent = "nonexistent"
	StatusBuffered    = "buffered"
	StatusStored      = "stored"
)

// A BlobStatus is what a node knows of a blob from the chain. Its JSON is
// Walrus': "nonexistent", {"permanent": {…}}, {"deletable": {…}} or
// {"invalid": {…}}.
type BlobStatus struct {
	State                 string // nonexistent, permanent, deletable or invalid
	EndEpoch              uint32 // permanent: first epoch without the blob
	Certified             bool   // permanent
	InitialCertifiedEpoch *uint32
	Event                 EventID // permanent and invalid
	DeletableTotal        uint32
	DeletableCertified    uint32
}

// The states of a BlobStatus besides StatusNonexistent.
const (
	StatePermanent = "permanent"
	StateDeletable = "deletable"
	StateInvalid   = "invalid"
)

// An EventID names an event on chain.
type EventID struct {
	TxDigest string `json:"txDigest"` // base58
	EventSeq uint64 `json:"eventSeq,string"`
}

type deletableCounts struct {
	Total     uint32 `json:"count_deletable_total"`
	Certified uint32 `json:"count_deletable_certified"`
}

type permanentJSON struct {
	EndEpoch              uint32          `json:"endEpoch"`
	IsCertified           bool            `json:"isCertified"`
	StatusEvent           EventID         `json:"statusEvent"`
	DeletableCounts       deletableCounts `json:"deletableCounts"`
	InitialCertifiedEpoch *uint32         `json:"initialCertifiedEpoch"`
}

type deletableJSON struct {
	InitialCertifiedEpoch *uint32         `json:"initialCertifiedEpoch"`
	DeletableCounts       deletableCounts `json:"deletableCounts"`
}

type invalidJSON struct {
	Event EventID `json:"event"`
}

// MarshalJSON implements json.Marshaler.
func (s BlobStatus) MarshalJSON() ([]byte, error) {
	counts := deletableCounts{s.DeletableTotal, s.DeletableCertified}
	switch s.State {
	case StatePermanent:
		return json.Marshal(map[string]any{StatePermanent: permanentJSON{s.EndEpoch, s.Certified, s.Event, counts, s.InitialCertifiedEpoch}})
	case StateDeletable:
		return json.Marshal(map[string]any{StateDeletable: deletableJSON{s.InitialCertifiedEpoch, counts}})
	case StateInvalid:
		return json.Marshal(map[string]any{StateInvalid: invalidJSON{s.Event}})
	}
	return json.Marshal(StatusNonexistent)
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *BlobStatus) UnmarshalJSON(b []byte) error {
	var name string
	if json.Unmarshal(b, &name) == nil {
		if name != StatusNonexistent {
			return fmt.Errorf("unknown blob status %.40q", name)
		}
		*s = BlobStatus{State: name}
		return nil
	}
	var u struct {
		Permanent *permanentJSON
		Deletable *deletableJSON
		Invalid   *invalidJSON
	}
	if err := json.Unmarshal(b, &u); err != nil {
		return fmt.Errorf("parse blob status: %w", err)
	}
	switch {
	case u.Permanent != nil:
		p := u.Permanent
		*s = BlobStatus{State: StatePermanent, EndEpoch: p.EndEpoch, Certified: p.IsCertified, Event: p.StatusEvent,
			InitialCertifiedEpoch: p.InitialCertifiedEpoch, DeletableTotal: p.DeletableCounts.Total, DeletableCertified: p.DeletableCounts.Certified}
	case u.Deletable != nil:
		d := u.Deletable
		*s = BlobStatus{State: StateDeletable, InitialCertifiedEpoch: d.InitialCertifiedEpoch,
			DeletableTotal: d.DeletableCounts.Total, DeletableCertified: d.DeletableCounts.Certified}
	case u.Invalid != nil:
		*s = BlobStatus{State: StateInvalid, Event: u.Invalid.Event}
	default:
		return errors.New("parse blob status: neither permanent, deletable nor invalid")
	}
	return nil
}
