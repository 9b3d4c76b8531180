-- Late-binding views (Redshift guide, "CREATE VIEW", WITH NO SCHEMA BINDING): bound to whatever has the names, whenever that changes.
-- A view of PostgreSQL knows its tables by number and holds them. Here what holds them is taken away, and after every DDL a view that names
-- what has changed is bound anew by its text; one that cannot be is left with its columns and raises the reason when it is read.
CREATE TABLE IF NOT EXISTS local_redshift.late_view ();
CREATE OR REPLACE FUNCTION local_redshift.unbound(reason text, state text) RETURNS SETOF integer LANGUAGE plpgsql VOLATILE AS $body$
BEGIN
  RAISE EXCEPTION USING MESSAGE = reason, ERRCODE = state;
END $body$;
CREATE OR REPLACE FUNCTION local_redshift.keep_late_view(view oid, declared jsonb) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $body$
  DELETE FROM pg_catalog.pg_description WHERE objoid = view AND classoid = 'local_redshift.late_view'::regclass;
  INSERT INTO pg_catalog.pg_description (objoid, classoid, objsubid, description)
    SELECT view, 'local_redshift.late_view'::regclass, 0, declared::text WHERE declared IS NOT NULL;
$body$;
CREATE OR REPLACE FUNCTION local_redshift.late_views() RETURNS TABLE (view oid, declared jsonb) LANGUAGE sql STABLE AS $body$
  SELECT d.objoid, d.description::jsonb FROM pg_catalog.pg_description d JOIN pg_catalog.pg_class c ON c.oid = d.objoid
  WHERE d.classoid = 'local_redshift.late_view'::regclass ORDER BY 1
$body$;
-- A view with other columns takes the place of an old one, with its owner, its rights and its comment.
CREATE OR REPLACE FUNCTION local_redshift.replace_late_view(view oid, name text, query text) RETURNS oid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
DECLARE
  old pg_class;
  remark text := obj_description(view, 'pg_class');
  held record;
BEGIN
  SELECT * INTO old FROM pg_class WHERE oid = view;
  EXECUTE format('DROP VIEW %s', name);
  EXECUTE format('CREATE VIEW %s%s', name, query);
  EXECUTE format('ALTER VIEW %s OWNER TO %I', name, pg_get_userbyid(old.relowner));
  FOR held IN SELECT * FROM aclexplode(old.relacl) WHERE grantee <> old.relowner LOOP
    EXECUTE format('GRANT %s ON %s TO %s%s', held.privilege_type, name, CASE held.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(held.grantee)) END,
      CASE WHEN held.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
  IF remark IS NOT NULL THEN EXECUTE format('COMMENT ON VIEW %s IS %L', name, remark); END IF;
  RETURN to_regclass(name);
END $body$;
-- The view's number afterwards.
CREATE OR REPLACE FUNCTION local_redshift.bind_late_view(view oid) RETURNS oid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
DECLARE
  kept jsonb;
  name text;
  listed text;
  result oid := view;
  reason text;
  state text;
BEGIN
  SELECT d.declared INTO kept FROM local_redshift.late_views() d WHERE d.view = bind_late_view.view;
  SELECT format('%I.%I', n.nspname, c.relname) INTO name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = view;
  SELECT '(' || string_agg(quote_ident(part), ', ' ORDER BY place) || ')' INTO listed FROM jsonb_array_elements_text(kept -> 'columns') WITH ORDINALITY AS parts (part, place);
  listed := concat(' ', listed, ' AS ', kept ->> 'query');
  BEGIN
    BEGIN
      EXECUTE format('CREATE OR REPLACE VIEW %s%s', name, listed);
    EXCEPTION WHEN invalid_table_definition THEN
      result := local_redshift.replace_late_view(view, name, listed);
    END;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS reason = MESSAGE_TEXT, state = RETURNED_SQLSTATE;
    result := view;
    EXECUTE format('CREATE OR REPLACE VIEW %s AS SELECT %s FROM local_redshift.unbound(%L, %L)', name,
      (SELECT string_agg(format('NULL::%s AS %I', format_type(atttypid, atttypmod), attname), ', ' ORDER BY attnum)
        FROM pg_attribute WHERE attrelid = view AND attnum > 0 AND NOT attisdropped), reason, state);
  END;
  IF result <> view THEN PERFORM local_redshift.keep_late_view(view, NULL); END IF;
  PERFORM local_redshift.keep_late_view(result, kept || jsonb_build_object('bound', (SELECT coalesce(jsonb_agg(DISTINCT d.refobjid::bigint), '[]')
    FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid WHERE d.classid = 'pg_rewrite'::regclass AND r.ev_class = result AND d.refobjid <> result)));
  DELETE FROM pg_depend d USING pg_rewrite r WHERE d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND r.ev_class = result
    AND NOT (d.refclassid = 'pg_class'::regclass AND d.refobjid = result);
  RETURN result;
END $body$;
-- Whether a text has the name as a word of its own.
CREATE OR REPLACE FUNCTION local_redshift.mentions(query text, name text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $body$
  SELECT strpos(query, name) > 0 AND query ~ ('(^|[^\w$])' || regexp_replace(name, '(\W)', '\\\1', 'g') || '($|[^\w$])')
$body$;
-- Binds the views that name one of these, or are bound to one of them, and those that name such a view in turn: each after those that it names.
-- Views that name each other in a circle are bound three times at most; a query on them says that they do.
CREATE OR REPLACE FUNCTION local_redshift.rebind(objects oid[], names text[], every boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
DECLARE
  waiting oid[];
  bound text[] := '{}';
  late oid;
  result oid;
BEGIN
  PERFORM set_config('local_redshift.binding', 'on', true);
  SELECT array_agg(v.view) INTO waiting FROM local_redshift.late_views() v WHERE every
    OR EXISTS (SELECT FROM unnest(names) AS changed (name) WHERE local_redshift.mentions(v.declared ->> 'query', changed.name))
    OR EXISTS (SELECT FROM jsonb_array_elements_text(v.declared -> 'bound') AS held (number) WHERE held.number::oid = ANY (objects));
  WHILE cardinality(waiting) > 0 LOOP
    SELECT v.view INTO late FROM local_redshift.late_views() v WHERE v.view = ANY (waiting)
      ORDER BY EXISTS (SELECT FROM pg_class c WHERE c.oid = ANY (waiting) AND c.oid <> v.view AND local_redshift.mentions(v.declared ->> 'query', c.relname::text)), 1 LIMIT 1;
    EXIT WHEN late IS NULL;
    result := local_redshift.bind_late_view(late);
    waiting := array_remove(waiting, late);
    bound := bound || result::regclass::text;
    waiting := waiting || ARRAY(SELECT v.view FROM local_redshift.late_views() v, pg_class c
      WHERE c.oid = result AND v.view <> result AND v.view <> ALL (waiting) AND local_redshift.mentions(v.declared ->> 'query', c.relname::text)
        AND cardinality(array_positions(bound, v.view::regclass::text)) < 3);
  END LOOP;
  PERFORM set_config('local_redshift.binding', 'off', true);
END $body$;
-- A view is read only; PostgreSQL's would write through a simple one, but not through one whose rule has a condition.
CREATE OR REPLACE FUNCTION local_redshift.close_view(view oid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
DECLARE change text;
BEGIN
  FOREACH change IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
    EXECUTE format('CREATE RULE %I AS ON %s TO %s WHERE true DO INSTEAD NOTHING', 'local_redshift_' || lower(change), change,
      (SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = view));
  END LOOP;
END $body$;
CREATE OR REPLACE FUNCTION local_redshift.after_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
BEGIN
  IF tg_tag = 'CREATE VIEW' THEN
    PERFORM local_redshift.close_view(c.objid) FROM pg_event_trigger_ddl_commands() c WHERE c.object_type = 'view' AND c.schema_name NOT IN ('pg_catalog', 'local_redshift')
      AND NOT EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.objid AND r.rulename = 'local_redshift_insert');
  END IF;
  IF current_setting('local_redshift.binding', true) = 'on' OR NOT EXISTS (SELECT FROM local_redshift.late_views()) THEN RETURN; END IF;
  PERFORM local_redshift.rebind(array_agg(c.objid), array_agg(coalesce(r.relname, p.proname)::text) FILTER (WHERE r.oid IS NOT NULL OR p.oid IS NOT NULL),
      tg_tag = 'ALTER SCHEMA')
    FROM pg_event_trigger_ddl_commands() c LEFT JOIN pg_class r ON r.oid = c.objid AND c.classid = 'pg_class'::regclass
      LEFT JOIN pg_proc p ON p.oid = c.objid AND c.classid = 'pg_proc'::regclass
    HAVING count(*) > 0;
END $body$;
CREATE OR REPLACE FUNCTION local_redshift.after_drop() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
BEGIN
  IF current_setting('local_redshift.binding', true) = 'on' OR NOT EXISTS (SELECT FROM pg_description WHERE classoid = 'local_redshift.late_view'::regclass) THEN RETURN; END IF;
  DELETE FROM pg_description USING pg_event_trigger_dropped_objects() d
    WHERE pg_description.classoid = 'local_redshift.late_view'::regclass AND pg_description.objoid = d.objid AND d.objsubid = 0 AND d.classid = 'pg_class'::regclass;
  PERFORM local_redshift.rebind(array_agg(d.objid), array_agg(d.object_name) FILTER (WHERE d.object_name IS NOT NULL), false)
    FROM pg_event_trigger_dropped_objects() d WHERE d.object_type IN ('table', 'view', 'materialized view', 'function') HAVING count(*) > 0;
END $body$;
DROP EVENT TRIGGER IF EXISTS local_redshift_after_ddl;
DROP EVENT TRIGGER IF EXISTS local_redshift_after_drop;
CREATE EVENT TRIGGER local_redshift_after_ddl ON ddl_command_end EXECUTE FUNCTION local_redshift.after_ddl();
CREATE EVENT TRIGGER local_redshift_after_drop ON sql_drop EXECUTE FUNCTION local_redshift.after_drop();
-- CREATE VIEW … WITH NO SCHEMA BINDING, as the user who makes it.
CREATE OR REPLACE FUNCTION local_redshift.make_late_view(name text, declared jsonb, replaced boolean) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
  old oid;
  made oid;
BEGIN
  IF cardinality(parse_ident(name)) = 1 THEN name := format('%I.%s', current_schema(), name); END IF;
  old := to_regclass(name);
  IF old IS NOT NULL AND NOT replaced THEN
    RAISE EXCEPTION 'relation "%" already exists', (SELECT relname FROM pg_catalog.pg_class WHERE oid = old) USING ERRCODE = 'duplicate_table';
  END IF;
  IF old IS NULL THEN
    PERFORM set_config('local_redshift.binding', 'on', true);
    EXECUTE format('CREATE VIEW %s AS SELECT FROM local_redshift.unbound('''', '''')', name);
    PERFORM set_config('local_redshift.binding', 'off', true);
  ELSIF (SELECT relkind FROM pg_catalog.pg_class WHERE oid = old) <> 'v' THEN
    RAISE EXCEPTION '"%" is not a view', name USING ERRCODE = 'wrong_object_type';
  ELSIF NOT pg_has_role(current_user, (SELECT relowner FROM pg_catalog.pg_class WHERE oid = old), 'USAGE') THEN
    RAISE EXCEPTION 'must be owner of view %', name USING ERRCODE = 'insufficient_privilege';
  END IF;
  made := to_regclass(name);
  PERFORM local_redshift.keep_late_view(made, declared || jsonb_build_object('bound', ARRAY[made::bigint]));
  PERFORM local_redshift.rebind(ARRAY[made], '{}', false);
END $body$;
-- Columns of late-binding views, as far as they are bound.
CREATE OR REPLACE FUNCTION pg_catalog.pg_get_late_binding_view_cols() RETURNS SETOF record LANGUAGE sql STABLE AS $body$
  SELECT c.nspname, c.relname, c.attname, c.kind, c.attnum::integer FROM local_redshift.columns c JOIN local_redshift.late_views() v ON v.view = c.oid ORDER BY 1, 2, 5
$body$;
