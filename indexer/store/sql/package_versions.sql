SELECT package_id, original_id FROM package_version ORDER BY checkpoint, tx_index, version
