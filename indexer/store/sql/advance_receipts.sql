-- Moves a log's receipt watermark from $3 (0: none yet) to receipt $4. No row comes
-- back when it stood elsewhere.
WITH moved AS (
    UPDATE receipt_watermark SET seq = $4, hash = $5, checked_size = $6, tree = $7, anchored_size = $8, anchored_tree = $9
    WHERE key_server_id = $1 AND member = $2 AND seq = $3
    RETURNING 1
), begun AS (
    INSERT INTO receipt_watermark (key_server_id, member, seq, hash, checked_size, tree, anchored_size, anchored_tree)
    SELECT $1, $2, $4, $5, $6, $7, $8, $9 WHERE $3::bigint = 0
    ON CONFLICT (key_server_id, member) DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM (SELECT * FROM moved UNION ALL SELECT * FROM begun) AS changed
