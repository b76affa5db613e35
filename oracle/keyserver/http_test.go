package keyserver

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/seal"
)

func TestMalformedRequests(t *testing.T) {
	f := start(t)
	good, _ := f.request(nil)
	change := func(path string, v any) []byte {
		b, _ := json.Marshal(good)
		var m map[string]any
		json.Unmarshal(b, &m)
		at := m
		if sub, field, ok := strings.Cut(path, "."); ok {
			at, path = m[sub].(map[string]any), field
		}
		at[path] = v
		b, _ = json.Marshal(m)
		return b
	}
	for name, c := range map[string]struct {
		body   []byte
		status int
	}{
		"empty":              {nil, 400},
		"no JSON":            {[]byte("{"), 400},
		"truncated":          {change("ptb", "AA==")[:100], 400},
		"a list":             {[]byte("[]"), 422},
		"no fields":          {[]byte("{}"), 422},
		"no base64":          {change("ptb", "%"), 403}, // that is about the program, see TestSealsWords
		"no program":         {change("ptb", nil), 422},
		"program as a list":  {change("ptb", []int{1}), 422},
		"no base64 in a key": {change("enc_key", "%"), 422},
		"short enc_key":      {change("enc_key", "AAAA"), 422},
		"bad enc_key":        {change("enc_key", strings.Repeat("A", 64)), 403}, // not what the session key signed
		"user without 0x":    {change("certificate.user", "x"), 422},
		"negative TTL":       {change("certificate.ttl_min", -1), 422},
		"TTL above 16 bits":  {change("certificate.ttl_min", 65536), 422},
		"time as a string":   {change("certificate.creation_time", "1"), 422},
		"no signature":       {change("certificate.signature", ""), 422},
		"PTB that is no BCS": {change("ptb", "AAAA"), 403},
		"too large":          {change("ptb", strings.Repeat("A", sealhttp.MaxBody)), 413},
	} {
		if status, _, b := f.post(c.body); status != c.status {
			t.Errorf("%s: HTTP %d %s, want %d", name, status, b, c.status)
		}
	}
	req, _ := http.NewRequest("POST", f.server.URL()+"/v1/fetch_key", strings.NewReader("{}"))
	req.Header.Set("Client-Sdk-Version", "1.4.12")
	if status, _, _ := f.do(req); status != 415 {
		t.Errorf("no content type: HTTP %d", status)
	}
}

func TestTooManyRequests(t *testing.T) {
	f := start(t)
	for range cap(f.server.slots) {
		f.server.slots <- struct{}{}
	}
	req, _ := f.request(nil)
	f.refused(req, 429, "TooManyRequests")
	for range cap(f.server.slots) {
		<-f.server.slots
	}
	if status, _, b := f.post(req); status != 200 {
		t.Errorf("afterwards: HTTP %d %s", status, b)
	}
}

func TestSDKVersions(t *testing.T) {
	for _, c := range []struct{ version, typ, want string }{
		{"1.4.12", "typescript", ""}, {"0.4.5", "typescript", ""}, {"0.4.4", "typescript", "DeprecatedSDKVersion"},
		{"1.0.0-beta.1", "typescript", "DeprecatedSDKVersion"}, {"0.6.1", "aggregator", "DeprecatedSDKVersion"},
		{"0.0.1", "rust", ""}, {"0.0.1", "", ""}, {"0.0.1", "go", ""}, {"1.0.0-beta", "go", ""},
		{"", "typescript", "MissingRequiredHeader"}, {"1.4", "typescript", "InvalidSDKVersion"},
		{"v1.4.0", "typescript", "InvalidSDKVersion"}, {"x", "", "InvalidSDKVersion"},
	} {
		h := http.Header{}
		if c.version != "" {
			h.Set("Client-Sdk-Version", c.version)
		}
		h.Set("Client-Sdk-Type", c.typ)
		got := ""
		if r := DefaultSDK.Check(h); r != nil {
			got = r.Type
		}
		if got != c.want {
			t.Errorf("%s %s: %q, want %q", c.typ, c.version, got, c.want)
		}
	}
}

func TestServiceAndProbes(t *testing.T) {
	f := start(t)
	get := func(path string) (int, http.Header, string) {
		req, _ := http.NewRequest("GET", f.server.URL()+path, nil)
		req.Header.Set("Client-Sdk-Version", "1.4.12")
		status, h, b := f.do(req)
		return status, h, string(b)
	}
	status, h, b := get("/v1/service?service_id=" + serverID.String())
	var res seal.ServiceResponse
	if err := json.Unmarshal([]byte(b), &res); status != 200 || err != nil || res.ServiceID != serverID.String() {
		t.Errorf("HTTP %d %s", status, b)
	}
	if err := f.master.PublicKey().VerifyPossession(res.PoP, serverID); err != nil {
		t.Error(err)
	}
	if h.Get("X-KeyServer-GitVersion") == "" {
		t.Error("no git version")
	}
	for _, q := range []string{"", "?service_id=", "?service_id=5e", "?service_id=0x77", "?service_id=0xzz"} {
		if status, _, b := get("/v1/service" + q); status != 400 || !strings.Contains(b, "InvalidServiceId") {
			t.Errorf("%s: HTTP %d %s", q, status, b)
		}
	}
	if status, _, b := get("/health"); status != 200 || !strings.Contains(b, "ok") {
		t.Errorf("health: HTTP %d %s", status, b)
	}
	if status, _, _ := get("/ready"); status != 200 {
		t.Errorf("ready: HTTP %d", status)
	}
	f.eval.err = errors.New("down")
	f.advance(2 * time.Second)
	if status, _, _ := get("/ready"); status != 503 {
		t.Errorf("not ready: HTTP %d", status)
	}
	if status, _, _ := get("/v1/receipts?after=x"); status != 400 {
		t.Errorf("receipts: HTTP %d", status)
	}
	if status, _, _ := get("/v1/nothing"); status != 404 {
		t.Errorf("unknown path: HTTP %d", status)
	}
}

func TestPreflight(t *testing.T) {
	f := start(t)
	req, _ := http.NewRequest("OPTIONS", f.server.URL()+"/v1/fetch_key", nil)
	req.Header.Set("Access-Control-Request-Headers", "client-sdk-version,x-api-key")
	status, h, _ := f.do(req)
	if status != 204 || h.Get("Access-Control-Allow-Headers") != "client-sdk-version,x-api-key" ||
		!strings.Contains(h.Get("Access-Control-Expose-Headers"), "X-KeyServer-Version") {
		t.Errorf("HTTP %d %v", status, h)
	}
}
