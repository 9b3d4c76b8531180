-- Dates and times (Redshift guide, "Date and time functions", "Date parts for date or timestamp functions").
CREATE OR REPLACE FUNCTION local_redshift.canonical_part(part text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
DECLARE known text;
BEGIN
  known := CASE lower(part)
    WHEN 'millennium' THEN 'millennium' WHEN 'millennia' THEN 'millennium' WHEN 'mil' THEN 'millennium' WHEN 'mils' THEN 'millennium'
    WHEN 'century' THEN 'century' WHEN 'centuries' THEN 'century' WHEN 'c' THEN 'century' WHEN 'cent' THEN 'century' WHEN 'cents' THEN 'century'
    WHEN 'decade' THEN 'decade' WHEN 'decades' THEN 'decade' WHEN 'dec' THEN 'decade' WHEN 'decs' THEN 'decade'
    WHEN 'epoch' THEN 'epoch'
    WHEN 'year' THEN 'year' WHEN 'years' THEN 'year' WHEN 'y' THEN 'year' WHEN 'yr' THEN 'year' WHEN 'yrs' THEN 'year'
    WHEN 'quarter' THEN 'quarter' WHEN 'quarters' THEN 'quarter' WHEN 'qtr' THEN 'quarter' WHEN 'qtrs' THEN 'quarter'
    WHEN 'month' THEN 'month' WHEN 'months' THEN 'month' WHEN 'mon' THEN 'month' WHEN 'mons' THEN 'month'
    WHEN 'week' THEN 'week' WHEN 'weeks' THEN 'week' WHEN 'w' THEN 'week'
    WHEN 'dayofweek' THEN 'dow' WHEN 'dow' THEN 'dow' WHEN 'dw' THEN 'dow' WHEN 'weekday' THEN 'dow'
    WHEN 'dayofyear' THEN 'doy' WHEN 'doy' THEN 'doy' WHEN 'dy' THEN 'doy' WHEN 'yearday' THEN 'doy'
    WHEN 'day' THEN 'day' WHEN 'days' THEN 'day' WHEN 'd' THEN 'day'
    WHEN 'hour' THEN 'hour' WHEN 'hours' THEN 'hour' WHEN 'h' THEN 'hour' WHEN 'hr' THEN 'hour' WHEN 'hrs' THEN 'hour'
    WHEN 'minute' THEN 'minute' WHEN 'minutes' THEN 'minute' WHEN 'm' THEN 'minute' WHEN 'min' THEN 'minute' WHEN 'mins' THEN 'minute'
    WHEN 'second' THEN 'second' WHEN 'seconds' THEN 'second' WHEN 's' THEN 'second' WHEN 'sec' THEN 'second' WHEN 'secs' THEN 'second'
    WHEN 'millisecond' THEN 'millisecond' WHEN 'milliseconds' THEN 'millisecond' WHEN 'ms' THEN 'millisecond' WHEN 'msec' THEN 'millisecond'
    WHEN 'msecs' THEN 'millisecond' WHEN 'msecond' THEN 'millisecond' WHEN 'mseconds' THEN 'millisecond' WHEN 'millisec' THEN 'millisecond'
    WHEN 'millisecs' THEN 'millisecond' WHEN 'millisecon' THEN 'millisecond'
    WHEN 'microsecond' THEN 'microsecond' WHEN 'microseconds' THEN 'microsecond' WHEN 'us' THEN 'microsecond' WHEN 'usec' THEN 'microsecond'
    WHEN 'usecs' THEN 'microsecond' WHEN 'usecond' THEN 'microsecond' WHEN 'useconds' THEN 'microsecond' WHEN 'microsec' THEN 'microsecond'
    WHEN 'microsecs' THEN 'microsecond' WHEN 'microsecon' THEN 'microsecond'
    WHEN 'timezone' THEN 'timezone' WHEN 'timezone_hour' THEN 'timezone_hour' WHEN 'timezone_minute' THEN 'timezone_minute' END;
  IF known IS NULL THEN
    RAISE EXCEPTION 'invalid date part "%" for a timestamp', part USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN known;
END $body$;
CREATE OR REPLACE FUNCTION local_redshift.unknown_part(part text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS
  $body$ BEGIN RAISE EXCEPTION 'invalid date part "%" for a timestamp', part USING ERRCODE = 'invalid_parameter_value'; END $body$;

CREATE OR REPLACE FUNCTION pg_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE AS
  $body$ SELECT date_trunc('second', statement_timestamp() AT TIME ZONE 'UTC') $body$;
-- The start of the transaction.
CREATE OR REPLACE FUNCTION pg_catalog.sysdate() RETURNS timestamp LANGUAGE sql STABLE AS $body$ SELECT now() AT TIME ZONE 'UTC' $body$;

CREATE OR REPLACE FUNCTION pg_catalog.dateadd(part text, amount bigint, at timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT at + CASE local_redshift.canonical_part(part)
    WHEN 'microsecond' THEN amount * interval '1 microsecond'
    WHEN 'millisecond' THEN amount * interval '1 millisecond'
    WHEN 'second' THEN amount * interval '1 second'
    WHEN 'minute' THEN amount * interval '1 minute'
    WHEN 'hour' THEN amount * interval '1 hour'
    WHEN 'day' THEN amount * interval '1 day'
    WHEN 'week' THEN amount * interval '7 days'
    WHEN 'month' THEN amount * interval '1 month'
    WHEN 'quarter' THEN amount * interval '3 months'
    WHEN 'year' THEN amount * interval '1 year'
    WHEN 'decade' THEN amount * interval '10 years'
    WHEN 'century' THEN amount * interval '100 years'
    WHEN 'millennium' THEN amount * interval '1000 years'
    ELSE local_redshift.unknown_part(part)::text::interval END
$body$;
CREATE OR REPLACE FUNCTION pg_catalog.dateadd(part text, amount bigint, at date) RETURNS timestamp LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.dateadd(part, amount, at::timestamp) $body$;
CREATE OR REPLACE FUNCTION pg_catalog.dateadd(part text, amount bigint, at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.dateadd(part, amount, at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' $body$;
CREATE OR REPLACE FUNCTION pg_catalog.dateadd(part text, amount bigint, at time) RETURNS time LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.dateadd(part, amount, '2000-01-01'::date + at)::time $body$;

-- Boundaries crossed, not time elapsed: from 23:59 to 00:01 is one day.
CREATE OR REPLACE FUNCTION pg_catalog.datediff(part text, starts timestamp, ends timestamp) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT CASE local_redshift.canonical_part(part)
    WHEN 'day' THEN (ends::date - starts::date)::bigint
    WHEN 'month' THEN ((extract(year FROM ends) - extract(year FROM starts)) * 12 + extract(month FROM ends) - extract(month FROM starts))::bigint
    WHEN 'year' THEN (extract(year FROM ends) - extract(year FROM starts))::bigint
    WHEN 'quarter' THEN ((extract(year FROM ends) - extract(year FROM starts)) * 4 + extract(quarter FROM ends) - extract(quarter FROM starts))::bigint
    -- A week begins on Sunday here, unlike DATE_TRUNC's.
    WHEN 'week' THEN ((date_trunc('week', ends + interval '1 day')::date - date_trunc('week', starts + interval '1 day')::date) / 7)::bigint
    WHEN 'hour' THEN (extract(epoch FROM date_trunc('hour', ends) - date_trunc('hour', starts)) / 3600)::bigint
    WHEN 'minute' THEN (extract(epoch FROM date_trunc('minute', ends) - date_trunc('minute', starts)) / 60)::bigint
    WHEN 'second' THEN extract(epoch FROM date_trunc('second', ends) - date_trunc('second', starts))::bigint
    WHEN 'millisecond' THEN (extract(epoch FROM date_trunc('milliseconds', ends) - date_trunc('milliseconds', starts)) * 1000)::bigint
    WHEN 'microsecond' THEN (extract(epoch FROM ends - starts) * 1000000)::bigint
    WHEN 'decade' THEN (floor(extract(year FROM ends) / 10) - floor(extract(year FROM starts) / 10))::bigint
    WHEN 'century' THEN (extract(century FROM ends) - extract(century FROM starts))::bigint
    WHEN 'millennium' THEN (extract(millennium FROM ends) - extract(millennium FROM starts))::bigint
    ELSE local_redshift.unknown_part(part) END
$body$;
CREATE OR REPLACE FUNCTION pg_catalog.datediff(part text, starts date, ends date) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.datediff(part, starts::timestamp, ends::timestamp) $body$;
CREATE OR REPLACE FUNCTION pg_catalog.datediff(part text, starts timestamptz, ends timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.datediff(part, starts AT TIME ZONE 'UTC', ends AT TIME ZONE 'UTC') $body$;
CREATE OR REPLACE FUNCTION pg_catalog.datediff(part text, starts time, ends time) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.datediff(part, '2000-01-01'::date + starts, '2000-01-01'::date + ends) $body$;

CREATE OR REPLACE FUNCTION local_redshift.date_part(part text, at timestamp) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.date_part(local_redshift.canonical_part(part), at) $body$;
CREATE OR REPLACE FUNCTION local_redshift.date_part(part text, at date) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.date_part(local_redshift.canonical_part(part), at::timestamp) $body$;
CREATE OR REPLACE FUNCTION local_redshift.date_part(part text, at timestamptz) RETURNS double precision LANGUAGE sql STABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.date_part(local_redshift.canonical_part(part), at) $body$;
CREATE OR REPLACE FUNCTION local_redshift.date_part(part text, at time) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.date_part(local_redshift.canonical_part(part), at) $body$;
CREATE OR REPLACE FUNCTION local_redshift.date_part(part text, at interval) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.date_part(local_redshift.canonical_part(part), at) $body$;
-- EXTRACT gives whole numbers of a time without zone.
CREATE OR REPLACE FUNCTION local_redshift.extract_part(part text, at timestamp) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT floor(local_redshift.date_part(part, at))::bigint $body$;
CREATE OR REPLACE FUNCTION local_redshift.extract_part(part text, at date) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT floor(local_redshift.date_part(part, at))::bigint $body$;
CREATE OR REPLACE FUNCTION local_redshift.extract_part(part text, at time) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT floor(local_redshift.date_part(part, at))::bigint $body$;
CREATE OR REPLACE FUNCTION local_redshift.extract_part(part text, at interval) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT floor(local_redshift.date_part(part, at))::bigint $body$;
CREATE OR REPLACE FUNCTION local_redshift.extract_part(part text, at timestamptz) RETURNS double precision LANGUAGE sql STABLE PARALLEL SAFE AS
  $body$ SELECT local_redshift.date_part(part, at) $body$;
CREATE OR REPLACE FUNCTION local_redshift.date_trunc(part text, at timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.date_trunc(local_redshift.canonical_part(part), at) $body$;
CREATE OR REPLACE FUNCTION local_redshift.date_trunc(part text, at date) RETURNS timestamp LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.date_trunc(local_redshift.canonical_part(part), at::timestamp) $body$;
CREATE OR REPLACE FUNCTION local_redshift.date_trunc(part text, at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.date_trunc(local_redshift.canonical_part(part), at) $body$;

CREATE OR REPLACE FUNCTION pg_catalog.add_months(at timestamp, months bigint) RETURNS timestamp LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT CASE WHEN at::date = (date_trunc('month', at) + interval '1 month - 1 day')::date
    THEN (date_trunc('month', at) + (months + 1) * interval '1 month' - interval '1 day') + (at - date_trunc('day', at))
    ELSE at + months * interval '1 month' END
$body$;
CREATE OR REPLACE FUNCTION pg_catalog.last_day(at timestamp) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT (date_trunc('month', at) + interval '1 month - 1 day')::date $body$;
CREATE OR REPLACE FUNCTION pg_catalog.trunc(at timestamp) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT at::date $body$;
CREATE OR REPLACE FUNCTION pg_catalog.months_between(later timestamp, earlier timestamp) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT CASE WHEN extract(day FROM later) = extract(day FROM earlier)
      OR (later::date = pg_catalog.last_day(later) AND earlier::date = pg_catalog.last_day(earlier))
    THEN pg_catalog.datediff('month', earlier, later)::double precision
    ELSE pg_catalog.datediff('month', earlier, later)
       + (extract(epoch FROM (later - date_trunc('month', later)) - (earlier - date_trunc('month', earlier))) / 86400 / 31)::double precision END
$body$;
CREATE OR REPLACE FUNCTION pg_catalog.next_day(at timestamp, weekday text) RETURNS date LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
DECLARE wanted integer;
BEGIN
  SELECT position INTO wanted FROM (VALUES (0, 'sunday', 2), (1, 'monday', 1), (2, 'tuesday', 2), (3, 'wednesday', 1), (4, 'thursday', 2),
      (5, 'friday', 1), (6, 'saturday', 2)) AS days (position, name, shortest)
    WHERE length(weekday) >= shortest AND name LIKE lower(weekday) || '%' OR lower(weekday) IN ('tues', 'thurs') AND name LIKE lower(weekday) || '%';
  IF wanted IS NULL THEN
    RAISE EXCEPTION 'Invalid day of week "%"', weekday USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN at::date + 1 + (wanted - extract(dow FROM at)::integer - 1 + 7) % 7;
END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.convert_timezone(source text, target text, at timestamp) RETURNS timestamp LANGUAGE sql STABLE PARALLEL SAFE AS
  $body$ SELECT (at AT TIME ZONE source) AT TIME ZONE target $body$;
CREATE OR REPLACE FUNCTION pg_catalog.convert_timezone(target text, at timestamp) RETURNS timestamp LANGUAGE sql STABLE PARALLEL SAFE AS
  $body$ SELECT (at AT TIME ZONE 'UTC') AT TIME ZONE target $body$;
CREATE OR REPLACE FUNCTION pg_catalog.convert_timezone(target text, at timestamptz) RETURNS timestamp LANGUAGE sql STABLE PARALLEL SAFE AS
  $body$ SELECT at AT TIME ZONE target $body$;
CREATE OR REPLACE FUNCTION pg_catalog.date_part_year(at date) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT extract(year FROM at)::integer $body$;
CREATE OR REPLACE FUNCTION pg_catalog.date_cmp(one date, other date) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT sign(one - other)::integer $body$;
CREATE OR REPLACE FUNCTION pg_catalog.date_cmp_timestamp(one date, other timestamp) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT CASE WHEN one::timestamp = other THEN 0 WHEN one::timestamp > other THEN 1 WHEN one::timestamp < other THEN -1 END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.timestamp_cmp(one timestamp, other timestamp) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT CASE WHEN one = other THEN 0 WHEN one > other THEN 1 WHEN one < other THEN -1 END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.timestamp_cmp_date(one timestamp, other date) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.timestamp_cmp(one, other::timestamp) $body$;
-- A field that is out of its range (a 31st of June, hour 24) is carried over into the next, unless `strict`.
CREATE OR REPLACE FUNCTION local_redshift.to_timestamp(value text, format text, strict boolean DEFAULT false) RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
DECLARE
  pattern text := '';
  rest text := upper(format);
  names text[] := '{}';
  name text;
  found text[];
  fields jsonb := '{"YYYY": 1, "MM": 1, "DD": 1, "HH24": 0, "MI": 0, "SS": 0}';
BEGIN
  RETURN pg_catalog.to_timestamp(value, format);
EXCEPTION WHEN datetime_field_overflow THEN
  IF strict THEN RAISE; END IF;
  WHILE rest <> '' LOOP
    name := substring(rest FROM '^(?:YYYY|MM|DD|HH24|MI|SS)');
    IF name IS NULL AND rest ~ '^[A-Z]' THEN RAISE; END IF;
    pattern := pattern || CASE name WHEN 'YYYY' THEN '(\d{4})' ELSE CASE WHEN name IS NULL THEN '.' ELSE '(\d{1,2})' END END;
    names := names || CASE WHEN name IS NULL THEN '{}' ELSE ARRAY[name] END;
    rest := substr(rest, 1 + coalesce(length(name), 1));
  END LOOP;
  found := regexp_match(value, '^' || pattern);
  IF found IS NULL THEN RAISE; END IF;
  FOR place IN 1 .. cardinality(names) LOOP
    fields := fields || jsonb_build_object(names[place], found[place]::integer);
  END LOOP;
  RETURN (make_date((fields ->> 'YYYY')::integer, 1, 1)::timestamp + make_interval(months => (fields ->> 'MM')::integer - 1, days => (fields ->> 'DD')::integer - 1,
    hours => (fields ->> 'HH24')::integer, mins => (fields ->> 'MI')::integer, secs => (fields ->> 'SS')::integer)) AT TIME ZONE 'UTC';
END $body$;
CREATE OR REPLACE FUNCTION local_redshift.to_date(value text, format text, strict boolean DEFAULT false) RETURNS date LANGUAGE sql STABLE PARALLEL SAFE AS
  $body$ SELECT (local_redshift.to_timestamp(value, format, strict) AT TIME ZONE current_setting('TimeZone'))::date $body$;
-- A literal is a time without zone; PostgreSQL alone would take it for one with.
CREATE OR REPLACE FUNCTION pg_catalog.dateadd(part text, amount bigint, at text) RETURNS timestamp LANGUAGE sql STABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.dateadd(part, amount, at::timestamp) $body$;
CREATE OR REPLACE FUNCTION pg_catalog.datediff(part text, starts text, ends text) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.datediff(part, starts::timestamp, ends::timestamp) $body$;
CREATE OR REPLACE FUNCTION local_redshift.date_part(part text, at text) RETURNS double precision LANGUAGE sql STABLE PARALLEL SAFE AS
  $body$ SELECT local_redshift.date_part(part, at::timestamp) $body$;
CREATE OR REPLACE FUNCTION local_redshift.extract_part(part text, at text) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
  $body$ SELECT local_redshift.extract_part(part, at::timestamp) $body$;
CREATE OR REPLACE FUNCTION local_redshift.date_trunc(part text, at text) RETURNS timestamp LANGUAGE sql STABLE PARALLEL SAFE AS
  $body$ SELECT local_redshift.date_trunc(part, at::timestamp) $body$;
