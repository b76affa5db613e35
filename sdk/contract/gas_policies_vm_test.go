package contract_test

import (
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

func (g *meter) policies() {
	p := g.p
	object := func(b *sui.Builder, id sui.Address) contract.Arg[contract.Policy] {
		return contract.Object[contract.Policy](b, id)
	}
	g.step("access::policy::new", "with `share`", owner, func(b *sui.Builder) { contract.CreatePolicy(b, p, nil, nil, owner.address) })
	n := shop()
	n.Delegates = []sui.Address{owner.address}
	n.Clauses = append(n.Clauses, []contract.Rule{{Kind: contract.RuleAllowList}, {Kind: contract.RuleStewards, Stewards: []sui.Address{owner.address}, Threshold: 1}})
	made := g.compose(n)
	id, cap := made.PolicyID, made.CapID
	many := make([]sui.Address, 100)
	for i := range many {
		many[i] = memberNumber(i)
	}
	g.step("access::members::grant", "", owner, func(b *sui.Builder) { contract.Grant(b, p, id, cap, reader.address) })
	g.step("access::members::grant_all", "100 addresses", owner, func(b *sui.Builder) { contract.GrantAll(b, p, id, cap, many) })
	g.step("access::members::revoke", "", owner, func(b *sui.Builder) { contract.Revoke(b, p, id, cap, reader.address) })
	g.step("access::members::grant_as_delegate", "", owner, func(b *sui.Builder) { contract.GrantAsDelegate(b, p, id, reader.address) })
	g.step("access::members::revoke_as_delegate", "", owner, func(b *sui.Builder) { contract.RevokeAsDelegate(b, p, id, reader.address) })
	g.step("access::members::remove_delegate", "", owner, func(b *sui.Builder) { contract.RemoveDelegate(b, p, id, cap, owner.address) })
	g.step("access::clauses::tighten", "", owner, func(b *sui.Builder) {
		contract.Tighten(b, p, id, cap, 3, contract.Rule{Kind: contract.RuleNotBefore, AtMS: 1})
	})
	offer := contract.Offer{CoinType: sui.SUIType().TypeName(), Price: 5, Uses: ms(1)}
	g.step("access::shop::make_offer", "", owner, func(b *sui.Builder) { contract.MakeOffer(b, p, id, cap, offer) })
	last := read(g.chain, id, contract.ParsePolicy).Offers[2].ID
	g.step("access::shop::raise_price", "", owner, func(b *sui.Builder) { contract.RaisePrice(b, p, id, cap, last, 6) })
	g.step("access::shop::close_offer", "", owner, func(b *sui.Builder) { contract.CloseOffer(b, p, id, cap, last) })
	g.step("access::shop::set_payee", "", owner, func(b *sui.Builder) { contract.SetPayee(b, p, id, cap, reader.address) })
	member := contract.Change{Kind: contract.ChangeAddMember, Who: reader.address}
	proposed := one[contract.ChangeProposed](g.t, g.run(owner, func(b *sui.Builder) { contract.Propose(b, p, id, cap, member) }))
	g.step("access::governance::propose", "to add a member", owner, func(b *sui.Builder) { contract.Propose(b, p, id, cap, member) })
	g.step("access::governance::cancel", "", owner, func(b *sui.Builder) { contract.CancelProposal(b, p, id, cap, proposed.Proposal) })
	g.step("access::governance::raise_delay", "", owner, func(b *sui.Builder) { contract.RaiseDelay(b, p, id, cap, 8*day) })
	g.step("access::stewards::approve", "", owner, func(b *sui.Builder) { contract.ApproveRequester(b, p, id, reader.address, noon+day) })
	g.step("access::stewards::withdraw", "", owner, func(b *sui.Builder) { contract.WithdrawApproval(b, p, id, reader.address) })
	g.step("access::governance::vote_hold", "", stranger, func(b *sui.Builder) { contract.VoteHold(b, p, id, true) })
	g.step("access::clauses::remove", "", owner, func(b *sui.Builder) { contract.RemoveClause(b, p, id, cap, 3) })
	g.step("access::governance::freeze_for_ever", "", owner, func(b *sui.Builder) {
		p.GovernanceCalls(b).FreezeForEver(object(b, id), contract.Object[contract.PolicyCap](b, cap), contract.Object[contract.PackageVersion](b, p.Shared.AccessVersion))
	})
}

// evidence prices what is composed, applied, shown and thrown away.
func (g *meter) evidence() {
	c := newWorld(g.t)
	c.setTime(noon)
	p, step := c.p, g.on(c)
	step("access::policy::compose", "with `share`, 2 offers, 2 clauses, a delegate", owner, func(b *sui.Builder) {
		n := shop()
		n.Delegates = []sui.Address{owner.address}
		contract.ComposePolicy(b, p, n, owner.address)
	})
	made := c.compose(shop())
	member := contract.Change{Kind: contract.ChangeAddMember, Who: reader.address}
	proposed := one[contract.ChangeProposed](c.t, c.run(owner, func(b *sui.Builder) { contract.Propose(b, p, made.PolicyID, made.CapID, member) }))
	c.setTime(noon + 7*day)
	step("access::governance::apply", "adds a member", owner, func(b *sui.Builder) {
		contract.Apply(b, p, made.PolicyID, made.CapID, contract.Pure(b, proposed.Proposal))
	})

	pass := c.buy(made.PolicyID, 1).PassID
	request := one[contract.KeyRequested](c.t, c.run(reader, func(b *sui.Builder) {
		contract.RequestKeys(b, p, made.PolicyID, contract.KeyRequestEvidence{Passes: []sui.Address{pass}, Purpose: "research"})
	})).RequestID
	holders := c.compose(contract.NewPolicy{Clauses: [][]contract.Rule{{{Kind: contract.RuleHolds, Type: sui.SUICoinType().Tag().TypeName()}}}}).PolicyID
	step("access::key_request::show", "with `begin` and `finish`, a new coin", reader, func(b *sui.Builder) {
		policy := contract.Object[contract.Policy](b, holders)
		draft := p.KeyRequestCalls(b).Begin(policy, contract.Object[contract.PackageVersion](b, c.made.AccessVersion))
		p.KeyRequestCalls(b).Show(sui.SUICoinType().Tag(), draft, b.SplitCoins(sui.GasCoin, b.Pure(uint64(1))).At(0))
		p.KeyRequestCalls(b).Finish(draft, policy, contract.Object[contract.Lineage](b, c.made.CatalogLineage))
	})
	step("access::key_request::discard", "", reader, func(b *sui.Builder) {
		p.KeyRequestCalls(b).Discard(contract.Object[contract.KeyRequest](b, request))
	})
	step("access::pass::discard", "", reader, func(b *sui.Builder) { p.PassCalls(b).Discard(contract.Object[contract.Pass](b, pass)) })
}

// keyServers prices how key servers are registered.
func (g *meter) keyServers() {
	c := newWorld(g.t)
	pk := unhex(g.t, g2)
	p, step := c.p, g.on(c)
	v1 := func(b *sui.Builder) { contract.RegisterKeyServerV1(b, p, "one", "http://one", pk) }
	step("key_server::key_server::create_and_transfer_v1", "", owner, v1)
	step("key_server::key_server::create_and_transfer_v2_independent_server", "", owner, func(b *sui.Builder) { contract.RegisterKeyServer(b, p, "two", "http://two", pk) })
	step("key_server::key_server::create_v1", "and a transfer", owner, func(b *sui.Builder) {
		b.Transfer(owner.address, p.KeyServerCalls(b).CreateV1(contract.Pure(b, "one"), contract.Pure(b, "http://one"), contract.Pure(b, contract.KeyTypeBonehFranklin), contract.Pure(b, pk)).Arg)
	})
	step("key_server::key_server::create_v2_independent_server", "and a transfer", owner, func(b *sui.Builder) {
		b.Transfer(owner.address, p.KeyServerCalls(b).CreateV2IndependentServer(contract.Pure(b, "two"), contract.Pure(b, "http://two"), contract.Pure(b, contract.KeyTypeBonehFranklin), contract.Pure(b, pk)).Arg)
	})
	id := one[contract.KeyServerRegistered](g.t, c.run(owner, v1)).KeyServerID
	step("key_server::key_server::upgrade_v1_to_independent_v2", "", owner, func(b *sui.Builder) { contract.UpgradeKeyServer(b, p, id) })
	step("key_server::key_server::update", "", owner, func(b *sui.Builder) { contract.UpdateKeyServer(b, p, id, "http://moved") })
}
