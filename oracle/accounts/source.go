package accounts

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"
)

const (
	// refreshEvery is after how long keys are read again, staleAfter until
	// when they are used if that fails.
	refreshEvery = 15 * time.Minute
	staleAfter   = 24 * time.Hour
	// retryAfter is how long nothing is read again after it was: tokens with
	// made-up key ids must not make us flood an issuer.
	retryAfter = 10 * time.Second
	// fetchTimeout bounds one reading, patience how long a request waits for
	// the first one: those that wait keep others from being worked on.
	fetchTimeout = 5 * time.Second
	patience     = time.Second
)

// A keySource has an issuer's keys. They are read again when they are old, or
// when a token names one that is not known: issuers rotate their keys.
type keySource struct {
	load func(ctx context.Context) ([]byte, error)
	deps Deps
	from string

	mu      sync.Mutex
	keys    []key
	read    time.Time     // when keys were read
	tried   time.Time     // when the last reading began
	reading chan struct{} // closed when the reading under way is over
	err     error         // of the last reading
}

func isURL(from string) bool {
	u, err := url.Parse(from)
	return err == nil && u.Scheme == "https" && u.Host != ""
}

// place names where keys come from, for the log: without what lets one read them.
func place(from string) string {
	if u, err := url.Parse(from); isURL(from) && err == nil {
		return u.Host
	}
	return from
}

func newKeySource(from string, deps Deps) *keySource {
	s := &keySource{deps: deps, from: from}
	if !isURL(from) {
		s.load = func(context.Context) ([]byte, error) { return readFile(from) }
		return s
	}
	client := http.Client{}
	if deps.HTTP != nil {
		client = *deps.HTTP
	}
	client.Timeout = fetchTimeout
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return errors.New("redirects are not followed") }
	s.load = func(ctx context.Context) ([]byte, error) { return fetch(ctx, &client, from) }
	return s
}

// find returns the key of a token. Without a key id there has to be one key
// only. A [*Refusal] says that no keys could be read, or that they are being
// read again because this one is not among them.
func (s *keySource) find(ctx context.Context, kid, alg string) (crypto.PublicKey, error) {
	k, reading, err := s.look(kid)
	if k.public == nil && reading != nil {
		if s.empty() {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			select {
			case <-reading:
			case <-ctx.Done():
			}
		}
		k, reading, err = s.look(kid) // it may be over by now
	}
	switch {
	case k.public == nil && reading != nil:
		return nil, unavailable(errors.New("they are being read"))
	case k.public == nil && err != nil:
		return nil, unavailable(err)
	case k.public == nil:
		return nil, errors.New("the issuer has no such key")
	case k.alg != alg:
		return nil, errors.New("the key is for another algorithm")
	}
	return k.public, nil
}

// look returns a known key, if it is not too old, the reading that is under way
// or has to be, and the error of the last one.
func (s *keySource) look(kid string) (k key, reading <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.deps.Now()
	k, known := choose(s.keys, kid)
	age, idle := now.Sub(s.read), now.Sub(s.tried)
	if known && age >= staleAfter {
		k = key{}
	}
	if (!known || age >= refreshEvery) && s.reading == nil && (idle >= retryAfter || idle < 0) {
		s.start(now)
	}
	return k, s.reading, s.err
}

// empty reports whether there are no keys, or only such that are too old.
func (s *keySource) empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read.IsZero() || s.deps.Now().Sub(s.read) >= staleAfter
}

// choose returns the key with an id; without an id, the only key.
func choose(keys []key, kid string) (key, bool) {
	for _, k := range keys {
		if kid == "" && len(keys) == 1 || kid != "" && k.id == kid {
			return k, true
		}
	}
	return key{}, false
}

// start reads the keys again, for all who wait. mu is held.
func (s *keySource) start(now time.Time) {
	done := make(chan struct{})
	s.reading, s.tried = done, now
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
		defer cancel()
		b, err := s.load(ctx)
		var keys []key
		if err == nil {
			keys, err = parseKeys(b)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.err = err; err == nil {
			s.keys, s.read = keys, now
		} else {
			s.deps.Log.Warn("the keys of an issuer of tokens can't be read", "from", place(s.from), "err", err)
		}
		s.reading = nil
		close(done)
	}()
}

func unavailable(err error) *Refusal {
	return &Refusal{Code: "token_keys_unavailable", Rule: "the keys of the token's issuer could not be read", Cause: err, Temporary: true,
		Remedy: "try again in some seconds; if it stays, tell the operator of the key server"}
}

func fetch(ctx context.Context, client *http.Client, from string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, fmt.Errorf("fetch keys: %w", err)
	}
	req.Header.Set("Accept", "application/json, application/jwk-set+json")
	res, err := client.Do(req)
	if err != nil {
		var withURL *url.Error // which may hold an API key
		if errors.As(err, &withURL) {
			err = withURL.Err
		}
		return nil, fmt.Errorf("fetch keys: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch keys: HTTP %d", res.StatusCode)
	}
	return io.ReadAll(io.LimitReader(res.Body, maxJWKS+1))
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxJWKS+1))
}
