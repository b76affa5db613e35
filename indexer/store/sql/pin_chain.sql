-- Pins the chain at the first start; afterwards returns what was pinned.
WITH pinned AS (
    INSERT INTO chain (first_checkpoint, chain_id, packages) VALUES ($1, $2, $3)
    ON CONFLICT (only_row) DO NOTHING
    RETURNING first_checkpoint, chain_id, packages
)
SELECT first_checkpoint, chain_id, packages FROM pinned
UNION ALL
SELECT first_checkpoint, chain_id, packages FROM chain
LIMIT 1
