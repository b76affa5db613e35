package journal

import (
	"fmt"
	"time"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// A Ledger decides which releases may be stored, by counting those that were.
// The writer asks it about one after the other, so that two requests can't both
// take what is left for one. It gets the requester from the opening; releases
// without one are not shown to it. [limits.Opens] is one.
//
// [limits.Opens]: https://pkg.go.dev/github.com/floe-data/floe/oracle/limits#Opens
type Ledger interface {
	// Count counts a release that is stored already.
	Count(c *receipt.Claims, requester sui.Address)
	// Charge counts a release that is about to be stored at a time, or
	// refuses it. Write returns the error as it is.
	Charge(c *receipt.Claims, requester sui.Address, now time.Time) error
	// Undo takes back a Charge: the release could not be stored.
	Undo(c *receipt.Claims, requester sui.Address, now time.Time)
}

// charge asks the ledger about a receipt.
func (j *Journal) charge(w *write, now time.Time) error {
	if j.ledger == nil || w.opening == nil || w.claims.Decision != receipt.Release {
		return nil
	}
	return j.ledger.Charge(w.claims, w.opening.Requester, now)
}

// undo takes back what was charged for a receipt.
func (j *Journal) undo(w *write, now time.Time) {
	if j.ledger != nil && w.opening != nil && w.claims.Decision == receipt.Release {
		j.ledger.Undo(w.claims, w.opening.Requester, now)
	}
}

// count shows a stored receipt to a ledger.
func count(l Ledger, c *receipt.Claims, o *receipt.Opening) {
	if l != nil && o != nil && c.Decision == receipt.Release {
		l.Count(c, o.Requester)
	}
}

// SetLedger puts another ledger in place of the present one. It reads the whole
// journal for it first; keys are given out meanwhile, by the old one. nil is
// none.
func (j *Journal) SetLedger(l Ledger) error {
	read := uint64(0)
	if l != nil {
		for n := j.Len(); read < n; n = j.Len() {
			if err := j.countRange(l, read, n); err != nil {
				return err
			}
			read = n
		}
	}
	var err error
	swap := func() { // by the writer, between two batches: nothing is half done
		if err = j.countRange(l, read, j.Len()); err == nil {
			j.ledger = l
		}
	}
	if err := j.writes.Between(swap); err != nil {
		return fmt.Errorf("set ledger: %w", err)
	}
	return err
}

// countRange shows the receipts after number from, up to number to.
func (j *Journal) countRange(l Ledger, from, to uint64) error {
	for sequence := from + 1; l != nil && sequence <= to; sequence++ {
		rec, err := j.full(sequence)
		if err != nil {
			return fmt.Errorf("set ledger: %w", err)
		}
		r, err := receipt.Parse(rec.JWT)
		if err != nil {
			return fmt.Errorf("set ledger: record %d: %w", sequence, err)
		}
		count(l, &r.Claims, rec.Opening)
	}
	return nil
}
