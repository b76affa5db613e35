package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNotFound says that the index has no such thing.
var ErrNotFound = errors.New("not in the index")

// Position is a place in the order of the chain.
type Position struct {
	Checkpoint      int64
	TxIndex, Number int32
}

// End is after everything.
var End = Position{math.MaxInt64, math.MaxInt32, math.MaxInt32}

// Dataset is a dataset with a summary of its versions.
type Dataset struct {
	ID, Name, Owner string
	Created         time.Time
	Position
	Versions      int64
	LatestNumber  *int64
	LatestVersion *time.Time
}

// Version is a published version.
type Version struct {
	ID                             string
	Number                         int64
	ManifestDigest, ManifestBlobID string
	PolicyID                       string
	Published                      time.Time
	Checkpoint                     int64
}

// Blob is a blob of a version; the pointers are nil when no such event is
// indexed.
type Blob struct {
	VersionID, ID string
	Size          *string // bytes, u64
	Epoch         *int64
	EndEpoch      *int64
	Weight        *int32
}

// Policy is an access policy; bounds are Unix ms, u64.
type Policy struct {
	ID, Owner             string
	NotBeforeMS, NotAfter *string
	Created               time.Time
	Checkpoint            int64
}

// Grant is a stay on a policy's allow-list.
type Grant struct {
	PolicyID, Member  string
	Granted           time.Time
	Checkpoint        int64
	Revoked           *time.Time
	RevokedCheckpoint *int64
}

// KeyDecision is a decision about one of a dataset's policies.
type KeyDecision struct {
	KeyServerID, KeyServerName string
	Member                     string  // of a committee; "" for an independent key server
	MemberName                 *string // of a committee's member
	Sequence                   int64
	PolicyID, Decision         string
	Reason, Rule               *string
	RequesterCommitment        *string
	Checkpoint                 *int64
	DecidedAt                  *time.Time
	Verified                   bool
	Problem                    *string
	JWT                        string
}

// Details is all that the index knows about one dataset.
type Details struct {
	Dataset   Dataset
	Versions  []Version
	Blobs     []Blob
	Policies  []Policy
	Grants    []Grant
	Decisions []KeyDecision // newest first
}

// Datasets returns up to limit datasets before a position, newest first.
func (s *Store) Datasets(ctx context.Context, before Position, limit int) ([]Dataset, error) {
	out, err := collect[Dataset](ctx, s.pool, "datasets", before.Checkpoint, before.TxIndex, before.Number, limit)
	if err != nil {
		return nil, fmt.Errorf("list datasets: %w", s.explain(err))
	}
	return out, nil
}

// Limits bound what is read of a dataset, each the newest: anybody can publish any
// number of versions, and have them shown.
type Limits struct{ Versions, Blobs, Grants, Decisions int }

// Dataset returns one dataset with everything about it, of one moment, within the
// limits; or [ErrNotFound].
func (s *Store) Dataset(ctx context.Context, id string, most Limits) (*Details, error) {
	var d Details
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		found, err := collect[Dataset](ctx, tx, "dataset", id)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return ErrNotFound
		}
		d.Dataset = found[0]
		if d.Versions, err = collect[Version](ctx, tx, "dataset_versions", id, most.Versions); err != nil {
			return err
		}
		if d.Blobs, err = collect[Blob](ctx, tx, "dataset_blobs", id, most.Versions, most.Blobs); err != nil {
			return err
		}
		if d.Policies, err = collect[Policy](ctx, tx, "dataset_policies", id, most.Versions); err != nil {
			return err
		}
		if d.Grants, err = collect[Grant](ctx, tx, "dataset_grants", id, most.Versions, most.Grants); err != nil {
			return err
		}
		d.Decisions, err = collect[KeyDecision](ctx, tx, "dataset_decisions", id, most.Versions, most.Decisions)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read dataset %s: %w", id, s.explain(err))
	}
	return &d, nil
}

type rowsQuerier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func collect[T any](ctx context.Context, q rowsQuerier, name string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, query(name), args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}
