-- A second registration is a new layout of the same server.
INSERT INTO key_server (checkpoint, ts, tx_index, event_seq, updated_checkpoint, key_server_id, name, url, key_type, public_key, version)
VALUES ($1, $2, $3, $4, $1, $5, $6, $7, $8, $9, $10)
ON CONFLICT (key_server_id) DO UPDATE
SET updated_checkpoint = excluded.updated_checkpoint, name = excluded.name, url = excluded.url,
    key_type = excluded.key_type, public_key = excluded.public_key, version = excluded.version
