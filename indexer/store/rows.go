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
	{"package_version", "package_id"},
	{"event", "checkpoint, tx_index, event_seq"},
	{"storage_committee", "checkpoint, tx_index, event_seq"},
	{"blob_registration", "object_id"},
	{"blob_certificate", "checkpoint, tx_index, event_seq"},
	{"policy", "policy_id"},
	{"policy_grant", "checkpoint, tx_index, event_seq"},
	{"dataset", "dataset_id"},
	{"dataset_version", "version_id"},
	{"dataset_blob", "version_id, position"},
	{"policy_composition", "checkpoint, tx_index, event_seq"},
	{"policy_clause_change", "checkpoint, tx_index, event_seq"},
	{"policy_offer_change", "checkpoint, tx_index, event_seq"},
	{"policy_setting_change", "checkpoint, tx_index, event_seq"},
	{"policy_proposal", "checkpoint, tx_index, event_seq"},
	{"steward_approval", "checkpoint, tx_index, event_seq"},
	{"pass_sale", "checkpoint, tx_index, event_seq"},
	{"pass_payment", "checkpoint, tx_index, event_seq"},
	{"pass_use", "checkpoint, tx_index, event_seq"},
	{"key_request", "checkpoint, tx_index, event_seq"},
	{"lineage_node", "checkpoint, tx_index, event_seq"},
	{"lineage_edge", "checkpoint, tx_index, event_seq, position"},
	{"lineage_payee", "checkpoint, tx_index, event_seq, position"},
	{"lineage_revocation", "checkpoint, tx_index, event_seq"},
	{"version_hold", "checkpoint, tx_index, event_seq"},
	{"version_legal_hold", "checkpoint, tx_index, event_seq"},
	{"origin_statement", "checkpoint, tx_index, event_seq"},
	{"consent_event", "checkpoint, tx_index, event_seq"},
	{"treasury", "checkpoint, tx_index, event_seq"},
	{"sale_event", "checkpoint, tx_index, event_seq"},
	{"income_credit", "checkpoint, tx_index, event_seq"},
	{"income_claim", "checkpoint, tx_index, event_seq"},
	{"inference_log", "checkpoint, tx_index, event_seq"},
	{"inference_log_head", "checkpoint, tx_index, event_seq"},
	{"inference_leaf", "checkpoint, tx_index, event_seq"},
	{"anchor", "checkpoint, tx_index, event_seq"},
	{"anchor_root", "checkpoint, tx_index, event_seq"},
	{"anchor_misbehaviour", "checkpoint, tx_index, event_seq"},
	{"blob_change", "checkpoint, tx_index, event_seq"},
	{"storage_committee_change", "checkpoint, tx_index, event_seq"},
	{"blob_record", "checkpoint, tx_index, event_seq"},
	{"enclave_config", "checkpoint, tx_index, event_seq"},
	{"enclave_config_change", "checkpoint, tx_index, event_seq"},
	{"enclave", "checkpoint, tx_index, event_seq"},
	{"enclave_change", "checkpoint, tx_index, event_seq"},
	{"enclave_attestation", "checkpoint, tx_index, event_seq"},
	{"enclave_attestation_input", "checkpoint, tx_index, event_seq, position"},
	{"enclave_attestation_rule", "checkpoint, tx_index, event_seq, position"},
	{"inference_log_signing", "checkpoint, tx_index, event_seq"},
	{"upgrade_event", "checkpoint, tx_index, event_seq"},
	{"committee_member", "checkpoint, tx_index, event_seq, party_id"},
	{"committee_change", "checkpoint, tx_index, event_seq"},
	{"committee_rotation", "checkpoint, tx_index, event_seq"},
	{"event_to_fill", "module, name"},
	{"key_server", "key_server_id"},
	{"receipt_watermark", "key_server_id, member"},
	{"receipt_fault", "key_server_id, member, kind"},
	{"key_decision", "key_server_id, member, seq"},
	{"key_decision_policy", "key_server_id, member, seq, policy_id"},
}

// countedRows is up to how many rows Counts counts.
const countedRows = 100_000

// Counts returns the number of rows of each table: of large ones as PostgreSQL
// estimates it, since to count them takes long, and anybody may ask for the status.
func (s *Store) Counts(ctx context.Context) (map[string]int64, error) {
	estimates, err := collect[struct {
		Name string
		Rows int64
	}](ctx, s.pool, "estimates")
	if err != nil {
		return nil, fmt.Errorf("estimate rows: %w", s.explain(err))
	}
	large := map[string]int64{}
	for _, e := range estimates {
		if e.Rows > countedRows {
			large[e.Name] = e.Rows
		}
	}
	out := map[string]int64{}
	for _, t := range Tables {
		n, ok := large[t.Name]
		if !ok {
			if err := s.pool.QueryRow(ctx, "SELECT count(*) FROM "+t.Name).Scan(&n); err != nil {
				return nil, fmt.Errorf("count %s: %w", t.Name, s.explain(err))
			}
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
