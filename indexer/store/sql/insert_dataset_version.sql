-- The version with its blobs.
WITH version AS (
    INSERT INTO dataset_version (checkpoint, ts, tx_index, event_seq, dataset_id, version_id, number, manifest_digest, manifest_blob_id, policy_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT DO NOTHING
    RETURNING version_id
), blobs AS (
    INSERT INTO dataset_blob (version_id, position, blob_id)
    SELECT version_id, position - 1, blob_id
    FROM version, unnest($11::text[]) WITH ORDINALITY AS b (blob_id, position)
)
SELECT version_id FROM version
