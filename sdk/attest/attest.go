// Package attest makes and checks what enclaves sign, as Nautilus lays it out
// and floe_catalog verifies it on chain, and checks off chain whether an
// enclave could be registered there.
//
// An enclave starts with [RegistrationData], which it puts into its attestation
// document, and signs with [Sign]: a wallet's key ([WalletPayload]), a run
// ([RunPayload]), the head of a log ([LogHeadPayload]), its own application's
// answers. Whoever is shown such a signature uses [Verify]; whoever is shown a
// document uses [Registration.Check], at the time of which there is evidence:
// documents live for about three hours, and records for years.
//
// The signed bytes are intent u8 ‖ time u64le, in ms ‖ BCS of the payload. For
// documents themselves see package nitro; for calls and events package contract.
package attest

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/floe-data/floe/sdk/contract"
)

// Intents say what a message is for, so that none passes for another. The first
// two are Nautilus', the others those of module floe_catalog::enclave.
const (
	IntentAnswer   uint8 = iota // what the application answers; its payload is its own
	IntentWallet                // WalletPayload
	IntentHandover              // HandoverPayload
	IntentRun                   // RunPayload
	IntentLogHead               // LogHeadPayload
)

// Message returns the bytes that an enclave signs. payload is BCS.
func Message(intent uint8, timestampMS uint64, payload []byte) []byte {
	return append(binary.LittleEndian.AppendUint64([]byte{intent}, timestampMS), payload...)
}

// Sign signs a payload as the enclave that holds the key, at a time.
func Sign(key ed25519.PrivateKey, intent uint8, at time.Time, payload []byte) contract.Signed {
	ms := uint64(at.UnixMilli())
	return contract.Signed{TimestampMS: ms, Signature: ed25519.Sign(key, Message(intent, ms, payload))}
}

// Errors of Verify, which a caller may want to tell apart.
var (
	ErrSignature = errors.New("the enclave did not sign this")
	ErrStale     = errors.New("too old")
	ErrFuture    = errors.New("from the future")
)

// maxSkew is how far an enclave's clock may run ahead, as on chain.
const maxSkew = time.Minute

// Verify checks that the enclave with this key signed the payload, at most
// maxAge before now. Errors wrap [ErrSignature], [ErrStale] or [ErrFuture].
// Whether the enclave is registered, and in force, is for the chain to say.
func Verify(key ed25519.PublicKey, intent uint8, s contract.Signed, payload []byte, now time.Time, maxAge time.Duration) error {
	if len(key) != ed25519.PublicKeySize {
		return fmt.Errorf("verify enclave signature: the key has %d bytes, not %d", len(key), ed25519.PublicKeySize)
	}
	if err := checkAge(s.TimestampMS, now, maxAge); err != nil {
		return fmt.Errorf("verify enclave signature: the message is %w", err)
	}
	if !ed25519.Verify(key, Message(intent, s.TimestampMS, payload), s.Signature) {
		return fmt.Errorf("verify enclave signature: %w", ErrSignature)
	}
	return nil
}

// checkAge compares in milliseconds, as the chain does.
func checkAge(ms uint64, now time.Time, maxAge time.Duration) error {
	at := uint64(now.UnixMilli())
	if ms > at+uint64(maxSkew.Milliseconds()) {
		return ErrFuture
	}
	if ms+uint64(maxAge.Milliseconds()) < at {
		return ErrStale
	}
	return nil
}
