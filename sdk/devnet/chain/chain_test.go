package chain

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// testClock is a source of time that moves by a second at every look.
type testClock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *testClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(time.Second)
	return c.t
}

func newTestClock() *testClock { return &testClock{t: time.UnixMilli(1_790_000_000_000)} }

func openTest(t *testing.T, dir string, clock *testClock) *Chain {
	t.Helper()
	c, err := Open(Config{Dir: dir, Seed: []byte("test"), Now: clock.now, ReferenceGasPrice: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serveTest serves a chain and returns a plain gRPC connection to it.
func serveTest(t *testing.T, c *Chain) (*grpc.ClientConn, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx, l) }()
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return conn, l.Addr().String()
}

func paths(p ...string) *fieldmaskpb.FieldMask { return &fieldmaskpb.FieldMask{Paths: p} }

// askFaucet requests gas and returns the ids of the coins.
func askFaucet(t *testing.T, c *Chain, to sui.Address) []faucetCoin {
	t.Helper()
	w := httptest.NewRecorder()
	body := `{"FixedAmountRequest":{"recipient":"` + to.String() + `"}}`
	c.FaucetHandler().ServeHTTP(w, httptest.NewRequest("POST", "/v2/gas", strings.NewReader(body)))
	var out struct {
		Status any          `json:"status"`
		Coins  []faucetCoin `json:"coins_sent"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || out.Status != "Success" {
		t.Fatalf("faucet answered %d %s, %v", w.Code, w.Body, err)
	}
	return out.Coins
}

func testKey(t *testing.T, n byte) *sui.PrivateKey {
	t.Helper()
	k, err := sui.NewPrivateKey(sui.Ed25519, bytes.Repeat([]byte{n}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// transfer builds and signs a payment of amount from the gas coin.
func transfer(t *testing.T, key *sui.PrivateKey, gas sui.ObjectRef, to sui.Address, amount uint64) *pb.ExecuteTransactionRequest {
	t.Helper()
	b := sui.NewBuilder()
	b.Transfer(to, b.SplitCoins(sui.GasCoin, b.Pure(amount)).At(0))
	tx, err := b.Build(key.Address(), sui.GasData{Payment: []sui.ObjectRef{gas}, Owner: key.Address(), Price: 1000, Budget: 10_000_000})
	if err != nil {
		t.Fatal(err)
	}
	return signedRequest(tx, key)
}

func signedRequest(tx *sui.TransactionData, keys ...*sui.PrivateKey) *pb.ExecuteTransactionRequest {
	raw := bcs.Marshal(tx)
	req := &pb.ExecuteTransactionRequest{Transaction: &pb.Transaction{Bcs: &pb.Bcs{Value: raw}}}
	for _, key := range keys {
		sig, err := key.SignTransaction(raw)
		if err != nil {
			panic(err) // Ed25519 never fails
		}
		req.Signatures = append(req.Signatures, &pb.UserSignature{Bcs: &pb.Bcs{Value: sig}})
	}
	return req
}

// liveRef reads the present reference of an object over the wire.
func liveRef(t *testing.T, conn *grpc.ClientConn, id sui.Address) sui.ObjectRef {
	t.Helper()
	res, err := pb.NewLedgerServiceClient(conn).GetObject(t.Context(), &pb.GetObjectRequest{ObjectId: ptr(id.String()), ReadMask: paths("bcs")})
	if err != nil {
		t.Fatal(err)
	}
	var obj sui.Object
	if err := bcs.Unmarshal(res.Object.Bcs.Value, &obj); err != nil {
		t.Fatal(err)
	}
	return obj.Ref()
}

func TestFaucetTransferAndReopen(t *testing.T) {
	dir, clock := t.TempDir(), newTestClock()
	c := openTest(t, dir, clock)
	conn, _ := serveTest(t, c)
	alice, bob := testKey(t, 1), testKey(t, 2)
	coins := askFaucet(t, c, alice.Address())
	if len(coins) != 5 || coins[0].Amount != 200*sui.MistPerSUI {
		t.Fatalf("faucet sent %+v", coins)
	}

	exec := pb.NewTransactionExecutionServiceClient(conn)
	req := transfer(t, alice, liveRef(t, conn, coins[0].ID), bob.Address(), 42)
	req.ReadMask = paths("*")
	first, err := exec.ExecuteTransaction(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if !first.Transaction.Effects.Status.GetSuccess() {
		t.Fatalf("transfer failed: %v", first.Transaction.Effects.Status)
	}
	again, err := exec.ExecuteTransaction(t.Context(), req)
	if err != nil {
		t.Fatalf("the same transaction sent twice: %v", err)
	}
	if again.Transaction.GetCheckpoint() != first.Transaction.GetCheckpoint() || !bytes.Equal(again.Transaction.Effects.Bcs.Value, first.Transaction.Effects.Bcs.Value) {
		t.Error("the same transaction sent twice has two outcomes")
	}
	id, head := c.ID(), c.Head()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}

	c = openTest(t, dir, clock)
	defer c.Close()
	if now := c.Head(); c.ID() != id || now.Digest() != head.Digest() {
		t.Fatalf("reopened chain is %s at %d, was %s at %d", c.ID(), now.Sequence, id, head.Sequence)
	}
	conn, _ = serveTest(t, c)
	balance, err := pb.NewStateServiceClient(conn).GetBalance(t.Context(), &pb.GetBalanceRequest{Owner: ptr(bob.Address().String()), CoinType: ptr("0x2::sui::SUI")})
	if err != nil || balance.Balance.GetBalance() != 42 {
		t.Errorf("bob has %v, %v; want 42", balance, err)
	}
	checkChain(t, c)
}

// checkChain verifies every checkpoint: signature, link to the one before,
// contents, transactions, effects and events by their digests.
func checkChain(t *testing.T, c *Chain) {
	t.Helper()
	err := c.ledger.read(func(v view) error {
		var prev *sui.CheckpointSummary
		total := uint64(0)
		head, err := v.head()
		if err != nil {
			return err
		}
		for seq := uint64(0); seq <= head.summary.Sequence; seq++ {
			rec, err := v.checkpoint(seq)
			if err != nil {
				return err
			}
			committee, err := c.Committee(rec.summary.Epoch)
			if err != nil {
				return err
			}
			if err := committee.Verify(&rec.summary, rec.signature); err != nil {
				t.Errorf("checkpoint %d: %v", seq, err)
			}
			if prev != nil && (rec.summary.Epoch != prev.Epoch) != (prev.EndOfEpoch != nil) {
				t.Errorf("checkpoint %d is of epoch %d, the one before of %d", seq, rec.summary.Epoch, prev.Epoch)
			}
			if prev == nil && rec.summary.PreviousDigest != nil || prev != nil && *rec.summary.PreviousDigest != prev.Digest() {
				t.Errorf("checkpoint %d does not follow the one before", seq)
			}
			if prev != nil && rec.summary.TimestampMS < prev.TimestampMS {
				t.Errorf("checkpoint %d is older than the one before", seq)
			}
			total += uint64(len(rec.contents.Transactions))
			if rec.contents.Digest() != rec.summary.ContentDigest || total != rec.summary.NetworkTransactions {
				t.Errorf("checkpoint %d: contents do not fit the summary", seq)
			}
			for _, d := range rec.contents.Transactions {
				tx, err := v.transaction(d.Transaction)
				if err != nil {
					return err
				}
				ex, err := tx.decode(d.Transaction)
				if err != nil {
					return err
				}
				if ex.data.Digest() != d.Transaction || ex.effects.Digest() != d.Effects || ex.effects.Transaction != d.Transaction {
					t.Errorf("transaction %s does not fit its digests", d.Transaction)
				}
				if len(ex.events) > 0 && *ex.effects.EventsDigest != (sui.TransactionEvents{Events: ex.events}).Digest() {
					t.Errorf("events of %s do not fit the effects", d.Transaction)
				}
				for _, changed := range ex.effects.Changed {
					if version, ok := outputVersion(ex.effects, &changed); ok {
						obj, err := v.objectAt(changed.ID, version)
						if err != nil {
							return err
						}
						if obj.Digest() != changed.OutputDigest {
							t.Errorf("object %s does not fit the effects", changed.ID)
						}
					}
				}
			}
			prev = &rec.summary
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestConcurrentTransactions(t *testing.T) {
	c := openTest(t, t.TempDir(), newTestClock())
	defer c.Close()
	conn, _ := serveTest(t, c)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			key := testKey(t, byte(10+i))
			coin := askFaucet(t, c, key.Address())[0]
			req := transfer(t, key, liveRef(t, conn, coin.ID), testKey(t, 9).Address(), uint64(i+1))
			if _, err := pb.NewTransactionExecutionServiceClient(conn).ExecuteTransaction(t.Context(), req); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	res, err := pb.NewStateServiceClient(conn).GetBalance(t.Context(), &pb.GetBalanceRequest{Owner: ptr(testKey(t, 9).Address().String()), CoinType: ptr("0x2::sui::SUI")})
	if err != nil || res.Balance.GetBalance() != 36 {
		t.Errorf("balance is %v, %v; want 1+2+…+8 = 36", res, err)
	}
	checkChain(t, c)
}

func TestSubscribe(t *testing.T) {
	c := openTest(t, t.TempDir(), newTestClock())
	defer c.Close()
	conn, _ := serveTest(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	stream, err := pb.NewSubscriptionServiceClient(conn).SubscribeCheckpoints(ctx, &pb.SubscribeCheckpointsRequest{
		ReadMask: paths("sequence_number", "transactions.digest", "transactions.effects.bcs")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Header(); err != nil { // now the chain has counted us in
		t.Fatal(err)
	}
	for range 3 {
		askFaucet(t, c, testKey(t, 1).Address())
	}
	for want := uint64(1); want <= 3; want++ {
		msg, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if msg.GetCursor() != want || msg.Checkpoint.GetSequenceNumber() != want || len(msg.Checkpoint.Transactions) != 2 {
			t.Errorf("got checkpoint %v, want %d with the Clock's transaction and one more", msg, want)
		}
		if tx := msg.Checkpoint.Transactions[1]; tx.Effects.Bcs == nil || tx.Effects.Status != nil || msg.Checkpoint.Digest != nil {
			t.Errorf("mask is not followed: %v", msg.Checkpoint)
		}
	}
}

// A server that is told to stop ends its streams with UNAVAILABLE, so that
// clients look for another.
func TestServeEndsStreams(t *testing.T) {
	c := openTest(t, t.TempDir(), newTestClock())
	defer c.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx, l) }()
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	stream, err := pb.NewSubscriptionServiceClient(conn).SubscribeCheckpoints(t.Context(), &pb.SubscribeCheckpointsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Header(); err != nil {
		t.Fatal(err)
	}
	stop()
	if _, err := stream.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("stream ends with %v, want UNAVAILABLE", err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestHeartbeat(t *testing.T) {
	c, err := Open(Config{Dir: t.TempDir(), Seed: []byte("test"), Now: newTestClock().now, Heartbeat: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for c.Head().Sequence < 3 {
		wake := c.listeners.next()
		if c.Head().Sequence >= 3 {
			break
		}
		select {
		case <-wake:
		case <-time.After(20 * time.Second):
			t.Fatal("an idle chain with a heartbeat makes no checkpoints")
		}
	}
	checkChain(t, c)
}

func TestRefusals(t *testing.T) {
	c := openTest(t, t.TempDir(), newTestClock())
	defer c.Close()
	conn, _ := serveTest(t, c)
	alice, bob := testKey(t, 1), testKey(t, 2)
	coins := askFaucet(t, c, alice.Address())
	stale := liveRef(t, conn, coins[0].ID)
	exec := pb.NewTransactionExecutionServiceClient(conn)
	if _, err := exec.ExecuteTransaction(t.Context(), transfer(t, alice, stale, bob.Address(), 1)); err != nil {
		t.Fatal(err)
	}
	fresh := liveRef(t, conn, coins[1].ID)
	unsigned := transfer(t, alice, fresh, bob.Address(), 1)
	unsigned.Signatures = nil
	stolen := transfer(t, alice, fresh, bob.Address(), 1)
	stolen.Signatures = transfer(t, bob, fresh, bob.Address(), 1).Signatures
	broken := transfer(t, alice, fresh, bob.Address(), 1)
	broken.Transaction.Bcs.Value = broken.Transaction.Bcs.Value[:50]
	huge := transfer(t, alice, fresh, bob.Address(), 1)
	huge.Transaction.Bcs.Value = make([]byte, maxTransactionBytes+1)
	for name, tc := range map[string]struct {
		req  *pb.ExecuteTransactionRequest
		want string
	}{
		"empty":          {&pb.ExecuteTransactionRequest{}, "missing transaction"},
		"stale version":  {transfer(t, alice, stale, bob.Address(), 2), "not the newest"},
		"no signature":   {unsigned, "needs 1 signatures"},
		"foreign key":    {stolen, "does not verify"},
		"truncated BCS":  {broken, "invalid transaction.bcs"},
		"too large":      {huge, "at most 131072"},
		"unknown mask":   {&pb.ExecuteTransactionRequest{ReadMask: paths("effects.nonsense")}, `no field "nonsense"`},
		"wrong gas coin": {transfer(t, alice, sui.ObjectRef{ID: sui.ClockID, Version: 1}, bob.Address(), 1), "coins of SUI"},
	} {
		_, err := exec.ExecuteTransaction(t.Context(), tc.req)
		if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want INVALID_ARGUMENT %q", name, err, tc.want)
		}
	}
	_, err := pb.NewNameServiceClient(conn).LookupName(t.Context(), &pb.LookupNameRequest{Name: ptr("floe.sui")})
	if status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), "NameService/LookupName") {
		t.Errorf("a method that is not served: got %v, want UNIMPLEMENTED by name", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	healthy := t.TempDir()
	openTest(t, healthy, newTestClock()).Close()
	whole, err := os.ReadFile(filepath.Join(healthy, ledgerFile))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, content []byte) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for name, tc := range map[string]struct {
		cfg  Config
		want error
	}{
		"other files":     {Config{Dir: write("notes.txt", []byte("hello")), Seed: []byte("test")}, ErrForeign},
		"not a database":  {Config{Dir: write(ledgerFile, bytes.Repeat([]byte("hello"), 9999)), Seed: []byte("test")}, ErrForeign},
		"truncated":       {Config{Dir: write(ledgerFile, whole[:8*os.Getpagesize()]), Seed: []byte("test")}, ErrDamaged},
		"one page":        {Config{Dir: write(ledgerFile, whole[:os.Getpagesize()]), Seed: []byte("test")}, ErrDamaged},
		"another seed":    {Config{Dir: healthy, Seed: []byte("other")}, ErrBadSignature},
		"garbled content": {Config{Dir: write(ledgerFile, garble(whole)), Seed: []byte("test")}, ErrDamaged},
	} {

		c, err := Open(tc.cfg)
		if err == nil {
			c.Close()
		}
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		}
	}
	c := openTest(t, healthy, newTestClock())
	defer c.Close()
	if _, err := Open(Config{Dir: healthy, Seed: []byte("test")}); !errors.Is(err, ErrInUse) {
		t.Errorf("second process: got %v, want %v", err, ErrInUse)
	}
}

// garble overwrites all but the meta pages.
func garble(whole []byte) []byte {
	out := bytes.Clone(whole)
	for i := 2 * os.Getpagesize(); i < len(out); i++ {
		out[i] ^= 0x5a
	}
	return out
}

func TestHeaders(t *testing.T) {
	c := openTest(t, t.TempDir(), newTestClock())
	defer c.Close()
	_, addr := serveTest(t, c)
	res, err := http.Post("http://"+addr+"/sui.rpc.v2.LedgerService/GetServiceInfo", "application/grpc-web-text", strings.NewReader("AAAAAAA="))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("x-sui-chain-id"); got != c.ID().String() {
		t.Errorf("x-sui-chain-id is %q, want %q", got, c.ID())
	}
	if got := res.Header.Get("Content-Type"); got != "application/grpc-web-text" {
		t.Errorf("content type is %q", got)
	}
}
