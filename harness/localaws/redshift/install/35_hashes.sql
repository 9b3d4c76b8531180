-- Hashes that PostgreSQL has not, and functions that compare (Redshift guide, "Hash functions", "String functions").
CREATE OR REPLACE FUNCTION local_redshift.sha1(bytes bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
  padded bytea := bytes || '\x80'::bytea || decode(repeat('00', (119 - length(bytes) % 64) % 64), 'hex') || int8send(length(bytes)::bigint * 8);
  state bigint[] := ARRAY[1732584193, 4023233417, 2562383102, 271733878, 3285377520];
  words bigint[];
  a bigint; b bigint; c bigint; d bigint; e bigint; f bigint; k bigint; next bigint;
  whole constant bigint := 4294967295;
BEGIN
  FOR block IN 0 .. length(padded) / 64 - 1 LOOP
    FOR i IN 0 .. 15 LOOP
      words[i] := (get_byte(padded, block * 64 + i * 4)::bigint << 24) | (get_byte(padded, block * 64 + i * 4 + 1) << 16)
        | (get_byte(padded, block * 64 + i * 4 + 2) << 8) | get_byte(padded, block * 64 + i * 4 + 3);
    END LOOP;
    FOR i IN 16 .. 79 LOOP
      next := words[i - 3] # words[i - 8] # words[i - 14] # words[i - 16];
      words[i] := ((next << 1) | (next >> 31)) & whole;
    END LOOP;
    a := state[1]; b := state[2]; c := state[3]; d := state[4]; e := state[5];
    FOR i IN 0 .. 79 LOOP
      IF i < 20 THEN f := (b & c) | ((whole # b) & d); k := 1518500249;
      ELSIF i < 40 THEN f := b # c # d; k := 1859775393;
      ELSIF i < 60 THEN f := (b & c) | (b & d) | (c & d); k := 2400959708;
      ELSE f := b # c # d; k := 3395469782; END IF;
      next := ((((a << 5) | (a >> 27)) & whole) + f + e + k + words[i]) & whole;
      e := d; d := c; c := ((b << 30) | (b >> 2)) & whole; b := a; a := next;
    END LOOP;
    state := ARRAY[(state[1] + a) & whole, (state[2] + b) & whole, (state[3] + c) & whole, (state[4] + d) & whole, (state[5] + e) & whole];
  END LOOP;
  RETURN (SELECT string_agg(lpad(to_hex(part), 8, '0'), '' ORDER BY place) FROM unnest(state) WITH ORDINALITY AS parts (part, place));
END $body$;
CREATE OR REPLACE FUNCTION local_redshift.sha1(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $body$ SELECT local_redshift.sha1(convert_to(value, 'UTF8')) $body$;

-- FNV-1a with 64 bits over the bytes of a value: 2, 4 or 8 of a whole number, little-endian.
CREATE OR REPLACE FUNCTION local_redshift.fnv_bytes(bytes bytea, seed bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
  sum numeric := CASE WHEN seed < 0 THEN seed + 18446744073709551616 ELSE seed END;
  low integer;
BEGIN
  FOR place IN 0 .. length(bytes) - 1 LOOP
    low := (sum % 256)::integer;
    sum := ((sum - low + (low # get_byte(bytes, place))) * 1099511628211) % 18446744073709551616;
  END LOOP;
  RETURN CASE WHEN sum >= 9223372036854775808 THEN sum - 18446744073709551616 ELSE sum END;
END $body$;
CREATE OR REPLACE FUNCTION local_redshift.reversed(bytes bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
  SELECT coalesce(string_agg(substr(bytes, place, 1), ''::bytea ORDER BY place DESC), '') FROM generate_series(1, length(bytes)) AS places (place)
$body$;
CREATE OR REPLACE FUNCTION local_redshift.hashed_bytes(value anyelement) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
BEGIN
  CASE pg_typeof(value)
    WHEN 'smallint'::regtype THEN RETURN local_redshift.reversed(int2send(value::text::smallint));
    WHEN 'integer'::regtype THEN RETURN local_redshift.reversed(int4send(value::text::integer));
    WHEN 'bigint'::regtype THEN RETURN local_redshift.reversed(int8send(value::text::bigint));
    WHEN 'boolean'::regtype THEN RETURN boolsend(value::text::boolean);
    WHEN 'text'::regtype, 'varchar'::regtype THEN RETURN convert_to(value::text, 'UTF8');
    WHEN 'bytea'::regtype THEN RETURN value::text::bytea;
    ELSE RAISE EXCEPTION 'A hash of the type % is not supported by the local Redshift endpoint yet', format_type(pg_typeof(value), NULL)
      USING ERRCODE = 'feature_not_supported', HINT = 'Whole numbers, booleans, VARCHAR and VARBYTE are: cast to one of them.';
  END CASE;
END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.fnv_hash(value anyelement, seed bigint DEFAULT -3750763034362895579) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT local_redshift.fnv_bytes(local_redshift.hashed_bytes(value), seed) $body$;
CREATE OR REPLACE FUNCTION pg_catalog.fnv_hash(value text, seed bigint DEFAULT -3750763034362895579) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT local_redshift.fnv_bytes(convert_to(value, 'UTF8'), seed) $body$;

-- Murmur3A with 32 bits, of the bytes that Iceberg's specification hashes: whole numbers as 8 bytes.
CREATE OR REPLACE FUNCTION local_redshift.murmur_bytes(bytes bytea) RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
  whole constant bigint := 4294967295;
  h bigint := 0;
  k bigint;
  tail integer := length(bytes) % 4;
BEGIN
  FOR block IN 0 .. (length(bytes) + 3) / 4 - 1 LOOP
    k := 0;
    FOR i IN REVERSE least(block * 4 + 3, length(bytes) - 1) .. block * 4 LOOP
      k := (k << 8) | get_byte(bytes, i);
    END LOOP;
    k := (k::numeric * 3432918353 % 4294967296)::bigint;
    k := ((k << 15) | (k >> 17)) & whole;
    k := (k::numeric * 461845907 % 4294967296)::bigint;
    h := h # k;
    IF block * 4 + 4 <= length(bytes) THEN
      h := ((h << 13) | (h >> 19)) & whole;
      h := (h * 5 + 3864292196) & whole;
    END IF;
  END LOOP;
  h := h # length(bytes);
  h := ((h # (h >> 16))::numeric * 2246822507 % 4294967296)::bigint;
  h := ((h # (h >> 13))::numeric * 3266489909 % 4294967296)::bigint;
  h := h # (h >> 16);
  RETURN CASE WHEN h > 2147483647 THEN h - 4294967296 ELSE h END;
END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.murmur3_32_hash(value text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT local_redshift.murmur_bytes(convert_to(value, 'UTF8')) $body$;
CREATE OR REPLACE FUNCTION pg_catalog.murmur3_32_hash(value bytea) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT local_redshift.murmur_bytes(value) $body$;
CREATE OR REPLACE FUNCTION pg_catalog.murmur3_32_hash(value bigint) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $body$ SELECT local_redshift.murmur_bytes(local_redshift.reversed(int8send(value))) $body$;
-- What a seed does is not documented, and the example's value is not the algorithm's.
CREATE OR REPLACE FUNCTION pg_catalog.murmur3_32_hash(value text, seed bigint) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $body$
BEGIN
  RAISE EXCEPTION 'MURMUR3_32_HASH with a seed is not supported by the local Redshift endpoint yet' USING ERRCODE = 'feature_not_supported';
END $body$;

-- American Soundex: the first letter, and three digits for the consonants after it.
CREATE OR REPLACE FUNCTION pg_catalog.soundex(value text) RETURNS varchar LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
  letters text := upper(regexp_replace(value, '[^A-Za-z]', '', 'g'));
  codes text := translate(letters, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '01230120022455012623010202');
  result text := left(letters, 1);
  before text := left(codes, 1);
BEGIN
  FOR place IN 2 .. length(letters) LOOP
    CONTINUE WHEN substr(letters, place, 1) IN ('H', 'W');
    IF substr(codes, place, 1) <> '0' AND substr(codes, place, 1) <> before THEN
      result := result || substr(codes, place, 1);
    END IF;
    before := substr(codes, place, 1);
  END LOOP;
  RETURN CASE WHEN result = '' THEN '' ELSE rpad(left(result, 4), 4, '0') END;
END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.difference(one text, other text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
  SELECT count(*)::integer FROM generate_series(1, 4) AS places (place) WHERE substr(soundex(one), place, 1) = substr(soundex(other), place, 1) AND soundex(one) <> ''
    AND soundex(other) <> ''
$body$;

CREATE OR REPLACE FUNCTION pg_catalog.interval_cmp(one interval, other interval) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $body$ SELECT CASE WHEN one > other THEN 1 WHEN one < other THEN -1 ELSE 0 END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.bpcharcmp(one bpchar, other bpchar) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $body$ SELECT CASE WHEN rtrim(one) COLLATE "C" > rtrim(other) COLLATE "C" THEN 1 WHEN rtrim(one) COLLATE "C" < rtrim(other) COLLATE "C" THEN -1 ELSE 0 END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.bttext_pattern_cmp(one text, other text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $body$ SELECT CASE WHEN one COLLATE "C" > other COLLATE "C" THEN 1 WHEN one COLLATE "C" < other COLLATE "C" THEN -1 ELSE 0 END $body$;
-- Spaces around, a fraction that is cut off.
CREATE OR REPLACE FUNCTION pg_catalog.text_to_int_alt(value text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $body$ SELECT trunc(btrim(value)::numeric)::integer $body$;
CREATE OR REPLACE FUNCTION pg_catalog.text_to_numeric_alt(value text, precision_ integer DEFAULT 38, scale_ integer DEFAULT 0) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE result numeric := trunc(btrim(value)::numeric, scale_);
BEGIN
  IF abs(result) >= 10::numeric ^ (precision_ - scale_) THEN
    RAISE EXCEPTION 'Numeric data overflow (result precision)' USING ERRCODE = 'numeric_value_out_of_range';
  END IF;
  RETURN result;
END $body$;
CREATE OR REPLACE FUNCTION pg_catalog.getbit(value bytea, place integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $body$ SELECT pg_catalog.get_bit(value, (length(value) - 1 - place / 8)::bigint * 8 + place % 8) $body$;
CREATE OR REPLACE FUNCTION pg_catalog.current_user_id() RETURNS integer LANGUAGE sql STABLE AS
  $body$ SELECT oid::integer FROM pg_catalog.pg_roles WHERE rolname = current_user $body$;
CREATE OR REPLACE FUNCTION pg_catalog.user_is_member_of(member text, role text) RETURNS boolean LANGUAGE sql STABLE AS
  $body$ SELECT pg_catalog.pg_has_role(member, role, 'MEMBER') $body$;
