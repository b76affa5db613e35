package keyserver

import (
	"context"
	"errors"
	"fmt"

	"github.com/floe-data/floe/oracle/accounts"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
)

// checkToken identifies a requester by a token in place of a wallet.
func (s *Server) checkToken(ctx context.Context, r *requester) *refusal {
	a, err := s.cfg.Accounts.Verify(ctx, r.Token, r.Certificate.SessionKey)
	if err != nil {
		return tokenRefusal(err)
	}
	if a.Address != r.user {
		return refuse("InvalidSignature", "token_address", fmt.Sprintf("the token is for address %s, and certificate.user is another", a.Address), "ask as "+a.Address.String())
	}
	r.account = a
	return nil
}

// tokenRefusal translates an error of the package accounts.
func tokenRefusal(err error) *refusal {
	var t *accounts.Refusal
	if !errors.As(err, &t) {
		return refusalOf(err)
	}
	typ := "InvalidSignature"
	switch {
	case t.Temporary:
		typ = "Failure"
	case t.Code == "token_expired":
		typ = "InvalidCertificate"
	case t.Code == "account_scope":
		typ = string(policy.NoAccess)
	}
	ref := refuseFor(typ, seal.Reason{Code: t.Code, Rule: t.Rule, Remedy: t.Remedy})
	ref.Cause = t.Cause
	return ref
}

// checkScope refuses a service account what its operator did not mean it for.
func (r *requester) checkScope() *refusal {
	if r.account == nil {
		return nil
	}
	var ids [][]byte
	for _, call := range r.Approval.Calls {
		ids = append(ids, call.ID)
	}
	if err := r.account.Allows(r.pkg.First, ids); err != nil {
		return tokenRefusal(err)
	}
	return nil
}

// credential is what stands in the hash of a request for who asks.
func (r *requester) credential() []byte {
	if r.Token == "" {
		return r.Certificate.Signature
	}
	return receipt.TokenCredential(r.Token)
}
