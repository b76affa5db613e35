SELECT treasury_id, coin_type, payee, sales, amount::text FROM income_by_dataset WHERE dataset_id = $1 ORDER BY treasury_id, amount DESC, payee
