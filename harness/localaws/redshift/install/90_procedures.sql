-- Stored procedures: kept in the catalog in a language that the endpoint runs itself; PostgreSQL would not understand their bodies.
DO $body$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_language WHERE lanname = 'local_redshift_plpgsql') THEN
    CREATE TRUSTED LANGUAGE local_redshift_plpgsql HANDLER pg_catalog.plpgsql_call_handler;
  END IF;
END $body$;
-- Nobody but its owner may run a new procedure (guide, "Security and privileges for stored procedures").
CREATE OR REPLACE FUNCTION local_redshift.keep_procedure(procedure regprocedure, declared jsonb) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  IF (SELECT proacl IS NULL FROM pg_proc WHERE oid = procedure) THEN
    EXECUTE format('REVOKE ALL ON PROCEDURE %s FROM PUBLIC', procedure);
  END IF;
  PERFORM local_redshift.keep_declaration(procedure, declared);
END $body$;
