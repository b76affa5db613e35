package keyserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// Receipts per page of /v1/receipts, and the bytes of JWTs after which a page ends.
const (
	defaultPage  = 100
	maxPage      = 1000
	maxPageBytes = 1 << 20
)

// DefaultSDK is which clients are served if nothing else is configured: those that Seal's key servers serve.
var DefaultSDK = sealhttp.Requirements{Of: map[string]sealhttp.Requirement{
	"typescript": sealhttp.MustRequire(">=0.4.5"), "aggregator": sealhttp.MustRequire(">=0.6.2"),
	"rust": sealhttp.MustRequire(">=0.0.0"), "python": sealhttp.MustRequire(">=0.0.0"),
}}

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
	return sealhttp.Wrap(mux, sealhttp.Config{Log: s.cfg.Log, Metrics: s.cfg.Metrics})
}

// serviceHandler returns the HTTP API of one service.
func (s *Server) serviceHandler(svc *Service) http.Handler {
	mux := &routes{s, http.NewServeMux()}
	mux.add("POST /v1/fetch_key", s.demandSDK(s.serveFetchKey(svc)))
	mux.add("GET /v1/service", s.demandSDK(svc.serveService))
	mux.add("GET /v1/debug/committee_partial_pk", s.demandSDK(svc.servePartialKey))
	mux.add("GET /v1/receipts", svc.serveReceipts)
	mux.add("GET /v1/receipts/{sequence}/proof", svc.serveProof)
	mux.add("GET /v1/receipts/{sequence}/evidence", s.knocking(svc.serveEvidence))
	mux.add("GET /v1/log", svc.serveLog)
	mux.add("POST /v1/login/challenge", s.knocking(svc.serveChallenge))
	mux.add("POST /v1/login", s.knocking(svc.serveLogin))
	mux.add("GET /v1/policies/{policy}/receipts", s.knocking(svc.servePolicyReceipts))
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

// demandSDK checks the version of the client's program.
func (s *Server) demandSDK(next http.HandlerFunc) http.HandlerFunc {
	return s.cfg.SDK.Demand(s.cfg.Metrics, next)
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
	return refuse("InvalidServiceId", "unknown_service", "this server does not answer for that KeyServer object", "ask with the id of the object whose address on chain is this server's, 0x and 64 digits")
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
	page, readErr := s.receiptPage(after, int(min(limit, maxPage)))
	if readErr != nil {
		s.shared.Log.Error("receipts cannot be read", "err", readErr)
		writeRefusal(w, refuse("Failure", "journal_unreadable", "the receipts cannot be read", "tell the operator of the key server"))
		return
	}
	writeJSON(w, http.StatusOK, page)
}

// receiptPage reads a page, some receipts at a time: they may be a hundred
// kilobytes each, and many may ask at once.
func (s *Service) receiptPage(after uint64, limit int) (*receiptPage, error) {
	page, size := &receiptPage{Receipts: []receiptLine{}, Next: after}, 0
	for len(page.Receipts) < limit && size < maxPageBytes {
		some, err := s.journal.Read(page.Next, min(limit-len(page.Receipts), 10))
		if err != nil {
			return nil, err
		}
		for _, jwt := range some {
			page.Next++
			size += len(jwt)
			page.Receipts = append(page.Receipts, receiptLine{Sequence: page.Next, JWT: jwt})
		}
		if len(some) == 0 {
			break
		}
	}
	return page, nil
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

var _ json.Marshaler = (*receipt.KeySet)(nil)
