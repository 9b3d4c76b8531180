"""What docs/warehouse.md and the issue promise about changes, looked for in what is delivered."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

Rows = Callable[[str], list[tuple[Any, ...]]]
D1, D2, D3 = "1998-06-15", "1998-06-16", "1998-06-17"


def mysql(sources: Path, batch: str, name: str) -> list[list[str]]:
    return list(csv.reader((sources / "mysql" / batch / f"{name}.csv").open(encoding="utf-8", newline="")))


@pytest.mark.parametrize("table", ["customer", "orders", "lineitem"])
@pytest.mark.parametrize(("before", "batch"), [(D1, D2), (D2, D3)])
def test_some_rows_are_committed_late_but_within_the_overlap(rows: Rows, table: str, before: str, batch: str) -> None:
    ((late, far),) = rows(
        f"""with high as (select max(updated_at) high from {{{table}}} where batch <= '{before}' and batch not like '%late')
        select count(*), count(*) filter (updated_at <= high - to_minutes(30)) from {{{table}}}, high where batch = '{batch}'
            and updated_at <= high"""
    )

    assert late > 0
    assert far == 0


def test_nothing_is_dated_at_or_after_the_end_of_its_window(rows: Rows) -> None:
    for table in ("customer", "orders", "lineitem", "part", "supplier", "partsupp"):
        assert rows(f"select * from {{{table}}} where updated_at >= left(batch, 10)::date + interval 1 day") == [], table
    assert rows("select * from {orders} where ordered_at >= batch::date + interval 1 day") == []
    assert rows("select * from {rates} where date > left(batch, 10)::date or published_at >= left(batch, 10)::date + interval 1 day") == []
    assert rows("select * from {scans} where at >= batch::date + interval 1 day".replace(" at ", ' "at" ')) == []


def test_customers_change_twice_a_day_and_only_the_last_state_is_delivered(sources: Path, rows: Rows) -> None:
    for batch in (D2, D3):
        hidden = {record[0]: record for record in mysql(sources, batch, "customer-1")}
        final = {record[0]: record for record in mysql(sources, batch, "customer-2")}
        assert hidden
        assert all(hidden[key][8] < final[key][8] and hidden[key][:8] != final[key][:8] for key in hidden)
        delivered = dict(rows(f"select customer_id::varchar, address from {{customer}} where batch = '{batch}'"))
        assert {key: final[key][2] for key in hidden} == {key: delivered[key] for key in hidden}


def test_some_customers_are_touched_without_a_change_and_some_change_only_type_1(rows: Rows) -> None:
    tracked = "(a.address, a.nation_id, a.market_segment) = (b.address, b.nation_id, b.market_segment)"
    other = "(a.phone, a.account_balance, a.comment) = (b.phone, b.account_balance, b.comment)"
    ((touched, type_1, type_2),) = rows(
        f"""select count(*) filter ({tracked} and {other}), count(*) filter ({tracked} and not {other}), count(*) filter (not {tracked})
        from {{customer}} a join {{customer}} b using (customer_id) where a.batch = '{D1}' and b.batch = '{D2}'"""
    )

    assert touched > 0
    assert type_1 > 0
    assert type_2 > 0


def test_customers_without_orders_are_deleted_and_one_comes_back_later(sources: Path, rows: Rows) -> None:
    deleted = f"(select customer_id from '{sources}/log/{D2}/deleted_customers.parquet')"

    assert rows(f"select count(*) > 0 from {deleted}") == [(True,)]
    assert rows(f"select * from {{orders}} where customer_id in {deleted}") == []
    back = rows(f"select updated_at from {{customer}} where batch = '{D3}' and customer_id in {deleted}")
    assert len(back) == 1
    assert back[0][0] > datetime(1998, 6, 17)


def test_orders_are_deleted_and_one_is_restored(rows: Rows) -> None:
    ((deleted,),) = rows(f"select count(*) from {{orders}} where batch = '{D2}' and is_deleted")
    ((restored,),) = rows(
        f"""select count(*) from {{orders}} a join {{orders}} b using (order_id)
        where a.batch = '{D2}' and a.is_deleted and b.batch = '{D3}' and not b.is_deleted"""
    )

    assert deleted >= 3
    assert restored == 1


def test_new_customers_order_on_their_first_day(rows: Rows) -> None:
    new = rows(
        f"""select c.updated_at < o.ordered_at and o.ordered_at::date = c.updated_at::date from {{customer}} c
            join {{orders}} o using (customer_id, batch)
        where batch = '{D2}' and customer_id not in (select customer_id from {{customer}} where batch = '{D1}')"""
    )

    assert len(new) == 2
    assert all(holds for (holds,) in new)


def test_orders_and_their_lines_say_the_same_about_shipping(rows: Rows) -> None:
    last_orders = "(select * from {orders} qualify row_number() over (partition by order_id order by updated_at desc) = 1)"
    last_lines = "(select * from {lineitem} qualify row_number() over (partition by order_id, line_number order by updated_at desc) = 1)"
    wrong = rows(
        f"""select order_id from {last_orders} o join (select order_id, count(ship_date) shipped, count(*) lines
            from {last_lines} group by 1) using (order_id)
        where status <> case when shipped = 0 then 'O' when shipped = lines then 'F' else 'P' end"""
    )

    assert wrong == []
    assert rows("select * from {orders} where order_id not in (select order_id from {lineitem})") == []
    assert rows("select * from {lineitem} where order_id not in (select order_id from {orders})") == []


def test_events_of_a_line_follow_each_other_and_are_revealed_on_their_day(rows: Rows) -> None:
    assert rows("select * from {lineitem} where greatest(ship_date, receipt_date, return_date) > batch::date") == []
    assert (
        rows(
            """select * from {lineitem}
            where receipt_date <= ship_date or return_date < receipt_date + 3 or (receipt_date is not null and ship_date is null)"""
        )
        == []
    )
    assert rows("select * from {lineitem} where (return_flag = 'R') <> (return_date is not null)") == []
    for column in ("ship_date", "receipt_date", "return_date"):
        assert rows(f"select count(*) > 0 from {{lineitem}} where batch = '{D2}' and {column} = '{D2}'") == [(True,)], column


@pytest.mark.parametrize("member", ["part", "supplier"])
def test_members_are_named_by_orders_before_their_records_come(rows: Rows, member: str) -> None:
    named = rows(
        f"""select l.{member}_id, min(l.batch), (select min(m.batch) from {{{member}}} m where m.{member}_id = l.{member}_id
            and m.batch not like '%late'),
                  (select min(m.batch) from {{{member}}} m where m.{member}_id = l.{member}_id), (select min(m.updated_at)::date
                      from {{{member}}} m where m.{member}_id = l.{member}_id)
        from {{lineitem}} l where l.{member}_id > (select max({member}_id) from {{{member}}} where batch = '{D1}') group by 1"""
    )
    arrivals = {(first, regular, any_batch) for _, first, regular, any_batch, _ in named}

    assert (D1, D2, D2) in arrivals  # inferred for a day
    assert (D1, None, "1998-06-15-late") in arrivals  # until the backfill
    assert (D2, D2, D2) in arrivals  # never inferred
    assert (D3, None, None) in arrivals  # for ever
    assert all(str(made) == first for _, first, _, arrives, made in named if arrives)


def test_a_late_part_record_moves_the_version_that_follows_it(rows: Rows) -> None:
    columns = '"type", "size", container, retail_price, manufacturer, brand'
    late = rows(
        f"""with story as (select *, lag(({columns})) over s is distinct from ({columns}) changes,
            lead(({columns})) over s = ({columns}) equals_next, lead(batch) over s next_batch
                           from (select distinct part_id, {columns}, updated_at, batch from {{part}}
                               where batch not like '%late') window s as (partition by part_id order by updated_at))
        select changes, equals_next, next_batch from story where batch = '{D3}' and updated_at::date = '{D1}'"""
    )

    assert (True, True, D2) in late
    assert (True, False, D2) in late


def test_a_key_changes_several_times_in_a_day_out_of_order_and_across_files(rows: Rows) -> None:
    several = rows(
        f"""select part_id from (select part_id, origin, updated_at, row_number() over (partition by part_id order by origin,
            position) arrived,
                  row_number() over (partition by part_id order by updated_at) happened from {{part}} where batch = '{D2}')
        group by 1 having count(distinct updated_at) >= 3 and count(distinct origin) > 1 and bool_or(arrived <> happened)"""
    )

    assert several


def test_stock_is_restated_by_records_of_the_day_before(rows: Rows) -> None:
    for before, batch in ((D1, D2), (D2, D3)):
        assert rows(f"select count(*) > 0 from {{partsupp}} where batch = '{batch}' and updated_at::date = '{before}'") == [(True,)]


def test_rates_are_of_working_days_and_some_come_a_batch_late(rows: Rows) -> None:
    assert rows("select * from {rates} where isodow(date) > 5") == []
    assert rows("select * from {rates} where currency = 'USD' and usd_per_unit <> 1") == []
    assert rows(f"select count(distinct currency) from {{rates}} where batch = '{D2}' and date = '{D1}'")[0][0] >= 2
    assert rows(f"select count(*) from {{rates}} where batch = '{D1}-late' and date = '{D1}'") == [(1,)]


def test_documents_repeat_their_scans_and_come_out_of_order(sources: Path) -> None:
    documents = [json.loads(line) for line in (sources / "api" / D1 / "shipments.jsonl").read_text(encoding="utf-8").splitlines()]
    seen: dict[str, list[str]] = {}
    for document in documents:
        seen.setdefault(document["shipment_id"], []).append(document["updated_at"])

    assert any(stamps != sorted(stamps) for stamps in seen.values())
    assert {len(document["packages"]) for document in documents} == {1, 2, 3}


def test_text_of_other_scripts_quotes_and_newlines_are_delivered(rows: Rows) -> None:
    for table, text in (
        ("customer", "🙂"),
        ("customer", "残高"),
        ("part", "漢字\n"),
        ("part", '"A", '),
        ("orders", "📦"),
        ("supplier", '"Süd"'),
        ("scans", ""),
    ):
        column = "location" if table == "scans" else "comment"
        assert rows(f"select count(*) > 0 from {{{table}}} where contains({column}, '{text}')") == [(True,)], (table, text)
    assert rows("select count(*) > 0 from {customer} where contains(name, '漢')") == [(True,)]
