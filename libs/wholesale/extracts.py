"""What is read of the RDS database and of the API: tables with their partition columns, feeds with their fields."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pyspark.sql import types as T

from etl_common.readers.jdbc import Extract
from wholesale.sources import CURRENCY_RECORD, RATE_RECORD, SHIPMENT_DOCUMENT, SOURCES

__all__ = ["CURRENCY_FIELDS", "INCREMENTAL", "OVERLAP", "RATE_FIELDS", "REFERENCE", "SHIPMENT_FIELDS"]

# A transaction that commits late may carry an updated_at below a mark that was already read.
OVERLAP = timedelta(hours=1)

# Read whole in every batch.
REFERENCE = (
    Extract("region", ("region_id", "name"), "region_id", watermark=None),
    Extract("nation", ("nation_id", "name", "region_id", "currency_code"), "nation_id", watermark=None),
)

# Read whole once, then by updated_at; in the order in which records need their parents.
INCREMENTAL = (
    Extract("customer", SOURCES["customer"].column_names, "customer_id"),
    Extract("orders", SOURCES["orders"].column_names, "order_id"),
    Extract("lineitem", SOURCES["lineitem"].column_names, "order_id"),
)


def _fields(record: Any) -> dict[str, Any]:
    """The names of a record's fields, and of those in its lists."""
    return {field.name: _fields(field.dataType.elementType) if isinstance(field.dataType, T.ArrayType) else None for field in record}


CURRENCY_FIELDS = _fields(CURRENCY_RECORD)
RATE_FIELDS = _fields(RATE_RECORD)
SHIPMENT_FIELDS = _fields(SHIPMENT_DOCUMENT)
