package dkg

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/seal/sealtest"
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

// checkKey demands that these parties together, by the path of a key request,
// make a user key that the public key verifies.
func checkKey(t *testing.T, results []*Result, parties ...uint16) {
	t.Helper()
	random := rand.NewChaCha8([32]byte{99})
	id := []byte("package and identity")
	pk, err := seal.ParsePublicKey(results[0].PublicKey[:])
	if err != nil {
		t.Fatal(err)
	}
	transport, err := seal.NewTransportKey(random)
	if err != nil {
		t.Fatal(err)
	}
	var parts []seal.PartialUserKey
	for _, i := range parties {
		usk, err := results[i].Share.Extract(random, id)
		if err != nil {
			t.Fatal(err)
		}
		c, err := transport.Public().Encrypt(random, usk)
		if err != nil {
			t.Fatal(err)
		}
		partial, err := seal.ParsePublicKey(results[i].PartialPublicKeys[i][:])
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Verify(transport.Public(), id, partial); err != nil {
			t.Errorf("party %d: %v", i, err)
		}
		parts = append(parts, seal.PartialUserKey{Party: i, Key: c})
	}
	whole, err := seal.CombineUserKeys(parts)
	if err != nil {
		t.Fatal(err)
	}
	usk, err := transport.Open(whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := usk.Verify(id, pk); err != nil {
		t.Errorf("parties %v: %v", parties, err)
	}
	if len(parts) > 1 {
		if short, err := seal.CombineUserKeys(parts[1:]); err == nil {
			if usk, err := transport.Open(short); err == nil && usk.Verify(id, pk) == nil {
				t.Errorf("parties %v make a key, one less than the threshold", parties[1:])
			}
		}
	}
}

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

func TestDishonestDealer(t *testing.T) {
	g := newGroup(t, 10, 4, 2)
	good := g.deal(0, 1, 2, 3)
	for name, change := range map[string]func(*signedMessage){
		"another secret":          func(m *signedMessage) { m.commitments[0].Add(&m.commitments[0], &generatorG2) },
		"higher degree":           func(m *signedMessage) { m.commitments = append(m.commitments, generatorG2) },
		"a share less":            func(m *signedMessage) { m.shares = m.shares[:3] },
		"a short share":           func(m *signedMessage) { m.shares[0] = m.shares[0][:32] },
		"another ephemeral key":   func(m *signedMessage) { m.c.Add(&m.c, &generatorG1) },
		"another second key":      func(m *signedMessage) { m.cHat.Add(&m.cHat, &generatorG1) },
		"proof of another secret": func(m *signedMessage) { m.secret.z.SetOne() },
		"proof of another key":    func(m *signedMessage) { m.proof.z.SetOne() },
	} {
		t.Run(name, func(t *testing.T) {
			messages := append([][]byte{}, good...)
			messages[2] = g.resign(good[2], change)
			if b := blamed(t, g, 0, messages, 2); b.Complaint != nil {
				t.Error("a complaint about what all can see")
			}
		})
	}
	t.Run("two messages", func(t *testing.T) {
		blamed(t, g, 0, [][]byte{good[0], good[1], good[2], g.deal(2)[0]}, 2)
	})
}

// Whoever carries messages can bring one twice: that says nothing about its sender.
func TestMessageBroughtTwice(t *testing.T) {
	g := newGroup(t, 22, 4, 2)
	good := g.deal(0, 1, 2, 3)
	_, err := g.keys[0].Process(g.random, g.committee, 0, [][]byte{good[0], good[1], good[2], good[2]})
	var b *Blame
	if err == nil || errors.As(err, &b) || !strings.Contains(err.Error(), "messages 2 and 3 are the same") {
		t.Errorf("got %v, want an error that blames nobody", err)
	}
}

// A member that registers another's keys, whose secrets it does not have, would
// have that one take itself for the wrong party.
func TestCopiedKeys(t *testing.T) {
	for name, change := range map[string]func(to, from *Member){
		"both":           func(to, from *Member) { *to = *from },
		"encryption key": func(to, from *Member) { to.EncryptionKey = from.EncryptionKey },
		"signing key":    func(to, from *Member) { to.SigningKey = from.SigningKey },
	} {
		g := newGroup(t, 23, 3, 2)
		change(&g.committee.Members[0], &g.committee.Members[2])
		if _, err := g.keys[2].Deal(g.random, g.committee, 2, nil); err == nil || !strings.Contains(err.Error(), "parties 0 and 2 registered the same key") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestComplaint(t *testing.T) {
	g := newGroup(t, 11, 4, 2)
	good := g.deal(0, 1, 2, 3)
	messages := append([][]byte{}, good...)
	messages[2] = g.resign(good[2], func(m *signedMessage) { m.shares[1][5] ^= 1 })
	if _, err := g.keys[0].Process(g.random, g.committee, 0, messages); err != nil {
		t.Errorf("party 0, whose share is good: %v", err)
	}
	evidence := blamed(t, g, 1, messages, 2).Complaint
	var b *Blame
	if err := g.committee.VerifyComplaint(messages, evidence); !errors.As(err, &b) || b.Party != 2 {
		t.Errorf("the complaint proves %v", err)
	}
	if err := g.committee.VerifyComplaint(good, evidence); err == nil || errors.As(err, &b) {
		t.Errorf("the complaint about an honest dealer: %v", err)
	}
	for i := range evidence {
		bad := bytes.Clone(evidence)
		bad[i] ^= 1
		if err := g.committee.VerifyComplaint(messages, bad); err == nil || errors.As(err, &b) {
			t.Fatalf("complaint with byte %d changed: %v", i, err)
		}
	}
}

func TestBadMessages(t *testing.T) {
	g := newGroup(t, 12, 3, 2)
	good := g.deal(0, 1, 2)
	process := func(messages ...[]byte) error {
		_, err := g.keys[0].Process(g.random, g.committee, 0, messages)
		return err
	}
	other := newGroup(t, 13, 3, 2).deal(0, 1, 2)
	for name, err := range map[string]error{
		"too few":           process(good[:2]...),
		"too many":          process(good[0], good[1], good[2], good[2]),
		"another committee": process(good[0], good[1], other[2]),
		"truncated":         process(good[0], good[1], good[2][:100]),
		"trailing":          process(good[0], good[1], append(bytes.Clone(good[2]), 0)),
	} {
		var b *Blame
		if err == nil || errors.As(err, &b) {
			t.Errorf("%s: %v, want an error that blames nobody", name, err)
		}
	}
	for i := 0; i < len(good[2]); i += 7 { // nobody but party 2 can have changed it, or nothing counts
		bad := bytes.Clone(good[2])
		bad[i] ^= 1
		if process(good[0], good[1], bad) == nil {
			t.Fatalf("message with byte %d changed is accepted", i)
		}
	}
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

func FuzzComplaint(f *testing.F) {
	g := newGroup(&testing.T{}, 21, 3, 2)
	messages := g.deal(0, 1, 2)
	messages[2] = g.resign(messages[2], func(m *signedMessage) { m.shares[1][5] ^= 1 })
	_, err := g.keys[1].Process(g.random, g.committee, 1, messages)
	var b *Blame
	if !errors.As(err, &b) {
		f.Fatal(err)
	}
	f.Add(b.Complaint)
	f.Fuzz(func(t *testing.T, b []byte) {
		p := new(complaint)
		if bcs.Unmarshal(b, p) == nil && !bytes.Equal(bcs.Marshal(p), b) {
			t.Fatal("a complaint decodes and encodes to other bytes")
		}
	})
}

func FuzzMessage(f *testing.F) {
	g := newGroup(&testing.T{}, 15, 3, 2)
	for _, m := range g.deal(0, 1) {
		f.Add(m)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m := new(signedMessage)
		if bcs.Unmarshal(b, m) == nil && !bytes.Equal(bcs.Marshal(m), b) {
			t.Fatal("a message decodes and encodes to other bytes")
		}
	})
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
