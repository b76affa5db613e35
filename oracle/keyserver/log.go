package keyserver

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/floe-data/floe/sdk/receipt"
)

// logPatience is for how long receipts may be missing from the log until no
// further keys are released. The promise is much shorter: breaking it is an
// alarm at once, while a log that stands still may hide releases.
const logPatience = 30 * time.Second

// checkLog refuses while the log does not take up receipts.
func (s *Service) checkLog() *refusal {
	status := s.log.Status()
	if status.Late == nil || status.Waiting <= logPatience {
		return nil
	}
	ref := refuse("Failure", "log_late", fmt.Sprintf("receipts have not reached the public log for %v, and without it no key leaves", status.Waiting.Round(time.Second)),
		"try again later; if it stays, tell the operator of the key server that its disk is full or failing")
	ref.Cause = status.Late
	return ref
}

// serveLog says which log the receipts are in, and where it is anchored.
func (s *Service) serveLog(w http.ResponseWriter, _ *http.Request) {
	answer := receipt.LogInfo{Origin: receipt.LogOrigin(s.cfg.Issuer), Size: s.log.Status().Published}
	if f := s.anchor.Load(); f != nil {
		answer.Anchor = (*f)()
	}
	writeJSON(w, http.StatusOK, answer)
}

// serveProof proves that a receipt is in the log: a tlog-proof file.
func (s *Service) serveProof(w http.ResponseWriter, r *http.Request) {
	sequence, err := strconv.ParseUint(r.PathValue("sequence"), 10, 63)
	if err != nil || sequence == 0 || sequence > s.journal.Len() {
		writeRefusal(w, &refusal{Type: "NotFound", Status: 404, Message: fmt.Sprintf("there is no receipt %.20q", r.PathValue("sequence"))})
		return
	}
	proofs, err := s.log.Prove(r.Context(), sequence)
	if err != nil {
		s.shared.Log.Error("a receipt cannot be proven", "sequence", sequence, "err", err)
		writeRefusal(w, refuse("Failure", "log_unreadable", "the log cannot be read", "tell the operator of the key server"))
		return
	}
	if proofs[0] == nil {
		w.Header().Set("Retry-After", "1")
		writeRefusal(w, &refusal{Type: "NotLogged", Status: 404, Message: fmt.Sprintf("receipt %d is not in the log yet, try again in a second", sequence)})
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write(proofs[0].Bytes())
}
