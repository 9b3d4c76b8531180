"""The dimensions, each as a function of the curated records of the members concerned.

The functions give rows in the declaration's columns, without the unknown member and without the lake's marks
(`etl_common.dimensions` adds both): the same function builds all members and those that a batch touched.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from etl_common.changes import apply_changes
from etl_common.columns import names
from etl_common.dates import date_dimension
from etl_common.dimensions import dimension_rows, with_inferred_members
from etl_common.frames import Transform, conform_to
from etl_common.model import Dimension
from wholesale.tables.dimensions import CURRENCY, CUSTOMER, DATE, GEOGRAPHY, ORDER_PROFILE, PART, SUPPLIER

__all__ = [
    "FIRST_DAY",
    "LAST_DAY",
    "REPOINTING",
    "dim_currency",
    "dim_customer",
    "dim_date",
    "dim_geography",
    "dim_order_profile",
    "dim_part",
    "dim_supplier",
    "referenced_customers",
]

FIRST_DAY, LAST_DAY = date(1992, 1, 1), date(1999, 12, 31)

# Dimension -> columns beside the key that facts take from a version: their change concerns the facts, too.
REPOINTING: dict[str, tuple[str, ...]] = {"dim_customer": ("nation_id",), "dim_supplier": ("nation_id",), "dim_part": ()}


def dim_customer(changes: DataFrame, nations: DataFrame, referenced: DataFrame) -> DataFrame:
    """In: customer_change (all records of the members concerned), nation, customer_id of customers that order lines name."""
    return (
        changes.transform(_history(CUSTOMER, deletes=True))
        .transform(with_inferred_members(keys=["customer_id"], referenced=referenced))
        .transform(_with_city(nations, "customer_id"))
        .transform(dimension_rows(CUSTOMER))
    )


def dim_supplier(changes: DataFrame, nations: DataFrame, referenced: DataFrame) -> DataFrame:
    """In: supplier_change (all records of the members concerned), nation, supplier_id that order lines name."""
    return (
        changes.transform(_history(SUPPLIER))
        .transform(with_inferred_members(keys=["supplier_id"], referenced=referenced))
        .transform(_with_city(nations, "supplier_id"))
        .transform(dimension_rows(SUPPLIER))
    )


def dim_part(changes: DataFrame, referenced: DataFrame) -> DataFrame:
    """In: part_change (all records of the members concerned), part_id that order lines name."""
    category = F.concat(F.lit("MFGR#"), F.substring("brand", -2, 2))
    leveled = changes.withColumns(
        {
            "manufacturer": F.regexp_replace("manufacturer", "^Manufacturer#", "MFGR#"),
            "category": category,
            "brand": F.concat(category, (F.col("part_id") % 40 + 1).cast("string")),
        }
    )
    return (
        leveled.transform(_history(PART))
        .transform(with_inferred_members(keys=["part_id"], referenced=referenced))
        .withColumn("color", F.substring_index("name", " ", 1))
        .transform(dimension_rows(PART))
    )


def dim_geography(nations: DataFrame) -> DataFrame:
    """In: curated nation."""
    return nations.transform(dimension_rows(GEOGRAPHY))


def dim_currency(nations: DataFrame, currencies: DataFrame) -> DataFrame:
    """Every currency of a nation, named as the API's list names it. In: curated nation and currency."""
    codes = nations.select("currency_code").dropna().distinct()
    return codes.join(currencies.select("currency_code", "currency_name"), on="currency_code", how="left").transform(
        dimension_rows(CURRENCY)
    )


def dim_order_profile(order_lines: DataFrame, known: DataFrame | None = None) -> DataFrame:
    """Combinations that occur in the lines (`order_lines.order_lines`) and those known before; members are never deleted."""
    parts = list(names(ORDER_PROFILE.natural_key))
    found = order_lines.select(*parts)
    if known is not None:
        found = found.union(known.select(*parts))
    return found.distinct().dropna(how="all").transform(dimension_rows(ORDER_PROFILE))


def dim_date(spark: SparkSession) -> DataFrame:
    """The calendar from 1992-01-01 to 1999-12-31."""
    return date_dimension(spark, FIRST_DAY, LAST_DAY).transform(conform_to(DATE.schema, name=DATE.name))


def referenced_customers(lines: DataFrame, orders: DataFrame) -> DataFrame:
    """customer_id of the orders that the lines belong to. In: curated order_line (or a part of it) and orders."""
    return orders.join(lines.select("order_id").distinct(), on="order_id", how="left_semi").select("customer_id").distinct()


def _history(dimension: Dimension, *, deletes: bool = False) -> Transform:
    keys = names(dimension.natural_key)
    tracked = names(dimension.tracked)
    versions = apply_changes(
        keys=keys, sequence_by="updated_at", apply_as_deletes=F.col("is_deleted") if deletes else None, track_history=tracked
    )

    def transform(changes: DataFrame) -> DataFrame:
        columns = (*keys, *tracked, *names(dimension.type1), "updated_at", *(("is_deleted",) if deletes else ()))
        return changes.select(*columns).transform(versions)

    return transform


def _with_city(nations: DataFrame, member_id: str) -> Callable[[DataFrame], DataFrame]:
    """Adds city: the nation's first nine characters, padded, and the last digit of the member's number."""

    def transform(versions: DataFrame) -> DataFrame:
        prefix = nations.select(F.col("nation_id"), F.rpad(F.substring("nation", 1, 9), 9, " ").alias("_prefix"))
        city = F.concat("_prefix", (F.col(member_id) % 10).cast("string"))
        return versions.join(F.broadcast(prefix), on="nation_id", how="left").withColumn("city", city).drop("_prefix")

    return transform
