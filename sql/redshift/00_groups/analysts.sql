-- skip when: SELECT 1 FROM pg_group WHERE groname = 'analysts'
-- Who reads the marts. CREATE GROUP has no IF NOT EXISTS, hence the query above.
CREATE GROUP analysts;
