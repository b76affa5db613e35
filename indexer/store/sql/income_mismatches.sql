SELECT m.what, m.id, m.sum_in::text, m.sum_out::text FROM income_mismatch m
WHERE m.what <> 'payee' AND m.id IN (SELECT sale_id FROM sale_event WHERE dataset_id = $1 UNION SELECT sale_id FROM income_credit WHERE dataset_id = $1)
ORDER BY 1, 2
