-- The blobs of all versions of a dataset, with what the storage network last
-- said about them.
SELECT b.version_id, b.blob_id, r.size::text, c.epoch, c.end_epoch, c.weight
FROM dataset_version v
JOIN dataset_blob b USING (version_id)
LEFT JOIN LATERAL (
    SELECT size FROM blob_registration WHERE blob_id = b.blob_id
    ORDER BY checkpoint DESC, tx_index DESC, event_seq DESC LIMIT 1
) r ON true
LEFT JOIN LATERAL (
    SELECT epoch, end_epoch, weight FROM blob_certificate WHERE blob_id = b.blob_id
    ORDER BY checkpoint DESC, tx_index DESC, event_seq DESC LIMIT 1
) c ON true
WHERE v.dataset_id = $1
ORDER BY v.number, b.position
