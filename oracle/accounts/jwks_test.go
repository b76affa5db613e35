package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Keys and signatures of RFC 7515, appendices A.2 and A.3, and the key of RFC
// 8037, appendix A.
const (
	rfcPayload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
	rfcRS256   = "eyJhbGciOiJSUzI1NiJ9." + rfcPayload + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
	rfcRSAKey  = `{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"`
	rfcES256   = "eyJhbGciOiJFUzI1NiJ9." + rfcPayload + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
	rfcECKey   = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"`
	rfcEdKey   = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`
)

func set(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

// The tokens of the RFC are signed as they should be; they name no time of
// issue, and so are refused for that.
func TestRFC7515(t *testing.T) {
	for name, c := range map[string]struct{ token, keys string }{
		"RS256": {rfcRS256, set(rfcRSAKey + "}")}, "ES256": {rfcES256, set(rfcECKey + "}")},
	} {
		keys, err := parseKeys([]byte(c.keys))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		v, err := New(Config{Audience: "a", Issuers: []Issuer{{Name: "joe", JWKS: "none", Algorithms: []string{name}}}}, Deps{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		source := v.state.Load().issuers["joe"].keys
		source.keys, source.read = keys, time.Now()
		got, err := v.parse(t.Context(), v.state.Load(), c.token)
		if err != nil || got.claims["iss"] != "joe" {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := v.Verify(t.Context(), c.token, session); err == nil || !strings.Contains(err.Error(), "exp and iat") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := v.parse(t.Context(), v.state.Load(), c.token[:len(c.token)-4]+"AAAA"); err == nil {
			t.Errorf("%s: a changed signature is taken", name)
		}
	}
}

func TestParseKeys(t *testing.T) {
	for _, c := range []struct {
		name, set, want string
		n               int
	}{
		{"one of each", set(rfcRSAKey+`,"kid":"a"}`, rfcECKey+`,"kid":"b"}`, rfcEdKey+`,"kid":"c","use":"sig","alg":"EdDSA","key_ops":["verify"]}`), "", 3},
		{"others beside it", set(rfcEdKey+"}", `{"kty":"oct","k":"AAAA"}`, `{"kty":"EC","crv":"P-521","x":"A"}`, `{"kty":"OKP","crv":"X25519"}`, `{"kty":"RSA","alg":"PS256","n":"A"}`), "", 1},
		{"for encryption", set(rfcEdKey+`,"use":"enc"}`, rfcECKey+`,"key_ops":["deriveKey"]}`), "no key for", 0},
		{"for another algorithm", set(rfcRSAKey + `,"alg":"RS512"}`), "no key for", 0},
		{"an algorithm of another type", set(rfcRSAKey + `,"alg":"ES256"}`), "no key for", 0},
		{"the same id twice", set(rfcEdKey+`,"kid":"a"}`, rfcECKey+`,"kid":"a"}`), "two keys", 0},
		{"two without id", set(rfcEdKey+`}`, rfcECKey+`}`), "two keys", 0},
		{"the private half", set(rfcEdKey + `,"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}`), "private half", 0},
		{"a short RSA key", set(`{"kty":"RSA","e":"AQAB","n":"` + strings.Repeat("_", 340) + `"}`), "2040 bits", 0},
		{"an RSA key with exponent 1", set(strings.Replace(rfcRSAKey, "AQAB", "AQ", 1) + "}"), "exponent", 0},
		{"an even exponent", set(strings.Replace(rfcRSAKey, "AQAB", "AQAC", 1) + "}"), "exponent", 0},
		{"a huge exponent", set(strings.Replace(rfcRSAKey, "AQAB", "AQABAQAB", 1) + "}"), "exponent", 0},
		{"a huge modulus", set(`{"kty":"RSA","e":"AQAB","n":"` + strings.Repeat("_", 10000) + `"}`), "bits", 0},
		{"no point of the curve", set(strings.Replace(rfcECKey, "f83O", "f83P", 1) + "}"), "no point", 0},
		{"a short point", set(`{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}`), "right length", 0},
		{"a padded number", set(strings.Replace(rfcEdKey, "URo", "URo=", 1) + "}"), "right length", 0},
		{"no keys", `{"keys":[]}`, "no key for", 0},
		{"nothing", ``, "no JSON", 0},
		{"an array", `[]`, "no JSON", 0},
		{"too many", set(strings.Split(strings.Repeat("{};", maxKeys)+"{}", ";")...), "more than 100 keys", 0},
		{"too long", set(`{"x":"` + strings.Repeat("A", maxJWKS) + `"}`), "bytes", 0},
	} {
		keys, err := parseKeys([]byte(c.set))
		if len(keys) != c.n || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %d keys, %v; want %d, %q", c.name, len(keys), err, c.n, c.want)
		}
	}
}

// server is an issuer's, over TLS.
type server struct {
	mu     sync.Mutex
	answer func(w http.ResponseWriter, r *http.Request)
	asked  atomic.Int32
	*httptest.Server
}

func (s *server) set(f func(w http.ResponseWriter, r *http.Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

func (s *server) keys(json string) {
	s.set(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(json)) })
}

func serve(t *testing.T) *server {
	s := &server{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.answer(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func jwks(f *fixture, names ...string) string {
	var keys []string
	for _, n := range names {
		b, _ := json.Marshal(publicJWK(n, f.keys[n].Public()))
		keys = append(keys, string(b))
	}
	return set(keys...)
}

// remote is a fixture whose keys come from a server.
func remote(t *testing.T) (*fixture, *server) {
	f, s := newFixture(t), serve(t)
	f.cfg.Issuers[0].JWKS = strings.Replace(s.URL, "://", "://user:hunter2@", 1) + "/keys?code=hunter2"
	d := f.deps()
	d.HTTP = s.Client()
	var err error
	if f.v, err = New(f.cfg, d); err != nil {
		t.Fatal(err)
	}
	return f, s
}

func TestKeysAreFetchedAndRotated(t *testing.T) {
	f, s := remote(t)
	s.keys(jwks(f, "ed"))
	if got := f.code(f.sign("ed", f.claims())); got != "" {
		t.Fatal(got)
	}
	for range 20 {
		f.code(f.sign("ed", f.claims()))
		f.code(f.sign("ec", f.claims())) // not published yet
	}
	if n := s.asked.Load(); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
	s.keys(jwks(f, "ec"))
	f.now = f.now.Add(retryAfter)
	if got := f.code(f.sign("ec", f.claims())); got != "token_keys_unavailable" && got != "" {
		t.Errorf("while a new key is read: %s", got)
	}
	waitRead(f)
	if got := f.code(f.sign("ec", f.claims())); got != "" {
		t.Errorf("a key that was published meanwhile: %s", got)
	}
	if got := f.code(f.sign("ed", f.claims())); got != "token_invalid" {
		t.Errorf("a key that was withdrawn: %q", got)
	}
	if n := s.asked.Load(); n != 2 {
		t.Errorf("asked %d times, want twice", n)
	}
	// What was read is known to the next configuration too.
	if err := f.v.Update(f.cfg); err != nil {
		t.Fatal(err)
	}
	if got := f.code(f.sign("ec", f.claims())); got != "" || s.asked.Load() != 2 {
		t.Errorf("%q, asked %d times", got, s.asked.Load())
	}
}

func TestKeysThatCantBeRead(t *testing.T) {
	f, s := remote(t)
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request){
		"an error":         func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"no keys":          func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) },
		"a redirect":       func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", 302) },
		"without end":      func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, maxJWKS+1)) },
		"hangs up":         func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"the private half": func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(set(rfcEdKey + `,"d":"A"}`))) },
	} {
		s.set(answer)
		f.now = f.now.Add(time.Minute)
		if got := f.code(f.sign("ed", f.claims())); got != "token_keys_unavailable" {
			t.Errorf("%s: %q", name, got)
		}
		asked := s.asked.Load()
		f.code(f.sign("ed", f.claims()))
		if s.asked.Load() != asked {
			t.Errorf("%s: asked again at once", name)
		}
	}
	s.keys(jwks(f, "ed"))
	f.now = f.now.Add(time.Minute)
	if got := f.code(f.sign("ed", f.claims())); got != "" {
		t.Errorf("when it answers again: %q", got)
	}
	// Known keys outlive a failure, for a time.
	s.set(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	for _, c := range []struct {
		later time.Duration
		want  string
	}{{time.Hour, ""}, {22 * time.Hour, ""}, {time.Hour, "token_keys_unavailable"}} {
		f.now = f.now.Add(c.later)
		if got := f.code(f.sign("ed", f.claims())); got != c.want {
			t.Errorf("after %v: %q, want %q", c.later, got, c.want)
		}
		waitRead(f)
	}
}

// waitRead waits until no reading is under way.
func waitRead(f *fixture) {
	s := f.v.state.Load().issuers[idp].keys
	s.mu.Lock()
	reading := s.reading
	s.mu.Unlock()
	if reading != nil {
		<-reading
	}
}

// What lets an operator read an issuer's keys is not for the log.
func TestKeysAreReadSilently(t *testing.T) {
	f, s := remote(t)
	s.set(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if got := f.code(f.sign("ed", f.claims())); got != "token_keys_unavailable" {
		t.Errorf("%q", got)
	}
	waitRead(f)
	host := strings.TrimPrefix(s.URL, "https://")
	if log := f.log.String(); !strings.Contains(log, host) || strings.Contains(log, "hunter2") {
		t.Errorf("log: %s", log)
	}
}

// Who waits for keys leaves when it has to.
func TestKeysThatHang(t *testing.T) {
	f, s := remote(t)
	release := make(chan struct{})
	s.set(func(w http.ResponseWriter, _ *http.Request) { <-release })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.v.Verify(ctx, f.sign("ed", f.claims()), session)
	var r *Refusal
	if !errors.As(err, &r) || !r.Temporary {
		t.Errorf("%v", err)
	}
	close(release)
	waitRead(f)
}

func TestKeysOfAServerWithoutATrustedCertificate(t *testing.T) {
	f, s := remote(t)
	s.keys(jwks(f, "ed"))
	v, err := New(f.cfg, f.deps()) // does not know the server's certificate
	if err != nil {
		t.Fatal(err)
	}
	f.v = v
	if got := f.code(f.sign("ed", f.claims())); got != "token_keys_unavailable" || s.asked.Load() != 0 {
		t.Errorf("%q", got)
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(set(rfcRSAKey+`,"kid":"a"}`, rfcECKey+`,"kid":"b"}`, rfcEdKey+"}")))
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"","e":""}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		keys, err := parseKeys(b)
		if (err == nil) != (len(keys) > 0) {
			t.Fatal("neither keys nor an error, or both")
		}
		for _, k := range keys {
			if k.public == nil || k.alg == "" {
				t.Fatalf("%+v", k)
			}
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	for _, kid := range []string{"ed", "ec", "rsa"} {
		b.Run(kid, func(b *testing.B) {
			f := newFixture(b)
			raw := f.sign(kid, f.claims())
			for b.Loop() {
				if _, err := f.v.Verify(b.Context(), raw, session); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
