package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// KeyServer is a registered key server. A committee's has no URL.
type KeyServer struct{ ID, Name, URL string }

// KeyServers returns the key servers in the order of registration.
func (s *Store) KeyServers(ctx context.Context) ([]KeyServer, error) {
	out, err := collect[KeyServer](ctx, s.pool, "key_servers")
	if err != nil {
		return nil, fmt.Errorf("list key servers: %w", s.explain(err))
	}
	return out, nil
}

// LogID names a receipt log: that of an independent key server, or that of a member
// of a committee.
type LogID struct{ KeyServer, Member string } // Member is "" for an independent one

// Issuer is the address as which receipts of the log are signed.
func (l LogID) Issuer() string {
	if l.Member != "" {
		return l.Member
	}
	return l.KeyServer
}

func (l LogID) String() string {
	if l.Member != "" {
		return l.KeyServer + "/" + l.Member
	}
	return l.KeyServer
}

// Log is a receipt log as the chain says where it is, and how far it was read.
type Log struct {
	LogID
	Party     *int32 // of a member
	Name, URL string
	Left      *time.Time // when the member left its committee; nil if it did not
	Sequence  int64      // of the last receipt that was read; 0 for none
	Checked   int64      // size in the last checkpoint that was compared
	Faults    int64      // kinds of faults that were seen
}

// Logs returns the receipt logs in the order in which their key servers registered.
func (s *Store) Logs(ctx context.Context) ([]Log, error) {
	rows, err := s.pool.Query(ctx, query("receipt_logs"))
	if err == nil {
		var out []Log
		out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l Log, err error) {
			err = row.Scan(&l.KeyServer, &l.Member, &l.Party, &l.Name, &l.URL, &l.Left, &l.Sequence, &l.Checked, &l.Faults)
			return l, err
		})
		if err == nil {
			return out, nil
		}
	}
	return nil, fmt.Errorf("list receipt logs: %w", s.explain(err))
}

// Progress is how far a log was read.
type Progress struct {
	Sequence int64  // of the last receipt; 0 for none
	Hash     string // of that receipt
	Checked  int64  // size in the last checkpoint whose root was that of the receipts
	Tree     []byte // see receipt_watermark.tree

	Anchored     int64  // the largest size whose root on chain was compared
	AnchoredTree []byte // see receipt_watermark.anchored_tree
}

func (p Progress) equal(q Progress) bool {
	return p.Sequence == q.Sequence && p.Checked == q.Checked && bytes.Equal(p.Tree, q.Tree) &&
		p.Anchored == q.Anchored && bytes.Equal(p.AnchoredTree, q.AnchoredTree)
}

// Progress returns how far a log was read.
func (s *Store) Progress(ctx context.Context, id LogID) (p Progress, err error) {
	err = s.pool.QueryRow(ctx, query("receipt_progress"), id.KeyServer, id.Member).Scan(&p.Sequence, &p.Hash, &p.Checked, &p.Tree, &p.Anchored, &p.AnchoredTree)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return p, fmt.Errorf("read progress of receipt log %s: %w", id, s.explain(err))
	}
	return p, nil
}

// Hashes calls f with the number and hash of each receipt of a log that was read, of
// those after after up to last, in order.
func (s *Store) Hashes(ctx context.Context, id LogID, after, last int64, f func(sequence int64, hash string) error) error {
	rows, err := s.pool.Query(ctx, query("receipt_hashes"), id.KeyServer, id.Member, after, last)
	if err == nil {
		var sequence int64
		var hash string
		_, err = pgx.ForEachRow(rows, []any{&sequence, &hash}, func() error { return f(sequence, hash) })
	}
	if err != nil {
		return fmt.Errorf("read hashes of receipt log %s: %w", id, s.explain(err))
	}
	return nil
}

// AnchoredRoot is a root of a log on chain.
type AnchoredRoot struct {
	Anchor string
	Size   int64
	Root   string // hex
}

// AnchoredRoots returns the first roots on chain of the log with this name and one of
// these keys (hex), of more than after and at most last entries, by size.
func (s *Store) AnchoredRoots(ctx context.Context, origin string, keys []string, after, last int64) ([]AnchoredRoot, error) {
	out, err := collect[AnchoredRoot](ctx, s.pool, "anchored_roots", origin, keys, after, last)
	if err != nil {
		return nil, fmt.Errorf("read roots of log %s: %w", origin, s.explain(err))
	}
	return out, nil
}

// PolicyLink is the last receipt of a log about a policy.
type PolicyLink struct {
	ID       string
	Sequence int64 // among the receipts about the policy
	Hash     string
}

// LastOfPolicies returns the last receipt of a log about each of the policies that
// there are receipts about.
func (s *Store) LastOfPolicies(ctx context.Context, id LogID, policies []string) (map[string]PolicyLink, error) {
	list, err := collect[PolicyLink](ctx, s.pool, "last_of_policies", id.KeyServer, id.Member, policies)
	if err != nil {
		return nil, fmt.Errorf("read policies of receipt log %s: %w", id, s.explain(err))
	}
	out := map[string]PolicyLink{}
	for _, l := range list {
		out[l.ID] = l
	}
	return out, nil
}

// Decision is one receipt as a row. Empty strings are stored as NULL.
type Decision struct {
	Sequence            int64
	DecidedAt           *time.Time
	Checkpoint          *int64
	Policies            []DecisionPolicy
	PackageID           string
	Decision            string // "release", "refuse", or "unreadable"
	Reason, Rule        string
	RequesterCommitment string
	RequestHash         string
	Previous, Hash      string
	KeyID, JWT          string
	Problem             string // why it did not verify; empty when it did
}

// DecisionPolicy is one policy that a decision is about.
type DecisionPolicy struct {
	ID       string
	Sequence int64
	Previous string
}

// Fault is something that an honest log does not do; see the table receipt_fault.
type Fault struct {
	Kind, Problem string
	Size          int64  // in the checkpoint; 0 for none
	Evidence      string // the signed checkpoint; "" for none
}

// Step is what one look at a log gave.
type Step struct {
	Decisions []Decision // consecutive receipts, after the one that the progress names
	Next      Progress
	// DoubtFrom and DoubtTo are receipts of which a checkpoint shows that they, or
	// some of them, are not in the log; 0 for none. Doubt says why.
	DoubtFrom, DoubtTo int64
	Doubt              string
	Fault              *Fault
}

// AddDecisions stores one look at a log that stood at have: all of it or nothing.
func (s *Store) AddDecisions(ctx context.Context, id LogID, have Progress, step Step) error {
	if len(step.Decisions) == 0 && step.DoubtTo == 0 && step.Fault == nil && step.Next.equal(have) {
		return nil
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := advanceReceipts(ctx, tx, id, have, step.Next); err != nil {
			return err
		}
		b := &pgx.Batch{}
		for i := range step.Decisions {
			b.Queue(query("insert_key_decision"), step.Decisions[i].args(id)...)
		}
		if step.DoubtTo > 0 {
			b.Queue(query("doubt_decisions"), id.KeyServer, id.Member, step.DoubtFrom, step.DoubtTo, step.Doubt)
		}
		if f := step.Fault; f != nil {
			b.Queue(query("insert_receipt_fault"), id.KeyServer, id.Member, f.Kind, orZero(f.Size), f.Problem, orNull(f.Evidence))
		}
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return fmt.Errorf("add decisions of receipt log %s: %w", id, s.explain(err))
	}
	return nil
}

func advanceReceipts(ctx context.Context, tx pgx.Tx, id LogID, have, next Progress) error {
	if next.equal(have) {
		return nil
	}
	var changed int
	err := tx.QueryRow(ctx, query("advance_receipts"), id.KeyServer, id.Member, have.Sequence, next.Sequence, next.Hash, next.Checked, next.Tree,
		next.Anchored, next.AnchoredTree).Scan(&changed)
	if err == nil && changed != 1 {
		err = fmt.Errorf("%w: the receipt watermark moved", ErrBusy)
	}
	return err
}

func (d *Decision) args(id LogID) []any {
	var ids []string
	var sequences []int64
	var previous []*string
	for _, p := range d.Policies {
		ids, sequences, previous = append(ids, p.ID), append(sequences, p.Sequence), append(previous, orNull(p.Previous))
	}
	return []any{id.KeyServer, id.Member, d.Sequence, d.DecidedAt, d.Checkpoint, d.Problem == "", ids, sequences, previous, orNull(d.PackageID), d.Decision,
		orNull(d.Reason), orNull(d.Rule), orNull(d.RequesterCommitment), orNull(d.RequestHash), orNull(d.Previous), d.Hash, orNull(d.KeyID), d.JWT, orNull(d.Problem)}
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func orZero(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}
