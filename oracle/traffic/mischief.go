package traffic

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// A Corrupt is a member of a committee that does as it likes.
type Corrupt struct {
	Package sui.Address     // of the identities
	Honest  http.Handler    // the server that it should be
	Fooled  http.Handler    // its server, as it is when its node lies about the policy
	Share   *seal.MasterKey // its own
	Another *seal.MasterKey // of another corrupted member
	// WithAnother is its server with another's share, which writes receipts of that;
	// nil if there is none.
	WithAnother http.Handler
	Old         []byte // what it answered to another request
	OtherID     []byte // a full id that nobody asks for
}

// A Misdeed is something that a corrupted member does.
type Misdeed struct {
	Name   string
	Bad    bool // what it sends is no right share
	Forges bool // its receipt is not of this request
	Do     func(*Corrupt) http.Handler
}

// Misdeeds are those of members.
var Misdeeds = []Misdeed{
	{Name: "wrong share", Bad: true, Do: func(c *Corrupt) http.Handler {
		if c.WithAnother != nil {
			return c.give(c.WithAnother, c.Another, false)
		}
		return c.give(c.Honest, c.Another, true)
	}},
	{Name: "replays", Bad: true, Do: func(c *Corrupt) http.Handler { return answer(200, string(c.Old)) }},
	{Name: "nonsense", Bad: true, Do: func(*Corrupt) http.Handler { return answer(200, `{"decryption_keys":[{"id":`) }},
	{Name: "other identity", Bad: true, Do: changing(func(c *Corrupt, r *seal.FetchKeyResponse) {
		for i := range r.Keys {
			r.Keys[i].ID = c.OtherID
		}
	})},
	{Name: "swaps points", Bad: true, Do: changing(func(_ *Corrupt, r *seal.FetchKeyResponse) { swapPoints(r) })},
	{Name: "no share", Bad: true, Do: changing(func(_ *Corrupt, r *seal.FetchKeyResponse) { r.Keys = nil })},
	{Name: "a share too many", Bad: true, Do: changing(func(_ *Corrupt, r *seal.FetchKeyResponse) { r.Keys = append(r.Keys, r.Keys...) })},
	{Name: "gives to everybody", Do: func(c *Corrupt) http.Handler { return c.give(c.Honest, c.Share, false) }},
	{Name: "is told by its node that all may", Do: func(c *Corrupt) http.Handler { return c.Fooled }},
	{Name: "gives with a receipt of old", Forges: true, Do: changing(func(c *Corrupt, r *seal.FetchKeyResponse) {
		var old seal.FetchKeyResponse
		json.Unmarshal(c.Old, &old)
		r.Receipt, r.Opening = old.Receipt, old.Opening
	})},
	{Name: "refuses everybody", Do: func(*Corrupt) http.Handler { return answer(403, `{"error":"NoAccess","message":"Access denied: no"}`) }},
	{Name: "broken", Do: func(*Corrupt) http.Handler { return answer(500, "panic") }},
	{Name: "silent", Do: func(*Corrupt) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // or the server does not notice that the client goes
			<-r.Context().Done()
		})
	}},
}

// An AggregatorMisdeed makes something of an honest answer, with the status to
// send it with. old is the answer to another request.
type AggregatorMisdeed struct {
	Name   string
	Forges bool // receipts are not of who they seem to be of
	Do     func(old, r *seal.FetchKeyResponse) (status int)
}

// MadeUp is why an aggregator says that a member misbehaved that it did not ask.
const MadeUp = "made up"

// AggregatorMisdeeds are those of aggregators.
var AggregatorMisdeeds = []AggregatorMisdeed{
	{Name: "swaps points", Do: func(_, r *seal.FetchKeyResponse) int { swapPoints(r); return 200 }},
	{Name: "drops the keys", Do: func(_, r *seal.FetchKeyResponse) int { r.Keys = nil; return 200 }},
	{Name: "replays", Do: func(old, r *seal.FetchKeyResponse) int { *r = *old; return 200 }},
	{Name: "refuses", Do: func(_, r *seal.FetchKeyResponse) int { r.Keys = nil; return 403 }},
	{Name: "passes on a part", Do: func(_, r *seal.FetchKeyResponse) int { r.Keys = firstShares(r); return 200 }},
	{Name: "drops members", Do: func(_, r *seal.FetchKeyResponse) int { r.Members = nil; return 200 }},
	{Name: "hides one", Do: func(_, r *seal.FetchKeyResponse) int {
		for i, m := range r.Members {
			if m.Outcome == seal.OutcomeReleased {
				r.Members[i] = seal.MemberAnswer{Party: m.Party, Name: m.Name, Outcome: seal.OutcomeNotNeeded}
				break
			}
		}
		return 200
	}},
	{Name: "accuses the honest", Do: func(_, r *seal.FetchKeyResponse) int {
		for i := range r.Members {
			r.Members[i].Outcome = seal.OutcomeMisbehaved
		}
		return 200
	}},
	{Name: "makes up accusations", Do: func(old, r *seal.FetchKeyResponse) int {
		for i := range r.Members {
			if m := &r.Members[i]; m.Outcome == seal.OutcomeNotNeeded {
				m.Outcome, m.Detail, m.Shares = seal.OutcomeMisbehaved, MadeUp, old.Keys
			}
		}
		return 200
	}},
	{Name: "exchanges receipts", Forges: true, Do: func(_, r *seal.FetchKeyResponse) int {
		for i := 1; i < len(r.Members); i++ {
			a, b := &r.Members[i-1], &r.Members[i]
			a.Receipt, b.Receipt = b.Receipt, a.Receipt
		}
		return 200
	}},
	{Name: "forges receipts", Forges: true, Do: func(_, r *seal.FetchKeyResponse) int {
		for i := range r.Members {
			if parts := strings.Split(r.Members[i].Receipt, "."); len(parts) == 3 {
				r.Members[i].Receipt = parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2]))
			}
		}
		return 200
	}},
}

// A Judgement is what became of a committee member's answer.
type Judgement int

// The judgements.
const (
	Fair    Judgement = iota
	Blamed            // it was bad, and the member is named
	Unheard           // it was bad, and not needed any more
	Accused           // a hostile aggregator made it up, and could not prove it
)

// Judge demands of a client's report that who sent what is wrong is blamed, and
// nobody else.
func Judge(m seal.MemberReport, bad, hostileAggregator bool) (Judgement, error) {
	var blamed *seal.MisbehaviorError
	isBlamed := errors.As(m.Err, &blamed)
	switch {
	case isBlamed && blamed.Hearsay && hostileAggregator && blamed.Reason == MadeUp:
		return Accused, nil
	case isBlamed && (!bad || blamed.Party != m.Party):
		return Fair, fmt.Errorf("member %d is blamed: %w", m.Party, m.Err)
	case !bad:
		return Fair, nil
	case isBlamed:
		return Blamed, nil
	case errors.Is(m.Err, seal.ErrNotNeeded):
		return Unheard, nil
	}
	return Fair, fmt.Errorf("member %d sent what is wrong and is not blamed: %w", m.Party, m.Err)
}

func swapPoints(r *seal.FetchKeyResponse) {
	for i := range r.Keys {
		p := &r.Keys[i].EncryptedKey
		p[0], p[1] = p[1], p[0]
	}
}

func firstShares(r *seal.FetchKeyResponse) []seal.EncryptedKey {
	for _, m := range r.Members {
		if len(m.Shares) > 0 {
			return m.Shares
		}
	}
	return nil
}

// Record has a handler answer, and returns what it says.
func Record(h http.Handler, r *http.Request) (answer seal.FetchKeyResponse, status int) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	json.Unmarshal(w.Body.Bytes(), &answer)
	return answer, w.Code
}

// Send answers as key servers do.
func Send(w http.ResponseWriter, status int, r *seal.FetchKeyResponse) {
	w.Header().Set(seal.HeaderServerVersion, sealhttp.Version)
	sealhttp.WriteJSON(w, status, r)
}

func answer(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(seal.HeaderServerVersion, sealhttp.Version)
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

// changing is a member that gives to everybody, but changes what it gives.
func changing(change func(*Corrupt, *seal.FetchKeyResponse)) func(*Corrupt) http.Handler {
	return func(c *Corrupt) http.Handler {
		h := c.give(c.Honest, c.Share, false)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			out, _ := Record(h, r)
			change(c, &out)
			Send(w, 200, &out)
		})
	}
}

// give is a member that gives by a share to whoever asks, whatever the policy says.
// Whom the policy allows gets what the lawful server gives, with its receipt, unless
// always is set.
func (c *Corrupt) give(lawful http.Handler, share *seal.MasterKey, always bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		out, status := Record(lawful, r)
		req, ref := sealhttp.ParseRequest(body, "")
		if ref == nil && (always || status != 200) {
			keys, err := c.derive(req, share)
			if err != nil {
				panic(err)
			}
			out = seal.FetchKeyResponse{Keys: keys}
		}
		Send(w, 200, &out)
	})
}

func (c *Corrupt) derive(req *sealhttp.Request, share *seal.MasterKey) (out []seal.EncryptedKey, err error) {
	to, err := seal.ParseEncryptionKey(req.EncKey)
	if err != nil {
		return nil, err
	}
	for _, call := range req.Approval.Calls {
		id := seal.FullID(c.Package, call.ID)
		key, err := share.Extract(rand.Reader, id)
		if err != nil {
			return nil, err
		}
		sent, err := to.Encrypt(rand.Reader, key)
		if err != nil {
			return nil, err
		}
		c0, c1 := sent.Points()
		out = append(out, seal.EncryptedKey{ID: id, EncryptedKey: [2][]byte{c0, c1}})
	}
	return out, nil
}
