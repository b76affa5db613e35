package receipt

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// LoginMessage is the text that a wallet signs, as a personal message, to see
// the receipts of its policies. It names the key server, so that no other can
// use the signature.
func LoginMessage(server, user sui.Address, now time.Time, nonce string) string {
	return fmt.Sprintf("Log in to key server %s\nas %s\nto read the receipts of my policies.\nTime: %s\nNonce: %s",
		server, user, now.UTC().Format(time.RFC3339), nonce)
}

// ParseLoginMessage reads time and nonce of a LoginMessage for this server and
// user. Any other text is an error: a wallet must not sign it.
func ParseLoginMessage(message string, server, user sui.Address) (at time.Time, nonce string, err error) {
	wrong := errors.New("the text to sign is not a login of this wallet to this key server")
	lines := strings.Split(message, "\n")
	if len(lines) != 5 {
		return at, "", wrong
	}
	text, ok := strings.CutPrefix(lines[3], "Time: ")
	nonce, ok2 := strings.CutPrefix(lines[4], "Nonce: ")
	if at, err = time.Parse(time.RFC3339, text); err != nil || !ok || !ok2 || nonce == "" || LoginMessage(server, user, at, nonce) != message {
		return at, "", wrong
	}
	return at, nonce, nil
}

// LoginChallenge is the answer to POST /v1/login/challenge with an address.
type LoginChallenge struct {
	Message string `json:"message"`
}

// LoginRequest is the body of POST /v1/login.
type LoginRequest struct {
	Message   string `json:"message"`
	Signature []byte `json:"signature"` // Sui's serialized signature
}

// LoginAnswer is the answer to it. The token goes into the header
// "Authorization: Bearer TOKEN".
type LoginAnswer struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
}

// PolicyPage is the answer to GET /v1/policies/{id}/receipts.
type PolicyPage struct {
	Policy   sui.Address     `json:"policy"`
	Head     uint64          `json:"head"` // number of the policy's last receipt
	Receipts []PolicyReceipt `json:"receipts"`
	Next     uint64          `json:"next"` // the "after" of the next page
}

// PolicyReceipt is a receipt as its policy's owner sees it.
type PolicyReceipt struct {
	Sequence       uint64               `json:"seq"`        // of the server
	PolicySequence uint64               `json:"policy_seq"` // of the policy at this server
	JWT            string               `json:"jwt"`
	Opening        *seal.ReceiptOpening `json:"receipt_opening,omitempty"`
	Proof          string               `json:"proof,omitempty"` // tlog-proof file, once it is in the log
}

// PrunedAnswer is the answer, 410, to GET /v1/receipts/N/evidence when the evidence
// was removed because of its age.
type PrunedAnswer struct {
	Type      string `json:"error"` // PrunedType
	Message   string `json:"message"`
	Statement string `json:"statement"` // a JWT, see [Pruned]
}

// PrunedType is the type of a PrunedAnswer.
const PrunedType = "EvidencePruned"

// LogInfo is the answer to GET /v1/log.
type LogInfo struct {
	Origin string      `json:"origin"`
	Size   uint64      `json:"size"`            // of the published checkpoint
	Anchor sui.Address `json:"anchor,omitzero"` // Anchor object of the log on chain, if there is one
}

// CheckRequest demands that the receipt is of this request, whose certificate is
// for a package, given by its first version, and that it says so to others: it
// names what was asked for, and is filed where the owner looks. token is that of
// the service account that asked, "" for a wallet.
func (r *Receipt) CheckRequest(req *seal.FetchKeyRequest, pkg sui.Address, token string) error {
	credential := req.Certificate.Signature
	if token != "" {
		credential = TokenCredential(token)
	}
	if r.RequestHash != HashRequest(req.SignedBytes(), req.Certificate.Message(pkg), credential) {
		return fmt.Errorf("check receipt %d: it is of another request", r.Sequence)
	}
	asked, err := seal.ParseApproval(req.PTB)
	if err != nil {
		return fmt.Errorf("check receipt %d: the request: %w", r.Sequence, err)
	}
	switch {
	case r.Package.ID != pkg || r.Package.Called != asked.Package:
		return fmt.Errorf("check receipt %d: it names another package than the request", r.Sequence)
	case !slices.EqualFunc(r.Calls, asked.Calls, Call.Names):
		return fmt.Errorf("check receipt %d: it names other policy calls than the request", r.Sequence)
	case !slices.EqualFunc(r.Policies, PoliciesOf(asked, pkg), func(l PolicyLink, id sui.Address) bool { return l.ID == id }):
		return fmt.Errorf("check receipt %d: it is hidden from the owner of the policy that was asked: it is filed under another", r.Sequence)
	}
	return nil
}

// Names tells whether the call is the one that was asked for.
func (c Call) Names(asked seal.ApprovalCall) bool {
	return c.Module == asked.Module && c.Function == asked.Function && c.ID == hex.EncodeToString(asked.ID)
}

// CheckShares demands that the receipt is of a release of these shares, as the
// server sent them.
func (r *Receipt) CheckShares(keys []seal.EncryptedKey) error {
	shares := make([]Share, len(keys))
	for i, k := range keys {
		shares[i] = Share{FullID: k.ID, C0: k.EncryptedKey[0], C1: k.EncryptedKey[1]}
	}
	switch {
	case r.Decision != Release || r.ShareCommitment == nil:
		return fmt.Errorf("check receipt %d: it says %s, but shares came with it", r.Sequence, r.Decision)
	case *r.ShareCommitment != HashShares(shares):
		return fmt.Errorf("check receipt %d: it is of other shares than those that came with it", r.Sequence)
	}
	return nil
}
