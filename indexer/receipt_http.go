package indexer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"

	"github.com/floe-data/floe/sdk/receipt"
)

// Bounds of answers, in bytes. A page of receipts that is larger is asked for again
// with fewer of them.
const (
	maxReceiptAnswer    = 8 << 20
	maxKeysAnswer       = 64 << 10
	maxCheckpointAnswer = 64 << 10
	maxHeaders          = 64 << 10
)

var (
	// errOrder says that receipts are not numbered as they were asked for.
	errOrder = errors.New("receipts are not what was asked for")
	// errLarge says that an answer is larger than is read.
	errLarge = errors.New("answer is too large")
)

type logEntry struct {
	Sequence uint64 `json:"seq"`
	JWT      string `json:"jwt"`
}

// page asks for the receipts after a number, none of them beyond last.
func (r *logReader) page(ctx context.Context, after, last int64) ([]logEntry, error) {
	for {
		limit := int(min(int64(r.limit), last-after))
		q := url.Values{"after": {fmt.Sprint(after)}, "limit": {fmt.Sprint(limit)}}
		raw, err := r.get(ctx, "/v1/receipts?"+q.Encode(), maxReceiptAnswer)
		if errors.Is(err, errLarge) && limit > 1 {
			r.limit = limit / 2
			continue
		}
		if err != nil {
			return nil, err
		}
		out, err := parsePage(raw, limit)
		if err != nil {
			return nil, fmt.Errorf("read receipts at %s: %w", r.url, err)
		}
		before := uint64(after)
		for _, e := range out {
			if e.Sequence <= before || e.Sequence > uint64(min(last, math.MaxInt64)) {
				return nil, fmt.Errorf("read receipts at %s: %w: number %d after %d, of %d", r.url, errOrder, e.Sequence, before, last)
			}
			before = e.Sequence
		}
		if len(raw) < maxReceiptAnswer/4 {
			r.limit = min(2*r.limit, receiptPage)
		}
		return out, nil
	}
}

// parsePage reads {"receipts": [{"seq": …, "jwt": …}, …], …} with at most limit of
// them, an entry at a time: what a server sends must not take more memory than it has
// bytes.
func parsePage(raw []byte, limit int) (out []logEntry, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if err := demand(d, json.Delim('{')); err != nil {
		return nil, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		if name != "receipts" {
			var skipped json.RawMessage
			if err := d.Decode(&skipped); err != nil {
				return nil, err
			}
			continue
		}
		if err := demand(d, json.Delim('[')); err != nil {
			return nil, err
		}
		for d.More() {
			var e logEntry
			if len(out) == limit {
				return nil, fmt.Errorf("%w: more than %d", errOrder, limit)
			}
			if err := d.Decode(&e); err != nil {
				return nil, err
			}
			out = append(out, e)
		}
		if err := demand(d, json.Delim(']')); err != nil {
			return nil, err
		}
	}
	return out, demand(d, json.Delim('}'))
}

func demand(d *json.Decoder, want json.Delim) error {
	t, err := d.Token()
	if err == nil && t != want {
		err = fmt.Errorf("%v where %v should be", t, want)
	}
	return err
}

func (r *logReader) fetchKeys(ctx context.Context) error {
	raw, err := r.get(ctx, "/.well-known/jwks.json", maxKeysAnswer)
	if err != nil {
		return err
	}
	keys, err := receipt.ParseKeySet(raw)
	if err != nil {
		return fmt.Errorf("read keys of %s: %w", r.url, err)
	}
	r.keys, r.fresh = keys, true
	return nil
}

// get reads from the log's server, at most so many bytes.
func (r *logReader) get(ctx context.Context, path string, most int64) ([]byte, error) {
	u, err := url.Parse(r.url)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("key server has no usable URL: %.200q", r.url)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(r.url, "/")+path, nil)
	if err != nil {
		return nil, err
	}
	res, err := r.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask key server: %w", err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	if err != nil {
		return nil, fmt.Errorf("ask key server %s: %w", r.url, err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask key server: %s%s answers %s", r.url, path, res.Status)
	}
	if int64(len(b)) > most {
		return nil, fmt.Errorf("ask key server: %s%s: %w: more than %d bytes", r.url, path, errLarge, most)
	}
	return b, nil
}

// brief is an error's text as rows and the status hold it: what servers say is in it.
func brief(err error) string {
	const most = 500
	s := printable(err.Error())
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
