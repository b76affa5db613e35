SELECT policy_id, member, ts, checkpoint, revoked_ts, revoked_checkpoint
FROM policy_grant
WHERE policy_id IN (SELECT policy_id FROM dataset_version WHERE dataset_id = $1)
ORDER BY checkpoint, tx_index, event_seq
