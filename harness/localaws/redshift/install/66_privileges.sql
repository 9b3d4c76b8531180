-- Rights, roles and what runs now (Redshift guide, "SVV views", "STV_INFLIGHT", "PG_USER_INFO").
CREATE VIEW pg_catalog.svv_schema_privileges AS
  SELECT schema_name AS namespace_name, privilege_type, identity_id, identity_name, identity_type, admin_option, privilege_scope, grantor_name
  FROM local_redshift.grants WHERE object_type = 'SCHEMA';
CREATE VIEW pg_catalog.svv_database_privileges AS
  SELECT database_name, privilege_type, identity_id, identity_name, identity_type, admin_option, privilege_scope, grantor_name
  FROM local_redshift.grants WHERE object_type = 'DATABASE';
CREATE VIEW pg_catalog.svv_column_privileges AS
  SELECT r.nspname::varchar AS namespace_name, r.relname::varchar AS relation_name, a.attname::varchar AS column_name, p.privilege_type::varchar AS privilege_type,
    p.grantee::integer AS identity_id, coalesce(g.rolname, 'public')::varchar AS identity_name, local_redshift.identity_type(p.grantee)::varchar AS identity_type
  FROM local_redshift.relations r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid CROSS JOIN LATERAL aclexplode(a.attacl) AS p
    LEFT JOIN pg_catalog.pg_roles g ON g.oid = p.grantee
  WHERE NOT r.of_system;
CREATE VIEW pg_catalog.svv_function_privileges AS
  SELECT n.nspname::varchar AS namespace_name, p.proname::varchar AS function_name, pg_get_function_identity_arguments(p.oid)::varchar AS argument_types,
    a.privilege_type::varchar AS privilege_type, a.grantee::integer AS identity_id, coalesce(g.rolname, 'public')::varchar AS identity_name,
    local_redshift.identity_type(a.grantee)::varchar AS identity_type, a.is_grantable AS admin_option, pg_get_userbyid(a.grantor)::varchar AS grantor_name
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace CROSS JOIN LATERAL aclexplode(p.proacl) AS a
    LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee
  WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'local_redshift');
CREATE VIEW pg_catalog.svv_default_privileges AS
  SELECT n.nspname::varchar AS schema_name, CASE d.defaclobjtype WHEN 'r' THEN 'RELATION' WHEN 'f' THEN 'FUNCTION' ELSE d.defaclobjtype::text END::varchar AS object_type,
    d.defaclrole::integer AS owner_id, pg_get_userbyid(d.defaclrole)::varchar AS owner_name, 'user'::varchar AS owner_type, p.privilege_type::varchar AS privilege_type,
    p.grantee::integer AS grantee_id, coalesce(g.rolname, 'public')::varchar AS grantee_name, local_redshift.identity_type(p.grantee)::varchar AS grantee_type,
    p.is_grantable AS admin_option
  FROM pg_catalog.pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) AS p LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
    LEFT JOIN pg_catalog.pg_roles g ON g.oid = p.grantee;
CREATE VIEW pg_catalog.svv_user_grants AS
  SELECT u.oid::integer AS user_id, u.rolname::varchar AS user_name, r.oid::integer AS role_id, r.rolname::varchar AS role_name, m.admin_option
  FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles u ON u.oid = m.member JOIN pg_catalog.pg_roles r ON r.oid = m.roleid
  WHERE u.rolcanlogin AND local_redshift.identity_type(r.oid) = 'role';
CREATE VIEW pg_catalog.svv_role_grants AS
  SELECT u.oid::integer AS role_id, u.rolname::varchar AS role_name, r.oid::integer AS granted_role_id, r.rolname::varchar AS granted_role_name
  FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles u ON u.oid = m.member JOIN pg_catalog.pg_roles r ON r.oid = m.roleid
  WHERE NOT u.rolcanlogin AND local_redshift.identity_type(r.oid) = 'role';
CREATE VIEW pg_catalog.pg_user_info AS
  SELECT usename, usesysid, usecreatedb, usesuper, false AS usecatupd, '********'::text AS passwd, valuntil, useconfig,
    (SELECT CASE WHEN rolconnlimit < 0 THEN 'UNLIMITED' ELSE rolconnlimit::text END FROM pg_catalog.pg_roles WHERE oid = usesysid) AS useconnlimit
  FROM pg_catalog.pg_user;
CREATE VIEW pg_catalog.stv_inflight AS
  SELECT (SELECT oid::integer FROM pg_catalog.pg_roles r WHERE r.rolname = a.usename) AS userid, 0 AS slice, NULL::integer AS query, ''::char(30) AS label,
    coalesce(backend_xid::text::bigint, 0) AS xid, pid, query_start AT TIME ZONE 'UTC' AS starttime, left(query, 100)::char(100) AS text, 0 AS suspended, 0 AS insert_pristine,
    0 AS concurrency_scaling_status
  FROM pg_catalog.pg_stat_activity a WHERE backend_type = 'client backend' AND state = 'active' AND pid <> pg_backend_pid();
DO $body$ BEGIN
  EXECUTE (SELECT string_agg(format('GRANT SELECT ON %I.%I TO PUBLIC', n.nspname, c.relname), '; ')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v' AND c.oid >= 16384 AND n.nspname = 'pg_catalog');
END $body$;
