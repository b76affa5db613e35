// Package sealhttp is what all servers of Seal's HTTP API have in common: key
// servers and aggregators. [Wrap] puts around a handler what every answer needs,
// [Requirements] checks who asks, [ReadBody] reads what is asked, and a
// [Refusal] is how to say no.
package sealhttp

import (
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/sdk/seal"
)

// Version is the version of Seal's API that is spoken, as sent in
// X-KeyServer-Version. Clients demand three plain numbers.
const Version = "0.6.10"

// MaxBody is the largest body of a request, as in Seal.
const MaxBody = 180 * 1024

// Config is what Wrap tells about requests.
type Config struct {
	Log     *slog.Logger
	Metrics *metrics.Metrics // nil: none
}

// Wrap puts around a handler, outermost first: pages of any origin, bounded
// bodies, the version in every answer, and a refusal where the handler panics.
func Wrap(h http.Handler, cfg Config) http.Handler {
	return allowOrigins(limitBody(addVersion(recoverPanics(h, cfg))))
}

// allowOrigins lets pages of any origin use the API. A preflight needs no
// other header.
func allowOrigins(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "*, "+seal.HeaderServerVersion+", "+seal.HeaderGitVersion)
		if r.Method != http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
		if want := r.Header.Get("Access-Control-Request-Headers"); want != "" {
			h.Set("Access-Control-Allow-Headers", want)
			h.Add("Vary", "Access-Control-Request-Headers")
		}
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
	})
}

func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		next.ServeHTTP(w, r)
	})
}

func addVersion(next http.Handler) http.Handler {
	git := gitVersion()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(seal.HeaderServerVersion, Version)
		w.Header().Set(seal.HeaderGitVersion, git)
		next.ServeHTTP(w, r)
	})
}

// recoverPanics makes a defect a refusal of one request.
func recoverPanics(next http.Handler, cfg Config) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				cfg.Metrics.Panicked()
				cfg.Log.Error("request panicked", "path", r.URL.Path, "panic", v, "stack", string(debug.Stack()))
				Refuse("Failure", "internal", "the server has a defect", "tell the operator of the key server").Write(w)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// NewServer returns a server of the API, whose connections end when their clients
// are slow, or send headers that are larger than any client needs.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// maxHeader bounds the headers of a request; the longest is a token of 8 KiB.
const maxHeader = 32 << 10

// Caller returns what a log line says of a request: its id and the client's
// program, as the client names them, cut to the length that they have in fact.
func Caller(h http.Header) []any {
	short := func(name string) string {
		v := h.Get(name)
		return v[:min(len(v), 40)]
	}
	return []any{"request_id", short(seal.HeaderRequestID), "sdk", short(seal.HeaderSDKType) + "/" + short(seal.HeaderSDKVersion)}
}

// ReadBody reads the body of a request, which has to say that it is JSON.
func ReadBody(r *http.Request) ([]byte, *Refusal) {
	if !isJSON(r.Header) {
		return nil, Malformed(415, "Expected request with `Content-Type: application/json`")
	}
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, Malformed(413, "Failed to read the request body: more than %d bytes", MaxBody)
	}
	if err != nil {
		return nil, Malformed(400, "Failed to read the request body: %v", err)
	}
	return body, nil
}

// isJSON reports whether a request says that its body is JSON.
func isJSON(h http.Header) bool {
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && (t == "application/json" || strings.HasPrefix(t, "application/") && strings.HasSuffix(t, "+json"))
}

// Revision is the version of the source that was built, "floe-unknown" if the
// program does not tell.
func Revision() string { return gitVersion() }

var gitVersion = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, set := range info.Settings {
			if set.Key == "vcs.revision" {
				return "floe-" + set.Value[:min(12, len(set.Value))]
			}
		}
	}
	return "floe-unknown"
})
