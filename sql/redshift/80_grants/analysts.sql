-- Analysts read the marts and the benchmark's views, and nothing below them.
GRANT USAGE ON SCHEMA marts TO GROUP analysts;
GRANT USAGE ON SCHEMA ssb TO GROUP analysts;
GRANT SELECT ON ALL TABLES IN SCHEMA marts TO GROUP analysts;
GRANT SELECT ON ALL TABLES IN SCHEMA ssb TO GROUP analysts;
