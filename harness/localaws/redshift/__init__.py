"""Amazon Redshift on PostgreSQL: the dialect, COPY, and a session that runs one statement.

`dialect.translate` turns a Redshift statement into what PostgreSQL runs, or refuses it by a named error; `session.Session`
runs it; `copy` loads files. The Data API (`localaws.redshiftdata`) is one caller; a wire endpoint will be another.
"""
