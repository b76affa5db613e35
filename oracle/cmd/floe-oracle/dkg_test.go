package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/oracle/ceremony"
	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/member"
	"github.com/floe-data/floe/oracle/secret"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// TestCommittee makes the key of a committee of 3 of 5 with the commands, and
// hands it over to one of 4 of 6.
func TestCommittee(t *testing.T) {
	w := newTown(t, 8)
	first := w.meet("dkg", "", 3, 0, 1, 2, 3, 4)
	first.checkBeginning()
	first.all("register")
	first.checkRegistered()
	fingerprint := first.status().Fingerprint
	first.refuse("this node shows you other members or keys", first.args(0, "deal", "--fingerprint", strings.Repeat("0", 64))...)
	for party := range first.people {
		if d := first.step(party, "deal"); d.Fingerprint != fingerprint {
			t.Errorf("party %d sees fingerprint %s, want %s", party, d.Fingerprint, fingerprint)
		}
		if party == 3 {
			first.refuse("messages are missing of party 4 (server-4", first.args(0, "process")...)
		}
	}
	first.checkFingerprints(fingerprint)
	message, _ := os.ReadFile(ceremony.MessageFile(first.messages(), 2))
	if d := first.step(2, "deal"); !strings.Contains(d.Did, "before") {
		t.Errorf("dealing again: %+v", d)
	}
	if again, _ := os.ReadFile(ceremony.MessageFile(first.messages(), 2)); !bytes.Equal(again, message) {
		t.Error("dealing again changed the message")
	}

	first.refuse("floe-oracle dkg process", first.args(0, "propose")...)
	processed := first.all("process")
	share, _ := os.ReadFile(first.share(0, 0))
	if again := first.step(0, "process"); again.Messages != processed[0].Messages {
		t.Error("processing again gives another digest")
	}
	if again, _ := os.ReadFile(first.share(0, 0)); !bytes.Equal(again, share) || len(share) == 0 {
		t.Error("processing again changed the share")
	}
	if v := first.verify(); v.OnChain != "nothing" || v.Messages != processed[4].Messages || v.PublicKey != processed[4].PublicKey {
		t.Errorf("verify before proposals: %+v", v)
	}
	var last done
	for party := range first.people {
		if s := first.status(); s.State == "done" {
			t.Fatalf("done after %d proposals", party)
		}
		last = first.step(party, "propose")
		if party == 1 {
			if d := first.step(1, "propose"); d.Did != "has proposed before" {
				t.Errorf("proposing again: %+v", d)
			}
		}
	}
	if v := first.verify(); v.OnChain != "done" || last.KeyServer == "" || first.status().KeyServer.String() != last.KeyServer {
		t.Errorf("verify: %+v; the last proposal: %+v", v, last)
	}
	server := first.checkServer(0, 3)
	first.refuse("no member of committee", append(first.move(0), "--signer", w.keystore(7))...)
	program(t, first.move(1)...)
	if s := first.status(); s.Members[1].URL != "https://moved.example.org" || s.Members[0].URL != "https://keys.example.org" {
		t.Errorf("party 1 moved: %+v", s.Members)
	}
	if v := first.verify(); v.OnChain != "done" {
		t.Errorf("verify after a member moved: %+v", v)
	}

	next, late := w.meet("rotate", first.id, 4, 2, 5, 3, 6, 4, 7), w.meet("rotate", first.id, 3, 0, 1, 2)
	next.rotate(first)
	if rotated := next.checkServer(1, 4); rotated.ID != server.ID || rotated.PublicKey != server.PublicKey {
		t.Errorf("the rotation made %+v of %+v", rotated, server)
	}
	late.refuse("another rotation took over", "rotate", "status", "--node", w.node, "--committee", late.id)
	first.refuse("not found", "dkg", "status", "--node", w.node, "--committee", first.id)
}

// move are the arguments that move a party's server.
func (m *meeting) move(party int) []string {
	return []string{m.verb, "update-url", "--node", m.node, "--committee", m.id, "--signer", m.keystore(m.people[party]), "--url", "https://moved.example.org"}
}

// checkBeginning tries what has to fail before anybody has registered.
func (m *meeting) checkBeginning() {
	m.t.Helper()
	m.refuse("is not replaced", m.verb, "keygen", "--dir", m.folder(0))
	info, err := os.Stat(filepath.Join(m.folder(0), ceremony.EncryptionKeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		m.t.Errorf("encryption key: %v, %v", info, err)
	}
	if s := m.status(); s.State != "registering" || len(s.Missing) != len(m.people) || s.Fingerprint != "" {
		m.t.Errorf("at the beginning: %+v", s)
	}
	m.step(0, "register")
	if d := m.step(0, "register"); d.Did != "has registered before" {
		m.t.Errorf("registering again: %+v", d)
	}
	m.refuse("has registered with other keys", append(m.args(0, "register"), "--dir", m.folder(1))...)
	m.refuse("no member of committee", append(m.args(0, "register"), "--signer", m.keystore(7))...)
	m.refuse("not all members have registered yet: party 1 (0x", m.args(0, "deal")...)
	m.refuse("no member has registered the keys in this folder", m.args(1, "deal")...)
	m.refuse("use floe-oracle dkg", "rotate", "status", "--node", m.node, "--committee", m.id)
	m.refuse("has no key server yet", m.move(0)...)
	m.refuse("--url", append(m.args(1, "register"), "--url", "keys.example.org")...)
}

func (m *meeting) checkRegistered() {
	m.t.Helper()
	s := m.status()
	if !s.Known || s.State != "dealing" || len(s.Fingerprint) != 64 || s.Threshold != 3 || s.Members[4].Name != "server-4" || !s.Members[4].Registered {
		m.t.Errorf("all have registered: %+v", s)
	}
	text := program(m.t, m.verb, "status", "--node", m.node, "--committee", m.id)
	for _, want := range []string{s.Fingerprint, "server-3", "has registered", "floe-oracle dkg deal"} {
		if !strings.Contains(text, want) {
			m.t.Errorf("status lacks %q: %s", want, text)
		}
	}
}

// checkFingerprints has nodes lie to a member who dealt, and another member's message
// stand in the place of its own.
func (m *meeting) checkFingerprints(fingerprint string) {
	m.t.Helper()
	other := strings.Repeat("0", 64)
	m.refuse("this node shows you other members or keys", m.args(0, "process", "--fingerprint", other)...)
	pinned := filepath.Join(m.folder(0), "fingerprint")
	if b, err := os.ReadFile(pinned); err != nil || strings.TrimSpace(string(b)) != fingerprint {
		m.t.Errorf("noted is %q, %v", b, err)
	}
	os.WriteFile(pinned, []byte(other), 0o600)
	m.refuse("when this member dealt", m.args(0, "process")...)
	m.refuse("when this member dealt", m.args(0, "propose")...)
	os.WriteFile(pinned, []byte(fingerprint), 0o600)

	mine := ceremony.MessageFile(m.messages(), 2)
	right, _ := os.ReadFile(mine)
	foreign, _ := os.ReadFile(ceremony.MessageFile(m.messages(), 1))
	os.WriteFile(mine, foreign, 0o600)
	m.refuse("another message than what this party dealt", m.args(2, "deal")...)
	dealt := filepath.Join(m.folder(2), "dealt")
	os.WriteFile(dealt, foreign, 0o600)
	m.refuse("it is not signed by party 2", m.args(2, "deal")...)
	os.WriteFile(dealt, right, 0o600)
	os.Remove(mine)
	elsewhere := m.t.TempDir()
	for _, dir := range []string{elsewhere, m.messages()} { // who looks for it at two places has dealt once
		m.step(2, "deal", "--messages", dir)
		if again, err := os.ReadFile(ceremony.MessageFile(dir, 2)); err != nil || !bytes.Equal(again, right) {
			m.t.Errorf("in %s stands another message, %v", dir, err)
		}
	}
}

// rotate goes through the rotation of a committee of whom parties 2, 3, 4 stay.
func (m *meeting) rotate(old *meeting) {
	m.t.Helper()
	m.refuse("use floe-oracle rotate", "dkg", "status", "--node", m.node, "--committee", m.id)
	m.all("register")
	m.refuse("party 1 (server-5", m.args(1, "deal")...) // came in
	m.refuse("the share is not that of old party 2", m.args(0, "deal", "--old-share", "file:"+old.share(3, 0))...)
	for _, party := range []int{4, 0} {
		m.step(party, "deal")
	}
	m.refuse("there are 2 messages, and 3 are needed", m.args(1, "process")...)
	m.step(2, "deal")
	processed := m.all("process")
	if !slices.Equal(processed[5].Dealers, []int{0, 2, 4}) || processed[0].PublicKey != old.status().PublicKey {
		m.t.Errorf("rotated to %+v", processed[0])
	}
	if s := m.status(); s.Version != 1 || s.Old.String() != old.id || *s.Members[4].OldParty != 4 || s.Members[1].OldParty != nil {
		m.t.Errorf("status of the rotation: %+v", s)
	}
	m.all("propose")
	if v := m.verify(); v.OnChain != "done" || v.Messages != processed[0].Messages {
		m.t.Errorf("verify: %+v", v)
	}
}

// share is the file of a party's share of a version.
func (m *meeting) share(party int, version uint32) string {
	return ceremony.ShareFile(m.town.keys(m.people[party]), version)
}

// checkServer demands that the members' shares are what committee members serve
// with: any threshold of them makes keys that the public key verifies, and one
// less makes none.
func (m *meeting) checkServer(version uint32, threshold int) *seal.KeyServer {
	m.t.Helper()
	s := m.status()
	ks, err := seal.LoadKeyServer(m.t.Context(), m.client, *s.KeyServer)
	if err != nil {
		m.t.Fatal(err)
	}
	if s.State != "done" || ks.Committee.Version != version || int(ks.Committee.Threshold) != threshold || len(ks.Committee.Members) != len(m.people) {
		m.t.Fatalf("the chain has %+v, status says %+v", ks.Committee, s)
	}
	var shares []*seal.MasterKey
	for party, p := range m.people {
		read := func(ctx context.Context, v uint32) (*seal.MasterKey, error) {
			return keyserver.LoadMasterKey(ctx, secret.Source{File: m.share(party, v)}, nil)
		}
		serving, err := member.New(m.t.Context(), member.Config{Chain: m.client, KeyServer: ks.ID, Member: m.address(p), Share: read})
		if err != nil {
			m.t.Fatal(err)
		}
		key, err := serving.Current()
		if err != nil {
			m.t.Fatal(err)
		}
		shares = append(shares, key)
	}
	for first := range len(shares) - threshold + 1 {
		if err := together(m.t, ks, shares, first, threshold); err != nil {
			m.t.Errorf("parties %d to %d: %v", first, first+threshold-1, err)
		}
		if together(m.t, ks, shares, first, threshold-1) == nil {
			m.t.Errorf("%d parties make a key, and it should take %d", threshold-1, threshold)
		}
	}
	return ks
}

// together has parties make a user key, and verifies it.
func together(t *testing.T, ks *seal.KeyServer, shares []*seal.MasterKey, first, n int) error {
	t.Helper()
	id := []byte("package and identity")
	transport, err := seal.NewTransportKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var parts []seal.PartialUserKey
	for i := first; i < first+n; i++ {
		usk, err := shares[i].Extract(rand.Reader, id)
		if err != nil {
			t.Fatal(err)
		}
		c, err := transport.Public().Encrypt(rand.Reader, usk)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Verify(transport.Public(), id, ks.Committee.Members[i].PublicKey); err != nil {
			t.Errorf("party %d: %v", i, err)
		}
		parts = append(parts, seal.PartialUserKey{Party: uint16(i), Key: c})
	}
	whole, err := seal.CombineUserKeys(parts)
	if err != nil {
		t.Fatal(err)
	}
	usk, err := transport.Open(whole)
	if err != nil {
		t.Fatal(err)
	}
	return usk.Verify(id, ks.PublicKey)
}

func TestCommitteeUsage(t *testing.T) {
	a, b := sui.Address{31: 1}.String(), sui.Address{31: 2}.String()
	init := []string{"dkg", "init", "--node", "http://127.0.0.1:1", "--signer", "s", "--key-server-package", "0x2"}
	for want, args := range map[string][]string{
		"at least 2 must answer":   append(init, "--threshold", "1", "--member", a, "--member", b),
		"flag --threshold: 1 of 0": append(init, "--threshold", "1"),
		"is named twice":           append(init, "--threshold", "2", "--member", a, "--member", a),
		"flag --member":            append(init, "--threshold", "2", "--member", "alice"),
		"give one of":              append(init, "--upgrade-cap", "0x3"),
		"unknown command":          {"dkg", "deel"},
		"flag --dir is needed":     {"rotate", "deal"},
		"flag --fingerprint":       {"dkg", "deal", "--dir", "d", "--node", "n", "--committee", "0x1"},
		"flag --signer":            {"dkg", "propose", "--dir", "d", "--node", "n", "--committee", "0x1"},
		"takes no arguments":       {"dkg", "status", "x"},
	} {
		var errs bytes.Buffer
		if code := execute(t.Context(), args, io.Discard, &errs); code != 2 || !strings.Contains(errs.String(), want) {
			t.Errorf("%v: exit code %d: %s", args, code, &errs)
		}
	}
	for _, verb := range []string{"dkg", "rotate"} {
		for _, step := range []string{"", "init", "keygen", "register", "deal", "process", "propose", "status", "verify", "update-url", "upgrade"} {
			if out := program(t, strings.Fields(verb+" "+step+" --help")...); !strings.Contains(out, "Examples:") {
				t.Errorf("floe-oracle %s %s has no example", verb, step)
			}
		}
	}
}
