DELETE FROM event_to_fill
