"""Parts and suppliers that TPC-H does not have: which orders name them, and in which batch their records arrive."""

from __future__ import annotations

from math import ceil

from simulator.config import Batch
from simulator.database import Database

__all__ = ["build_new_members"]

HELD = 2  # parts, and suppliers, that orders of a batch name one batch before their records arrive


def build_new_members(database: Database, batches: list[Batch]) -> None:
    """Make `new_part`, `new_supplier` (id, k named or made, arrives) and `renamed` (k, number, part_id, supplier_id) for the orders' lines.

    Of each batch's new members the first HELD are held back: they arrive one batch later (after the last batch: in the backfill when
    they are of its day, otherwise not at all, so that they stay inferred).
    """
    for name, table in (("part", "tpch_part"), ("supplier", "tpch_supplier")):
        known = database.value(f"select count(*) from {table}")
        plain = max(2, ceil(known * database.config.change_share / 20))
        database.run(f"create table new_{name} (id integer, k integer, arrives integer)")
        for batch in batches:
            first = known + (batch.number - 1) * (HELD + plain)
            count = HELD if batch.number == 1 else HELD + plain
            database.run(
                f"""insert into new_{name}
                select {first} + n, {batch.number}, {batch.number} + (n <= {HELD})::integer from range(1, {count + 1}) t(n)"""
            )
        _arrivals(database, name, batches[-1].number)
    database.run(
        """create table renamed as
        select k, row_number() over (partition by k order by kind, id) number, case kind when 'part' then id end part_id, case kind
            when 'supplier' then id end supplier_id
        from (select 'part' kind, id, k from new_part union all select 'supplier', id, k from new_supplier)"""
    )


def _arrivals(database: Database, name: str, last: int) -> None:
    """The last batch's held members never arrive; of the first batch's the second is left to the backfill of that day."""
    database.run(f"update new_{name} set arrives = null where arrives > {last}")
    database.run(f"update new_{name} set arrives = {last + 1} where k = 1 and id = (select max(id) from new_{name} where k = 1)")
