-- Moves the watermark from $1 (null: none yet) to checkpoint $2. No row comes
-- back when it stood elsewhere: somebody else writes this index.
WITH moved AS (
    UPDATE watermark SET checkpoint = $2, ts = $3, digest = $4
    WHERE checkpoint = $1::bigint
    RETURNING 1
), begun AS (
    INSERT INTO watermark (checkpoint, ts, digest)
    SELECT $2, $3, $4 WHERE $1::bigint IS NULL
    ON CONFLICT (only_row) DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM (SELECT * FROM moved UNION ALL SELECT * FROM begun) AS changed
