"""The Glue Data Catalog as the catalog of Spark SQL, as `--enable-glue-datacatalog` asks for it.

On Glue Spark's Hive metastore is the Data Catalog. Here Spark keeps its own catalog in memory, one for each run, and what a statement
names is brought there before the statement runs (`importing`); what the statement made, changed or dropped is brought back (`exporting`).
"""

from __future__ import annotations

from awsglue._session_catalog.hooks import ASKED, OWN, SWITCH, UNASKED, use_glue_catalog

__all__ = ["ASKED", "OWN", "SWITCH", "UNASKED", "use_glue_catalog"]
