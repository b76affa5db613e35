package contract

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/floe-data/floe/sdk/sui"
)

// Accounts are the books of all sales, kept from events alone: feed [Accounts.Add]
// all events of a chain in order, then read [Accounts.Income] and
// [Accounts.Treasuries]. What does not add up is an error at the event that shows
// it. The zero value is ready to use.
type Accounts struct {
	treasuries map[sui.Address]*TreasuryAccount
	datasets   map[sui.Address]sui.Address // of policies
	kept       map[sui.Address]KeptSale    // sales that are kept back
	credited   map[sui.Address]uint64      // of sales that are being settled
	income     map[incomeKey]*Income
}

type incomeKey struct {
	dataset sui.Address
	coin    string
}

// TreasuryAccount is what went into a treasury and where it is: In is always
// Refunded + Claimed + KeptBack + Due. All amounts are in the coin's smallest
// unit.
type TreasuryAccount struct {
	Treasury sui.Address `json:"treasury_id"`
	CoinType string      `json:"coin_type"`
	In       uint64      `json:"in"`        // all payments
	Refunded uint64      `json:"refunded"`  // went back to buyers
	Claimed  uint64      `json:"claimed"`   // taken out by payees
	KeptBack uint64      `json:"kept_back"` // may still be refunded
	Due      uint64      `json:"due"`       // credited to payees, who have not claimed it
	// DueTo is who it is credited to; accounts with nothing due are left out.
	DueTo map[sui.Address]uint64 `json:"due_to"`
}

// Income is what a dataset earned in coins of one type, in their smallest unit.
type Income struct {
	Dataset  sui.Address `json:"dataset_id"`
	CoinType string      `json:"coin_type"`
	// Passes were sold under its policies and paid to their payees directly.
	PassCount uint64 `json:"pass_count"`
	Passes    uint64 `json:"passes"`
	// Sales of its versions that were split along the lineage, and their sum.
	SaleCount uint64 `json:"sale_count"`
	Sales     uint64 `json:"sales"`
	// Earned is its own part: of its sales, and of those of what was made from it.
	Earned   uint64 `json:"earned"`
	KeptBack uint64 `json:"kept_back"`
	Refunded uint64 `json:"refunded"`
}

// A KeptSale is a payment that is kept back until its refund window is over.
type KeptSale struct {
	Sale              sui.Address `json:"sale_id"`
	Treasury          sui.Address `json:"treasury_id"`
	CoinType          string      `json:"coin_type"`
	Version           sui.Address `json:"version_id"`
	Buyer             sui.Address `json:"buyer"`
	Amount            uint64      `json:"amount"`
	RefundableUntilMS uint64      `json:"refundable_until_ms"`
}

// KeptBack are the payments that are kept back, by the end of their window.
func (a *Accounts) KeptBack() []KeptSale {
	out := []KeptSale{}
	for _, k := range a.kept {
		out = append(out, k)
	}
	slices.SortFunc(out, func(x, y KeptSale) int {
		return cmp.Or(cmp.Compare(x.RefundableUntilMS, y.RefundableUntilMS), x.Sale.Compare(y.Sale))
	})
	return out
}

// Add takes the next event, as [DecodeEvent] returns it. Events that are not
// about money are left aside.
func (a *Accounts) Add(event any) error {
	if a.treasuries == nil {
		*a = Accounts{map[sui.Address]*TreasuryAccount{}, map[sui.Address]sui.Address{}, map[sui.Address]KeptSale{}, map[sui.Address]uint64{}, map[incomeKey]*Income{}}
	}
	switch e := event.(type) {
	case *VersionPublished:
		a.datasets[e.PolicyID] = e.DatasetID
	case *TreasuryCreated:
		a.treasuries[e.TreasuryID] = &TreasuryAccount{Treasury: e.TreasuryID, CoinType: e.CoinType, DueTo: map[sui.Address]uint64{}}
	case *PassSold:
		return a.passSold(e)
	case *SaleEscrowed:
		return a.escrowed(e)
	case *IncomeCredited:
		return a.creditedTo(e)
	case *SaleSettled:
		return a.settled(e)
	case *SaleRefunded:
		return a.refunded(e)
	case *IncomeClaimed:
		return a.claimed(e)
	}
	return nil
}

// passSold books a pass that was paid to an address. What was paid into a
// treasury is booked by the treasury's events.
func (a *Accounts) passSold(e *PassSold) error {
	if a.treasuries[e.Payee] != nil {
		return nil
	}
	in := a.incomeOf(a.datasets[e.PolicyID], e.CoinType)
	in.PassCount++
	return plus(&in.Passes, e.Price)
}

func (a *Accounts) escrowed(e *SaleEscrowed) error {
	t, err := a.treasury(e.TreasuryID)
	if err != nil {
		return err
	}
	if _, known := a.kept[e.SaleID]; known {
		return fmt.Errorf("sale %s is kept back twice", e.SaleID)
	}
	a.kept[e.SaleID] = KeptSale{e.SaleID, e.TreasuryID, t.CoinType, e.VersionID, e.Buyer, e.Amount, e.RefundableUntilMS}
	in := a.incomeOf(e.DatasetID, t.CoinType)
	return firstError(plus(&t.In, e.Amount), plus(&t.KeptBack, e.Amount), plus(&in.KeptBack, e.Amount))
}

func (a *Accounts) creditedTo(e *IncomeCredited) error {
	t, err := a.treasury(e.TreasuryID)
	if err != nil {
		return err
	}
	sale, due := a.credited[e.SaleID], t.DueTo[e.Payee]
	err = firstError(plus(&sale, e.Amount), plus(&due, e.Amount), plus(&t.Due, e.Amount), plus(&a.incomeOf(e.DatasetID, t.CoinType).Earned, e.Amount))
	a.credited[e.SaleID], t.DueTo[e.Payee] = sale, due
	return err
}

func (a *Accounts) settled(e *SaleSettled) error {
	t, err := a.treasury(e.TreasuryID)
	if err != nil {
		return err
	}
	if got := a.credited[e.SaleID]; got != e.Amount {
		return fmt.Errorf("sale %s is settled for %d, but %d were credited for it", e.SaleID, e.Amount, got)
	}
	delete(a.credited, e.SaleID)
	in := a.incomeOf(e.DatasetID, t.CoinType)
	in.SaleCount++
	if err := plus(&in.Sales, e.Amount); err != nil {
		return err
	}
	if _, wasKept := a.kept[e.SaleID]; !wasKept {
		return plus(&t.In, e.Amount)
	}
	return a.release(e.SaleID, e.Amount, t, in)
}

func (a *Accounts) refunded(e *SaleRefunded) error {
	t, err := a.treasury(e.TreasuryID)
	if err != nil {
		return err
	}
	in := a.incomeOf(e.DatasetID, t.CoinType)
	return firstError(a.release(e.SaleID, e.Amount, t, in), plus(&t.Refunded, e.Amount), plus(&in.Refunded, e.Amount))
}

// release takes a sale out of those that are kept back.
func (a *Accounts) release(sale sui.Address, amount uint64, t *TreasuryAccount, in *Income) error {
	kept, known := a.kept[sale]
	if !known || kept.Amount != amount || t.KeptBack < amount || in.KeptBack < amount {
		return fmt.Errorf("sale %s ends with %d, but %d were kept back for it", sale, amount, kept.Amount)
	}
	delete(a.kept, sale)
	t.KeptBack, in.KeptBack = t.KeptBack-amount, in.KeptBack-amount
	return nil
}

func (a *Accounts) claimed(e *IncomeClaimed) error {
	t, err := a.treasury(e.TreasuryID)
	if err != nil {
		return err
	}
	if t.DueTo[e.Payee] != e.Amount || t.Due < e.Amount {
		return fmt.Errorf("%s claims %d of treasury %s, but %d are due", e.Payee, e.Amount, e.TreasuryID, t.DueTo[e.Payee])
	}
	delete(t.DueTo, e.Payee)
	t.Due -= e.Amount
	return plus(&t.Claimed, e.Amount)
}

// Check says whether every treasury's books are balanced and no sale is split
// halfway.
func (a *Accounts) Check() error {
	if len(a.credited) > 0 {
		return fmt.Errorf("%d sales were credited and not settled", len(a.credited))
	}
	for _, t := range a.treasuries {
		if out := t.Refunded + t.Claimed + t.KeptBack + t.Due; out != t.In {
			return fmt.Errorf("treasury %s took in %d and accounts for %d", t.Treasury, t.In, out)
		}
	}
	return nil
}

// Treasuries are the books of all treasuries, by id.
func (a *Accounts) Treasuries() []TreasuryAccount {
	out := []TreasuryAccount{}
	for _, t := range a.treasuries {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(x, y TreasuryAccount) int { return x.Treasury.Compare(y.Treasury) })
	return out
}

// Income is that of all datasets, by id and type of coin. Passes of policies
// that guard no dataset are under the zero id.
func (a *Accounts) Income() []Income {
	out := []Income{}
	for _, in := range a.income {
		out = append(out, *in)
	}
	slices.SortFunc(out, func(x, y Income) int {
		return cmp.Or(x.Dataset.Compare(y.Dataset), cmp.Compare(x.CoinType, y.CoinType))
	})
	return out
}

func (a *Accounts) treasury(id sui.Address) (*TreasuryAccount, error) {
	if t := a.treasuries[id]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("treasury %s was never created; are the first events missing?", id)
}

func (a *Accounts) incomeOf(dataset sui.Address, coin string) *Income {
	k := incomeKey{dataset, coin}
	if a.income[k] == nil {
		a.income[k] = &Income{Dataset: dataset, CoinType: coin}
	}
	return a.income[k]
}

func plus(to *uint64, n uint64) error {
	if *to+n < n {
		return fmt.Errorf("a sum of payments is 2^64 or more")
	}
	*to += n
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
