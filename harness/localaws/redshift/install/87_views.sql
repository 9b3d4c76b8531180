-- More of the system views that people query, from the catalog and the history (guide, "System tables and views reference").
CREATE OR REPLACE VIEW pg_catalog.stv_tbl_perm AS
  SELECT 0 AS slice, t.table_id::integer AS id, t."table"::char(72) AS name, t.tbl_rows::bigint AS rows,
    (t.tbl_rows * (100 - coalesce(t.unsorted, 0)) / 100)::bigint AS sorted_rows, 0 AS temp, (SELECT oid::integer FROM pg_database WHERE datname = current_database()) AS db_id,
    0 AS insert_pristine, 0 AS delete_pristine, 0 AS backup, CASE WHEN t.diststyle LIKE 'KEY%' THEN 1 WHEN t.diststyle LIKE '%ALL%' THEN 8 ELSE 0 END AS dist_style, t.size::integer AS block_count
  FROM pg_catalog.svv_table_info t;
-- A statement waits in no queue here.
CREATE OR REPLACE VIEW pg_catalog.stl_wlm_query AS
  SELECT userid, xid, query::integer AS task, query::integer AS query, 100 AS service_class, 1 AS slot_count, starttime AS service_class_start_time, starttime AS queue_start_time,
    starttime AS queue_end_time, 0::bigint AS total_queue_time, starttime AS exec_start_time, endtime AS exec_end_time, microseconds AS total_exec_time, endtime AS service_class_end_time,
    CASE state WHEN 'success' THEN 'Completed' WHEN 'canceled' THEN 'Evicted' ELSE 'Completed' END::char(16) AS final_state, NULL::bigint AS est_peak_mem, 'Normal'::char(20) AS query_priority,
    'Default queue'::char(64) AS service_class_name
  FROM local_redshift.own_queries WHERE is_query;
CREATE OR REPLACE VIEW pg_catalog.sys_load_detail AS
  SELECT userid AS user_id, query AS query_id, filename::varchar(256) AS file_name, bytes AS bytes_scanned, lines_scanned, curtime AS record_time, 1 AS splits_scanned, curtime AS start_time,
    curtime AS end_time
  FROM local_redshift.load_commits WHERE local_redshift.sees(userid);
CREATE OR REPLACE VIEW pg_catalog.svv_redshift_functions AS
  SELECT current_database()::varchar(128) AS database_name, n.nspname::varchar(128) AS schema_name, p.proname::varchar(128) AS function_name,
    CASE p.prokind WHEN 'p' THEN 'STORED PROCEDURE' WHEN 'a' THEN 'AGGREGATED FUNCTION' ELSE 'REGULAR FUNCTION' END::varchar(128) AS function_type,
    pg_get_function_identity_arguments(p.oid)::varchar(512) AS argument_type, CASE WHEN p.prokind <> 'p' THEN format_type(p.prorettype, NULL) END::varchar(128) AS result_type
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'local_redshift') AND n.nspname !~ '^pg_';
CREATE OR REPLACE VIEW pg_catalog.svv_mv_dependency AS
  SELECT DISTINCT current_database()::varchar(128) AS database_name, n.nspname::varchar(128) AS schema_name, m.relname::varchar(128) AS name,
    current_database()::varchar(128) AS dependent_database_name, of.nspname::varchar(128) AS dependent_schema_name, used.relname::varchar(128) AS dependent_name
  FROM pg_class m JOIN pg_namespace n ON n.oid = m.relnamespace JOIN pg_rewrite r ON r.ev_class = m.oid
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> m.oid
    JOIN pg_class used ON used.oid = d.refobjid JOIN pg_namespace of ON of.oid = used.relnamespace
  WHERE m.relkind = 'm';
-- There can be no datashare here: CREATE DATASHARE is refused.
CREATE OR REPLACE VIEW pg_catalog.svv_datashares AS
  SELECT NULL::varchar(128) AS share_name, NULL::integer AS share_id, NULL::integer AS share_owner, NULL::varchar(128) AS source_database, NULL::varchar(128) AS consumer_database,
    NULL::varchar(8) AS share_type, NULL::timestamp AS createdate, NULL::boolean AS is_publicaccessible, NULL::varchar(256) AS share_acl, NULL::varchar(16) AS producer_account,
    NULL::varchar(64) AS producer_namespace, NULL::varchar(64) AS managed_by WHERE false;
CREATE OR REPLACE VIEW pg_catalog.svv_datashare_objects AS
  SELECT NULL::varchar(8) AS share_type, NULL::varchar(128) AS share_name, NULL::varchar(64) AS object_type, NULL::varchar(512) AS object_name, NULL::varchar(16) AS producer_account,
    NULL::varchar(64) AS producer_namespace, NULL::boolean AS include_new WHERE false;
CREATE OR REPLACE VIEW pg_catalog.svv_datashare_consumers AS
  SELECT NULL::varchar(128) AS share_name, NULL::varchar(16) AS consumer_account, NULL::varchar(64) AS consumer_namespace, NULL::timestamp AS share_date WHERE false;
GRANT SELECT ON pg_catalog.stv_tbl_perm, pg_catalog.stl_wlm_query, pg_catalog.sys_load_detail, pg_catalog.svv_redshift_functions, pg_catalog.svv_mv_dependency,
  pg_catalog.svv_datashares, pg_catalog.svv_datashare_objects, pg_catalog.svv_datashare_consumers TO PUBLIC;
