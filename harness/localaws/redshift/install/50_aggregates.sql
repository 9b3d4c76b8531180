-- Aggregates that PostgreSQL has in another form, or not as window functions (Redshift guide, "Aggregate functions", "Window functions").
CREATE OR REPLACE FUNCTION local_redshift.whole_average(state bigint[]) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT CASE WHEN state[1] > 0 THEN state[2] / state[1] END $body$;
CREATE OR REPLACE FUNCTION local_redshift.add_to_average(state numeric[], value bigint) RETURNS numeric[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT CASE WHEN value IS NULL THEN state ELSE ARRAY[state[1] + 1, state[2] + value] END $body$;
CREATE OR REPLACE FUNCTION local_redshift.whole_average(state numeric[]) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT CASE WHEN state[1] > 0 THEN trunc(state[2] / state[1])::bigint END $body$;
-- AVG of whole numbers is a whole number.
CREATE OR REPLACE AGGREGATE local_redshift.avg(smallint) (SFUNC = int2_avg_accum, STYPE = bigint[], INITCOND = '{0,0}', FINALFUNC = local_redshift.whole_average,
  COMBINEFUNC = int4_avg_combine, PARALLEL = SAFE);
CREATE OR REPLACE AGGREGATE local_redshift.avg(integer) (SFUNC = int4_avg_accum, STYPE = bigint[], INITCOND = '{0,0}', FINALFUNC = local_redshift.whole_average,
  COMBINEFUNC = int4_avg_combine, PARALLEL = SAFE);
CREATE OR REPLACE AGGREGATE local_redshift.avg(bigint) (SFUNC = local_redshift.add_to_average, STYPE = numeric[], INITCOND = '{0,0}', FINALFUNC = local_redshift.whole_average);
CREATE OR REPLACE AGGREGATE local_redshift.avg(numeric) (SFUNC = numeric_avg_accum, STYPE = internal, FINALFUNC = numeric_avg,
  COMBINEFUNC = numeric_avg_combine, SERIALFUNC = numeric_avg_serialize, DESERIALFUNC = numeric_avg_deserialize, PARALLEL = SAFE);
CREATE OR REPLACE AGGREGATE local_redshift.avg(double precision) (SFUNC = float8_accum, STYPE = double precision[], INITCOND = '{0,0,0}', FINALFUNC = float8_avg,
  COMBINEFUNC = float8_combine, PARALLEL = SAFE);
CREATE OR REPLACE AGGREGATE local_redshift.avg(real) (SFUNC = float4_accum, STYPE = double precision[], INITCOND = '{0,0,0}', FINALFUNC = float8_avg,
  COMBINEFUNC = float8_combine, PARALLEL = SAFE);

CREATE OR REPLACE FUNCTION local_redshift.keep_value(state numeric[], value numeric) RETURNS numeric[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT CASE WHEN value IS NULL THEN state ELSE state || value END $body$;
CREATE OR REPLACE FUNCTION local_redshift.keep_value(state numeric[], value numeric, fraction numeric) RETURNS numeric[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT CASE WHEN value IS NULL THEN ARRAY[fraction] || state[2:] ELSE ARRAY[fraction] || state[2:] || value END $body$;
CREATE OR REPLACE FUNCTION local_redshift.middle(state numeric[]) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY value)::numeric FROM unnest(state) AS kept (value) $body$;
CREATE OR REPLACE AGGREGATE pg_catalog.median(numeric) (SFUNC = local_redshift.keep_value, STYPE = numeric[], INITCOND = '{}', FINALFUNC = local_redshift.middle);
CREATE OR REPLACE FUNCTION local_redshift.continuous(state numeric[]) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT percentile_cont(state[1]::double precision) WITHIN GROUP (ORDER BY value)::numeric FROM unnest(state[2:]) AS kept (value) $body$;
CREATE OR REPLACE FUNCTION local_redshift.discrete(state numeric[]) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT percentile_disc(state[1]::double precision) WITHIN GROUP (ORDER BY value) FROM unnest(state[2:]) AS kept (value) $body$;
CREATE OR REPLACE AGGREGATE local_redshift.window_percentile_cont(numeric, numeric) (SFUNC = local_redshift.keep_value, STYPE = numeric[], INITCOND = '{0}',
  FINALFUNC = local_redshift.continuous);
CREATE OR REPLACE AGGREGATE local_redshift.window_percentile_disc(numeric, numeric) (SFUNC = local_redshift.keep_value, STYPE = numeric[], INITCOND = '{0}',
  FINALFUNC = local_redshift.discrete);

CREATE OR REPLACE FUNCTION local_redshift.first_of(state anycompatible, value anycompatible) RETURNS anycompatible LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT coalesce(state, value) $body$;
CREATE OR REPLACE FUNCTION local_redshift.last_of(state anycompatible, value anycompatible) RETURNS anycompatible LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT coalesce(value, state) $body$;
CREATE OR REPLACE AGGREGATE local_redshift.first_value_ignore_nulls(anycompatible) (SFUNC = local_redshift.first_of, STYPE = anycompatible);
CREATE OR REPLACE AGGREGATE local_redshift.last_value_ignore_nulls(anycompatible) (SFUNC = local_redshift.last_of, STYPE = anycompatible);
-- The n-th value that is not NULL before a row (LAG): the last n, the oldest first, NULLs where there are fewer.
CREATE OR REPLACE FUNCTION local_redshift.last_values(state anycompatiblearray, value anycompatible, count integer) RETURNS anycompatiblearray LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT CASE WHEN value IS NULL THEN state ELSE (coalesce(state, array_fill(nullif(value, value), ARRAY[count])) || value)[2:] END $body$;
CREATE OR REPLACE FUNCTION local_redshift.oldest_value(state anycompatiblearray) RETURNS anycompatible LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT state[1] $body$;
CREATE OR REPLACE AGGREGATE local_redshift.lag_ignore_nulls(anycompatible, integer) (SFUNC = local_redshift.last_values, STYPE = anycompatiblearray,
  FINALFUNC = local_redshift.oldest_value);
-- The n-th of a frame: the values before it, and then itself alone in an array that begins at 0.
CREATE OR REPLACE FUNCTION local_redshift.first_values(state anycompatiblearray, value anycompatible, count integer) RETURNS anycompatiblearray LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT CASE WHEN value IS NULL OR array_lower(state, 1) = 0 THEN state WHEN coalesce(cardinality(state), 0) + 1 = count THEN array_fill(value, ARRAY[1], ARRAY[0])
    ELSE state || value END
$body$;
CREATE OR REPLACE FUNCTION local_redshift.complete_value(state anycompatiblearray) RETURNS anycompatible LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT state[0] $body$;
CREATE OR REPLACE AGGREGATE local_redshift.nth_value_ignore_nulls(anycompatible, integer) (SFUNC = local_redshift.first_values, STYPE = anycompatiblearray,
  FINALFUNC = local_redshift.complete_value);
