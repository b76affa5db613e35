package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
)

// Tables are the tables of the index with their primary keys, in the order in
// which they depend on each other.
var Tables = []struct{ Name, Key string }{
	{"chain", "only_row"},
	{"watermark", "only_row"},
	{"checkpoint", "sequence"},
	{"event_type", "type_id"},
	{"event", "checkpoint, tx_index, event_seq"},
	{"storage_committee", "checkpoint, tx_index, event_seq"},
	{"blob_registration", "object_id"},
	{"blob_certificate", "checkpoint, tx_index, event_seq"},
	{"policy", "policy_id"},
	{"policy_grant", "checkpoint, tx_index, event_seq"},
	{"dataset", "dataset_id"},
	{"dataset_version", "version_id"},
	{"dataset_blob", "version_id, position"},
	{"key_server", "key_server_id"},
	{"receipt_watermark", "key_server_id"},
	{"key_decision", "key_server_id, seq"},
	{"key_decision_policy", "key_server_id, seq, policy_id"},
}

// Counts returns the number of rows of each table.
func (s *Store) Counts(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	for _, t := range Tables {
		var n int64
		if err := s.pool.QueryRow(ctx, "SELECT count(*) FROM "+t.Name).Scan(&n); err != nil {
			return nil, fmt.Errorf("count %s: %w", t.Name, s.explain(err))
		}
		out[t.Name] = n
	}
	return out, nil
}

// Digests returns a SHA-256 over the content of each table in the order of
// its primary key, all of one moment: equal digests, equal index.
func (s *Store) Digests(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("digest tables: %w", s.explain(err))
	}
	defer conn.Release()
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for _, t := range Tables {
			h := sha256.New()
			sql := fmt.Sprintf("COPY (SELECT * FROM %s ORDER BY %s) TO STDOUT", t.Name, t.Key)
			if _, err := tx.Conn().PgConn().CopyTo(ctx, io.Writer(h), sql); err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
			out[t.Name] = hex.EncodeToString(h.Sum(nil))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("digest tables: %w", s.explain(err))
	}
	return out, nil
}
