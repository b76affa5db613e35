package accounts

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/floe-data/floe/sdk/canonical"
)

// algorithms are the only ones with which tokens may be signed.
var algorithms = []string{algEdDSA, algES256, algRS256}

const (
	algEdDSA = "EdDSA"
	algES256 = "ES256"
	algRS256 = "RS256"
)

// maxToken is the longest token in bytes.
const maxToken = 8 << 10

// a token is one whose signature is an issuer's. Names of claims are compared
// exactly: encoding/json alone reads "SUB" as "sub".
type token struct {
	issuer *issuer
	claims jwt.MapClaims
}

// parse checks a token's signature. Nothing in the token is believed before,
// except for whose it says it is, which only chooses the keys.
func (v *Verifier) parse(ctx context.Context, s *state, raw string) (*token, error) {
	if len(raw) > maxToken {
		return nil, invalid("it is longer than %d bytes", maxToken)
	}
	if strings.ContainsAny(raw, "\r\n") { // base64 passes over them
		return nil, invalid("there is a line break in it")
	}
	loose := jwt.NewParser(jwt.WithStrictDecoding())
	named := jwt.MapClaims{}
	unverified, _, err := loose.ParseUnverified(raw, named)
	if err != nil || unverified.Header["crit"] != nil {
		return nil, invalid("it is no JWT, or one with critical extensions")
	}
	iss, _ := named["iss"].(string)
	i := s.issuers[iss]
	if i == nil {
		return nil, &Refusal{Code: "token_issuer", Rule: "the issuer of the token is not one that this key server trusts", Remedy: askOperator}
	}
	t := &token{issuer: i, claims: jwt.MapClaims{}}
	var unavailable *Refusal
	_, err = jwt.NewParser(jwt.WithValidMethods(i.Algorithms), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation()).
		ParseWithClaims(raw, t.claims, func(parsed *jwt.Token) (any, error) {
			kid, ok := parsed.Header["kid"].(string)
			if !ok && parsed.Header["kid"] != nil {
				return nil, errors.New("kid is no string")
			}
			key, err := i.keys.find(ctx, kid, parsed.Method.Alg())
			errors.As(err, &unavailable)
			return key, err
		})
	switch {
	case unavailable != nil:
		return nil, unavailable
	case err != nil:
		return nil, invalid("its signature is not by a key of its issuer with %v", i.Algorithms)
	case t.claims["iss"] != i.Name:
		return nil, invalid("its issuer is not clear")
	}
	return t, nil
}

func invalid(format string, args ...any) *Refusal {
	return &Refusal{Code: "token_invalid", Rule: "the token is not valid: " + fmt.Sprintf(format, args...), Remedy: newToken}
}

// checkTimes demands that the token was issued, has begun and has not ended,
// and that it does not live for long.
func (t *token) checkTimes(now time.Time, leeway time.Duration) error {
	exp, errExp := t.claims.GetExpirationTime()
	iat, errIat := t.claims.GetIssuedAt()
	nbf, errNbf := t.claims.GetNotBefore()
	switch {
	case errors.Join(errExp, errIat, errNbf) != nil || exp == nil || iat == nil:
		return invalid("it has to say by exp and iat when it ends and was issued")
	case !exp.After(iat.Time) || exp.Sub(iat.Time) > t.issuer.MaxLife:
		return &Refusal{Code: "token_too_long", Rule: fmt.Sprintf("the token is for longer than %v, the longest that is taken from its issuer", t.issuer.MaxLife), Remedy: "get a token for a shorter time"}
	case !now.Before(exp.Add(leeway)):
		return &Refusal{Code: "token_expired", Rule: fmt.Sprintf("your token expired %d s ago", int64(now.Sub(exp.Time)/time.Second)), Remedy: newToken}
	}
	begins := iat.Time
	if nbf != nil && nbf.After(begins) {
		begins = nbf.Time
	}
	if now.Before(begins.Add(-leeway)) {
		return &Refusal{Code: "token_in_future", Rule: fmt.Sprintf("your token begins in %d s by the key server's clock", int64(begins.Sub(now)/time.Second)), Remedy: "wait, or set the clock of the issuer"}
	}
	return nil
}

// checkBinding demands that the token is for this audience, and for this
// session key if it is for any.
func (t *token) checkBinding(audience string, session ed25519.PublicKey) error {
	print := canonical.Thumbprint(session)
	aud, err := t.claims.GetAudience()
	named := slices.Contains(aud, audience+"#"+print)
	if err != nil || !named && !slices.Contains(aud, audience) {
		return &Refusal{Code: "token_audience", Rule: fmt.Sprintf("the token is not for the audience %q, or for another session key", audience), Remedy: "get a token for this audience"}
	}
	bound, err := t.confirms(print, session)
	if err != nil {
		return err
	}
	switch {
	case named || bound:
		return nil
	case !t.issuer.Bearer:
		return &Refusal{Code: "token_unbound", Rule: "the token names no session key, and so could be used by whoever sees it",
			Remedy: fmt.Sprintf("get a token with cnf.jkt %s, or for the audience %s#%s", print, audience, print)}
	case len(aud) != 1:
		return &Refusal{Code: "token_audience", Rule: "a token that names no session key has to be for one audience only", Remedy: "get a token for this audience alone"}
	}
	return nil
}

// confirms reports whether cnf names the session key. One that names another
// key, or in a way that is not understood, is an error.
func (t *token) confirms(print string, session ed25519.PublicKey) (bool, error) {
	cnf, present := t.claims["cnf"]
	if !present {
		return false, nil
	}
	members, _ := cnf.(map[string]any)
	ok := len(members) > 0
	for name, member := range members {
		switch name {
		case "jkt":
			ok = ok && member == print
		case "jwk":
			jwk, _ := member.(map[string]any)
			ok = ok && jwk["kty"] == "OKP" && jwk["crv"] == "Ed25519" && jwk["x"] == base64.RawURLEncoding.EncodeToString(session)
		default:
			ok = false
		}
	}
	if !ok {
		return false, &Refusal{Code: "token_session", Rule: "the token is for another session key", Remedy: "ask with the session key that cnf names, as jkt or jwk"}
	}
	return true, nil
}

// account finds the account of the token's subject, unless it is revoked.
func (t *token) account() (*Account, error) {
	sub, _ := t.claims["sub"].(string)
	a := t.issuer.accounts[sub]
	if a == nil || sub == "" {
		return nil, &Refusal{Code: "token_subject", Rule: "the subject of the token has no account at this key server", Remedy: askOperator}
	}
	iat, _ := t.claims.GetIssuedAt()
	id, present := t.claims["jti"]
	jti, text := id.(string)
	switch {
	case present && !text:
		return nil, invalid("its id is no text")
	case a.Disabled, t.issuer.revoked[jti], iat.Before(a.IssuedAfter):
		return nil, &Refusal{Code: "token_revoked", Rule: "the token, or the service account, is revoked", Remedy: askOperator}
	}
	return a, nil
}
