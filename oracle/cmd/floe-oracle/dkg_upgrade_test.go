package main

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// TestForeignContract has somebody else's contract make the committee: members
// are warned, and go on only if they say so.
func TestForeignContract(t *testing.T) {
	w := newTown(t, 2)
	pkg, err := sui.ParseAddress(w.pkg)
	if err != nil {
		t.Fatal(err)
	}
	honest, err := deploy.PublishCommittee(t.Context(), w.client, w.people[1], contract.Package{Original: pkg, Latest: pkg})
	if err != nil {
		t.Fatal(err)
	}
	code, err := w.client.Package(t.Context(), honest.Latest)
	if err != nil {
		t.Fatal(err)
	}
	var modules [][]byte
	for _, m := range code.Modules {
		parsed, err := bytecode.Parse(m.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		parsed.Readdress(map[sui.Address]sui.Address{honest.Original: {}})
		if i := slices.Index(parsed.Identifiers, "check_may_upgrade"); i >= 0 {
			parsed.Identifiers[i] = "check_me"
		}
		modules = append(modules, parsed.Serialize())
	}
	b := sui.NewBuilder()
	b.Transfer(w.address(0), b.Publish(modules, []sui.Address{sui.MoveStdlib, sui.Framework, pkg}))
	if _, err := w.client.Send(t.Context(), w.people[0], b); err != nil {
		t.Fatal(err)
	}
	caps, err := w.client.OwnedObjects(t.Context(), w.address(0), &sui.StructTag{Address: sui.Framework, Module: "package", Name: "UpgradeCap"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range caps {
		var made founded
		var out bytes.Buffer
		args := []string{"dkg", "init", "--json", "--node", w.node, "--signer", w.keystore(0), "--upgrade-cap", c.ID().String(), "--threshold", "2",
			"--member", w.address(0).String(), "--member", w.address(1).String()}
		if execute(t.Context(), args, &out, io.Discard) != 0 {
			continue // the UpgradeCap of another package
		}
		unmarshal(t, out.String(), &made)
		m := &meeting{town: w, verb: "dkg", id: made.Committee.String(), people: []int{0, 1}}
		program(t, "dkg", "keygen", "--dir", m.folder(0))
		if s := m.status(); s.Known {
			t.Errorf("status: %+v", s)
		}
		if text := program(t, "dkg", "status", "--node", w.node, "--committee", m.id); !strings.Contains(text, "NOT the one") {
			t.Error(text)
		}
		m.refuse("--trust-contract", m.args(0, "register")...)
		program(t, "dkg", "keygen", "--dir", m.folder(1))
		for _, step := range []string{"register", "deal", "process", "propose"} {
			for party := range m.people {
				m.step(party, step, "--trust-contract")
			}
		}
		m.upgrade()
		return
	}
	t.Fatal("no committee was made with the other contract")
}

// upgrade has a committee of 2 vote for the code that this program knows, in
// place of what somebody else wrote.
func (m *meeting) upgrade() {
	m.t.Helper()
	args := func(party int, more ...string) []string {
		return append([]string{"dkg", "upgrade", "--json", "--node", m.node, "--committee", m.id, "--signer", m.keystore(m.people[party])}, more...)
	}
	vote := func(party int, more ...string) (v votes) {
		m.t.Helper()
		unmarshal(m.t, program(m.t, args(party, more...)...), &v)
		return v
	}
	before := vote(0)
	if before.Known || before.Version != 1 || before.Proposed != "" || before.Needed != 2 {
		m.t.Errorf("before the votes: %+v", before)
	}
	m.refuse("no upgrade is proposed", args(0, "--apply")...)
	other := strings.Repeat("ab", 32)
	vote(0, "--approve", "--digest", other)
	vote(0, "--reject")
	if v := vote(1, "--reject"); v.Proposed != other || !slices.Equal(v.Rejected, []int{0, 1}) || v.Approved != nil {
		m.t.Errorf("rejected: %+v", v)
	}
	m.refuse("with the program that has that code", args(0, "--apply")...)
	if v := vote(1, "--reset"); v.Proposed != "" {
		m.t.Errorf("dropped: %+v", v)
	}
	vote(0, "--approve")
	m.refuse("fewer members than the threshold", args(0, "--apply")...)
	if v := vote(1, "--approve"); v.Proposed != before.Digest || !slices.Equal(v.Approved, []int{0, 1}) {
		m.t.Errorf("approved: %+v", v)
	}
	if v := vote(1, "--apply"); !v.Known || v.Version != 2 || v.Package == before.Package || v.Proposed != "" {
		m.t.Errorf("upgraded: %+v", v)
	}
	if s := m.status(); !s.Known || s.State != "done" {
		m.t.Errorf("after the upgrade: %+v", s)
	}
	if text := program(m.t, "dkg", "upgrade", "--node", m.node, "--committee", m.id); !strings.Contains(text, "version 2: the code of this program") {
		m.t.Error(text)
	}
	// the new version of the contract is what is called from now on
	next := m.meet("rotate", m.id, 2, m.people...)
	next.all("register")
}
