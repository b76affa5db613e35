INSERT INTO blob_registration (checkpoint, ts, tx_index, event_seq, epoch, blob_id, size, encoding_type, end_epoch, deletable, object_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (object_id) DO NOTHING
