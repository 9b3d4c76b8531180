"""External schemas: tables of the Glue catalog on files in S3, read as Redshift Spectrum reads them.

`statements` parses what makes them, `names` tells which tables a statement names, `catalog` asks the Glue catalog of the local endpoint,
`files` reads the files, `tables` keeps a copy of each table's rows in PostgreSQL: whenever a statement names one, the copy is made anew if
the catalog or a file has changed.
"""
