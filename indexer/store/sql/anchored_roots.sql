-- The first roots on chain of a log of more than $3 and at most $4 entries, by an
-- anchor of the log: one with its name and one of its keys.
SELECT a.anchor_id, r.tree_size::bigint, r.root
FROM anchor a JOIN anchor_root r USING (anchor_id)
WHERE a.origin = $1 AND a.public_key = ANY ($2) AND r.tree_size > $3 AND r.tree_size <= $4
ORDER BY r.tree_size, a.anchor_id
LIMIT 1000
