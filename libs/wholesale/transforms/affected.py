"""Which rows of the facts a batch affects: those whose own record changed, and those that something else re-points.

A dimension version that is new or has moved concerns the facts of its member from the version's beginning on; a rate
concerns the lines of its currency from its day to the next rate's. Searches read few columns of the large tables and
broadcast what changed, so that their cost follows the change.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from etl_common.frames import any_of
from wholesale.transforms.order_lines import order_lines

__all__ = ["affected_inventory", "affected_order_lines", "changed_rates"]

_GRAIN = ("order_id", "line_number")


def affected_order_lines(
    lines: DataFrame,
    orders: DataFrame,
    *,
    batch_id: str,
    customers: DataFrame,
    parts: DataFrame,
    suppliers: DataFrame,
    rates: DataFrame,
    scans: DataFrame,
) -> DataFrame:
    """The lines whose facts the batch affects, as `order_lines.order_lines` gives them, each once.

    lines, orders: curated order_line and orders after the batch; their batch_id says which it changed. customers, parts,
    suppliers: changed members as `etl_common.dimensions.changed_members` gives them. rates: `changed_rates`. scans: curated
    shipment_scan, of which those with this batch_id count. Lines are read once, orders twice; what is affected is broadcast:
    a batch that affects most of the lines is cheaper as a rebuild.
    """
    touched_orders = _touched_orders(orders, batch_id, customers, rates).withColumn("_order", F.lit(True))
    scanned = scans.filter(F.col("batch_id") == batch_id).select(*_GRAIN).distinct().withColumn("_scanned", F.lit(True))
    found = (
        lines.join(F.broadcast(touched_orders), on="order_id", how="left")
        .join(F.broadcast(_since(parts, "part_id", "_part_from")), on="part_id", how="left")
        .join(F.broadcast(_since(suppliers, "supplier_id", "_supplier_from")), on="supplier_id", how="left")
        .join(F.broadcast(scanned), on=list(_GRAIN), how="left")
        .withColumn("_certain", any_of([F.col("batch_id") == batch_id, _is_true("_order"), _is_true("_scanned")]))
        .withColumn("_from", F.least("_part_from", "_supplier_from"))
        .filter(F.col("_certain") | F.col("_from").isNotNull())
    )
    # Whether a line was ordered after its part or supplier changed is known with its order only.
    dated = order_lines(F.broadcast(found), orders, keep=("_certain", "_from"))
    return dated.filter(F.col("_certain") | (F.col("ordered_at") >= F.col("_from"))).drop("_certain", "_from")


def changed_rates(rates: DataFrame, *, batch_id: str) -> DataFrame:
    """Days whose rate the batch changed: currency_code, from_day, to_day date (exclusive, null for open).

    In: curated exchange_rate after the batch.
    """
    next_day = F.lead("rate_date").over(Window.partitionBy("currency_code").orderBy("rate_date"))
    held = rates.select("currency_code", F.col("rate_date").alias("from_day"), next_day.alias("to_day"), "batch_id")
    return held.filter(F.col("batch_id") == batch_id).drop("batch_id")


def affected_inventory(changes: DataFrame, *, batch_id: str, parts: DataFrame, suppliers: DataFrame) -> DataFrame:
    """Pairs of which the batch changed a snapshot: part_id, supplier_id, changed_from timestamp.

    In: curated partsupp_change after the batch; changed members of dim_part and dim_supplier. Snapshots that end after
    changed_from are concerned.
    """
    own = F.when(F.col("batch_id") == batch_id, F.col("updated_at"))
    pairs = changes.groupBy("part_id", "supplier_id").agg(F.min(own).alias("_own_from"))
    return (
        pairs.join(F.broadcast(_since(parts, "part_id", "_part_from")), on="part_id", how="left")
        .join(F.broadcast(_since(suppliers, "supplier_id", "_supplier_from")), on="supplier_id", how="left")
        .select("part_id", "supplier_id", F.least("_own_from", "_part_from", "_supplier_from").alias("changed_from"))
        .filter("changed_from is not null")
    )


def _touched_orders(orders: DataFrame, batch_id: str, customers: DataFrame, rates: DataFrame) -> DataFrame:
    """order_id of orders that the batch changed, or whose customer's version or rate it changed; each once."""
    searched = orders.select("order_id", "customer_id", "currency_code", "ordered_at", F.col("batch_id").alias("_batch"))
    moved = searched.join(F.broadcast(_since(customers, "customer_id", "_customer_from")), on="customer_id", how="left")
    # All changed days of a currency as one array: a join on currency alone would repeat its orders for each of them.
    days = rates.groupBy("currency_code").agg(F.collect_list(F.struct("from_day", "to_day")).alias("_days"))
    repriced = moved.join(F.broadcast(days), on="currency_code", how="left")
    day = F.to_date("ordered_at")
    at_a_changed_rate = F.exists("_days", lambda span: (day >= span["from_day"]) & (span["to_day"].isNull() | (day < span["to_day"])))
    concerns = any_of(
        [
            F.col("_batch") == batch_id,
            F.coalesce(F.col("ordered_at") >= F.col("_customer_from"), F.lit(False)),
            F.coalesce(at_a_changed_rate, F.lit(False)),
        ]
    )
    return repriced.filter(concerns).select("order_id")


def _since(members: DataFrame, member_id: str, name: str) -> DataFrame:
    return members.select(member_id, F.col("changed_from").alias(name))


def _is_true(column: str) -> Column:
    return F.coalesce(F.col(column), F.lit(False))
