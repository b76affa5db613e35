package seal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

const (
	sdkVersion = "0.1.0"
	sdkType    = "go"
	// maxAnswer bounds a key server's answer: 100 keys and a receipt are far
	// below it.
	maxAnswer = 1 << 20
)

// minServerVersion is the oldest key server that the protocol here speaks to.
var minServerVersion = [3]uint64{0, 4, 1}

// A server is a configured key server of a Client.
type server struct {
	ServerConfig
	client *Client

	mu     sync.Mutex // held while the registration is read and verified
	loaded *KeyServer
}

// load returns the server's registration, reading and verifying it if that did
// not succeed yet.
func (s *server) load(ctx context.Context) (*KeyServer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded != nil {
		return s.loaded, nil
	}
	ks, err := LoadKeyServer(ctx, s.client.cfg.Chain, s.ID)
	if err != nil {
		return nil, err
	}
	switch {
	case ks.Committee != nil && s.AggregatorURL == "":
		return nil, fmt.Errorf("key server %s is a committee: set the URL of its aggregator", s.ID)
	case ks.Committee == nil && s.AggregatorURL != "":
		return nil, fmt.Errorf("key server %s is no committee: its URL is on chain, remove the aggregator's", s.ID)
	case ks.Committee != nil:
		ks.URL = s.AggregatorURL
	case s.client.cfg.VerifyServers:
		if err := s.verify(ctx, ks); err != nil {
			return nil, fmt.Errorf("verify key server %s at %s: %w", ks.Name, ks.URL, err)
		}
	}
	s.loaded = ks
	return ks, nil
}

// verify demands the proof that the server holds its registered key.
func (s *server) verify(ctx context.Context, ks *KeyServer) error {
	var answer ServiceResponse
	id := fmt.Sprintf("0x%x", ks.ID[:])
	if err := s.call(ctx, ks, "GET", "/v1/service?service_id="+id, nil, &answer); err != nil {
		return err
	}
	if answer.ServiceID != id {
		return fmt.Errorf("server answers for %q", answer.ServiceID)
	}
	return ks.PublicKey.VerifyPossession(answer.PoP, ks.ID)
}

// fetch asks for the keys and verifies each of them.
func (s *server) fetch(ctx context.Context, f *fetch) (fetched, error) {
	ks, err := s.load(ctx)
	if err != nil {
		return fetched{}, err
	}
	out := fetched{name: ks.Name, url: ks.URL, keys: map[string]UserKey{}}
	var answer FetchKeyResponse
	if err := s.call(ctx, ks, "POST", "/v1/fetch_key", f.request, &answer); err != nil {
		return out, err
	}
	out.receipt, out.opening = answer.Receipt, answer.Opening
	for _, want := range f.wanted {
		if _, ok := out.keys[string(want)]; ok {
			continue
		}
		k, err := openAnswer(f.transport, answer.Keys, want)
		if err == nil {
			err = k.Verify(want, ks.PublicKey)
		}
		if err != nil {
			return out, fmt.Errorf("key server sent no usable key: %w", err)
		}
		out.keys[string(want)] = k
	}
	return out, nil
}

func openAnswer(transport *TransportKey, keys []EncryptedKey, fullID []byte) (UserKey, error) {
	for _, k := range keys {
		if bytes.Equal(k.ID, fullID) {
			c, err := ParseEncryptedUserKey(k.EncryptedKey[0], k.EncryptedKey[1])
			if err != nil {
				return UserKey{}, err
			}
			return transport.Open(c)
		}
	}
	return UserKey{}, fmt.Errorf("identity %x is missing in the answer", fullID)
}

// call sends one request and reads its JSON answer, of any status.
func (s *server) call(ctx context.Context, ks *KeyServer, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.client.cfg.Timeout,
		fmt.Errorf("no answer within %v", s.client.cfg.Timeout))
	defer cancel()
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(ks.URL, "/")+path, body)
	if err != nil {
		return fmt.Errorf("build request: %w", err)
	}
	req.Header.Set(HeaderSDKVersion, sdkVersion)
	req.Header.Set(HeaderSDKType, sdkType)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if s.APIKeyName != "" {
		req.Header.Set(s.APIKeyName, s.APIKey)
	}
	res, err := s.client.cfg.HTTP.Do(req)
	if err != nil {
		return plainTransportError(ctx, err)
	}
	defer res.Body.Close()
	return readAnswer(res, out)
}

// plainTransportError drops the URL, which reports show beside the error, so
// that the same failure of several servers reads the same.
func plainTransportError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func readAnswer(res *http.Response, out any) error {
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if len(b) > maxAnswer {
		return fmt.Errorf("read answer: more than %d bytes", maxAnswer)
	}
	if res.StatusCode != http.StatusOK {
		return refusal(res.StatusCode, b)
	}
	if err := checkServerVersion(res.Header.Get(HeaderServerVersion)); err != nil {
		return err
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	return nil
}

func refusal(status int, body []byte) error {
	var e ErrorResponse
	if err := json.Unmarshal(body, &e); err != nil || e.Type == "" {
		text := strings.TrimSpace(string(body[:min(len(body), 200)]))
		return &ServerError{Status: status, Message: strconv.QuoteToGraphic(text)}
	}
	return &ServerError{Status: status, Type: e.Type, Message: e.Message, Reason: e.Reason, Receipt: e.Receipt, Opening: e.Opening}
}

// checkServerVersion demands x.y.z with plain numbers, as the npm client does.
func checkServerVersion(v string) error {
	parts := strings.Split(v, ".")
	if len(parts) != 3 {
		return fmt.Errorf("key server sends no valid %s (%q): is the URL that of a key server?", HeaderServerVersion, v)
	}
	var got [3]uint64
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 32)
		if err != nil {
			return fmt.Errorf("key server sends no valid %s (%q)", HeaderServerVersion, v)
		}
		got[i] = n
	}
	for i := range got {
		if got[i] != minServerVersion[i] {
			if got[i] < minServerVersion[i] {
				return fmt.Errorf("key server has version %s, want at least 0.4.1", v)
			}
			break
		}
	}
	return nil
}
