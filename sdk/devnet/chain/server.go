package chain

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/connect"
	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"github.com/rs/cors"
	"google.golang.org/protobuf/types/known/emptypb"
)

const (
	// maxRequestBytes bounds one request message. A transaction has at most
	// 128 KiB; a batch of ids or a proto form of a publish needs more.
	maxRequestBytes = 4 << 20
	// shutdownGrace is how long Serve lets requests finish.
	shutdownGrace = 2 * time.Second
)

// Handler serves sui.rpc.v2 as native gRPC (HTTP/2 without TLS), gRPC-web and
// gRPC-web-text. Serve it with both HTTP/1 and unencrypted HTTP/2 enabled, as
// [Chain.Serve] does. A method that the chain does not have answers
// UNIMPLEMENTED with its name. GET [SnapshotPath] answers with a snapshot.
func (c *Chain) Handler() http.Handler {
	mux := http.NewServeMux()
	opts := connect.WithHandlerOptions(
		connect.WithReadMaxBytes(maxRequestBytes),
		connect.WithRecover(c.recovered),
	)
	c.registerLedger(mux, opts)
	c.registerQueries(mux, opts)
	c.registerForking(mux, opts)
	c.registerProofs(mux, opts)
	c.registerState(mux, opts)
	c.registerExecution(mux, opts)
	c.registerPackages(mux, opts)
	c.registerSubscriptions(mux, opts)
	c.registerSignatures(mux, opts)
	mux.HandleFunc("GET "+SnapshotPath, c.serveSnapshot)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { unimplemented(w, r, opts) })

	allow := cors.New(cors.Options{
		AllowedOrigins: []string{"*"},
		AllowedMethods: []string{http.MethodPost, http.MethodGet, http.MethodOptions},
		AllowedHeaders: []string{"*"},
		ExposedHeaders: append([]string{"grpc-status", "grpc-message", "grpc-status-details-bin"}, chainHeaders...),
		MaxAge:         3600,
	})
	return allow.Handler(c.withChainHeaders(serveText(mux)))
}

// unary registers a method of sui.rpc.v2 by its path, for example
// "LedgerService/GetObject".
func unary[Req, Res any](mux *http.ServeMux, opts connect.HandlerOption, method string, f func(context.Context, *Req) (*Res, error)) {
	path := "/sui.rpc.v2." + method
	mux.Handle(path, connect.NewUnaryHandlerSimple(path, func(ctx context.Context, req *Req) (*Res, error) {
		res, err := f(ctx, req)
		return res, rpcError(err)
	}, opts))
}

// unimplemented refuses a method by name, in the protocol of the request.
func unimplemented(w http.ResponseWriter, r *http.Request, opts connect.HandlerOption) {
	if r.Method != http.MethodPost {
		http.Error(w, "this is a gRPC endpoint: use a client of sui.rpc.v2", http.StatusNotFound)
		return
	}
	name := clip(strings.TrimPrefix(r.URL.Path, "/"))
	connect.NewUnaryHandlerSimple(r.URL.Path, func(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
		return nil, connect.NewError(connect.CodeUnimplemented, fmt.Errorf("%s is not served by this network", name))
	}, opts).ServeHTTP(w, r)
}

// recovered turns a panic into INTERNAL. It is a last resort: the log line is
// a bug report.
func (c *Chain) recovered(_ context.Context, spec connect.Spec, _ http.Header, cause any) error {
	c.cfg.Log.Error("request panicked", "method", spec.Procedure, "cause", fmt.Sprint(cause))
	return connect.NewError(connect.CodeInternal, errors.New("internal error: see the chain's log"))
}

// chainHeaders are set on every response, as full nodes do.
var chainHeaders = []string{
	"x-sui-chain-id", "x-sui-chain", "x-sui-epoch", "x-sui-checkpoint-height", "x-sui-timestamp", "x-sui-timestamp-ms",
	"x-sui-lowest-available-checkpoint", "x-sui-lowest-available-checkpoint-objects",
}

func (c *Chain) withChainHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := c.head.Load()
		for i, value := range []string{
			c.chainID.String(), c.cfg.Name, fmt.Sprint(head.Epoch), fmt.Sprint(head.Sequence),
			time.UnixMilli(int64(head.TimestampMS)).UTC().Format(time.RFC3339Nano), fmt.Sprint(head.TimestampMS), "0", "0",
		} {
			w.Header().Set(chainHeaders[i], value)
		}
		next.ServeHTTP(w, r)
	})
}

// Serve answers requests on a listener until ctx is done, then ends streams and
// lets unary requests finish. It closes the listener.
func (c *Chain) Serve(ctx context.Context, l net.Listener) error {
	return serve(ctx, l, c.Handler())
}

// serve runs a handler with HTTP/1 and unencrypted HTTP/2 until ctx is done.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	base, cancel := context.WithCancel(context.WithValue(context.WithoutCancel(ctx), drainKey{}, ctx.Done()))
	defer cancel()
	s := &http.Server{
		Handler: h, Protocols: protocols,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		BaseContext:       func(net.Listener) context.Context { return base },
	}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	grace, stop := context.WithTimeout(base, shutdownGrace)
	defer stop()
	if err := s.Shutdown(grace); err != nil {
		s.Close()
	}
	<-failed
	return nil
}

// drainKey is the context key of a channel that is closed when the server wants
// to stop: streams end then, unary requests may finish.
type drainKey struct{}

func draining(ctx context.Context) <-chan struct{} {
	done, _ := ctx.Value(drainKey{}).(<-chan struct{})
	return done
}

// serviceInfo answers LedgerService/GetServiceInfo.
func (c *Chain) serviceInfo(ctx context.Context, _ *pb.GetServiceInfoRequest) (*pb.GetServiceInfoResponse, error) {
	c.freshen(ctx)
	head := c.head.Load()
	return &pb.GetServiceInfoResponse{
		ChainId: ptr(c.chainID.String()), Chain: ptr(c.cfg.Name), Epoch: ptr(head.Epoch),
		CheckpointHeight: ptr(head.Sequence), Timestamp: renderMillis(head.TimestampMS),
		LowestAvailableCheckpoint: ptr(uint64(0)), LowestAvailableCheckpointObjects: ptr(uint64(0)),
		Server: ptr("floe-devnet/1"),
	}, nil
}
