INSERT INTO policy (checkpoint, ts, tx_index, event_seq, policy_id, cap_id, owner, not_before_ms, not_after_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (policy_id) DO NOTHING
