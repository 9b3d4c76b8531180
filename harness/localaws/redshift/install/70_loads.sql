-- What COPY leaves behind (Redshift guide, "STL_LOAD_ERRORS", "SYS_LOAD_ERROR_DETAIL", "STL_LOAD_COMMITS"). Superusers see all rows, others theirs.
CREATE SEQUENCE IF NOT EXISTS local_redshift.query_number;
CREATE TABLE IF NOT EXISTS local_redshift.load_errors (
  userid integer NOT NULL, session integer NOT NULL, database text NOT NULL, xid bigint NOT NULL, tbl integer NOT NULL, starttime timestamp NOT NULL,
  query bigint NOT NULL, filename text NOT NULL, line_number bigint NOT NULL, colname text NOT NULL, type text NOT NULL, col_length text NOT NULL,
  "position" integer NOT NULL, raw_line text NOT NULL, raw_field_value text NOT NULL, err_code integer NOT NULL, err_reason text NOT NULL);
CREATE TABLE IF NOT EXISTS local_redshift.load_commits (
  userid integer NOT NULL, query bigint NOT NULL, filename text NOT NULL, lines_scanned bigint NOT NULL, curtime timestamp NOT NULL, file_format text NOT NULL);
CREATE OR REPLACE FUNCTION local_redshift.sees(owner integer) RETURNS boolean LANGUAGE sql STABLE AS $body$
  SELECT bool_or(rolsuper OR oid::integer = $1) OR EXISTS (SELECT FROM local_redshift.settings_of(session_user)
    WHERE setting = 'local_redshift.syslog_access' AND value = 'UNRESTRICTED') FROM pg_roles WHERE rolname = session_user
$body$;
CREATE OR REPLACE VIEW pg_catalog.stl_load_errors AS
  SELECT userid, 0 AS slice, tbl, starttime, session, query::integer AS query, filename::char(256) AS filename, line_number, colname::char(127) AS colname, type::char(10) AS type,
    col_length::char(10) AS col_length, "position", raw_line::char(1024) AS raw_line, raw_field_value::char(1024) AS raw_field_value, err_code,
    err_reason::char(100) AS err_reason, 0 AS is_partial, 0::bigint AS start_offset, 0::bigint AS copy_job_id
  FROM local_redshift.load_errors WHERE local_redshift.sees(userid);
CREATE OR REPLACE VIEW pg_catalog.sys_load_error_detail AS
  SELECT userid AS user_id, query AS query_id, xid AS transaction_id, session AS session_id, database::char(64) AS database_name, tbl AS table_id, starttime AS start_time,
    filename::char(256) AS file_name, line_number, colname::char(127) AS column_name, type::char(10) AS column_type, col_length::char(10) AS column_length, "position",
    err_code AS error_code, err_reason::char(512) AS error_message
  FROM local_redshift.load_errors WHERE local_redshift.sees(userid);
CREATE OR REPLACE VIEW pg_catalog.stl_load_commits AS
  SELECT userid, query::integer AS query, 0 AS slice, filename::char(256) AS name, filename::char(256) AS filename, 0 AS byte_offset, lines_scanned::integer AS lines_scanned,
    0 AS errors, curtime, 1 AS status, file_format::char(16) AS file_format, 0 AS is_partial, 0::bigint AS start_offset, 0::bigint AS copy_job_id
  FROM local_redshift.load_commits WHERE local_redshift.sees(userid);
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_copy_id() RETURNS integer LANGUAGE sql STABLE AS
  $body$ SELECT coalesce(nullif(current_setting('local_redshift.last_copy_id', true), ''), '-1')::integer $body$;
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_copy_count() RETURNS bigint LANGUAGE sql STABLE AS
  $body$ SELECT coalesce(nullif(current_setting('local_redshift.last_copy_count', true), ''), '0')::bigint $body$;
GRANT SELECT ON pg_catalog.stl_load_errors, pg_catalog.sys_load_error_detail, pg_catalog.stl_load_commits TO PUBLIC;
