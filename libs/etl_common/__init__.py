"""A shared library for AWS Glue jobs that build a dimensional warehouse.

Generic: nothing of one warehouse, and nothing that only a local machine has. Transforms are
`DataFrame -> DataFrame` functions without input or output; what reads and writes is named for it
(`readers`, `lake`, `redshift`). Import from the modules: each lists its public names in `__all__`.
"""
