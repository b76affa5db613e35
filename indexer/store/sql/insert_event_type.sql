INSERT INTO event_type (type_id, package, module, name, tag)
SELECT coalesce(max(type_id), 0) + 1, $1, $2, $3, $4 FROM event_type
RETURNING type_id
