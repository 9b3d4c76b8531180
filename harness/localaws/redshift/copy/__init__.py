"""COPY: files in object storage into a table, inside the caller's transaction, streaming."""
