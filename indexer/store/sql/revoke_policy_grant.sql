UPDATE policy_grant
SET revoked_checkpoint = $1, revoked_ts = $2, revoked_tx_index = $3, revoked_event_seq = $4
WHERE policy_id = $5 AND member = $6 AND revoked_checkpoint IS NULL
