package indexer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/floe-data/floe/indexer/store"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

const (
	receiptPage    = 500
	receiptTimeout = 15 * time.Second
	maxReceiptWait = 30 * time.Second
	// maxReceiptAnswer bounds one answer of a key server, in bytes.
	maxReceiptAnswer = 16 << 20
)

// receiptState is how reading one server's log goes, for the status.
type receiptState struct {
	lastOK time.Time
	err    error
}

// followReceipts gives every key server a reader of its own, as they register
// on chain. A server that is down or lies holds up nobody else.
func (x *Indexer) followReceipts(ctx context.Context, st *store.Store) {
	var wg sync.WaitGroup
	defer wg.Wait()
	reading := map[string]bool{}
	for {
		servers, err := st.KeyServers(ctx)
		if err != nil && ctx.Err() == nil {
			x.log.Debug("key servers are not known", "error", err)
		}
		for _, s := range servers {
			if s.URL != "" && !reading[s.ID] && x.wanted(s.ID) { // a committee has no log of its own: its members have
				reading[s.ID] = true
				wg.Go(func() { x.readLog(ctx, st, s.ID) })
			}
		}
		if sleep(ctx, x.cfg.ReceiptInterval) != nil {
			return
		}
	}
}

func (x *Indexer) wanted(id string) bool {
	return x.cfg.FollowRegistered || x.named(id)
}

func (x *Indexer) named(id string) bool {
	return slices.ContainsFunc(x.cfg.KeyServers, func(a sui.Address) bool { return a.String() == id })
}

// readLog reads one server's receipts until ctx ends.
func (x *Indexer) readLog(ctx context.Context, st *store.Store, id string) {
	r := &logReader{http: receiptClient(x.cfg.AllowPrivateURLs || x.named(id))}
	defer r.http.CloseIdleConnections()
	wait := x.cfg.ReceiptInterval
	failed := false
	for {
		more, err := x.readPage(ctx, st, r, id)
		if ctx.Err() != nil {
			return
		}
		x.mu.Lock()
		state := x.receipts[id]
		if state.err = err; err == nil {
			state.lastOK = x.now()
		}
		x.receipts[id] = state
		x.mu.Unlock()
		switch {
		case err != nil:
			if !failed {
				x.log.Warn("receipts cannot be read", "key_server", id, "error", err)
			}
			wait = min(2*wait, max(maxReceiptWait, x.cfg.ReceiptInterval))
		case more:
			wait = 0
		default:
			wait = x.cfg.ReceiptInterval
		}
		if failed && err == nil {
			x.log.Info("receipts can be read again", "key_server", id)
		}
		failed = err != nil
		if sleep(ctx, wait) != nil {
			return
		}
		wait = max(wait, x.cfg.ReceiptInterval)
	}
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// readPage reads the next receipts of a server and stores them.
func (x *Indexer) readPage(ctx context.Context, st *store.Store, r *logReader, id string) (more bool, err error) {
	servers, err := st.KeyServers(ctx)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(servers, func(s store.KeyServer) bool { return s.ID == id })
	if i < 0 {
		return false, fmt.Errorf("key server %s is gone from the index", id)
	}
	server := servers[i]
	page, err := r.page(ctx, server)
	if err != nil {
		return false, err
	}
	decisions, err := r.decide(ctx, server, page)
	if err != nil {
		return false, err
	}
	return len(page) == receiptPage, st.AddDecisions(ctx, server, decisions)
}

// logReader talks to one key server.
type logReader struct {
	http *http.Client
	keys *receipt.KeySet // nil until fetched
}

type logEntry struct {
	Sequence uint64 `json:"seq"`
	JWT      string `json:"jwt"`
}

// page asks for the receipts after the server's watermark.
func (r *logReader) page(ctx context.Context, s store.KeyServer) ([]logEntry, error) {
	var out struct {
		Receipts []logEntry `json:"receipts"`
	}
	if err := r.get(ctx, s.URL, "/v1/receipts?"+url.Values{"after": {fmt.Sprint(s.Sequence)}, "limit": {fmt.Sprint(receiptPage)}}.Encode(), &out); err != nil {
		return nil, err
	}
	after := uint64(s.Sequence)
	for _, e := range out.Receipts {
		if e.Sequence <= after || e.Sequence > math.MaxInt64 {
			return nil, fmt.Errorf("read receipts of %s: number %d after %d", s.URL, e.Sequence, after)
		}
		after = e.Sequence
	}
	return out.Receipts, nil
}

// decide verifies receipts and makes rows of them. A receipt that does not
// verify is a row too, with the reason.
func (r *logReader) decide(ctx context.Context, s store.KeyServer, page []logEntry) ([]store.Decision, error) {
	issuer, err := sui.ParseAddress(s.ID)
	if err != nil {
		return nil, err
	}
	sequence, hash := uint64(s.Sequence), s.Hash
	var out []store.Decision
	fetched := false
	for _, e := range page {
		if r.keys == nil {
			if err := r.fetchKeys(ctx, s); err != nil {
				return nil, err
			}
			fetched = true
		}
		rec, err := receipt.Verify(e.JWT, r.keys, issuer)
		if err != nil && !fetched { // the server may have a new key
			if err := r.fetchKeys(ctx, s); err != nil {
				return nil, err
			}
			fetched = true
			rec, err = receipt.Verify(e.JWT, r.keys, issuer)
		}
		if err == nil {
			err = follows(rec, e.Sequence, sequence, hash)
		}
		d := decision(e, rec, err)
		out = append(out, d)
		sequence, hash = e.Sequence, d.Hash
	}
	return out, nil
}

// follows checks a receipt's place in the log.
func follows(r *receipt.Receipt, sequence, lastSequence uint64, lastHash string) error {
	switch {
	case r.Sequence != sequence:
		return fmt.Errorf("receipt numbers itself %d, the log has it at %d", r.Sequence, sequence)
	case sequence != lastSequence+1:
		return fmt.Errorf("receipts %d to %d are missing from the log", lastSequence+1, sequence-1)
	case lastHash == "" && r.Previous != nil, lastHash != "" && (r.Previous == nil || r.Previous.String() != lastHash):
		return errors.New("receipt names another receipt before it: the log was changed")
	}
	return nil
}

// decision makes the row of a receipt; bad says why it does not verify.
func decision(e logEntry, r *receipt.Receipt, bad error) store.Decision {
	d := store.Decision{Sequence: int64(e.Sequence), JWT: printable(e.JWT), Hash: receipt.HashOf(e.JWT).String(), Decision: "unreadable"}
	if bad != nil {
		d.Problem = printable(bad.Error())
	}
	if r == nil {
		var err error
		if r, err = receipt.Parse(e.JWT); err != nil {
			return d
		}
	}
	if r.Decision != receipt.Release && r.Decision != receipt.Refuse {
		return d
	}
	d.Decision, d.KeyID = string(r.Decision), printable(r.KeyID)
	if r.TimeMS >= 0 && r.TimeMS <= maxTimeMS {
		t := time.UnixMilli(r.TimeMS).UTC()
		d.DecidedAt = &t
	} else if d.Problem == "" {
		d.Problem = "time is out of range"
	}
	if c := r.Checkpoint; c != nil && c.Sequence <= math.MaxInt64 {
		n := int64(c.Sequence)
		d.Checkpoint = &n
	}
	if r.Reason != nil {
		d.Reason, d.Rule = printable(r.Reason.Code), printable(r.Reason.Rule)
	}
	d.PackageID, d.RequestHash, d.RequesterCommitment = r.Package.ID.String(), r.RequestHash.String(), r.RequesterCommitment.String()
	d.Previous = text(r.Previous)
	for _, p := range r.Policies {
		d.Policies = append(d.Policies, store.DecisionPolicy{ID: p.ID.String(), Sequence: int64(min(p.Sequence, math.MaxInt64)), Previous: text(p.Previous)})
	}
	return d
}

// maxTimeMS is the end of the year 9999.
const maxTimeMS = 253402300799999

func text(h *receipt.Hash) string {
	if h == nil {
		return ""
	}
	return h.String()
}

// printable is s as PostgreSQL can hold it: UTF-8 without NUL.
func printable(s string) string {
	if utf8.ValidString(s) && !strings.ContainsRune(s, 0) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func (r *logReader) fetchKeys(ctx context.Context, s store.KeyServer) error {
	var raw json.RawMessage
	if err := r.get(ctx, s.URL, "/.well-known/jwks.json", &raw); err != nil {
		return err
	}
	keys, err := receipt.ParseKeySet(raw)
	if err != nil {
		return fmt.Errorf("read keys of %s: %w", s.URL, err)
	}
	r.keys = keys
	return nil
}

// get reads JSON from a key server.
func (r *logReader) get(ctx context.Context, base, path string, out any) error {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("key server has no usable URL: %q", base)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(base, "/")+path, nil)
	if err != nil {
		return err
	}
	res, err := r.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask key server: %w", err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxReceiptAnswer+1))
	if err != nil {
		return fmt.Errorf("ask key server %s: %w", base, err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("ask key server: %s%s answers %s", base, path, res.Status)
	}
	if len(b) > maxReceiptAnswer {
		return fmt.Errorf("ask key server: %s%s answers more than %d bytes", base, path, maxReceiptAnswer)
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("ask key server: %s%s: %w", base, path, err)
	}
	return nil
}
