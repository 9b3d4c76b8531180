-- Arrays and types of SUPER (Redshift guide, "SUPER array functions", "SUPER type information functions").
CREATE OR REPLACE FUNCTION local_redshift.members(value jsonb) RETURNS TABLE (member jsonb, place bigint) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT member, place - 1 FROM jsonb_array_elements(CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE '[]' END) WITH ORDINALITY AS members (member, place)
$body$;
-- Where a value is in an array, from 0; NULL where NULLs neither match nor can be told from a match.
CREATE OR REPLACE FUNCTION local_redshift.array_positions(value jsonb, wanted jsonb, null_match boolean DEFAULT true) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $body$
  SELECT CASE WHEN jsonb_typeof(value) IS DISTINCT FROM 'array' OR null_match IS NULL OR NOT null_match AND coalesce(wanted, 'null') = 'null' THEN NULL
    WHEN NOT null_match AND NOT EXISTS (SELECT FROM local_redshift.members(value) WHERE member = wanted) AND EXISTS (SELECT FROM local_redshift.members(value) WHERE member = 'null') THEN NULL
    ELSE (SELECT coalesce(jsonb_agg(place ORDER BY place), '[]') FROM local_redshift.members(value) WHERE member = coalesce(wanted, 'null')) END
$body$;
CREATE OR REPLACE FUNCTION local_redshift.array_position(value jsonb, wanted jsonb, null_match boolean DEFAULT true) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $body$
  SELECT CASE WHEN found IS NOT NULL THEN coalesce((found ->> 0)::bigint, -1) END FROM (SELECT local_redshift.array_positions(value, wanted, null_match)) AS positions (found)
$body$;
CREATE OR REPLACE FUNCTION local_redshift.array_contains(value jsonb, wanted jsonb, null_match boolean DEFAULT true) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
  $body$ SELECT local_redshift.array_position(value, wanted, null_match) >= 0 $body$;
CREATE OR REPLACE FUNCTION pg_catalog.array_distinct(value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
  SELECT coalesce(jsonb_agg(member ORDER BY place), '[]') FROM (SELECT member, min(place) AS place FROM local_redshift.members(value) GROUP BY member) AS firsts
$body$;
-- Each occurrence of the second array takes one of the first away, or, as sets, all of them.
CREATE OR REPLACE FUNCTION local_redshift.array_matched(one jsonb, other jsonb, kept boolean, as_sets boolean) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
  SELECT coalesce(jsonb_agg(member ORDER BY place), '[]')
  FROM (SELECT member, place, row_number() OVER (PARTITION BY member ORDER BY place) AS number FROM local_redshift.members(one)) AS numbered
    LEFT JOIN (SELECT member AS matched, count(*) AS times FROM local_redshift.members(other) GROUP BY member) AS counted ON matched = member
  WHERE CASE WHEN as_sets THEN number = 1 AND (times IS NOT NULL) = kept ELSE (number <= coalesce(times, 0)) = kept END
$body$;
CREATE OR REPLACE FUNCTION pg_catalog.array_except(one jsonb, other jsonb, as_sets boolean DEFAULT false) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $body$ SELECT local_redshift.array_matched(one, other, false, as_sets) $body$;
CREATE OR REPLACE FUNCTION pg_catalog.array_intersection(one jsonb, other jsonb, as_sets boolean DEFAULT false) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $body$ SELECT local_redshift.array_matched(one, other, true, as_sets) $body$;
CREATE OR REPLACE FUNCTION pg_catalog.array_union(one jsonb, other jsonb, as_sets boolean DEFAULT false) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
  SELECT CASE WHEN as_sets THEN array_distinct(one || other) ELSE one || local_redshift.array_matched(other, one, false, false) END
$body$;
CREATE OR REPLACE FUNCTION pg_catalog.arrays_overlap(one jsonb, other jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $body$ SELECT local_redshift.array_matched(one, other, true, true) <> '[]' $body$;
CREATE OR REPLACE FUNCTION pg_catalog.array_sort(value jsonb, ascending boolean DEFAULT true, nulls_first boolean DEFAULT NULL) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT CASE WHEN value IS NOT NULL THEN coalesce(jsonb_agg(member ORDER BY
    CASE WHEN member = 'null' AND coalesce(nulls_first, NOT ascending) THEN 0 WHEN member = 'null' THEN 2 ELSE 1 END,
    CASE WHEN ascending THEN member END, CASE WHEN NOT ascending THEN member END DESC), '[]') END FROM local_redshift.members(value)
$body$;
CREATE OR REPLACE FUNCTION pg_catalog.json_size(value jsonb) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $body$ SELECT octet_length(pg_catalog.json_serialize(value)) $body$;
CREATE OR REPLACE FUNCTION pg_catalog.json_serialize_to_varbyte(value jsonb) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $body$ SELECT convert_to(pg_catalog.json_serialize(value), 'UTF8') $body$;
-- The smallest type that holds a number: whole ones by their size, others by their digits.
CREATE OR REPLACE FUNCTION local_redshift.holds(value jsonb, kind text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT CASE WHEN value IS NULL THEN NULL WHEN jsonb_typeof(value) <> 'number' THEN false ELSE CASE kind
    WHEN 'smallint' THEN value::text NOT LIKE '%.%' AND abs(value::numeric) < 32768
    WHEN 'bigint' THEN value::text NOT LIKE '%.%' AND abs(value::numeric) < 9223372036854775808
    WHEN 'decimal' THEN length(replace(value::text, '-', '')) <= 39
    ELSE value::text LIKE '%.%' END END
$body$;
CREATE OR REPLACE FUNCTION pg_catalog.is_smallint(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT local_redshift.holds(value, 'smallint') $body$;
CREATE OR REPLACE FUNCTION pg_catalog.is_bigint(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT local_redshift.holds(value, 'bigint') $body$;
CREATE OR REPLACE FUNCTION pg_catalog.is_decimal(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT local_redshift.holds(value, 'decimal') $body$;
CREATE OR REPLACE FUNCTION pg_catalog.is_float(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT local_redshift.holds(value, 'float') $body$;
CREATE OR REPLACE FUNCTION pg_catalog.is_char(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT jsonb_typeof(value) = 'string' AND octet_length(value #>> '{}') = length(value #>> '{}') $body$;
CREATE OR REPLACE FUNCTION pg_catalog.decimal_precision(value jsonb) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT CASE jsonb_typeof(value) WHEN 'number' THEN length(regexp_replace(value::text, '^-?0*|[-.]', '', 'g')) END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.decimal_scale(value jsonb) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT CASE jsonb_typeof(value) WHEN 'number' THEN scale(value::numeric) END $body$;
-- The names of attributes in one case, at every depth.
CREATE OR REPLACE FUNCTION local_redshift.renamed_attributes(value jsonb, raised boolean) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
BEGIN
  CASE jsonb_typeof(value)
    WHEN 'object' THEN RETURN (SELECT coalesce(jsonb_object_agg(CASE WHEN raised THEN upper(key) ELSE lower(key) END, local_redshift.renamed_attributes(member, raised)), '{}')
      FROM jsonb_each(value) AS members (key, member));
    WHEN 'array' THEN RETURN (SELECT coalesce(jsonb_agg(local_redshift.renamed_attributes(member, raised) ORDER BY place), '[]') FROM local_redshift.members(value));
    ELSE RETURN value;
  END CASE;
END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.upper_attributes(value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$ SELECT local_redshift.renamed_attributes(value, true) $body$;
CREATE OR REPLACE FUNCTION pg_catalog.lower_attributes(value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$ SELECT local_redshift.renamed_attributes(value, false) $body$;
-- Attributes of an object with their values, for UNPIVOT.
CREATE OR REPLACE FUNCTION local_redshift.unpivot_super(value jsonb) RETURNS TABLE (member jsonb, attribute varchar) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT value, key::varchar FROM jsonb_each(CASE jsonb_typeof(value) WHEN 'object' THEN value ELSE '{}' END) $body$;
