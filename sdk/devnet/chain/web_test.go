package chain

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
)

// echo answers with what it was sent, one flush for each chunk.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for len(body) > 0 {
		n := min(5, len(body))
		w.Write(body[:n])
		w.(http.Flusher).Flush()
		body = body[n:]
	}
})

func TestServeText(t *testing.T) {
	enc := base64.StdEncoding.EncodeToString
	for name, tc := range map[string]struct {
		body, want string
	}{
		"one piece":           {enc([]byte("hello, gRPC")), "hello, gRPC"},
		"padded pieces":       {enc([]byte("hell")) + enc([]byte("o")) + enc([]byte(", gRPC")), "hello, gRPC"},
		"empty":               {"", ""},
		"not base64":          {"@@@@", ""},
		"unfinished group":    {"aGVsbG", ""},
		"padding in a group":  {"aG=VbG8=", ""},
		"double padded group": {"====", ""},
		"line breaks":         {"0\r\r\r\r000", ""},
	} {
		r := httptest.NewRequest("POST", "/", iotest.OneByteReader(strings.NewReader(tc.body)))
		r.Header.Set("Content-Type", "application/grpc-web-text")
		w := httptest.NewRecorder()
		serveText(echo).ServeHTTP(w, r)
		bad := tc.want == "" && tc.body != ""
		if bad != (w.Code == http.StatusBadRequest) {
			t.Errorf("%s: status %d", name, w.Code)
		}
		if bad {
			continue
		}
		got, err := io.ReadAll(&groupDecoder{src: w.Body})
		if string(got) != tc.want || err != nil {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, tc.want)
		}
		if tc.body != "" && w.Header().Get("Content-Type") != webText {
			t.Errorf("%s: content type %q", name, w.Header().Get("Content-Type"))
		}
	}
}

// A stream that opens without a message must still say that it is text.
func TestServeTextOpensStream(t *testing.T) {
	open := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		w.(http.Flusher).Flush()
	})
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("Content-Type", "application/grpc-web-text+proto")
	w := httptest.NewRecorder()
	serveText(open).ServeHTTP(w, r)
	if got := w.Result().Header.Get("Content-Type"); got != "application/grpc-web-text+proto" {
		t.Errorf("content type is %q", got)
	}
}

func FuzzGroupDecoder(f *testing.F) {
	f.Add([]byte("aGVsbA==bw=="))
	f.Add([]byte("0\r\r\r\r000")) // case 1: line breaks shift the groups
	f.Fuzz(func(t *testing.T, in []byte) {
		whole, errWhole := io.ReadAll(&groupDecoder{src: strings.NewReader(string(in))})
		parts, errParts := io.ReadAll(&groupDecoder{src: iotest.OneByteReader(strings.NewReader(string(in)))})
		if (errWhole == nil) != (errParts == nil) || errWhole == nil && string(whole) != string(parts) {
			t.Fatalf("%q decodes to %q, %v at once and to %q, %v bytewise", in, whole, errWhole, parts, errParts)
		}
		// The same group by group.
		var want []byte
		valid := len(in)%4 == 0
		for i := 0; i+4 <= len(in) && valid; i += 4 {
			group, err := base64.StdEncoding.DecodeString(string(in[i : i+4]))
			valid = err == nil && !bytes.ContainsAny(in[i:i+4], "\r\n")
			want = append(want, group...)
		}
		if valid != (errWhole == nil) || valid && !bytes.Equal(want, whole) {
			t.Fatalf("%q decodes to %q, %v; by groups to %q, valid %t", in, whole, errWhole, want, valid)
		}
	})
}
