SELECT k.key_server_id, k.name, k.url, coalesce(w.seq, 0), coalesce(w.hash, '')
FROM key_server k LEFT JOIN receipt_watermark w USING (key_server_id)
ORDER BY k.checkpoint, k.tx_index, k.event_seq
