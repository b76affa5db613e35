INSERT INTO policy_grant (checkpoint, ts, tx_index, event_seq, policy_id, member)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (policy_id, member) WHERE revoked_checkpoint IS NULL DO NOTHING
