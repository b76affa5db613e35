-- Moves a server's receipt watermark from $2 (0: none yet) to receipt $3. No
-- row comes back when it stood elsewhere.
WITH moved AS (
    UPDATE receipt_watermark SET seq = $3, hash = $4
    WHERE key_server_id = $1 AND seq = $2
    RETURNING 1
), begun AS (
    INSERT INTO receipt_watermark (key_server_id, seq, hash)
    SELECT $1, $3, $4 WHERE $2::bigint = 0
    ON CONFLICT (key_server_id) DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM (SELECT * FROM moved UNION ALL SELECT * FROM begun) AS changed
