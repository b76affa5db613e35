INSERT INTO package_version (checkpoint, ts, tx_index, version, package_id, original_id)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (package_id) DO NOTHING
