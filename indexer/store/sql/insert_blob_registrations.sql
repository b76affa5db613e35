INSERT INTO blob_registration (checkpoint, ts, tx_index, event_seq, epoch, blob_id, size, encoding_type, end_epoch, deletable, object_id)
SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::integer[], $4::integer[], $5::bigint[], $6::text[], $7::numeric(20,0)[], $8::smallint[], $9::bigint[], $10::boolean[], $11::text[])
ON CONFLICT (object_id) DO NOTHING
RETURNING checkpoint, tx_index::bigint, event_seq::bigint
