SELECT t.type_id, t.tag FROM event_type t JOIN event_to_fill f ON f.module = t.module AND f.name = t.name ORDER BY t.type_id
