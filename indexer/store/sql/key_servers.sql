SELECT key_server_id, name, url FROM key_server ORDER BY checkpoint, tx_index, event_seq
