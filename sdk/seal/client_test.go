package seal

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// fakeChain holds KeyServer objects and their dynamic fields.
type fakeChain struct {
	objects map[sui.Address][]byte
	fields  map[string][]byte // parent and name
}

func (c *fakeChain) Object(_ context.Context, id sui.Address) (*sui.Object, error) {
	b, ok := c.objects[id]
	if !ok {
		return nil, errors.New("object not found")
	}
	return &sui.Object{Move: &sui.MoveObject{Type: sui.StructTag{Module: "key_server", Name: "KeyServer"}, Contents: b}}, nil
}

func (c *fakeChain) DynamicField(_ context.Context, parent sui.Address, _ sui.TypeTag, name []byte) (*sui.Object, error) {
	b, ok := c.fields[string(parent[:])+string(name)]
	if !ok {
		return nil, errors.New("field not found")
	}
	return &sui.Object{Move: &sui.MoveObject{Contents: b}}, nil
}

// add registers an independent server in the layout that Seal's Move package
// gives it.
func (c *fakeChain) add(id sui.Address, layout uint64, url string, pk []byte) {
	e := bcs.NewEncoder()
	e.Fixed(id[:])
	e.U64(layout)
	e.U64(layout)
	c.objects[id] = e.Data()
	e = bcs.NewEncoder()
	e.Fixed(make([]byte, 32))
	e.U64(layout)
	e.String(fmt.Sprintf("server %x", id[0]))
	if layout == 1 {
		e.String(url)
	}
	e.U8(0)
	e.Bytes(pk)
	if layout == 2 {
		e.ULEB(0)
		e.String(url)
	}
	c.fields[string(id[:])+string(binary.LittleEndian.AppendUint64(nil, layout))] = e.Data()
}

// A testServer answers like a key server that grants everything.
type testServer struct {
	id     sui.Address
	key    *MasterKey
	http   *httptest.Server
	answer func(w http.ResponseWriter, r *FetchKeyRequest) bool // true: handled
	pop    []byte
	fullID []byte
}

func (s *testServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(HeaderServerVersion, "0.6.10")
	if r.URL.Path == "/v1/service" {
		json.NewEncoder(w).Encode(ServiceResponse{ServiceID: fmt.Sprintf("0x%x", s.id[:]), PoP: s.pop})
		return
	}
	var req FetchKeyRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil || r.Header.Get(HeaderSDKVersion) == "" {
		w.WriteHeader(400)
		return
	}
	if s.answer != nil && s.answer(w, &req) {
		return
	}
	to, err := ParseTransportPublicKey(req.EncKey, req.VerificationKey)
	if err != nil {
		panic(err)
	}
	k, _ := s.key.Extract(rand.Reader, s.fullID)
	c, _ := to.Encrypt(rand.Reader, k)
	c0, c1 := c.Points()
	json.NewEncoder(w).Encode(FetchKeyResponse{
		Keys: []EncryptedKey{{ID: s.fullID, EncryptedKey: [2][]byte{c0, c1}}}, Receipt: "jwt of " + fmt.Sprint(s.id[0]),
	})
}

type testNet struct {
	chain   *fakeChain
	servers []*testServer
	cfg     ClientConfig
	session *SessionKey
	id      []byte
}

func newTestNet(t *testing.T, n int) *testNet {
	net := &testNet{chain: &fakeChain{map[sui.Address][]byte{}, map[string][]byte{}}, id: []byte("id")}
	pkg := sui.Address{0xaa}
	for i := range n {
		s := &testServer{id: sui.Address{byte(i + 1)}, key: must[*MasterKey](t)(NewMasterKey(rand.Reader)), fullID: FullID(pkg, net.id)}
		s.pop = must[[]byte](t)(s.key.ProvePossession(rand.Reader, s.id))
		s.http = httptest.NewServer(s)
		t.Cleanup(s.http.Close)
		net.chain.add(s.id, uint64(i%2+1), s.http.URL, s.key.PublicKey().Bytes())
		net.servers = append(net.servers, s)
		net.cfg.Servers = append(net.cfg.Servers, ServerConfig{ID: s.id})
	}
	net.cfg.Chain = net.chain
	net.session = must[*SessionKey](t)(NewSessionKey(SessionConfig{
		User: sui.Address{7}, Package: pkg, TTL: 10 * time.Minute, Now: time.Now(), Rand: rand.Reader,
	}))
	net.session.SetSignature([]byte{0})
	return net
}

func (n *testNet) fetch(t *testing.T, threshold int) (*Keys, *Client, error) {
	t.Helper()
	c := must[*Client](t)(NewClient(n.cfg))
	keys, err := c.FetchKeys(t.Context(), FetchConfig{Session: n.session, PTB: []byte{1}, IDs: [][]byte{n.id}, Threshold: threshold})
	return keys, c, err
}

func TestClientRoundTrip(t *testing.T) {
	net := newTestNet(t, 3)
	net.cfg.VerifyServers = true
	keys, c, err := net.fetch(t, 3)
	if err != nil {
		t.Fatal(err)
	}
	o, _, err := c.Encrypt(t.Context(), []byte("hello"), EncryptConfig{Package: net.session.Package(), ID: net.id, Threshold: 2})
	if err != nil {
		t.Fatal(err)
	}
	got, err := keys.Decrypt(o, DecryptConfig{})
	if err != nil || string(got) != "hello" {
		t.Errorf("decrypt = %q, %v", got, err)
	}
	if keys.Reports[2].Receipt != "jwt of 3" || keys.Reports[2].Name != "server 3" {
		t.Errorf("report %+v", keys.Reports[2])
	}
}

func TestClientWithOneServerDown(t *testing.T) {
	net := newTestNet(t, 3)
	net.cfg.VerifyServers = true
	net.servers[1].http.Close()
	keys, _, err := net.fetch(t, 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(keys.For(net.id)) < 2 {
		t.Errorf("%d keys", len(keys.For(net.id)))
	}
	if keys.Reports[1].Err == nil {
		t.Error("the stopped server is not reported")
	}
	_, _, err = net.fetch(t, 3)
	var fe *FetchError
	if !errors.As(err, &fe) || fe.Weight != 2 || fe.Threshold != 3 || fe.Reports[1].Err == nil {
		t.Errorf("all servers wanted: %v", err)
	}
}

func TestClientRefused(t *testing.T) {
	net := newTestNet(t, 3)
	for _, s := range net.servers[:2] {
		s.answer = func(w http.ResponseWriter, _ *FetchKeyRequest) bool {
			w.WriteHeader(403)
			w.Write([]byte(`{"error":"NoAccess","message":"Access denied: not on the list","receipt":"r","reason":{"code":"c","rule":"u","remedy":"ask Alice"}}`))
			return true
		}
	}
	_, _, err := net.fetch(t, 2)
	var se *ServerError
	if !errors.Is(err, ErrNoAccess) || !errors.As(err, &se) || se.Status != 403 || se.Receipt != "r" || se.Reason.Code != "c" {
		t.Fatalf("%v", err)
	}
	for _, want := range []string{"weight 1 agreed, want 2", "not on the list", "ask Alice", net.servers[0].http.URL, net.servers[1].http.URL} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if strings.Count(err.Error(), "not on the list") != 1 {
		t.Errorf("%q is not grouped", err)
	}
}

func TestClientRefusesBadServers(t *testing.T) {
	reply := func(status int, body string) func(http.ResponseWriter, *FetchKeyRequest) bool {
		return func(w http.ResponseWriter, _ *FetchKeyRequest) bool {
			w.WriteHeader(status)
			w.Write([]byte(body))
			return true
		}
	}
	for _, c := range []struct {
		name, want string
		breakIt    func(*testServer)
	}{
		{"another key", "not derived from this identity", func(s *testServer) { s.key, _ = NewMasterKey(rand.Reader) }},
		{"another identity", "is missing in the answer", func(s *testServer) { s.fullID = []byte("x") }},
		{"no JSON", "decode answer", func(s *testServer) { s.answer = reply(200, "<html>") }},
		{"gateway error", `HTTP 502: "bad gateway"`, func(s *testServer) { s.answer = reply(502, "bad gateway") }},
		{"bad point", "parse encrypted user key", func(s *testServer) {
			b, _ := json.Marshal(FetchKeyResponse{Keys: []EncryptedKey{{ID: s.fullID, EncryptedKey: [2][]byte{{1}, {2}}}}})
			s.answer = reply(200, string(b))
		}},
		{"huge answer", "more than", func(s *testServer) { s.answer = reply(200, strings.Repeat(" ", maxAnswer+1)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			net := newTestNet(t, 1)
			c.breakIt(net.servers[0])
			_, _, err := net.fetch(t, 1)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestClientVerifiesServers(t *testing.T) {
	net := newTestNet(t, 2)
	net.cfg.VerifyServers = true
	net.servers[0].pop = net.servers[1].pop
	_, c, err := net.fetch(t, 2)
	if err == nil || !strings.Contains(err.Error(), "proof of possession") {
		t.Errorf("fetch: %v", err)
	}
	if _, _, err := c.Encrypt(t.Context(), nil, EncryptConfig{Threshold: 1}); err == nil {
		t.Error("encrypted to a server that cannot prove its key")
	}
	if _, _, err := net.fetch(t, 1); err != nil {
		t.Errorf("the honest server alone: %v", err)
	}
}

func TestClientTimeoutAndCancel(t *testing.T) {
	net := newTestNet(t, 1)
	stop := make(chan struct{})
	defer close(stop)
	net.servers[0].answer = func(http.ResponseWriter, *FetchKeyRequest) bool { <-stop; return true }
	net.cfg.Timeout = 20 * time.Millisecond
	if _, _, err := net.fetch(t, 1); err == nil || !strings.Contains(err.Error(), "no answer within 20ms") {
		t.Errorf("timeout: %v", err)
	}
	net.cfg.Timeout = 0
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := must[*Client](t)(NewClient(net.cfg))
	_, err := c.FetchKeys(ctx, FetchConfig{Session: net.session, PTB: []byte{1}, IDs: [][]byte{net.id}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestClientExpiredSession(t *testing.T) {
	net := newTestNet(t, 1)
	net.cfg.Now = func() time.Time { return time.Now().Add(10 * time.Minute) }
	if _, _, err := net.fetch(t, 1); !errors.Is(err, ErrExpiredSession) {
		t.Errorf("%v", err)
	}
}

func TestCheckServerVersion(t *testing.T) {
	for v, ok := range map[string]bool{
		"0.6.10": true, "0.4.1": true, "1.0.0": true, "0.4.0": false, "0.3.9": false, "v0.6.10": false, "0.6": false, "0.6.10-rc1": false, "": false,
	} {
		if err := checkServerVersion(v); (err == nil) != ok {
			t.Errorf("%q: %v", v, err)
		}
	}
}

func TestParseKeyServerCommittee(t *testing.T) {
	pk := unhex(t, known[[]string](t, "public_keys")[0])
	e := bcs.NewEncoder()
	e.Fixed(make([]byte, 32))
	e.U64(2)
	e.String("committee")
	e.U8(0)
	e.Bytes(pk)
	e.ULEB(1)
	e.U32(3)
	e.U16(2)
	e.ULEB(1)
	e.String("member")
	e.String("http://m")
	e.Bytes(pk)
	e.U16(0)
	ks := must[*KeyServer](t)(ParseKeyServer(sui.Address{1}, e.Data()))
	if ks.Committee == nil || ks.Committee.Version != 3 || ks.Committee.Threshold != 2 || ks.Committee.Members[0].URL != "http://m" {
		t.Errorf("%+v", ks)
	}
	if _, err := ParseKeyServer(sui.Address{1}, e.Data()[:len(e.Data())-1]); !errors.Is(err, bcs.ErrTruncated) {
		t.Errorf("truncated: %v", err)
	}
}

func FuzzParseKeyServer(f *testing.F) {
	c := &fakeChain{map[sui.Address][]byte{}, map[string][]byte{}}
	pk := unhex(f, known[[]string](f, "public_keys")[0])
	c.add(sui.Address{1}, 1, "http://a", pk)
	c.add(sui.Address{2}, 2, "http://b", pk)
	for _, b := range c.fields {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ks, err := ParseKeyServer(sui.Address{}, b)
		if err != nil {
			return
		}
		if !bytes.Contains(b, ks.PublicKey.Bytes()) || !bytes.Contains(b, []byte(ks.URL)) {
			t.Error("public key or address is not in the input")
		}
		if _, err := ParseKeyServer(sui.Address{}, append(bytes.Clone(b), 0)); err == nil {
			t.Error("a byte too many is accepted")
		}
		if _, err := ParseKeyServer(sui.Address{}, b[:len(b)-1]); err == nil {
			t.Error("a byte too few is accepted")
		}
	})
}

// A server's words are shown to people: they are bounded, and a terminal obeys none.
func TestServersWordsAreTidied(t *testing.T) {
	hostile := "no\x1b[2J\x1b]0;owned\a\r\nline two\u202e" + strings.Repeat("x", 1<<17)
	body := string(must[[]byte](t)(json.Marshal(ErrorResponse{Type: "NoAccess\x1b", Message: hostile, Reason: &Reason{Code: hostile, Rule: hostile, Remedy: hostile}})))
	check := func(what string, se *ServerError) {
		t.Helper()
		for _, s := range []string{se.Type, se.Message, se.Reason.Code, se.Reason.Rule, se.Reason.Remedy, se.Error()} {
			if len(s) > 1100 || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) }) {
				t.Errorf("%s shows %d bytes: %.60q", what, len(s), s)
			}
		}
		if !strings.HasPrefix(se.Message, "no[2J") || !strings.Contains(se.Message, "  line two") {
			t.Errorf("%s: %.60q", what, se.Message)
		}
	}
	net := newTestNet(t, 1)
	answering(403, body)(nil, net.servers[0])
	_, _, err := net.fetch(t, 1)
	var se *ServerError
	if !errors.As(err, &se) {
		t.Fatal(err)
	}
	check("a key server", se)

	told := MemberAnswer{Outcome: OutcomeRefused, Type: "NoAccess\x1b", Detail: hostile, Reason: &Reason{Code: hostile, Rule: hostile, Remedy: hostile}}
	report := told.report(&CommitteeMember{})
	if !errors.As(report.Err, &se) {
		t.Fatal(report.Err)
	}
	check("an aggregator", se)
}

// Whoever registers a server chooses where it is, and not what is asked of others in its
// name.
func TestAddress(t *testing.T) {
	for server, want := range map[string]string{
		"https://keys.example.org":       "https://keys.example.org/v1/fetch_key",
		"https://keys.example.org/":      "https://keys.example.org/v1/fetch_key",
		"http://127.0.0.1:2024/alice/":   "http://127.0.0.1:2024/alice/v1/fetch_key",
		"http://10.0.0.1/delete?all=":    "",
		"http://10.0.0.1/delete#":        "",
		"http://10.0.0.1/delete?":        "",
		"file:///etc/passwd":             "",
		"keys.example.org":               "",
		"//keys.example.org":             "",
		"https://":                       "",
		"http://keys.example.org:p/":     "",
		"https://keys.example.org/\x00/": "",
		"":                               "",
	} {
		if got, err := Address(server, "/v1/fetch_key"); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", server, got, err, want)
		}
	}
	asked := false
	h := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer h.Close()
	if _, err := (&Endpoint{URL: h.URL + "/delete?all="}).FetchKey(t.Context(), nil); err == nil || asked {
		t.Errorf("asked: %v, %v", asked, err)
	}
}

// All servers are given the same name for a request, a UUID that nothing can be
// learnt from, and who asked can tell it to an operator.
func TestRequestID(t *testing.T) {
	net := newTestNet(t, 3)
	var mu sync.Mutex
	ids := map[string]int{}
	for _, s := range net.servers {
		s.answer = func(w http.ResponseWriter, _ *FetchKeyRequest) bool {
			w.WriteHeader(503)
			return true
		}
		s.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			ids[r.Header.Get(HeaderRequestID)]++
			mu.Unlock()
			s.ServeHTTP(w, r)
		})
	}
	for range 2 {
		_, _, err := net.fetch(t, 3)
		var fe *FetchError
		if !errors.As(err, &fe) {
			t.Fatal(err)
		}
		// RFC 9562: version 8, whose bits are free, and the variant 10.
		if id := fe.RequestID(); !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) || ids[id] == 0 {
			t.Errorf("the request is %q, the servers were told %v", id, ids)
		}
	}
	if len(ids) != 2 {
		t.Errorf("two requests are called %v", ids)
	}
}
