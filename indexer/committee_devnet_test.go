package indexer

import (
	"fmt"
	"math/big"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/sui"
)

// keyCommittee drives the real contract of committees, with keys whose secrets
// everybody knows.
type keyCommittee struct {
	*devnet
	p  contract.Packages
	id sui.Address
}

// as executes what build builds in a member's name, and returns the committee that it
// made, if any, and its checkpoint.
func (c *keyCommittee) as(signer *sui.PrivateKey, build func(*sui.Builder)) (made sui.Address, checkpoint uint64) {
	c.t.Helper()
	b := sui.NewBuilder()
	build(b)
	ex, err := c.dial().Send(c.t.Context(), signer, b)
	if err != nil {
		c.t.Fatal(contract.Explain(err))
	}
	for id, o := range ex.Objects {
		if t := o.Type(); t != nil && t.Equal(c.p.CommitteeType()) && o.Owner.Version == o.Version() {
			made = id
		}
	}
	return made, *ex.Checkpoint
}

// g2 is the generator of G2 times n.
func g2(n int64) []byte {
	_, _, _, g := bls.Generators()
	g.ScalarMultiplication(&g, big.NewInt(n))
	b := g.Bytes()
	return b[:]
}

// agree has the members register, each with its server, and propose the key 5, dealt by
// the polynomial 5 + slope x.
func (c *keyCommittee) agree(members []*sui.PrivateKey, servers []*keyServer, slope int64) (last uint64) {
	c.t.Helper()
	proposal := contract.KeyProposal{PublicKey: g2(5), MessagesHash: make([]byte, 32)}
	for i, m := range members {
		proposal.PartialPublicKeys = append(proposal.PartialPublicKeys, g2(5+slope*int64(i+1)))
		_, _, g1, _ := bls.Generators()
		g1.ScalarMultiplication(&g1, big.NewInt(int64(i+2)))
		enc := g1.Bytes()
		c.as(m, func(b *sui.Builder) {
			contract.RegisterMember(b, c.p, c.id, contract.KeyCommitteeMember{EncryptionKey: enc[:], SigningKey: g2(int64(i + 2)), URL: servers[i].srv.URL, Name: fmt.Sprint("member ", i)})
		})
	}
	for _, m := range members {
		o, err := c.dial().Object(c.t.Context(), c.id)
		if err != nil {
			c.t.Fatal(err)
		}
		committee, err := contract.ParseCommittee(o)
		if err != nil {
			c.t.Fatal(err)
		}
		_, last = c.as(m, func(b *sui.Builder) { contract.ProposeKeys(b, c.p, committee, proposal) })
	}
	return last
}

// A committee on the real contract, through a move and a rotation: the index has its
// members and their receipts, and built again from zero it has the same.
func TestCommitteeOnDevnet(t *testing.T) {
	t.Parallel()
	d, at := publish(t)
	c := &keyCommittee{devnet: d, p: at.Contracts()}
	pkg, err := deploy.PublishCommittee(t.Context(), d.dial(), d.owner(), c.p.KeyServer)
	if err != nil {
		t.Fatal(err)
	}
	c.p.Committee = contract.Package{Original: pkg.Original, Latest: pkg.Latest}
	var keys []*sui.PrivateKey
	var servers []*keyServer
	var addresses []sui.Address
	for i := range 4 {
		k, err := sui.NewPrivateKey(sui.Ed25519, append(make([]byte, 31), byte(10+i)))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.dial().RequestGas(t.Context(), d.faucet, k.Address()); err != nil {
			t.Fatal(err)
		}
		keys, servers, addresses = append(keys, k), append(servers, newKeyServer(t, k.Address())), append(addresses, k.Address())
		servers[i].decide(true, id(0x61))
	}
	onDevnet := func(cfg *Config) {
		cfg.NodeURL = "http://" + d.addr
		cfg.Packages = decode.Packages{Storage: []sui.Address{c.p.Storage.Original}, Catalog: []sui.Address{c.p.Catalog.Original},
			Access: []sui.Address{c.p.Access.Original}, KeyServer: []sui.Address{c.p.KeyServer.Original}}
	}
	r := index(t, nil, onDevnet)

	first, _ := c.as(d.owner(), func(b *sui.Builder) { contract.InitCommittee(b, c.p, pkg.UpgradeCap, 2, addresses[:3]) })
	c.id = first
	r.reached(c.agree(keys[:3], servers[:3], 7))
	object, err := d.dial().Object(t.Context(), contract.KeyServerField(c.id))
	if err != nil {
		t.Fatal(err)
	}
	server, err := contract.ParseObjectField(object)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range servers[:3] {
		r.readTo(server, k, 1)
	}
	_, moved := c.as(keys[2], func(b *sui.Builder) { contract.UpdateMemberURL(b, c.p, c.id, servers[2].srv.URL+"/") })
	r.reached(moved)
	now := `SELECT version, party_id, member, name, url, partial_public_key FROM committee_member_now WHERE key_server_id = '` + server.String() + `' ORDER BY party_id`
	row := func(version, party, i int, slash string, partial int64) string {
		return fmt.Sprintf("%d | %d | %s | member %d | %s%s | %x", version, party, addresses[i], party, servers[i].srv.URL, slash, g2(partial))
	}
	r.want(now, row(0, 0, 0, "", 12), row(0, 1, 1, "", 19), row(0, 2, 2, "/", 26))

	next, _ := c.as(keys[1], func(b *sui.Builder) { contract.InitRotation(b, c.p, first, 2, addresses[1:]) })
	c.id = next
	last := c.agree(keys[1:], servers[1:], 11)
	for _, k := range servers {
		k.decide(false, id(0x62))
	}
	r.reached(last)
	r.want(now, row(1, 0, 1, "", 16), row(1, 1, 2, "", 27), row(1, 2, 3, "", 38))
	r.want(`SELECT committee_id, old_committee_id, package_id FROM committee_rotation`, fmt.Sprintf("%s | %s | %s", next, first, pkg.Original))
	r.want(`SELECT action, version, party_id FROM committee_change ORDER BY checkpoint, tx_index, event_seq`, "member moved | <nil> | 2", "rotated | 1 | <nil>")
	r.want(`SELECT count(*) FROM event WHERE decode_error IS NOT NULL`, "0")
	for _, k := range servers[1:3] {
		r.readTo(server, k, 2)
	}
	r.readTo(server, servers[3], 2)
	r.readTo(server, servers[0], 2)

	fresh := index(t, nil, onDevnet)
	fresh.reached(last)
	for _, k := range servers {
		fresh.readTo(server, k, 2)
	}
	_, _ = r.stop(), fresh.stop()
	wantSame(t, contentDigests(t, fresh.db, fresh.cfg.Schema), contentDigests(t, r.db, r.cfg.Schema))
}
