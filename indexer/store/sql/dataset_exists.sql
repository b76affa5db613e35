SELECT EXISTS (SELECT FROM dataset WHERE dataset_id = $1) OR EXISTS (SELECT FROM lineage_node WHERE dataset_id = $1)
