UPDATE event SET decode_error = $4 WHERE checkpoint = $1 AND tx_index = $2 AND event_seq = $3
