INSERT INTO storage_committee (checkpoint, ts, tx_index, event_seq, epoch, n_shards, node_names)
VALUES ($1, $2, $3, $4, $5, $6, $7)
