package policy

import (
	"context"
	"errors"
	"time"

	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// wallets verifies wallets by a full node.
type wallets struct {
	node    Wallets
	timeout time.Duration
}

// VerifyWallet implements [Evaluator]: the full node verifies the signature. A
// zkLogin signature is a proof about a token of an identity provider, whose
// keys the validators agree on.
func (w *wallets) VerifyWallet(ctx context.Context, user sui.Address, message []byte, sig sui.Signature) error {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	err := w.node.VerifyPersonalMessage(ctx, user, message, sig)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, suirpc.ErrUnsupported):
		return &Refusal{Kind: InvalidSignature, Cause: err, Reason: seal.Reason{
			Code: "unsupported_wallet", Rule: "the key server's full node cannot verify wallets of this scheme",
			Remedy: "ask with another wallet, or ask another key server",
		}}
	case errors.Is(err, sui.ErrSignature), errors.Is(err, suirpc.ErrRejected):
		// The node's words are not for the log: they name the address, and
		// anybody can make it say them as often as he likes.
		return &Refusal{Kind: InvalidSignature, Reason: seal.Reason{
			Code: "invalid_wallet_signature", Rule: "certificate.signature is not certificate.user's over the session key's message",
			Remedy: "sign the session key again with the wallet of the address that asks",
		}}
	}
	return nodeFailure(err)
}
