package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/oracle/ceremony"
	"github.com/floe-data/floe/oracle/dkg"
	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/member"
	"github.com/floe-data/floe/oracle/secret"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A town is a chain and people on it, who are members of committees.
type town struct {
	t      *testing.T
	node   string
	pkg    string // key_server
	dir    string
	client *suirpc.Client
	people []*sui.PrivateKey
}

func newTown(t *testing.T, people int) *town {
	t.Helper()
	c := chaintest.Start(t)
	client, err := suirpc.Dial(t.Context(), c.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	w := &town{t: t, node: c.URL, dir: t.TempDir(), client: client}
	for i := range people {
		key, err := sui.NewPrivateKey(sui.Ed25519, bytes.Repeat([]byte{byte(i + 1)}, 32))
		if err != nil {
			t.Fatal(err)
		}
		w.people = append(w.people, key)
		if err := client.RequestGas(t.Context(), c.Faucet, key.Address()); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(w.home(i), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := sui.SaveKeys(w.keystore(i), []*sui.PrivateKey{key}); err != nil {
			t.Fatal(err)
		}
	}
	d, err := deploy.Publish(t.Context(), client, w.people[0], deploy.Config{Env: "test", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	w.pkg = d.Contracts().KeyServer.Latest.String()
	return w
}

func (w *town) home(person int) string     { return filepath.Join(w.dir, fmt.Sprint("person", person)) }
func (w *town) keystore(person int) string { return filepath.Join(w.home(person), "sui.keystore") }
func (w *town) keys(person int) string     { return filepath.Join(w.home(person), "keys") }

// A meeting is one ceremony of people.
type meeting struct {
	*town
	verb, id string
	people   []int // by party
}

func (w *town) meet(verb, old string, threshold int, people ...int) *meeting {
	w.t.Helper()
	m := &meeting{town: w, verb: verb, people: people}
	args := []string{verb, "init", "--json", "--node", w.node, "--threshold", fmt.Sprint(threshold), "--signer", w.keystore(people[0])}
	if old == "" {
		args = append(args, "--key-server-package", w.pkg)
	} else {
		args = append(args, "--committee", old)
	}
	for _, p := range people {
		args = append(args, "--member", w.address(p).String())
	}
	var made founded
	unmarshal(w.t, program(w.t, args...), &made)
	checkNext(w.t, made.Next)
	m.id = made.Committee.String()
	for party := range people {
		program(w.t, verb, "keygen", "--dir", m.folder(party))
	}
	return m
}

func (w *town) address(p int) sui.Address { return w.people[p].Address() }

func unmarshal(t *testing.T, text string, v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// folder is a party's folder for this ceremony, messages the one that they share.
func (m *meeting) folder(party int) string { return filepath.Join(m.home(m.people[party]), m.verb) }
func (m *meeting) messages() string        { return filepath.Join(m.dir, m.verb+"-messages") }

// args are those of a step of a party.
func (m *meeting) args(party int, step string, more ...string) []string {
	args := []string{m.verb, step, "--json", "--node", m.node, "--committee", m.id, "--dir", m.folder(party)}
	switch step {
	case "register":
		args = append(args, "--signer", m.keystore(m.people[party]), "--name", fmt.Sprint("server-", m.people[party]), "--url", "https://keys.example.org")
	case "deal":
		args = append(args, "--messages", m.messages())
		if m.verb == "rotate" {
			args = append(args, "--key-dir", m.town.keys(m.people[party]))
		}
	case "process":
		args = append(args, "--messages", m.messages(), "--key-dir", m.town.keys(m.people[party]))
	case "propose":
		args = append(args, "--messages", m.messages(), "--key-dir", m.town.keys(m.people[party]), "--signer", m.keystore(m.people[party]))
	}
	return append(args, more...)
}

func (m *meeting) step(party int, step string, more ...string) (d done) {
	m.t.Helper()
	unmarshal(m.t, program(m.t, m.args(party, step, more...)...), &d)
	if d.Party != party || d.Committee.String() != m.id {
		m.t.Errorf("%s of party %d is told of %+v", step, party, d)
	}
	checkNext(m.t, d.Next)
	return d
}

// checkNext demands that a command that is recommended has the flags that it is
// given.
func checkNext(t *testing.T, next string) {
	t.Helper()
	for _, text := range strings.Split(next, "floe-oracle ")[1:] {
		text, _, _ = strings.Cut(text, ", then")
		cmd, args, err := newRoot().Find(strings.Fields(text))
		if err == nil {
			err = cmd.ParseFlags(args)
		}
		if err != nil || !cmd.HasParent() || !cmd.Parent().HasParent() {
			t.Errorf("recommended is floe-oracle %s, which is no command: %v", text, err)
		}
	}
}

// refuse runs a step that has to fail and to say what.
func (m *meeting) refuse(want string, args ...string) (stdout string) {
	m.t.Helper()
	var out, errs bytes.Buffer
	if code := execute(m.t.Context(), args, &out, &errs); code == 0 || !strings.Contains(errs.String(), want) {
		m.t.Errorf("%v: exit code %d: %s\nwant %q", args, code, &errs, want)
	}
	return out.String()
}

func (m *meeting) all(step string) (out []done) {
	m.t.Helper()
	for party := range m.people {
		out = append(out, m.step(party, step))
	}
	return out
}

func (m *meeting) status() (s standing) {
	m.t.Helper()
	unmarshal(m.t, program(m.t, m.verb, "status", "--json", "--node", m.node, "--committee", m.id), &s)
	checkNext(m.t, s.Next)
	return s
}

func (m *meeting) verify() (v verified) {
	m.t.Helper()
	unmarshal(m.t, program(m.t, m.verb, "verify", "--json", "--node", m.node, "--committee", m.id, "--messages", m.messages()), &v)
	return v
}

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
		if d := first.step(party, "deal", "--fingerprint", fingerprint); d.Fingerprint != fingerprint {
			t.Errorf("party %d sees fingerprint %s, want %s", party, d.Fingerprint, fingerprint)
		}
		if party == 3 {
			first.refuse("messages are missing of party 4 (server-4", first.args(0, "process")...)
		}
	}
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

	next := w.meet("rotate", first.id, 4, 2, 5, 3, 6, 4, 7)
	next.rotate(first)
	if rotated := next.checkServer(1, 4); rotated.ID != server.ID || rotated.PublicKey != server.PublicKey {
		t.Errorf("the rotation made %+v of %+v", rotated, server)
	}
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
	cheat(func(c *dkg.Committee) { c.Members[1].EncryptionKey = c.Members[0].EncryptionKey })
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
		m.step(0, "register", "--trust-contract")
		return
	}
	t.Fatal("no committee was made with the other contract")
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
		"flag --signer":            {"dkg", "propose", "--dir", "d", "--node", "n", "--committee", "0x1"},
		"takes no arguments":       {"dkg", "status", "x"},
	} {
		var errs bytes.Buffer
		if code := execute(t.Context(), args, io.Discard, &errs); code != 2 || !strings.Contains(errs.String(), want) {
			t.Errorf("%v: exit code %d: %s", args, code, &errs)
		}
	}
	for _, verb := range []string{"dkg", "rotate"} {
		for _, step := range []string{"", "init", "keygen", "register", "deal", "process", "propose", "status", "verify", "update-url"} {
			if out := program(t, strings.Fields(verb+" "+step+" --help")...); !strings.Contains(out, "Examples:") {
				t.Errorf("floe-oracle %s %s has no example", verb, step)
			}
		}
	}
}
