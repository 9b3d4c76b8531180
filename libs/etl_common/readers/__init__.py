"""Readers: one per kind of source, each with an explicit schema and raw frames of one shape.

Every raw frame has, beside the source's columns, `_origin` (file, page or table), `_position` (record
number in it, from 1; null for tables), `_raw`, `_ragged` and `_broken_encoding`.
"""

from __future__ import annotations

from etl_common.readers.csv_files import read_csv_files
from etl_common.readers.jdbc import JdbcSource
from etl_common.readers.json_pages import read_json_pages

__all__ = ["JdbcSource", "read_csv_files", "read_json_pages"]
