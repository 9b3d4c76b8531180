"""The two facts of an order line: what was ordered, and how far it has come.

Both rest on one frame, the order lines with the keys of their dimension versions (`keyed_order_lines`), so that a
job looks the keys up once and writes two tables. A batch computes them for the lines that it affects.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from etl_common.asof import daily_values, with_dimension_keys
from etl_common.facts import days_between, exact_decimal, milestone
from etl_common.frames import Transform, conform_to, require
from etl_common.model import Role
from wholesale.tables.facts import FULFILMENT, ORDER_LINE
from wholesale.transforms.dimensions import LAST_DAY
from wholesale.warehouse import WAREHOUSE

__all__ = ["fact_fulfilment", "fact_order_line", "keyed_order_lines", "order_lines", "tracking"]

_GRAIN = ("order_id", "line_number")
_ROLES: tuple[Role, ...] = tuple({role.column: role for role in (*ORDER_LINE.roles, *FULFILMENT.roles)}.values())
_BROUGHT = {"customer_key": {"nation_id": "customer_nation_id"}, "supplier_key": {"nation_id": "supplier_nation_id"}}


def order_lines(lines: DataFrame, orders: DataFrame, *, keep: tuple[str, ...] = ()) -> DataFrame:
    """Lines with what their order says. In: curated order_line and orders, whole or the part concerned.

    keep: further columns of the lines to keep.

    Out: order_id, line_number, part_id, supplier_id, quantity, extended_price, discount, tax, commit_date, ship_date, receipt_date,
    return_date, ship_mode, ship_instructions, customer_id, order_status, currency_code, ordered_at, order_date, priority, is_deleted.
    """
    of_order = orders.select(
        "order_id",
        "customer_id",
        F.col("status").alias("order_status"),
        "currency_code",
        "ordered_at",
        F.to_date("ordered_at").alias("order_date"),
        "priority",
        "is_deleted",
    )
    of_line = lines.select(
        *_GRAIN,
        *("part_id", "supplier_id", "quantity", "extended_price", "discount", "tax"),
        *("commit_date", "ship_date", "receipt_date", "return_date", "ship_mode", "ship_instructions"),
        *keep,
    )
    return of_line.join(of_order, on="order_id", how="inner")


def keyed_order_lines(rows: Mapping[str, DataFrame]) -> Transform:
    """Transform that adds every key of the two facts to `order_lines`.

    rows: dim_customer, dim_part, dim_supplier, dim_geography, dim_order_profile, dim_currency.
    """
    return with_dimension_keys(_ROLES, WAREHOUSE, rows, bring=_BROUGHT)


def fact_order_line(rates: DataFrame) -> Transform:
    """Transform from keyed order lines to fact_order_line. rates: curated exchange_rate.

    Amounts are exact and rounded half away from zero; the amounts in USD follow from the amounts as stored and
    are null when no rate was published on or before the day of the order.
    """
    held = rates.transform(daily_values(keys=["currency_code"], day="rate_date", value="usd_per_unit", until=LAST_DAY))
    of_day = F.broadcast(held.select(F.col("currency_code"), F.col("rate_date").alias("order_date"), "usd_per_unit"))

    def transform(keyed: DataFrame) -> DataFrame:
        require("fact_order_line", keyed, {"currency_code", "order_date", "extended_price", "discount", "tax"})
        amounts = (
            keyed.join(of_day, on=["currency_code", "order_date"], how="left")
            .withColumn("net_amount", _amount("net_amount", F.col("extended_price") * (F.lit(1) - F.col("discount"))))
            .withColumn("gross_amount", _amount("gross_amount", F.col("net_amount") * (F.lit(1) + F.col("tax"))))
        )
        in_usd = {
            f"{name}_usd": _amount(f"{name}_usd", F.col(name) * F.col("usd_per_unit"))
            for name in ("extended_price", "net_amount", "gross_amount")
        }
        return amounts.withColumns(in_usd).transform(conform_to(ORDER_LINE.schema, name=ORDER_LINE.name))

    return transform


def fact_fulfilment(scans: DataFrame, *, broadcast: bool = True) -> Transform:
    """Transform from keyed order lines to fact_fulfilment. scans: curated shipment_scan, at least of these lines.

    broadcast: the lines with scans are few beside the lines (tracking is kept for recent shipments).
    """
    tracked = tracking(scans)

    def transform(keyed: DataFrame) -> DataFrame:
        followed = keyed.join(F.broadcast(tracked) if broadcast else tracked, on=list(_GRAIN), how="left")
        return followed.withColumns(
            {
                "status": milestone(
                    ("returned", "return_date"), ("received", "receipt_date"), ("shipped", "ship_date"), otherwise="ordered"
                ),
                "days_to_ship": days_between("ship_date", "order_date"),
                "days_in_transit": days_between("receipt_date", "ship_date"),
                "days_past_commit": days_between("receipt_date", "commit_date"),
                "days_to_return": days_between("return_date", "receipt_date"),
                "package_count": F.coalesce("package_count", F.lit(0)),
                "scan_count": F.coalesce("scan_count", F.lit(0)),
            }
        ).transform(conform_to(FULFILMENT.schema, name=FULFILMENT.name))

    return transform


def tracking(scans: DataFrame) -> DataFrame:
    """What the scans of a line tell, one row per line with scans; the last scan is the last by at, then scan_id.

    Out: order_id, line_number, carrier, package_count, scan_count, first_scan_at, last_scan_at, last_scan_type.
    """
    last = F.struct("at", "scan_id")
    return scans.groupBy(*_GRAIN).agg(
        F.max_by("carrier", last).alias("carrier"),
        F.size(F.collect_set("package_id")).alias("package_count"),
        F.count("*").cast("int").alias("scan_count"),
        F.min("at").alias("first_scan_at"),
        F.max("at").alias("last_scan_at"),
        F.max_by("type", last).alias("last_scan_type"),
    )


def _amount(name: str, value: Column) -> Column:
    return exact_decimal(value, 18, 4, name=name)
