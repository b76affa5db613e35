SELECT d.dataset_id, d.name, d.owner, d.ts, d.checkpoint, d.tx_index, d.event_seq,
       count(v.version_id), max(v.number), max(v.ts)
FROM dataset d LEFT JOIN dataset_version v USING (dataset_id)
WHERE d.dataset_id = $1
GROUP BY d.dataset_id
