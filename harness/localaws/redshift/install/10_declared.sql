-- What tables were declared with. The files of this folder are run in order, once for each version of their text.
-- Functions with names of Redshift's own are in pg_catalog, so that no search_path hides them; those that take the place of one of
-- PostgreSQL's are in local_redshift, and the translation calls them by that name.
CREATE SCHEMA IF NOT EXISTS local_redshift;
CREATE TABLE IF NOT EXISTS local_redshift.version (digest text PRIMARY KEY, installed_at timestamptz NOT NULL DEFAULT now());
-- What a table was declared with is a description of it, of a class of our own: pg_description is of the catalog, which serializable
-- transactions do not watch, so that two of them may create tables at once.
CREATE TABLE IF NOT EXISTS local_redshift.declaration ();
CREATE OR REPLACE FUNCTION local_redshift.keep_declaration(relation oid, declared jsonb) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $body$
  DELETE FROM pg_catalog.pg_description WHERE objoid = relation AND classoid = 'local_redshift.declaration'::regclass;
  INSERT INTO pg_catalog.pg_description (objoid, classoid, objsubid, description)
  VALUES (relation, 'local_redshift.declaration'::regclass, 0, declared::text);
$body$;
-- A primary key's columns are NOT NULL in Redshift, the key itself is not enforced.
CREATE OR REPLACE FUNCTION local_redshift.declare_table(relation regclass, declared jsonb) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE key_column text;
BEGIN
  FOR key_column IN SELECT jsonb_array_elements_text(declared->'primary_key') LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', relation, key_column);
  END LOOP;
  FOR key_column IN SELECT jsonb_array_elements_text((declared->'sortkey') || CASE WHEN declared->>'distkey' = '' THEN '[]'::jsonb
                           ELSE jsonb_build_array(declared->>'distkey') END) LOOP
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = relation AND attname = key_column AND attnum > 0 AND NOT attisdropped) THEN
      RAISE EXCEPTION 'column "%" does not exist', key_column USING ERRCODE = 'undefined_column';
    END IF;
  END LOOP;
  PERFORM local_redshift.keep_declaration(relation, declared);
END $body$;
CREATE OR REPLACE FUNCTION local_redshift.declare_table_once(relation regclass, declared jsonb) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_description WHERE objoid = relation AND classoid = 'local_redshift.declaration'::regclass) THEN
    PERFORM local_redshift.declare_table(relation, declared);
  END IF;
END $body$;
-- ALTER TABLE: keys, styles and encodings that are named take the place of those before; constraints are added.
CREATE OR REPLACE FUNCTION local_redshift.alter_declaration(relation regclass, change jsonb) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
  empty constant jsonb := '{"diststyle": "AUTO", "distkey": "", "sortstyle": "", "sortkey": [], "encodings": {}, "primary_key": [], "unique": [], "foreign_keys": []}';
  declared jsonb;
  name text;
BEGIN
  SELECT coalesce((SELECT description::jsonb FROM pg_catalog.pg_description
    WHERE objoid = relation AND classoid = 'local_redshift.declaration'::regclass), empty) INTO declared;
  FOR name IN SELECT jsonb_object_keys(change -> 'encodings') LOOP
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = relation AND attname = name AND attnum > 0 AND NOT attisdropped) THEN
      RAISE EXCEPTION 'column "%" does not exist', name USING ERRCODE = 'undefined_column';
    END IF;
  END LOOP;
  PERFORM local_redshift.declare_table(relation, declared || change || jsonb_build_object(
    'encodings', CASE WHEN change -> 'encodings' = '{}' THEN '{}' ELSE (declared -> 'encodings') || coalesce(change -> 'encodings', '{}') END,
    'unique', (declared -> 'unique') || coalesce(change -> 'unique', '[]'),
    'foreign_keys', (declared -> 'foreign_keys') || coalesce(change -> 'foreign_keys', '[]')));
END $body$;
-- The length of a VARCHAR, and the check that holds it in bytes.
CREATE OR REPLACE FUNCTION local_redshift.resize_column(relation regclass, column_name text, bytes integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE held record;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = relation AND attname = column_name AND atttypid = 'varchar'::regtype) THEN
    RAISE EXCEPTION 'cannot alter type of column "%": it is no VARCHAR column of %', column_name, relation USING ERRCODE = 'feature_not_supported';
  END IF;
  FOR held IN SELECT conname FROM pg_constraint WHERE conrelid = relation AND conname LIKE 'redshift\_bytes\_%'
      AND conkey = ARRAY[(SELECT attnum FROM pg_attribute WHERE attrelid = relation AND attname = column_name)] LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', relation, held.conname);
  END LOOP;
  EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE varchar(%s)', relation, column_name, bytes);
  EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I CHECK (octet_length(%I) <= %s)', relation, left(format('redshift_bytes_%s_%s', bytes, column_name), 63), column_name, bytes);
END $body$;
GRANT USAGE ON SCHEMA local_redshift TO PUBLIC;
DO $body$ BEGIN
  -- An earlier version kept a table of them.
  IF EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('local_redshift.declared_tables') AND relkind = 'r') THEN
    PERFORM local_redshift.keep_declaration(relid, jsonb_build_object('diststyle', diststyle, 'distkey', distkey, 'sortstyle', sortstyle, 'sortkey', sortkey,
      'encodings', encodings, 'primary_key', primary_key, 'unique', unique_keys, 'foreign_keys', foreign_keys)) FROM local_redshift.declared_tables;
    DROP TABLE local_redshift.declared_tables CASCADE;
  END IF;
END $body$;
-- Users of GetClusterCredentials: the MD5 of a password and its user's name, and until when it lets in.
CREATE TABLE IF NOT EXISTS local_redshift.temporary_passwords (usename text NOT NULL, md5 text NOT NULL, expires timestamptz NOT NULL);
CREATE OR REPLACE FUNCTION local_redshift.version() RETURNS text LANGUAGE sql IMMUTABLE AS $body$
  SELECT 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.77467'
$body$;
-- VACUUM and ANALYZE that were run (see 80_history.sql).
CREATE TABLE IF NOT EXISTS local_redshift.maintenance (
  what text NOT NULL, form text NOT NULL, userid integer NOT NULL, database text NOT NULL, relation oid NOT NULL, schema_name text NOT NULL, table_name text NOT NULL,
  starttime timestamp NOT NULL, endtime timestamp NOT NULL, rows bigint NOT NULL, changed bigint NOT NULL, given bigint NOT NULL, xid bigint NOT NULL);
-- External schemas: the database of the Glue catalog behind each, the copies of their tables' rows, and the catalog as it was last told.
CREATE TABLE IF NOT EXISTS local_redshift.external_schema ();
CREATE TABLE IF NOT EXISTS local_redshift.external_copies (
  schema_name text NOT NULL, table_name text NOT NULL, columns text NOT NULL, fingerprint text NOT NULL, PRIMARY KEY (schema_name, table_name));
-- The file that a row of a copy came from, by the row's place (see external/file_map.py).
CREATE OR REPLACE FUNCTION local_redshift.external_file(relation oid, place tid, OUT path varchar, OUT size bigint) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $body$
BEGIN
  IF relation IS NULL THEN  -- of the side of an outer join that has no row
    RETURN;
  END IF;
  IF to_regclass('local_redshift.external_files_' || relation) IS NULL THEN
    RAISE EXCEPTION 'pseudo columns are those of external tables on files, and % is none', relation::regclass USING ERRCODE = 'undefined_column';
  END IF;
  EXECUTE format('SELECT path, size FROM local_redshift.external_files_%s WHERE last >= $1 ORDER BY last LIMIT 1', relation) INTO path, size USING place;
END $body$;
CREATE OR REPLACE FUNCTION local_redshift.external_path(relation oid, place tid) RETURNS varchar LANGUAGE sql STABLE AS 'SELECT path FROM local_redshift.external_file($1, $2)';
CREATE OR REPLACE FUNCTION local_redshift.external_size(relation oid, place tid) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT size FROM local_redshift.external_file($1, $2)';
CREATE TABLE IF NOT EXISTS local_redshift.external_catalog (schema_name text NOT NULL, table_name text NOT NULL, told jsonb NOT NULL);
CREATE OR REPLACE FUNCTION local_redshift.keep_external_schema(namespace regnamespace, declared jsonb) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $body$
  DELETE FROM pg_catalog.pg_description WHERE objoid = namespace AND classoid = 'local_redshift.external_schema'::regclass;
  INSERT INTO pg_catalog.pg_description (objoid, classoid, objsubid, description)
  VALUES (namespace, 'local_redshift.external_schema'::regclass, 0, declared::text);
$body$;
