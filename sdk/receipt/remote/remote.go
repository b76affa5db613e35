// Package remote reads receipts, proofs and logs of key servers over HTTP.
// Nothing of what it returns is believed until packages receipt and logproof
// have checked it; [Server.Policy] and [Server.Audit] do.
package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// ErrNotLogged says that a receipt is not in the log, or not yet.
var ErrNotLogged = errors.New("the receipt is not in the log yet")

// ErrDenied says that a key server does not know a receipt. If it signed the
// receipt, its journal was lost or put aside, or it shows somebody another one.
var ErrDenied = errors.New("the key server denies the receipt")

// maxAnswer bounds an answer: the largest is an evidence file.
const maxAnswer = evidence.MaxBundle

// A Server is a key server to be asked.
type Server struct {
	ID   sui.Address // KeyServer object
	Name string
	URL  string
	HTTP *http.Client // nil means http.DefaultClient
}

// Keys returns the keys that the server publishes, and the JWKS.
func (s *Server) Keys(ctx context.Context) (*receipt.KeySet, []byte, error) {
	b, err := s.call(ctx, "GET", "/.well-known/jwks.json", "", nil)
	if err != nil {
		return nil, nil, err
	}
	keys, err := receipt.ParseKeySet(b)
	return keys, b, err
}

// Proof returns the proof that a receipt, by its number, is in the log.
func (s *Server) Proof(ctx context.Context, sequence uint64) (*logproof.Proof, error) {
	b, err := s.call(ctx, "GET", fmt.Sprintf("/v1/receipts/%d/proof", sequence), "", nil)
	var refused *answerError
	if errors.As(err, &refused) && refused.Type == "NotLogged" {
		return nil, fmt.Errorf("%w: %s: %s", ErrNotLogged, s.label(), refused.Message)
	}
	if errors.As(err, &refused) && refused.Type == "NotFound" {
		return nil, fmt.Errorf("%w: %s: %s", ErrDenied, s.label(), refused.Message)
	}
	if err != nil {
		return nil, err
	}
	return logproof.ParseProof(b)
}

// Evidence returns the evidence file of a receipt, by its number. The token is of
// the requester, or of the owner of a policy that was asked. ErrNoEvidence of
// package evidence says that the server has none, a PrunedError that it had.
func (s *Server) Evidence(ctx context.Context, token string, sequence uint64) (*evidence.Bundle, error) {
	b, err := s.call(ctx, "GET", fmt.Sprintf("/v1/receipts/%d/evidence", sequence), token, nil)
	var refused *answerError
	if errors.As(err, &refused) && refused.Type == "NoEvidence" {
		return nil, fmt.Errorf("%w: %s: %s", evidence.ErrNoEvidence, s.label(), refused.Message)
	}
	if errors.As(err, &refused) && refused.Type == receipt.PrunedType {
		var p receipt.PrunedAnswer
		if err := json.Unmarshal(refused.body, &p); err != nil {
			return nil, fmt.Errorf("read evidence of %s: %w", s.label(), err)
		}
		return nil, &PrunedError{p.Statement}
	}
	if err != nil {
		return nil, err
	}
	return evidence.ParseBundle(b)
}

// Checkpoint returns the log's newest checkpoint.
func (s *Server) Checkpoint(ctx context.Context) ([]byte, error) {
	return s.call(ctx, "GET", "/checkpoint", "", nil)
}

// Log returns which log the server says it has, and where it is anchored.
func (s *Server) Log(ctx context.Context) (info receipt.LogInfo, err error) {
	b, err := s.call(ctx, "GET", "/v1/log", "", nil)
	if err != nil {
		return info, err
	}
	if err := json.Unmarshal(b, &info); err != nil {
		return info, fmt.Errorf("read log of %s: %w", s.label(), err)
	}
	return info, nil
}

// Tile is a [logproof.TileFetcher].
func (s *Server) Tile(ctx context.Context, path string) ([]byte, error) {
	return s.call(ctx, "GET", "/"+path, "", nil)
}

// page is a page of /v1/receipts.
type page struct {
	Receipts []struct {
		JWT string `json:"jwt"`
	} `json:"receipts"`
}

const pageSize = 1000

// receipts returns the first n receipts of the log.
func (s *Server) receipts(ctx context.Context, n uint64) ([]string, error) {
	var out []string
	for uint64(len(out)) < n {
		b, err := s.call(ctx, "GET", fmt.Sprintf("/v1/receipts?after=%d&limit=%d", len(out), min(pageSize, n-uint64(len(out)))), "", nil)
		if err != nil {
			return nil, err
		}
		var p page
		if err := json.Unmarshal(b, &p); err != nil {
			return nil, fmt.Errorf("read receipts of %s: %w", s.label(), err)
		}
		if len(p.Receipts) == 0 {
			return nil, fmt.Errorf("read receipts of %s: it shows %d, its log has %d", s.label(), len(out), n)
		}
		for _, r := range p.Receipts {
			out = append(out, r.JWT)
		}
	}
	return out[:n], nil
}

func (s *Server) label() string {
	if s.Name != "" {
		return s.Name
	}
	return s.URL
}

// A PrunedError says that a server states to have removed evidence because of its
// age. Whether it signed that, and about this receipt, receipt.VerifyPruned tells.
type PrunedError struct{ Statement string }

func (e *PrunedError) Error() string {
	return "the key server says that it removed the evidence because of its age"
}

// answerError is an answer other than 200.
type answerError struct {
	server string
	status int
	body   []byte
	seal.ErrorResponse
}

func (e *answerError) Error() string {
	return fmt.Sprintf("ask %s: HTTP %d: %s", e.server, e.status, e.Message)
}

// call sends one request and returns the body of a good answer.
func (s *Server) call(ctx context.Context, method, path, token string, body any) ([]byte, error) {
	var send io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("ask %s: %w", s.label(), err)
		}
		send = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(s.URL, "/")+path, send)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", s.label(), err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := s.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", s.label(), err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("ask %s: read answer: %w", s.label(), err)
	}
	if len(b) > maxAnswer {
		return nil, fmt.Errorf("ask %s: answer of more than %d bytes", s.label(), maxAnswer)
	}
	if res.StatusCode != http.StatusOK {
		e := &answerError{server: s.label(), status: res.StatusCode, body: b}
		if json.Unmarshal(b, &e.ErrorResponse) != nil || e.Message == "" {
			e.Message = fmt.Sprintf("%q", b[:min(len(b), 200)])
		}
		return nil, e
	}
	return b, nil
}
