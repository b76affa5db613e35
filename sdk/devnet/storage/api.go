package storage

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"syscall"
	"time"

	"github.com/floe-data/floe/sdk/walrus"
)

// bodyTimeout is the time that a body may take, however short it is; tests
// shorten it.
var bodyTimeout = 30 * time.Second

// Handler returns the node's HTTP API.
func (n *Node) Handler() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, h func(w http.ResponseWriter, r *http.Request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			n.active.RLock()
			defer n.active.RUnlock()
			w.Header().Set("Access-Control-Allow-Origin", "*")
			if err := h(w, r); err != nil {
				n.writeError(w, r, err)
			}
		})
	}
	const blob = "/v1/blobs/{id}/"
	handle("PUT "+blob+"metadata", n.putMetadata)
	handle("GET "+blob+"metadata", n.getMetadata)
	handle("GET "+blob+"metadata/status", n.metadataStatus)
	handle("PUT "+blob+"slivers/{pair}/{axis}", n.putSliver)
	handle("GET "+blob+"slivers/{pair}/{axis}", n.getSliver)
	handle("GET "+blob+"slivers/{pair}/{axis}/status", n.sliverStatus)
	handle("GET "+blob+"confirmation/permanent", n.confirmPermanent)
	handle("GET "+blob+"confirmation/deletable/{object}", n.confirmDeletable)
	handle("GET "+blob+"status", n.blobStatus)
	handle("GET /v1/health", n.health)
	for _, pattern := range []string{
		"GET " + blob + "recoverySymbols", "GET " + blob + "decodingSymbols",
		"POST " + blob + "inconsistencyProof/{axis}", "POST /v1/migrate/sync_shard",
	} {
		handle(pattern, unimplemented)
	}
	handle("OPTIONS /", preflight)
	handle("/", func(_ http.ResponseWriter, r *http.Request) error {
		return &walrus.NodeError{Code: http.StatusNotFound, Status: "NOT_FOUND", Message: fmt.Sprintf("no %s of this path here", r.Method)}
	})
	return mux
}

func unimplemented(http.ResponseWriter, *http.Request) error {
	return &walrus.NodeError{Code: http.StatusNotImplemented, Status: "UNIMPLEMENTED", Message: "this node does not serve this part of Walrus' API"}
}

func preflight(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Access-Control-Allow-Methods", "GET, PUT, POST")
	w.Header().Set("Access-Control-Allow-Headers", "*")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// invalid is an error of the request's content.
func invalid(reason, format string, args ...any) error {
	return &walrus.NodeError{Code: http.StatusBadRequest, Status: "INVALID_ARGUMENT", Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// notReady is an error of the order of requests: the same one may succeed
// after another.
func notReady(reason, format string, args ...any) error {
	return &walrus.NodeError{Code: http.StatusBadRequest, Status: "FAILED_PRECONDITION", Reason: reason, Message: fmt.Sprintf(format, args...)}
}

func notFound(reason, format string, args ...any) error {
	return &walrus.NodeError{Code: http.StatusNotFound, Status: "NOT_FOUND", Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// writeError answers err; what is not a *walrus.NodeError is the node's own
// trouble, which is logged and not told to strangers.
func (n *Node) writeError(w http.ResponseWriter, r *http.Request, err error) {
	var refusal *walrus.NodeError
	switch {
	case errors.As(err, &refusal):
	case r.Context().Err() != nil:
		return // the client has gone
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		n.log.Error("disk is full", "path", r.URL.Path, "err", err)
		refusal = &walrus.NodeError{Code: http.StatusTooManyRequests, Status: "RESOURCE_EXHAUSTED", Reason: walrus.ReasonStorageFull,
			Message: "the node's disk is full, nothing was stored; free space on it and send the request again"}
	default:
		n.log.Error("request failed", "path", r.URL.Path, "err", err)
		refusal = &walrus.NodeError{Code: http.StatusInternalServerError, Status: "INTERNAL", Message: "the node failed to serve the request, see its log"}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(refusal.Code)
	_ = json.NewEncoder(w).Encode(refusal) // nobody is left to tell
}

// writeJSON answers {"success": {"code": code, "data": data}}.
func writeJSON(w http.ResponseWriter, code int, data any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"success": map[string]any{"code": code, "data": data}})
	return nil
}

func writeBCS(w http.ResponseWriter, b []byte) error {
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(b) // nobody is left to tell
	return nil
}

// readBody reads a body of at most limit bytes; the reason is for longer ones.
// Senders slower than 100 kB a second are cut off, so that they cannot occupy
// the node.
func readBody(w http.ResponseWriter, r *http.Request, limit int, reason string) ([]byte, error) {
	conn := http.NewResponseController(w)
	deadline := time.Now().Add(bodyTimeout + time.Duration(limit/100_000)*time.Second)
	if err := conn.SetReadDeadline(deadline); err != nil {
		return nil, fmt.Errorf("set deadline: %w", err)
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(limit)))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, invalid(reason, "body is longer than the %d bytes that it can have", limit)
	}
	if err != nil {
		return nil, invalid("", "body ended too early or came too slowly")
	}
	return b, conn.SetReadDeadline(time.Time{})
}

// blobID reads the id in the path.
func blobID(r *http.Request) (walrus.BlobID, error) {
	id, err := walrus.ParseBlobID(r.PathValue("id"))
	if err != nil {
		return id, invalid("", "%v", err)
	}
	return id, nil
}

// health answers who the node is, that it serves, and how far it has followed
// the chain.
func (n *Node) health(w http.ResponseWriter, _ *http.Request) error {
	uptime := time.Since(n.started)
	changes := n.registry.Changes()
	progress := map[string]any{"persisted": changes, "pending": 0, "highestFinishedEventIndex": nil}
	if changes > 0 {
		progress["highestFinishedEventIndex"] = changes - 1
	}
	return writeJSON(w, http.StatusOK, map[string]any{
		"uptime":        map[string]any{"secs": int64(uptime.Seconds()), "nanos": uptime.Nanoseconds() % 1e9},
		"epoch":         n.registry.Epoch(),
		"publicKey":     base64.StdEncoding.EncodeToString(n.key.PublicKey()),
		"nodeStatus":    "Active",
		"eventProgress": progress,
		"shardSummary": map[string]any{
			"owned": len(n.shards), "readOnly": 0,
			"ownedShardStatus": map[string]int{"unknown": 0, "ready": len(n.shards), "inTransfer": 0, "inRecovery": 0},
		},
	})
}

// absent turns a missing file into found's refusal and passes on other errors.
func absent(err error, found error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return found
	}
	return err
}
