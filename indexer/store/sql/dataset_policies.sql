-- The policies of the newest $2 versions of a dataset.
SELECT policy_id, owner, not_before_ms::text, not_after_ms::text, ts, checkpoint
FROM policy
WHERE policy_id IN (SELECT policy_id FROM (SELECT policy_id FROM dataset_version WHERE dataset_id = $1 ORDER BY number DESC LIMIT $2) v)
ORDER BY checkpoint, tx_index, event_seq
