package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A town is a chain and people on it, who are members of committees.
type town struct {
	t      *testing.T
	chain  *chaintest.Chain
	node   string
	pkg    string // key_server
	dir    string
	client *suirpc.Client
	deploy *deploy.Deployment
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
	w := &town{t: t, chain: c, node: c.URL, dir: t.TempDir(), client: client}
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
	w.deploy, w.pkg = d, d.Contracts().KeyServer.Latest.String()
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
func (m *meeting) folder(party int) string { return filepath.Join(m.home(m.people[party]), m.id[:10]) }
func (m *meeting) messages() string        { return filepath.Join(m.dir, m.id[:10]+"-messages") }

// args are those of a step of a party.
func (m *meeting) args(party int, step string, more ...string) []string {
	args := []string{m.verb, step, "--json", "--node", m.node, "--committee", m.id, "--dir", m.folder(party)}
	switch step {
	case "register":
		args = append(args, "--signer", m.keystore(m.people[party]), "--name", fmt.Sprint("server-", m.people[party]), "--url", "https://keys.example.org")
	case "deal":
		args = append(args, "--messages", m.messages(), "--fingerprint", cmp.Or(m.status().Fingerprint, "none yet"))
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
