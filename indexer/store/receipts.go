package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// KeyServer is a registered key server and how far its receipts were read.
type KeyServer struct {
	ID, Name, URL string
	Sequence      int64  // of the last receipt that was read; 0 for none
	Hash          string // of that receipt
}

// KeyServers returns the key servers in the order of registration.
func (s *Store) KeyServers(ctx context.Context) ([]KeyServer, error) {
	rows, err := s.pool.Query(ctx, query("key_servers"))
	if err == nil {
		var out []KeyServer
		if out, err = pgx.CollectRows(rows, pgx.RowToStructByPos[KeyServer]); err == nil {
			return out, nil
		}
	}
	return nil, fmt.Errorf("list key servers: %w", s.explain(err))
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

// AddDecisions adds consecutive receipts of one server, after the one that the
// server's watermark names, and moves the watermark in the same transaction.
func (s *Store) AddDecisions(ctx context.Context, server KeyServer, decisions []Decision) error {
	if len(decisions) == 0 {
		return nil
	}
	last := decisions[len(decisions)-1]
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var changed int
		if err := tx.QueryRow(ctx, query("advance_receipts"), server.ID, server.Sequence, last.Sequence, last.Hash).Scan(&changed); err != nil {
			return err
		}
		if changed != 1 {
			return fmt.Errorf("%w: the receipt watermark moved", ErrBusy)
		}
		b := &pgx.Batch{}
		for i := range decisions {
			b.Queue(query("insert_key_decision"), decisions[i].args(server.ID)...)
		}
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return fmt.Errorf("add decisions of key server %s: %w", server.ID, s.explain(err))
	}
	return nil
}

func (d *Decision) args(server string) []any {
	var ids []string
	var sequences []int64
	var previous []*string
	for _, p := range d.Policies {
		ids, sequences, previous = append(ids, p.ID), append(sequences, p.Sequence), append(previous, orNull(p.Previous))
	}
	return []any{server, d.Sequence, d.DecidedAt, d.Checkpoint, d.Problem == "", ids, sequences, previous, orNull(d.PackageID), d.Decision,
		orNull(d.Reason), orNull(d.Rule), orNull(d.RequesterCommitment), orNull(d.RequestHash), orNull(d.Previous), d.Hash, orNull(d.KeyID), d.JWT, orNull(d.Problem)}
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
