package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

const day = 86_400_000

func (c *chain) compose(n contract.NewPolicy) *contract.PolicyCreated {
	c.t.Helper()
	return one[contract.PolicyCreated](c.t, c.run(owner, func(b *sui.Builder) { contract.ComposePolicy(b, c.p, n, owner.address) }))
}

// reads are what every decision reads.
func (c *chain) reads(b *sui.Builder, policy sui.Address) contract.Read {
	return contract.Read{Policy: c.shared(b, policy), Lineage: c.shared(b, c.made.CatalogLineage), Version: c.shared(b, c.made.AccessVersion)}
}

// shared is a read-only shared object, as in a key server's question.
func (c *chain) shared(b *sui.Builder, id sui.Address) sui.Arg {
	return b.SharedObject(id, c.live[id].Owner.Version, false)
}

// shop sells passes for 5 SUI: offer 0 for 30 days, offer 1 for two requests.
func shop() contract.NewPolicy {
	sui5 := func(term, uses *uint64) contract.Offer {
		return contract.Offer{CoinType: sui.SUIType().TypeName(), Price: 5 * sui.MistPerSUI, TermMS: term, Uses: uses}
	}
	return contract.NewPolicy{
		DelayMS: 7 * day, Holders: []sui.Address{stranger.address}, HoldThreshold: 1,
		Offers:  []contract.Offer{sui5(ms(30*day), nil), sui5(nil, ms(2))},
		Clauses: [][]contract.Rule{{{Kind: contract.RulePass, Offer: 0}}, {{Kind: contract.RulePass, Offer: 1}, {Kind: contract.RulePurpose, Purposes: []string{"research"}}}},
	}
}

func (c *chain) buy(policy sui.Address, offer int) *contract.PassSold {
	c.t.Helper()
	return one[contract.PassSold](c.t, c.run(reader, func(b *sui.Builder) {
		o := read(c, policy, contract.ParsePolicy).Offers[offer]
		coin := b.SplitCoins(sui.GasCoin, b.Pure(o.Price))
		contract.BuyPass(b, c.p, policy, o, coin.At(0), reader.address)
	}))
}

func TestSubscription(t *testing.T) {
	c := newWorld(t)
	c.setTime(noon)
	policy := c.compose(shop()).PolicyID
	id := append(policy[:], 1)
	c.refuse(reader, "policy", "ENoPass", c.approve(policy, id))
	sold := c.buy(policy, 0)
	if sold.Holder != reader.address || sold.Payee != owner.address || sold.Price != 5*sui.MistPerSUI || *sold.ExpiresAtMS != noon+30*day || sold.Uses != nil {
		t.Errorf("got %+v", sold)
	}
	with := func(b *sui.Builder) {
		contract.SealApproveWithPass(b, c.p, id, b.OwnedObject(c.live[sold.PassID].Ref()), c.reads(b, policy))
	}
	if events := c.run(reader, with); len(events) != 0 {
		t.Errorf("a decision leaves %d events", len(events))
	}
	c.setTime(noon + 30*day)
	c.run(reader, with)
	c.setTime(noon + 30*day + 1)
	c.refuse(reader, "pass", "EExpired", with)
}

func TestPayPerUse(t *testing.T) {
	c := newWorld(t)
	c.setTime(noon)
	policy := c.compose(shop()).PolicyID
	id := append(policy[:], 1)
	pass := c.buy(policy, 1).PassID
	request := func(purpose string) func(*sui.Builder) {
		return func(b *sui.Builder) {
			contract.RequestKeys(b, c.p, policy, contract.KeyRequestEvidence{Passes: []sui.Address{pass}, Purpose: purpose})
		}
	}
	c.refuse(reader, "policy", "ENoPurpose", request("advertising"))
	for left := uint64(2); left > 0; left-- {
		events := c.run(reader, request("research"))
		if used := one[contract.PassUsed](t, events); used.UsesLeft != left-1 || used.PassID != pass {
			t.Errorf("got %+v", used)
		}
		made := one[contract.KeyRequested](t, events)
		if made.Requester != reader.address || *made.Purpose != "research" || made.ValidUntilMS != noon+3_600_000 {
			t.Errorf("got %+v", made)
		}
		with := func(b *sui.Builder) {
			contract.SealApproveWithRequest(b, c.p, id, b.OwnedObject(c.live[made.RequestID].Ref()), c.reads(b, policy))
		}
		c.run(reader, with)
		c.run(reader, with)
	}
	c.refuse(reader, "pass", "EUsedUp", request("research"))
}

func TestHolding(t *testing.T) {
	c := newWorld(t)
	coinType := sui.SUICoinType().Tag().TypeName()
	policy := c.compose(contract.NewPolicy{Clauses: [][]contract.Rule{{{Kind: contract.RuleHolds, Type: coinType}}}}).PolicyID
	var coin sui.Address
	c.run(owner, func(b *sui.Builder) { b.Transfer(reader.address, b.SplitCoins(sui.GasCoin, b.Pure(uint64(7))).At(0)) })
	for id, o := range c.live {
		if o.Owner == sui.AddressOwner(reader.address) {
			coin = id
		}
	}
	id := append(policy[:], 1)
	with := func(b *sui.Builder) {
		contract.SealApproveHolding(b, c.p, id, b.OwnedObject(c.live[coin].Ref()), coinType, c.reads(b, policy))
	}
	c.run(reader, with)
	if o := c.live[coin].Owner; o != sui.AddressOwner(reader.address) {
		t.Errorf("the coin went to %v", o)
	}
	// What is frozen belongs to everybody and opens nothing.
	frozen := c.live[coin].Clone()
	frozen.Owner = sui.Immutable()
	c.put(frozen)
	b := sui.NewBuilder()
	with(b)
	if _, err := c.Send(t.Context(), reader, b); err == nil || !strings.Contains(err.Error(), "CommandArgumentError") {
		t.Errorf("with a frozen object: got %v, want an error of its argument", err)
	}
}

func TestWideningWaits(t *testing.T) {
	c := newWorld(t)
	c.setTime(noon)
	made := c.compose(shop())
	policy, capability := made.PolicyID, made.CapID
	everybody := contract.Change{Kind: contract.ChangeAddClause, Rules: []contract.Rule{{Kind: contract.RuleNotBefore, AtMS: 1}}}
	proposed := one[contract.ChangeProposed](t, c.run(owner, func(b *sui.Builder) {
		contract.Propose(b, c.p, policy, capability, everybody)
	}))
	if proposed.ReadyAtMS != noon+7*day || len(proposed.Change.Rules) != 1 || proposed.Change.Rules[0].AtMS != 1 {
		t.Errorf("got %+v", proposed)
	}
	p := read(c, policy, contract.ParsePolicy)
	if len(p.Proposals) != 1 || p.Proposals[0].ReadyAtMS != noon+7*day {
		t.Errorf("got %+v", p.Proposals)
	}
	apply := func(b *sui.Builder) {
		contract.Apply(b, c.p, policy, capability, contract.Pure(b, proposed.Proposal))
	}
	id := append(policy[:], 1)
	c.refuse(owner, "governance", "ETooEarly", apply)
	c.refuse(stranger, "policy", "ENoPass", c.approve(policy, id))
	c.setTime(noon + 7*day)
	events := c.run(owner, apply)
	added := one[contract.ClauseAdded](t, events)
	one[contract.ChangeApplied](t, events)
	c.run(stranger, c.approve(policy, id))

	c.run(owner, func(b *sui.Builder) { contract.RemoveClause(b, c.p, policy, capability, added.Clause) })
	c.refuse(stranger, "policy", "ENoPass", c.approve(policy, id))
	one[contract.PolicyHeld](t, c.run(stranger, func(b *sui.Builder) { contract.VoteHold(b, c.p, policy, true) }))
	c.refuse(reader, "policy", "EHeld", c.approve(policy, id))
	c.run(owner, func(b *sui.Builder) { contract.Freeze(b, c.p, policy, capability) })
	c.refuse(owner, "policy", "EFrozen", func(b *sui.Builder) {
		contract.Propose(b, c.p, policy, capability, everybody)
	})
}

func TestMembersDoNotGrowThePolicy(t *testing.T) {
	c := newWorld(t)
	made := c.createPolicy(nil, nil)
	before := len(c.live[made.PolicyID].Move.Contents)
	c.run(owner, func(b *sui.Builder) {
		for i := range 300 {
			contract.Grant(b, c.p, made.PolicyID, made.CapID, sui.Address{0: 1, 30: byte(i >> 8), 31: byte(i)})
		}
	})
	if p := read(c, made.PolicyID, contract.ParsePolicy); p.Members.Size != 300 {
		t.Errorf("%d members", p.Members.Size)
	}
	if after := len(c.live[made.PolicyID].Move.Contents); after != before {
		t.Errorf("the object grew from %d to %d bytes", before, after)
	}
}

func TestSentences(t *testing.T) {
	c := newWorld(t)
	c.setTime(noon)
	n := shop()
	n.Clauses = append(n.Clauses, []contract.Rule{{}}, []contract.Rule{{Kind: contract.RuleAllowList}, {Kind: contract.RuleNotAfter, AtMS: noon}})
	p := read(c, c.compose(n).PolicyID, contract.ParsePolicy)
	want := []string{
		"Anyone who pays 5 SUI may decrypt for 30 days.",
		`Anyone who pays 5 SUI and who declares on chain one of the purposes "research" may decrypt.`,
		"The owner " + owner.address.String() + " may decrypt.",
		"Anyone on the allow-list (0 addresses) may decrypt until 2023-11-14 22:13:20 UTC.",
		"1 of " + stranger.address.String() + " can stop all releases by a legal hold, and lift it.",
		"Nobody can widen this sooner than 7 days after saying so.",
		"Only the owner and its delegates can add members at once.",
	}
	if got := p.Sentences(); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if p.Simple() {
		t.Error("a shop is called simple")
	}
	if p := read(c, c.createPolicy(ms(1), ms(2)).PolicyID, contract.ParsePolicy); !p.Simple() {
		t.Error("the common policy is not called simple")
	}
	if got := p.Limits(); len(got) != 5 {
		t.Errorf("got limits %q", got)
	}
}
