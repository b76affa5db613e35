SELECT seq, hash FROM key_decision WHERE key_server_id = $1 AND member = $2 AND seq <= $3 ORDER BY seq
