package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/floe-data/floe/scripts/localnet"
	"github.com/floe-data/floe/sdk/dataset"
)

// request is one bad HTTP request and the status that it has to get.
type request struct {
	name, method, path, body string
	header                   map[string]string
	want                     int
}

// A truncated, malformed or oversized request to any server gets a client
// error with a sentence, none makes a server panic, and all of them serve as
// before afterwards.
func TestMalformedRequests(t *testing.T) {
	logged := captureLogs(t)
	network := startNet(t, localnet.Config{Dir: t.TempDir(), Nodes: 4, Shards: 10, Log: slog.New(slog.NewTextHandler(logged, nil))})
	defer func() {
		if err := network.Close(); err != nil {
			t.Errorf("close network: %v", err)
		}
	}()
	env := newEnv(t, network, "owner")
	src := t.TempDir()
	if err := os.WriteFile(filepath.Join(src, "a"), []byte("kept"), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := dataset.Publish(t.Context(), env, src, dataset.PublishOptions{Name: "malformed"})
	if err != nil {
		t.Fatal(err)
	}

	blob := "/v1/blobs/" + p.Blobs[0].String()
	for _, server := range []struct {
		name, url string
		requests  []request
	}{
		{"faucet", network.Network.Faucet, faucetRequests()},
		{"storage", network.Storage[0].URL, storageRequests(blob)},
		{"key server", network.KeyServers[0].URL, keyServerRequests()},
		{"index", network.Network.Indexer, indexRequests()},
	} {
		for _, r := range server.requests {
			t.Run(server.name+"/"+r.name, func(t *testing.T) { sendBad(t, server.url, r) })
		}
	}
	t.Run("chain", func(t *testing.T) { chainRequests(t, network.Network.URL) })
	for _, u := range []string{network.Network.URL, network.Network.Faucet, network.Storage[0].URL, network.KeyServers[0].URL, network.Network.Indexer} {
		rawRequests(t, u)
	}

	openKept(t, network, p)
	if s := logged.String(); strings.Contains(s, "panic") || strings.Contains(s, "goroutine ") {
		t.Errorf("a server panicked:\n%s", s)
	}
}

func faucetRequests() []request {
	return []request{
		{"empty", "POST", "/v2/gas", "", nil, 400},
		{"truncated", "POST", "/v2/gas", `{"FixedAmountRequest":{"recipient":"0x`, nil, 400},
		{"no address", "POST", "/v2/gas", `{"FixedAmountRequest":{"recipient":"nobody"}}`, nil, 400},
		{"missing address", "POST", "/v2/gas", `{}`, nil, 400},
		{"unknown field", "POST", "/v2/gas", `{"amount":"18446744073709551615"}`, nil, 400},
		{"two values", "POST", "/v2/gas", `{"FixedAmountRequest":{"recipient":"0x1"}} {"x":1}`, nil, 400},
		{"oversized", "POST", "/v2/gas", `{"FixedAmountRequest":{"recipient":"` + strings.Repeat("0", 1<<20) + `"}}`, nil, 400},
		{"wrong method", "GET", "/v2/gas", "", nil, 405},
		{"wrong path", "POST", "/v1/gas", "", nil, 404},
	}
}

func storageRequests(blob string) []request {
	garbage := strings.Repeat("\xff", 300)
	return []request{
		{"no blob id", "GET", "/v1/blobs/nonsense/metadata", "", nil, 400},
		{"unknown blob", "GET", "/v1/blobs/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/metadata", "", nil, 404},
		{"no pair", "GET", blob + "/slivers/x/primary", "", nil, 400},
		{"pair out of range", "GET", blob + "/slivers/65535/primary", "", nil, 400},
		{"negative pair", "GET", blob + "/slivers/-1/primary", "", nil, 400},
		{"huge pair", "GET", blob + "/slivers/99999999999999999999/primary", "", nil, 400},
		{"no axis", "GET", blob + "/slivers/0/tertiary", "", nil, 400},
		{"empty metadata", "PUT", blob + "/metadata", "", nil, 400},
		{"garbage metadata", "PUT", blob + "/metadata", garbage, nil, 400},
		{"oversized metadata", "PUT", blob + "/metadata", strings.Repeat("a", 1<<24), nil, 400},
		{"empty sliver", "PUT", blob + "/slivers/0/primary", "", nil, 400},
		{"garbage sliver", "PUT", blob + "/slivers/0/primary", garbage, nil, 400},
		{"oversized sliver", "PUT", blob + "/slivers/0/primary", strings.Repeat("a", 1<<24), nil, 400},
		{"no object", "GET", blob + "/confirmation/deletable/nonsense", "", nil, 400},
		{"wrong path", "GET", "/v2/blobs", "", nil, 404},
		{"wrong method", "DELETE", blob + "/metadata", "", nil, 404},
	}
}

// keyServerRequests want the statuses of Seal's own server: 422 for JSON of
// another shape.
func keyServerRequests() []request {
	sdk := map[string]string{"Client-Sdk-Version": "1.0.0", "Client-Sdk-Type": "typescript", "Content-Type": "application/json", "Request-Id": "r"}
	valid := func(ptb string) string {
		return fmt.Sprintf(`{"ptb":%q,"enc_key":"AAAA","enc_verification_key":"AAAA","request_signature":"AAAA","certificate":{"user":"0x1","session_vk":"AAAA","creation_time":0,"ttl_min":1,"signature":"AAAA"}}`, ptb)
	}
	return []request{
		{"empty", "POST", "/v1/fetch_key", "", sdk, 400},
		{"no JSON", "POST", "/v1/fetch_key", "nonsense", sdk, 400},
		{"truncated", "POST", "/v1/fetch_key", `{"ptb":"`, sdk, 400},
		{"null", "POST", "/v1/fetch_key", "null", sdk, 422},
		{"list", "POST", "/v1/fetch_key", "[]", sdk, 422},
		{"nothing in it", "POST", "/v1/fetch_key", "{}", sdk, 422},
		{"no base64", "POST", "/v1/fetch_key", valid("%%%"), sdk, 422},
		{"no transaction", "POST", "/v1/fetch_key", valid("AAAA"), sdk, 422},
		{"deep", "POST", "/v1/fetch_key", strings.Repeat("[", 100_000), sdk, 400},
		{"oversized", "POST", "/v1/fetch_key", `{"ptb":"` + strings.Repeat("A", 8<<20), sdk, 413},
		{"no SDK version", "POST", "/v1/fetch_key", valid("AAAA"), nil, 400},
		{"SDK version", "POST", "/v1/fetch_key", valid("AAAA"), map[string]string{"Client-Sdk-Version": "one"}, 400},
		{"no service id", "GET", "/v1/service", "", sdk, 400},
		{"bad service id", "GET", "/v1/service?service_id=nonsense", "", sdk, 400},
		{"other service id", "GET", "/v1/service?service_id=0x1234", "", sdk, 400},
		{"page", "GET", "/v1/receipts?after=-1", "", nil, 400},
		{"page size", "GET", "/v1/receipts?limit=x", "", nil, 400},
		{"huge page", "GET", "/v1/receipts?after=99999999999999999999999", "", nil, 400},
		{"wrong method", "GET", "/v1/fetch_key", "", sdk, 405},
		{"wrong path", "GET", "/v2", "", nil, 404},
	}
}

func indexRequests() []request {
	return []request{
		{"no id", "GET", "/v1/datasets/nonsense", "", nil, 422},
		{"unknown id", "GET", "/v1/datasets/0x" + strings.Repeat("12", 32), "", nil, 404},
		{"quote", "GET", "/v1/datasets/0x1'%20or%201=1", "", nil, 422},
		{"zero byte", "GET", "/v1/datasets/%00", "", nil, 422},
		{"no UTF-8", "GET", "/v1/datasets/%ff%fe", "", nil, 422},
		{"wrong method", "POST", "/v1/datasets", "{}", nil, 405},
		{"wrong path", "GET", "/v2", "", nil, 404},
	}
}

// sendBad sends r and demands a client error with a sentence.
func sendBad(t *testing.T, base string, r request) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.method, base+r.path, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != r.want || len(bytes.TrimSpace(b)) < 10 {
		t.Errorf("%s %s: %s, %q; want status %d and a sentence", r.method, r.path, res.Status, b, r.want)
	}
}

// chainRequests sends bad messages in each protocol of the chain. The answer
// is a gRPC status: 3 is INVALID_ARGUMENT, 8 RESOURCE_EXHAUSTED, 12
// UNIMPLEMENTED, and 13 INTERNAL, which gRPC uses for broken framing.
func chainRequests(t *testing.T, base string) {
	frame := func(size int, b string) string {
		return string(binary.BigEndian.AppendUint32([]byte{0}, uint32(size))) + b
	}
	object := "/sui.rpc.v2.LedgerService/GetObject"
	for _, tt := range []struct {
		name, path, body string
		want             string // grpc-status, or several
	}{
		{"no message", object, "", "3 12 13"},
		{"truncated frame", object, "\x00\x00", "13"},
		{"truncated message", object, frame(100, "abc"), "13"},
		{"no protobuf", object, frame(4, "\xff\xff\xff\xff"), "3"},
		{"too large", object, frame(1<<31-1, "abc"), "8"},
		{"unknown flags", object, "\x7f" + frame(0, "")[1:], "3 13"},
		{"empty request", object, frame(0, ""), "3"},
		{"bad address", object, frame(10, "\x0a\x08nonsense"), "3"},
		{"no transaction", "/sui.rpc.v2.TransactionExecutionService/ExecuteTransaction", frame(0, ""), "3"},
		{"nothing to simulate", "/sui.rpc.v2.TransactionExecutionService/SimulateTransaction", frame(0, ""), "3"},
		{"no digest", "/sui.rpc.v2.LedgerService/GetTransaction", frame(5, "\x0a\x03xyz"), "3"},
		{"no owner", "/sui.rpc.v2.StateService/ListOwnedObjects", frame(0, ""), "3"},
		{"no method", "/sui.rpc.v2.LedgerService/Nonsense", frame(0, ""), "12"},
		{"no service", "/nonsense/Nonsense", frame(0, ""), "12"},
	} {
		for _, protocol := range []string{"application/grpc", "application/grpc-web+proto", "application/grpc-web-text"} {
			t.Run(protocol[12:]+"/"+tt.name, func(t *testing.T) {
				body := tt.body
				if strings.HasSuffix(protocol, "text") {
					body = base64.StdEncoding.EncodeToString([]byte(body))
				}
				status, message := grpcStatus(t, base+tt.path, protocol, body)
				if !strings.Contains(" "+tt.want+" ", " "+status+" ") || len(message) < 10 {
					t.Errorf("grpc-status %q, %q; want %s and a sentence", status, message, tt.want)
				}
			})
		}
	}
	t.Run("no base64", func(t *testing.T) {
		if status, message := grpcStatus(t, base+object, "application/grpc-web-text", "%%%%"); status != "13" {
			t.Errorf("grpc-status %q, %q; want 13", status, message)
		}
	})
	for _, r := range []request{
		{"no gRPC", "POST", object, "{}", map[string]string{"Content-Type": "text/plain"}, 415},
		{"a browser", "GET", "/", "", nil, 404},
	} {
		t.Run(r.name, func(t *testing.T) {
			req, _ := http.NewRequestWithContext(t.Context(), r.method, base+r.path, strings.NewReader(r.body))
			for k, v := range r.header {
				req.Header.Set(k, v)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != r.want {
				t.Errorf("%s; want %d", res.Status, r.want)
			}
		})
	}
}

// grpcStatus sends one message and returns the status and message of the
// answer, wherever the protocol puts them.
func grpcStatus(t *testing.T, target, protocol, body string) (status, message string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", protocol)
	transport := &http.Transport{Protocols: new(http.Protocols)}
	defer transport.CloseIdleConnections()
	if protocol == "application/grpc" {
		transport.Protocols.SetUnencryptedHTTP2(true)
		req.Header.Set("TE", "trailers")
	} else {
		transport.Protocols.SetHTTP1(true)
	}
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s, %q, %v", res.Status, b, err)
	}
	if strings.HasSuffix(protocol, "text") {
		if b, err = base64.StdEncoding.DecodeString(string(b)); err != nil {
			t.Fatalf("decode answer: %v", err)
		}
	}
	fields := http.Header{}
	for _, h := range []http.Header{res.Header, res.Trailer} {
		for k, v := range h {
			fields[strings.ToLower(k)] = v
		}
	}
	if len(b) > 5 && b[0] == 0x80 { // trailers in the body
		for line := range strings.SplitSeq(string(b[5:]), "\r\n") {
			if k, v, ok := strings.Cut(line, ":"); ok {
				fields[strings.ToLower(k)] = []string{strings.TrimSpace(v)}
			}
		}
	}
	get := func(k string) string {
		if v := fields[k]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	message, _ = url.PathUnescape(get("grpc-message"))
	return get("grpc-status"), message
}

// rawRequests sends what is no HTTP, and HTTP that ends early.
func rawRequests(t *testing.T, base string) {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{
		"\x00\x01\x02\x03\r\n\r\n",
		"GET / HTTP/9.9\r\n\r\n",
		"POST /v1/fetch_key HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
		"POST /v2/gas HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"POST /v2/gas HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 2<<20) + "\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	} {
		c, err := net.Dial("tcp", u.Host)
		if err != nil {
			t.Fatalf("%s does not serve any more: %v", base, err)
		}
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(c, raw) // the server may hang up before the end
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, c)
		c.Close()
	}
}

// captureLogs collects what servers log, net/http's reports of panics
// included, until the test ends.
func captureLogs(t *testing.T) *syncBuffer {
	b := &syncBuffer{}
	before := log.Writer()
	log.SetOutput(b)
	t.Cleanup(func() { log.SetOutput(before) })
	return b
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
