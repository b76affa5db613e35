UPDATE key_server SET updated_checkpoint = $1, url = $3 WHERE key_server_id = $2
