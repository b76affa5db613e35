INSERT INTO receipt_fault (key_server_id, member, kind, times, tree_size, problem, evidence)
VALUES ($1, $2, $3, 1, $4, $5, $6)
ON CONFLICT (key_server_id, member, kind) DO UPDATE SET times = receipt_fault.times + 1
