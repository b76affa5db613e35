package keyserver

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	// maxChallenges bounds the challenges that are open at a time.
	maxChallenges = 10_000
	tokenAudience = "receipts"
)

// logins lets wallets log in: the server names a text, the wallet signs it as
// a personal message, and the server gives a bearer token for some minutes.
// Tokens end with the process.
type logins struct {
	server sui.Address
	key    [32]byte
	now    func() time.Time

	mu   sync.Mutex
	open map[string]challenge // by message
}

type challenge struct {
	user sui.Address
	ends time.Time
}

func newLogins(server sui.Address, now func() time.Time) *logins {
	l := &logins{server: server, now: now, open: map[string]challenge{}}
	rand.Read(l.key[:])
	return l
}

var (
	errChallenges = errors.New("too many logins are open, try again in two minutes")
	errNoLogin    = errors.New("this login was not begun here, is used up, or took longer than two minutes: begin anew")
	errToken      = errors.New("log in first, and send the token as: Authorization: Bearer TOKEN")
)

// challenge returns the text that user's wallet is to sign.
func (l *logins) challenge(user sui.Address) (string, error) {
	var nonce [16]byte
	rand.Read(nonce[:])
	now := l.now()
	text := receipt.LoginMessage(l.server, user, now, base64.RawURLEncoding.EncodeToString(nonce[:]))
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) >= maxChallenges {
		for m, c := range l.open {
			if now.After(c.ends) {
				delete(l.open, m)
			}
		}
	}
	if len(l.open) >= maxChallenges {
		return "", errChallenges
	}
	l.open[text] = challenge{user, now.Add(challengeLife)}
	return text, nil
}

// login gives a token for a challenge that its wallet has signed. A challenge
// is good for one login.
func (l *logins) login(message string, sig sui.Signature) (token string, ends time.Time, err error) {
	now := l.now()
	l.mu.Lock()
	c, ok := l.open[message]
	delete(l.open, message)
	l.mu.Unlock()
	if !ok || now.After(c.ends) {
		return "", ends, errNoLogin
	}
	signer, err := sig.VerifyPersonalMessage([]byte(message))
	if err == nil {
		err = sui.VerifyBy(c.user, signer)
	}
	if err != nil {
		return "", ends, fmt.Errorf("the signature is not that of %s: %w", c.user, err)
	}
	ends = now.Add(tokenLife)
	token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{Subject: c.user.String(), Issuer: l.server.String(),
		Audience: jwt.ClaimStrings{tokenAudience}, ExpiresAt: jwt.NewNumericDate(ends)}).SignedString(l.key[:])
	return token, ends, err
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
func (s *Server) serveChallenge(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Address sui.Address `json:"address"`
	}
	if err := decodeBody(r, &in); err != nil {
		s.writeRefusal(w, badRequest(err))
		return
	}
	text, err := s.logins.challenge(in.Address)
	if err != nil {
		s.writeRefusal(w, &refusal{Type: "TooManyRequests", Message: err.Error()})
		return
	}
	s.writeJSON(w, http.StatusOK, receipt.LoginChallenge{Message: text})
}

// serveLogin ends a login: the message and its signature for a token.
func (s *Server) serveLogin(w http.ResponseWriter, r *http.Request) {
	var in receipt.LoginRequest
	if err := decodeBody(r, &in); err != nil {
		s.writeRefusal(w, badRequest(err))
		return
	}
	token, ends, err := s.logins.login(in.Message, sui.Signature(in.Signature))
	if err != nil {
		s.writeRefusal(w, &refusal{Type: "InvalidSignature", Status: 403, Message: "Login failed: " + err.Error()})
		return
	}
	s.writeJSON(w, http.StatusOK, receipt.LoginAnswer{Token: token, ExpiresAt: ends.UTC()})
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
