"""The wholesale warehouse as one value: `WAREHOUSE`."""

from __future__ import annotations

from etl_common.model import Warehouse
from wholesale.tables.dimensions import DIMENSIONS
from wholesale.tables.facts import FACTS
from wholesale.tables.lake import LAKE_TABLES

__all__ = ["WAREHOUSE"]

WAREHOUSE = Warehouse(
    name="wholesale",
    comment="Orders of a wholesale company: who ordered what from whom, how it was fulfilled, and what is in stock",
    dimensions=DIMENSIONS,
    facts=FACTS,
    sources=LAKE_TABLES,
)
