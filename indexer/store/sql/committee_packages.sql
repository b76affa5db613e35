SELECT DISTINCT '0x' || encode(e.package, 'hex')
FROM event e JOIN event_type t USING (type_id)
WHERE t.module = 'events' AND t.name = 'CommitteeMembersNamed' AND e.decode_error IS NULL
ORDER BY 1
