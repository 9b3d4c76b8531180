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
