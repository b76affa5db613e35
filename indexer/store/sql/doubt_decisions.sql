-- Takes back that the receipts from $3 to $4 were verified.
UPDATE key_decision SET verified = false, problem = $5
WHERE key_server_id = $1 AND member = $2 AND seq BETWEEN $3 AND $4 AND verified
