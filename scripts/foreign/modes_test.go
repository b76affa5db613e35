package foreign

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net"
	"testing"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/mvr"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// What the npm client makes of independent key servers that fail or refuse, and
// of one that has a key for each of its clients.
func TestMystenSealModes(t *testing.T) {
	n := newSealNet(t)
	npm := n.npm()
	plaintext := []byte("for several servers")
	var three []npmServer
	for _, id := range n.serverIDs {
		three = append(three, npmServer{ObjectID: id.String()})
	}
	sealed := func(npm *npmClient, threshold int, servers ...npmServer) []byte {
		t.Helper()
		a := npm.ask(npmAsk{Servers: servers, Threshold: threshold, Encrypt: plaintext})
		if a.Object == nil {
			t.Fatalf("encrypt: %+v", a)
		}
		return a.Object
	}
	opens := func(what string, npm *npmClient, as string, object []byte, servers ...npmServer) {
		t.Helper()
		if got := npm.ask(npmAsk{Servers: servers, Object: object, As: as}); !bytes.Equal(got.Plaintext, plaintext) {
			t.Errorf("%s: %+v", what, got)
		}
	}
	refused := func(what, class string, npm *npmClient, a npmAsk) {
		t.Helper()
		if got := npm.ask(a); got.Error != class || got.Plaintext != nil || got.Object != nil {
			t.Errorf("%s: %+v, want %s", what, got, class)
		}
	}

	two, all := sealed(npm, 2, three...), sealed(npm, 3, three...)
	opens("all servers up", npm, n.readerSeed, two, three...)
	opens("all servers needed", npm, n.readerSeed, all, three...)
	refused("more shares than servers", "UserError", npm, npmAsk{Servers: three, Threshold: 4, Encrypt: plaintext})
	refused("too few servers configured", "InvalidThresholdError", npm, npmAsk{Servers: three[:2], Object: all, As: n.readerSeed})
	refused("an old session", "ExpiredSessionKeyError", npm, npmAsk{Servers: three, Object: two, As: n.readerSeed, Past: 120})

	// Two clients of one server, each with a package.
	bob := n.second()
	servers := n.permissioned(bob)
	ofAlice := sealed(npm, 1, servers[0])
	opens("alice", npm, n.readerSeed, ofAlice, servers[0])
	bobs := bob.npm()
	opens("bob", bobs, n.readerSeed, sealed(bobs, 1, servers[1]), servers[1])
	refused("bob's package with alice's key", "UnsupportedPackageIdError", bobs,
		npmAsk{Servers: servers[:1], Object: sealed(bobs, 1, servers[0]), As: n.readerSeed})
	opens("alice's beside independent ones", npm, n.readerSeed, sealed(npm, 3, three[0], three[1], servers[0]), three[0], three[1], servers[0])

	// A session key that names the package.
	named := npmAsk{Servers: servers[:1], Object: ofAlice, As: n.readerSeed, MVR: "@alice/data"}
	if got := npm.ask(named); !bytes.Equal(got.Plaintext, plaintext) {
		t.Errorf("with a name: %+v", got)
	}
	named.MVR = "@bob/data"
	refused("with the name of another package", "InvalidMVRNameError", npm, named)
	named.MVR = "@nobody/data"
	refused("with the name of no package", "InvalidMVRNameError", npm, named)

	n.revoke(n.reader)
	refused("revoked", "NoAccessError", npm, npmAsk{Servers: three, Object: two, As: n.readerSeed})
	refused("revoked at alice's", "NoAccessError", npm, npmAsk{Servers: servers[:1], Object: ofAlice, As: n.readerSeed})
	n.grant(n.reader)

	if err := n.servers[1].Close(); err != nil {
		t.Fatal(err)
	}
	up := npm.ask(npmAsk{Servers: three, Object: two, As: n.readerSeed, Unverified: true})
	if !bytes.Equal(up.Plaintext, plaintext) {
		t.Errorf("one server down: %+v", up)
	}
	refused("one server down of all that are needed", "TypeError", npm, npmAsk{Servers: three, Object: all, As: n.readerSeed, Unverified: true})
}

// second is the same network with another deployment of the contracts.
func (n *sealNet) second() *sealNet {
	n.t.Helper()
	d, err := deploy.Publish(n.t.Context(), n.chain, n.owner, deploy.Config{Env: "second", Dir: n.t.TempDir()})
	if err != nil {
		n.t.Fatal(err)
	}
	m := *n
	m.contracts = d.Contracts()
	m.createPolicy()
	return &m
}

// names stands for the Move Registry, which no test can reach: see oracle/mvr.
type names map[string]sui.Address

func (n names) Resolve(_ context.Context, name string) (sui.Address, error) {
	if pkg, ok := n[name]; ok {
		return pkg, nil
	}
	return sui.Address{}, fmt.Errorf("resolve %s: %w", name, mvr.ErrName)
}

// permissioned serves the packages of alice, who is n, and bob, each with a
// derived key, and returns their key servers.
func (n *sealNet) permissioned(bob *sealNet) (out []npmServer) {
	n.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		n.t.Fatal(err)
	}
	e, err := policy.NewSimulator(policy.SimulatorConfig{Chain: n.chain, StalenessPackage: n.contracts.KeyServer.Latest})
	if err != nil {
		n.t.Fatal(err)
	}
	cfg := keyserver.Config{Evaluator: e, Names: names{"@alice/data": n.contracts.Access.Original, "@bob/data": bob.contracts.Access.Original}}
	for i, name := range []string{"alice", "bob"} {
		key, err := seal.DeriveMasterKey(bytes.Repeat([]byte{1}, 32), uint64(i))
		if err != nil {
			n.t.Fatal(err)
		}
		_, receiptKey, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			n.t.Fatal(err)
		}
		ev := n.send(func(b *sui.Builder) {
			contract.RegisterKeyServer(b, n.contracts, name, "http://"+l.Addr().String()+"/"+name, key.PublicKey().Bytes())
		})
		id := ev.(*contract.KeyServerRegistered).KeyServerID
		cfg.Services = append(cfg.Services, keyserver.ServiceConfig{ObjectID: id, Name: name, Key: keyserver.FixedKey(key), ReceiptKey: receiptKey,
			Packages: []sui.Address{[]*sealNet{n, bob}[i].contracts.Access.Original}, JournalDir: n.t.TempDir()})
		out = append(out, npmServer{ObjectID: id.String()})
	}
	s, err := keyserver.Start(n.t.Context(), cfg, l)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			n.t.Error(err)
		}
	})
	return out
}
