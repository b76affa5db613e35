package drill

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/floe-data/floe/oracle/archive"
	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/oracle/retention"
	"github.com/floe-data/floe/sdk/receipt"
)

// maxFindings bounds how many receipts are named whose evidence is not there.
const maxFindings = 10

// checkEvidence reads all that is archived, and demands that the evidence of each
// receipt that commits to any is there and is what it commits to. The journal was
// copied before, so that nothing it refers to can be missing for being new.
func (c *Config) checkEvidence(ctx context.Context, j *journal.Journal, receipts []*receipt.Receipt, r *Report) error {
	c.tell("reading evidence", 0, 0)
	a, err := archive.Read(filepath.Join(c.JournalDir, archive.DirName), c.Key)
	if errors.Is(err, archive.ErrDamaged) {
		r.find("evidence_damaged", "%v", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("drill: %w", err)
	}
	defer a.Close()
	if err := a.Check(ctx); errors.Is(err, archive.ErrDamaged) {
		r.find("evidence_damaged", "%v", err)
	} else if err != nil {
		return fmt.Errorf("drill: %w", err)
	}
	removed, err := retention.Load(c.JournalDir, c.Key, c.Issuer)
	if err != nil {
		r.find("evidence_damaged", "%v", err)
		return nil
	}
	lost := 0
	for i, rec := range receipts {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		c.tell("comparing evidence", uint64(i+1), uint64(len(receipts)))
		if rec.Evidence == nil {
			continue
		}
		err := checkRecord(a, j, rec)
		if err == nil {
			r.Evidence++
			continue
		}
		if errors.Is(err, archive.ErrUnknown) && removed.Find(&rec.Claims) != nil {
			r.Pruned++
			continue
		}
		if lost++; lost <= maxFindings {
			r.find("evidence_lost", "the evidence of receipt %d is not there: %v", rec.Sequence, err)
		}
	}
	if lost > maxFindings {
		r.find("evidence_lost", "the evidence of %d more receipts is not there", lost-maxFindings)
	}
	return nil
}

func checkRecord(a *archive.Archive, j *journal.Journal, rec *receipt.Receipt) error {
	stored, err := j.Record(rec.Sequence)
	if err != nil {
		return err
	}
	if stored == nil || stored.Evidence == nil || stored.Opening == nil {
		return errors.New("the journal's line does not name it")
	}
	m, err := a.Manifest(stored.Evidence)
	if err != nil {
		return err
	}
	if m.Commitment(stored.Opening.Salt) != *rec.Evidence {
		return errors.New("the receipt commits to another")
	}
	return nil
}
