-- Users and what they may (Redshift guide, "CREATE USER", "DROP ROLE", "CANCEL").
-- A SHA-256 password is kept where PostgreSQL keeps passwords: sha256|digest|salt|MD5, the last for clients that know nothing else.
CREATE OR REPLACE FUNCTION local_redshift.keep_sha256(name text, digest bytea, salt bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = session_user AND (rolsuper OR rolname = name)) THEN
    RAISE EXCEPTION 'permission denied: only a superuser may set the password of "%"', name USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE pg_authid SET rolpassword = concat_ws('|', 'sha256', encode(digest, 'hex'), encode(salt, 'hex'), coalesce(rolpassword, '')) WHERE rolname = name;
END $body$;
-- The settings that ALTER USER … SET gave a user, taken on at log-in.
CREATE OR REPLACE FUNCTION local_redshift.settings_of(name text) RETURNS TABLE (setting text, value text) LANGUAGE sql STABLE AS $body$
  SELECT split_part(pair, '=', 1), substr(pair, strpos(pair, '=') + 1)
  FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS pairs (pair)
  WHERE r.rolname = name AND s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
$body$;
CREATE OR REPLACE FUNCTION local_redshift.syslog_access(name text) RETURNS text LANGUAGE sql STABLE AS $body$
  SELECT CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name AND rolsuper) THEN 'UNRESTRICTED'
    ELSE coalesce((SELECT value FROM local_redshift.settings_of(name) WHERE setting = 'local_redshift.syslog_access'), 'RESTRICTED') END
$body$;
CREATE OR REPLACE FUNCTION local_redshift.identity_type(identity oid) RETURNS text LANGUAGE sql STABLE AS $body$
  SELECT coalesce((SELECT CASE WHEN rolcanlogin THEN 'user' WHEN EXISTS (SELECT FROM local_redshift.settings_of(rolname) WHERE setting = 'local_redshift.identity') THEN 'role'
    ELSE 'group' END FROM pg_catalog.pg_roles WHERE oid = identity), 'public')
$body$;
CREATE OR REPLACE FUNCTION local_redshift.role_is_free(name text) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.roleid WHERE r.rolname = name) THEN
    RAISE EXCEPTION 'cannot drop role "%" because it is granted to users or roles', name
      USING ERRCODE = 'dependent_objects_still_exist', HINT = 'Use DROP ROLE … FORCE to take it from them.';
  END IF;
END $body$;
CREATE OR REPLACE FUNCTION local_redshift.cancel(process integer) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE pid = process AND backend_type = 'client backend') THEN
    RAISE EXCEPTION 'could not cancel process %: no such process', process USING ERRCODE = 'undefined_object';
  END IF;
  PERFORM pg_catalog.pg_cancel_backend(process);
END $body$;
-- What writes the history keeps a connection to each database: it goes before the database is dropped or renamed, and comes back by itself.
CREATE OR REPLACE FUNCTION local_redshift.leave_database(name text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $body$
  SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = name AND application_name = 'redshift query history'
$body$;
