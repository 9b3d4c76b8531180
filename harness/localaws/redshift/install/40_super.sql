-- SUPER as jsonb, and JSON in texts (Redshift guide, "JSON functions", "SUPER type information functions", "Array functions").
CREATE OR REPLACE FUNCTION pg_catalog.json_parse(value text) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$ SELECT value::jsonb $body$;
CREATE OR REPLACE FUNCTION pg_catalog.json_serialize(value jsonb) RETURNS varchar LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE parts text;
BEGIN
  -- Without the spaces that PostgreSQL writes.
  CASE jsonb_typeof(value)
    WHEN 'object' THEN
      SELECT string_agg(to_jsonb(key)::text || ':' || pg_catalog.json_serialize(member), ',') INTO parts FROM jsonb_each(value) AS members (key, member);
      RETURN '{' || coalesce(parts, '') || '}';
    WHEN 'array' THEN
      SELECT string_agg(pg_catalog.json_serialize(member), ',' ORDER BY place) INTO parts FROM jsonb_array_elements(value) WITH ORDINALITY AS members (member, place);
      RETURN '[' || coalesce(parts, '') || ']';
    ELSE RETURN value::text;
  END CASE;
END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.can_json_parse(value text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $body$ SELECT pg_input_is_valid(value, 'jsonb') $body$;
CREATE OR REPLACE FUNCTION pg_catalog.is_valid_json(value text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $body$ SELECT CASE WHEN pg_input_is_valid(value, 'jsonb') THEN jsonb_typeof(value::jsonb) = 'object' ELSE false END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.is_valid_json_array(value text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $body$ SELECT CASE WHEN pg_input_is_valid(value, 'jsonb') THEN jsonb_typeof(value::jsonb) = 'array' ELSE false END $body$;
CREATE OR REPLACE FUNCTION local_redshift.json_or_null(value text, null_if_invalid boolean, caller text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
BEGIN
  IF pg_input_is_valid(value, 'jsonb') THEN RETURN value::jsonb; END IF;
  IF null_if_invalid OR value IS NULL THEN RETURN NULL; END IF;
  RAISE EXCEPTION 'JSON parsing error' USING DETAIL = format('Invalid JSON object %s', value), ERRCODE = 'invalid_parameter_value';
END $body$;
-- A path that is not there gives an empty text, as in Redshift.
CREATE OR REPLACE FUNCTION local_redshift.json_extract_path_text(null_if_invalid boolean, value text, VARIADIC path text[]) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT CASE WHEN parsed.value IS NULL THEN NULL ELSE coalesce(parsed.value #>> path, '') END
  FROM (SELECT local_redshift.json_or_null(value, null_if_invalid, 'json_extract_path_text')) AS parsed (value)
$body$;
CREATE OR REPLACE FUNCTION pg_catalog.json_extract_array_element_text(value text, place integer, null_if_invalid boolean DEFAULT false) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT local_redshift.json_or_null(value, null_if_invalid, 'json_extract_array_element_text') ->> place $body$;
CREATE OR REPLACE FUNCTION pg_catalog.json_array_length(value text, null_if_invalid boolean DEFAULT false) RETURNS integer
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT jsonb_array_length(local_redshift.json_or_null(value, null_if_invalid, 'json_array_length')) $body$;

CREATE OR REPLACE FUNCTION local_redshift.as_super(value text) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$ SELECT to_jsonb(value) $body$;
CREATE OR REPLACE FUNCTION local_redshift.as_super(value numeric) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$ SELECT to_jsonb(value) $body$;
CREATE OR REPLACE FUNCTION local_redshift.as_super(value double precision) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$ SELECT to_jsonb(value) $body$;
CREATE OR REPLACE FUNCTION local_redshift.as_super(value boolean) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$ SELECT to_jsonb(value) $body$;
CREATE OR REPLACE FUNCTION local_redshift.as_super(value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$ SELECT value $body$;
CREATE OR REPLACE FUNCTION local_redshift.super_number(value jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $body$ SELECT CASE WHEN jsonb_typeof(value) = 'number' THEN value::numeric END $body$;
CREATE OR REPLACE FUNCTION local_redshift.super_text(value jsonb) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$ SELECT value #>> '{}' $body$;
CREATE OR REPLACE FUNCTION local_redshift.unnest_super(value jsonb) RETURNS TABLE (member jsonb, place bigint) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT member, place - 1 FROM jsonb_array_elements(CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE jsonb_build_array(value) END)
    WITH ORDINALITY AS members (member, place) WHERE value IS NOT NULL
$body$;
DO $body$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_cast WHERE castsource = 'jsonb'::regtype AND casttarget = 'varchar'::regtype) THEN
    CREATE CAST (jsonb AS varchar) WITH FUNCTION local_redshift.super_text(jsonb) AS ASSIGNMENT;
  END IF;
END $body$;
CREATE OR REPLACE FUNCTION local_redshift.json_typeof(value jsonb) RETURNS varchar LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT jsonb_typeof(value) $body$;
CREATE OR REPLACE FUNCTION pg_catalog.is_array(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT jsonb_typeof(value) = 'array' $body$;
CREATE OR REPLACE FUNCTION pg_catalog.is_object(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT jsonb_typeof(value) = 'object' $body$;
CREATE OR REPLACE FUNCTION pg_catalog.is_scalar(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT jsonb_typeof(value) NOT IN ('array', 'object') $body$;
CREATE OR REPLACE FUNCTION pg_catalog.is_varchar(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT jsonb_typeof(value) = 'string' $body$;
CREATE OR REPLACE FUNCTION pg_catalog.is_boolean(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT jsonb_typeof(value) = 'boolean' $body$;
CREATE OR REPLACE FUNCTION pg_catalog.is_integer(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT jsonb_typeof(value) = 'number' AND value::text NOT LIKE '%.%' $body$;
CREATE OR REPLACE FUNCTION pg_catalog.get_array_length(value jsonb) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT CASE jsonb_typeof(value) WHEN 'array' THEN jsonb_array_length(value) END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.array_concat(one jsonb, other jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT one || other $body$;
CREATE OR REPLACE FUNCTION pg_catalog.array_flatten(value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
  SELECT coalesce(jsonb_agg(inner_member ORDER BY place, inner_place), '[]') FROM jsonb_array_elements(value) WITH ORDINALITY AS members (member, place),
    jsonb_array_elements(CASE jsonb_typeof(member) WHEN 'array' THEN member ELSE jsonb_build_array(member) END) WITH ORDINALITY AS inners (inner_member, inner_place)
$body$;
CREATE OR REPLACE FUNCTION pg_catalog.subarray(value jsonb, start integer, size integer) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
  SELECT coalesce(jsonb_agg(member ORDER BY place), '[]') FROM jsonb_array_elements(value) WITH ORDINALITY AS members (member, place)
  WHERE place > start AND place <= start + size
$body$;
CREATE OR REPLACE FUNCTION pg_catalog.split_to_array(value text, delimiter text DEFAULT ',') RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $body$ SELECT to_jsonb(string_to_array(value, delimiter)) $body$;
CREATE OR REPLACE FUNCTION local_redshift.size(value anyelement) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT pg_column_size(value) $body$;
-- What is stored in a SUPER column becomes a value of it; a VARCHAR a string, whatever it holds.
DO $body$ DECLARE kind text; BEGIN
  FOREACH kind IN ARRAY ARRAY['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision', 'boolean', 'varchar', 'bpchar'] LOOP
    EXECUTE format('CREATE OR REPLACE FUNCTION local_redshift.stored_super(value %s) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS ''SELECT to_jsonb(value)''', kind);
    IF NOT EXISTS (SELECT FROM pg_cast WHERE castsource = kind::regtype AND casttarget = 'jsonb'::regtype) THEN
      EXECUTE format('CREATE CAST (%s AS jsonb) WITH FUNCTION local_redshift.stored_super(%s) AS ASSIGNMENT', kind, kind);
    END IF;
  END LOOP;
END $body$;
