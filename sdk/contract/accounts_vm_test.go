package contract_test

import (
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// TestAccounts keeps the books of a market from its events alone and compares
// them with what the treasury holds on chain after every step.
func TestAccounts(t *testing.T) {
	m := newMarket(t)
	var books contract.Accounts
	book := func(events []any) {
		t.Helper()
		for _, e := range events {
			if err := books.Add(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := books.Check(); err != nil {
			t.Fatal(err)
		}
		if all := books.Treasuries(); len(all) == 1 && all[0].Due+all[0].KeptBack != m.held() {
			t.Errorf("the books say %+v, the treasury holds %d", all[0], m.held())
		}
	}
	book([]any{&contract.TreasuryCreated{TreasuryID: m.treasury, CoinType: suiType}})
	root := m.derive(terms())
	made := terms(root) // passes half on to the root, which belongs to the same dataset
	made.Payees = []contract.Payee{{Account: reader.address, WeightBPS: 10_000}}
	child := m.derive(made)
	made.RefundWindowMS = 1000
	slow := m.derive(made)

	book(m.run(stranger, m.buy(child.VersionID, 1001)))
	book(m.run(stranger, m.buy(root.VersionID, 10)))
	book(m.run(reader, m.claim(reader)))
	kept := m.run(stranger, func(b *sui.Builder) { m.sell(b, slow.VersionID, 300); m.sell(b, slow.VersionID, 40) })
	book(kept)
	m.setTime(noon + 1000)
	sale := func(i int) sui.Address { return kept[i].(*contract.SaleEscrowed).SaleID }
	book(m.run(stranger, func(b *sui.Builder) {
		contract.SettleSale(b, m.p, sui.SUIType(), m.treasury, m.made.CatalogLineage, sale(0))
	}))
	m.run(owner, m.revoke(slow.VersionID))
	book(m.run(stranger, func(b *sui.Builder) {
		contract.RefundSale(b, m.p, sui.SUIType(), m.treasury, m.made.CatalogLineage, sale(1))
	}))

	// 1001: 500 are passed on and 501 stay with reader, who claims them; of 300, 150
	// each; the root's 10.
	got := books.Treasuries()[0]
	if got.In != 1351 || got.Refunded != 40 || got.Claimed != 501 || got.Due != 810 || got.KeptBack != 0 || got.DueTo[owner.address] != 660 || got.DueTo[reader.address] != 150 {
		t.Errorf("got %+v", got)
	}
	want := contract.Income{Dataset: m.dataset.DatasetID, CoinType: suiType, SaleCount: 3, Sales: 1311, Earned: 1311, Refunded: 40}
	if all := books.Income(); len(all) != 1 || all[0] != want {
		t.Errorf("got %+v, want %+v", all, want)
	}
}

const suiType = "0000000000000000000000000000000000000000000000000000000000000002::sui::SUI"

// TestAccountsOfPasses books passes that are paid to an address, by the dataset
// that their policy guards; those paid into a treasury are booked there.
func TestAccountsOfPasses(t *testing.T) {
	policy, data, treasury := sui.Address{1}, sui.Address{2}, sui.Address{3}
	var books contract.Accounts
	for _, e := range []any{
		&contract.VersionPublished{DatasetID: data, PolicyID: policy},
		&contract.TreasuryCreated{TreasuryID: treasury, CoinType: suiType},
		&contract.PassSold{PolicyID: policy, Payee: sui.Address{9}, CoinType: suiType, Price: 5},
		&contract.PassSold{PolicyID: policy, Payee: sui.Address{9}, CoinType: "gold", Price: 7},
		&contract.PassSold{PolicyID: policy, Payee: sui.Address{9}, CoinType: suiType, Price: 6},
		&contract.PassSold{PolicyID: policy, Payee: treasury, CoinType: suiType, Price: 100},
		&contract.PolicyFrozen{PolicyID: policy},
	} {
		if err := books.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	got := books.Income()
	if len(got) != 2 || got[0] != (contract.Income{Dataset: data, CoinType: suiType, PassCount: 2, Passes: 11}) || got[1].Passes != 7 {
		t.Errorf("got %+v", got)
	}
}

// TestAccountsThatDoNotAddUp alters one event of a history that adds up.
func TestAccountsThatDoNotAddUp(t *testing.T) {
	id := func(n byte) sui.Address { return sui.Address{n} }
	history := func() []any {
		return []any{
			&contract.TreasuryCreated{TreasuryID: id(1)},
			&contract.SaleEscrowed{TreasuryID: id(1), SaleID: id(2), Amount: 10},
			&contract.IncomeCredited{TreasuryID: id(1), SaleID: id(2), Payee: id(3), Amount: 10},
			&contract.SaleSettled{TreasuryID: id(1), SaleID: id(2), Amount: 10},
			&contract.IncomeClaimed{TreasuryID: id(1), Payee: id(3), Amount: 10},
		}
	}
	for name, c := range map[string]struct {
		alter func(h []any) []any
		want  string
	}{
		"nothing altered":     {func(h []any) []any { return h }, ""},
		"no treasury":         {func(h []any) []any { return h[1:] }, "never created"},
		"credited too little": {func(h []any) []any { h[2].(*contract.IncomeCredited).Amount = 9; return h }, "9 were credited"},
		"settled twice":       {func(h []any) []any { return append(h[:4:4], h[3]) }, "0 were credited"},
		"kept back twice":     {func(h []any) []any { return append(h[:2:2], h[1]) }, "kept back twice"},
		"claimed too much":    {func(h []any) []any { h[4].(*contract.IncomeClaimed).Amount = 11; return h }, "10 are due"},
		"refunded after all": {func(h []any) []any {
			return append(h, &contract.SaleRefunded{TreasuryID: id(1), SaleID: id(2), Amount: 10})
		}, "kept back for it"},
		"split halfway": {func(h []any) []any { return h[:3] }, "not settled"},
		"more than there is": {func(h []any) []any {
			return append(h, &contract.SaleEscrowed{TreasuryID: id(1), SaleID: id(4), Amount: 1<<64 - 1})
		}, "2^64"},
	} {
		var books contract.Accounts
		var err error
		for _, e := range c.alter(history()) {
			if err == nil {
				err = books.Add(e)
			}
		}
		if err == nil {
			err = books.Check()
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}
