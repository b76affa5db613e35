package keyserver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/floe-data/floe/oracle/accounts"
	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/oracle/mvr"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// A request is a key request whose parts parse. Nothing in it is believed yet.
type request struct {
	sealhttp.Request
	transport seal.EncryptionKey
}

// A requester is a request that its session key has signed, in time, and for
// the session key the wallet of its user or a service account's token. Only
// authenticate makes one.
type requester struct {
	request
	user    sui.Address
	pkg     policy.Package
	message []byte            // that the wallet signed, or would have
	hash    receipt.Hash      // of all that was sent and signed
	account *accounts.Account // nil for wallets
}

// authenticate checks who it is that the session key asks for. The wallet's
// message names the first version of the package. If the called version is the
// first one, the signature is checked before the chain is asked. A requester
// is returned together with a refusal when it is authenticated all the same.
// verified is called before others are asked.
func (s *Server) authenticate(ctx context.Context, r *request, verified func()) (who *requester, refused *refusal) {
	defer s.cfg.Metrics.Took(metrics.Authenticate, time.Now())
	s.cfg.Metrics.Asked(len(r.Approval.Calls))
	defer func() {
		if who != nil {
			who.hash = receipt.HashRequest(who.SignedBytes(), who.message, who.credential())
		}
	}()
	if r.Certificate.MVRName != nil && s.cfg.Names == nil {
		return nil, refuse("InvalidMVRName", "mvr_unsupported", "this key server does not resolve names of packages",
			"create the session key with the package id instead of a name")
	}
	out := &requester{request: *r, user: r.Certificate.User, pkg: policy.Package{First: r.Approval.Package, Called: r.Approval.Package},
		message: r.Certificate.Message(r.Approval.Package)}
	if r.Token != "" { // its issuer's keys may have to be fetched
		verified()
	}
	ref := s.identify(ctx, out)
	verified()
	if ref != nil && r.Token != "" { // the package would not change that
		return nil, ref
	}
	if ref == askChain || ref != nil && !s.strangers.knows(r.Approval.Package) {
		proven, d := s.strangers.enter()
		if d != nil {
			return nil, s.denied(d)
		}
		defer func() {
			if who != nil {
				proven()
			}
		}()
	}
	pkg, err := s.lookUp(ctx, r.Approval.Package)
	if err != nil {
		if ref != nil { // not known to be the user's
			return nil, refusalOf(err)
		}
		return out, refusalOf(err)
	}
	out.pkg = pkg
	if pkg.First != r.Approval.Package && r.Token == "" {
		ref = s.checkWallet(out, pkg.First)
	}
	out.message = r.Certificate.Message(pkg.First)
	if ref == askChain {
		ref = nil
		if err := s.cfg.Evaluator.VerifyWallet(ctx, out.user, out.message, sui.Signature(r.Certificate.Signature)); err != nil {
			ref = refusalOf(err)
		}
	}
	if ref != nil {
		return nil, ref
	}
	if ref := s.checkName(ctx, out); ref != nil {
		return out, ref
	}
	return out, nil
}

// readKeys reads the keys of the answer. Reading points costs more than checking
// signatures, so it comes after the quotas.
func (s *Server) readKeys(r *requester) (ref *refusal) {
	s.cfg.cores.use(func() {
		var err error
		if r.transport, err = seal.ParseEncryptionKey(r.EncKey); err != nil {
			ref = malformed(422, "%v", err)
		} else if _, err = seal.ParseG2(r.VerificationKey); err != nil {
			ref = malformed(422, "parse enc_verification_key: %v", err)
		}
	})
	return ref
}

// checkSession checks that the session key signed the request.
func (s *Server) checkSession(r *request) (ref *refusal) {
	s.cfg.cores.use(func() { ref = r.CheckSession() })
	return ref
}

// checkName demands that the name in the session key's message, if there is
// one, stands for the package.
func (s *Server) checkName(ctx context.Context, r *requester) *refusal {
	name := r.Certificate.MVRName
	if name == nil {
		return nil
	}
	pkg, err := s.cfg.Names.Resolve(ctx, *name)
	switch {
	case errors.Is(err, mvr.ErrName):
		return refuse("InvalidMVRName", "mvr_unknown", err.Error(), "check the name, or create the session key with the package id instead")
	case err != nil:
		ref := refuse("Failure", "mvr_unavailable", "the key server could not look up the name of the package", "try again in some seconds, or create the session key with the package id instead")
		ref.Cause = err
		return ref
	case pkg != r.pkg.First:
		return refuse("InvalidMVRName", "mvr_other_package", fmt.Sprintf("%s stands for package %s, but keys of %s are asked for", *name, pkg, r.pkg.First),
			"create the session key with the name or the id of the package that the policy is in")
	}
	return nil
}

func (s *Server) lookUp(ctx context.Context, id sui.Address) (policy.Package, error) {
	defer s.cfg.Metrics.LookedUpPackage(time.Now())
	p, err := s.cfg.Evaluator.Package(ctx, id)
	if err == nil {
		s.strangers.remember(id)
	}
	return p, err
}

// checkTime refuses certificates that are too long, not yet or no longer valid.
func (s *Server) checkTime(c *seal.Certificate) *refusal {
	ttl := time.Duration(c.TTLMinutes) * time.Minute
	if ttl > s.cfg.MaxTTL {
		return refuse("InvalidCertificate", "session_too_long",
			fmt.Sprintf("your session key lives for %s, at most %s are allowed", limits.Span(ttl), limits.Span(s.cfg.MaxTTL)), "create a session key with a shorter life")
	}
	now, skew := uint64(s.cfg.Now().UnixMilli()), uint64(s.cfg.ClockSkew.Milliseconds())
	if c.CreatedMS > now+skew {
		return refuse("InvalidCertificate", "session_in_future",
			fmt.Sprintf("your session key was created %s after the key server's time", limits.Span(time.Duration(min(c.CreatedMS-now, 1e12))*time.Millisecond)), "set the clock of your machine")
	}
	if now > c.CreatedMS && now-c.CreatedMS > uint64(ttl.Milliseconds()) {
		return refuse("InvalidCertificate", "session_expired",
			fmt.Sprintf("your session key expired %s ago", limits.Span(time.Duration(now-c.CreatedMS)*time.Millisecond-ttl)), "create a new session key")
	}
	return nil
}

// identify checks who asks, if it is for keys of the package that is called.
func (s *Server) identify(ctx context.Context, r *requester) *refusal {
	if r.Token != "" {
		return s.checkToken(ctx, r)
	}
	return s.checkWallet(r, r.Approval.Package)
}

// askChain is what checkWallet answers of signatures that only the chain can
// verify.
var askChain = &refusal{Type: "InvalidSignature"}

// checkWallet checks the wallet's signature for a package. Whether the address
// has aliases is looked up with the objects of the request.
func (s *Server) checkWallet(r *requester, pkg sui.Address) *refusal {
	r.message = r.Certificate.Message(pkg)
	sig := sui.Signature(r.Certificate.Signature)
	signer, err := s.proven.verify(s.cfg.cores, sig, r.message)
	if scheme, _ := sig.Scheme(); scheme == sui.ZkLogin && errors.Is(err, sui.ErrScheme) {
		return askChain
	}
	if err == nil {
		err = sui.VerifyBy(r.user, signer)
	}
	if err != nil {
		return refuse("InvalidSignature", "invalid_wallet_signature",
			"certificate.signature is not certificate.user's over the session key's message", "sign the session key again with the wallet of the address that asks")
	}
	return nil
}
