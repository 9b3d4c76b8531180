"""The batches applied to a real MySQL-compatible server, and what an extraction sees after each."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pymysql
import pytest

from localaws.engines.mariadb import MariaDBEngine
from localaws.home import Home
from simulator import applied_batches, generated_batches, load_mysql
from simulator.exceptions import LoadError

D1, D2, D3 = "1998-06-15", "1998-06-16", "1998-06-17"
KEYS = {"customer": "customer_id", "orders": "order_id", "lineitem": "order_id, line_number"}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDBEngine]:
    server = MariaDBEngine(Home(tmp_path_factory.mktemp("home")))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def connection(engine: MariaDBEngine, request: pytest.FixtureRequest) -> Iterator[pymysql.connections.Connection]:
    """A connection to an empty database of the test's own."""
    with pymysql.connect(**engine.connection_arguments()) as opened:
        run(opened, "create or replace database of_a_test character set utf8mb4")
        opened.select_db("of_a_test")
        yield opened
        run(opened, "drop database of_a_test")


def run(connection: pymysql.connections.Connection, sql: str, *values: Any) -> tuple[tuple[Any, ...], ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall()


def extract(
    connection: pymysql.connections.Connection, table: str, low: datetime | None, window_end: datetime
) -> tuple[set[tuple], datetime]:
    """The rows (key, updated_at) that an incremental extraction reads, as docs/warehouse.md says, and its high-water mark."""
    ((high,),) = run(connection, f"select max(updated_at) from {table} where updated_at < %s", window_end)
    since = low - timedelta(hours=1) if low else datetime(1, 1, 1)
    read = run(connection, f"select {KEYS[table]}, updated_at from {table} where updated_at > %s and updated_at <= %s", since, high)
    return set(read), high


def test_an_extraction_after_each_batch_sees_exactly_what_the_log_says(
    sources: Path, connection: pymysql.connections.Connection, rows: Callable[[str], list[tuple]]
) -> None:
    low: dict[str, datetime | None] = dict.fromkeys(KEYS)
    known: dict[str, set[tuple]] = {table: set() for table in KEYS}
    for batch_id in (D1, D2, D3):
        assert load_mysql(sources, batch_id, connection)
        for table, key in KEYS.items():
            seen, high = extract(connection, table, low[table], generated_batches(sources)[batch_id].window_end)
            delivered = set(rows(f"select {key}, updated_at from {{{table}}} where batch = '{batch_id}'"))
            bad = seen - known[table] - delivered
            assert delivered <= seen - known[table], (batch_id, table)
            assert len(bad) == count_bad(sources, batch_id, table), (batch_id, table)
            known[table] |= seen
            low[table] = high


def count_bad(sources: Path, batch_id: str, table: str) -> int:
    return (sources / "log" / batch_id / "dirt.jsonl").read_text().count(f'"source": "{table}"')


def test_every_column_of_every_row_is_what_the_log_says(
    sources: Path, connection: pymysql.connections.Connection, rows: Callable[[str], list[tuple]]
) -> None:
    for batch_id in (D1, D2):
        load_mysql(sources, batch_id, connection)
    for table, key in KEYS.items():
        stored = {row[:-1]: row for row in run(connection, f"select * from {table} where updated_at > '1998-06-16 06:00:00'")}
        delivered = rows(
            f"""select * exclude (origin, position, batch) from {{{table}}}
            where batch = '{D2}' and updated_at > '1998-06-16 06:00:00' order by {key}"""
        )
        assert sorted(map(str, delivered)) == sorted(
            str(tuple(bool(v) if table == "orders" and i == 10 else v for i, v in enumerate(row))) for row in stored.values()
        )


def test_the_history_is_complete_and_keeps_its_text_and_foreign_keys(sources: Path, connection: pymysql.connections.Connection) -> None:
    load_mysql(sources, D1, connection)

    assert run(connection, "select count(*) from nation join region using (region_id)") == ((25,),)
    assert run(connection, "select count(*) from customer left join nation using (nation_id) where nation.nation_id is null") == ((0,),)
    assert run(
        connection,
        """select count(*) from orders left join customer using (customer_id)
        where orders.customer_id is not null and customer.customer_id is null""",
    ) == ((0,),)
    assert run(connection, "select count(*) from lineitem left join orders using (order_id) where orders.order_id is null") == ((0,),)
    assert run(connection, "select count(*) > 0 from customer where comment like '%🙂%' and name not like '%?%'") == ((1,),)
    with pytest.raises(pymysql.err.IntegrityError):
        run(connection, "update orders set customer_id = 999999999 limit 1")


def test_a_batch_applied_again_changes_nothing(sources: Path, connection: pymysql.connections.Connection) -> None:
    load_mysql(sources, D1, connection)
    load_mysql(sources, D2, connection)
    run(connection, "update customer set phone = 'mine' where customer_id = 1")
    connection.commit()

    assert load_mysql(sources, D1, connection) is False
    assert load_mysql(sources, D2, connection) is False
    assert run(connection, "select phone from customer where customer_id = 1") == (("mine",),)
    assert applied_batches(connection) == [D1, D2]


def test_the_backfill_brings_nothing_to_mysql(sources: Path, connection: pymysql.connections.Connection) -> None:
    assert load_mysql(sources, "1998-06-15-late", connection) is False
    assert applied_batches(connection) == []


def test_batches_out_of_order_and_unknown_ones_are_refused(sources: Path, connection: pymysql.connections.Connection) -> None:
    load_mysql(sources, D1, connection)

    with pytest.raises(LoadError, match="Load the batches in order"):
        load_mysql(sources, D3, connection)
    with pytest.raises(LoadError, match="it has 1998-06-15, 1998-06-16"):
        load_mysql(sources, "1999-01-01", connection)
    assert applied_batches(connection) == [D1]


def test_a_batch_that_fails_half_way_leaves_nothing(sources: Path, tmp_path: Path, connection: pymysql.connections.Connection) -> None:
    broken = tmp_path / "sources"
    shutil.copytree(sources / "mysql", broken / "mysql")
    shutil.copy(sources / "config.json", broken)
    lines = (broken / "mysql" / D2 / "lineitem-2.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (broken / "mysql" / D2 / "lineitem-2.csv").write_text(
        "".join([*lines[:-1], lines[-1].replace("1998-", "not a date ")]), encoding="utf-8"
    )
    load_mysql(broken, D1, connection)
    before = run(connection, "checksum table customer, orders, lineitem")

    with pytest.raises(LoadError, match=r"lineitem-2.csv has .* warnings: "):
        load_mysql(broken, D2, connection)

    assert run(connection, "checksum table customer, orders, lineitem") == before
    assert load_mysql(sources, D2, connection) is True


def test_the_intermediate_state_of_a_customer_was_really_in_the_table(sources: Path, connection: pymysql.connections.Connection) -> None:
    load_mysql(sources, D1, connection)
    run(connection, "create table seen (customer_id int, updated_at datetime(6))")
    run(connection, "create trigger watch after update on customer for each row insert into seen values (new.customer_id, new.updated_at)")

    load_mysql(sources, D2, connection)

    twice = run(connection, "select customer_id from seen group by customer_id having count(distinct updated_at) = 2")
    hidden = (sources / "mysql" / D2 / "customer-1.csv").read_text(encoding="utf-8").splitlines()
    assert len(twice) == len(hidden) > 0
