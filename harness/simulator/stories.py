"""Stories of members: events, each saying some attributes at an instant, and the records that follow from them.

A record carries what the events before it left, so a file that comes late says what was true on its day. `k` is the batch in which a
record arrives and `updated_at` its instant; the two are independent.
"""

from __future__ import annotations

from math import ceil

from simulator.config import Batch
from simulator.database import Database, literal

__all__ = ["backfill", "changing", "days_of", "event_table", "in_history", "made_at", "tell"]


def in_history(batches: list[Batch], tag: str, key: str) -> str:
    first = batches[0].business_date
    return f"during(date '1992-01-01', {(first - first.replace(year=1992, month=1, day=1)).days}, '{tag}', {key})"


def days_of(batch: Batch) -> str:
    return f"date {literal(batch.first_day)}, {(batch.business_date - batch.first_day).days + 1}"


def made_at(batches: list[Batch], name: str) -> str:
    """SQL: when a new member was made, within the batch that names it. For queries on `new_<name>`."""
    cases = " ".join(f"when {batch.number} then during({days_of(batch)}, '{name[0]}/new/at', id)" for batch in batches)
    return f"case new_{name}.k {cases} end"


def event_table(database: Database, name: str, keys: list[str], columns: dict[str, str]) -> None:
    listed = ", ".join([f"{key} integer" for key in keys] + [f'"{column}" {kind}' for column, kind in columns.items()])
    database.run(f"create table {name}_event (k integer, updated_at timestamp, {listed})")


def changing(database: Database, batch: Batch, name: str, source: str, at_least: int) -> None:
    """Temporary table `changing` (id, n): which members change in a batch, in the order of a hash."""
    count = database.value(f"select count(*) from {source}")
    changed = max(at_least, ceil(count * database.config.change_share))
    key = {"part": "p_partkey", "supplier": "s_suppkey"}[name]
    database.run(
        f"""create or replace temp table changing as
        select id, n from (select {key}::integer id, row_number() over (order by h('{name}/change', {key}, {batch.number}), {key}) - 1 n
            from {source})
        where n < {changed}"""
    )


def backfill(database: Database, name: str, late: int, column: str, value: str) -> None:
    """What the backfill brings: changes of the first business date, some of members that changed on the next one too."""
    at = f"timestamp {literal(database.config.first_business_date)} + to_hours(15) + to_seconds({name}_id % 3600)"
    database.run(
        f"""insert into {name}_event by name
        select {late} k, {at} updated_at, {name}_id, {value} {column}
        from (select {name}_id, row_number() over (order by max(k) = 2 desc, h('{name}/backfill', {name}_id), {name}_id) n
              from {name}_event where {name}_id <= (select count(*) from tpch_{name}) group by {name}_id) where n <= 6"""
    )


def tell(database: Database, name: str, keys: list[str], columns: dict[str, str]) -> None:
    """From events to records: each attribute is the last one said before, by instant."""
    key = ", ".join(keys)
    said = ", ".join(f'last_value("{column}" ignore nulls) over story "{column}"' for column in columns)
    database.run(
        f"""create table {name}_record as select k, {key}, {said}, updated_at from {name}_event
        where {" and ".join(f"{column} is not null" for column in keys)}
        window story as (partition by {key} order by updated_at, k)"""
    )
    database.run(f"drop table {name}_event")
