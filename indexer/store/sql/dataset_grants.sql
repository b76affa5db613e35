-- The newest $3 grants of the policies of the newest $2 versions, oldest first.
SELECT policy_id, member, ts, checkpoint, revoked_ts, revoked_checkpoint
FROM (
    SELECT * FROM policy_grant
    WHERE policy_id IN (SELECT policy_id FROM (SELECT policy_id FROM dataset_version WHERE dataset_id = $1 ORDER BY number DESC LIMIT $2) v)
    ORDER BY checkpoint DESC, tx_index DESC, event_seq DESC LIMIT $3
) g
ORDER BY checkpoint, tx_index, event_seq
