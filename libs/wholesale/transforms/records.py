"""Records of the sources in the shape of their contracts, and the reference lists."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from etl_common.columns import spark_schema
from etl_common.frames import conform_to, require
from wholesale.sources import SOURCES
from wholesale.warehouse import WAREHOUSE

__all__ = ["currencies", "deleted_customers", "nations", "rates", "scans"]

_READ = ("_origin", "_position", "_raw", "_ragged", "_broken_encoding")


def rates(pages: DataFrame) -> DataFrame:
    """Records of the rates' pages with the contract's names: currency -> currency_code, date -> rate_date."""
    require("rates", pages, {"currency", "date", "usd_per_unit", "published_at"})
    return pages.withColumnsRenamed({"currency": "currency_code", "date": "rate_date"})


def scans(documents: DataFrame) -> DataFrame:
    """One record for each scan in the shipments' documents.

    In: SHIPMENT_DOCUMENT and what a reader adds. Out: the columns of SOURCES["shipments"] and the same additions; _position is
    the scan's number in its page, counted through documents, packages and scans as served.
    """
    require("scans", documents, {"shipment_id", "order_id", "line_number", "carrier", "packages", "_origin", "_position"})
    added = [name for name in _READ if name in documents.columns and name != "_position"]
    packages = documents.select(
        "shipment_id",
        "order_id",
        "line_number",
        "carrier",
        *added,
        "_position",
        F.posexplode("packages").alias("_package_number", "_package"),
    )
    found = packages.select(
        "*", F.col("_package.package_id").alias("package_id"), F.posexplode("_package.scans").alias("_scan_number", "_scan")
    )
    served = Window.partitionBy("_origin").orderBy("_position", "_package_number", "_scan_number")
    flat = found.withColumn("_position", F.row_number().over(served).cast("bigint")).select("*", "_scan.*")
    return flat.select(*SOURCES["shipments"].column_names, *added, "_position")


def nations(nation: DataFrame, region: DataFrame, *, batch_id: str) -> DataFrame:
    """The curated list of nations with their region's name. In: the source's tables `nation` and `region`."""
    regions = region.select("region_id", F.trim("name").alias("region"))
    joined = nation.select("nation_id", F.trim("name").alias("nation"), "region_id", F.trim("currency_code").alias("currency_code")).join(
        F.broadcast(regions), on="region_id", how="left"
    )
    return _curated(joined, "nation", batch_id)


def currencies(records: DataFrame, *, batch_id: str) -> DataFrame:
    """The curated list of currencies: of each code, the record updated last. In: CURRENCY_RECORD."""
    require("currencies", records, {"code", "name", "updated_at"})
    code, name = F.trim("code"), F.trim("name")
    typed = records.select(
        code.alias("currency_code"), name.alias("currency_name"), F.expr("try_cast(updated_at as timestamp) as updated_at")
    )
    last = Window.partitionBy("currency_code").orderBy(F.desc("updated_at"), F.desc("currency_name"))
    newest = typed.filter("currency_code <> ''").withColumn("_rank", F.row_number().over(last)).filter("_rank = 1")
    return _curated(newest, "currency", batch_id)


def deleted_customers(changes: DataFrame, present: DataFrame, *, window_end: Column, batch_id: str) -> DataFrame:
    """Delete records at window_end for the customers that the source no longer has.

    changes: curated customer_change. present: the keys that the source has now. Out: customer_change; attributes are null, since a
    delete keeps what the member had when its versions are built.
    """
    last = changes.groupBy("customer_id").agg(F.max_by("is_deleted", "updated_at").alias("_was_deleted"))
    gone = last.filter("not _was_deleted").join(present.select("customer_id").distinct(), on="customer_id", how="left_anti")
    kept = {"customer_id": F.col("customer_id"), "updated_at": window_end, "is_deleted": F.lit(True), "batch_id": F.lit(batch_id)}
    schema = spark_schema(WAREHOUSE.lake_table("customer_change").columns, comments=False)
    return gone.select(*(kept.get(field.name, F.lit(None)).cast(field.dataType).alias(field.name) for field in schema))


def _curated(frame: DataFrame, table: str, batch_id: str) -> DataFrame:
    schema = spark_schema(WAREHOUSE.lake_table(table).columns, comments=False)
    return frame.withColumn("batch_id", F.lit(batch_id)).transform(conform_to(schema, name=f"curated.{table}"))
