package witness

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/floe-data/floe/sdk/canonical"
)

const (
	// maxBody bounds a request: 63 hashes and a checkpoint with the
	// cosignatures of some hundred witnesses.
	maxBody = 64 << 10
	// maxProof is the longest proof, as tlog-witness says.
	maxProof = 63
)

// Handler serves POST /add-checkpoint.
func (w *Witness) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", w.serveAdd)
	return mux
}

func (w *Witness) serveAdd(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxBody))
	if err != nil {
		http.Error(rw, "the request is too large", http.StatusBadRequest)
		return
	}
	req, err := parseRequest(body)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	line, size, err := w.addCheckpoint(req)
	switch {
	case err == nil:
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(rw, line)
	case errors.Is(err, errSize):
		rw.Header().Set("Content-Type", "text/x.tlog.size")
		rw.WriteHeader(http.StatusConflict)
		fmt.Fprintf(rw, "%d\n", size)
	case statusOf(err) == 0:
		w.cfg.Log.Error("a checkpoint could not be cosigned", "err", err)
		http.Error(rw, "the witness cannot store the checkpoint", http.StatusInternalServerError)
	default:
		if !errors.Is(err, errUnknownLog) && !errors.Is(err, errUnsigned) {
			w.cfg.Log.Error("a log shows signed checkpoints that do not fit together", "err", err, "checkpoint", string(req.checkpoint))
		}
		http.Error(rw, err.Error(), statusOf(err))
	}
}

// statusOf gives the status that tlog-witness demands.
func statusOf(err error) int {
	for _, e := range []struct {
		err    error
		status int
	}{
		{errUnknownLog, http.StatusNotFound}, {errUnsigned, http.StatusForbidden}, {errOldSize, http.StatusBadRequest},
		{errRoot, http.StatusConflict}, {errProof, http.StatusUnprocessableEntity},
	} {
		if errors.Is(err, e.err) {
			return e.status
		}
	}
	return 0
}

// parseRequest reads the line "old N", the proof's hashes, an empty line and
// the checkpoint.
func parseRequest(body []byte) (*request, error) {
	head, checkpoint, ok := bytes.Cut(body, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	old, isOld := strings.CutPrefix(lines[0], "old ")
	if !ok || !isOld || len(lines)-1 > maxProof {
		return nil, fmt.Errorf("%w: want the line \"old N\", at most %d hashes, an empty line and the checkpoint", errMalformed, maxProof)
	}
	r := &request{checkpoint: checkpoint}
	var err error
	if r.oldSize, err = strconv.ParseUint(old, 10, 63); err != nil || strconv.FormatUint(r.oldSize, 10) != old {
		return nil, fmt.Errorf("%w: old size %.20q is no plain decimal number", errMalformed, old)
	}
	for _, l := range lines[1:] {
		b, err := canonical.Base64(base64.StdEncoding, l)
		if err != nil || len(b) != tlog.HashSize {
			return nil, fmt.Errorf("%w: a hash is not 32 bytes in base64", errMalformed)
		}
		r.proof = append(r.proof, tlog.Hash(b))
	}
	return r, nil
}
