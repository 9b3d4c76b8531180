-- What a database needs to answer Redshift's SQL: functions PostgreSQL has not, and a place for what tables were declared with.
-- Run once for each version of this text. In pg_catalog, so that no search_path hides them and views inline them.
CREATE SCHEMA IF NOT EXISTS local_redshift;
CREATE TABLE IF NOT EXISTS local_redshift.version (digest text PRIMARY KEY, installed_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS local_redshift.declared_tables (
  relid oid PRIMARY KEY, diststyle text NOT NULL, distkey text NOT NULL, sortstyle text NOT NULL, sortkey jsonb NOT NULL,
  encodings jsonb NOT NULL, primary_key jsonb NOT NULL, unique_keys jsonb NOT NULL, foreign_keys jsonb NOT NULL
);
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
  DELETE FROM local_redshift.declared_tables d WHERE d.relid = relation::oid OR NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = d.relid);
  INSERT INTO local_redshift.declared_tables
  VALUES (relation, declared->>'diststyle', declared->>'distkey', declared->>'sortstyle', declared->'sortkey', declared->'encodings',
          declared->'primary_key', declared->'unique', declared->'foreign_keys');
END $body$;
CREATE OR REPLACE FUNCTION local_redshift.declare_table_once(relation regclass, declared jsonb) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  IF NOT EXISTS (SELECT FROM local_redshift.declared_tables WHERE relid = relation::oid) THEN
    PERFORM local_redshift.declare_table(relation, declared);
  END IF;
END $body$;
CREATE OR REPLACE FUNCTION local_redshift.unknown_part(part text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS
  $body$ BEGIN RAISE EXCEPTION 'invalid date part "%" for a timestamp', part USING ERRCODE = 'invalid_parameter_value'; END $body$;

CREATE OR REPLACE FUNCTION pg_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE AS
  $body$ SELECT date_trunc('second', statement_timestamp() AT TIME ZONE 'UTC') $body$;

CREATE OR REPLACE FUNCTION pg_catalog.dateadd(part text, amount bigint, at timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $body$
  SELECT at + CASE lower(part)
    WHEN 'microsecond' THEN amount * interval '1 microsecond' WHEN 'microseconds' THEN amount * interval '1 microsecond' WHEN 'us' THEN amount * interval '1 microsecond'
    WHEN 'millisecond' THEN amount * interval '1 millisecond' WHEN 'milliseconds' THEN amount * interval '1 millisecond' WHEN 'ms' THEN amount * interval '1 millisecond'
    WHEN 'second' THEN amount * interval '1 second' WHEN 'seconds' THEN amount * interval '1 second' WHEN 's' THEN amount * interval '1 second'
    WHEN 'minute' THEN amount * interval '1 minute' WHEN 'minutes' THEN amount * interval '1 minute' WHEN 'm' THEN amount * interval '1 minute'
    WHEN 'hour' THEN amount * interval '1 hour' WHEN 'hours' THEN amount * interval '1 hour' WHEN 'h' THEN amount * interval '1 hour'
    WHEN 'day' THEN amount * interval '1 day' WHEN 'days' THEN amount * interval '1 day' WHEN 'd' THEN amount * interval '1 day'
    WHEN 'week' THEN amount * interval '7 days' WHEN 'weeks' THEN amount * interval '7 days' WHEN 'w' THEN amount * interval '7 days'
    WHEN 'month' THEN amount * interval '1 month' WHEN 'months' THEN amount * interval '1 month' WHEN 'mon' THEN amount * interval '1 month'
    WHEN 'quarter' THEN amount * interval '3 months' WHEN 'qtr' THEN amount * interval '3 months' WHEN 'quarters' THEN amount * interval '3 months'
    WHEN 'year' THEN amount * interval '1 year' WHEN 'years' THEN amount * interval '1 year' WHEN 'y' THEN amount * interval '1 year'
    ELSE local_redshift.unknown_part(part)::text::interval END
$body$;
CREATE OR REPLACE FUNCTION pg_catalog.dateadd(part text, amount bigint, at date) RETURNS timestamp LANGUAGE sql IMMUTABLE AS
  $body$ SELECT pg_catalog.dateadd(part, amount, at::timestamp) $body$;

-- Boundaries crossed, not time elapsed: from 23:59 to 00:01 is one day.
CREATE OR REPLACE FUNCTION pg_catalog.datediff(part text, starts timestamp, ends timestamp) RETURNS bigint LANGUAGE sql IMMUTABLE AS $body$
  SELECT CASE
    WHEN lower(part) IN ('day', 'days', 'd') THEN (ends::date - starts::date)::bigint
    WHEN lower(part) IN ('month', 'months', 'mon') THEN
      ((extract(year FROM ends) - extract(year FROM starts)) * 12 + extract(month FROM ends) - extract(month FROM starts))::bigint
    WHEN lower(part) IN ('year', 'years', 'y') THEN (extract(year FROM ends) - extract(year FROM starts))::bigint
    WHEN lower(part) IN ('quarter', 'quarters', 'qtr') THEN
      ((extract(year FROM ends) - extract(year FROM starts)) * 4 + extract(quarter FROM ends) - extract(quarter FROM starts))::bigint
    WHEN lower(part) IN ('week', 'weeks', 'w') THEN ((date_trunc('week', ends)::date - date_trunc('week', starts)::date) / 7)::bigint
    WHEN lower(part) IN ('hour', 'hours', 'h') THEN (extract(epoch FROM date_trunc('hour', ends) - date_trunc('hour', starts)) / 3600)::bigint
    WHEN lower(part) IN ('minute', 'minutes', 'm') THEN (extract(epoch FROM date_trunc('minute', ends) - date_trunc('minute', starts)) / 60)::bigint
    WHEN lower(part) IN ('second', 'seconds', 's') THEN extract(epoch FROM date_trunc('second', ends) - date_trunc('second', starts))::bigint
    WHEN lower(part) IN ('millisecond', 'milliseconds', 'ms') THEN
      (extract(epoch FROM date_trunc('milliseconds', ends) - date_trunc('milliseconds', starts)) * 1000)::bigint
    WHEN lower(part) IN ('microsecond', 'microseconds', 'us') THEN (extract(epoch FROM ends - starts) * 1000000)::bigint
    ELSE local_redshift.unknown_part(part) END
$body$;
CREATE OR REPLACE FUNCTION pg_catalog.datediff(part text, starts date, ends date) RETURNS bigint LANGUAGE sql IMMUTABLE AS
  $body$ SELECT pg_catalog.datediff(part, starts::timestamp, ends::timestamp) $body$;

CREATE OR REPLACE FUNCTION pg_catalog.add_months(at timestamp, months integer) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $body$
  SELECT CASE WHEN at::date = (date_trunc('month', at) + interval '1 month - 1 day')::date
    THEN (date_trunc('month', at) + (months + 1) * interval '1 month' - interval '1 day') + (at - date_trunc('day', at))
    ELSE at + months * interval '1 month' END
$body$;
CREATE OR REPLACE FUNCTION pg_catalog.last_day(at timestamp) RETURNS date LANGUAGE sql IMMUTABLE AS
  $body$ SELECT (date_trunc('month', at) + interval '1 month - 1 day')::date $body$;
CREATE OR REPLACE FUNCTION pg_catalog.trunc(at timestamp) RETURNS date LANGUAGE sql IMMUTABLE AS $body$ SELECT at::date $body$;
CREATE OR REPLACE FUNCTION pg_catalog.charindex(part text, whole text) RETURNS integer LANGUAGE sql IMMUTABLE AS
  $body$ SELECT position(part IN whole) $body$;
CREATE OR REPLACE FUNCTION pg_catalog.sha2(value text, bits integer) RETURNS text LANGUAGE sql IMMUTABLE AS $body$
  SELECT CASE bits WHEN 0 THEN encode(sha256(convert_to(value, 'UTF8')), 'hex') WHEN 224 THEN encode(sha224(convert_to(value, 'UTF8')), 'hex')
    WHEN 256 THEN encode(sha256(convert_to(value, 'UTF8')), 'hex') WHEN 384 THEN encode(sha384(convert_to(value, 'UTF8')), 'hex')
    WHEN 512 THEN encode(sha512(convert_to(value, 'UTF8')), 'hex') ELSE NULL END
$body$;
