package dkg

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
)

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
