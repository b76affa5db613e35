-- The newest $2 versions, oldest first.
SELECT version_id, number, manifest_digest, manifest_blob_id, policy_id, ts, checkpoint
FROM (SELECT * FROM dataset_version WHERE dataset_id = $1 ORDER BY number DESC LIMIT $2) v
ORDER BY number
