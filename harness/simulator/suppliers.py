"""Suppliers: every record that ever leaves the source system, in `supplier_record` (k, supplier_id, columns…, updated_at)."""

from __future__ import annotations

from simulator.config import Batch
from simulator.database import Database, literal
from simulator.stories import backfill, changing, days_of, event_table, in_history, made_at, tell

__all__ = ["build_suppliers"]

COLUMNS = {
    "name": "varchar",
    "address": "varchar",
    "nation_id": "utinyint",
    "phone": "varchar",
    "account_balance": "decimal(12,2)",
    "comment": "varchar",
}


def build_suppliers(database: Database, batches: list[Batch], late: int) -> None:
    """Make `supplier_record`; late: the number of the backfill. Needs `new_supplier`."""
    _history(database, batches)
    for batch in batches[1:]:
        _changes(database, batch)
    backfill(database, "supplier", late, "address", "street('s/backfill', supplier_id)")
    tell(database, "supplier", ["supplier_id"], COLUMNS)


def _history(database: Database, batches: list[Batch]) -> None:
    event_table(database, "supplier", ["supplier_id"], COLUMNS)
    past = in_history(batches, "s/at", "s_suppkey")
    columns = """s_name "name", s_address address, s_nationkey::utinyint nation_id, s_phone phone, s_acctbal::decimal(12,2) account_balance,
        case when h('s/comment', s_suppkey) % 20 = 0 then 'Zürich, "Süd" ' || s_comment else s_comment end "comment" """
    database.run(
        f"insert into supplier_event by name select 1 k, {past} updated_at, s_suppkey::integer supplier_id, {columns} from tpch_supplier"
    )
    database.run(
        """insert into supplier_event by name select * replace (street('s/older', supplier_id) as address,
            '1991-12-30 04:00:00'::timestamp + to_hours(supplier_id % 24) as updated_at)
        from supplier_event where h('s/older', supplier_id) % 20 = 0"""
    )
    database.run(
        f"""insert into supplier_event by name
        select arrives k, {made_at(batches, "supplier")} updated_at, id supplier_id,
            {columns.replace('s_name "name"', "'Supplier#' || lpad(id::varchar, 9, '0') " + '"name"')}
        from new_supplier join tpch_supplier on s_suppkey = 1 + id * 7919 % (select count(*) from tpch_supplier)
            where arrives is not null"""
    )


def _changes(database: Database, batch: Batch) -> None:
    """Kinds: 0-2 address (0 twice), 3 and 4 nation and address, 5 phone, 6 balance,
    7 nothing. The next batch brings some with the date of this one."""
    k = batch.number
    changing(database, batch, "supplier", "tpch_supplier", 8)
    database.run(
        f"""insert into supplier_event by name
        select {k} k, during({days_of(batch)}, 's/c', id, {k}) updated_at, id supplier_id, case when n % 8 <= 4 then street('s/c', id,
            {k}) end address,
               case when n % 8 in (3, 4) then ((s_nationkey + 1 + pick('s/nation', id, 24, {k})) % 25)::utinyint end nation_id,
               case when n % 8 = 5 then phone(s_nationkey, 's/c', id, {k}) end phone, case when n % 8 = 6 then (pick('s/balance', id,
                   999999, {k}) / 100 - 99)::decimal(12,2) end account_balance
        from changing join tpch_supplier on s_suppkey = id"""
    )
    database.run(
        f"""insert into supplier_event by name
        select {k} k, during({days_of(batch)}, 's/again', id, {k}) updated_at, id supplier_id, street('s/again', id, {k}) address
            from changing where n % 8 = 0"""
    )
    noon = f"timestamp {literal(database.config.first_business_date)} + to_hours(12)"
    database.run(
        f"""insert into supplier_event by name
        select {k} k, {noon} + to_seconds(id % 60) updated_at, id supplier_id, street('s/late', id, {k}) address from changing
            where n % 8 in (3, 7) and {k} >= 3"""
    )
