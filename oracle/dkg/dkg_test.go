package dkg

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/seal/sealtest"
)

func TestNewKey(t *testing.T) {
	g := newGroup(t, 1, 5, 3)
	results := g.process(g.deal(0, 1, 2, 3, 4))
	checkKey(t, results, 0, 1, 2)
	checkKey(t, results, 4, 1, 3)
	again := newGroup(t, 2, 5, 3)
	if r := again.process(again.deal(0, 1, 2, 3, 4)); r[0].PublicKey == results[0].PublicKey {
		t.Error("two ceremonies make one key")
	}
}

func TestRotation(t *testing.T) {
	g := newGroup(t, 3, 3, 2)
	results := g.process(g.deal(0, 1, 2))
	next := rotate(g, results, 4, 4, 3, 2, 0)
	rotated := next.process(next.deal(0, 1))
	if rotated[0].PublicKey != results[0].PublicKey {
		t.Error("the rotation changed the public key")
	}
	checkKey(t, rotated, 0, 1, 2)
	checkKey(t, rotated, 3, 2, 1)
	for i := range 2 {
		if string(rotated[i].Share.Bytes()) == string(next.shares[i].Bytes()) {
			t.Errorf("party %d keeps its share", i)
		}
	}
}

// Shares of before a rotation are worth nothing together with those after it, though a
// threshold of either makes the key, for ever.
func TestOldSharesWithNewOnes(t *testing.T) {
	g := newGroup(t, 24, 3, 2)
	before := g.process(g.deal(0, 1, 2))
	next := rotate(g, before, 25, 4, 3, 0, 1, 2)
	after := next.process(next.deal(0, 1))
	old := func(i uint16) holder { return holder{before[i], i, true} }
	fresh := func(i uint16) holder { return holder{after[i], i, true} }
	if !makesKey(t, old(2), old(0)) || !makesKey(t, fresh(0), fresh(2), fresh(3)) {
		t.Error("a threshold of one version makes no key")
	}
	for i, mixed := range [][]holder{
		{old(0), fresh(1)}, {old(0), fresh(1), fresh(2)}, {fresh(0), fresh(1), old(2)}, {old(0), fresh(1), fresh(2), fresh(3)},
		{fresh(0), fresh(1)}, {old(1)}, {{before[1], 0, false}, fresh(1), fresh(2)},
	} {
		if makesKey(t, mixed...) {
			t.Errorf("mixture %d makes the key", i)
		}
	}
	if string(before[0].Share.Bytes()) == string(after[0].Share.Bytes()) || before[0].PublicKey != after[0].PublicKey {
		t.Error("a share stayed, or the key did not")
	}
}

func TestRotationRefusals(t *testing.T) {
	g := newGroup(t, 5, 3, 2)
	results := g.process(g.deal(0, 1, 2))
	t.Run("too few stay", func(t *testing.T) {
		next := rotate(g, results, 6, 3, 2, 1)
		if _, err := next.keys[0].Deal(next.random, next.committee, 0, next.shares[0]); err == nil {
			t.Error("accepted")
		}
	})
	t.Run("a share of another", func(t *testing.T) {
		next := rotate(g, results, 7, 3, 2, 1, 2)
		if _, err := next.keys[0].Deal(next.random, next.committee, 0, next.shares[1]); err == nil {
			t.Error("accepted")
		}
	})
	t.Run("a newcomer deals", func(t *testing.T) {
		next := rotate(g, results, 8, 3, 2, 1, 2)
		if _, err := next.keys[2].Deal(next.random, next.committee, 2, next.shares[1]); err == nil {
			t.Error("accepted")
		}
	})
	t.Run("a fresh secret", func(t *testing.T) {
		next := rotate(g, results, 9, 3, 2, 1, 2)
		messages := next.deal(0, 1)
		fresh := *next.committee
		fresh.Old = nil
		m, err := next.keys[1].Deal(next.random, &fresh, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		blamed(t, next, 0, [][]byte{messages[0], m}, 1)
	})
}

func TestKeysRoundTripAndHide(t *testing.T) {
	g := newGroup(t, 14, 1, 1)
	k, err := ParseKeys(g.keys[0].Bytes())
	if err != nil || k.Member() != g.keys[0].Member() {
		t.Errorf("keys read back: %v", err)
	}
	for _, bad := range [][]byte{nil, make([]byte, 64), bytes.Repeat([]byte{255}, 64)} {
		if _, err := ParseKeys(bad); err == nil {
			t.Errorf("%x accepted", bad)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if s := fmt.Sprintf(verb, *k); s != "Keys(hidden)" {
			t.Errorf("%s prints %s", verb, s)
		}
	}
}

// The shares of a committee before and after a rotation, as Seal's own tests
// have them (crates/key-server/src/tests/e2e.rs of Seal at ddc7e5d6).
func TestSealShares(t *testing.T) {
	for _, c := range []struct {
		shares  []string
		parties []uint16
	}{
		{sealtest.Before, []uint16{0, 1}}, {sealtest.Before, []uint16{2, 0}}, {sealtest.Before, []uint16{1, 2}},
		{sealtest.After, []uint16{0, 1, 2}}, {sealtest.After, []uint16{3, 1, 2}}, {sealtest.After, []uint16{0, 3, 1}},
	} {
		weights, err := seal.LagrangeAtZero(c.parties)
		if err != nil {
			t.Fatal(err)
		}
		var secret fr.Element
		for i, party := range c.parties {
			var s fr.Element
			s.SetBytes(sealtest.Share(t, c.shares[party]).Bytes())
			s.Mul(&s, &weights[i])
			secret.Add(&secret, &s)
		}
		pk := timesG2(generatorG2, &secret)
		if got := hex.EncodeToString(encode(pk)); got != sealtest.PublicKey {
			t.Errorf("parties %v: public key %s", c.parties, got)
		}
	}
}

// Whoever has the messages comes to the same public outcome as the members.
func TestVerify(t *testing.T) {
	g := newGroup(t, 17, 4, 2)
	messages := g.deal(0, 1, 2, 3)
	results := g.process(messages)
	check := func(g *group, messages [][]byte, want *Result) {
		t.Helper()
		got, err := g.committee.Verify(messages)
		if err != nil || got.Share != nil || got.PublicKey != want.PublicKey || got.Messages != want.Messages || !slices.Equal(got.PartialPublicKeys, want.PartialPublicKeys) {
			t.Errorf("got %v, %v", got, err)
		}
	}
	check(g, messages, results[0])
	next := rotate(g, results, 18, 3, 2, 3, 0)
	dealt := next.deal(1, 0)
	check(next, dealt, next.process(dealt)[0])

	var b *Blame
	messages[2] = g.resign(messages[2], func(m *signedMessage) { m.secret.z.SetOne() })
	if _, err := g.committee.Verify(messages); !errors.As(err, &b) || b.Party != 2 {
		t.Errorf("a bad message: %v", err)
	}
	for party, m := range g.deal(0, 1) {
		for _, other := range []int{0, 1, 2, 4, 60000} {
			if err := g.committee.CheckDealer(m, other); (err == nil) != (other == party) {
				t.Errorf("the message of party %d is that of party %d: %v", party, other, err)
			}
		}
		if next.committee.CheckDealer(m, party) == nil || g.committee.CheckDealer(m[:50], party) == nil {
			t.Errorf("the message of party %d is one for another committee, or half of it is", party)
		}
	}
	for i, m := range g.deal(3, 1) {
		if party, err := Sender(m); err != nil || party != []int{3, 1}[i] {
			t.Errorf("sender %d, %v", party, err)
		}
	}
	if _, err := Sender(messages[0][:50]); err == nil {
		t.Error("half a message has a sender")
	}
}

// Each part of a committee is in its fingerprint.
func TestFingerprint(t *testing.T) {
	g := newGroup(t, 19, 3, 2)
	next := rotate(g, g.process(g.deal(0, 1, 2)), 20, 3, 2, 1, 2)
	seen := map[[32]byte]string{}
	note := func(what string, change func(*Committee)) {
		c := *next.committee
		c.Members = slices.Clone(c.Members)
		old := *c.Old
		old.PartialPublicKeys = slices.Clone(old.PartialPublicKeys)
		c.Old = &old
		change(&c)
		f := c.Fingerprint()
		if other, is := seen[f]; is {
			t.Errorf("%s and %s have one fingerprint", what, other)
		}
		seen[f] = what
	}
	note("nothing", func(*Committee) {})
	note("id", func(c *Committee) { c.ID[5]++ })
	note("threshold", func(c *Committee) { c.Threshold++ })
	note("encryption key", func(c *Committee) { c.Members[1].EncryptionKey[7]++ })
	note("signing key", func(c *Committee) { c.Members[1].SigningKey[7]++ })
	note("old party", func(c *Committee) { c.Members[2].OldParty = 0 })
	note("a member less", func(c *Committee) { c.Members = c.Members[:2] })
	note("no rotation", func(c *Committee) { c.Old = nil })
	note("old threshold", func(c *Committee) { c.Old.Threshold++ })
	note("old key", func(c *Committee) { c.Old.PublicKey[9]++ })
	note("old partial key", func(c *Committee) { c.Old.PartialPublicKeys[0][9]++ })
}

func BenchmarkProcess(b *testing.B) {
	g := newGroup(&testing.T{}, 16, 10, 7)
	messages := g.deal(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	for b.Loop() {
		if _, err := g.keys[0].Process(g.random, g.committee, 0, messages); err != nil {
			b.Fatal(err)
		}
	}
}
