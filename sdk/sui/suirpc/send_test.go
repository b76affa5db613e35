package suirpc_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

// costs is a stand-in for execution that only costs gas.
func costs(*sui.TransactionData, bool) (*suirpctest.Outcome, error) {
	return &suirpctest.Outcome{Effects: sui.TransactionEffects{Gas: sui.GasUsed{Computation: 1_000_000, Storage: 3_000_000, Rebate: 1_000_000}}}, nil
}

func transfer(amount uint64) *sui.Builder {
	b := sui.NewBuilder()
	b.Transfer(sui.Address{9}, b.SplitCoins(sui.GasCoin, b.Pure(amount)))
	return b
}

func TestSendPaysWithLargestCoins(t *testing.T) {
	node, signer := suirpctest.Start(t), key(t, 1)
	node.Put(coin(1, signer.Address(), 4, 10_000_000), coin(2, signer.Address(), 4, 90_000_000), coin(3, signer.Address(), 4, 0),
		coin(4, sui.Address{8}, 4, 5_000_000_000))
	var last *sui.TransactionData
	node.Execute = func(tx *sui.TransactionData, simulate bool) (*suirpctest.Outcome, error) {
		last = tx
		return costs(tx, simulate)
	}
	ex, err := dial(t, node.URL).Send(t.Context(), signer, transfer(1000))
	if err != nil {
		t.Fatal(err)
	}
	if ex.Checkpoint == nil || ex.Digest != last.Digest() {
		t.Errorf("Send gives checkpoint %v and digest %s, want a checkpoint and %s", ex.Checkpoint, ex.Digest, last.Digest())
	}
	if got := last.Gas.Payment; len(got) != 2 || got[0].ID[31] != 2 || got[1].ID[31] != 1 {
		t.Errorf("payment is %v, want coins 2 and 1", got)
	}
	// By hand: (1,000,000 + 1000·1000 + (3,000,000 − 1,000,000)) · 1.2
	if last.Gas.Budget != 4_800_000 || last.Gas.Price != suirpctest.GasPrice {
		t.Errorf("budget %d at price %d, want 4800000 at %d", last.Gas.Budget, last.Gas.Price, suirpctest.GasPrice)
	}
}

func TestSendWithoutFunds(t *testing.T) {
	node, signer := suirpctest.Start(t), key(t, 1)
	node.Execute = costs
	c := dial(t, node.URL)
	for _, balance := range []uint64{0, 4_799_999} {
		node.Put(coin(1, signer.Address(), 4, balance))
		_, err := c.Send(t.Context(), signer, transfer(1))
		var funds *suirpc.InsufficientGasError
		if !errors.As(err, &funds) || funds.Have != balance || !strings.Contains(err.Error(), signer.Address().String()) || !strings.Contains(err.Error(), "faucet") {
			t.Errorf("Send with %d MIST: %v", balance, err)
		}
	}
}

func TestSendResolvesObjects(t *testing.T) {
	node, signer := suirpctest.Start(t), key(t, 1)
	me := signer.Address()
	node.Put(coin(1, me, 4, 1e9), thing(10, sui.AddressOwner(me)), thing(11, sui.SharedOwner(2)), thing(12, sui.SharedOwner(2)),
		thing(13, sui.Immutable()), thing(14, sui.AddressOwner(sui.Address{31: 11})), thing(6, sui.SharedOwner(1)),
		thing(15, sui.ObjectOwner(sui.Address{7})), thing(16, sui.AddressOwner(sui.Address{7})))
	id := func(b byte) sui.Address { return sui.Address{31: b} }
	node.Parameters = func(_, _, function string) []*pb.OpenSignature {
		imm, mut := pb.OpenSignature_IMMUTABLE, pb.OpenSignature_MUTABLE
		receiving := "0x0000000000000000000000000000000000000000000000000000000000000002::transfer::Receiving"
		byValue := &pb.OpenSignature{}
		return []*pb.OpenSignature{{Reference: &mut}, {Reference: &mut}, {Reference: &imm}, byValue,
			{Body: &pb.OpenSignatureBody{TypeName: &receiving}}, {Reference: &imm}}
	}
	var last *sui.TransactionData
	node.Execute = func(tx *sui.TransactionData, simulate bool) (*suirpctest.Outcome, error) {
		last = tx
		return costs(tx, simulate)
	}
	c := dial(t, node.URL)
	b := sui.NewBuilder()
	b.Call(id(7), "m", "f", nil, b.Object(id(10)), b.Object(id(11)), b.Object(id(12)), b.Object(id(13)), b.Object(id(14)), b.Object(id(6)))
	if _, err := c.Send(t.Context(), signer, b); err != nil {
		t.Fatal(err)
	}
	in := last.Kind.Programmable.Inputs
	want := []sui.Input{
		{Kind: sui.InputImmOrOwned, Ref: thing(10, sui.AddressOwner(me)).Ref()},
		{Kind: sui.InputShared, Ref: sui.ObjectRef{ID: id(11)}, SharedVersion: 2, Mutability: sui.SharedMutable},
		{Kind: sui.InputShared, Ref: sui.ObjectRef{ID: id(12)}, SharedVersion: 2},
		{Kind: sui.InputImmOrOwned, Ref: thing(13, sui.Immutable()).Ref()},
		{Kind: sui.InputReceiving, Ref: thing(14, sui.AddressOwner(sui.Address{31: 11})).Ref()},
		{Kind: sui.InputShared, Ref: sui.ObjectRef{ID: id(6)}, SharedVersion: 1},
	}
	for i := range want {
		if in[i].Kind != want[i].Kind || in[i].Ref != want[i].Ref || in[i].SharedVersion != want[i].SharedVersion || in[i].Mutability != want[i].Mutability {
			t.Errorf("input %d resolves to %+v, want %+v", i, in[i], want[i])
		}
	}

	for name, bad := range map[string]struct {
		id   sui.Address
		want string
	}{
		"missing":     {id(99), "check the id and the network"},
		"a field":     {id(15), "pass its parent"},
		"another's":   {id(16), "sign with the owner's key"},
		"not present": {sui.Address{0xee}, "not found on chain"},
	} {
		b := sui.NewBuilder()
		b.Transfer(me, b.Object(bad.id))
		if _, err := c.Send(t.Context(), signer, b); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s: %v; want %q", name, err, bad.want)
		}
	}
}

// Without GetFunction every shared input is mutable, but for the clock.
func TestSendToNodeWithoutSignatures(t *testing.T) {
	node, signer := suirpctest.Start(t), key(t, 1)
	node.Put(coin(1, signer.Address(), 4, 1e9), thing(11, sui.SharedOwner(2)), thing(6, sui.SharedOwner(1)))
	node.Execute = func(tx *sui.TransactionData, simulate bool) (*suirpctest.Outcome, error) {
		in := tx.Kind.Programmable.Inputs
		if in[0].Mutability != sui.SharedMutable || in[1].Mutability != sui.SharedImmutable {
			t.Errorf("mutability of object and clock: %d, %d; want 1, 0", in[0].Mutability, in[1].Mutability)
		}
		return costs(tx, simulate)
	}
	b := sui.NewBuilder()
	b.Call(sui.Address{7}, "m", "f", nil, b.Object(sui.Address{31: 11}), b.Object(sui.Address{31: 6}))
	if _, err := dial(t, node.URL).Send(t.Context(), signer, b); err != nil {
		t.Fatal(err)
	}
}

func abort() sui.ExecutionStatus {
	name, command := "grant", uint64(0)
	return sui.ExecutionStatus{Failure: &sui.ExecutionFailure{Kind: sui.FailMoveAbort, Command: &command, Code: 4,
		Location: &sui.MoveLocation{Package: sui.Address{7}, Module: "policy", FunctionName: &name}}}
}

func TestSendReportsAborts(t *testing.T) {
	for _, simulated := range []bool{true, false} {
		node, signer := suirpctest.Start(t), key(t, 1)
		node.Put(coin(1, signer.Address(), 4, 1e9))
		node.Execute = func(tx *sui.TransactionData, simulate bool) (*suirpctest.Outcome, error) {
			out, err := costs(tx, simulate)
			if simulate == simulated {
				out.Effects.Status = abort()
			}
			return out, err
		}
		_, err := dial(t, node.URL).Send(t.Context(), signer, transfer(1))
		var failed *suirpc.ExecutionError
		if !errors.As(err, &failed) || failed.Simulated != simulated {
			t.Fatalf("Send: %v; want an ExecutionError, simulated %v", err, simulated)
		}
		want := suirpc.Abort{Package: sui.Address{7}, Module: "policy", Function: "grant", Code: 4}
		if failed.Abort == nil || *failed.Abort != want || *failed.Command != 0 {
			t.Errorf("abort is %+v in command %v, want %+v in 0", failed.Abort, failed.Command, want)
		}
	}
}

// Another client spends the coin between resolving and executing.
func TestSendRebuildsWhenCoinMoves(t *testing.T) {
	node, signer := suirpctest.Start(t), key(t, 1)
	node.Put(coin(1, signer.Address(), 4, 1e9))
	tries := 0
	node.Execute = func(tx *sui.TransactionData, simulate bool) (*suirpctest.Outcome, error) {
		if simulate {
			return costs(tx, simulate)
		}
		if tries++; tries == 1 {
			node.Put(coin(1, signer.Address(), 9, 5e8))
			return nil, status.Error(codes.InvalidArgument, "some words about versions")
		}
		if v := tx.Gas.Payment[0].Version; v != 9 {
			t.Errorf("second try pays with version %d, want 9", v)
		}
		return costs(tx, simulate)
	}
	c := dial(t, node.URL)
	if _, err := c.Send(t.Context(), signer, transfer(1)); err != nil || tries != 2 {
		t.Fatalf("Send: %v after %d tries, want success after 2", err, tries)
	}
	// A rejection for another reason is final.
	tries = 0
	node.Execute = func(tx *sui.TransactionData, simulate bool) (*suirpctest.Outcome, error) {
		tries++
		return nil, status.Error(codes.InvalidArgument, "too many commands")
	}
	if _, err := c.Send(t.Context(), signer, transfer(2)); !errors.Is(err, suirpc.ErrRejected) || tries != 1 {
		t.Fatalf("Send: %v after %d tries, want ErrRejected after 1", err, tries)
	}
}

// An answer that is lost must not make the transaction run twice.
func TestExecuteRepeatsLostAnswer(t *testing.T) {
	node, signer := suirpctest.Start(t), key(t, 1)
	node.Put(coin(1, signer.Address(), 4, 1e9))
	runs := map[sui.Digest]int{}
	node.Execute = func(tx *sui.TransactionData, simulate bool) (*suirpctest.Outcome, error) {
		if !simulate {
			if runs[tx.Digest()]++; runs[tx.Digest()] == 1 {
				return nil, status.Error(codes.Unavailable, "connection reset")
			}
		}
		return costs(tx, simulate)
	}
	ex, err := dial(t, node.URL).Send(t.Context(), signer, transfer(1))
	if err != nil || len(runs) != 1 || runs[ex.Digest] != 2 {
		t.Fatalf("Send: %v; runs by digest %v, want the same transaction twice", err, runs)
	}
}

func TestSendTakesTurnsPerSigner(t *testing.T) {
	node, signer := suirpctest.Start(t), key(t, 1)
	node.Put(coin(1, signer.Address(), 1, 1e9))
	var mu sync.Mutex
	version := uint64(1)
	node.Execute = func(tx *sui.TransactionData, simulate bool) (*suirpctest.Outcome, error) {
		mu.Lock()
		defer mu.Unlock()
		out, err := costs(tx, simulate)
		if !simulate {
			if tx.Gas.Payment[0].Version != version {
				t.Errorf("coin version %d is spent, live is %d", tx.Gas.Payment[0].Version, version)
			}
			version++
			out.Written = []*sui.Object{coin(1, signer.Address(), version, 1e9)}
		}
		return out, err
	}
	c := dial(t, node.URL)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := c.Send(t.Context(), signer, transfer(1)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if version != 9 {
		t.Errorf("coin has version %d after 8 transactions, want 9", version)
	}
}

// What fails for the moment is asked again; what does not, is not.
func TestReadsAreRepeated(t *testing.T) {
	node := suirpctest.Start(t)
	c := dial(t, node.URL)
	tx := &sui.TransactionData{Kind: sui.TransactionKind{Programmable: &sui.ProgrammableTransaction{}}}
	for _, tt := range []struct {
		err  error
		want int
	}{
		{status.Error(codes.Unavailable, "restarting"), 4},
		{status.Error(codes.DeadlineExceeded, "slow"), 4},
		{status.Error(codes.ResourceExhausted, "too many requests"), 4},
		{status.Error(codes.Aborted, "try again"), 4},
		{status.Error(codes.ResourceExhausted, "grpc: received message larger than max (70 vs. 60)"), 1},
		{status.Error(codes.InvalidArgument, "bad"), 1},
		{status.Error(codes.NotFound, "gone"), 1},
		{status.Error(codes.Internal, "defect"), 1},
	} {
		tries := 0
		node.Execute = func(*sui.TransactionData, bool) (*suirpctest.Outcome, error) {
			tries++
			return nil, tt.err
		}
		if _, err := c.Simulate(t.Context(), tx, suirpc.SimulateOptions{SkipChecks: true}); err == nil || tries != tt.want {
			t.Errorf("%v: %v after %d tries, want %d", tt.err, err, tries, tt.want)
		}
	}
}
