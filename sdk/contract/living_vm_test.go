package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// guarded is a version under a policy of its own that is bound to it, for owner
// and reader.
type guarded struct {
	policy  *contract.PolicyCreated
	version *contract.NodeRecorded
}

func (c *catalog) guard(t contract.Terms) guarded {
	c.t.Helper()
	g := guarded{policy: c.createPolicy(nil, nil)}
	c.policy = g.policy.PolicyID
	g.version = c.derive(t)
	c.run(owner, func(b *sui.Builder) {
		contract.Bind(b, c.p, g.policy.PolicyID, g.policy.CapID, g.version.VersionID)
		contract.Grant(b, c.p, g.policy.PolicyID, g.policy.CapID, reader.address)
	})
	return g
}

// opens asks for a key of the data.
func (c *catalog) opens(g guarded) func(*sui.Builder) {
	return c.approve(g.policy.PolicyID, append(append([]byte{}, g.policy.PolicyID[:]...), 1))
}

// TestWithdrawalStopsKeys withdraws a consent: the next question for a key of the
// version, and of what was made from it, is refused.
func TestWithdrawalStopsKeys(t *testing.T) {
	c := newCatalog(t)
	first := c.guard(terms())
	derived := c.guard(terms(first.version))
	given := one[contract.ConsentGiven](t, c.run(stranger, func(b *sui.Builder) {
		contract.GiveConsent(b, c.p, c.dataset.DatasetID, [32]byte{}, nil)
	}))
	c.run(owner, func(b *sui.Builder) {
		contract.AttachConsent(b, c.p, given.ConsentID, c.made.CatalogLineage, c.dataset.CapID, first.version.VersionID)
	})
	c.run(reader, c.opens(first))
	c.run(reader, c.opens(derived))
	c.run(stranger, func(b *sui.Builder) { contract.WithdrawConsent(b, c.p, given.ConsentID, c.made.CatalogLineage) })
	c.refuse(reader, "policy", "ERevoked", c.opens(first))
	c.refuse(owner, "policy", "ERevoked", c.opens(first))
	c.refuse(reader, "policy", "ERevoked", c.opens(derived))

	p := read(c.chain, derived.policy.PolicyID, contract.ParsePolicy)
	want := "Anyone on the allow-list (1 address) may decrypt while version " + derived.version.VersionID.String() + " and all that it was made from are neither revoked nor on hold."
	if got := p.Sentences(); !slices.Contains(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

// TestLegalHoldStopsKeysAndSales has one of one holders stop a version, what was
// made from it, and the sale of its passes, one of which is given back.
func TestLegalHoldStopsKeysAndSales(t *testing.T) {
	m := newMarket(t)
	held := terms()
	held.RefundWindowMS, held.Holders, held.HoldThreshold = day, []sui.Address{stranger.address}, 1
	first := m.guard(held)
	derived := m.guard(terms(first.version))
	policy, version := first.policy.PolicyID, first.version.VersionID
	m.run(owner, func(b *sui.Builder) {
		contract.MakeOffer(b, m.p, policy, first.policy.CapID, contract.Offer{CoinType: sui.SUIType().TypeName(), Price: 1001, Uses: ms(1), Version: &version})
	})
	offer := read(m.chain, policy, contract.ParsePolicy).Offers[0]
	pay := func(b *sui.Builder) {
		coin := b.SplitCoins(sui.GasCoin, b.Pure(offer.Price)).At(0)
		contract.BuyVersionPass(b, m.p, policy, offer, coin, reader.address, m.treasury)
	}
	events := m.run(reader, pay)
	sold, paid, kept := one[contract.PassSold](t, events), one[contract.PassPaidToVersion](t, events), one[contract.SaleEscrowed](t, events)
	if sold.Payee != m.treasury || paid.SaleID != kept.SaleID || paid.PassID != sold.PassID || paid.VersionID != version || m.held() != 1001 {
		t.Errorf("got %+v, %+v, %+v", sold, paid, kept)
	}

	one[contract.LegalHoldPlaced](t, m.run(stranger, func(b *sui.Builder) { contract.VoteLegalHold(b, m.p, m.made.CatalogLineage, version, true) }))
	m.refuse(reader, "policy", "EOnHold", m.opens(first))
	m.refuse(reader, "policy", "EOnHold", m.opens(derived))
	m.refuse(reader, "pass", "ENotLiving", pay)
	back := m.run(reader, func(b *sui.Builder) { contract.RefundPass(b, m.p, policy, offer, sold.PassID, m.treasury) })
	if got := one[contract.PassRefunded](t, back); got.PassID != sold.PassID || got.SaleID != kept.SaleID || got.Holder != reader.address {
		t.Errorf("got %+v", got)
	}
	if got := one[contract.SaleRefunded](t, back); got.Amount != 1001 || got.Buyer != reader.address || m.held() != 0 || m.live[sold.PassID] != nil {
		t.Errorf("got %+v, %d left", got, m.held())
	}
}
