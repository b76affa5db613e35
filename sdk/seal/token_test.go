package seal

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

const someToken = "eyJhbGciOiJFZERTQSJ9.e30.c2ln"

func tokenSession(t *testing.T) *SessionKey {
	t.Helper()
	// The private key of RFC 8037, appendix A.1.
	key := ed25519.NewKeyFromSeed([]byte("\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4\x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60"))
	s, err := NewSessionKey(SessionConfig{User: sui.Address{1}, Package: sui.Address{2}, TTL: time.Minute, Now: time.UnixMilli(1767323045000), Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTokenTakesThePlaceOfTheWallet(t *testing.T) {
	s := tokenSession(t)
	if got, want := s.Thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; got != want { // RFC 8037, appendix A.3
		t.Errorf("thumbprint %s, want %s", got, want)
	}
	tk, err := NewTransportKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.NewRequest([]byte("ptb"), tk.Public()); err == nil {
		t.Error("a session key without wallet and token makes requests")
	}
	for _, bad := range []string{"", "a.b", "a.b.c.d", "a b.c.d", "a.b.c\r\nX: y", "ä.b.c"} {
		if err := s.SetToken(bad); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("token %q: %v", bad, err)
		}
	}
	if err := s.SetToken(" " + someToken + "\n"); err != nil {
		t.Fatal(err)
	}
	r, err := s.NewRequest([]byte("ptb"), tk.Public())
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(b), `"signature":""`) || strings.Contains(string(b), someToken) {
		t.Errorf("%s, %v", b, err)
	}
	if !ed25519.Verify(r.Certificate.SessionKey, r.SignedBytes(), r.RequestSignature) {
		t.Error("the session key did not sign")
	}
}

func TestTokenIsSentToKeyRequestsOnly(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.URL.Path+" "+r.Header.Get("Authorization"))
		w.Header().Set(HeaderServerVersion, "0.6.10")
		io.WriteString(w, "{}")
	}))
	defer server.Close()
	e := &Endpoint{URL: server.URL, Token: someToken}
	if _, err := e.FetchKey(t.Context(), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Service(t.Context(), sui.Address{1}); err != nil {
		t.Fatal(err)
	}
	e.Token = ""
	if _, err := e.FetchKey(t.Context(), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if want := []string{"/v1/fetch_key Bearer " + someToken, "/v1/service ", "/v1/fetch_key "}; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTokenIsNotSentInPlainText(t *testing.T) {
	refuse := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		t.Errorf("%s was asked", r.URL)
		return nil, io.EOF
	})}
	for _, url := range []string{"http://keys.example", "http://192.0.2.1:2024", "http://localhost.example", "HTTP://[2001:db8::1]", "ftp://localhost.x", "http://127.0.0.1.example"} {
		e := &Endpoint{URL: url, Token: someToken, HTTP: refuse}
		if _, err := e.FetchKey(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "https") || strings.Contains(err.Error(), someToken) {
			t.Errorf("%s: %v", url, err)
		}
	}
	e := &Endpoint{URL: "https://keys.example", Token: someToken, HTTP: refuse, Header: http.Header{"Authorization": {"Basic x"}}}
	if _, err := e.FetchKey(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "API key") {
		t.Errorf("with an API key in the same header: %v", err)
	}
	asked := 0
	allow := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { asked++; return nil, io.EOF })}
	for _, url := range []string{"https://keys.example", "http://127.0.0.1:1", "http://[::1]", "http://localhost:2024"} {
		(&Endpoint{URL: url, Token: someToken, HTTP: allow}).FetchKey(t.Context(), nil)
	}
	if asked != 4 {
		t.Errorf("%d of 4 were asked", asked)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
