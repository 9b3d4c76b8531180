"""The facts of an order line, and which lines a batch affects."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from wholesale.transforms.affected import affected_inventory, affected_order_lines, changed_rates
from wholesale.transforms.exchange_rates import fact_exchange_rate
from wholesale.transforms.inventory import fact_inventory_daily
from wholesale.transforms.order_lines import fact_fulfilment, fact_order_line, keyed_order_lines, order_lines
from wholesale.warehouse import WAREHOUSE

BEGIN, JUNE, END = datetime(1900, 1, 1), datetime(1998, 6, 1), datetime(9999, 12, 31)
FRIDAY = date(1998, 6, 12)
SUNDAY_NOON = datetime(1998, 6, 14, 12)


def lake(spark: SparkSession, table: str, *rows: dict[str, Any]) -> DataFrame:
    schema = WAREHOUSE.lake_table(table).schema
    return spark.createDataFrame([tuple(row.get(name) for name in schema.names) for row in rows], schema)


def order(order_id: int, **changes: Any) -> dict[str, Any]:
    usual = {"customer_id": 1, "status": "O", "currency_code": "PEN", "ordered_at": SUNDAY_NOON, "priority": "5-LOW", "is_deleted": False}
    return {"order_id": order_id, **usual, "batch_id": "b1", **changes}


def line(order_id: int, line_number: int = 1, **changes: Any) -> dict[str, Any]:
    amounts = {"quantity": Decimal("2.00"), "extended_price": Decimal("100.05"), "discount": Decimal("0.05"), "tax": Decimal("0.08")}
    codes = {"ship_mode": "AIR", "ship_instructions": "NONE", "commit_date": date(1998, 6, 20)}
    return {
        "order_id": order_id,
        "line_number": line_number,
        "part_id": 1,
        "supplier_id": 1,
        **amounts,
        **codes,
        "batch_id": "b1",
        **changes,
    }


def rate(currency: str, day: date, value: str, batch_id: str = "b1") -> dict[str, Any]:
    return {"currency_code": currency, "rate_date": day, "usd_per_unit": Decimal(value), "batch_id": batch_id}


@pytest.fixture
def dims(spark: SparkSession) -> dict[str, DataFrame]:
    def history(name: str, *versions: tuple[Any, ...]) -> DataFrame:
        member = name.removeprefix("dim_")
        columns = f"{member}_key bigint, {member}_id bigint, nation_id int, effective_from timestamp, effective_to timestamp"
        return spark.createDataFrame(list(versions), columns)

    return {
        "dim_customer": history("dim_customer", (11, 1, 17, BEGIN, JUNE), (12, 1, 23, JUNE, END)),
        "dim_part": history("dim_part", (21, 1, None, BEGIN, END)),
        "dim_supplier": history("dim_supplier", (31, 1, None, BEGIN, END)),
        "dim_geography": spark.createDataFrame([(170, 17), (230, 23)], "geography_key bigint, nation_id int"),
        "dim_currency": spark.createDataFrame([(400, "PEN"), (401, "USD")], "currency_key bigint, currency_code string"),
        "dim_order_profile": spark.createDataFrame(
            [(500, "5-LOW", "AIR", "NONE")], "order_profile_key bigint, priority string, ship_mode string, ship_instructions string"
        ),
    }


def test_a_line_has_its_keys_and_exact_amounts_at_the_last_published_rate(spark: SparkSession, dims: dict[str, DataFrame]) -> None:
    rates = lake(spark, "exchange_rate", rate("PEN", FRIDAY, "0.33333333"), rate("PEN", date(1998, 6, 15), "9"), rate("USD", FRIDAY, "1"))
    keyed = order_lines(lake(spark, "order_line", line(7)), lake(spark, "orders", order(7))).transform(keyed_order_lines(dims))

    (row,) = keyed.transform(fact_order_line(rates)).collect()

    assert row.asDict() == {
        **{"order_id": 7, "line_number": 1, "ordered_at": SUNDAY_NOON, "order_date_key": 19980614, "commit_date_key": 19980620},
        **{"customer_key": 12, "customer_geography_key": 230, "part_key": 21, "supplier_key": 31, "supplier_geography_key": -1},
        **{"order_profile_key": 500, "currency_key": 400, "order_status": "O", "quantity": Decimal("2.00")},
        **{"extended_price": Decimal("100.05"), "discount": Decimal("0.05"), "tax": Decimal("0.08")},
        "net_amount": Decimal("95.0475"),  # 100.05 * 0.95
        "gross_amount": Decimal("102.6513"),  # 95.0475 * 1.08
        "usd_per_unit": Decimal("0.33333333"),
        "extended_price_usd": Decimal("33.3500"),
        "net_amount_usd": Decimal("31.6825"),
        "gross_amount_usd": Decimal("34.2171"),
        "is_deleted": False,
    }


def test_before_the_first_rate_amounts_in_usd_are_null(spark: SparkSession, dims: dict[str, DataFrame]) -> None:
    rates = lake(spark, "exchange_rate", rate("PEN", date(1998, 6, 15), "9"))
    keyed = order_lines(lake(spark, "order_line", line(7)), lake(spark, "orders", order(7, is_deleted=True))).transform(
        keyed_order_lines(dims)
    )

    (row,) = keyed.transform(fact_order_line(rates)).collect()

    assert (row.usd_per_unit, row.extended_price_usd, row.gross_amount_usd, row.is_deleted) == (None, None, None, True)


def test_the_story_of_a_fulfilment(spark: SparkSession, dims: dict[str, DataFrame]) -> None:
    shipped = {"ship_date": date(1998, 6, 16)}
    received = {**shipped, "receipt_date": date(1998, 6, 19)}
    returned = {**received, "return_date": date(1998, 7, 1)}

    def scan(number: int, package: str, type_: str, hour: int, carrier: str) -> dict[str, Any]:
        at = {"at": datetime(1998, 6, 16, hour), "carrier": carrier, "package_id": package, "type": type_}
        return {"scan_id": f"s{number}", "order_id": 7, "line_number": 2, **at}

    # One line for each milestone; that which is shipped was scanned.
    lines = [line(7, number, **dates) for number, dates in enumerate(({}, shipped, received, returned), 1)]
    scans = [scan(1, "p1", "picked_up", 8, "Slow"), scan(2, "p1", "in_transit", 9, "Slow"), scan(3, "p2", "delivered", 9, "Swift")]
    keyed = order_lines(lake(spark, "order_line", *lines), lake(spark, "orders", order(7))).transform(keyed_order_lines(dims))
    rows = {row["line_number"]: row for row in keyed.transform(fact_fulfilment(lake(spark, "shipment_scan", *scans))).collect()}
    lags = ("days_to_ship", "days_in_transit", "days_past_commit", "days_to_return")
    tracking = ("carrier", "package_count", "scan_count", "first_scan_at", "last_scan_at", "last_scan_type")

    def told(number: int, names: tuple[str, ...]) -> tuple[Any, ...]:
        return tuple(rows[number][name] for name in names)

    assert {number: (row["status"], row["ship_date_key"]) for number, row in rows.items()} == {
        1: ("ordered", -1),
        2: ("shipped", 19980616),
        3: ("received", 19980616),
        4: ("returned", 19980616),
    }
    assert told(1, lags) == (None, None, None, None)
    assert told(2, lags) == (2, None, None, None)
    assert told(3, lags) == (2, 3, -1, None)
    assert told(4, lags) == (2, 3, -1, 12)
    assert told(2, tracking) == ("Swift", 2, 3, datetime(1998, 6, 16, 8), datetime(1998, 6, 16, 9), "delivered")
    assert {told(number, tracking) for number in (1, 3, 4)} == {(None, 0, 0, None, None, None)}


def test_a_batch_affects_changed_lines_and_those_that_something_else_repoints(spark: SparkSession) -> None:
    may = datetime(1998, 5, 1)
    orders = [
        order(1),
        order(2, batch_id="b2"),
        order(3, customer_id=5, ordered_at=JUNE),
        order(4, customer_id=5, ordered_at=may),
        order(5, currency_code="GBP", ordered_at=datetime(1998, 6, 14, 23, 59)),
        order(6, currency_code="GBP", ordered_at=datetime(1998, 6, 15)),
        order(7, currency_code="GBP", ordered_at=datetime(1998, 6, 11, 23, 59)),
        order(8, ordered_at=may),
        order(9),
    ]
    lines = [
        line(1),  # untouched
        line(2),  # its order changed
        line(3),  # customer 5 changed on the day it ordered
        line(4),  # before that
        line(5),  # the rate of Friday holds until Sunday
        line(6),  # the next rate holds
        line(7),  # before the rate
        line(8, 1, part_id=6),  # part 6 changed later
        line(8, 2, batch_id="b2"),  # changed itself
        line(8, 3, supplier_id=7),  # supplier 7 changed before
        line(8, 4, part_id=6, supplier_id=7),  # one of both is enough
        line(9, 1),  # scanned
        line(9, 2),
    ]

    def members(name: str, member: int, since: datetime) -> DataFrame:
        return spark.createDataFrame([(member, since)], f"{name} bigint, changed_from timestamp")

    published = [rate("GBP", FRIDAY, "1.6", "b2"), rate("GBP", date(1998, 6, 15), "1.7"), rate("PEN", FRIDAY, "0.3")]
    scans = [
        {"scan_id": "s", "order_id": 9, "line_number": line_number, "batch_id": batch}
        for line_number, batch in ((1, "b2"), (1, "b2"), (2, "b1"))
    ]

    found = affected_order_lines(
        lake(spark, "order_line", *lines),
        lake(spark, "orders", *orders),
        batch_id="b2",
        customers=members("customer_id", 5, JUNE),
        parts=members("part_id", 6, JUNE),
        suppliers=members("supplier_id", 7, BEGIN),
        rates=changed_rates(lake(spark, "exchange_rate", *published), batch_id="b2"),
        scans=lake(spark, "shipment_scan", *scans),
    )

    assert sorted((row.order_id, row.line_number) for row in found.collect()) == [(2, 1), (3, 1), (5, 1), (8, 2), (8, 3), (8, 4), (9, 1)]
    whole = order_lines(lake(spark, "order_line", *lines), lake(spark, "orders", *orders))
    assert found.schema == whole.schema


def test_the_story_of_an_inventory(spark: SparkSession, dims: dict[str, DataFrame]) -> None:
    fifteenth, sixteenth = date(1998, 6, 15), date(1998, 6, 16)

    def stock(day: datetime, quantity: int, batch_id: str, part_id: int = 1) -> dict[str, Any]:
        return {
            "part_id": part_id,
            "supplier_id": 1,
            "available_quantity": quantity,
            "supply_cost": Decimal("2.50"),
            "updated_at": day,
            "batch_id": batch_id,
        }

    def shown(frame: DataFrame) -> list[tuple[Any, ...]]:
        return sorted(
            (row.snapshot_date_key, row.part_id, row.available_quantity, row.inventory_value, row.part_key) for row in frame.collect()
        )

    first = [stock(datetime(1998, 6, 1), 10, "b1")]
    assert shown(fact_inventory_daily(lake(spark, "partsupp_change", *first), dims, days=[fifteenth])) == [
        (19980615, 1, 10, Decimal("25.00"), 21)
    ]

    # the next day: its own snapshot, and a late record restates the day before
    changes = lake(spark, "partsupp_change", *first, stock(datetime(1998, 6, 15, 9), 8, "b2"), stock(datetime(1998, 6, 16, 9), 4, "b2"))
    nobody = spark.createDataFrame([], "part_id bigint, supplier_id bigint, changed_from timestamp")
    affected = affected_inventory(changes, batch_id="b2", parts=nobody, suppliers=nobody)
    both = fact_inventory_daily(changes, dims, days=[sixteenth], restated_days=[fifteenth], affected=affected)
    assert shown(both) == [(19980615, 1, 8, Decimal("20.00"), 21), (19980616, 1, 4, Decimal("10.00"), 21)]

    # what a part's new version concerns: pairs of the part from its beginning on
    moved = spark.createDataFrame([(1, datetime(1998, 6, 16))], "part_id bigint, changed_from timestamp")
    repointed = affected_inventory(changes, batch_id="b3", parts=moved, suppliers=nobody)
    assert [tuple(row) for row in repointed.collect()] == [(1, 1, datetime(1998, 6, 16))]
    restated = fact_inventory_daily(changes, dims, days=[], restated_days=[fifteenth, sixteenth], affected=repointed)
    assert shown(restated) == [(19980616, 1, 4, Decimal("10.00"), 21)]


def test_a_rate_is_a_fact_of_its_day(spark: SparkSession, dims: dict[str, DataFrame]) -> None:
    (row,) = fact_exchange_rate(lake(spark, "exchange_rate", rate("PEN", FRIDAY, "0.33")), dims).collect()

    assert tuple(row) == (19980612, 400, "PEN", Decimal("0.33000000"))


def test_a_currency_without_a_member_stops_the_batch(spark: SparkSession, dims: dict[str, DataFrame]) -> None:
    facts = fact_exchange_rate(lake(spark, "exchange_rate", rate("XXX", FRIDAY, "0.33")), dims)

    with pytest.raises(Exception, match="currency_key: dim_currency has no member for currency_code = XXX"):
        facts.select(F.sum("currency_key")).collect()
