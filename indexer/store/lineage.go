package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Node is a version in the lineage, seen from a dataset.
type Node struct {
	VersionID, Relation string // self, ancestor or descendant
	Steps               int32  // the fewest to one of the dataset's versions
	DatasetID, Number   *string
	Kind                *int16
	Depth               *string
	PolicyID            *string
	Revoked, Held       bool
	Parents             []Parent
}

// Parent is an edge of the lineage.
type Parent struct {
	ID        string `json:"id"`
	WeightBPS int32  `json:"weight_bps"`
}

// Lineage returns the versions of a dataset and up to limit of what they were
// made from and what was made from them, nearest first; or [ErrNotFound].
func (s *Store) Lineage(ctx context.Context, dataset string, steps, limit int) (nodes []Node, err error) {
	err = pgx.BeginTxFunc(ctx, s.pool, snapshot, func(tx pgx.Tx) error {
		if err := known(ctx, tx, dataset); err != nil {
			return err
		}
		nodes, err = collect[Node](ctx, tx, "lineage", dataset, steps, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read lineage of %s: %w", dataset, s.explain(err))
	}
	return nodes, nil
}

// snapshot makes all reads of one moment.
var snapshot = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

func known(ctx context.Context, tx pgx.Tx, dataset string) error {
	var ok bool
	if err := tx.QueryRow(ctx, query("dataset_exists"), dataset).Scan(&ok); err != nil {
		return err
	}
	if !ok {
		return ErrNotFound
	}
	return nil
}

// PolicyAsOf returns what a policy was when a checkpoint was over, as the
// function policy_as_of gives it; or [ErrNotFound].
func (s *Store) PolicyAsOf(ctx context.Context, policy string, checkpoint int64) (json.RawMessage, error) {
	var out json.RawMessage
	if err := s.pool.QueryRow(ctx, query("policy_as_of"), policy, checkpoint).Scan(&out); err != nil {
		return nil, fmt.Errorf("read policy %s: %w", policy, s.explain(err))
	}
	if out == nil {
		return nil, fmt.Errorf("read policy %s: %w", policy, ErrNotFound)
	}
	return out, nil
}

// Credit is what a payee was credited for a dataset.
type Credit struct {
	TreasuryID string
	CoinType   *string
	Payee      string
	Sales      int64
	Amount     string
}

// Sales sums up the payments for a dataset's versions.
type Sales struct {
	TreasuryID, Action string
	Count              int64
	Amount             string
}

// Mismatch is money that does not add up.
type Mismatch struct{ What, ID, SumIn, SumOut string }

// Income is the money of a dataset.
type Income struct {
	Credits    []Credit
	Sales      []Sales
	Mismatches []Mismatch
}

// Income returns what a dataset's versions were sold for and earned, as sold
// themselves or as ancestors; or [ErrNotFound].
func (s *Store) Income(ctx context.Context, dataset string) (*Income, error) {
	var out Income
	err := pgx.BeginTxFunc(ctx, s.pool, snapshot, func(tx pgx.Tx) (err error) {
		if err := known(ctx, tx, dataset); err != nil {
			return err
		}
		if out.Credits, err = collect[Credit](ctx, tx, "income", dataset); err != nil {
			return err
		}
		if out.Sales, err = collect[Sales](ctx, tx, "sales", dataset); err != nil {
			return err
		}
		out.Mismatches, err = collect[Mismatch](ctx, tx, "income_mismatches", dataset)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read income of %s: %w", dataset, s.explain(err))
	}
	return &out, nil
}
