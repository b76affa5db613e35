package keyserver

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

const (
	challengeLife = 2 * time.Minute
	tokenLife     = 15 * time.Minute
	tokenAudience = "receipts"
)

// logins lets wallets log in: the server names a text, the wallet signs it as
// a personal message, and the server gives a bearer token for some minutes.
// Nothing is kept of a text until a wallet has signed it, so that asking for
// texts costs the server nothing. Tokens end with the process.
type logins struct {
	server sui.Address
	key    [32]byte
	now    func() time.Time

	mu   sync.Mutex
	used map[string]time.Time // texts that were signed, and when they end
	full int                  // size of used at which those that ended are dropped
}

func newLogins(server sui.Address, now func() time.Time) *logins {
	l := &logins{server: server, now: now, used: map[string]time.Time{}}
	rand.Read(l.key[:])
	return l
}

var (
	errNoLogin = errors.New("this login was not begun here, is used up, or took longer than two minutes: begin anew")
	errToken   = errors.New("log in first, and send the token as: Authorization: Bearer TOKEN")
)

// challenge returns the text that user's wallet is to sign. Its nonce is a
// random part and a tag over all of the text, by which it is known again.
func (l *logins) challenge(user sui.Address) string {
	var random [16]byte
	rand.Read(random[:])
	now, part := l.now(), base64.RawURLEncoding.EncodeToString(random[:])
	return receipt.LoginMessage(l.server, user, now, part+"."+l.tag(user, now, part))
}

func (l *logins) tag(user sui.Address, at time.Time, part string) string {
	mac := hmac.New(sha256.New, l.key[:])
	mac.Write([]byte("floe-login-v1\n" + receipt.LoginMessage(l.server, user, at, part)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// login gives a token for a challenge that its wallet has signed. A challenge
// is good for one login.
func (l *logins) login(message string, sig sui.Signature) (token string, ends time.Time, err error) {
	user, err := sig.VerifyPersonalMessage([]byte(message))
	if err != nil {
		return "", ends, fmt.Errorf("the signature is not good: %w", err)
	}
	at, nonce, err := receipt.ParseLoginMessage(message, l.server, user)
	if err != nil {
		return "", ends, err
	}
	part, tag, _ := strings.Cut(nonce, ".")
	now := l.now()
	if !hmac.Equal([]byte(tag), []byte(l.tag(user, at, part))) || now.Sub(at) > challengeLife || !l.use(message, at.Add(challengeLife), now) {
		return "", ends, errNoLogin
	}
	ends = now.Add(tokenLife)
	token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{Subject: user.String(), Issuer: l.server.String(),
		Audience: jwt.ClaimStrings{tokenAudience}, ExpiresAt: jwt.NewNumericDate(ends)}).SignedString(l.key[:])
	return token, ends, err
}

// use notes that a text was used, and tells whether that was the first time.
func (l *logins) use(message string, ends, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, again := l.used[message]; again {
		return false
	}
	if len(l.used) >= l.full {
		maps.DeleteFunc(l.used, func(_ string, end time.Time) bool { return now.After(end) })
		l.full = 2*len(l.used) + 4
	}
	l.used[message] = ends
	return true
}

// user returns who a request's token was given to.
func (l *logins) user(h http.Header) (sui.Address, error) {
	token, ok := strings.CutPrefix(h.Get("Authorization"), "Bearer ")
	if !ok {
		return sui.Address{}, errToken
	}
	var claims jwt.RegisteredClaims
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(l.server.String()), jwt.WithAudience(tokenAudience),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(l.now), jwt.WithStrictDecoding())
	if _, err := parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return l.key[:], nil }); err != nil {
		return sui.Address{}, errToken
	}
	return sui.ParseAddress(claims.Subject)
}

// serveChallenge begins a login: {"address": "0x…"}.
func (s *Service) serveChallenge(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Address sui.Address `json:"address"`
	}
	if err := decodeBody(r, &in); err != nil {
		writeRefusal(w, badRequest(err))
		return
	}
	writeJSON(w, http.StatusOK, receipt.LoginChallenge{Message: s.logins.challenge(in.Address)})
}

// serveLogin ends a login: the message and its signature for a token.
func (s *Service) serveLogin(w http.ResponseWriter, r *http.Request) {
	var in receipt.LoginRequest
	if err := decodeBody(r, &in); err != nil {
		writeRefusal(w, badRequest(err))
		return
	}
	token, ends, err := s.logins.login(in.Message, sui.Signature(in.Signature))
	if err != nil {
		writeRefusal(w, &refusal{Type: "InvalidSignature", Status: 403, Message: "Login failed: " + err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, receipt.LoginAnswer{Token: token, ExpiresAt: ends.UTC()})
}

func decodeBody(r *http.Request, into any) error {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	return nil
}

func badRequest(err error) *refusal {
	return &refusal{Type: "InvalidParameter", Status: 400, Message: err.Error()}
}
