-- A page of the events of type $1, those after the position ($2, $3, $4).
SELECT checkpoint, ts, tx_index, event_seq, sender, package, module, contents
FROM event
WHERE type_id = $1 AND (checkpoint, tx_index, event_seq) > ($2, $3, $4)
ORDER BY checkpoint, tx_index, event_seq
LIMIT $5
