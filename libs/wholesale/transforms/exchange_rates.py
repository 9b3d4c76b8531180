"""Published exchange rates as a fact."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame

from etl_common.asof import with_dimension_keys
from etl_common.frames import conform_to
from wholesale.tables.facts import EXCHANGE_RATE
from wholesale.warehouse import WAREHOUSE

__all__ = ["fact_exchange_rate"]


def fact_exchange_rate(rates: DataFrame, rows: Mapping[str, DataFrame]) -> DataFrame:
    """One row per accepted rate. rates: curated exchange_rate, whole or a batch's. rows: dim_currency."""
    return rates.transform(with_dimension_keys(EXCHANGE_RATE.roles, WAREHOUSE, rows)).transform(
        conform_to(EXCHANGE_RATE.schema, name=EXCHANGE_RATE.name)
    )
