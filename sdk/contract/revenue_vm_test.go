package contract_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// market is a catalog with a treasury for SUI.
type market struct {
	*catalog
	treasury sui.Address
}

func newMarket(t *testing.T) *market {
	m := &market{catalog: newCatalog(t)}
	made := one[contract.TreasuryCreated](t, m.run(owner, func(b *sui.Builder) { contract.CreateTreasury(b, m.p, sui.SUIType()) }))
	if want := fmt.Sprintf("%064x::sui::SUI", 2); made.CoinType != want {
		t.Errorf("coin type is %s, want %s", made.CoinType, want)
	}
	m.treasury = made.TreasuryID
	return m
}

func (m *market) sell(b *sui.Builder, v sui.Address, price uint64) {
	contract.Sell(b, m.p, sui.SUIType(), m.treasury, m.made.CatalogLineage, v, contract.Arg[contract.Coin]{Arg: b.SplitCoins(sui.GasCoin, b.Pure(price)).At(0)})
}

func (m *market) buy(v sui.Address, price uint64) func(b *sui.Builder) {
	return func(b *sui.Builder) { m.sell(b, v, price) }
}

func (m *market) claim(as account) func(b *sui.Builder) {
	return func(b *sui.Builder) {
		b.Transfer(as.address, contract.ClaimIncome(b, m.p, sui.SUIType(), m.treasury).Arg)
	}
}

// held reads what the treasury holds: the u64 behind its id.
func (m *market) held() uint64 {
	c := m.live[m.treasury].Move.Contents
	var v uint64
	for i := 7; i >= 0; i-- {
		v = v<<8 | uint64(c[32+i])
	}
	return v
}

// credits sums the credits of each version and payee.
func credits(events []any) map[[2]sui.Address]uint64 {
	out := map[[2]sui.Address]uint64{}
	for _, e := range events {
		if c, ok := e.(*contract.IncomeCredited); ok {
			out[[2]sui.Address{c.VersionID, c.Payee}] += c.Amount
		}
	}
	return out
}

// TestSale follows 1000 MIST by hand: a child of two roots passes on 30 %,
// 6,667 to 3,333; reader and stranger share in the first root 1 to 2.
func TestSale(t *testing.T) {
	m := newMarket(t)
	shared := terms()
	shared.Payees = []contract.Payee{{Account: reader.address, WeightBPS: 3_333}, {Account: stranger.address, WeightBPS: 6_667}}
	first, second := m.derive(shared), m.derive(terms())
	made := terms(first, second)
	made.PassedOnBPS = 3_000
	made.Parents[0].WeightBPS, made.Parents[1].WeightBPS = 6_667, 3_333
	child := m.derive(made)

	events := m.run(reader, m.buy(child.VersionID, 1001))
	// 1001 * 0.3 = 300.3: 300 is passed on; 300 * 0.6667 = 200.01, 300 * 0.3333 = 99.99
	// 200 * 0.6667 = 133.34
	want := map[[2]sui.Address]uint64{
		{first.VersionID, stranger.address}: 133, {first.VersionID, reader.address}: 67,
		{second.VersionID, owner.address}: 99, {child.VersionID, owner.address}: 702,
	}
	if got := credits(events); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	settled := one[contract.SaleSettled](t, events)
	if settled.Amount != 1001 || settled.Buyer != reader.address || settled.VersionID != child.VersionID || settled.DatasetID != m.dataset.DatasetID {
		t.Errorf("got %+v", settled)
	}
	if _, last := events[len(events)-1].(*contract.SaleSettled); !last {
		t.Error("the sale is settled before its credits")
	}
	if m.held() != 1001 {
		t.Errorf("the treasury holds %d", m.held())
	}
	if got := one[contract.IncomeClaimed](t, m.run(owner, m.claim(owner))); got.Amount != 801 || m.held() != 200 {
		t.Errorf("got %+v, %d left", got, m.held())
	}
	m.refuse(owner, "revenue", "ENothingToClaim", m.claim(owner))
	m.refuse(reader, "revenue", "ENothingPaid", m.buy(child.VersionID, 0))
	m.refuse(reader, "lineage", "EUnknownVersion", m.buy(m.policy, 1))
	m.run(owner, m.revoke(child.VersionID))
	m.refuse(reader, "revenue", "ENotForSale", m.buy(child.VersionID, 1))
}

func TestRefund(t *testing.T) {
	m := newMarket(t)
	made := terms()
	made.RefundWindowMS = 1000
	v := m.derive(made)
	settle := func(sale sui.Address) func(b *sui.Builder) {
		return func(b *sui.Builder) {
			contract.SettleSale(b, m.p, sui.SUIType(), m.treasury, m.made.CatalogLineage, sale)
		}
	}
	refund := func(sale sui.Address) func(b *sui.Builder) {
		return func(b *sui.Builder) {
			contract.RefundSale(b, m.p, sui.SUIType(), m.treasury, m.made.CatalogLineage, sale)
		}
	}
	buy := func() *contract.SaleEscrowed {
		return one[contract.SaleEscrowed](t, m.run(reader, m.buy(v.VersionID, 500)))
	}
	first, second := buy(), buy()
	if first.RefundableUntilMS != noon+1000 || first.Amount != 500 || first.Buyer != reader.address || m.held() != 1000 {
		t.Errorf("got %+v", first)
	}
	m.refuse(stranger, "revenue", "EStillRefundable", settle(first.SaleID))
	m.refuse(stranger, "revenue", "ENotRefundable", refund(first.SaleID))
	m.setTime(noon + 1000)
	events := m.run(stranger, settle(first.SaleID))
	if got := one[contract.SaleSettled](t, events); got.Buyer != reader.address || got.SaleID != first.SaleID || got.Amount != 500 {
		t.Errorf("got %+v", got)
	}
	m.refuse(stranger, "revenue", "EUnknownSale", settle(first.SaleID))

	m.run(owner, func(b *sui.Builder) {
		contract.PlaceHold(b, m.p, m.made.CatalogLineage, m.dataset.CapID, v.VersionID, nil)
	})
	m.refuse(stranger, "revenue", "ENotForSale", settle(second.SaleID))
	if got := one[contract.SaleRefunded](t, m.run(stranger, refund(second.SaleID))); got.Buyer != reader.address || got.Amount != 500 {
		t.Errorf("got %+v", got)
	}
	m.refuse(stranger, "revenue", "EUnknownSale", refund(second.SaleID))
	if m.held() != 500 {
		t.Errorf("the treasury holds %d", m.held())
	}
}

// A ledger is a graph as the test made it, in which parents come first.
type ledger struct {
	versions []*contract.NodeRecorded
	terms    []contract.Terms
}

// due says who gets what of a price: all versions from the sold one back to the
// first, each when everything above it is done. It shares nothing with the
// contract but the rule.
func (l *ledger) due(sold int, price uint64) map[[2]sui.Address]uint64 {
	part := func(amount *big.Int, bps uint16) *big.Int {
		p := new(big.Int).Mul(amount, big.NewInt(int64(bps)))
		return p.Quo(p, big.NewInt(10_000))
	}
	flow := make([]*big.Int, len(l.versions))
	for i := range flow {
		flow[i] = new(big.Int)
	}
	flow[sold].SetUint64(price)
	out := map[[2]sui.Address]uint64{}
	for i := sold; i >= 0; i-- {
		kept, passed := new(big.Int).Set(flow[i]), part(flow[i], l.terms[i].PassedOnBPS)
		for _, p := range l.terms[i].Parents {
			for j := range l.versions {
				if l.versions[j].VersionID == p.Version {
					share := part(passed, p.WeightBPS)
					flow[j].Add(flow[j], share)
					kept.Sub(kept, share)
				}
			}
		}
		left := new(big.Int).Set(kept)
		for k, payee := range l.terms[i].Payees {
			if k > 0 {
				share := part(kept, payee.WeightBPS)
				left.Sub(left, share)
				out[[2]sui.Address{l.versions[i].VersionID, payee.Account}] += share.Uint64()
			}
		}
		out[[2]sui.Address{l.versions[i].VersionID, l.terms[i].Payees[0].Account}] += left.Uint64()
	}
	for k, v := range out {
		if v == 0 {
			delete(out, k)
		}
	}
	return out
}

// weights are n random weights above 0 that sum to 10,000.
func weights(r *rand.Rand, n int) []uint16 {
	out, left := make([]uint16, n), 10_000-n
	for i := range n - 1 {
		w := r.IntN(left + 1)
		out[i], left = uint16(w+1), left-w
	}
	out[n-1] = uint16(left + 1)
	return out
}

func (m *market) randomLedger(r *rand.Rand, accounts []account, size int) *ledger {
	l := new(ledger)
	for i := range size {
		var parents []*contract.NodeRecorded
		if i > 0 {
			for _, j := range r.Perm(i)[:r.IntN(min(i, 4)+1)] {
				parents = append(parents, l.versions[j])
			}
		}
		t := terms(parents...)
		if len(parents) > 0 {
			t.PassedOnBPS = uint16(r.IntN(10_001))
			for j, w := range weights(r, len(parents)) {
				t.Parents[j].WeightBPS = w
			}
		}
		t.Payees = nil
		chosen := r.Perm(len(accounts))[:1+r.IntN(3)]
		for j, w := range weights(r, len(chosen)) {
			t.Payees = append(t.Payees, contract.Payee{Account: accounts[chosen[j]].address, WeightBPS: w})
		}
		l.versions, l.terms = append(l.versions, m.derive(t)), append(l.terms, t)
	}
	return l
}

// TestSalesAddUp sells versions of random graphs, 10,000 times: credits equal
// an independent reckoning, and sum in equals sum out to the last MIST.
func TestSalesAddUp(t *testing.T) {
	const graphs, size, sales, batch = 20, 12, 10_000, 20
	r := rand.New(rand.NewPCG(4, 2))
	m := newMarket(t)
	accounts := []account{owner, reader, stranger, {address: sui.Address{31: 0xd}}, {address: sui.Address{31: 0xe}}, {address: sui.Address{31: 0xf}}}
	var ledgers []*ledger
	for range graphs {
		ledgers = append(ledgers, m.randomLedger(r, accounts, size))
	}
	var paid uint64
	perDataset := uint64(0)
	for range sales / batch {
		type sale struct {
			l     *ledger
			sold  int
			price uint64
		}
		var sold []sale
		events := m.run(accounts[r.IntN(len(accounts))], func(b *sui.Builder) {
			for range batch {
				s := sale{ledgers[r.IntN(graphs)], r.IntN(size), 1 + r.Uint64N(1<<r.IntN(34))}
				m.sell(b, s.l.versions[s.sold].VersionID, s.price)
				sold = append(sold, s)
			}
		})
		var mine []any
		for _, e := range events {
			mine = append(mine, e)
			settled, ok := e.(*contract.SaleSettled)
			if !ok {
				perDataset += e.(*contract.IncomeCredited).Amount
				continue
			}
			s := sold[0]
			sold = sold[1:]
			got, want := credits(mine), s.l.due(s.sold, s.price)
			if len(got) != len(want) || settled.Amount != s.price || settled.VersionID != s.l.versions[s.sold].VersionID {
				t.Fatalf("sale %+v: got %v, want %v", settled, got, want)
			}
			var sum uint64
			for k, v := range want {
				if got[k] != v {
					t.Fatalf("sale %+v: got %v, want %v", settled, got, want)
				}
				sum += got[k]
			}
			if sum != s.price {
				t.Fatalf("sale of %d credits %d", s.price, sum)
			}
			paid += s.price
			mine = nil
		}
		if len(sold) != 0 {
			t.Fatalf("%d sales are not settled", len(sold))
		}
	}
	if m.held() != paid || perDataset != paid {
		t.Fatalf("paid %d, held %d, income by events %d", paid, m.held(), perDataset)
	}
	var claimed uint64
	for _, a := range accounts {
		claimed += one[contract.IncomeClaimed](t, m.run(a, m.claim(a))).Amount
	}
	if claimed != paid || m.held() != 0 {
		t.Errorf("paid %d, claimed %d, left %d", paid, claimed, m.held())
	}
}
