package seal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

// An Endpoint is where the key server API is spoken: by a key server, a member
// of a committee or an aggregator. Answers are bounded; nothing is tried twice.
type Endpoint struct {
	URL string
	// HTTP sends the requests. nil means http.DefaultClient.
	HTTP *http.Client
	// Header is sent with every request: who asks ([HeaderSDKType],
	// [HeaderSDKVersion]), an API key.
	Header http.Header
	// Token goes with key requests, over https only: that of a service
	// account. "": none.
	Token string
	// CheckVersion judges the server's [HeaderServerVersion]. nil demands what
	// the npm client demands: 0.4.1 or later.
	CheckVersion func(string) error
	// MaxAnswer bounds an answer in bytes. 0 means 1 MiB: 100 keys and a
	// receipt are far below it.
	MaxAnswer int64
}

// maxAnswer is the default of Endpoint.MaxAnswer.
const maxAnswer = 1 << 20

// FetchKey sends the JSON of a [FetchKeyRequest], byte for byte. An answer that
// is no success is a [*ServerError].
func (e *Endpoint) FetchKey(ctx context.Context, body []byte) (*FetchKeyResponse, error) {
	out := new(FetchKeyResponse)
	with := *e
	if with.Header = e.Header.Clone(); with.Header == nil {
		with.Header = http.Header{}
	}
	if with.Header.Get(HeaderRequestID) == "" {
		with.Header.Set(HeaderRequestID, requestID(body))
	}
	if e.Token == "" {
		return out, with.call(ctx, "POST", "/v1/fetch_key", body, out)
	}
	if err := checkPrivate(e.URL); err != nil {
		return out, err
	}
	if e.Header.Get(HeaderToken) != "" {
		return out, fmt.Errorf("send token: the API key goes in its header, %s: have the operator choose another header", HeaderToken)
	}
	with.Header.Set(HeaderToken, "Bearer "+e.Token)
	return out, with.call(ctx, "POST", "/v1/fetch_key", body, out)
}

// requestID is what the JSON of a key request is called in the logs of all servers
// that get it: a UUID (RFC 9562, version 8) of its hash, so that it tells nothing.
func requestID(body []byte) string {
	h := sha256.Sum256(body)
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// Service asks for the proof that the server holds the key of an object.
func (e *Endpoint) Service(ctx context.Context, id sui.Address) (*ServiceResponse, error) {
	out := new(ServiceResponse)
	return out, e.call(ctx, "GET", fmt.Sprintf("/v1/service?service_id=0x%x", id[:]), nil, out)
}

// Address is where a path of the API is at a server whose URL the chain shows. Whoever
// registers a server chooses host and beginning of the path, and no more: a URL with a
// query or fragment, which would take the rest of the path, is refused.
func Address(server, path string) (string, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.ContainsAny(server, "?#") {
		return "", fmt.Errorf("the address %.200q is not that of a key server", server)
	}
	return strings.TrimRight(server, "/") + path, nil
}

// call sends one request and reads its JSON answer, of any status.
func (e *Endpoint) call(ctx context.Context, method, path string, body []byte, out any) error {
	to, err := Address(e.URL, path)
	if err != nil {
		return fmt.Errorf("build request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, to, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("build request: %w", err)
	}
	for name, values := range e.Header {
		req.Header[name] = values
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	client := e.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return plainTransportError(ctx, err)
	}
	defer res.Body.Close()
	return e.read(ctx, res, out)
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

func (e *Endpoint) read(ctx context.Context, res *http.Response, out any) error {
	most := e.MaxAnswer
	if most == 0 {
		most = maxAnswer
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	if err != nil {
		return fmt.Errorf("read answer: %w", plainTransportError(ctx, err))
	}
	if int64(len(b)) > most {
		return fmt.Errorf("read answer: %w: more than %d bytes", errNonsense, most)
	}
	if res.StatusCode != http.StatusOK {
		return refusal(res, b)
	}
	check := e.CheckVersion
	if check == nil {
		check = checkServerVersion
	}
	if err := check(res.Header.Get(HeaderServerVersion)); err != nil {
		return err
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("decode answer: %w: %w", errNonsense, err)
	}
	return nil
}

// errNonsense marks a success that can't be read. A server that is well does
// not send one.
var errNonsense = errors.New("the server does not speak the protocol")

func refusal(res *http.Response, body []byte) error {
	var e ErrorResponse
	out := &ServerError{Status: res.StatusCode, RetryAfter: retryAfter(res.Header)}
	if err := json.Unmarshal(body, &e); err != nil || e.Type == "" {
		text := strings.TrimSpace(string(body[:min(len(body), 200)]))
		out.Message = strconv.QuoteToGraphic(text)
		return out
	}
	out.Type, out.Message, out.Reason = tidy(e.Type), tidy(e.Message), e.Reason.tidy()
	out.Receipt, out.Opening, out.Members = e.Receipt, e.Opening, e.Members
	return out
}

// retryAfter reads the header of this name, in seconds, of a day at most; 0 if
// there is none.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.ParseUint(h.Get("Retry-After"), 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, 24*time.Hour)
}

// minServerVersion is the oldest key server that the protocol here speaks to.
var minServerVersion = [3]uint64{0, 4, 1}

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
