-- The logs in the order in which their key servers registered, members by party.
SELECT l.key_server_id, l.member, l.party_id, l.name, l.url, l.left_at, coalesce(w.seq, 0), coalesce(w.checked_size, 0),
       (SELECT count(*) FROM receipt_fault f WHERE f.key_server_id = l.key_server_id AND f.member = l.member)
FROM receipt_log l
JOIN key_server k USING (key_server_id)
LEFT JOIN receipt_watermark w USING (key_server_id, member)
ORDER BY k.checkpoint, k.tx_index, k.event_seq, l.left_at IS NOT NULL, l.party_id, l.member
