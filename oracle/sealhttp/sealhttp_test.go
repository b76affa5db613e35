package sealhttp

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/seal"
)

// The cases are those of "Specifying Dependencies" in the Cargo Book, whose
// words Seal's configuration files use.
func TestRequirement(t *testing.T) {
	for _, c := range []struct{ requirement, met, not string }{
		{">=0.4.5", "0.4.5 0.4.6 0.10.0 1.4.12 1.0.0+build", "0.4.4 0.5.0-rc.1 1.0.0-alpha"},
		{">=0.0.0", "0.0.0 7.1.2", "0.0.0-a"},
		{">=1.0.0-alpha", "1.0.0-alpha 1.0.0-beta 1.0.0", "0.9.9"},
		{"1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0"},
		{"1.2", "1.2.0 1.9.9", "1.1.9 2.0.0"},
		{"0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2"},
		{"^1.2.3", "1.2.3 1.9.0", "2.0.0"},
		{"~1.2.3", "1.2.3 1.2.9", "1.3.0"},
		{"1.2.*", "1.2.0 1.2.7", "1.3.0"},
		{">= 1.2, < 1.5", "1.2.0 1.4.9", "1.5.0 1.1.0"},
		{"=1.2.3", "1.2.3", "1.2.4"},
	} {
		r, err := ParseRequirement(c.requirement)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, v := range strings.Fields(c.met) {
			if !r.Met(v) {
				t.Errorf("%s does not meet %s", v, c.requirement)
			}
		}
		for _, v := range append(strings.Fields(c.not), "v1.2.3", "1.2", "", "x") {
			if r.Met(v) {
				t.Errorf("%s meets %s", v, c.requirement)
			}
		}
	}
	for _, bad := range []string{"", "newer", ">=1 || <0", "1.2.3.4"} {
		if _, err := ParseRequirement(bad); err == nil {
			t.Errorf("requirement %q is accepted", bad)
		}
	}
}

func TestDemand(t *testing.T) {
	served := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }
	open := &Requirements{Of: map[string]Requirement{"typescript": MustRequire(">=0.4.5")}}
	only := &Requirements{Of: open.Of, Only: true}
	for _, c := range []struct {
		q             *Requirements
		kind, version string
		status        int
		typ           string
	}{
		{open, "typescript", "1.4.12", 204, ""},
		{open, "typescript", "0.4.4", 426, "DeprecatedSDKVersion"},
		{open, "typescript", "", 400, "MissingRequiredHeader"},
		{open, "typescript", "1.4", 400, "InvalidSDKVersion"},
		{open, "typescript", "v1.4.0", 400, "InvalidSDKVersion"},
		{open, "", "0.0.1", 204, ""},
		{open, "aggregator", "0.0.1", 204, ""},
		{only, "typescript", "1.4.12", 204, ""},
		{only, "aggregator", "0.6.10", 400, "InvalidSDKType"},
		{only, "", "0.6.10", 400, "InvalidSDKType"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set(seal.HeaderSDKType, c.kind)
		r.Header.Set(seal.HeaderSDKVersion, c.version)
		w := httptest.NewRecorder()
		c.q.Demand(nil, served)(w, r)
		var e seal.ErrorResponse
		json.Unmarshal(w.Body.Bytes(), &e)
		if w.Code != c.status || e.Type != c.typ {
			t.Errorf("%s %s: HTTP %d %s, want %d %s", c.kind, c.version, w.Code, e.Type, c.status, c.typ)
		}
	}
}

func TestWrap(t *testing.T) {
	var log bytes.Buffer
	h := Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ref := ReadBody(r); ref != nil {
			ref.Write(w)
			return
		}
		panic("a defect")
	}), Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	ask := func(method, kind string, body []byte) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Access-Control-Request-Headers", "client-sdk-version")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: header %v", method, w.Header())
		}
		return w
	}
	for _, c := range []struct {
		kind   string
		body   []byte
		status int
	}{
		{"text/plain", nil, 415},
		{"application/json; charset=utf-8", make([]byte, MaxBody+1), 413},
		{"application/json", make([]byte, MaxBody), 503},
	} {
		if w := ask("POST", c.kind, c.body); w.Code != c.status || w.Header().Get(seal.HeaderServerVersion) != "0.6.10" || w.Header().Get(seal.HeaderGitVersion) == "" {
			t.Errorf("%s, %d bytes: HTTP %d, header %v", c.kind, len(c.body), w.Code, w.Header())
		}
	}
	if !strings.Contains(log.String(), "a defect") {
		t.Errorf("log: %s", &log)
	}
	if w := ask("OPTIONS", "", nil); w.Code != 204 || w.Header().Get("Access-Control-Allow-Headers") != "client-sdk-version" {
		t.Errorf("preflight: HTTP %d, header %v", w.Code, w.Header())
	}
}

// What a client says of itself does not fill the log.
func TestCallerIsShort(t *testing.T) {
	h, id := http.Header{}, "8f14e45f-ceea-467f-a034-0d6cbd3d3c2e"
	h.Set(seal.HeaderRequestID, id)
	h.Set(seal.HeaderSDKType, strings.Repeat("x", 20_000))
	h.Set(seal.HeaderSDKVersion, "1.0.0-"+strings.Repeat("x", 20_000))
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).With(Caller(h)...).Info("asked")
	if text := log.String(); !strings.Contains(text, id) || !strings.Contains(text, "/1.0.0-x") || len(text) > 300 {
		t.Errorf("%d bytes: %.400s", len(text), text)
	}
}

func TestHeadersAreBounded(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	server.Config = NewServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	server.Start()
	defer server.Close()
	for size, want := range map[int]int{16 << 10: 404, 64 << 10: 431} {
		req, _ := http.NewRequest("GET", server.URL, nil)
		req.Header.Set("Authorization", strings.Repeat("x", size))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%d bytes: HTTP %d, want %d", size, res.StatusCode, want)
		}
	}
}
