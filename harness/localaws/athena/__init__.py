"""Athena: SQL over the Glue catalog and the objects in S3, run by DuckDB."""
