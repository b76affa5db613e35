SELECT version_id, number, manifest_digest, manifest_blob_id, policy_id, ts, checkpoint
FROM dataset_version
WHERE dataset_id = $1
ORDER BY number
