-- Texts, regular expressions, numbers, hashes (Redshift guide, "String functions", "Math functions", "Hash functions").
CREATE OR REPLACE FUNCTION pg_catalog.charindex(part text, whole text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT position(part IN whole) $body$;
CREATE OR REPLACE FUNCTION pg_catalog.octetindex(part text, whole text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT CASE position(part IN whole) WHEN 0 THEN 0 ELSE octet_length(left(whole, position(part IN whole) - 1)) + 1 END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.replicate(value text, times integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT repeat(value, times) $body$;
CREATE OR REPLACE FUNCTION local_redshift.split_part(value text, delimiter text, place bigint) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
BEGIN
  IF place <= 0 THEN
    RAISE EXCEPTION 'field position must be greater than zero' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN pg_catalog.split_part(value, delimiter, place::integer);
END $body$;

-- POSIX patterns; parameters: c and i for case, e for the first group, p for Perl's patterns (PostgreSQL's are near to them).
CREATE OR REPLACE FUNCTION local_redshift.regexp_flags(parameters text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT CASE WHEN parameters LIKE '%i%' THEN 'i' ELSE '' END $body$;
CREATE OR REPLACE FUNCTION local_redshift.regexp_replace(value text, pattern text, replacement text DEFAULT '', place integer DEFAULT 1,
    parameters text DEFAULT '') RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT left(value, place - 1) || pg_catalog.regexp_replace(substr(value, place), pattern,
    pg_catalog.regexp_replace(replacement, '\$(\d)', '\\\1', 'g'), 'g' || local_redshift.regexp_flags(parameters))
$body$;
CREATE OR REPLACE FUNCTION local_redshift.regexp_substr(value text, pattern text, place integer DEFAULT 1, occurrence integer DEFAULT 1,
    parameters text DEFAULT '') RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT CASE WHEN value IS NOT NULL AND pattern IS NOT NULL THEN coalesce(pg_catalog.regexp_substr(value, pattern, place, occurrence,
    local_redshift.regexp_flags(parameters), CASE WHEN parameters LIKE '%e%' THEN 1 ELSE 0 END), '') END
$body$;
CREATE OR REPLACE FUNCTION local_redshift.regexp_instr(value text, pattern text, place integer DEFAULT 1, occurrence integer DEFAULT 1,
    option integer DEFAULT 0, parameters text DEFAULT '') RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT pg_catalog.regexp_instr(value, pattern, place, occurrence, option, local_redshift.regexp_flags(parameters))
$body$;
CREATE OR REPLACE FUNCTION local_redshift.regexp_count(value text, pattern text, place integer DEFAULT 1, parameters text DEFAULT '')
    RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT pg_catalog.regexp_count(value, pattern, place, local_redshift.regexp_flags(parameters))
$body$;

CREATE OR REPLACE FUNCTION local_redshift.strtol(value text, base integer) RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
DECLARE
  digits text := lower(ltrim(value));
  negative boolean := false;
  result numeric := 0;
  digit integer;
BEGIN
  IF value IS NULL THEN RETURN NULL; END IF;
  IF base NOT BETWEEN 2 AND 36 AND base <> 0 THEN
    RAISE EXCEPTION 'The base % is not between 2 and 36', base USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF left(digits, 1) IN ('-', '+') THEN negative := left(digits, 1) = '-'; digits := substr(digits, 2); END IF;
  IF base IN (0, 16) AND left(digits, 2) = '0x' THEN digits := substr(digits, 3); base := 16;
  ELSIF base = 0 THEN base := CASE WHEN left(digits, 1) = '0' THEN 8 ELSE 10 END; END IF;
  FOR place IN 1 .. length(digits) LOOP
    digit := position(substr(digits, place, 1) IN '0123456789abcdefghijklmnopqrstuvwxyz') - 1;
    IF digit < 0 OR digit >= base THEN
      RAISE EXCEPTION 'The input % is not valid to be converted to base %', value, base USING ERRCODE = 'invalid_parameter_value';
    END IF;
    result := result * base + digit;
  END LOOP;
  RETURN CASE WHEN negative THEN -result ELSE result END;
END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.sha2(value text, bits integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT CASE bits WHEN 0 THEN encode(sha256(convert_to(value, 'UTF8')), 'hex') WHEN 224 THEN encode(sha224(convert_to(value, 'UTF8')), 'hex')
    WHEN 256 THEN encode(sha256(convert_to(value, 'UTF8')), 'hex') WHEN 384 THEN encode(sha384(convert_to(value, 'UTF8')), 'hex')
    WHEN 512 THEN encode(sha512(convert_to(value, 'UTF8')), 'hex') ELSE NULL END
$body$;
-- CRC-32C.
CREATE OR REPLACE FUNCTION pg_catalog.crc32(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
DECLARE
  bytes bytea := convert_to(value, 'UTF8');
  sum bigint := 4294967295;
BEGIN
  IF value IS NULL THEN RETURN NULL; END IF;
  FOR place IN 0 .. length(bytes) - 1 LOOP
    sum := sum # get_byte(bytes, place);
    FOR bit IN 1 .. 8 LOOP
      sum := CASE WHEN sum & 1 = 1 THEN (sum >> 1) # 2197175160 ELSE sum >> 1 END;
    END LOOP;
  END LOOP;
  RETURN to_hex(sum # 4294967295);
END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.from_hex(value text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$ SELECT decode(value, 'hex') $body$;
CREATE OR REPLACE FUNCTION local_redshift.to_varbyte(value text, form text) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT CASE lower(form) WHEN 'hex' THEN decode(value, 'hex') WHEN 'base64' THEN decode(value, 'base64') ELSE convert_to(value, 'UTF8') END $body$;
CREATE OR REPLACE FUNCTION local_redshift.from_varbyte(value bytea, form text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT CASE lower(form) WHEN 'hex' THEN encode(value, 'hex') WHEN 'base64' THEN encode(value, 'base64') ELSE convert_from(value, 'UTF8') END $body$;

CREATE OR REPLACE FUNCTION pg_catalog.round(value double precision, places integer) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT round(value::numeric, places)::double precision $body$;
CREATE OR REPLACE FUNCTION pg_catalog.trunc(value double precision, places integer) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT trunc(value::numeric, places)::double precision $body$;
CREATE OR REPLACE FUNCTION pg_catalog.dexp(value double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT exp(value) $body$;
CREATE OR REPLACE FUNCTION pg_catalog.dlog1(value double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT ln(value) $body$;
CREATE OR REPLACE FUNCTION pg_catalog.dlog10(value double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT log(value) $body$;
-- A value that cannot be converted is NULL.
CREATE OR REPLACE FUNCTION local_redshift.try_cast(value text, kind anyelement) RETURNS anyelement LANGUAGE plpgsql STABLE AS $body$
DECLARE result text;
BEGIN
  EXECUTE format('SELECT ($1::%s)::text', pg_typeof(kind)) INTO result USING value;
  EXECUTE format('SELECT $1::%s', pg_typeof(kind)) INTO kind USING result;
  RETURN kind;
EXCEPTION WHEN data_exception OR invalid_text_representation THEN RETURN NULL;
END $body$;
-- Always of double precision (guide, "Math functions"); PostgreSQL has some for numerics, too.
CREATE OR REPLACE FUNCTION local_redshift.power(base double precision, exponent double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.power(base, exponent) $body$;
CREATE OR REPLACE FUNCTION local_redshift.pow(base double precision, exponent double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT pg_catalog.power(base, exponent) $body$;
CREATE OR REPLACE FUNCTION local_redshift.sqrt(value double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT pg_catalog.sqrt(value) $body$;
CREATE OR REPLACE FUNCTION local_redshift.exp(value double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT pg_catalog.exp(value) $body$;
CREATE OR REPLACE FUNCTION local_redshift.ln(value double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT pg_catalog.ln(value) $body$;
CREATE OR REPLACE FUNCTION local_redshift.log(value double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT pg_catalog.log(value) $body$;
