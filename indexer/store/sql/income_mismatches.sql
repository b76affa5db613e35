-- What the view income_mismatch says of the sales of one dataset's versions, and of
-- those that they share in, without adding up all others.
WITH sales AS (
    SELECT sale_id FROM sale_event WHERE dataset_id = $1 UNION SELECT sale_id FROM income_credit WHERE dataset_id = $1
), sums AS (
    SELECT sale_id,
        coalesce((SELECT sum(e.amount) FROM sale_event e WHERE e.sale_id = s.sale_id AND e.action = 'settled'), 0) AS settled,
        coalesce((SELECT sum(c.amount) FROM income_credit c WHERE c.sale_id = s.sale_id), 0) AS credited,
        (SELECT sum(e.amount) FROM sale_event e WHERE e.sale_id = s.sale_id AND e.action = 'escrowed') AS escrowed,
        (SELECT sum(e.amount) FROM sale_event e WHERE e.sale_id = s.sale_id AND e.action <> 'escrowed') AS ended
    FROM sales s
)
SELECT 'sale', sale_id, settled::text, credited::text FROM sums WHERE settled <> credited
UNION ALL
SELECT 'escrow', sale_id, escrowed::text, ended::text FROM sums WHERE escrowed <> ended
ORDER BY 1, 2
