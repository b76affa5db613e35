package contract_test

import (
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/sui"
)

// keyCommittees prices committees of key servers: 3 of 5, then 4 of 6.
func (g *meter) keyCommittees() {
	c := newWorld(g.t)
	step := g.on(c)
	const pkg = "committee::seal_committee::"
	published, err := deploy.PublishCommittee(g.t.Context(), c, owner, c.p.KeyServer)
	if err != nil {
		g.t.Fatal(err)
	}
	c.p.Committee = contract.Package{Original: published.Original, Latest: published.Latest}
	members := membersFrom(1, 5)
	first := c.madeCommittee(members, owner, func(b *sui.Builder) {
		contract.InitCommittee(b, c.p, published.UpgradeCap, 3, addressesOf(members))
	})
	g.note(pkg+"init_committee", "5 members", c.done[c.live[first.id].PreviousTransaction].Effects.Gas)
	for i, m := range members[:4] {
		c.run(m, first.registration(i))
	}
	step(pkg+"register", "the last of 5", members[4], first.registration(4))
	key := deal(1, 3)
	p := key.proposal(5)
	step(pkg+"propose", "the first of 5", members[0], first.proposing(p))
	for _, m := range members[1:4] {
		c.run(m, first.proposing(p))
	}
	step(pkg+"propose", "the last of 5, with `create_committee_v2`", members[4], first.proposing(p))
	step(pkg+"update_member_url", "", members[0], func(b *sui.Builder) { contract.UpdateMemberURL(b, c.p, first.id, "https://moved.example") })

	digest := make([]byte, 32)
	vote := func(do func(contract.SealCommitteeCalls, contract.Arg[contract.KeyCommittee], contract.Arg[[]byte])) func(*sui.Builder) {
		return func(b *sui.Builder) {
			do(c.p.SealCommitteeCalls(b), contract.Object[contract.KeyCommittee](b, first.id), contract.Pure(b, digest))
		}
	}
	step(pkg+"approve_digest_for_upgrade", "the first", members[0], vote(contract.SealCommitteeCalls.ApproveDigestForUpgrade))
	for _, m := range members[1:3] {
		c.run(m, vote(contract.SealCommitteeCalls.RejectDigestForUpgrade))
	}
	step(pkg+"reject_digest_for_upgrade", "the third", members[3], vote(contract.SealCommitteeCalls.RejectDigestForUpgrade))
	step(pkg+"reset_proposal", "", members[0], func(b *sui.Builder) {
		c.p.SealCommitteeCalls(b).ResetProposal(contract.Object[contract.KeyCommittee](b, first.id))
	})

	next := c.madeCommittee(membersFrom(1, 6), members[0], func(b *sui.Builder) { contract.InitRotation(b, c.p, first.id, 4, addressesOf(membersFrom(1, 6))) })
	g.note(pkg+"init_rotation", "6 members", c.done[c.live[next.id].PreviousTransaction].Effects.Gas)
	next.registerAll()
	p = append(dealing{key[0]}, deal(2, 3)...).proposal(6)
	step(pkg+"propose_for_rotation", "the first of 6", next.members[0], next.proposing(p))
	for _, m := range next.members[1:5] {
		c.run(m, next.proposing(p))
	}
	step(pkg+"propose_for_rotation", "the last of 6, with `update_partial_key_servers`", next.members[5], next.proposing(p))
	g.note(pkg+"authorize_upgrade", "with the upgrade of `committee` and `commit_upgrade`", next.upgrade())
}
