INSERT INTO blob_certificate (checkpoint, ts, tx_index, event_seq, epoch, blob_id, end_epoch, deletable, object_id, signers, weight)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
