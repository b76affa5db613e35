// Package suirpc is the client of a Sui full node: it speaks gRPC sui.rpc.v2
// and nothing else, so that one code path serves the devnet, testnet and
// mainnet.
//
// Start with [Dial]; read with [Client.Object] and its neighbours, follow the
// chain with [Client.Follow], and change it with [Client.Send], which takes a
// [sui.Builder] all the way to a final transaction. Values are fetched as BCS
// and decoded by package sui, so that what is checked is what was hashed and
// signed. When only types and bytes are wanted, without a network, use
// package sui.
package suirpc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/floe-data/floe/sdk/sui"
)

const (
	// maxMessage bounds one answer. Sui caps a checkpoint at 30 MiB of BCS,
	// and full-checkpoint messages of 90 MB have been seen on mainnet.
	maxMessage = 128 << 20
	// streamWindow and connWindow let one checkpoint be in flight whole.
	streamWindow, connWindow = 8 << 20, 16 << 20
	// readAttempts is how often an idempotent call is tried in all.
	readAttempts = 4
	// readTimeout and executeTimeout bound one attempt.
	readTimeout, executeTimeout = 30 * time.Second, 60 * time.Second
)

var (
	// reconnect: a node that is back is found within seconds. gRPC's own pauses
	// grow to two minutes.
	reconnect = grpc.ConnectParams{Backoff: backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 3 * time.Second},
		MinConnectTimeout: 5 * time.Second}
	// alive: a connection that swallows what is sent is found within half a minute,
	// while a call is under way. Servers that do not want such pings without data
	// end the connection, which is opened again.
	alive = keepalive.ClientParameters{Time: 20 * time.Second, Timeout: 10 * time.Second}
)

// A Client talks to one full node. It is safe for concurrent use.
type Client struct {
	url   string
	conn  *grpc.ClientConn
	retry retry
	quiet time.Duration // silence after which a follower asks for the tip

	ledger   pb.LedgerServiceClient
	state    pb.StateServiceClient
	execute  pb.TransactionExecutionServiceClient
	packages pb.MovePackageServiceClient
	stream   pb.SubscriptionServiceClient
	verify   pb.SignatureVerificationServiceClient

	mu        sync.Mutex                      // guards the maps
	functions map[functionKey][]parameter     // a cache: published code never changes
	senders   map[sui.Address](chan struct{}) // one turn at a time per signer
}

// An Option changes how Dial sets up the Client.
type Option func(*settings)

type settings struct {
	retry   retry
	quiet   time.Duration
	header  []string // name and value
	observe func(method string, start time.Time, err error)
}

// retry says how an idempotent call is repeated.
type retry struct {
	attempts         int           // in all
	backoff, maximum time.Duration // first and longest pause
}

// pause is that after the given attempt.
func (r retry) pause(attempt int) time.Duration {
	return min(r.backoff<<min(attempt-1, 20), max(r.maximum, r.backoff))
}

// WithHeader sends a header with each call, such as the key of a provider.
func WithHeader(name, value string) Option {
	return func(s *settings) { s.header = append(s.header, name, value) }
}

// WithAttempts sets how often an idempotent call is tried in all (4 unless
// told).
func WithAttempts(n int) Option { return func(s *settings) { s.retry.attempts = n } }

// WithMaxBackoff bounds the pause between attempts (10 s unless told).
func WithMaxBackoff(d time.Duration) Option { return func(s *settings) { s.retry.maximum = d } }

// WithObserver has f called after each attempt of a call, with the method's
// name without its service, such as GetObject, and the gRPC error. Streams are
// not observed.
func WithObserver(f func(method string, start time.Time, err error)) Option {
	return func(s *settings) { s.observe = f }
}

// WithBackoff sets the first pause between attempts (200 ms unless told). It
// doubles with each attempt, with jitter.
func WithBackoff(d time.Duration) Option { return func(s *settings) { s.retry.backoff = d } }

// WithQuiet sets how long a subscription may be silent before the follower
// asks for the tip instead (2 s unless told).
func WithQuiet(d time.Duration) Option { return func(s *settings) { s.quiet = d } }

// Dial prepares a Client for the full node at rawURL: "https://host[:443]"
// uses TLS, "http://host[:80]" is plaintext HTTP/2 for a node on this machine
// or a private network. Dial does no I/O: a node that is down shows in the
// first call, as an error that wraps [ErrUnreachable] and names the URL.
func Dial(_ context.Context, rawURL string, opts ...Option) (*Client, error) {
	target, creds, err := parseURL(rawURL)
	if err != nil {
		return nil, err
	}
	s := settings{retry: retry{attempts: readAttempts, backoff: 200 * time.Millisecond, maximum: 10 * time.Second}, quiet: 2 * time.Second}
	for _, o := range opts {
		o(&s)
	}
	conn, err := grpc.NewClient(target,
		grpc.WithTransportCredentials(creds),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
		grpc.WithInitialWindowSize(streamWindow),
		grpc.WithInitialConnWindowSize(connWindow),
		grpc.WithUserAgent("floe"),
		grpc.WithConnectParams(reconnect),
		grpc.WithKeepaliveParams(alive),
		grpc.WithChainUnaryInterceptor(s.interceptors()...),
		grpc.WithChainStreamInterceptor(s.streamHeader),
	)
	if err != nil {
		return nil, fmt.Errorf("dial Sui node %s: %w", rawURL, err)
	}
	return &Client{
		url: rawURL, conn: conn, retry: s.retry, quiet: s.quiet,
		ledger:    pb.NewLedgerServiceClient(conn),
		state:     pb.NewStateServiceClient(conn),
		execute:   pb.NewTransactionExecutionServiceClient(conn),
		packages:  pb.NewMovePackageServiceClient(conn),
		stream:    pb.NewSubscriptionServiceClient(conn),
		verify:    pb.NewSignatureVerificationServiceClient(conn),
		functions: map[functionKey][]parameter{},
		senders:   map[sui.Address](chan struct{}){},
	}, nil
}

func (s *settings) streamHeader(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return open(metadata.AppendToOutgoingContext(ctx, s.header...), desc, cc, method, opts...)
}

func (s *settings) interceptors() []grpc.UnaryClientInterceptor {
	header := func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		return invoke(metadata.AppendToOutgoingContext(ctx, s.header...), method, req, reply, cc, opts...)
	}
	if s.observe == nil {
		return []grpc.UnaryClientInterceptor{header}
	}
	return []grpc.UnaryClientInterceptor{func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		start := time.Now()
		err := invoke(ctx, method, req, reply, cc, opts...)
		s.observe(method[strings.LastIndexByte(method, '/')+1:], start, err)
		return err
	}, header}
}

// URL returns the address that the Client was dialled with.
func (c *Client) URL() string { return c.url }

// Conn is the connection, for services that have a client of their own, as package
// lightclient.
func (c *Client) Conn() grpc.ClientConnInterface { return c.conn }

// Close drops the connection; running calls end with an error.
func (c *Client) Close() error { return c.conn.Close() }

func parseURL(raw string) (target string, creds credentials.TransportCredentials, err error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", nil, errors.New("parse Sui node URL: it is none: want http://host:port or https://host")
	}
	if u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		// What follows the host may be a provider's key.
		return "", nil, fmt.Errorf("parse Sui node URL of host %q: want http://host:port or https://host, without a path: gRPC has none", u.Host)
	}
	port := u.Port()
	switch u.Scheme {
	case "https":
		creds = credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
		port = orDefault(port, "443")
	case "http":
		creds = insecure.NewCredentials()
		port = orDefault(port, "80")
	default:
		return "", nil, fmt.Errorf("parse Sui node URL of host %q: scheme must be http or https", u.Host)
	}
	return "dns:///" + net.JoinHostPort(u.Hostname(), port), creds, nil
}

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// read makes an idempotent call: each attempt has its own deadline, and an
// attempt that failed for the moment is repeated.
func read[Req, Res any](ctx context.Context, c *Client, what string, call func(context.Context, Req, ...grpc.CallOption) (Res, error), req Req) (Res, error) {
	var res Res
	for attempt := 1; ; attempt++ {
		actx, cancel := context.WithTimeout(ctx, readTimeout)
		var err error
		res, err = call(actx, req)
		cancel()
		if err == nil {
			return res, nil
		}
		if ctx.Err() != nil {
			return res, fmt.Errorf("%s: %w", what, context.Cause(ctx))
		}
		if attempt >= c.retry.attempts || !transient(err) {
			return res, c.explain(what, err)
		}
		if pause(ctx, c.retry.pause(attempt)) != nil {
			return res, c.explain(what, err)
		}
	}
}

// once makes a call that must not be repeated blindly.
func once[Req, Res any](ctx context.Context, c *Client, what string, call func(context.Context, Req, ...grpc.CallOption) (Res, error), req Req) (Res, error) {
	actx, cancel := context.WithTimeout(ctx, executeTimeout)
	defer cancel()
	res, err := call(actx, req)
	if err != nil {
		return res, c.explain(what, err)
	}
	return res, nil
}

// transient reports whether an attempt failed for the moment: the codes are
// those that Seal's key server repeats calls for. An answer that is too large
// for this client will be so again.
func transient(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Aborted:
		return true
	case codes.ResourceExhausted:
		return !strings.Contains(err.Error(), "larger than max")
	}
	return false
}

// pause sleeps for d, give or take a quarter, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	d += time.Duration((rand.Float64() - 0.5) / 2 * float64(d))
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// Errors that callers decide on; they come wrapped.
var (
	// ErrNotFound says that the chain has no such object, transaction,
	// checkpoint or package, or that it is deleted or pruned.
	ErrNotFound = errors.New("not found on chain")
	// ErrPruned says that the node no longer keeps that far back.
	ErrPruned = errors.New("pruned by this node")
	// ErrInvalid says that the node answered with bytes that cannot be decoded
	// or do not have the digest that they must have.
	ErrInvalid = errors.New("invalid answer from the node")
	// ErrUnreachable says that the node gave no answer.
	ErrUnreachable = errors.New("Sui node unreachable")
	// ErrUnsupported says that the node does not serve this method.
	ErrUnsupported = errors.New("not served by this node")
	// ErrRejected says that the node refused the request as malformed or, for
	// a transaction, before execution.
	ErrRejected = errors.New("rejected by the node")
)

// explain turns a gRPC status into an error that says what to do. The status
// stays reachable with errors.As.
func (c *Client) explain(what string, err error) error {
	st, _ := status.FromError(err)
	switch st.Code() {
	case codes.NotFound:
		return fmt.Errorf("%s: %w (%s)", what, ErrNotFound, st.Message())
	case codes.Unavailable, codes.DeadlineExceeded:
		return fmt.Errorf("%s: %w at %s (%s); check that the node is running and that the URL is right, "+
			"for the devnet start it with `floe-devnet`", what, ErrUnreachable, c.url, st.Message())
	case codes.Unimplemented:
		return fmt.Errorf("%s: %w: %s (%s)", what, ErrUnsupported, c.url, st.Message())
	case codes.InvalidArgument, codes.FailedPrecondition, codes.Aborted:
		return fmt.Errorf("%s: %w: %w", what, ErrRejected, err)
	case codes.ResourceExhausted:
		return fmt.Errorf("%s: %s limits its callers or the answer exceeds %d MiB, try again later or use another node: %w",
			what, c.url, maxMessage>>20, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// invalid marks an answer that does not hold up.
func invalid(what string, err error) error {
	return fmt.Errorf("%s: %w: %w", what, ErrInvalid, err)
}
