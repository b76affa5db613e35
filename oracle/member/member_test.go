package member

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/oracle/secret"
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/seal/sealtest"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A committee before and after a rotation. Members 0 and 1 change places, member 3
// joins.
var (
	before, after = sealtest.Before, sealtest.After
	seatsBefore   = []sui.Address{{0xa0}, {0xa1}, {0xa2}}
	seatsAfter    = []sui.Address{{0xa1}, {0xa0}, {0xa2}, {0xa3}}

	keyServer = sui.Address{0x5e}
	field     = sui.Address{0xf1}
	fieldOf2  = sui.Address{0xf2}
	oldID     = sui.Address{0xc0}
	newID     = sui.Address{0xc1}
)

// scripted is a chain with one committee.
type scripted struct {
	mu      sync.Mutex
	objects map[sui.Address]*sui.Object
	content *sui.Object // the dynamic field of the KeyServer
	err     error
}

func (s *scripted) Object(_ context.Context, id sui.Address) (*sui.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	if o := s.objects[id]; o != nil {
		return o, nil
	}
	return nil, suirpc.ErrNotFound
}

func (s *scripted) DynamicField(ctx context.Context, _ sui.Address, _ sui.TypeTag, _ []byte) (*sui.Object, error) {
	if _, err := s.Object(ctx, keyServer); err != nil {
		return nil, err
	}
	return s.content, nil
}

func (s *scripted) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func moveObject(module, name string, owner sui.Address, contents *bcs.Encoder) *sui.Object {
	return &sui.Object{Owner: sui.Owner{Kind: sui.OwnerObject, Address: owner},
		Move: &sui.MoveObject{Type: sui.StructTag{Address: sui.Address{0xee}, Module: module, Name: name}, Contents: contents.Data()}}
}

// show makes the chain show a version of the committee, in Seal's layouts.
func (s *scripted) show(t *testing.T, committee sui.Address, version uint32, seats []sui.Address, shares []string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects = map[sui.Address]*sui.Object{}

	e := bcs.NewEncoder()
	e.Fixed(keyServer[:])
	e.U64(2)
	e.U64(2)
	s.objects[keyServer] = moveObject("key_server", "KeyServer", field, e)
	s.objects[field] = moveObject("dynamic_field", "Field", committee, bcs.NewEncoder())

	e = bcs.NewEncoder()
	e.Fixed(committee[:])
	e.U16(2)
	e.ULEB(uint64(len(seats)))
	for _, a := range seats {
		e.Fixed(a[:])
	}
	e.U8(2) // Finalized
	e.U8(0) // no old committee
	s.objects[committee] = moveObject("seal_committee", "Committee", sui.Address{}, e)

	e = bcs.NewEncoder()
	e.Fixed(fieldOf2[:])
	e.U64(2)
	e.String("committee")
	e.U8(0)
	e.Bytes(sealtest.Share(t, shares[0]).PublicKey().Bytes()) // stands for the committee's, which is not used here
	e.U8(1)
	e.U32(version)
	e.U16(2)
	e.ULEB(uint64(len(shares)))
	for i, text := range shares {
		e.String(fmt.Sprintf("member-%d", i))
		e.String("https://member")
		e.Bytes(sealtest.Share(t, text).PublicKey().Bytes())
		e.U16(uint16(i))
	}
	s.content = moveObject("dynamic_field", "Field", keyServer, e)
}

// net is a committee and the shares that one member has.
type net struct {
	t     *testing.T
	chain *scripted
	mu    sync.Mutex
	has   map[uint32]string
}

func newNet(t *testing.T, has map[uint32]string) *net {
	n := &net{t: t, chain: &scripted{}, has: has}
	n.before()
	return n
}

func (n *net) before() { n.chain.show(n.t, oldID, 0, seatsBefore, before) }
func (n *net) after()  { n.chain.show(n.t, newID, 1, seatsAfter, after) }

func (n *net) give(version uint32, share string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.has[version] = share
}

func (n *net) start(member sui.Address, target *uint32) (*Source, error) {
	return New(n.t.Context(), Config{Chain: n.chain, KeyServer: keyServer, Member: member, Target: target,
		Share: func(_ context.Context, version uint32) (*seal.MasterKey, error) {
			n.mu.Lock()
			defer n.mu.Unlock()
			if text, ok := n.has[version]; ok {
				return sealtest.Share(n.t, text), nil
			}
			return nil, fmt.Errorf("share %d: %w", version, secret.ErrMissing)
		}})
}

func (n *net) mustStart(member sui.Address, target *uint32) *Source {
	n.t.Helper()
	s, err := n.start(member, target)
	if err != nil {
		n.t.Fatal(err)
	}
	return s
}

// holds demands that a source answers with a share.
func holds(t *testing.T, s *Source, version uint32, share string) {
	t.Helper()
	k, err := s.Current()
	if err != nil || hex.EncodeToString(k.Bytes()) != share {
		t.Errorf("no share of version %d: %v", version, err)
	}
	if v, ok := s.Version(); !ok || v != version {
		t.Errorf("version %d, %v, want %d", v, ok, version)
	}
}

// refuses demands that a source has no share, and why.
func refuses(t *testing.T, s *Source, code string) {
	t.Helper()
	k, err := s.Current()
	var r *policy.Refusal
	if k != nil || !errors.As(err, &r) || r.Kind != policy.Unknown || r.Reason.Code != code || r.Reason.Remedy == "" {
		t.Errorf("%v, %v, want %s", k, err, code)
	}
}

func TestActive(t *testing.T) {
	n := newNet(t, map[uint32]string{0: before[0]})
	s := n.mustStart(seatsBefore[0], nil)
	holds(t, s, 0, before[0])
	if err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, s, 0, before[0])

	// A rotation that the operator forgot: the old share is not used any more.
	n.after()
	if err := s.Look(t.Context()); !errors.Is(err, secret.ErrMissing) {
		t.Error(err)
	}
	refuses(t, s, "share_unavailable")
	n.give(1, after[1])
	if err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, s, 1, after[1])
}

func TestRotation(t *testing.T) {
	for name, c := range map[string]struct {
		member sui.Address
		has    map[uint32]string
		code   string // before the rotation; "" if the old share serves
		share  string // after it
	}{
		"a member that stays, in another seat": {sui.Address{0xa0}, map[uint32]string{0: before[0], 1: after[1]}, "", after[1]},
		"a member that lost its old share":     {sui.Address{0xa2}, map[uint32]string{1: after[2]}, "share_unavailable", after[2]},
		"a member that joins":                  {sui.Address{0xa3}, map[uint32]string{1: after[3]}, "share_unavailable", after[3]},
	} {
		t.Run(name, func(t *testing.T) {
			for _, target := range []*uint32{new(uint32(1)), nil} { // Seal's !Rotation and !Active
				n := newNet(t, c.has)
				s := n.mustStart(c.member, target)
				if c.code != "" {
					refuses(t, s, c.code)
				} else {
					holds(t, s, 0, c.has[0])
				}
				n.after()
				ctx, cancel := context.WithCancel(t.Context())
				tick, done := make(chan time.Time), make(chan struct{})
				go func() { defer close(done); s.Run(ctx, tick) }()
				tick <- time.Time{}
				tick <- time.Time{} // taken when the first look is over
				holds(t, s, 1, c.share)
				cancel()
				<-done
			}
		})
	}
}

func TestStartRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		member sui.Address
		target *uint32
		has    map[uint32]string
		change func(*net)
		want   string
	}{
		{"no share", seatsBefore[0], nil, nil, nil, "nor is there one of version 1"},
		{"another member's share", seatsBefore[0], nil, map[uint32]string{0: before[1]}, nil, "not that of member"},
		{"a stranger", sui.Address{0xa9}, nil, map[uint32]string{0: before[0]}, nil, "no member of the committee"},
		{"a rotation to far away", seatsBefore[0], new(uint32(2)), map[uint32]string{0: before[0], 2: after[1]}, nil, "the chain is at version 0"},
		{"a rotation long done", seatsAfter[0], new(uint32(1)), map[uint32]string{1: after[0]}, func(n *net) { n.chain.show(t, newID, 2, seatsAfter, after) }, "the chain is at version 2"},
		{"a rotation without its share", seatsBefore[0], new(uint32(1)), map[uint32]string{0: before[0]}, nil, "the share of version 1, which the rotation leads to"},
		{"no KeyServer", seatsBefore[0], nil, map[uint32]string{0: before[0]}, func(n *net) { delete(n.chain.objects, keyServer) }, "not found"},
		{"no Committee", seatsBefore[0], nil, map[uint32]string{0: before[0]}, func(n *net) { n.chain.objects[oldID].Move.Type.Name = "Other" }, "committee"},
		{"a KeyServer that a wallet owns", seatsBefore[0], nil, map[uint32]string{0: before[0]}, func(n *net) { n.chain.objects[keyServer].Owner.Kind = sui.OwnerAddress }, "committee"},
		{"half a Committee", seatsBefore[0], nil, map[uint32]string{0: before[0]}, func(n *net) {
			m := n.chain.objects[oldID].Move
			m.Contents = m.Contents[:40]
		}, "ends too early"},
		{"another number of members", seatsBefore[0], nil, map[uint32]string{0: before[0]}, func(n *net) { n.chain.show(t, oldID, 0, seatsAfter, before) }, "committee"},
	} {
		n := newNet(t, c.has)
		if c.change != nil {
			c.change(n)
		}
		if _, err := n.start(c.member, c.target); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// A full node that is behind another, or lies, does not bring an old share back: the
// version only counts up.
func TestNodeThatIsBehind(t *testing.T) {
	n := newNet(t, map[uint32]string{0: before[0], 1: after[1]})
	n.after()
	s := n.mustStart(seatsBefore[0], nil)
	holds(t, s, 1, after[1])
	n.before()
	if err := s.Look(t.Context()); err == nil || !strings.Contains(err.Error(), "the node is behind") {
		t.Error(err)
	}
	holds(t, s, 1, after[1])

	// What a node made up is forgotten.
	n = newNet(t, map[uint32]string{0: before[0]})
	s = n.mustStart(seatsBefore[0], nil)
	n.chain.show(t, newID, 99, seatsAfter, after)
	if err := s.Look(t.Context()); !errors.Is(err, secret.ErrMissing) {
		t.Error(err)
	}
	n.before()
	if err := s.Look(t.Context()); err != nil {
		t.Error(err)
	}
	holds(t, s, 0, before[0])
}

// A chain that cannot be read keeps nothing from starting, and changes nothing
// later.
func TestUnreachable(t *testing.T) {
	n := newNet(t, map[uint32]string{0: before[0], 1: after[1]})
	n.chain.fail(suirpc.ErrUnreachable)
	s := n.mustStart(seatsBefore[0], nil)
	refuses(t, s, "chain_unavailable")
	if _, ok := s.Version(); ok {
		t.Error("a version was seen")
	}
	n.chain.fail(nil)
	if err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, s, 0, before[0])
	n.after()
	n.chain.fail(suirpc.ErrUnreachable)
	if err := s.Look(t.Context()); !errors.Is(err, suirpc.ErrUnreachable) {
		t.Error(err)
	}
	holds(t, s, 0, before[0])
}
