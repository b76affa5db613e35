package contract_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// A dealing is a polynomial, whose value at 0 is a committee's key.
type dealing []fr.Element

// deal draws a polynomial from a seed.
func deal(seed uint64, threshold int) dealing {
	d := make(dealing, threshold)
	for i := range d {
		h := sha256.Sum256(binary.BigEndian.AppendUint64([]byte{byte(i)}, seed))
		d[i].SetBytes(h[:])
	}
	return d
}

// at is the public key of the polynomial's value at x.
func (d dealing) at(x uint64) []byte {
	var y, at fr.Element
	at.SetUint64(x)
	for i := len(d) - 1; i >= 0; i-- {
		y.Mul(&y, &at)
		y.Add(&y, &d[i])
	}
	_, _, _, g := bls.Generators()
	g.ScalarMultiplication(&g, y.BigInt(new(big.Int)))
	b := g.Bytes()
	return b[:]
}

// proposal is what members of a committee of n propose.
func (d dealing) proposal(n int) contract.KeyProposal {
	p := contract.KeyProposal{PublicKey: d.at(0), MessagesHash: make([]byte, 32)}
	for i := range n {
		p.PartialPublicKeys = append(p.PartialPublicKeys, d.at(uint64(i)+1))
	}
	return p
}

// A keyCommittee is a committee under test.
type keyCommittee struct {
	*chain
	id      sui.Address
	members []account
}

// membersFrom are n accounts, the first with the number from.
func membersFrom(from, n int) (list []account) {
	for i := range n {
		list = append(list, account{address: sui.Address{30: 0xcc, 31: byte(0x20 + from + i)}})
	}
	return list
}

func addressesOf(list []account) (out []sui.Address) {
	for _, a := range list {
		out = append(out, a.address)
	}
	return out
}

// initKeyCommittee publishes a copy of the package and makes a committee on it.
func (c *chain) initKeyCommittee(threshold uint16, members []account) *keyCommittee {
	c.t.Helper()
	pkg, err := deploy.PublishCommittee(context.Background(), c, owner, c.p.KeyServer)
	if err != nil {
		c.t.Fatal(err)
	}
	c.p.Committee = contract.Package{Original: pkg.Original, Latest: pkg.Latest}
	return c.madeCommittee(members, owner, func(b *sui.Builder) { contract.InitCommittee(b, c.p, pkg.UpgradeCap, threshold, addressesOf(members)) })
}

// madeCommittee finds the committee that a transaction makes.
func (c *chain) madeCommittee(members []account, as account, build func(*sui.Builder)) *keyCommittee {
	c.t.Helper()
	b := sui.NewBuilder()
	build(b)
	done, err := c.Send(context.Background(), as, b)
	if err != nil {
		c.t.Fatal(contract.Explain(err))
	}
	for id, o := range done.Objects {
		if t := o.Type(); t != nil && t.Equal(c.p.CommitteeType()) && o.Version() == done.Effects.LamportVersion && o.Owner.Kind == sui.OwnerShared && o.Owner.Version == o.Version() {
			return &keyCommittee{c, id, members}
		}
	}
	c.t.Fatal("no committee was made")
	return nil
}

func (k *keyCommittee) object() *contract.KeyCommittee {
	return read(k.chain, k.id, contract.ParseCommittee)
}

// registration registers a member under a name and keys of its own.
func (k *keyCommittee) registration(party int) func(*sui.Builder) {
	_, _, g1, g2 := bls.Generators()
	secret := big.NewInt(int64(party) + 1)
	enc, sign := g1.ScalarMultiplication(&g1, secret).Bytes(), g2.ScalarMultiplication(&g2, secret).Bytes()
	return func(b *sui.Builder) {
		contract.RegisterMember(b, k.p, k.id, contract.KeyCommitteeMember{
			EncryptionKey: enc[:], SigningKey: sign[:], URL: fmt.Sprintf("https://m%d.example", party), Name: fmt.Sprintf("member %d", party),
		})
	}
}

func (k *keyCommittee) registerAll() {
	k.t.Helper()
	for i, m := range k.members {
		k.run(m, k.registration(i))
	}
}

func (k *keyCommittee) proposing(p contract.KeyProposal) func(*sui.Builder) {
	return func(b *sui.Builder) { contract.ProposeKeys(b, k.p, k.object(), p) }
}

// keyServer follows the dynamic object field to the committee's key server.
func (k *keyCommittee) keyServer() (sui.Address, *contract.KeyServerContent) {
	k.t.Helper()
	id, err := contract.ParseObjectField(k.live[contract.KeyServerField(k.id)])
	if err != nil {
		k.t.Fatal(err)
	}
	if owner := k.live[id].Owner; owner != sui.ObjectOwner(contract.KeyServerField(k.id)) {
		k.t.Errorf("the key server belongs to %v", owner)
	}
	return id, k.keyServerContent(id, 2)
}

func TestKeyCommittee(t *testing.T) {
	c := newWorld(t)
	first := c.initKeyCommittee(3, membersFrom(1, 5))
	first.registerAll()
	if o := first.object(); o.State.Kind != contract.KeyCommitteeStateInit || len(o.State.Members) != 5 || o.State.Members[4].Value.Name != "member 4" || o.OldCommitteeID != nil {
		t.Fatalf("got %+v", o)
	}
	key := deal(1, 3)
	p := key.proposal(5)
	for _, m := range first.members[:4] {
		c.run(m, first.proposing(p))
	}
	if o := first.object(); o.State.Kind != contract.KeyCommitteeStatePostDKG || len(o.State.Approvals) != 4 || !bytes.Equal(o.State.PublicKey, p.PublicKey) {
		t.Fatalf("got %+v", o)
	}
	if c.live[contract.KeyServerField(first.id)] != nil {
		t.Error("there is a key server before all have proposed")
	}
	final := c.run(first.members[4], first.proposing(p))
	made, named := one[contract.KeyServerRegistered](t, final), one[contract.CommitteeMembersNamed](t, final)
	server, content := first.keyServer()
	if made.KeyServerID != server || made.URL != "" || content.Name != first.id.String()[2:] || !bytes.Equal(content.PublicKey, p.PublicKey) {
		t.Errorf("got %+v and %+v", made, content)
	}
	checkMembers(t, content, 0, 3, p)
	checkNamed(t, named, server, content.Committee, first.members)
	c.run(first.members[2], func(b *sui.Builder) { contract.UpdateMemberURL(b, c.p, first.id, "https://moved.example") })
	if _, content = first.keyServer(); content.Committee.Members[2].URL != "https://moved.example" {
		t.Errorf("got %+v", content.Committee)
	}

	// the first two leave, three come: 4 of 6
	members := append(slices.Clone(first.members[2:]), membersFrom(6, 3)...)
	next := first.rotate(4, members)
	late := first.rotate(4, members)
	for _, k := range []*keyCommittee{next, late} {
		k.registerAll()
	}
	p = append(dealing{key[0]}, deal(2, 3)...).proposal(6)
	for i, m := range members {
		if _, still := c.live[first.id]; !still {
			t.Fatalf("the old committee is gone after %d proposals", i)
		}
		if final = c.run(m, next.proposing(p)); i == 0 {
			c.run(m, late.proposing(p))
		}
	}
	same, content := next.keyServer()
	if same != server || !bytes.Equal(content.PublicKey, key.at(0)) || next.object().State.Kind != contract.KeyCommitteeStateFinalized {
		t.Errorf("got %s %+v", same, content)
	}
	checkMembers(t, content, 1, 4, p)
	checkNamed(t, one[contract.CommitteeMembersNamed](t, final), server, content.Committee, members)
	if c.live[first.id] != nil || c.live[contract.KeyServerField(first.id)] != nil {
		t.Error("the old committee is still there")
	}
	b := sui.NewBuilder()
	late.proposing(p)(b)
	if _, err := c.Send(t.Context(), members[1], b); err == nil {
		t.Error("a second rotation took over from a committee that is gone")
	}
	manager, err := contract.ParseObjectField(c.live[c.p.UpgradeManagerField(next.id)])
	if err != nil {
		t.Fatal(err)
	}
	if m := read(c, manager, contract.ParseUpgradeManager); m.Cap.Package != c.p.Committee.Original || m.UpgradeProposal != nil {
		t.Errorf("got %+v", m)
	}
	next.upgrade()
}

// checkNamed compares what the chain said of the members with what it holds.
func checkNamed(t *testing.T, named *contract.CommitteeMembersNamed, server sui.Address, k *contract.KeyServerCommittee, members []account) {
	t.Helper()
	want := contract.CommitteeMembersNamed{KeyServerID: server, Version: k.Version, Threshold: k.Threshold, Members: addressesOf(members)}
	for _, m := range k.Members {
		want.Names, want.URLs, want.PartialPublicKeys = append(want.Names, m.Name), append(want.URLs, m.URL), append(want.PartialPublicKeys, m.PublicKey)
	}
	if !reflect.DeepEqual(*named, want) {
		t.Errorf("named %+v\n want %+v", *named, want)
	}
}

func checkMembers(t *testing.T, k *contract.KeyServerContent, version uint32, threshold uint16, p contract.KeyProposal) {
	t.Helper()
	if k.Committee == nil || k.Committee.Version != version || k.Committee.Threshold != threshold || len(k.Committee.Members) != len(p.PartialPublicKeys) {
		t.Fatalf("got %+v", k.Committee)
	}
	for i, m := range k.Committee.Members {
		if int(m.PartyID) != i || m.Name != fmt.Sprintf("member %d", i) || !bytes.Equal(m.PublicKey, p.PartialPublicKeys[i]) {
			t.Errorf("party %d is %+v", i, m)
		}
	}
}

func (k *keyCommittee) rotate(threshold uint16, members []account) *keyCommittee {
	k.t.Helper()
	return k.madeCommittee(members, k.members[0], func(b *sui.Builder) { contract.InitRotation(b, k.p, k.id, threshold, addressesOf(members)) })
}

// upgrade has the members vote for the code that there is, upgrades to it and
// returns what that cost.
func (k *keyCommittee) upgrade() sui.GasUsed {
	k.t.Helper()
	to, err := deploy.PrepareCommitteeUpgrade(k.t.Context(), k, k.p.Committee.Latest)
	if err != nil {
		k.t.Fatal(err)
	}
	type call = func(contract.SealCommitteeCalls, contract.Arg[contract.KeyCommittee], contract.Arg[[]byte])
	with := func(do call) func(*sui.Builder) {
		return func(b *sui.Builder) {
			do(k.p.SealCommitteeCalls(b), contract.Object[contract.KeyCommittee](b, k.id), contract.Pure(b, to.Digest[:]))
		}
	}
	upgrade := func(b *sui.Builder) { to.Apply(b, k.p, k.id) }
	threshold := int(k.object().Threshold)
	for _, m := range k.members[:threshold-1] {
		k.run(m, with(contract.SealCommitteeCalls.ApproveDigestForUpgrade))
	}
	k.refuse(k.members[0], "seal_committee", "ENotEnoughVotes", upgrade)
	k.run(k.members[threshold], with(contract.SealCommitteeCalls.ApproveDigestForUpgrade))
	k.refuse(owner, "seal_committee", "ENotAuthorized", upgrade)
	return *k.cost(k.members[0], upgrade)
}

// TestWrongUpgradeCap gives a committee the right to upgrade another package.
func TestWrongUpgradeCap(t *testing.T) {
	c := newWorld(t)
	var caps []sui.Address
	for range 2 {
		pkg, err := deploy.PublishCommittee(t.Context(), c, owner, c.p.KeyServer)
		if err != nil {
			t.Fatal(err)
		}
		c.p.Committee = contract.Package{Original: pkg.Original, Latest: pkg.Latest}
		caps = append(caps, pkg.UpgradeCap)
	}
	c.refuse(owner, "seal_committee", "EWrongUpgradeCap", func(b *sui.Builder) {
		contract.InitCommittee(b, c.p, caps[0], 2, addressesOf(membersFrom(1, 2)))
	})
	if _, err := deploy.PublishCommittee(t.Context(), c, owner, contract.Package{}); err == nil {
		t.Error("a committee was published that links to nothing")
	}
}

// TestCheckCommittee tells the package from others with its names.
func TestCheckCommittee(t *testing.T) {
	c, ctx := newWorld(t), context.Background()
	pkg, err := deploy.PublishCommittee(ctx, c, owner, c.p.KeyServer)
	if err != nil {
		t.Fatal(err)
	}
	if err := deploy.CheckCommittee(ctx, c, pkg.Latest); err != nil {
		t.Error(err)
	}
	for _, other := range []sui.Address{c.p.KeyServer.Latest, c.p.Access.Latest} {
		if err := deploy.CheckCommittee(ctx, c, other); !errors.Is(err, deploy.ErrOtherCode) {
			t.Errorf("another package: %v", err)
		}
	}
	for _, other := range []sui.Address{pkg.UpgradeCap, {1}} {
		if err := deploy.CheckCommittee(ctx, c, other); err == nil || errors.Is(err, deploy.ErrOtherCode) {
			t.Errorf("no package: %v", err)
		}
	}
	for _, id := range []sui.Address{pkg.Latest, c.p.KeyServer.Latest} {
		honest := c.live[id]
		o := honest.Clone()
		for i := range o.Package.Modules {
			m, err := bytecode.Parse(o.Package.Modules[i].Bytes)
			if err != nil {
				t.Fatal(err)
			}
			m.Identifiers[len(m.Identifiers)-1] += "_"
			o.Package.Modules[i].Bytes = m.Serialize()
		}
		c.live[id] = o
		if err := deploy.CheckCommittee(ctx, c, pkg.Latest); !errors.Is(err, deploy.ErrOtherCode) {
			t.Errorf("other code: %v", err)
		}
		c.live[id] = honest
	}
}

// TestKeysBelongTogether proposes keys of polynomials, which the chain takes, and
// the same with one key changed, which it refuses.
func TestKeysBelongTogether(t *testing.T) {
	c, r := newWorld(t), rand.New(rand.NewPCG(1, 2))
	for _, size := range []struct{ threshold, members int }{{2, 2}, {2, 3}, {3, 3}, {5, 7}, {17, 31}, {16, 32}, {27, 40}} {
		t.Run(fmt.Sprintf("%d of %d", size.threshold, size.members), func(t *testing.T) {
			k := c.initKeyCommittee(uint16(size.threshold), membersFrom(1, size.members))
			k.registerAll()
			good := deal(r.Uint64(), size.threshold).proposal(size.members)
			wrong := map[string]contract.KeyProposal{
				"a partial key": good, "the key": good, "another degree": deal(r.Uint64(), size.threshold+1).proposal(size.members), "two partial keys": good,
			}
			other := deal(r.Uint64(), 1).at(0)
			change := func(what string, parties ...int) {
				p := wrong[what]
				p.PartialPublicKeys = slices.Clone(p.PartialPublicKeys)
				for _, i := range parties {
					p.PartialPublicKeys[i] = other
				}
				wrong[what] = p
			}
			change("a partial key", r.IntN(size.members))
			change("two partial keys", 0, size.members-1)
			key := good
			key.PublicKey = other
			wrong["the key"] = key
			for _, p := range wrong {
				k.refuse(k.members[0], "seal_committee", "EInconsistentKeys", k.proposing(p))
			}
			c.run(k.members[0], k.proposing(good))
		})
	}
}
