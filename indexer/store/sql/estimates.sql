SELECT relname::text, reltuples::bigint FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
