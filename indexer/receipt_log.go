package indexer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"

	"github.com/transparency-dev/merkle/rfc6962"

	"github.com/floe-data/floe/indexer/store"
	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// receiptPage is how many receipts are asked for at a time.
const receiptPage = 500

var errTooMany = errors.New("not read: too many logs are registered; name the key server in key_servers to have it read")

// logReader talks to the server of one log. Receipts are read as far as a signed
// checkpoint of the log goes, and must then have its root: so all that is in the index
// is in the log, and the log has not forgotten anything of it. Neither that nor a bad
// receipt stops the reading: it is noted, and what comes after it is judged by itself.
type logReader struct {
	http  *http.Client
	url   string
	limit int                        // receipts per page, less if they are large
	keys  *receipt.KeySet            // nil until fetched
	fresh bool                       // the keys were fetched in this look
	goal  *logproof.SignedCheckpoint // the checkpoint that is read up to; nil before the first
}

// look reads the next receipts of a log and stores them. It says whether there are
// more at once.
func (r *logReader) look(ctx context.Context, st *store.Store, l store.Log) (more bool, err error) {
	if r.fresh = false; r.url != l.URL {
		r.url, r.keys, r.goal = l.URL, nil, nil // it moved: nothing is believed about the new place
	}
	have, err := st.Progress(ctx, l.LogID)
	if err != nil {
		return false, err
	}
	if have.Tree == nil && have.Sequence > 0 {
		if have, err = computeTree(ctx, st, l.LogID, have); err != nil {
			return false, err
		}
	}
	issuer, err := sui.ParseAddress(l.Issuer())
	if err != nil {
		return false, err
	}
	step, err := r.read(ctx, st, l.LogID, issuer, have)
	if err != nil && step == nil {
		return false, err
	}
	if serr := st.AddDecisions(ctx, l.LogID, have, *step); serr != nil {
		return false, serr
	}
	if err != nil {
		return false, err
	}
	if step.Next.Sequence < int64(r.goal.Size) && len(step.Decisions) > 0 {
		return true, nil
	}
	return false, r.compareAnchored(ctx, st, l.LogID, issuer, step.Next)
}

// read asks for the checkpoint and for the receipts up to it. With an error may come a
// step that is to be stored all the same.
func (r *logReader) read(ctx context.Context, st *store.Store, id store.LogID, issuer sui.Address, have store.Progress) (*store.Step, error) {
	if r.goal == nil || int64(r.goal.Size) <= have.Sequence {
		r.goal = nil
		goal, err := r.checkpoint(ctx, issuer)
		if errors.Is(err, logproof.ErrSignature) {
			return fault(have, store.Fault{Kind: "signature", Problem: brief(err)}), err
		}
		if err != nil {
			return nil, err
		}
		r.goal = goal
	}
	size := int64(r.goal.Size)
	if size < have.Sequence {
		return nil, fmt.Errorf("read receipt log at %s: it has %d entries, and %d receipts were read before; it lags behind, or forgot them", r.url, size, have.Sequence)
	}
	var page []logEntry
	if size > have.Sequence {
		var err error
		if page, err = r.page(ctx, have.Sequence, size); err != nil {
			if errors.Is(err, errOrder) {
				return fault(have, store.Fault{Kind: "order", Problem: brief(err)}), err
			}
			return nil, err
		}
		if len(page) == 0 {
			err := fmt.Errorf("read receipts at %s: none after number %d, and the log has %d", r.url, have.Sequence, size)
			return fault(have, store.Fault{Kind: "withheld", Problem: brief(err), Size: size, Evidence: printable(string(r.goal.Raw))}), err
		}
	}
	step, err := r.decide(ctx, st, id, issuer, have, page)
	if err != nil {
		return nil, err
	}
	if step.Next.Sequence == size && size > 0 {
		return step, r.compare(step, have)
	}
	return step, nil
}

func fault(have store.Progress, f store.Fault) *store.Step {
	return &store.Step{Next: have, Fault: &f}
}

// compare compares the root of the receipts that were read with that of the
// checkpoint. A log whose receipts were not all given out has no root to compare.
func (r *logReader) compare(step *store.Step, have store.Progress) error {
	size := step.Next.Sequence
	tree, err := loadTree(size, step.Next.Tree)
	if tree == nil || err != nil {
		return err
	}
	root, err := tree.GetRootHash(nil)
	if err != nil {
		return fmt.Errorf("compute root of receipt log: %w", err)
	}
	if logproof.Hash(root) == r.goal.Root {
		step.Next.Checked = size
		return nil
	}
	err = fmt.Errorf("read receipt log at %s: the checkpoint of size %d is of other receipts than those that were given out", r.url, size)
	step.Fault = &store.Fault{Kind: "root", Problem: brief(err), Size: size, Evidence: printable(string(r.goal.Raw))}
	if size > have.Checked {
		step.DoubtFrom, step.DoubtTo = have.Checked+1, size
		step.Doubt = fmt.Sprintf("the log's checkpoint of size %d is of other receipts", size)
	}
	return err
}

// decide verifies receipts and makes rows of them. A receipt that does not verify is a
// row too, with the reason.
func (r *logReader) decide(ctx context.Context, st *store.Store, id store.LogID, issuer sui.Address, have store.Progress, page []logEntry) (*store.Step, error) {
	tree, err := loadTree(have.Sequence, have.Tree)
	if err != nil {
		return nil, err
	}
	next := have
	step := &store.Step{}
	policies, err := lastOfPolicies(ctx, st, id, page)
	if err != nil {
		return nil, err
	}
	for _, e := range page {
		rec, err := receipt.Verify(e.JWT, r.keys, issuer)
		if err != nil && !r.fresh { // the server may have a new key
			if ferr := r.fetchKeys(ctx); ferr != nil {
				return nil, ferr
			}
			rec, err = receipt.Verify(e.JWT, r.keys, issuer)
		}
		if err == nil {
			err = follows(rec, e.Sequence, uint64(next.Sequence), next.Hash)
		}
		if err == nil {
			err = followsPolicies(rec, policies)
		}
		d := decision(e, rec, err)
		for _, p := range d.Policies {
			policies[p.ID] = store.PolicyLink{ID: p.ID, Sequence: p.Sequence, Hash: d.Hash}
		}
		if e.Sequence != uint64(next.Sequence)+1 {
			tree = nil
		}
		if tree != nil {
			if err := tree.Append(rfc6962.DefaultHasher.HashLeaf(receipt.Leaf(e.JWT)), nil); err != nil {
				return nil, fmt.Errorf("compute root of receipt log: %w", err)
			}
		}
		step.Decisions = append(step.Decisions, d)
		next.Sequence, next.Hash = d.Sequence, d.Hash
	}
	next.Tree = saveTree(tree)
	step.Next = next
	return step, nil
}

// follows checks a receipt's place in the log.
func follows(r *receipt.Receipt, sequence, lastSequence uint64, lastHash string) error {
	switch {
	case r.Sequence != sequence:
		return fmt.Errorf("receipt numbers itself %d, the log has it at %d", r.Sequence, sequence)
	case sequence != lastSequence+1:
		return fmt.Errorf("receipts %d to %d are missing from the log", lastSequence+1, sequence-1)
	case lastHash == "" && r.Previous != nil, lastHash != "" && (r.Previous == nil || r.Previous.String() != lastHash):
		return errors.New("receipt names another receipt before it: the log was changed")
	}
	return nil
}

// lastOfPolicies finds for each policy of a page what the log said about it last.
func lastOfPolicies(ctx context.Context, st *store.Store, id store.LogID, page []logEntry) (map[string]store.PolicyLink, error) {
	asked := map[string]bool{}
	var ids []string
	for _, e := range page {
		r, err := receipt.Parse(e.JWT)
		if err != nil || len(r.Policies) > maxPolicies {
			continue
		}
		for _, p := range r.Policies {
			if text := p.ID.String(); !asked[text] {
				asked[text], ids = true, append(ids, text)
			}
		}
	}
	if len(ids) == 0 {
		return map[string]store.PolicyLink{}, nil
	}
	return st.LastOfPolicies(ctx, id, ids)
}

// followsPolicies checks a receipt's place among those of each of its policies: what
// the policy's owner relies on to see that none is missing.
func followsPolicies(r *receipt.Receipt, last map[string]store.PolicyLink) error {
	seen := map[sui.Address]bool{}
	for _, p := range r.Policies {
		l := last[p.ID.String()]
		switch {
		case seen[p.ID]:
			return fmt.Errorf("receipt names policy %s twice", p.ID)
		case p.Sequence != uint64(l.Sequence)+1:
			return fmt.Errorf("receipt is number %d of policy %s, the one before was number %d", p.Sequence, p.ID, l.Sequence)
		case text(p.Previous) != l.Hash:
			return fmt.Errorf("receipt names another receipt before it for policy %s", p.ID)
		}
		seen[p.ID] = true
	}
	return nil
}

// checkpoint asks for the log's signed checkpoint.
func (r *logReader) checkpoint(ctx context.Context, issuer sui.Address) (*logproof.SignedCheckpoint, error) {
	for {
		if r.keys == nil {
			if err := r.fetchKeys(ctx); err != nil {
				return nil, err
			}
		}
		log, err := r.keys.Log(issuer)
		if err != nil {
			return nil, fmt.Errorf("read keys at %s: %w", r.url, err)
		}
		raw, err := r.get(ctx, "/checkpoint", maxCheckpointAnswer)
		if err != nil {
			return nil, err
		}
		c, err := log.Open(raw)
		if err == nil && c.Size > math.MaxInt64 {
			err = fmt.Errorf("log has %d entries", c.Size)
		}
		if err == nil {
			return c, nil
		}
		if r.fresh {
			return nil, fmt.Errorf("read checkpoint at %s: %w", r.url, err)
		}
		r.keys = nil // the server may have a new key
	}
}
