SELECT seq, hash FROM key_decision WHERE key_server_id = $1 AND member = $2 AND seq > $3 AND seq <= $4 ORDER BY seq
