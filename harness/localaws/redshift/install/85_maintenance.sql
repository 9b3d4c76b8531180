-- ALTER TABLE APPEND and ANALYZE COMPRESSION (guide, the pages of these names).
CREATE OR REPLACE FUNCTION local_redshift.declared(relation oid) RETURNS jsonb LANGUAGE sql STABLE AS $body$
  SELECT coalesce((SELECT description::jsonb FROM pg_catalog.pg_description WHERE objoid = relation AND classoid = 'local_redshift.declaration'::regclass), '{}')
$body$;
-- Moves the rows of one table to the end of another. DELETE, not TRUNCATE: what others have inserted meanwhile stays where it is.
CREATE OR REPLACE FUNCTION local_redshift.append_table(target regclass, source regclass, option text) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
  of_target constant jsonb := local_redshift.declared(target);
  of_source constant jsonb := local_redshift.declared(source);
  part text;
  wrong text;
  common text;
BEGIN
  IF target = source THEN
    RAISE EXCEPTION 'ALTER TABLE APPEND: the source table % is the target', source USING ERRCODE = 'feature_not_supported';
  END IF;
  SELECT string_agg(c.oid::regclass::text, ', ') INTO wrong FROM pg_class c WHERE c.oid IN (target, source) AND (c.relkind NOT IN ('r', 'p') OR c.relpersistence = 't');
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'ALTER TABLE APPEND is for permanent tables: % is none', wrong USING ERRCODE = 'feature_not_supported';
  END IF;
  FOREACH part IN ARRAY ARRAY['diststyle', 'distkey', 'sortstyle', 'sortkey'] LOOP
    IF of_target -> part IS DISTINCT FROM of_source -> part THEN
      RAISE EXCEPTION 'ALTER TABLE APPEND: target and source differ in their %', part
        USING ERRCODE = 'feature_not_supported', DETAIL = format('%s: %s, %s: %s', target, of_target ->> part, source, of_source ->> part);
    END IF;
  END LOOP;
  IF (SELECT count(*) FROM pg_attribute WHERE attrelid IN (target, source) AND attnum > 0 AND attidentity = 'a') = 2 THEN
    RAISE EXCEPTION 'ALTER TABLE APPEND: both tables have an IDENTITY column' USING ERRCODE = 'feature_not_supported';
  END IF;
  SELECT string_agg(quote_ident(coalesce(t.attname, s.attname)), ', ') FILTER (WHERE t.attname IS NOT NULL AND s.attname IS NOT NULL),
    min(CASE
      WHEN t.attname IS NULL AND option <> 'IGNOREEXTRA' THEN format('the source has a column that the target has not: "%s" (use IGNOREEXTRA)', s.attname)
      WHEN s.attname IS NULL AND option <> 'FILLTARGET' THEN format('the target has a column that the source has not: "%s" (use FILLTARGET)', t.attname)
      WHEN (t.atttypid, t.atttypmod, t.attnotnull, t.attidentity) IS DISTINCT FROM (s.atttypid, s.atttypmod, s.attnotnull, s.attidentity)
        AND t.attname IS NOT NULL AND s.attname IS NOT NULL
        THEN format('the attributes of column "%s" differ: %s%s and %s%s', t.attname, format_type(t.atttypid, t.atttypmod),
          CASE WHEN t.attnotnull THEN ' not null' ELSE '' END, format_type(s.atttypid, s.atttypmod), CASE WHEN s.attnotnull THEN ' not null' ELSE '' END)
      WHEN of_target #> ARRAY['encodings', t.attname] IS DISTINCT FROM of_source #> ARRAY['encodings', s.attname] AND t.attname = s.attname
        THEN format('the attributes of column "%s" differ in their encoding', t.attname) END)
    INTO common, wrong
    FROM (SELECT * FROM pg_attribute WHERE attrelid = target AND attnum > 0 AND NOT attisdropped) AS t
    FULL JOIN (SELECT * FROM pg_attribute WHERE attrelid = source AND attnum > 0 AND NOT attisdropped) AS s ON t.attname = s.attname;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'ALTER TABLE APPEND: %', wrong USING ERRCODE = 'feature_not_supported';
  END IF;
  IF common IS NULL THEN
    RAISE EXCEPTION 'ALTER TABLE APPEND: % and % have no column in common', target, source USING ERRCODE = 'feature_not_supported';
  END IF;
  EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM %s', target, common, common, source);
  EXECUTE format('DELETE FROM %s', source);
END $body$;
-- What a column's values take in Redshift, uncompressed, and as az64 (frames of 64 whole numbers), bytedict, runlength and zstd would have
-- them. The last is measured: what PostgreSQL's own compression makes of them. A sort key's column keeps its encoding unanalyzed.
CREATE OR REPLACE FUNCTION local_redshift.column_compression(relation regclass, column_name text, type_name text, modifier integer, most bigint)
RETURNS TABLE (encoding text, reduction numeric) LANGUAGE plpgsql AS $body$
DECLARE
  scale constant integer := CASE WHEN type_name = 'numeric' THEN (modifier - 4) & 2047 ELSE 0 END;
  whole constant text := CASE type_name WHEN 'int2' THEN 'v::numeric' WHEN 'int4' THEN 'v::numeric' WHEN 'int8' THEN 'v::numeric'
    WHEN 'numeric' THEN format('trunc(v * 1%s)', repeat('0', scale)) WHEN 'date' THEN '(v - date ''2000-01-01'')::numeric'
    WHEN 'timestamp' THEN 'trunc(extract(epoch FROM v) * 1000000)' WHEN 'timestamptz' THEN 'trunc(extract(epoch FROM v) * 1000000)' END;
  width constant text := CASE type_name WHEN 'int2' THEN '2' WHEN 'int4' THEN '4' WHEN 'int8' THEN '8' WHEN 'float4' THEN '4' WHEN 'float8' THEN '8'
    WHEN 'date' THEN '4' WHEN 'timestamp' THEN '8' WHEN 'timestamptz' THEN '8' WHEN 'bool' THEN '1'
    WHEN 'numeric' THEN CASE WHEN (modifier - 4) >> 16 <= 19 THEN '8' ELSE '16' END WHEN 'bpchar' THEN (modifier - 4)::text ELSE 'octet_length(v::text) + 4' END;
  rows bigint; raw numeric; different bigint; runs bigint; distinct_bytes numeric; az64 numeric; zstd numeric;
BEGIN
  EXECUTE format('CREATE TEMP TABLE local_redshift_sample ON COMMIT DROP AS SELECT row_number() OVER () AS n, %I AS v FROM %s LIMIT %s', column_name, relation, most);
  EXECUTE format('SELECT count(*), coalesce(sum(%s), 0), count(DISTINCT v::text), count(*) FILTER (WHERE is_new)
    FROM (SELECT v, v::text IS DISTINCT FROM lag(v::text) OVER (ORDER BY n) AS is_new FROM local_redshift_sample) AS s WHERE v IS NOT NULL', width)
    INTO rows, raw, different, runs;
  IF rows > 0 AND raw > 0 THEN
    EXECUTE format('SELECT sum(%s) FROM (SELECT DISTINCT v FROM (SELECT v::text AS v FROM local_redshift_sample WHERE v IS NOT NULL) AS a) AS d',
      CASE WHEN width ~ '^\d+$' THEN width ELSE 'octet_length(v) + 4' END) INTO distinct_bytes;
    IF whole IS NOT NULL THEN
      EXECUTE format('SELECT sum(9 + size * ceil(ln(greatest(2, high - low + 1)) / ln(2.0)) / 8) FROM (
        SELECT count(*) AS size, max(%s) AS high, min(%s) AS low FROM local_redshift_sample WHERE v IS NOT NULL GROUP BY n / 64) AS frames', whole, whole) INTO az64;
    END IF;
    CREATE TEMP TABLE local_redshift_packed (piece text) ON COMMIT DROP;
    INSERT INTO local_redshift_packed SELECT string_agg(v::text, E'\n' ORDER BY n) FROM local_redshift_sample WHERE v IS NOT NULL GROUP BY n / 8192;
    SELECT raw * sum(pg_column_size(piece)) / sum(octet_length(piece)) INTO zstd FROM local_redshift_packed;
    DROP TABLE local_redshift_packed;
  END IF;
  DROP TABLE local_redshift_sample;
  RETURN QUERY SELECT best.name, round(100 * (1 - best.bytes / raw), 2)
    FROM (VALUES (1, 'az64', az64), (2, 'zstd', zstd), (3, 'bytedict', CASE WHEN different <= 256 THEN rows + distinct_bytes END),
      (4, 'runlength', runs * (raw / nullif(rows, 0) + 1))) AS best (rank, name, bytes)
    WHERE best.bytes < raw ORDER BY best.bytes, best.rank LIMIT 1;
END $body$;
CREATE OR REPLACE FUNCTION local_redshift.analyze_compression(relation regclass, columns text[], most bigint)
RETURNS TABLE ("Table" varchar, "Column" varchar, "Encoding" varchar, "Est_reduction_pct" varchar) LANGUAGE plpgsql AS $body$
DECLARE
  known record;
  found record;
BEGIN
  IF EXISTS (SELECT FROM unnest(columns) AS asked (name) WHERE asked.name NOT IN
      (SELECT attname FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped)) THEN
    RAISE EXCEPTION 'column "%" of relation "%" does not exist', columns[1], relation USING ERRCODE = 'undefined_column';
  END IF;
  FOR known IN SELECT c.oid, c.relname, a.attname, t.typname, a.atttypmod, local_redshift.declared(c.oid) AS declared
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
      WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND (a.attname = ANY (columns) OR columns IS NULL)
        AND (c.oid = relation OR (relation IS NULL AND n.nspname <> 'local_redshift' AND n.nspname !~ '^(pg_|information_schema)'))
      ORDER BY n.nspname, c.relname, a.attnum LOOP
    found := NULL;
    IF NOT coalesce(known.declared -> 'sortkey', '[]') ? known.attname THEN
      SELECT * INTO found FROM local_redshift.column_compression(known.oid, known.attname, known.typname, known.atttypmod, most);
      RETURN QUERY SELECT known.relname::varchar, known.attname::varchar, coalesce(found.encoding, 'raw')::varchar, to_char(coalesce(found.reduction, 0), 'FM990.00')::varchar;
    ELSE
      RETURN QUERY SELECT known.relname::varchar, known.attname::varchar, coalesce(known.declared #>> ARRAY['encodings', known.attname], 'raw')::varchar, '0.00'::varchar;
    END IF;
  END LOOP;
END $body$;
CREATE OR REPLACE FUNCTION local_redshift.comment_on_view(relation regclass, words text) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  EXECUTE format('COMMENT ON %sVIEW %s IS %L', (SELECT CASE relkind WHEN 'm' THEN 'MATERIALIZED ' ELSE '' END FROM pg_class WHERE oid = relation), relation, words);
END $body$;
