"""`awsgluedq`: Glue Data Quality on a plain Spark.

A ruleset's text is read by `dqdl` (with `tokens`, `conditions`, and `rule_types`, the table of what each type takes) into the data of
`model`; `evaluation` measures it (`measures`, `aggregates`, `references`, `files`), compares (`numbers`, `history`) and judges; `rows`
says it of each row (`values`, `columns`); `transforms` is the API, and `publishing` what leaves it.

The vendor's package of this name is in no public registry; its names are those of the scripts that visual jobs write and of the page
"Data Quality Definition Language (DQDL) reference".
"""

from __future__ import annotations

__all__ = ["RESULTS"]

RESULTS = "quality-results"
"""Folder in a run's folder with a file for each evaluation whose results are published."""
