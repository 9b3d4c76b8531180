"""Stored procedures in PL/pgSQL: parsed here and run statement by statement, so that what they send is Redshift's SQL too.

`CREATE PROCEDURE` keeps the body in the database's catalog (`create`), `CALL` finds it there (`call`), `parse` makes a tree (`tree`) of it,
and `interpreter` runs that with variables (`variables`) on the session's connection. PostgreSQL's own PL/pgSQL never sees it: it could run
neither Redshift's SQL nor COPY.
"""
