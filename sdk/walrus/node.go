package walrus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// maxJSON bounds a node's JSON answer in bytes.
const maxJSON = 64 << 10

// A NodeClient calls the HTTP API of one storage node. It retries nothing and
// trusts nothing: [Client] does both.
type NodeClient struct {
	base string
	http *http.Client
	n    int // shards of the committee
}

// NewNodeClient returns a client of the node at baseURL, such as
// https://node.example:9185, in a network of nShards shards. A nil client is
// http.DefaultClient. Redirects are not followed: a node must not make its
// clients call others.
func NewNodeClient(baseURL string, nShards int, client *http.Client) (*NodeClient, error) {
	u, err := url.Parse(baseURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("connect to storage node: %q is not an http or https URL", baseURL)
	}
	if client == nil {
		client = http.DefaultClient
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &NodeClient{base: strings.TrimRight(baseURL, "/"), http: &own, n: nShards}, nil
}

// PutMetadata stores a blob's metadata, which must be registered on chain.
func (c *NodeClient) PutMetadata(ctx context.Context, id BlobID, m *Metadata) error {
	return c.put(ctx, blobPath(id, "metadata"), bcs.Marshal(m))
}

// Metadata returns a blob's metadata after comparing it with the id.
func (c *NodeClient) Metadata(ctx context.Context, id BlobID) (*Metadata, error) {
	b, err := c.get(ctx, blobPath(id, "metadata"), 32+MaxMetadataSize(c.n))
	if err != nil {
		return nil, err
	}
	var m MetadataWithID
	if err := bcs.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	if err := m.Metadata.Verify(id, c.n); err != nil {
		return nil, err
	}
	return &m.Metadata, nil
}

// MetadataStatus returns StatusNonexistent, StatusBuffered or StatusStored.
func (c *NodeClient) MetadataStatus(ctx context.Context, id BlobID) (string, error) {
	var s string
	err := c.getJSON(ctx, blobPath(id, "metadata", "status"), &s)
	return s, err
}

// PutSliver stores the sliver of a pair.
func (c *NodeClient) PutSliver(ctx context.Context, id BlobID, pair int, s *Sliver) error {
	return c.put(ctx, sliverPath(id, pair, s.Axis), bcs.Marshal(s))
}

// Sliver returns the sliver of a pair, verified against m.
func (c *NodeClient) Sliver(ctx context.Context, id BlobID, m *Metadata, pair int, a Axis) (*Sliver, error) {
	p, err := m.Params()
	if err != nil {
		return nil, err
	}
	size, err := p.SliverSize(a, m.Size)
	if err != nil {
		return nil, err
	}
	b, err := c.get(ctx, sliverPath(id, pair, a), size+16)
	if err != nil {
		return nil, err
	}
	s := &Sliver{Axis: a}
	if err := bcs.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadSliver, err)
	}
	if want := p.SliverIndex(a, pair); s.Index != want {
		return nil, fmt.Errorf("%w: node sent %s sliver %d for %d", ErrBadSliver, a, s.Index, want)
	}
	if err := m.VerifySliver(s); err != nil {
		return nil, err
	}
	return s, nil
}

// SliverStatus returns StatusNonexistent, StatusBuffered or StatusStored.
func (c *NodeClient) SliverStatus(ctx context.Context, id BlobID, pair int, a Axis) (string, error) {
	var s string
	err := c.getJSON(ctx, sliverPath(id, pair, a)+"/status", &s)
	return s, err
}

// Confirmation asks the node to sign that it stores all its slivers of the
// blob. The caller verifies it.
func (c *NodeClient) Confirmation(ctx context.Context, id BlobID, deletable *sui.Address) (*SignedConfirmation, error) {
	path := blobPath(id, "confirmation", "permanent")
	if deletable != nil {
		path = blobPath(id, "confirmation", "deletable", deletable.String())
	}
	var answer struct{ Signed *SignedConfirmation }
	if err := c.getJSON(ctx, path, &answer); err != nil {
		return nil, err
	}
	if answer.Signed == nil {
		return nil, errors.New("node answered without a signed confirmation")
	}
	return answer.Signed, nil
}

// BlobStatus returns what the node knows of the blob from the chain.
func (c *NodeClient) BlobStatus(ctx context.Context, id BlobID) (BlobStatus, error) {
	var s BlobStatus
	err := c.getJSON(ctx, blobPath(id, "status"), &s)
	return s, err
}

// Health asks whether the node is up.
func (c *NodeClient) Health(ctx context.Context) error {
	var any json.RawMessage
	return c.getJSON(ctx, "/v1/health", &any)
}

func blobPath(id BlobID, parts ...string) string {
	return "/v1/blobs/" + id.String() + "/" + strings.Join(parts, "/")
}

func sliverPath(id BlobID, pair int, a Axis) string {
	return blobPath(id, "slivers", fmt.Sprint(pair), a.String())
}

func (c *NodeClient) put(ctx context.Context, path string, body []byte) error {
	_, err := c.do(ctx, http.MethodPut, path, body, maxJSON)
	return err
}

func (c *NodeClient) get(ctx context.Context, path string, limit int) ([]byte, error) {
	return c.do(ctx, http.MethodGet, path, nil, limit)
}

func (c *NodeClient) getJSON(ctx context.Context, path string, out any) error {
	b, err := c.do(ctx, http.MethodGet, path, nil, maxJSON)
	if err != nil {
		return err
	}
	var env successEnvelope
	if err := json.Unmarshal(b, &env); err != nil || len(env.Success.Data) == 0 {
		return fmt.Errorf("node answered %s without the JSON envelope of Walrus", path)
	}
	if err := json.Unmarshal(env.Success.Data, out); err != nil {
		return fmt.Errorf("parse answer to %s: %w", path, err)
	}
	return nil
}

// do sends a request and returns the body of a success, at most limit bytes.
func (c *NodeClient) do(ctx context.Context, method, path string, body []byte, limit int) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("call storage node: %w", err)
	}
	if method == http.MethodPut {
		req.Header.Set("Content-Type", "application/octet-stream")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, transport(err)
	}
	defer res.Body.Close()
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return nil, readNodeError(res)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, int64(limit)+1))
	if err != nil {
		return nil, transport(err)
	}
	if len(b) > limit {
		return nil, fmt.Errorf("storage node sent more than %d bytes for %s", limit, path)
	}
	return b, nil
}

// readNodeError reads a refusal; the HTTP status counts, not the one in the
// body.
func readNodeError(res *http.Response) error {
	b, _ := io.ReadAll(io.LimitReader(res.Body, maxJSON))
	e := new(NodeError)
	if json.Unmarshal(b, e) != nil {
		text := strings.TrimSpace(strings.ToValidUTF8(string(b[:min(len(b), 200)]), "?"))
		e = &NodeError{Message: fmt.Sprintf("%s %s", http.StatusText(res.StatusCode), text)}
	}
	e.Code = res.StatusCode
	return e
}

// A transportError says that a node could not be asked, or its answer not be
// read to the end.
type transportError struct{ err error }

func (e *transportError) Error() string { return "unreachable: " + e.err.Error() }
func (e *transportError) Unwrap() error { return e.err }

// transport wraps an error of net/http, without the URL that it repeats.
func transport(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return &transportError{err}
}

// unreachable reports whether err says nothing about the request, but that
// the node could not be asked.
func unreachable(err error) bool {
	var t *transportError
	return errors.As(err, &t)
}

// transient reports whether a request may succeed when sent again.
func transient(err error) bool {
	var refused *NodeError
	var late *timeoutError
	return unreachable(err) && !errors.As(err, &late) || errors.As(err, &refused) && refused.Transient()
}

// hasReason reports whether a node refused for the reason.
func hasReason(err error, reason string) bool {
	var refused *NodeError
	return errors.As(err, &refused) && refused.Reason == reason
}
