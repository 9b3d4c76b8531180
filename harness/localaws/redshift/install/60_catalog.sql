-- The catalog as Redshift shows it (Redshift guide, "SVV views", "System catalog tables"). A column that means nothing here is NULL.
DO $body$ BEGIN
  -- Views whose columns change between versions of this text cannot be replaced.
  EXECUTE (SELECT coalesce(string_agg(format('DROP VIEW IF EXISTS %I.%I CASCADE', n.nspname, c.relname), '; '), 'SELECT 1')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v'
    AND (n.nspname = 'local_redshift' OR n.nspname = 'pg_catalog' AND c.oid >= 16384));
END $body$;

CREATE VIEW local_redshift.declared_tables AS
  SELECT objoid AS relid, d ->> 'diststyle' AS diststyle, d ->> 'distkey' AS distkey, d ->> 'sortstyle' AS sortstyle, d -> 'sortkey' AS sortkey,
    d -> 'encodings' AS encodings, d -> 'primary_key' AS primary_key, d -> 'unique' AS unique_keys, d -> 'foreign_keys' AS foreign_keys
  FROM pg_catalog.pg_description, LATERAL (SELECT description::jsonb AS d OFFSET 0) AS declared WHERE classoid = 'local_redshift.declaration'::regclass;

CREATE OR REPLACE FUNCTION local_redshift.type_name(kind oid, modifier integer) RETURNS varchar LANGUAGE sql STABLE AS $body$
  SELECT CASE WHEN kind = 'jsonb'::regtype THEN 'super' WHEN kind = 'bytea'::regtype THEN 'binary varying' ELSE format_type(kind, modifier) END::varchar
$body$;
CREATE OR REPLACE FUNCTION local_redshift.default_of(relation oid, place smallint) RETURNS varchar LANGUAGE sql STABLE AS $body$
  SELECT CASE WHEN a.attidentity <> '' THEN format('"identity"(%s, %s, ''1,1''::text)', relation, place - 1) ELSE pg_get_expr(d.adbin, d.adrelid) END::varchar
  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = relation AND a.attnum = place
$body$;

CREATE OR REPLACE FUNCTION local_redshift.encodings() RETURNS TABLE (code integer, name text) LANGUAGE sql IMMUTABLE AS $body$
  SELECT place::integer - 1, name FROM unnest(ARRAY['none', 'raw', 'bytedict', 'delta', 'delta32k', 'lzo', 'mostly8', 'mostly16', 'mostly32', 'runlength', 'text255', 'text32k',
    'zstd', 'az64', 'auto']) WITH ORDINALITY AS names (name, place)
$body$;
-- Keys are recorded and not enforced, so PostgreSQL has none: they get numbers above those of its own objects.
CREATE VIEW local_redshift.declared_keys AS
  SELECT d.relid, k.kind, k.number, ARRAY(SELECT a.attnum FROM jsonb_array_elements_text(k.columns) WITH ORDINALITY AS names (name, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = d.relid AND a.attname = name ORDER BY place) AS conkey, k.columns, k.other, k.other_columns
  FROM local_redshift.declared_tables d CROSS JOIN LATERAL (
    SELECT 'p' AS kind, 0::bigint AS number, d.primary_key AS columns, NULL::text AS other, NULL::jsonb AS other_columns WHERE d.primary_key <> '[]'
    UNION ALL SELECT 'u', place, key, NULL, NULL FROM jsonb_array_elements(d.unique_keys) WITH ORDINALITY AS keys (key, place)
    UNION ALL SELECT 'f', 100 + place, key -> 'columns', key ->> 'table', key -> 'references' FROM jsonb_array_elements(d.foreign_keys) WITH ORDINALITY AS keys (key, place)) AS k
  WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = d.relid);
CREATE VIEW local_redshift.key_indexes AS
  SELECT (2147483648 + k.relid::bigint * 256 + k.number)::oid AS oid, k.*, c.relname || '_pkey' AS name, c.relnamespace, c.relowner
  FROM local_redshift.declared_keys k JOIN pg_catalog.pg_class c ON c.oid = k.relid WHERE k.kind = 'p';
-- PostgreSQL's own, with the columns that Redshift adds; the translation puts them in the place of pg_class and pg_attribute.
CREATE VIEW local_redshift.pg_class AS
  SELECT c.*, CASE d.diststyle WHEN 'EVEN' THEN 0 WHEN 'KEY' THEN 1 WHEN 'ALL' THEN 8 ELSE 9 END::smallint AS reldiststyle,
    NULL::timestamp AS relcreationtime
  FROM pg_catalog.pg_class c LEFT JOIN local_redshift.declared_tables d ON d.relid = c.oid
  UNION ALL
  SELECT (jsonb_populate_record(NULL::pg_catalog.pg_class, jsonb_build_object('oid', k.oid, 'relname', k.name, 'relkind', 'i', 'relnamespace', k.relnamespace, 'relowner', k.relowner))).*, 9::smallint, NULL
  FROM local_redshift.key_indexes k;
CREATE VIEW local_redshift.pg_index AS
  SELECT i.* FROM pg_catalog.pg_index i
  UNION ALL
  SELECT (jsonb_populate_record(NULL::pg_catalog.pg_index, jsonb_build_object('indexrelid', k.oid, 'indrelid', k.relid, 'indisprimary', true, 'indisunique', true,
    'indkey', array_to_string(k.conkey, ' '), 'indnatts', cardinality(k.conkey), 'indnkeyatts', cardinality(k.conkey)))).*
  FROM local_redshift.key_indexes k;
CREATE VIEW local_redshift.pg_attribute AS
  SELECT a.*, coalesce(d.distkey = a.attname, false) AS attisdistkey,
    coalesce((SELECT place * CASE WHEN d.sortstyle = 'INTERLEAVED' AND place % 2 = 0 THEN -1 ELSE 1 END
      FROM jsonb_array_elements_text(d.sortkey) WITH ORDINALITY AS keys (name, place) WHERE name = a.attname), 0)::integer AS attsortkeyord,
    (SELECT code FROM local_redshift.encodings() e WHERE e.name = coalesce(d.encodings ->> a.attname, 'none'))::smallint AS attencodingtype
  FROM pg_catalog.pg_attribute a LEFT JOIN local_redshift.declared_tables d ON d.relid = a.attrelid
  UNION ALL
  SELECT (jsonb_populate_record(NULL::pg_catalog.pg_attribute, jsonb_build_object('attrelid', k.oid, 'attname', a.attname, 'atttypid', a.atttypid, 'atttypmod', a.atttypmod,
    'attnum', places.place, 'attnotnull', true, 'attisdropped', false))).*, false, 0, 0::smallint
  FROM local_redshift.key_indexes k CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS places (number, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.relid AND a.attnum = places.number;
CREATE OR REPLACE FUNCTION pg_catalog.format_encoding(code integer) RETURNS text LANGUAGE sql IMMUTABLE AS
  $body$ SELECT e.name FROM local_redshift.encodings() e WHERE e.code = $1 $body$;
CREATE VIEW local_redshift.pg_attrdef AS SELECT d.*, pg_get_expr(d.adbin, d.adrelid) AS adsrc FROM pg_catalog.pg_attrdef d;
CREATE VIEW local_redshift.pg_constraint AS
  SELECT oid, conname, connamespace, contype, condeferrable, condeferred, convalidated, conrelid, contypid, confrelid, confupdtype, confdeltype, confmatchtype, conkey, confkey, conbin
  FROM pg_catalog.pg_constraint WHERE conname NOT LIKE 'redshift\_bytes\_%'
  UNION ALL
  SELECT (2147483648 + k.relid::bigint * 256 + k.number)::oid, (c.relname || CASE k.kind WHEN 'p' THEN '_pkey' WHEN 'u' THEN '_key' || k.number ELSE '_fkey' || k.number - 100 END)::name,
    c.relnamespace, k.kind::"char", false, false, true, k.relid, 0, coalesce(to_regclass(k.other)::oid, 0), ' ', ' ', ' ', k.conkey,
    CASE WHEN k.kind = 'f' THEN ARRAY(SELECT a.attnum FROM jsonb_array_elements_text(k.other_columns) WITH ORDINALITY AS names (name, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = to_regclass(k.other) AND a.attname = name ORDER BY place) END, NULL
  FROM local_redshift.declared_keys k JOIN pg_catalog.pg_class c ON c.oid = k.relid;
CREATE OR REPLACE FUNCTION local_redshift.constraint_text(number oid, pretty boolean DEFAULT false) RETURNS text LANGUAGE sql STABLE AS $body$
  SELECT coalesce(pg_catalog.pg_get_constraintdef($1, $2), (SELECT
    CASE k.kind WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' ELSE 'FOREIGN KEY' END
    || ' (' || (SELECT string_agg(quote_ident(name), ', ' ORDER BY place) FROM jsonb_array_elements_text(k.columns) WITH ORDINALITY AS names (name, place)) || ')'
    || CASE k.kind WHEN 'f' THEN ' REFERENCES ' || k.other || coalesce('(' || (SELECT string_agg(quote_ident(name), ', ' ORDER BY place)
         FROM jsonb_array_elements_text(k.other_columns) WITH ORDINALITY AS names (name, place)) || ')', '') ELSE '' END
    FROM local_redshift.declared_keys k WHERE $1::bigint = 2147483648 + k.relid::bigint * 256 + k.number))
$body$;

CREATE VIEW local_redshift.relations AS
  SELECT c.oid, n.nspname, c.relname, c.relkind, c.relowner, pg_get_userbyid(c.relowner) AS owner, c.relacl::varchar AS acl,
    obj_description(c.oid, 'pg_class')::varchar AS remarks, n.nspname LIKE 'pg\_%' OR n.nspname = 'information_schema' AS of_system,
    c.relpersistence = 't' AS temporary, greatest(c.reltuples, 0) AS reltuples
  FROM pg_catalog.pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('local_redshift', 'pg_toast');
CREATE VIEW local_redshift.columns AS
  SELECT r.*, a.attname, a.attnum, NOT a.attnotnull AS nullable, local_redshift.type_name(a.atttypid, a.atttypmod) AS kind,
    local_redshift.type_name(a.atttypid, -1) AS plain_kind, local_redshift.default_of(r.oid, a.attnum) AS column_default,
    CASE WHEN a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND a.atttypmod > 0 THEN a.atttypmod - 4 END AS length,
    CASE a.atttypid WHEN 'numeric'::regtype THEN ((a.atttypmod - 4) >> 16) & 65535 WHEN 'int2'::regtype THEN 16 WHEN 'int4'::regtype THEN 32
      WHEN 'int8'::regtype THEN 64 WHEN 'float4'::regtype THEN 24 WHEN 'float8'::regtype THEN 53 END AS precision,
    CASE a.atttypid WHEN 'numeric'::regtype THEN (a.atttypmod - 4) & 2047 WHEN 'int2'::regtype THEN 0 WHEN 'int4'::regtype THEN 0
      WHEN 'int8'::regtype THEN 0 END AS scale,
    col_description(r.oid, a.attnum)::varchar AS column_remarks, a.attisdistkey, a.attsortkeyord, a.attencodingtype
  FROM local_redshift.relations r JOIN local_redshift.pg_attribute a ON a.attrelid = r.oid WHERE a.attnum > 0 AND NOT a.attisdropped;

CREATE VIEW pg_catalog.svv_tables AS
  SELECT current_database()::varchar AS table_catalog, nspname::varchar AS table_schema, relname::varchar AS table_name,
    CASE WHEN relkind IN ('v', 'm') THEN 'VIEW' WHEN of_system THEN 'SYSTEM TABLE' ELSE 'BASE TABLE' END::varchar AS table_type, remarks
  FROM local_redshift.relations;
CREATE VIEW pg_catalog.svv_all_tables AS
  SELECT current_database()::varchar AS database_name, nspname::varchar AS schema_name, relname::varchar AS table_name,
    CASE WHEN relkind IN ('v', 'm') THEN 'VIEW' ELSE 'TABLE' END::varchar AS table_type, acl AS table_acl, remarks, owner::varchar AS owner
  FROM local_redshift.relations;
CREATE VIEW pg_catalog.svv_redshift_tables AS
  SELECT current_database()::varchar AS database_name, nspname::varchar AS schema_name, relname::varchar AS table_name,
    CASE WHEN relkind IN ('v', 'm') THEN 'VIEW' ELSE 'TABLE' END::varchar AS table_type, acl AS table_acl, remarks, owner::varchar AS table_owner
  FROM local_redshift.relations WHERE NOT of_system;
CREATE VIEW pg_catalog.svv_columns AS
  SELECT current_database()::varchar AS table_catalog, nspname::varchar AS table_schema, relname::varchar AS table_name, attname::varchar AS column_name,
    attnum::integer AS ordinal_position, column_default, CASE WHEN nullable THEN 'YES' ELSE 'NO' END::varchar AS is_nullable, plain_kind AS data_type,
    length AS character_maximum_length, precision AS numeric_precision, CASE WHEN precision IS NOT NULL THEN CASE WHEN plain_kind = 'numeric' THEN 10 ELSE 2 END END AS numeric_precision_radix,
    scale AS numeric_scale, NULL::integer AS datetime_precision, NULL::varchar AS interval_type, NULL::varchar AS interval_precision,
    NULL::varchar AS character_set_catalog, NULL::varchar AS character_set_schema, NULL::varchar AS character_set_name,
    NULL::varchar AS collation_catalog, NULL::varchar AS collation_schema, NULL::varchar AS collation_name, NULL::varchar AS domain_name, column_remarks AS remarks
  FROM local_redshift.columns;
CREATE VIEW pg_catalog.svv_all_columns AS
  SELECT current_database()::varchar AS database_name, nspname::varchar AS schema_name, relname::varchar AS table_name, attname::varchar AS column_name,
    attnum::integer AS ordinal_position, column_default, CASE WHEN nullable THEN 'YES' ELSE 'NO' END::varchar AS is_nullable, plain_kind AS data_type,
    length AS character_maximum_length, precision AS numeric_precision, scale AS numeric_scale, column_remarks AS remarks
  FROM local_redshift.columns;
CREATE VIEW pg_catalog.svv_redshift_columns AS
  SELECT current_database()::varchar AS database_name, nspname::varchar AS schema_name, relname::varchar AS table_name, attname::varchar AS column_name,
    attnum::integer AS ordinal_position, kind AS data_type, column_default, CASE WHEN nullable THEN 'YES' ELSE 'NO' END::varchar AS is_nullable,
    format_encoding(attencodingtype)::varchar AS encoding, attisdistkey AS distkey, attsortkeyord AS sortkey, NULL::varchar AS column_acl, column_remarks AS remarks,
    length AS character_maximum_length, precision AS numeric_precision, scale AS numeric_scale
  FROM local_redshift.columns WHERE NOT of_system;
CREATE VIEW pg_catalog.svv_all_schemas AS
  SELECT current_database()::varchar AS database_name, nspname::varchar AS schema_name, nspowner::integer AS schema_owner,
    CASE WHEN EXISTS (SELECT FROM pg_description d WHERE d.objoid = pg_namespace.oid AND d.classoid = 'local_redshift.external_schema'::regclass) THEN 'external' ELSE 'local' END::varchar AS schema_type,
    nspacl::varchar AS schema_acl, NULL::varchar AS source_database, NULL::varchar AS schema_option
  FROM pg_namespace WHERE nspname NOT IN ('local_redshift', 'pg_toast') AND nspname NOT LIKE 'pg\_temp\_%' AND nspname NOT LIKE 'pg\_toast\_%';
CREATE VIEW pg_catalog.svv_redshift_schemas AS SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, schema_option FROM pg_catalog.svv_all_schemas;
CREATE VIEW pg_catalog.svv_redshift_databases AS
  SELECT datname::varchar AS database_name, datdba::integer AS database_owner, 'local'::varchar AS database_type, datacl::varchar AS database_acl,
    NULL::varchar AS database_options, 'Serializable'::varchar AS database_isolation_level
  FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres';
CREATE VIEW pg_catalog.svv_external_schemas AS
  SELECT n.oid AS esoid, 1::smallint AS eskind, n.nspname::varchar AS schemaname, n.nspowner::integer AS esowner, (d.description::jsonb ->> 'database')::varchar AS databasename,
    json_build_object('IAM_ROLE', d.description::jsonb ->> 'role')::varchar AS esoptions
  FROM pg_namespace n JOIN pg_description d ON d.objoid = n.oid AND d.classoid = 'local_redshift.external_schema'::regclass;
CREATE VIEW pg_catalog.svv_external_tables AS
  SELECT current_database()::varchar AS redshift_database_name, schema_name::varchar AS schemaname, table_name::varchar AS tablename, 'TABLE'::varchar AS tabletype,
    (told ->> 'location')::varchar AS location, (told ->> 'input')::varchar AS input_format, (told ->> 'output')::varchar AS output_format, (told ->> 'serde')::varchar AS serialization_lib,
    (told -> 'options')::varchar AS serde_parameters, 0 AS compressed, (told -> 'parameters')::varchar AS parameters
  FROM local_redshift.external_catalog JOIN pg_catalog.svv_external_schemas ON schemaname = schema_name;
CREATE VIEW pg_catalog.svv_external_columns AS
  SELECT current_database()::varchar AS redshift_database_name, schema_name::varchar AS schemaname, table_name::varchar AS tablename, (c ->> 0)::varchar AS columnname,
    (c ->> 1)::varchar AS external_type, place::integer AS columnnum, greatest(place - jsonb_array_length(told -> 'columns'), 0)::integer AS part_key, ''::varchar AS is_nullable
  FROM local_redshift.external_catalog JOIN pg_catalog.svv_external_schemas ON schemaname = schema_name,
    LATERAL jsonb_array_elements((told -> 'columns') || (told -> 'keys')) WITH ORDINALITY AS every (c, place);
CREATE VIEW pg_catalog.svv_external_partitions AS
  SELECT schema_name::varchar AS schemaname, table_name::varchar AS tablename, (p -> 0)::varchar AS values, (p ->> 1)::varchar AS location, (told ->> 'input')::varchar AS input_format,
    (told ->> 'output')::varchar AS output_format, (told ->> 'serde')::varchar AS serialization_lib, (told -> 'options')::varchar AS serde_parameters, 0 AS compressed,
    (told -> 'parameters')::varchar AS parameters
  FROM local_redshift.external_catalog JOIN pg_catalog.svv_external_schemas ON schemaname = schema_name, LATERAL jsonb_array_elements(told -> 'partitions') AS every (p);
CREATE VIEW pg_catalog.pg_external_schema AS SELECT esoid, eskind, databasename AS esdbname, esoptions FROM pg_catalog.svv_external_schemas;

CREATE VIEW pg_catalog.pg_table_def AS
  SELECT nspname::name AS schemaname, relname::name AS tablename, attname::name AS "column", kind::text AS type, format_encoding(attencodingtype)::varchar AS encoding,
    attisdistkey AS distkey, attsortkeyord AS sortkey, NOT nullable AS "notnull"
  FROM local_redshift.columns WHERE relkind IN ('r', 'p') AND nspname = ANY (current_schemas(true));
-- One slice: rows are spread evenly, whatever the key.
CREATE VIEW pg_catalog.svv_table_info AS
  SELECT current_database()::text AS database, r.nspname::text AS schema, r.oid AS table_id, r.relname::text AS "table",
    CASE WHEN EXISTS (SELECT FROM jsonb_object_keys(d.encodings)) THEN 'Y' ELSE 'N' END::text AS encoded,
    CASE d.diststyle WHEN 'KEY' THEN format('KEY(%s)', d.distkey) WHEN 'AUTO' THEN 'AUTO(ALL)' ELSE coalesce(d.diststyle, 'AUTO(ALL)') END::text AS diststyle,
    CASE WHEN d.sortstyle = 'AUTO' THEN 'AUTO(SORTKEY)' ELSE d.sortkey ->> 0 END::text AS sortkey1,
    (SELECT max(length) FROM local_redshift.columns c WHERE c.oid = r.oid)::integer AS max_varchar,
    d.encodings ->> (d.sortkey ->> 0) AS sortkey1_enc, coalesce(jsonb_array_length(d.sortkey), 0) AS sortkey_num,
    ceil(pg_total_relation_size(r.oid) / 1048576.0)::bigint AS size, 0::numeric(10,4) AS pct_used, 0::bigint AS empty,
    CASE WHEN d.sortkey <> '[]' THEN least(100, 100.0 * greatest(0, coalesce(s.n_tup_ins + s.n_tup_upd, 0)
      - coalesce((SELECT given FROM local_redshift.maintenance m WHERE m.relation = r.oid AND m.what = 'vacuum' AND m.form <> 'DELETE ONLY' ORDER BY m.endtime DESC LIMIT 1), 0))
      / greatest(s.n_live_tup, r.reltuples, 1)) END::numeric(5,2) AS unsorted,
    CASE WHEN s.last_analyze IS NULL AND s.last_autoanalyze IS NULL THEN 100 ELSE least(100, 100.0 * s.n_mod_since_analyze / greatest(r.reltuples, 1)) END::numeric(5,2) AS stats_off,
    coalesce(nullif(s.n_live_tup, 0), r.reltuples)::numeric(38,0) AS tbl_rows, 1::numeric(19,2) AS skew_sortkey1, 1::numeric(19,2) AS skew_rows,
    r.reltuples::numeric(38,0) AS estimated_visible_rows, NULL::text AS risk_event, 0::numeric(12,2) AS vacuum_sort_benefit, NULL::timestamp AS create_time
  FROM local_redshift.relations r LEFT JOIN local_redshift.declared_tables d ON d.relid = r.oid LEFT JOIN pg_stat_user_tables s ON s.relid = r.oid
  WHERE r.relkind IN ('r', 'p') AND NOT r.of_system;
CREATE VIEW pg_catalog.svv_mv_info AS
  SELECT current_database()::varchar AS database_name, current_database()::varchar AS database, nspname::varchar AS schema, nspname::varchar AS schema_name, owner::varchar AS user_name,
    relname::varchar AS name, NULL::char(1) AS is_stale, 0 AS state, false AS autorewrite, false AS autorefresh
  FROM local_redshift.relations WHERE relkind = 'm';
CREATE VIEW pg_catalog.stv_mv_info AS SELECT * FROM pg_catalog.svv_mv_info;
CREATE VIEW pg_catalog.pg_proc_info AS
  SELECT p.oid AS prooid, p.*, p.prosrc AS prosrc_text FROM pg_proc p;
CREATE VIEW pg_catalog.svv_relation_privileges AS
  SELECT r.nspname::varchar AS namespace_name, r.relname::varchar AS relation_name, p.privilege_type::varchar AS privilege_type, p.grantee::integer AS identity_id,
    CASE WHEN p.grantee = 0 THEN 'public' ELSE pg_get_userbyid(p.grantee) END::varchar AS identity_name,
    local_redshift.identity_type(p.grantee)::varchar AS identity_type, p.is_grantable AS admin_option,
    pg_get_userbyid(p.grantor)::varchar AS grantor_name
  FROM local_redshift.relations r JOIN pg_catalog.pg_class c ON c.oid = r.oid CROSS JOIN LATERAL aclexplode(c.relacl) AS p LEFT JOIN pg_authid g ON g.oid = p.grantee
  WHERE NOT r.of_system;
CREATE VIEW pg_catalog.stv_sessions AS
  SELECT backend_start AT TIME ZONE 'UTC' AS starttime, pid AS process, usename::char(50) AS user_name, datname::char(50) AS db_name, 0 AS timeout_sec
  FROM pg_stat_activity WHERE backend_type = 'client backend';
CREATE VIEW pg_catalog.stv_recents AS
  SELECT usesysid::integer AS userid, CASE state WHEN 'active' THEN 'Running' ELSE 'Done' END::char(20) AS status, query_start AT TIME ZONE 'UTC' AS starttime,
    (extract(epoch FROM coalesce(CASE WHEN state = 'active' THEN clock_timestamp() END, state_change) - query_start) * 1000000)::integer AS duration, usename::char(50) AS user_name,
    datname::char(50) AS db_name, query::char(600) AS query, CASE WHEN state = 'active' THEN pid ELSE -1 END AS pid
  FROM pg_stat_activity WHERE backend_type = 'client backend' AND query_start IS NOT NULL;
CREATE VIEW pg_catalog.stv_locks AS
  SELECT l.relation::integer AS table_id, a.query_start AT TIME ZONE 'UTC' AS last_update, a.query_start AT TIME ZONE 'UTC' AS last_commit,
    a.pid::bigint AS lock_owner, l.pid::bigint AS lock_owner_pid, a.xact_start AT TIME ZONE 'UTC' AS lock_owner_start_ts, NULL::timestamp AS lock_owner_end_ts,
    CASE WHEN l.granted THEN 'Holding ' || l.mode ELSE 'Waiting for ' || l.mode END::char(22) AS lock_status
  FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'relation' AND l.relation >= 16384;
CREATE VIEW pg_catalog.svv_transactions AS
  SELECT a.usename::text AS txn_owner, a.datname::text AS txn_db, coalesce(a.backend_xid::text::bigint, 0) AS xid, a.pid, a.xact_start AT TIME ZONE 'UTC' AS txn_start,
    l.mode::text AS lock_mode, l.locktype::text AS lockable_object_type, l.relation::integer AS relation, l.granted
  FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid WHERE a.xact_start IS NOT NULL;
CREATE VIEW pg_catalog.stv_slices AS SELECT 0 AS node, 0 AS slice, 0 AS localslice, 'D'::char(1) AS type;
CREATE VIEW pg_catalog.svl_user_info AS
  SELECT usename::name AS usename, usesysid::integer AS usesysid, usecreatedb, usesuper, NULL::timestamp AS usecatupd, local_redshift.syslog_access(usename) AS syslogaccess FROM pg_user;
CREATE VIEW pg_catalog.svv_user_info AS
  SELECT usesysid::integer AS user_id, usename::varchar AS user_name, usecreatedb AS createdb, usesuper AS superuser, false AS catalog_update,
    (SELECT CASE WHEN rolconnlimit < 0 THEN 'UNLIMITED' ELSE rolconnlimit::text END FROM pg_roles WHERE oid = usesysid)::varchar AS connection_limit,
    local_redshift.syslog_access(usename)::varchar AS syslog_access, NULL::timestamp AS last_ddl_timestamp,
    (SELECT rtrim(value, 's')::integer FROM local_redshift.settings_of(usename) WHERE setting = 'idle_session_timeout') AS session_timeout, NULL::varchar AS external_user_id
  FROM pg_user;
CREATE VIEW pg_catalog.svv_roles AS
  SELECT oid::integer AS role_id, rolname::varchar AS role_name, 'etl'::varchar AS role_owner, NULL::varchar AS external_id FROM pg_roles WHERE local_redshift.identity_type(oid) = 'role' AND oid >= 16384;
DO $body$ BEGIN
  EXECUTE (SELECT string_agg(format('GRANT SELECT ON %I.%I TO PUBLIC', n.nspname, c.relname), '; ')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v' AND c.oid >= 16384 AND n.nspname IN ('pg_catalog', 'local_redshift'));
END $body$;
