SELECT tag, type_id FROM event_type
