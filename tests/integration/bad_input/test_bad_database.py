"""A source database that vanishes, changes its tables or holds what it should not, through the real job and a real server."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from integration.bad_input.small_warehouse import SmallWarehouse, batch_id

AT = "1998-06-15 10:00:00"
WHERE = r"127\.0\.0\.1:\d+/wholesale"


@pytest.fixture(autouse=True)
def rows_of_tests_go(warehouse: SmallWarehouse) -> Iterator[None]:
    """What a test added is not read again by the next one; the customers and orders of batch `base` stay."""
    yield
    warehouse.mysql("delete from lineitem where order_id > 2", "delete from orders where order_id > 2")


def order(number: int, customer: int | None = 1, currency: str = "EUR", price: str = "100.00", ordered: str = AT, updated: str = AT) -> str:
    return (
        f"insert into orders values ({number}, {customer or 'null'}, 'O', '{currency}', {price}, '{ordered}', '1-URGENT', 'Clerk#1', 0, "
        f"null, 0, '{updated}')"
    )


def line(number: int, line_number: int = 1, quantity: str = "5.00", price: str = "50.00", discount: str = "0.05") -> str:
    return (
        f"insert into lineitem values ({number}, {line_number}, 1, 1, {quantity}, {price}, {discount}, 0.02, 'N', '1998-06-20', null, "
        f"null, null, 'NONE', 'MAIL', null, '{AT}')"
    )


def verdicts(warehouse: SmallWarehouse, batch: str) -> dict[str, tuple[int, dict[str, int]]]:
    """source -> accepted and refused; what the overlap reads again depends on the batches before."""
    return {source: (accepted, refused) for source, (_, accepted, refused, _) in warehouse.counts("ingest_rds", batch).items()}


def test_a_database_that_is_down_is_named_and_the_batch_runs_when_it_is_back(warehouse: SmallWarehouse) -> None:
    warehouse.mysql(order(301), line(301))
    mysql = warehouse.stack.engines["mysql"]
    mysql.stop()
    try:
        error = warehouse.fail("ingest_rds", "down")
    finally:
        mysql.start()
        warehouse.deploy()

    assert re.match(f"DatabaseUnavailableError: The database {WHERE} cannot be read: Communications link failure. Check that", error)
    assert not warehouse.landed("rds", "region", "down")

    warehouse.succeed("ingest_rds", "down")

    assert verdicts(warehouse, "down") == {"customer": (0, {}), "orders": (1, {}), "lineitem": (1, {})}


@contextmanager
def slow_lines(warehouse: SmallWarehouse) -> Iterator[None]:
    """Reading a row of lineitem takes seconds, counting them does not."""
    columns = [name for (name, *_) in warehouse.mysql("show columns from lineitem")]
    slow = ", ".join(f"if(sleep(5) = 0, {name}, null) as {name}" if name == "comment" else name for name in columns)
    warehouse.mysql("rename table lineitem to lineitem_rows", f"create view lineitem as select {slow} from lineitem_rows")
    try:
        yield
    finally:
        warehouse.mysql("drop view lineitem", "rename table lineitem_rows to lineitem")


def test_a_database_that_is_killed_while_rows_are_read_loses_none(warehouse: SmallWarehouse) -> None:
    warehouse.mysql(order(311), *(line(311, n) for n in range(1, 21)))
    mysql = warehouse.stack.engines["mysql"]
    with slow_lines(warehouse):
        run_id = warehouse.start("ingest_rds", "killed")
        deadline = time.monotonic() + 120
        while not warehouse.mysql("select 1 from information_schema.processlist where state = 'User sleep'"):
            assert time.monotonic() < deadline, "the rows were never read"
            time.sleep(0.1)
        assert mysql.pid is not None
        os.kill(mysql.pid, signal.SIGKILL)
        try:
            run = warehouse.wait("ingest_rds", run_id)
        finally:
            mysql.start()
            warehouse.deploy()

    assert run.state == "FAILED"
    assert re.match(rf"etl_common\.exceptions\.DatabaseUnavailableError: The database {WHERE} cannot be read: ", run.error)
    assert warehouse.landed("rds", "orders", "killed")
    assert not warehouse.landed("rds", "lineitem", "killed")

    # The source goes on meanwhile; what was landed is not read again, and the rest is read now.
    warehouse.mysql(order(312, updated="1998-06-15 10:20:00"))
    warehouse.succeed("ingest_rds", "killed")

    assert verdicts(warehouse, "killed") == {"customer": (0, {}), "orders": (1, {}), "lineitem": (20, {})}
    assert warehouse.sql("select count(distinct line_number) from {curated}.order_line where order_id = 311") == [[20]]
    warehouse.succeed("ingest_rds", "killed-next")
    assert verdicts(warehouse, "killed-next")["orders"] == (1, {})


def test_a_table_whose_columns_change_is_refused_by_name_until_it_is_as_declared(warehouse: SmallWarehouse) -> None:
    warehouse.mysql(order(321), line(321), "rename table lineitem to moved")
    error = warehouse.fail("ingest_rds", "moved")
    warehouse.mysql("rename table moved to lineitem")

    assert re.match(
        f"DatabaseContentError: The database {WHERE} is not as declared: Table 'wholesale.lineitem' doesn't exist. .*run the job again",
        error,
    )
    warehouse.succeed("ingest_rds", "moved")
    assert verdicts(warehouse, "moved") == {"customer": (0, {}), "orders": (1, {}), "lineitem": (1, {})}

    warehouse.mysql(order(322), line(322))
    drift = f"SchemaDriftError: The table customer of {WHERE} has other columns than declared "
    rename = "alter table customer rename column {} to {}"
    cases = [
        (rename.format("phone", "telephone"), r"\(new: telephone; missing: phone\)", rename.format("telephone", "phone")),
        ("alter table customer add column vip int", r"\(new: vip\).*declare the columns", "alter table customer drop column vip"),
    ]
    unlike = []
    for break_it, message, mend_it in cases:
        warehouse.mysql(break_it)
        error = warehouse.fail("ingest_rds", "drift")
        warehouse.mysql(mend_it)
        unlike += [] if re.match(drift + message, error) else [error]

    assert unlike == []
    warehouse.succeed("ingest_rds", "drift")
    assert verdicts(warehouse, "drift") == {"customer": (0, {}), "orders": (1, {}), "lineitem": (1, {})}


def test_a_column_that_changes_its_type_refuses_only_what_does_not_fit(warehouse: SmallWarehouse) -> None:
    warehouse.mysql(
        "alter table orders modify total_price varchar(20)",
        "alter table lineitem modify quantity decimal(30,10), modify ship_date datetime",
        order(331), order(332, price="'n/a'"),
        line(331, 1), line(331, 2, quantity="2.1234567890"), line(331, 3), line(331, 4),
        "update lineitem set ship_date = '1998-06-15 00:00:00' where order_id = 331 and line_number = 3",
        "update lineitem set ship_date = '1998-06-15 08:30:00' where order_id = 331 and line_number = 4",
    )  # fmt: skip
    try:
        warehouse.succeed("ingest_rds", "types")
    finally:
        warehouse.mysql(
            "delete from lineitem where order_id = 331", "delete from orders where order_id in (331, 332)",
            "alter table orders modify total_price decimal(15,2) not null",
            "alter table lineitem modify quantity decimal(15,2) not null, modify ship_date date",
        )  # fmt: skip

    assert verdicts(warehouse, "types") == {
        "customer": (0, {}), "orders": (1, {"bad_number": 1}), "lineitem": (2, {"out_of_range": 1, "bad_date": 1}),
    }  # fmt: skip
    assert [(r["record_key"], r["reason"]) for r in warehouse.quarantined("orders", "types")] == [
        ("332", "total_price 'n/a' is not decimal(15,2)")
    ]
    assert [(r["record_key"], r["reason"]) for r in warehouse.quarantined("lineitem", "types")] == [
        ("331|2", "quantity '2.1234567890' does not fit decimal(8,2)"),
        ("331|4", "ship_date '1998-06-15 08:30:00' is not date"),
    ]

    # A type that nothing can be made of stops the job.
    warehouse.mysql(
        "create table spare as select customer_id, account_balance as was from customer",
        "alter table customer drop column account_balance, add column account_balance date",
    )
    try:
        error = warehouse.fail("ingest_rds", "types-2")
    finally:
        warehouse.mysql(
            "alter table customer drop column account_balance, add column account_balance decimal(12,2) not null default 0",
            "update customer, spare set customer.account_balance = spare.was where customer.customer_id = spare.customer_id",
            "drop table spare",
        )
    assert error.startswith("ColumnTypeError: customer.account_balance came as date, and its contract says decimal(12,2). Nothing of")


def test_defective_and_late_rows_are_refused_or_known_and_accepted_once_they_are_mended(warehouse: SmallWarehouse) -> None:
    warehouse.mysql(
        order(341, customer=None), line(341),
        order(342, ordered="1998-06-16 00:00:00"), order(343, currency="XXX"), order(344, price="-1.00"),
        order(345), line(345, 1), line(345, 2, quantity="12345678.00"), line(345, 3, discount="1.50"), line(345, 4, price="0"),
    )  # fmt: skip

    warehouse.succeed("ingest_rds", "rows")

    assert verdicts(warehouse, "rows") == {
        "customer": (0, {}),
        "orders": (1, {"null_key": 1, "future_date": 1, "unknown_code": 1, "out_of_range": 1}),
        "lineitem": (1, {"orphan_key": 1, "out_of_range": 3}),
    }
    assert [(r["origin"], r["rule"], r["record_key"], r["reason"]) for r in warehouse.quarantined("orders", "rows")] == [
        ("orders", "null_key", "341", "customer_id is missing"),
        ("orders", "future_date", "342", "ordered_at '1998-06-16 00:00:00' is not before the end of the batch, 1998-06-16 00:00:00 UTC"),
        ("orders", "unknown_code", "343", "currency_code 'XXX' is not a known currency_code"),
        ("orders", "out_of_range", "344", "total_price '-1.00' is not above 0"),
    ]
    assert [(r["rule"], r["record_key"], r["reason"]) for r in warehouse.quarantined("lineitem", "rows")] == [
        ("orphan_key", "341|1", "order_id '341' is not among the accepted orders"),
        ("out_of_range", "345|2", "quantity '12345678.00' does not fit decimal(8,2)"),
        ("out_of_range", "345|3", "discount '1.50' is above 1"),
        ("out_of_range", "345|4", "extended_price '0.00' is not above 0"),
    ]

    # One is mended, and with it its line. One row goes back in time, and a new one is late; both lie in the overlap.
    warehouse.mysql(
        "update orders set customer_id = 1, updated_at = '1998-06-15 10:05:00' where order_id = 341",
        "update orders set status = 'X', updated_at = '1998-06-15 09:45:00' where order_id = 345",
        order(346, updated="1998-06-15 09:40:00"),
    )
    warehouse.succeed("ingest_rds", "rows-mended")

    assert verdicts(warehouse, "rows-mended")["orders"] == (2, {"future_date": 1, "unknown_code": 1, "out_of_range": 1})
    assert verdicts(warehouse, "rows-mended")["lineitem"] == (1, {"out_of_range": 3})
    assert warehouse.sql("select order_id, status, batch_id from {curated}.orders where order_id between 341 and 346 order by 1") == [
        [341, "O", batch_id("rows-mended")],
        [345, "O", batch_id("rows")],
        [346, "O", batch_id("rows-mended")],
    ]
    assert warehouse.sql("select order_id, line_number from {curated}.order_line where order_id between 341 and 346 order by 1, 2") == [
        [341, 1],
        [345, 1],
    ]
