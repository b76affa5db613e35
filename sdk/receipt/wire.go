package receipt

import (
	"errors"
	"fmt"
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

// CheckLoginMessage refuses to sign anything but a LoginMessage for this
// server and user.
func CheckLoginMessage(message string, server, user sui.Address) error {
	var at, nonce string
	head := fmt.Sprintf("Log in to key server %s\nas %s\nto read the receipts of my policies.\n", server, user)
	if _, err := fmt.Sscanf(message, head+"Time: %s\nNonce: %s", &at, &nonce); err != nil {
		return errors.New("the key server wants another text signed than a login to itself")
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil || LoginMessage(server, user, t, nonce) != message {
		return errors.New("the key server wants another text signed than a login to itself")
	}
	return nil
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

// LogInfo is the answer to GET /v1/log.
type LogInfo struct {
	Origin string      `json:"origin"`
	Size   uint64      `json:"size"`            // of the published checkpoint
	Anchor sui.Address `json:"anchor,omitzero"` // Anchor object of the log on chain, if there is one
}
