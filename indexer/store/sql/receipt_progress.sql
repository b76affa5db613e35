SELECT seq, hash, checked_size, tree, anchored_size, anchored_tree FROM receipt_watermark WHERE key_server_id = $1 AND member = $2
