-- SHOW TABLE and SHOW GRANTS (Redshift guide, "SHOW TABLE", "SHOW GRANTS").
CREATE OR REPLACE FUNCTION local_redshift.table_ddl(relation regclass) RETURNS varchar LANGUAGE sql STABLE AS $body$
  SELECT format(E'CREATE %sTABLE %I.%I (\n%s\n)\nDISTSTYLE %s%s%s;', CASE WHEN r.temporary THEN 'TEMP ' ELSE '' END, r.nspname, r.relname,
    concat_ws(E',\n',
      (SELECT string_agg(format('    %I %s%s%s%s', c.attname, c.kind, CASE WHEN c.column_default IS NULL THEN '' WHEN a.attidentity <> '' THEN ' IDENTITY(1,1)'
          ELSE ' DEFAULT ' || c.column_default END, CASE WHEN c.nullable THEN '' ELSE ' NOT NULL' END,
          ' ENCODE ' || CASE WHEN format_encoding(c.attencodingtype) = 'none' THEN 'raw' ELSE format_encoding(c.attencodingtype) END), E',\n' ORDER BY c.attnum)
        FROM local_redshift.columns c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = c.attnum WHERE c.oid = relation),
      (SELECT string_agg('    ' || local_redshift.constraint_text(k.oid), E',\n' ORDER BY k.oid) FROM local_redshift.pg_constraint k
        WHERE k.conrelid = relation AND k.contype IN ('p', 'u', 'f'))),
    coalesce(d.diststyle, 'AUTO'), CASE WHEN d.distkey <> '' THEN format(E'\nDISTKEY ( %I )', d.distkey) ELSE '' END,
    CASE WHEN jsonb_array_length(d.sortkey) > 0 THEN format(E'\n%sSORTKEY ( %s )', CASE d.sortstyle WHEN 'INTERLEAVED' THEN 'INTERLEAVED ' ELSE '' END,
      (SELECT string_agg(quote_ident(name), ', ' ORDER BY place) FROM jsonb_array_elements_text(d.sortkey) WITH ORDINALITY AS keys (name, place))) ELSE '' END)::varchar
  FROM local_redshift.relations r LEFT JOIN local_redshift.declared_tables d ON d.relid = r.oid WHERE r.oid = relation AND r.relkind IN ('r', 'p')
$body$;
-- Every right on tables, views and schemas.
CREATE VIEW local_redshift.grants AS
  SELECT current_database()::varchar AS database_name, namespace_name::varchar AS schema_name, relation_name::varchar AS object_name, 'TABLE'::varchar AS object_type,
    privilege_type::varchar, identity_id, identity_name::varchar, identity_type::varchar, admin_option, 'TABLE'::varchar AS privilege_scope, grantor_name::varchar
  FROM pg_catalog.svv_relation_privileges
  UNION ALL
  SELECT current_database(), n.nspname, n.nspname, 'SCHEMA', p.privilege_type, p.grantee::integer, coalesce(g.rolname, 'public'),
    local_redshift.identity_type(p.grantee), p.is_grantable, 'SCHEMA', pg_get_userbyid(p.grantor)
  FROM pg_catalog.pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) AS p LEFT JOIN pg_catalog.pg_roles g ON g.oid = p.grantee
  WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'local_redshift')
  UNION ALL
  SELECT d.datname, NULL, d.datname, 'DATABASE', p.privilege_type, p.grantee::integer, coalesce(g.rolname, 'public'),
    local_redshift.identity_type(p.grantee), p.is_grantable, 'DATABASE', pg_get_userbyid(p.grantor)
  FROM pg_catalog.pg_database d CROSS JOIN LATERAL aclexplode(d.datacl) AS p LEFT JOIN pg_catalog.pg_roles g ON g.oid = p.grantee WHERE d.datname = current_database();
GRANT SELECT ON local_redshift.grants TO PUBLIC;
