-- A page of datasets, newest first: those before the position ($1, $2, $3).
SELECT d.dataset_id, d.name, d.owner, d.ts, d.checkpoint, d.tx_index, d.event_seq,
       count(v.version_id), max(v.number), max(v.ts)
FROM dataset d LEFT JOIN dataset_version v USING (dataset_id)
WHERE (d.checkpoint, d.tx_index, d.event_seq) < ($1, $2, $3)
GROUP BY d.dataset_id
ORDER BY d.checkpoint DESC, d.tx_index DESC, d.event_seq DESC
LIMIT $4
