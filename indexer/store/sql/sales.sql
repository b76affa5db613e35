SELECT s.treasury_id, s.action, count(*), sum(s.amount)::text FROM sale_event s WHERE s.dataset_id = $1 GROUP BY s.treasury_id, s.action ORDER BY 1, 2
