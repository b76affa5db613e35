package seal

import (
	"encoding/json"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// Headers of the key-server API.
const (
	HeaderServerVersion = "X-KeyServer-Version"
	HeaderGitVersion    = "X-KeyServer-GitVersion"
	HeaderSDKVersion    = "Client-Sdk-Version"
	HeaderSDKType       = "Client-Sdk-Type"
	HeaderRequestID     = "Request-Id"
)

// FetchKeyRequest is the JSON body of POST /v1/fetch_key. Byte fields are
// base64 on the wire.
type FetchKeyRequest struct {
	// PTB is the BCS of a ProgrammableTransaction whose commands all call
	// seal_approve* functions, without the kind byte of a TransactionKind.
	PTB              []byte      `json:"ptb"`
	EncKey           []byte      `json:"enc_key"`              // 48 bytes
	VerificationKey  []byte      `json:"enc_verification_key"` // 96 bytes
	RequestSignature []byte      `json:"request_signature"`    // 64 bytes, by the session key
	Certificate      Certificate `json:"certificate"`
}

// SignedBytes returns what the session key signs: the BCS of PTB and both
// transport keys, each as a byte vector, without an intent.
func (r *FetchKeyRequest) SignedBytes() []byte {
	e := bcs.NewEncoder()
	e.Bytes(r.PTB)
	e.Bytes(r.EncKey)
	e.Bytes(r.VerificationKey)
	return e.Data()
}

// A Certificate is a wallet's statement that a session key may ask for keys of
// one package for a time.
type Certificate struct {
	User       sui.Address `json:"user"`
	SessionKey []byte      `json:"session_vk"`    // Ed25519 public key, 32 bytes
	CreatedMS  uint64      `json:"creation_time"` // Unix time
	TTLMinutes uint16      `json:"ttl_min"`
	Signature  []byte      `json:"signature"` // serialised Sui signature of Message
	MVRName    *string     `json:"mvr_name,omitempty"`
}

// FetchKeyResponse is the JSON body of a granted request. Receipt and Opening
// are additions of Floe's servers, Members of Floe's aggregator, which other
// clients ignore.
type FetchKeyResponse struct {
	Keys    []EncryptedKey  `json:"decryption_keys"`
	Receipt string          `json:"receipt,omitempty"`
	Opening *ReceiptOpening `json:"receipt_opening,omitempty"`
	Members []MemberAnswer  `json:"members,omitempty"`
}

// An EncryptedKey is the user key of one identity, encrypted to the requester.
type EncryptedKey struct {
	ID           FullIDBytes `json:"id"`
	EncryptedKey [2][]byte   `json:"encrypted_key"` // two G1 points
}

// FullIDBytes is a full id, an array of numbers in JSON.
type FullIDBytes []byte

// MarshalJSON implements [json.Marshaler].
func (b FullIDBytes) MarshalJSON() ([]byte, error) {
	numbers := make([]uint16, len(b))
	for i, v := range b {
		numbers[i] = uint16(v)
	}
	return json.Marshal(numbers)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (b *FullIDBytes) UnmarshalJSON(in []byte) error {
	var numbers []uint16
	if err := json.Unmarshal(in, &numbers); err != nil {
		return err
	}
	*b = make([]byte, len(numbers))
	for i, v := range numbers {
		if v > 255 {
			return fmt.Errorf("full id: %d is no byte", v)
		}
		(*b)[i] = byte(v)
	}
	return nil
}

// ServiceResponse is the JSON body of GET /v1/service.
type ServiceResponse struct {
	ServiceID string `json:"service_id"` // "0x" and 64 lower-case hex digits
	PoP       []byte `json:"pop"`        // 48 bytes, base64 on the wire
}

// ErrorResponse is the JSON body of a refusal. Reason, Receipt and Opening are
// additions of Floe's servers, Members of Floe's aggregator.
type ErrorResponse struct {
	Type    string          `json:"error"`
	Message string          `json:"message"`
	Reason  *Reason         `json:"reason,omitempty"`
	Receipt string          `json:"receipt,omitempty"`
	Opening *ReceiptOpening `json:"receipt_opening,omitempty"`
	Members []MemberAnswer  `json:"members,omitempty"`
}

// A Reason says for machines and people why a request was refused.
type Reason struct {
	Code   string `json:"code"`   // stable, such as "floe_access::policy::ENotMember" or "session_expired"
	Rule   string `json:"rule"`   // the rule that failed
	Remedy string `json:"remedy"` // what would help
}

// A ReceiptOpening shows the requester that the salted commitment in the
// receipt is to its address.
type ReceiptOpening struct {
	Salt      []byte      `json:"salt"` // 32 bytes, base64 on the wire
	Requester sui.Address `json:"requester"`
}
