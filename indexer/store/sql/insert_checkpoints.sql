INSERT INTO checkpoint (sequence, ts, epoch, digest)
SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bytea[])
