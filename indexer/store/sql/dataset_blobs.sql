-- The first $3 blobs of the newest $2 versions of a dataset, with what the storage
-- network last said about them.
SELECT b.version_id, b.blob_id, r.size::text, c.epoch, c.end_epoch, c.weight
FROM (
    SELECT v.number, b.position, b.version_id, b.blob_id
    FROM (SELECT version_id, number FROM dataset_version WHERE dataset_id = $1 ORDER BY number DESC LIMIT $2) v
    JOIN dataset_blob b USING (version_id)
    ORDER BY v.number DESC, b.position LIMIT $3
) b
LEFT JOIN LATERAL (
    SELECT size FROM blob_registration WHERE blob_id = b.blob_id
    ORDER BY checkpoint DESC, tx_index DESC, event_seq DESC LIMIT 1
) r ON true
LEFT JOIN LATERAL (
    SELECT epoch, end_epoch, weight FROM blob_certificate WHERE blob_id = b.blob_id
    ORDER BY checkpoint DESC, tx_index DESC, event_seq DESC LIMIT 1
) c ON true
ORDER BY b.number, b.position
