"""Offers (partsupp): every record that ever leaves the source system, in `partsupp_record` (k, part_id, supplier_id, columns…,
updated_at)."""

from __future__ import annotations

from math import ceil

from simulator.config import Batch
from simulator.database import Database, literal
from simulator.stories import days_of, event_table, in_history, tell

__all__ = ["build_offers"]

COLUMNS = {"available_quantity": "integer", "supply_cost": "decimal(12,2)", "comment": "varchar"}


def build_offers(database: Database, batches: list[Batch], late: int) -> None:
    """Make `partsupp_record`; late: the number of the backfill. Needs `new_part`."""
    event_table(database, "partsupp", ["part_id", "supplier_id"], COLUMNS)
    database.run(
        f"""insert into partsupp_event by name
        select 1 k, {in_history(batches, "ps/at", "ps_partkey, ps_suppkey")} updated_at, ps_partkey::integer part_id,
            ps_suppkey::integer supplier_id, ps_availqty::integer available_quantity,
               ps_supplycost::decimal(12,2) supply_cost, case when h('ps/comment', ps_partkey, ps_suppkey) % 200 = 0
                   then 'in ""stock""\nrow 2, ' || ps_comment else ps_comment end "comment"
        from tpch_partsupp"""
    )
    for batch in batches:
        _new_offers(database, batch)
    for batch in batches[1:]:
        _offer_changes(database, batch)
    _backfill_offers(database, late)
    tell(database, "partsupp", ["part_id", "supplier_id"], COLUMNS)


def _new_offers(database: Database, batch: Batch) -> None:
    """Two suppliers offer each new part, in the file of the day on which the part's own record comes."""
    database.run(
        f"""insert into partsupp_event by name
        select arrives k, during({days_of(batch)}, 'ps/new', id, s) updated_at, id part_id, (1 + (id * 13 + s * 5) % (select count(*)
            from tpch_supplier))::integer supplier_id,
               pick('ps/new/quantity', id, 9000, s) available_quantity, (100 + pick('ps/new/cost', id, 90000,
                   s) / 100)::decimal(12,2) supply_cost, 'new offer' "comment"
        from new_part, range(1, 3) t(s) where k = {batch.number} and arrives is not null"""
    )


def _offer_changes(database: Database, batch: Batch) -> None:
    """Kinds: 0-3 quantity, 4 cost, 5 nothing; of each seven one comes dated at noon of the batch before, which restates its inventory."""
    k = batch.number
    count = database.value("select count(*) from tpch_partsupp")
    changed = max(20, ceil(count * database.config.change_share))
    before = f"timestamp {literal(batch.first_day)} - to_hours(12)"
    database.run(
        f"""insert into partsupp_event by name
        select {k} k, case when n % 7 = 6 then {before} + to_seconds(part_id % 3600) else during({days_of(batch)}, 'ps/c/' || {k}, part_id,
            supplier_id) end updated_at, part_id, supplier_id,
               case when n % 6 <= 3 or n % 7 = 6 then pick('ps/quantity/' || {k}, part_id, 9999, supplier_id) end available_quantity,
               case when n % 6 = 4 then (1 + pick('ps/cost/' || {k}, part_id, 99900, supplier_id) / 100)::decimal(12,2) end supply_cost
        from (select ps_partkey::integer part_id, ps_suppkey::integer supplier_id,
                     row_number() over (order by h('ps/change/' || {k}, ps_partkey, ps_suppkey), ps_partkey, ps_suppkey) - 1 n
                         from tpch_partsupp)
        where n < {changed}"""
    )


def _backfill_offers(database: Database, late: int) -> None:
    at = f"timestamp {literal(database.config.first_business_date)} + to_hours(15) + to_seconds(part_id % 3600)"
    database.run(
        f"""insert into partsupp_event by name
        select {late} k, {at} updated_at, part_id, supplier_id, pick('ps/backfill', part_id, 9999, supplier_id) available_quantity
        from (select part_id, supplier_id, row_number() over (order by h('ps/backfill', part_id, supplier_id), part_id, supplier_id) n
              from partsupp_event where k = 1) where n <= 6"""
    )
