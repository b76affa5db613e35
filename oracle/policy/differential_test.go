package policy

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/mirror"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// zoo is a network with policies of many kinds, ours and others' patterns, which
// changes at random.
type zoo struct {
	*realNet
	t     *testing.T
	r     *rand.Rand
	users []sui.Address

	mu      sync.Mutex
	pkgs    map[string]sui.Address
	objects map[string][]sui.Address // by module and type
	all     []sui.Address
	data    [][]byte // identities of private data
	tip     uint64
}

var patterns = []string{"white_list", "allow_list", "plain_subscription", "subscription", "private_data", "time_lock", "account", "voting", "key_request"}

func newZoo(t *testing.T, seed uint64) *zoo {
	z := &zoo{realNet: newRealNet(t, 0), t: t, r: rand.New(rand.NewPCG(seed, 0)), pkgs: map[string]sui.Address{}, objects: map[string][]sui.Address{}}
	z.objects["lineage"] = []sui.Address{z.lineage}
	z.users = []sui.Address{z.owner.Address(), {1}, {2}, {3}}
	for _, name := range patterns {
		var modules [][]byte
		files, err := filepath.Glob(filepath.Join("../../sdk/policylint/testdata/patterns", name, "*.mv"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no modules of %s: %v", name, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			modules = append(modules, b)
		}
		ex := z.do(func(b *sui.Builder) {
			b.Transfer(z.owner.Address(), b.Publish(modules, []sui.Address{sui.MoveStdlib, sui.Framework}))
		})
		for id, o := range ex.Objects {
			if o.Package != nil {
				z.pkgs[name] = id
			}
		}
	}
	for i := range 2 {
		z.do(func(b *sui.Builder) {
			made := b.Call(z.pkgs["white_list"], "white_list", "create", nil)
			b.Call(z.pkgs["white_list"], "white_list", "share", nil, made.At(1))
			b.Transfer(z.owner.Address(), made.At(0))
		})
		z.do(func(b *sui.Builder) {
			b.Call(z.pkgs["allow_list"], "allow_list", "create_for_sender", nil, b.Pure("list"))
		})
		z.do(func(b *sui.Builder) {
			b.Call(z.pkgs["plain_subscription"], "plain_subscription", "create", nil, b.Pure(uint64(5)), b.Pure(uint64(3_600_000)), b.Pure("service"))
		})
		z.do(func(b *sui.Builder) {
			s := b.Call(z.pkgs["subscription"], "subscription", "create_service", nil, b.Pure(uint64(5)), b.Pure(uint64(1_000_000)))
			b.Call(z.pkgs["subscription"], "subscription", "share_service", nil, s)
		})
		z.do(func(b *sui.Builder) {
			contract.CreatePolicy(b, z.contracts, nil, nil, z.owner.Address())
		})
		z.do(func(b *sui.Builder) {
			voters := b.MakeMoveVec(&sui.TypeTag{Kind: sui.KindAddress}, b.Pure(z.users[i]))
			b.Call(z.pkgs["voting"], "voting", "create", nil, voters)
		})
		z.do(func(b *sui.Builder) {
			b.Call(z.pkgs["voting"], "voting", "cast", nil, b.Object(z.objects["voting::Vote"][0]), b.Pure([]byte("yes")))
		})
		z.buy(z.r, z.users[i], true)
		z.buy(z.r, z.users[i], false)
		z.store(z.r, z.users[i])
	}
	return z
}

// do sends a transaction of the owner, and keeps what it made. It may fail: changes
// are made blindly.
func (z *zoo) do(build func(*sui.Builder)) *suirpc.Executed {
	b := sui.NewBuilder()
	build(b)
	ex, err := z.client.Send(z.t.Context(), z.owner, b)
	if err != nil {
		return nil
	}
	if ex.Checkpoint != nil {
		z.tip = max(z.tip, *ex.Checkpoint)
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	for id, o := range ex.Objects {
		if o.Move == nil || o.Move.Type.Name == "Coin" || o.Move.Type.Name == "Field" || slices.Contains(z.all, id) {
			continue
		}
		name := o.Move.Type.Module + "::" + o.Move.Type.Name
		z.objects[name] = append(z.objects[name], id)
		z.all = append(z.all, id)
	}
	return ex
}

func pick[T any](r *rand.Rand, list []T) (out T) {
	if len(list) > 0 {
		out = list[r.IntN(len(list))]
	}
	return out
}

// of is an object of a type, some other object, or one that does not exist.
func (z *zoo) of(r *rand.Rand, typ string) sui.Address {
	z.mu.Lock()
	defer z.mu.Unlock()
	switch n := r.IntN(40); {
	case n == 0:
		return sui.Address{byte(r.IntN(256)), 99}
	case n < 3:
		return pick(r, z.all)
	}
	return pick(r, z.objects[typ])
}

// change changes something.
func (z *zoo) change(r *rand.Rand) {
	user := pick(r, z.users)
	pair := func(b *sui.Builder, i int, object, cap string) (sui.Arg, sui.Arg) {
		z.mu.Lock()
		defer z.mu.Unlock()
		return b.Object(z.objects[object][i]), b.Object(z.objects[cap][i])
	}
	kind := r.IntN(8)
	switch kind {
	case 3, 4:
		z.buy(r, user, kind == 3)
		return
	case 5:
		z.store(r, user)
		return
	}
	z.do(func(b *sui.Builder) {
		switch kind {
		case 0, 1:
			list, cap := pair(b, r.IntN(2), "white_list::WhiteList", "white_list::Cap")
			b.Call(z.pkgs["white_list"], "white_list", pick(r, []string{"add", "remove"}), nil, list, cap, b.Pure(user))
		case 2:
			b.Call(z.pkgs["allow_list"], "allow_list", pick(r, []string{"add", "remove"}), nil,
				b.Object(z.of(r, "allow_list::List")), b.Object(z.of(r, "allow_list::Cap")), b.Pure(user))
		case 6:
			b.Transfer(user, b.Object(z.of(r, "private_data::PrivateData")))
		default:
			z.mu.Lock()
			i := r.IntN(len(z.objects["policy::Policy"]))
			policy, cap := z.objects["policy::Policy"][i], z.objects["policy::PolicyCap"][i]
			z.mu.Unlock()
			if r.IntN(2) == 0 {
				contract.Grant(b, z.contracts, policy, cap, user)
			} else {
				contract.Revoke(b, z.contracts, policy, cap, user)
			}
		}
	})
}

// buy buys a subscription for a user.
func (z *zoo) buy(r *rand.Rand, user sui.Address, plain bool) {
	module, buy, give := "subscription", "subscribe", "give"
	if plain {
		module, buy, give = "plain_subscription", "buy", "hand_over"
	}
	z.do(func(b *sui.Builder) {
		sub := b.Call(z.pkgs[module], module, buy, nil,
			b.SplitCoins(sui.GasCoin, b.Pure(uint64(5))).At(0), b.Object(z.of(r, module+"::Service")), b.Clock())
		b.Call(z.pkgs[module], module, give, nil, sub, b.Pure(user))
	})
}

// store stores private data for a user.
func (z *zoo) store(r *rand.Rand, user sui.Address) {
	nonce, owner := []byte{byte(r.IntN(256))}, z.owner.Address()
	z.mu.Lock()
	z.data = append(z.data, append(owner[:], nonce...))
	z.mu.Unlock()
	z.do(func(b *sui.Builder) {
		data := b.Call(z.pkgs["private_data"], "private_data", "store", nil, b.Pure(nonce), b.Pure([]byte("data"))).At(0)
		if r.IntN(2) == 0 {
			b.Transfer(user, data)
			return
		}
		typ := sui.StructTag{Address: z.pkgs["private_data"], Module: "private_data", Name: "PrivateData"}
		b.Call(sui.Framework, "transfer", "public_party_transfer", []sui.TypeTag{typ.Tag()}, data,
			b.Call(sui.Framework, "party", "single_owner", nil, b.Pure(user)).At(0))
	})
}

// question makes a query, mostly one that makes sense.
func (z *zoo) question(r *rand.Rand) (Query, bool) {
	b := sui.NewBuilder()
	shared := func(id sui.Address) sui.Arg { return b.SharedObject(id, 1, false) } // the version is wrong on purpose
	idOf := func(object sui.Address) sui.Arg {
		id := append(slices.Clone(object[:]), byte(r.IntN(256)))
		if r.IntN(12) == 0 {
			id = id[:r.IntN(len(id))]
		}
		return b.Pure(id)
	}
	module := pick(r, append(slices.Clone(patterns), "policy", "policy", "policy", "white_list"))
	for range 1 + r.IntN(5)/4 {
		function := "seal_approve"
		if r.IntN(30) == 0 {
			function = "seal_approve_nothing"
		}
		var args []sui.Arg
		switch module {
		case "white_list":
			o := z.of(r, "white_list::WhiteList")
			args = []sui.Arg{idOf(o), shared(o)}
		case "allow_list":
			o := z.of(r, "allow_list::List")
			args = []sui.Arg{idOf(o), shared(o)}
		case "plain_subscription":
			o := z.of(r, "plain_subscription::Service")
			args = []sui.Arg{idOf(o), shared(z.of(r, "plain_subscription::Subscription")), shared(o), b.Clock()}
		case "subscription":
			o := z.of(r, "subscription::Service")
			args = []sui.Arg{idOf(o), shared(z.of(r, "subscription::PackageVersion")), shared(z.of(r, "subscription::Subscription")), shared(o), b.Clock()}
		case "private_data":
			z.mu.Lock()
			id := pick(r, z.data)
			z.mu.Unlock()
			args = []sui.Arg{b.Pure(id), shared(z.of(r, "private_data::PrivateData"))}
		case "time_lock":
			at := time.Now().UnixMilli() + int64(2*r.IntN(2)-1)*3_600_000 // far from now: our clock and the node's differ by moments
			args = []sui.Arg{b.Pure(binary.LittleEndian.AppendUint64(nil, uint64(at))), b.Clock()}
		case "account":
			args = []sui.Arg{idOf(pick(r, z.users))}
		case "voting":
			o := z.of(r, "voting::Vote")
			args = []sui.Arg{b.Pure(o[:]), shared(o)}
		case "key_request":
			args = []sui.Arg{idOf(z.of(r, "requested_list::Users")), shared(z.of(r, "key_request::KeyRequest")), b.Clock()}
		case "policy":
			o := z.of(r, "policy::Policy")
			contract.SealApprove(b, z.contracts, append(slices.Clone(o[:]), 7), contract.Read{Policy: shared(o), Lineage: shared(z.of(r, "lineage")), Version: shared(z.version)})
			continue
		}
		if r.IntN(40) == 0 {
			args = args[:1]
		}
		b.Call(z.pkgs[module], module, function, nil, args...)
	}
	approval, err := seal.NewApproval(b)
	return Query{User: pick(r, z.users), Approval: approval}, err == nil
}

func rounds(t *testing.T, variable string, small int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return small
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Over random states and random questions our VM says what the node says, for the
// same reason, and what it says can be repeated from the record.
func TestLocalIsTheNode(t *testing.T) {
	z := newZoo(t, 1)
	local, node, replayer := newLocal(t, z.realNet, mirror.Config{}), newNode(t, z.realNet), evidence.NewReplayer()
	n, said, records := rounds(t, "FLOE_POLICY_QUESTIONS", 300), map[verdict]int{}, 0
	for i := range n {
		if i%6 == 0 {
			z.change(z.r)
			if err := local.Await(t.Context(), z.tip); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		q, ok := z.question(z.r)
		if !ok {
			continue
		}
		a, b := z.answer(t.Context(), local, q), z.answer(t.Context(), node, q)
		if a.verdict() != b.verdict() {
			t.Fatalf("question %d: our VM says %s (%v), the node %s (%v)", i, a.verdict(), a.err, b.verdict(), b.err)
		}
		said[a.verdict()]++
		if a.evidence.Record != nil {
			records++
			if q.Package, err = local.Package(t.Context(), q.Approval.Package); err != nil {
				t.Fatal(err)
			}
			recorded := &answer{a.evidence, b.err} // as a Recorded answers
			recorded.evidence.Evaluated = receipt.ByNode
			for _, one := range []*answer{a, recorded} {
				if err := audit(t, q, one, replayer); err != nil {
					t.Fatalf("question %d, %s: %v", i, a.verdict(), err)
				}
			}
		}
	}
	if said[verdict{}] < n/10 || said[verdict{}] > n*9/10 || len(said) < 5 || records < n/2 {
		t.Errorf("the questions are not varied: %v, %d records", said, records)
	}
	t.Logf("%d records replayed; verdicts: %v", records, said)
}

func (z *zoo) answer(ctx context.Context, e Evaluator, q Query) *answer {
	var err error
	if q.Package, err = e.Package(ctx, q.Approval.Package); err != nil {
		return &answer{err: err}
	}
	return ask(ctx, e, q)
}

// While the state changes all the time, two that look at it at different moments
// come to agree; nothing is taken for a fault.
func TestBothDuringChanges(t *testing.T) {
	z := newZoo(t, 2)
	alarms := 0
	both := NewBoth(BothConfig{Local: newLocal(t, z.realNet, mirror.Config{}), Node: newNode(t, z.realNet), Mismatched: func() { alarms++ }})
	stop, changing := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(changing)
		r := rand.New(rand.NewPCG(2, 1))
		for {
			select {
			case <-stop:
				return
			default:
				z.change(r)
			}
		}
	}()
	said := map[string]int{}
	for range rounds(t, "FLOE_POLICY_QUESTIONS", 100) {
		q, ok := z.question(z.r)
		if !ok {
			continue
		}
		a := z.answer(t.Context(), both, q)
		if v := a.verdict(); v.undecided() {
			t.Errorf("%s: %v", v, a.err)
		}
		said[fmt.Sprint(a.verdict())]++
	}
	close(stop)
	<-changing
	if alarms > 0 {
		t.Errorf("%d alarms", alarms)
	}
	t.Log(said)
}
