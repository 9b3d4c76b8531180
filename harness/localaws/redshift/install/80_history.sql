-- What was run (Redshift guide, "STL views for logging", "SYS monitoring views"). Superusers see all rows, others theirs. Kept for seven days.
CREATE TABLE IF NOT EXISTS local_redshift.queries (
  query bigint PRIMARY KEY, userid integer NOT NULL, database text NOT NULL, pid integer NOT NULL, xid bigint NOT NULL, starttime timestamp NOT NULL,
  endtime timestamp NOT NULL, kind text NOT NULL, label text NOT NULL, querytxt text NOT NULL, rows bigint NOT NULL, state text NOT NULL, error text NOT NULL,
  application text NOT NULL, caller bigint NOT NULL, detail jsonb NOT NULL);
ALTER TABLE local_redshift.load_commits ADD COLUMN IF NOT EXISTS bytes bigint NOT NULL DEFAULT 0;
CREATE VIEW local_redshift.own_queries AS
  SELECT *, kind IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY', 'UNLOAD', 'CTAS', 'CALL') AS is_query, state <> 'success' AS aborted,
    (extract(epoch FROM endtime - starttime) * 1000000)::bigint AS microseconds
  FROM local_redshift.queries WHERE local_redshift.sees(userid);
-- The text in pieces of a length, each with its number.
CREATE OR REPLACE FUNCTION local_redshift.pieces(whole text, length integer) RETURNS TABLE (sequence integer, text text) LANGUAGE sql IMMUTABLE AS $body$
  SELECT place, substr(whole, place * length + 1, length) FROM generate_series(0, greatest(length(whole) - 1, 0) / length) AS places (place)
$body$;
CREATE VIEW pg_catalog.stl_query AS
  SELECT userid, query::integer AS query, label::char(320) AS label, xid, pid, database::char(32) AS database, left(querytxt, 4000)::char(4000) AS querytxt, starttime, endtime,
    aborted::integer AS aborted, 0 AS insert_pristine, 0 AS concurrency_scaling_status
  FROM local_redshift.own_queries WHERE is_query;
CREATE VIEW pg_catalog.stl_querytext AS
  SELECT userid, xid, pid, query::integer AS query, sequence, text::char(200) AS text
  FROM local_redshift.own_queries, LATERAL local_redshift.pieces(querytxt, 200) WHERE is_query;
CREATE VIEW pg_catalog.stl_ddltext AS
  SELECT userid, xid, pid, label::char(320) AS label, starttime, endtime, sequence, text::char(200) AS text
  FROM local_redshift.own_queries, LATERAL local_redshift.pieces(querytxt, 200) WHERE kind IN ('DDL', 'CTAS');
CREATE VIEW pg_catalog.stl_utilitytext AS
  SELECT userid, xid, pid, label::char(320) AS label, starttime, endtime, sequence, text::char(200) AS text
  FROM local_redshift.own_queries, LATERAL local_redshift.pieces(querytxt, 200) WHERE kind = 'UTILITY';
CREATE VIEW pg_catalog.svl_statementtext AS
  SELECT userid, xid, pid, label::char(320) AS label, starttime, endtime, sequence, CASE WHEN is_query THEN 'QUERY' ELSE kind END::varchar(10) AS type, text::char(200) AS text
  FROM local_redshift.own_queries, LATERAL local_redshift.pieces(querytxt, 200);
CREATE VIEW pg_catalog.svl_qlog AS
  SELECT userid, query::integer AS query, xid, pid, starttime, endtime, microseconds AS elapsed, aborted::integer AS aborted, label::char(320) AS label,
    left(querytxt, 60)::char(60) AS substring, NULL::integer AS source_query, '0 - Main cluster'::text AS concurrency_scaling_status_txt, (caller <> 0)::integer AS from_sp_call
  FROM local_redshift.own_queries WHERE is_query;
CREATE VIEW pg_catalog.stl_error AS
  SELECT userid, 'padb'::char(12) AS process, endtime AS recordtime, pid, 0 AS errcode, ''::char(90) AS file, 0 AS linenum, ''::char(100) AS context, left(error, 512)::char(512) AS error
  FROM local_redshift.own_queries WHERE state = 'failed';
CREATE VIEW pg_catalog.sys_query_history AS
  SELECT userid AS user_id, query AS query_id, label::char(320) AS query_label, xid AS transaction_id, pid AS session_id, database::char(128) AS database_name,
    kind::char(32) AS query_type, state::char(10) AS status, false AS result_cache_hit, starttime AS start_time, endtime AS end_time, microseconds AS elapsed_time,
    0::bigint AS queue_time, microseconds AS execution_time, left(error, 512)::char(512) AS error_message, CASE WHEN kind = 'SELECT' THEN greatest(rows, 0) ELSE 0 END AS returned_rows,
    NULL::bigint AS returned_bytes, left(querytxt, 4000)::char(4000) AS query_text, local_redshift.version()::char(256) AS redshift_version, NULL::char(150) AS usage_limit,
    'primary'::varchar(32) AS compute_type, 0::bigint AS compile_time, 0::bigint AS planning_time, 0::bigint AS lock_wait_time, md5(querytxt)::char(40) AS user_query_hash,
    NULL::char(40) AS generic_query_hash
  FROM local_redshift.own_queries;
CREATE VIEW pg_catalog.sys_query_text AS
  SELECT userid AS user_id, query AS query_id, xid AS transaction_id, pid AS session_id, starttime AS start_time, sequence, text::char(4000) AS text
  FROM local_redshift.own_queries, LATERAL local_redshift.pieces(querytxt, 4000);
CREATE VIEW pg_catalog.sys_load_history AS
  SELECT userid AS user_id, q.query AS query_id, xid AS transaction_id, pid AS session_id, database AS database_name, CASE state WHEN 'success' THEN 'completed' WHEN 'canceled' THEN 'aborted'
      ELSE 'failed' END::text AS status, detail ->> 'table' AS table_name, starttime AS start_time, endtime AS end_time, microseconds AS duration, detail ->> 'source' AS data_source,
    detail ->> 'format' AS file_format, greatest(rows, 0) AS loaded_rows, coalesce(files.bytes, 0)::bigint AS loaded_bytes, coalesce(files.number, 0)::integer AS source_file_count,
    coalesce(files.bytes, 0)::bigint AS source_file_bytes, coalesce(files.number, 0)::integer AS file_count_scanned, coalesce(files.bytes, 0)::bigint AS file_bytes_scanned,
    (SELECT count(*) FROM local_redshift.load_errors e WHERE e.query = q.query) AS error_count, 0::bigint AS copy_job_id, NULLIF(error, '')::text AS error_message
  FROM local_redshift.own_queries q LEFT JOIN LATERAL (SELECT count(*) AS number, sum(bytes) AS bytes FROM local_redshift.load_commits c WHERE c.query = q.query) AS files ON true
  WHERE kind = 'COPY';
CREATE VIEW pg_catalog.sys_unload_history AS
  SELECT userid AS user_id, query AS query_id, xid AS transaction_id, pid AS session_id, database AS database_name, CASE state WHEN 'success' THEN 'completed' WHEN 'canceled' THEN 'aborted'
      ELSE 'failed' END::text AS status, starttime AS start_time, endtime AS end_time, microseconds AS duration, detail ->> 'format' AS file_format,
    detail ->> 'compression' AS compression_type, detail ->> 'source' AS unloaded_location, greatest(rows, 0) AS unloaded_rows, NULL::bigint AS unloaded_files_count,
    NULL::bigint AS unloaded_files_size, NULLIF(error, '')::text AS error_message
  FROM local_redshift.own_queries WHERE kind = 'UNLOAD';
CREATE VIEW pg_catalog.svl_stored_proc_call AS
  SELECT userid, userid AS session_userid, query::integer AS query, label::char(320) AS label, xid, pid, database::char(32) AS database, left(querytxt, 4000)::char(4000) AS querytxt, starttime,
    endtime, aborted::integer AS aborted, (caller <> 0)::integer AS from_sp_call
  FROM local_redshift.own_queries WHERE kind = 'CALL';
CREATE VIEW pg_catalog.sys_procedure_call AS
  SELECT userid AS session_user_id, userid AS user_id, query AS query_id, label::char(320) AS query_label, xid AS transaction_id, pid AS session_id, database::char(128) AS database_name,
    left(querytxt, 4000)::char(4000) AS query_text, starttime AS start_time, endtime AS end_time, state::char(10) AS status, nullif(caller, 0) AS caller_procedure_query_id
  FROM local_redshift.own_queries WHERE kind = 'CALL';
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_query_id() RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
  $body$ SELECT coalesce((SELECT query::integer FROM local_redshift.queries WHERE pid = pg_backend_pid() AND kind <> 'UTILITY' AND kind <> 'DDL' ORDER BY query DESC LIMIT 1), -1) $body$;

-- VACUUM and ANALYZE as they were asked for. How many rows a table had been given by then tells which of them were sorted since.
CREATE OR REPLACE FUNCTION local_redshift.keep_maintenance(what text, form text, relation regclass) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
BEGIN
  PERFORM pg_stat_clear_snapshot();
  INSERT INTO local_redshift.maintenance
  SELECT what, form, r.oid::integer, current_database(), c.oid, n.nspname, c.relname, statement_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC',
    greatest(c.reltuples, 0), coalesce(s.n_mod_since_analyze, 0), coalesce(s.n_tup_ins + s.n_tup_upd, 0), coalesce(pg_current_xact_id_if_assigned()::text::bigint, 0)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid, pg_roles r
  WHERE c.relkind = 'r' AND r.rolname = session_user AND CASE WHEN relation IS NULL THEN n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'local_redshift')
    ELSE c.oid = relation END;
END $body$;
CREATE VIEW pg_catalog.stl_vacuum AS
  SELECT userid, xid, relation::integer AS table_id, state::char(30) AS status, rows, NULL::integer AS sortedrows, NULL::integer AS blocks, 67 AS max_merge_partitions, at AS eventtime,
    changed AS reclaimable_rows, 0::bigint AS reclaimable_space_mb, xid AS cutoff_xid, (form = 'RECLUSTER')::integer AS is_recluster
  FROM local_redshift.maintenance, LATERAL (VALUES (starttime, 'Started' || CASE form WHEN 'FULL' THEN '' ELSE ' ' || initcap(form) END), (endtime, 'Finished')) AS events (at, state)
  WHERE what = 'vacuum' AND local_redshift.sees(userid);
CREATE VIEW pg_catalog.sys_vacuum_history AS
  SELECT userid AS user_id, xid AS transaction_id, NULL::bigint AS query_id, database AS database_name, schema_name, table_name, relation::integer AS table_id,
    initcap(split_part(form, ' ', 1))::varchar AS vacuum_type, false AS is_automatic, 'Complete'::varchar AS status, starttime AS start_time, endtime AS end_time, endtime AS record_time,
    (extract(epoch FROM endtime - starttime) * 1000000)::bigint AS duration, rows AS rows_before_vacuum
  FROM local_redshift.maintenance WHERE what = 'vacuum' AND local_redshift.sees(userid);
CREATE VIEW pg_catalog.stl_analyze AS
  SELECT userid, xid, database::char(30) AS database, relation::integer AS table_id, form::char(15) AS status, rows::double precision AS rows, changed::double precision AS modified_rows,
    current_setting('local_redshift.analyze_threshold_percent', true)::numeric::integer AS threshold_percent, 'f'::char(1) AS is_auto, starttime, endtime, NULL::timestamp AS prevtime,
    0 AS num_predicate_cols, 0 AS num_new_predicate_cols, 'f'::char(1) AS is_background, schema_name::char(128) AS schema_name, table_name::char(128) AS table_name
  FROM local_redshift.maintenance WHERE what = 'analyze' AND local_redshift.sees(userid);
CREATE VIEW pg_catalog.sys_analyze_history AS
  SELECT userid AS user_id, xid AS transaction_id, database::char(30) AS database_name, schema_name::char(128) AS schema_name, table_name::char(128) AS table_name, relation::integer AS table_id,
    'f'::char(1) AS is_automatic, form::char(15) AS status, starttime AS start_time, endtime AS end_time, rows::double precision AS rows, changed::double precision AS modified_rows,
    current_setting('local_redshift.analyze_threshold_percent', true)::numeric::integer AS analyze_threshold_percent, NULL::timestamp AS last_analyze_time
  FROM local_redshift.maintenance WHERE what = 'analyze' AND local_redshift.sees(userid);
DO $body$ BEGIN
  EXECUTE (SELECT string_agg(format('GRANT SELECT ON pg_catalog.%I TO PUBLIC', viewname), '; ') FROM pg_views
    WHERE schemaname = 'pg_catalog' AND viewname ~ '^(stl_(query|querytext|ddltext|utilitytext|error|vacuum|analyze)|svl_.*|sys_.*)$');
END $body$;
