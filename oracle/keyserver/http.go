package keyserver

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/semver"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// maxBody is the largest body of a request, as in Seal.
const maxBody = 180 * 1024

// Receipts per page of /v1/receipts.
const (
	defaultPage = 100
	maxPage     = 1000
)

// minSDK is the least version of a client by its Client-Sdk-Type. Others have
// none.
var minSDK = map[string]string{"typescript": "v0.4.5", "aggregator": "v0.6.2", "rust": "v0.0.0", "python": "v0.0.0"}

// Handler returns the server's HTTP API. Paths of a service are also served
// under its name: /NAME/v1/….
func (s *Server) Handler() http.Handler {
	mux := &routes{s, http.NewServeMux()}
	mux.add("POST /v1/fetch_key", s.demandSDK(s.serveFetchKey(nil)))
	mux.add("GET /v1/service", s.demandSDK(s.serveAnyService))
	mux.add("GET /v1/debug/committee_partial_pk", s.demandSDK(s.serveAnyPartialKey))
	mux.add("GET /health", s.serveHealth)
	mux.add("GET /ready", s.serveReady)
	mux.HandleFunc("/", s.serveNamed)
	return s.allowOrigins(s.limitBody(s.addVersion(s.recoverPanics(mux))))
}

// serviceHandler returns the HTTP API of one service.
func (s *Server) serviceHandler(svc *Service) http.Handler {
	mux := &routes{s, http.NewServeMux()}
	mux.add("POST /v1/fetch_key", s.demandSDK(s.serveFetchKey(svc)))
	mux.add("GET /v1/service", s.demandSDK(svc.serveService))
	mux.add("GET /v1/debug/committee_partial_pk", s.demandSDK(svc.servePartialKey))
	mux.add("GET /v1/receipts", svc.serveReceipts)
	mux.add("GET /v1/receipts/{sequence}/proof", svc.serveProof)
	mux.add("GET /v1/log", svc.serveLog)
	mux.add("POST /v1/login/challenge", svc.serveChallenge)
	mux.add("POST /v1/login", svc.serveLogin)
	mux.add("GET /v1/policies/{policy}/receipts", svc.servePolicyReceipts)
	mux.add("GET /checkpoint", svc.log.Handler().ServeHTTP)
	mux.add("GET /tile/", svc.log.Handler().ServeHTTP)
	mux.add("GET /.well-known/jwks.json", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, svc.keys) })
	mux.add("GET /health", s.serveHealth)
	mux.add("GET /ready", s.serveReady)
	return mux
}

// routes is a mux whose requests are counted by their path in it, so that no
// part of an address that a client chose becomes a label.
type routes struct {
	server *Server
	*http.ServeMux
}

func (m *routes) add(pattern string, h http.HandlerFunc) {
	_, path, _ := strings.Cut(pattern, " ")
	m.Handle(pattern, m.server.cfg.Metrics.Route(path, h))
}

// serveNamed hands a request to the service that its path begins with, or else
// to the one at the root.
func (s *Server) serveNamed(w http.ResponseWriter, r *http.Request) {
	name, _, below := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if svc, done := s.services.acquire(func(s *Service) bool { return below && name != "" && s.Name() == name }); svc != nil {
		defer done()
		http.StripPrefix("/"+name, svc.mux).ServeHTTP(w, r)
		return
	}
	if svc, done := s.services.acquire(func(s *Service) bool { return s.Name() == "" }); svc != nil {
		defer done()
		svc.mux.ServeHTTP(w, r)
		return
	}
	writeRefusal(w, &refusal{Type: "NotFound", Status: 404, Message: "there is nothing here; if this key server answers for several clients, " +
		"the address of yours is the one that its KeyServer object shows on chain"})
}

// allowOrigins lets pages of any origin use the API. A preflight needs no
// other header.
func (s *Server) allowOrigins(next http.Handler) http.Handler {
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

func (s *Server) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

func (s *Server) addVersion(next http.Handler) http.Handler {
	git := gitVersion()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(seal.HeaderServerVersion, Version)
		w.Header().Set(seal.HeaderGitVersion, git)
		next.ServeHTTP(w, r)
	})
}

// recoverPanics makes a defect a refusal of one request.
func (s *Server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				s.cfg.Metrics.Panicked()
				s.cfg.Log.Error("request panicked", "path", r.URL.Path, "panic", v, "stack", string(debug.Stack()))
				writeRefusal(w, refuse("Failure", "internal", "the key server has a defect", "tell the operator of the key server"))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// demandSDK checks the version of the client's program.
func (s *Server) demandSDK(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.cfg.Metrics.Client(r.Header.Get(seal.HeaderSDKType), r.Header.Get(seal.HeaderSDKVersion))
		if ref := checkSDK(r.Header); ref != nil {
			writeRefusal(w, ref)
			return
		}
		next(w, r)
	}
}

func checkSDK(h http.Header) *refusal {
	version := h.Get(seal.HeaderSDKVersion)
	if version == "" {
		return &refusal{Type: "MissingRequiredHeader", Message: "Missing required header: " + seal.HeaderSDKVersion}
	}
	v := "v" + version
	if !semver.IsValid(v) || strings.Count(strings.SplitN(strings.SplitN(v, "+", 2)[0], "-", 2)[0], ".") != 2 {
		return &refusal{Type: "InvalidSDKVersion", Message: "Invalid SDK version"}
	}
	// A pre-release meets no requirement that does not name one.
	if min, ok := minSDK[h.Get(seal.HeaderSDKType)]; ok && (semver.Compare(v, min) < 0 || semver.Prerelease(v) != "") {
		return &refusal{Type: "DeprecatedSDKVersion", Message: "Deprecated SDK version"}
	}
	return nil
}

// serveAnyService proves that the server has the key of one of its objects.
func (s *Server) serveAnyService(w http.ResponseWriter, r *http.Request) {
	s.cfg.Metrics.ServiceAsked()
	id, ok := queryService(r)
	svc, done := s.services.acquire(func(svc *Service) bool { return ok && svc.cfg.ObjectID == id })
	if svc == nil {
		writeRefusal(w, invalidService())
		return
	}
	defer done()
	svc.serveService(w, r)
}

// serveService proves that the service has the key of its object. A member of
// a committee has no such key.
func (s *Service) serveService(w http.ResponseWriter, r *http.Request) {
	id, ok := queryService(r)
	if !ok || id != s.cfg.ObjectID || s.pop == nil {
		writeRefusal(w, invalidService())
		return
	}
	writeJSON(w, http.StatusOK, seal.ServiceResponse{ServiceID: id.String(), PoP: s.pop})
}

func queryService(r *http.Request) (id sui.Address, ok bool) {
	query := r.URL.Query().Get("service_id")
	id, err := sui.ParseAddress(query)
	return id, err == nil && strings.HasPrefix(query, "0x")
}

func invalidService() *refusal {
	return &refusal{Type: "InvalidServiceId", Message: "Invalid service ID"}
}

// serveAnyPartialKey is servePartialKey of the service at the root.
func (s *Server) serveAnyPartialKey(w http.ResponseWriter, r *http.Request) {
	svc, done := s.services.acquire(func(svc *Service) bool { return svc.Name() == "" })
	if svc == nil {
		writeRefusal(w, malformed(400, "Unsupported"))
		return
	}
	defer done()
	svc.servePartialKey(w, r)
}

// servePartialKey shows the public half of a committee member's share.
func (s *Service) servePartialKey(w http.ResponseWriter, _ *http.Request) {
	if !s.cfg.isMember() {
		writeRefusal(w, malformed(400, "Unsupported"))
		return
	}
	key, ref := s.checkKey()
	if ref != nil {
		writeRefusal(w, ref)
		return
	}
	writeJSON(w, http.StatusOK, map[string][]byte{"partial_pk": key.PublicKey().Bytes()})
}

type receiptPage struct {
	Receipts []receiptLine `json:"receipts"`
	Next     uint64        `json:"next"` // the "after" of the next page
}

type receiptLine struct {
	Sequence uint64 `json:"seq"`
	JWT      string `json:"jwt"`
}

// serveReceipts pages through the receipts: ?after=N&limit=M.
func (s *Service) serveReceipts(w http.ResponseWriter, r *http.Request) {
	after, err := queryNumber(r, "after", 0)
	limit, err2 := queryNumber(r, "limit", defaultPage)
	if err != nil || err2 != nil || limit == 0 {
		writeRefusal(w, &refusal{Type: "InvalidParameter", Status: 400,
			Message: fmt.Sprintf("after and limit have to be numbers, limit from 1 to %d", maxPage)})
		return
	}
	log, readErr := s.journal.Read(after, int(min(limit, maxPage)))
	if readErr != nil {
		s.shared.Log.Error("receipts cannot be read", "err", readErr)
		writeRefusal(w, refuse("Failure", "journal_unreadable", "the receipts cannot be read", "tell the operator of the key server"))
		return
	}
	page := receiptPage{Receipts: []receiptLine{}, Next: after}
	for _, jwt := range log {
		page.Next++
		page.Receipts = append(page.Receipts, receiptLine{Sequence: page.Next, JWT: jwt})
	}
	writeJSON(w, http.StatusOK, page)
}

func queryNumber(r *http.Request, name string, otherwise uint64) (uint64, error) {
	v := r.URL.Query().Get(name)
	if v == "" {
		return otherwise, nil
	}
	return strconv.ParseUint(v, 10, 63)
}

// serveHealth says that the process is alive, nothing more.
func (s *Server) serveHealth(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok", "name": "floe-oracle", "version": Version})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic("keyserver: encode answer: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(b)
}

// isJSON reports whether a request says that its body is JSON.
func isJSON(h http.Header) bool {
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && (t == "application/json" || strings.HasPrefix(t, "application/") && strings.HasSuffix(t, "+json"))
}

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

var _ json.Marshaler = (*receipt.KeySet)(nil)
