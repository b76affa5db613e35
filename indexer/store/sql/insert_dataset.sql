INSERT INTO dataset (checkpoint, ts, tx_index, event_seq, dataset_id, cap_id, name, owner)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (dataset_id) DO NOTHING
