package policy

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

var (
	user     = sui.Address{1}
	pkg      = sui.Address{2}
	stalePkg = sui.Address{3}
	sharedID = sui.Address{4}
	ownedID  = sui.Address{5}
	now      = time.UnixMilli(1767323045000)
)

// fakeChain answers a simulation with failure or error and keeps what it was
// asked.
type fakeChain struct {
	objects map[sui.Address]*sui.Object
	failure *sui.ExecutionFailure
	effects sui.TransactionEffects
	simErr  error
	infoErr error
	chain   sui.Digest
	got     *sui.TransactionData
	opt     suirpc.SimulateOptions
	lookups int
	wallet  error
	time    time.Time // of the checkpoint
	noTip   bool      // the checkpoint can't be had
}

func (c *fakeChain) ServiceInfo(context.Context) (suirpc.ServiceInfo, error) {
	return suirpc.ServiceInfo{ChainID: c.chain, Tip: 7}, c.infoErr
}

func (c *fakeChain) Checkpoint(_ context.Context, seq uint64) (*suirpc.Checkpoint, error) {
	if c.noTip {
		return nil, suirpc.ErrNotFound
	}
	return &suirpc.Checkpoint{Sequence: seq, Digest: sui.Digest{7}, TimestampMS: uint64(c.time.UnixMilli())}, nil
}

func (c *fakeChain) ReferenceGasPrice(context.Context) (uint64, error) { return 1000, nil }

func (c *fakeChain) Object(_ context.Context, id sui.Address) (*sui.Object, error) {
	c.lookups++
	if o := c.objects[id]; o != nil {
		return o, nil
	}
	return nil, fmt.Errorf("get object: %w", suirpc.ErrNotFound)
}

func (c *fakeChain) Objects(_ context.Context, ids []sui.Address) (out []*sui.Object, err error) {
	for _, id := range ids {
		out = append(out, c.objects[id])
	}
	return out, nil
}

func (c *fakeChain) Simulate(_ context.Context, tx *sui.TransactionData, opt suirpc.SimulateOptions) (*suirpc.Executed, error) {
	c.got, c.opt = tx, opt
	effects := c.effects
	effects.Status.Failure = c.failure
	return &suirpc.Executed{Effects: effects}, c.simErr
}

func (c *fakeChain) VerifyPersonalMessage(context.Context, sui.Address, []byte, sui.Signature) error {
	return c.wallet
}

func object(id sui.Address, version uint64, owner sui.Owner) *sui.Object {
	return &sui.Object{Owner: owner, Move: &sui.MoveObject{
		Type: sui.StructTag{Address: pkg, Module: "m", Name: "T"}, Version: version, Contents: id[:],
	}}
}

func newSimulator(t *testing.T, c *fakeChain) *Simulator {
	t.Helper()
	if c.objects == nil {
		c.objects = map[sui.Address]*sui.Object{
			pkg:      {Package: &sui.MovePackage{ID: pkg, Version: 1}},
			sharedID: object(sharedID, 9, sui.SharedOwner(4)),
			ownedID:  object(ownedID, 8, sui.AddressOwner(user)),
		}
	}
	s, err := NewSimulator(SimulatorConfig{Chain: c, StalenessPackage: stalePkg, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func query(t *testing.T, objects ...sui.Input) Query {
	t.Helper()
	b := sui.NewBuilder()
	args := []sui.Arg{b.Pure([]byte("id"))}
	for _, in := range objects {
		switch in.Kind {
		case sui.InputShared:
			args = append(args, b.SharedObject(in.Ref.ID, in.SharedVersion, false))
		default:
			args = append(args, b.OwnedObject(in.Ref))
		}
	}
	b.Call(pkg, "m", "seal_approve", nil, args...)
	a, err := seal.NewApproval(b)
	if err != nil {
		t.Fatal(err)
	}
	return Query{User: user, Approval: a, Package: Package{First: pkg, Called: pkg, Version: 1}}
}

func TestEvaluateSimulates(t *testing.T) {
	c := &fakeChain{effects: sui.TransactionEffects{UnchangedConsensus: []sui.UnchangedConsensusObject{
		{ID: sharedID, Version: 9, Digest: sui.Digest{9}}, {ID: sui.ClockID, Version: 3, Digest: sui.Digest{3}}, {ID: sui.Address{99}},
	}}}
	s := newSimulator(t, c)
	q := query(t, sui.Input{Kind: sui.InputShared, Ref: sui.ObjectRef{ID: sharedID}, SharedVersion: 1},
		sui.Input{Kind: sui.InputImmOrOwned, Ref: sui.ObjectRef{ID: ownedID, Version: 1}})
	g, evidence, err := Decide(t.Context(), s, q)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.FullIDs()) != 1 || string(g.FullIDs()[0]) != string(seal.FullID(pkg, []byte("id"))) {
		t.Errorf("granted %x", g.FullIDs())
	}
	if c.got.Sender != user || c.got.Gas.Budget != 500_000_000 || len(c.got.Gas.Payment) != 0 || c.opt.SkipChecks {
		t.Errorf("simulated %+v with %+v: ownership must be checked", c.got, c.opt)
	}
	p := c.got.Kind.Programmable
	check := p.Commands[0].MoveCall
	if check.Package != stalePkg || check.Module != "time" || check.Function != "check_staleness" || p.Commands[1].MoveCall.Package != pkg {
		t.Errorf("commands %+v", p.Commands)
	}
	numbers := []uint64{}
	for _, a := range check.Arguments[:2] {
		numbers = append(numbers, binary.LittleEndian.Uint64(p.Inputs[a.Index].Pure))
	}
	if numbers[0] != 1767323045000 || numbers[1] != 120_000 || p.Inputs[check.Arguments[2].Index].Ref.ID != sui.ClockID {
		t.Errorf("staleness check with %v", numbers)
	}
	if in := p.Inputs[1]; in.SharedVersion != 4 {
		t.Errorf("shared input %+v", in)
	}
	if in := p.Inputs[2]; in.Ref != c.objects[ownedID].Ref() {
		t.Errorf("owned input %+v, want the current version", in)
	}
	if len(evidence.Objects) != 2 || evidence.Objects[0].Version != 9 || evidence.Objects[1].ID != sui.ClockID {
		t.Errorf("objects %+v, want the two that are nobody's", evidence.Objects)
	}
	if evidence.Checkpoint.Sequence != 7 || evidence.Checkpoint.Digest != (sui.Digest{7}).String() {
		t.Errorf("checkpoint %+v", evidence.Checkpoint)
	}
	if len(q.Approval.Program.Commands) != 1 {
		t.Error("the request's program was changed")
	}
}

// What belongs to a party is ordered by consensus, like what is shared.
func TestPartyObject(t *testing.T) {
	c := &fakeChain{effects: sui.TransactionEffects{UnchangedConsensus: []sui.UnchangedConsensusObject{{ID: ownedID, Version: 8, Digest: sui.Digest{8}}}}}
	s := newSimulator(t, c)
	c.objects[ownedID] = object(ownedID, 8, sui.Owner{Kind: sui.OwnerConsensusAddress, Address: user, Version: 6})
	_, evidence, err := Decide(t.Context(), s, query(t, sui.Input{Kind: sui.InputImmOrOwned, Ref: sui.ObjectRef{ID: ownedID, Version: 1}}))
	if err != nil {
		t.Fatal(err)
	}
	if in := c.got.Kind.Programmable.Inputs[1]; in.Kind != sui.InputShared || in.SharedVersion != 6 || in.Mutability != sui.SharedImmutable {
		t.Errorf("input %+v", in)
	}
	if len(evidence.Objects) != 0 {
		t.Errorf("objects %+v: they show to whom the party object belongs", evidence.Objects)
	}
}

// A reason stands in a receipt that everybody may read. A full node's words about
// an object of somebody else name the sender; the requester is told, nobody else.
func TestReasonDoesNotNameRequester(t *testing.T) {
	words := fmt.Sprintf("object %s is owned by account address 0xc0ffee, but given owner/signer address is %s", ownedID, user)
	for name, c := range map[string]*fakeChain{
		"node":    {simErr: status.Error(codes.InvalidArgument, words)},
		"aliases": {objects: map[sui.Address]*sui.Object{sui.AliasesID(user): object(sui.AliasesID(user), 1, sui.SharedOwner(1))}},
	} {
		_, _, err := Decide(t.Context(), newSimulator(t, c), query(t))
		r := RefusalOf(err)
		if text := r.Reason.Code + r.Reason.Rule; err == nil || strings.Contains(text, user.String()) || strings.Contains(text, ownedID.String()) {
			t.Errorf("%s: the rule is %q", name, text)
		}
		if name == "node" && !strings.Contains(r.Reason.Remedy, words) {
			t.Errorf("%s: the requester is told %q", name, r.Reason.Remedy)
		}
	}
}

func TestClockInputIsReused(t *testing.T) {
	c := &fakeChain{}
	s := newSimulator(t, c)
	c.objects[sui.ClockID] = object(sui.ClockID, 3, sui.SharedOwner(1))
	q := query(t, sui.Input{Kind: sui.InputShared, Ref: sui.ObjectRef{ID: sui.ClockID}, SharedVersion: 1})
	if _, _, err := Decide(t.Context(), s, q); err != nil {
		t.Fatal(err)
	}
	if n := len(c.got.Kind.Programmable.Inputs); n != 4 {
		t.Errorf("%d inputs, want id, clock and two numbers", n)
	}
}

func TestEvaluateRefuses(t *testing.T) {
	command := func(n uint64) *uint64 { return &n }
	abort := func(cmd, code uint64) *sui.ExecutionFailure {
		return &sui.ExecutionFailure{Kind: sui.FailMoveAbort, Command: command(cmd), Code: code, Location: &sui.MoveLocation{Package: pkg, Module: "m"}}
	}
	for _, c := range []struct {
		name   string
		chain  fakeChain
		inputs []sui.Input
		kind   Kind
		code   string
	}{
		{"abort", fakeChain{failure: abort(1, 5)}, nil, NoAccess, "m:5"},
		{"abort with the code of staleness in the policy", fakeChain{failure: abort(1, 93492)}, nil, NoAccess, "m:93492"},
		{"stale", fakeChain{failure: abort(0, 93492)}, nil, Unknown, "chain_stale"},
		{"no staleness module", fakeChain{failure: &sui.ExecutionFailure{Kind: sui.FailFunctionNotFound, Command: command(0)}}, nil, Unknown, "chain_unavailable"},
		{"no function", fakeChain{failure: &sui.ExecutionFailure{Kind: sui.FailFunctionNotFound, Command: command(1)}}, nil, InvalidPTB, "function_not_found"},
		{"out of gas", fakeChain{failure: &sui.ExecutionFailure{Kind: sui.FailInsufficientGas}}, nil, NoAccess, "policy_failed"},
		{"node down", fakeChain{infoErr: errors.New("down")}, nil, Unknown, "chain_unavailable"},
		{"simulation down", fakeChain{simErr: status.Error(codes.Unavailable, "x")}, nil, Unknown, "chain_unavailable"},
		{"rejected", fakeChain{simErr: fmt.Errorf("simulate: %w", status.Error(codes.InvalidArgument, "bad"))}, nil, InvalidParameter, "invalid_parameter"},
		{"not found", fakeChain{simErr: fmt.Errorf("simulate: %w", status.Error(codes.NotFound, "no such object"))}, nil, InvalidParameter, "invalid_parameter"},
		{"aborted", fakeChain{simErr: fmt.Errorf("%w: %w", suirpc.ErrRejected, status.Error(codes.Aborted, "again"))}, nil, Unknown, "chain_unavailable"},
		{"not now", fakeChain{simErr: fmt.Errorf("%w: %w", suirpc.ErrRejected, status.Error(codes.FailedPrecondition, "starting"))}, nil, Unknown, "chain_unavailable"},
		{"too many callers", fakeChain{simErr: status.Error(codes.ResourceExhausted, "slow down")}, nil, Unknown, "chain_unavailable"},
		{"missing object", fakeChain{}, []sui.Input{{Kind: sui.InputShared, Ref: sui.ObjectRef{ID: sui.Address{77}}}}, InvalidParameter, "invalid_parameter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, _, err := Decide(t.Context(), newSimulator(t, &c.chain), query(t, c.inputs...))
			r := RefusalOf(err)
			if g != nil || err == nil || r.Kind != c.kind || r.Reason.Code != c.code || r.Reason.Remedy == "" {
				t.Errorf("%v, %+v; want %s %s", g, r, c.kind, c.code)
			}
		})
	}
}

func TestClockBehind(t *testing.T) {
	for _, c := range []struct {
		name    string
		chain   time.Time
		noTip   bool
		allowed time.Duration
		code    string
	}{
		{"the same", now, false, time.Minute, ""},
		{"chain behind", now.Add(-time.Hour), false, time.Minute, ""}, // the staleness check's
		{"just allowed", now.Add(time.Minute), false, time.Minute, ""},
		{"behind the chain", now.Add(time.Minute + time.Millisecond), false, time.Minute, "clock_behind"},
		{"not looked at", now.Add(time.Hour), false, 0, ""},
		{"unknown", now, true, time.Minute, "chain_unavailable"},
		{"unknown, not looked at", now, true, 0, ""},
	} {
		s := newSimulator(t, &fakeChain{time: c.chain, noTip: c.noTip})
		s.allowedLag = c.allowed
		for range 2 { // the second time the checkpoint is known
			_, err := s.Evaluate(t.Context(), query(t))
			if code := ""; err != nil || c.code != "" {
				if err != nil {
					code = RefusalOf(err).Reason.Code
				}
				if code != c.code {
					t.Errorf("%s: %v, want %q", c.name, err, c.code)
				}
			}
		}
	}
}

func TestAnotherChain(t *testing.T) {
	c := &fakeChain{chain: sui.Digest{9}}
	s := newSimulator(t, c)
	if _, _, err := Decide(t.Context(), s, query(t)); err != nil {
		t.Fatal(err)
	}
	c.chain = sui.Digest{1}
	if _, _, err := Decide(t.Context(), s, query(t)); RefusalOf(err).Kind != Unknown || !strings.Contains(err.Error(), "another chain") {
		t.Errorf("%v", err)
	}
}

func TestPackage(t *testing.T) {
	c := &fakeChain{}
	s := newSimulator(t, c)
	for range 2 {
		p, err := s.Package(t.Context(), pkg)
		if err != nil || p.First != pkg || p.Version != 1 {
			t.Errorf("%+v, %v", p, err)
		}
	}
	if c.lookups != 1 {
		t.Errorf("%d lookups, want 1", c.lookups)
	}
	for _, id := range []sui.Address{{88}, sharedID} {
		if _, err := s.Package(t.Context(), id); RefusalOf(err).Kind != InvalidPackage {
			t.Errorf("%s: %v", id, err)
		}
	}
	c.objects[sui.Address{6}] = &sui.Object{Package: &sui.MovePackage{ID: sui.Address{6}, Version: 2, Modules: []sui.Module{{Name: "m", Bytes: []byte{1}}}}}
	if _, err := s.Package(t.Context(), sui.Address{6}); RefusalOf(err).Kind != Unknown {
		t.Errorf("unreadable module: %v", err)
	}
}

// An address with aliases proves nothing by its own key.
func TestAliasesAreRefused(t *testing.T) {
	c := new(fakeChain)
	s := newSimulator(t, c)
	// The id is the one that @mysten/sui derives: see TestAliasesID in package sui.
	c.objects[sui.AliasesID(user)] = object(sui.AliasesID(user), 1, sui.SharedOwner(1))
	_, _, err := Decide(t.Context(), s, query(t))
	if r := RefusalOf(err); r.Kind != InvalidSignature || r.Reason.Code != "address_has_aliases" {
		t.Errorf("refused with %v", err)
	}
	if c.got != nil {
		t.Error("the policy was evaluated")
	}
}

func TestVerifyWallet(t *testing.T) {
	c := new(fakeChain)
	s := newSimulator(t, c)
	for name, tc := range map[string]struct {
		answer error
		kind   Kind
		code   string
	}{
		"another's":   {fmt.Errorf("verify: %w: not signed by %s", sui.ErrSignature, user), InvalidSignature, "invalid_wallet_signature"},
		"malformed":   {fmt.Errorf("verify: %w: not signed by %s", suirpc.ErrRejected, user), InvalidSignature, "invalid_wallet_signature"},
		"not served":  {fmt.Errorf("verify: %w", suirpc.ErrUnsupported), InvalidSignature, "unsupported_wallet"},
		"unreachable": {fmt.Errorf("verify: %w", suirpc.ErrUnreachable), Unknown, "chain_unavailable"},
	} {
		c.wallet = tc.answer
		r := RefusalOf(s.VerifyWallet(t.Context(), user, []byte("message"), sui.Signature{5}))
		if r.Kind != tc.kind || r.Reason.Code != tc.code {
			t.Errorf("%s: %v", name, r)
		}
		if strings.Contains(r.Error(), user.String()) {
			t.Errorf("%s: the log would name the requester: %v", name, r)
		}
	}
	c.wallet = nil
	if err := s.VerifyWallet(t.Context(), user, nil, nil); err != nil {
		t.Error(err)
	}
}
