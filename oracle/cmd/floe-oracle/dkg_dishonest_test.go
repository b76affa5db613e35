package main

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/oracle/ceremony"
	"github.com/floe-data/floe/oracle/dkg"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// TestDishonestMembers has a member deal a bad share to another, then deal what
// all can see to be wrong, and then propose something else than the others.
func TestDishonestMembers(t *testing.T) {
	w := newTown(t, 3)
	m := w.meet("dkg", "", 2, 0, 1, 2)
	m.all("register")
	for _, party := range []int{0, 1} {
		m.step(party, "deal")
	}
	cheat := func(change func(*dkg.Committee)) {
		t.Helper()
		state, err := ceremony.Load(t.Context(), w.client, m.committee())
		if err != nil {
			t.Fatal(err)
		}
		c, err := state.Ceremony()
		if err != nil {
			t.Fatal(err)
		}
		change(c)
		keys, err := ceremony.LoadKeys(t.Context(), m.folder(2), nil)
		if err != nil {
			t.Fatal(err)
		}
		message, err := keys.Deal(rand.Reader, c, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		os.Remove(ceremony.MessageFile(m.messages(), 2))
		if _, err := ceremony.WriteMessage(m.messages(), 2, message); err != nil {
			t.Fatal(err)
		}
	}
	blamed := func(out string) (a accusation) {
		t.Helper()
		var v struct{ Blame accusation }
		unmarshal(t, out, &v)
		if v.Blame.Party != 2 || v.Blame.Name != "server-2" || v.Blame.Address != w.address(2) || v.Blame.Why == "" {
			t.Errorf("blamed is %+v", v.Blame)
		}
		return v.Blame
	}
	verify := []string{"dkg", "verify", "--json", "--node", w.node, "--committee", m.id, "--messages", m.messages()}

	// What is encrypted for party 1 is for somebody else: only party 1 can tell.
	stranger, err := dkg.GenerateKeys(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cheat(func(c *dkg.Committee) { c.Members[1].EncryptionKey = stranger.Member().EncryptionKey })
	m.step(0, "process")
	m.verify()
	a := blamed(m.refuse("party 2 (server-2, "+w.address(2).String()+") broke the ceremony", m.args(1, "process")...))
	if a.Complaint == "" {
		t.Fatal("there is no proof for the others")
	}
	if _, err := os.Stat(m.share(1, 0)); err == nil {
		t.Error("there is a share all the same")
	}
	blamed(m.refuse("the share that it dealt to party 1 is not the one", append(verify, "--complaint", a.Complaint)...))
	nothing := filepath.Join(t.TempDir(), "complaint")
	os.WriteFile(nothing, make([]byte, 300), 0o600)
	if out := m.refuse("verify complaint", append(verify, "--complaint", nothing)...); out != "" {
		t.Errorf("nothing proves that %s", out)
	}

	// A polynomial of another degree: all can tell.
	cheat(func(c *dkg.Committee) { c.Threshold = 3 })
	if a := blamed(m.refuse("polynomial of 3 coefficients", m.args(0, "process")...)); a.Complaint != "" {
		t.Error("a proof of what all can see")
	}
	blamed(m.refuse("broke the ceremony", verify...))

	// It is honest with party 0 and another with party 1: they do not agree.
	os.Remove(m.share(0, 0))
	cheat(func(*dkg.Committee) {})
	m.step(0, "process")
	m.step(0, "propose")
	cheat(func(*dkg.Committee) {})
	m.step(1, "process")
	m.refuse("another outcome is proposed already", m.args(1, "propose")...)
	m.refuse("the chain has another outcome", verify...)
	m.refuse("has another share, and is not replaced", m.args(0, "process")...)
	if s := m.status(); s.State != "proposing" || !slices.Equal(s.Missing, []int{1, 2}) {
		t.Errorf("status: %+v", s)
	}
	m.checkForeignProposal()
}

func (m *meeting) committee() sui.Address {
	id, err := sui.ParseAddress(m.id)
	if err != nil {
		m.t.Fatal(err)
	}
	return id
}

// checkForeignProposal sends what the commands would not: the chain refuses it.
func (m *meeting) checkForeignProposal() {
	m.t.Helper()
	state, err := ceremony.Load(m.t.Context(), m.client, m.committee())
	if err != nil {
		m.t.Fatal(err)
	}
	p := *state.Proposal
	p.MessagesHash = make([]byte, 32)
	b := sui.NewBuilder()
	contract.ProposeKeys(b, packages(state), &contract.KeyCommittee{Identity: contract.Identity{ID: state.ID}}, p)
	if _, err := m.client.Send(m.t.Context(), m.town.people[2], b); err == nil || !strings.Contains(contract.Explain(err).Error(), "differs from that of another member") {
		m.t.Errorf("got %v", err)
	}
	if s := m.status(); s.State != "proposing" || s.KeyServer != nil {
		m.t.Errorf("status: %+v", s)
	}
}
