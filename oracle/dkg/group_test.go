package dkg

import (
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// A group is the members of a committee, all in one test.
type group struct {
	t         *testing.T
	random    io.Reader
	committee *Committee
	keys      []*Keys
	shares    []*seal.MasterKey // of the old committee, by new party
}

func newGroup(t *testing.T, seed byte, n, threshold int) *group {
	g := &group{t: t, random: rand.NewChaCha8([32]byte{seed}), committee: &Committee{ID: sui.Address{seed}, Threshold: threshold}}
	for range n {
		k, err := GenerateKeys(g.random)
		if err != nil {
			t.Fatal(err)
		}
		g.keys = append(g.keys, k)
		g.committee.Members = append(g.committee.Members, k.Member())
		g.shares = append(g.shares, nil)
	}
	return g
}

// deal returns the messages of these parties.
func (g *group) deal(parties ...int) (out [][]byte) {
	g.t.Helper()
	for _, i := range parties {
		m, err := g.keys[i].Deal(g.random, g.committee, i, g.shares[i])
		if err != nil {
			g.t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

// process has every member process the messages, each in an order of its own,
// and demands that all agree.
func (g *group) process(messages [][]byte) []*Result {
	g.t.Helper()
	var out []*Result
	for i, k := range g.keys {
		messages = append(messages[1:], messages[0])
		r, err := k.Process(g.random, g.committee, i, messages)
		if err != nil {
			g.t.Fatal(err)
		}
		if string(r.Share.PublicKey().Bytes()) != string(r.PartialPublicKeys[i][:]) {
			g.t.Errorf("party %d: the share does not fit its partial public key", i)
		}
		if i > 0 && (r.PublicKey != out[0].PublicKey || r.Messages != out[0].Messages) {
			g.t.Errorf("party %d comes to another key or digest than party 0", i)
		}
		out = append(out, r)
	}
	return out
}

// A holder has a share, of any version, and the place at which it is used: rightful if
// that is its own.
type holder struct {
	of       *Result
	party    uint16
	rightful bool
}

// makesKey tells whether shares together, by the path of a key request, make a user key
// that the public key verifies.
func makesKey(t *testing.T, holders ...holder) bool {
	t.Helper()
	random := rand.NewChaCha8([32]byte{98})
	id := []byte("package and identity")
	pk, err := seal.ParsePublicKey(holders[0].of.PublicKey[:])
	if err != nil {
		t.Fatal(err)
	}
	transport, err := seal.NewTransportKey(random)
	if err != nil {
		t.Fatal(err)
	}
	var parts []seal.PartialUserKey
	for _, h := range holders {
		usk, err := h.of.Share.Extract(random, id)
		if err != nil {
			t.Fatal(err)
		}
		c, err := transport.Public().Encrypt(random, usk)
		if err != nil {
			t.Fatal(err)
		}
		partial, err := seal.ParsePublicKey(h.of.PartialPublicKeys[h.party][:])
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Verify(transport.Public(), id, partial); (err == nil) != h.rightful {
			t.Errorf("party %d: %v", h.party, err)
		}
		parts = append(parts, seal.PartialUserKey{Party: h.party, Key: c})
	}
	whole, err := seal.CombineUserKeys(parts)
	if err != nil {
		return false
	}
	usk, err := transport.Open(whole)
	return err == nil && usk.Verify(id, pk) == nil
}

// checkKey demands that these parties make the key, and one less does not.
func checkKey(t *testing.T, results []*Result, parties ...uint16) {
	t.Helper()
	var holders []holder
	for _, i := range parties {
		holders = append(holders, holder{results[i], i, true})
	}
	if !makesKey(t, holders...) {
		t.Errorf("parties %v make no key", parties)
	}
	if len(holders) > 1 && makesKey(t, holders[1:]...) {
		t.Errorf("parties %v make a key, one less than the threshold", parties[1:])
	}
}

// rotate returns a group of n whose parties 0, 1, … were the given parties of
// the old committee.
func rotate(old *group, results []*Result, seed byte, n, threshold int, stay ...int) *group {
	g := newGroup(old.t, seed, n, threshold)
	g.committee.Old = &Old{Threshold: old.committee.Threshold, PublicKey: results[0].PublicKey, PartialPublicKeys: results[0].PartialPublicKeys}
	for i, party := range stay {
		g.committee.Members[i].OldParty = party
		g.shares[i] = results[party].Share
	}
	return g
}

// blamed demands that a member blames a party for one of these messages.
func blamed(t *testing.T, g *group, member int, messages [][]byte, party int) *Blame {
	t.Helper()
	_, err := g.keys[member].Process(g.random, g.committee, member, messages)
	var b *Blame
	if !errors.As(err, &b) || b.Party != party {
		t.Fatalf("got %v, want that party %d is blamed", err, party)
	}
	return b
}

// resign changes a message of a party and signs it anew, as a dishonest dealer
// would.
func (g *group) resign(message []byte, change func(*signedMessage)) []byte {
	g.t.Helper()
	m := new(signedMessage)
	if err := bcs.Unmarshal(message, m); err != nil {
		g.t.Fatal(err)
	}
	change(m)
	m.sign(g.committee.ID, &g.keys[m.sender].signing)
	return bcs.Marshal(m)
}
