-- EXPLAIN in Redshift's form (guide, "Query plan", "Evaluating the query plan"): PostgreSQL's plan of the translated query, with the operators'
-- names, the steps that gather rows on the leader, and for each join how rows would move between slices by the declared distribution.
CREATE OR REPLACE FUNCTION local_redshift.distribution(schema_name text, table_name text, alias text) RETURNS text[] LANGUAGE sql STABLE AS $body$
  SELECT CASE WHEN d.diststyle = 'KEY' THEN ARRAY[alias || '.' || d.distkey] WHEN d.diststyle = 'EVEN' THEN ARRAY['EVEN'] ELSE ARRAY['ALL'] END
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN local_redshift.declared_tables d ON d.relid = c.oid
  WHERE n.nspname = schema_name AND c.relname = table_name
$body$;
-- What a join does to rows. Both sides are given as the columns that their rows are distributed by, ALL or EVEN; so is what comes out of it.
CREATE OR REPLACE FUNCTION local_redshift.join_distribution(outer_side text[], inner_side text[], condition text, outer_rows numeric, inner_rows numeric, OUT label text, OUT side text[])
  LANGUAGE plpgsql IMMUTABLE AS $body$
DECLARE
  pairs text[][] := ARRAY(SELECT ARRAY[m[1], m[2]] FROM regexp_matches(coalesce(condition, ''), '\(?([\w"]+\.[\w"]+)\)?(?:::[\w ]+)? = \(?([\w"]+\.[\w"]+)\)?', 'g') AS m);
  columns text[] := ARRAY(SELECT unnest(pairs));
  by_outer boolean := outer_side && columns;
  by_inner boolean := inner_side && columns;
  together boolean := EXISTS (SELECT FROM generate_series(1, coalesce(array_length(pairs, 1), 0)) AS i
    WHERE (pairs[i][1] = ANY (outer_side) AND pairs[i][2] = ANY (inner_side)) OR (pairs[i][2] = ANY (outer_side) AND pairs[i][1] = ANY (inner_side)));
BEGIN
  side := outer_side;
  IF inner_side = ARRAY['ALL'] THEN label := 'DS_DIST_ALL_NONE';
  ELSIF outer_side = ARRAY['ALL'] THEN label := 'DS_DIST_ALL_INNER';
  ELSIF together THEN label := 'DS_DIST_NONE'; side := outer_side || inner_side;
  ELSIF by_outer THEN label := 'DS_DIST_INNER';
  ELSIF by_inner THEN label := 'DS_DIST_OUTER'; side := inner_side;
  ELSIF columns = '{}' OR inner_rows * 10 < outer_rows THEN label := 'DS_BCAST_INNER';
  ELSE label := 'DS_DIST_BOTH'; side := columns; END IF;
END $body$;

CREATE OR REPLACE FUNCTION local_redshift.plan_lines(plan jsonb, depth integer, OUT lines text[], OUT side text[]) LANGUAGE plpgsql STABLE AS $body$
DECLARE
  kind text := plan ->> 'Node Type';
  children jsonb := coalesce(plan -> 'Plans', '[]');
  cost text := format('  (cost=%s..%s rows=%s width=%s)', to_char((plan ->> 'Startup Cost')::numeric, 'FM999999999990.00'),
    to_char((plan ->> 'Total Cost')::numeric, 'FM999999999990.00'), plan ->> 'Plan Rows', plan ->> 'Plan Width');
  opening text := CASE WHEN depth = 0 THEN '' ELSE repeat(' ', depth * 6 - 4) || '->  ' END;
  margin text := repeat(' ', depth * 6 + 2);
  leader boolean := plan ->> 'Schema' IN ('pg_catalog', 'information_schema', 'local_redshift') OR kind = 'Function Scan';
  name text; moved text := ''; below text[]; outer_lines text[]; inner_lines text[]; outer_side text[]; inner_side text[]; child jsonb; condition text;
BEGIN
  -- Redshift has no such steps: what is below them stands in their place.
  IF kind IN ('Materialize', 'Memoize', 'Gather', 'Unique', 'ModifyTable', 'LockRows') AND jsonb_array_length(children) = 1 AND kind <> 'Unique' THEN
    SELECT p.lines, p.side INTO lines, side FROM local_redshift.plan_lines(children -> 0, depth) AS p;
    RETURN;
  END IF;
  IF kind = 'Sort' THEN
    -- Slices sort, the leader merges.
    SELECT p.lines, p.side INTO below, side FROM local_redshift.plan_lines(children -> 0, depth + 3) AS p;
    condition := (SELECT string_agg(k, ', ') FROM jsonb_array_elements_text(plan -> 'Sort Key') AS keys (k));
    lines := ARRAY[opening || 'XN Merge' || cost, margin || 'Merge Key: ' || condition, repeat(' ', depth * 6 + 2) || '->  XN Network' || cost, repeat(' ', depth * 6 + 8) || 'Send to leader',
      repeat(' ', depth * 6 + 8) || '->  XN Sort' || cost, repeat(' ', depth * 6 + 14) || 'Sort Key: ' || condition] || below;
    RETURN;
  END IF;
  IF kind IN ('Hash Join', 'Nested Loop', 'Merge Join') THEN
    condition := coalesce(plan ->> 'Hash Cond', plan ->> 'Merge Cond', plan ->> 'Join Filter');
    SELECT p.lines, p.side INTO outer_lines, outer_side FROM local_redshift.plan_lines(children -> 0, depth + 1) AS p;
    SELECT p.lines, p.side INTO inner_lines, inner_side FROM local_redshift.plan_lines(children -> 1, depth + 1) AS p;
    SELECT j.label, j.side INTO moved, side FROM local_redshift.join_distribution(outer_side, inner_side, condition, (children -> 0 ->> 'Plan Rows')::numeric,
      (children -> 1 ->> 'Plan Rows')::numeric) AS j;
    name := CASE plan ->> 'Join Type' WHEN 'Left' THEN ' Left' WHEN 'Right' THEN ' Right' WHEN 'Full' THEN ' Full' WHEN 'Semi' THEN ' IN' WHEN 'Anti' THEN ' NOT IN' ELSE '' END;
    name := CASE kind WHEN 'Nested Loop' THEN kind || name ELSE replace(kind, ' Join', '') || name || ' Join' END;
    lines := ARRAY[opening || 'XN ' || name || ' ' || moved || cost];
    IF moved IN ('DS_DIST_INNER', 'DS_DIST_BOTH') THEN lines := lines || (margin || 'Inner Dist Key: ' || array_to_string(local_redshift.joined_columns(condition, inner_lines), ', ')); END IF;
    IF moved IN ('DS_DIST_OUTER', 'DS_DIST_BOTH') THEN lines := lines || (margin || 'Outer Dist Key: ' || array_to_string(local_redshift.joined_columns(condition, outer_lines), ', ')); END IF;
    IF condition IS NOT NULL THEN lines := lines || (margin || CASE kind WHEN 'Hash Join' THEN 'Hash Cond: ' WHEN 'Merge Join' THEN 'Merge Cond: ' ELSE 'Join Filter: ' END || condition); END IF;
    lines := lines || outer_lines || inner_lines;
    RETURN;
  END IF;
  name := CASE kind WHEN 'Aggregate' THEN CASE plan ->> 'Strategy' WHEN 'Hashed' THEN 'HashAggregate' WHEN 'Sorted' THEN 'GroupAggregate' ELSE 'Aggregate' END
    WHEN 'WindowAgg' THEN 'Window' WHEN 'Seq Scan' THEN format('Seq Scan on %s%s', plan ->> 'Relation Name', CASE WHEN plan ->> 'Alias' <> plan ->> 'Relation Name' THEN ' ' || (plan ->> 'Alias') ELSE '' END)
    WHEN 'Subquery Scan' THEN format('Subquery Scan %s', plan ->> 'Alias') WHEN 'Function Scan' THEN format('Function Scan on %s', plan ->> 'Alias')
    WHEN 'CTE Scan' THEN format('Subquery Scan %s', plan ->> 'Alias') ELSE kind END;
  lines := ARRAY[opening || CASE WHEN leader THEN 'LD ' ELSE 'XN ' END || name || cost];
  IF plan ? 'Filter' THEN lines := lines || (margin || 'Filter: ' || (plan ->> 'Filter')); END IF;
  side := CASE WHEN kind = 'Seq Scan' THEN coalesce(local_redshift.distribution(plan ->> 'Schema', plan ->> 'Relation Name', plan ->> 'Alias'), ARRAY['ALL']) ELSE NULL END;
  FOR child IN SELECT c FROM jsonb_array_elements(children) AS every (c) LOOP
    SELECT p.lines, p.side INTO below, outer_side FROM local_redshift.plan_lines(child, depth + 1) AS p;
    lines := lines || below;
    side := coalesce(side, outer_side);
  END LOOP;
  side := coalesce(side, ARRAY['ALL']);
END $body$;
-- The columns of a join's condition that belong to the tables scanned on one of its sides.
CREATE OR REPLACE FUNCTION local_redshift.joined_columns(condition text, side_lines text[]) RETURNS text[] LANGUAGE sql IMMUTABLE AS $body$
  SELECT ARRAY(SELECT m[1] FROM regexp_matches(condition, '([\w"]+\.[\w"]+)', 'g') AS m
    WHERE EXISTS (SELECT FROM unnest(side_lines) AS line WHERE line ~ ('Scan on (\S+ )?' || regexp_replace(split_part(m[1], '.', 1), '(\W)', '\\\1', 'g') || '  ')))
$body$;

CREATE OR REPLACE FUNCTION local_redshift.explain(query text) RETURNS SETOF text LANGUAGE plpgsql
  SET max_parallel_workers_per_gather = 0 SET enable_mergejoin = off SET enable_material = off SET enable_memoize = off SET enable_incremental_sort = off AS $body$
DECLARE
  plan jsonb; lines text[]; missing text;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT JSON, VERBOSE) ' || query INTO plan;
  SELECT p.lines INTO lines FROM local_redshift.plan_lines(plan -> 0 -> 'Plan', 0) AS p;
  RETURN QUERY SELECT unnest(lines);
  IF EXISTS (SELECT FROM unnest(lines) AS line WHERE line ~ 'XN Nested Loop') THEN
    RETURN NEXT ' ----- Nested Loop Join in the query plan - review the join predicates to avoid Cartesian products -----';
  END IF;
  WITH RECURSIVE nodes (node) AS (
    SELECT plan -> 0 -> 'Plan' UNION ALL SELECT child FROM nodes, LATERAL jsonb_array_elements(node -> 'Plans') AS below (child))
  SELECT string_agg(DISTINCT node ->> 'Relation Name', ', ') INTO missing FROM nodes
    JOIN pg_class c ON c.relname = node ->> 'Relation Name' JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = node ->> 'Schema'
    WHERE c.reltuples < 0 AND c.relkind = 'r';
  IF missing IS NOT NULL THEN
    RETURN NEXT format(' ----- Tables missing statistics: %s -----', missing);
    RETURN NEXT ' ----- Update statistics by running the ANALYZE command on these tables -----';
  END IF;
END $body$;
