"""Parts, suppliers and their offers (partsupp): every record that ever leaves the source systems, with the batch in which it arrives.

Tables made: `part_record`, `supplier_record`, `partsupp_record` (k, updated_at, columns…; one row per distinct record, good ones
only) and `renamed`. The story of a member is its base and its events in the order of their instants; each record carries what the
events before it left (a file that comes late says what was true on its day). A record's `k` is its arrival, `updated_at` its day.
"""

from __future__ import annotations

from math import ceil

from simulator.config import Batch
from simulator.database import Database, literal

__all__ = ["build_catalogue", "build_new_members"]

HELD = 2  # parts, and suppliers, that orders of a batch name one batch before their records arrive
PART = {
    "name": "varchar", "manufacturer": "varchar", "brand": "varchar", "type": "varchar", "size": "integer", "container": "varchar",
    "retail_price": "decimal(12,2)", "comment": "varchar",
}
SUPPLIER = {"name": "varchar", "address": "varchar", "nation_id": "utinyint", "phone": "varchar", "account_balance": "decimal(12,2)", "comment": "varchar"}
OFFER = {"available_quantity": "integer", "supply_cost": "decimal(12,2)", "comment": "varchar"}
CONTAINERS = "['SM CASE', 'LG BOX', 'MED BAG', 'JUMBO PKG', 'WRAP DRUM']"


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
    database.run(
        """create table renamed as
        select k, row_number() over (partition by k order by kind, id) number, case kind when 'part' then id end part_id, case kind when 'supplier' then id end supplier_id
        from (select 'part' kind, id, k from new_part union all select 'supplier', id, k from new_supplier)"""
    )


def build_catalogue(database: Database, batches: list[Batch]) -> None:
    """Make the three tables of records."""
    last = batches[-1].number
    late = last + 1
    # The first batch's second held member is left to the backfill of that day.
    for name in ("part", "supplier"):
        database.run(f"update new_{name} set arrives = null where arrives > {last}")
        database.run(f"update new_{name} set arrives = {late} where k = 1 and id = (select max(id) from new_{name} where k = 1)")
    _part_events(database, batches)
    _backfill(database, "part", late, "retail_price", "(700 + part_id % 90)::decimal(12,2)")
    _tell(database, "part", ["part_id"], PART)
    _supplier_events(database, batches)
    _backfill(database, "supplier", late, "address", "street('s/backfill', supplier_id)")
    _tell(database, "supplier", ["supplier_id"], SUPPLIER)
    _offer_events(database, batches)
    _backfill_offers(database, late)
    _tell(database, "partsupp", ["part_id", "supplier_id"], OFFER)


def _backfill(database: Database, name: str, late: int, column: str, value: str) -> None:
    """What the backfill brings: changes of the first business date, some of members that changed on the next one too."""
    at = f"timestamp {literal(database.config.first_business_date)} + to_hours(15) + to_seconds({name}_id % 3600)"
    database.run(
        f"""insert into {name}_event by name
        select {late} k, {at} updated_at, {name}_id, {value} {column}
        from (select {name}_id, row_number() over (order by max(k) = 2 desc, h('{name}/backfill', {name}_id), {name}_id) n
              from {name}_event where {name}_id <= (select count(*) from tpch_{name}) group by {name}_id) where n <= 6"""
    )


def _backfill_offers(database: Database, late: int) -> None:
    at = f"timestamp {literal(database.config.first_business_date)} + to_hours(15) + to_seconds(part_id % 3600)"
    database.run(
        f"""insert into partsupp_event by name
        select {late} k, {at} updated_at, part_id, supplier_id, pick('ps/backfill', part_id, 9999, supplier_id) available_quantity
        from (select part_id, supplier_id, row_number() over (order by h('ps/backfill', part_id, supplier_id), part_id, supplier_id) n
              from partsupp_event where k = 1) where n <= 6"""
    )


def _tell(database: Database, name: str, keys: list[str], columns: dict[str, str]) -> None:
    """From events to records: each attribute is the last one said before, by instant."""
    key = ", ".join(keys)
    said = ", ".join(f'last_value("{column}" ignore nulls) over story "{column}"' for column in columns)
    database.run(
        f"""create table {name}_record as select k, {key}, {said}, updated_at from {name}_event
        where {" and ".join(f"{column} is not null" for column in keys)}
        window story as (partition by {key} order by updated_at, k)"""
    )
    database.run(f"drop table {name}_event")


def _history(batches: list[Batch], tag: str, key: str) -> str:
    first = batches[0].business_date
    return f"during(date '1992-01-01', {(first - first.replace(year=1992, month=1, day=1)).days}, '{tag}', {key})"


def _days(batch: Batch) -> str:
    return f"date {literal(batch.first_day)}, {(batch.business_date - batch.first_day).days + 1}"


def _event_table(database: Database, name: str, keys: list[str], columns: dict[str, str]) -> None:
    listed = ", ".join([f"{key} integer" for key in keys] + [f'"{column}" {kind}' for column, kind in columns.items()])
    database.run(f"create table {name}_event (k integer, updated_at timestamp, {listed})")


def _changing(database: Database, batch: Batch, name: str, source: str, at_least: int) -> None:
    """Temporary table `changing` (id, n): which members change in a batch, in the order of a hash."""
    count = database.value(f"select count(*) from {source}")
    changed = max(at_least, ceil(count * database.config.change_share))
    key = {"part": "p_partkey", "supplier": "s_suppkey"}[name]
    database.run(
        f"""create or replace temp table changing as
        select id, n from (select {key}::integer id, row_number() over (order by h('{name}/change', {key}, {batch.number}), {key}) - 1 n from {source})
        where n < {changed}"""
    )


def _part_events(database: Database, batches: list[Batch]) -> None:
    _event_table(database, "part", ["part_id"], PART)
    past = _history(batches, "p/at", "p_partkey")
    columns = """p_name "name", p_mfgr manufacturer, p_brand brand, p_type "type", p_size "size", p_container container, p_retailprice::decimal(12,2) retail_price,
        case when h('p/comment', p_partkey) % 60 = 0 then 'fits "A", ' || p_comment when h('p/comment', p_partkey) % 60 = 1 then '漢字\n' || p_comment
             when h('p/comment', p_partkey) % 60 = 2 then 'Größe 🙂, ' || p_comment else p_comment end "comment" """
    # Every 25th part has an older record in the history, of another price and size: versions that the first batch already brings.
    database.run(f"insert into part_event by name select 1 k, {past} updated_at, p_partkey::integer part_id, {columns} from tpch_part")
    database.run(
        f"""insert into part_event by name select * replace ((retail_price * 0.9)::decimal(12,2) as retail_price, 1 + "size" % 50 as "size", '1991-12-30 05:00:00'::timestamp + to_hours(part_id % 24) as updated_at)
        from part_event where h('p/older', part_id) % 25 = 0"""
    )
    database.run(
        f"""insert into part_event by name
        select arrives k, {_new_at(batches, "p/new/at")} updated_at, id part_id, {columns} from new_part join tpch_part on p_partkey = 1 + id * 7919 % (select count(*) from tpch_part) where arrives is not null"""
    )
    # A second record of some new parts, a little later and of another price.
    database.run(
        """insert into part_event by name
        select k, updated_at + to_minutes(7) updated_at, part_id, retail_price + 10 retail_price from part_event
        where part_id in (select id from new_part where id % 2 = 1)"""
    )
    for batch in batches[1:]:
        _part_changes(database, batch)


def _new_at(batches: list[Batch], tag: str) -> str:
    cases = " ".join(f"when {b.number} then during({_days(b)}, '{tag}', id)" for b in batches)
    return f"case new_part.k {cases} end" if tag.startswith("p") else f"case new_supplier.k {cases} end"


def _part_changes(database: Database, batch: Batch) -> None:
    """Kinds: 0-4 price, 5 type and size, 6 container, 7 comment (Type 1), 8 and 9 nothing. Every third price changes three times in the batch."""
    k = batch.number
    _changing(database, batch, "part", "tpch_part", 20)
    price = "p_retailprice * (0.8 + 0.01 * pick('p/price/' || {0}, id, 40, {1}))"
    database.run(
        f"""insert into part_event by name
        select {k} k, during({_days(batch)}, 'p/c', id, {k}) updated_at, id part_id,
               case when n % 10 <= 4 then ({price.format(0, k)})::decimal(12,2) end retail_price,
               case when n % 10 = 5 then 'PROMO PLATED ' || ['TIN', 'STEEL', 'BRASS'][1 + pick('p/type', id, 3, {k})] end "type",
               case when n % 10 = 5 then 1 + pick('p/size', id, 50, {k}) end "size", case when n % 10 = 6 then {CONTAINERS}[1 + pick('p/box', id, 5, {k})] end container,
               case when n % 10 = 7 then 'line one, "quoted"\nline two é {k}' end "comment"
        from changing join tpch_part on p_partkey = id"""
    )
    for again in (1, 2):
        database.run(
            f"""insert into part_event by name
            select {k} k, during({_days(batch)}, 'p/c/' || {again}, id, {k}) updated_at, id part_id, ({price.format(again, k)})::decimal(12,2) retail_price
            from changing join tpch_part on p_partkey = id where n % 10 = 0 or n % 10 = 3"""
        )
    if k >= 3:
        # Late and out of order: dated at noon of the first date, between versions that are known; where the record that follows changed
        # nothing (kinds 8 and 9), the late one takes its version and moves it to an earlier instant.
        _late_changes(database, batch)


def _late_changes(database: Database, batch: Batch) -> None:
    k = batch.number
    noon = f"timestamp {literal(database.config.first_business_date)} + to_hours(12)"
    known = f"k = {k - 1} and updated_at > {noon} + to_hours(1) and part_id <= (select count(*) from tpch_part)"
    at = f"{noon} + to_minutes({k}) + to_seconds(part_id % 60) updated_at"
    database.run(
        f"""insert into part_event by name
        select {k} k, {at}, part_id, (p_retailprice + 5)::decimal(12,2) retail_price
        from (select distinct part_id from part_event where {known} and retail_price is null and "type" is null and container is null)
        join tpch_part on p_partkey = part_id"""
    )
    database.run(
        f"""insert into part_event by name
        select {k} k, {at}, part_id, 51 "size" from (select distinct part_id from part_event where {known} and retail_price is not null) where part_id % 3 = 0"""
    )


def _supplier_events(database: Database, batches: list[Batch]) -> None:
    _event_table(database, "supplier", ["supplier_id"], SUPPLIER)
    past = _history(batches, "s/at", "s_suppkey")
    columns = """s_name "name", s_address address, s_nationkey::utinyint nation_id, s_phone phone, s_acctbal::decimal(12,2) account_balance,
        case when h('s/comment', s_suppkey) % 20 = 0 then 'Zürich, "Süd" ' || s_comment else s_comment end "comment" """
    database.run(f"insert into supplier_event by name select 1 k, {past} updated_at, s_suppkey::integer supplier_id, {columns} from tpch_supplier")
    database.run(
        """insert into supplier_event by name select * replace (street('s/older', supplier_id) as address, '1991-12-30 04:00:00'::timestamp + to_hours(supplier_id % 24) as updated_at)
        from supplier_event where h('s/older', supplier_id) % 20 = 0"""
    )
    database.run(
        f"""insert into supplier_event by name
        select arrives k, {_new_at(batches, "s/new/at")} updated_at, id supplier_id, {columns.replace('s_name "name"', "'Supplier#' || lpad(id::varchar, 9, '0') " + '"name"')}
        from new_supplier join tpch_supplier on s_suppkey = 1 + id * 7919 % (select count(*) from tpch_supplier) where arrives is not null"""
    )
    for batch in batches[1:]:
        _supplier_changes(database, batch)


def _supplier_changes(database: Database, batch: Batch) -> None:
    """Kinds: 0-2 address (0 twice), 3 and 4 nation and address, 5 phone, 6 balance, 7 nothing. The next batch brings some with the date of this one."""
    k = batch.number
    _changing(database, batch, "supplier", "tpch_supplier", 8)
    database.run(
        f"""insert into supplier_event by name
        select {k} k, during({_days(batch)}, 's/c', id, {k}) updated_at, id supplier_id, case when n % 8 <= 4 then street('s/c', id, {k}) end address,
               case when n % 8 in (3, 4) then ((s_nationkey + 1 + pick('s/nation', id, 24, {k})) % 25)::utinyint end nation_id,
               case when n % 8 = 5 then phone(s_nationkey, 's/c', id, {k}) end phone, case when n % 8 = 6 then (pick('s/balance', id, 999999, {k}) / 100 - 99)::decimal(12,2) end account_balance
        from changing join tpch_supplier on s_suppkey = id"""
    )
    database.run(
        f"""insert into supplier_event by name
        select {k} k, during({_days(batch)}, 's/again', id, {k}) updated_at, id supplier_id, street('s/again', id, {k}) address from changing where n % 8 = 0"""
    )
    noon = f"timestamp {literal(database.config.first_business_date)} + to_hours(12)"
    database.run(
        f"""insert into supplier_event by name
        select {k} k, {noon} + to_seconds(id % 60) updated_at, id supplier_id, street('s/late', id, {k}) address from changing where n % 8 in (3, 7) and {k} >= 3"""
    )


def _offer_events(database: Database, batches: list[Batch]) -> None:
    _event_table(database, "partsupp", ["part_id", "supplier_id"], OFFER)
    database.run(
        f"""insert into partsupp_event by name
        select 1 k, {_history(batches, "ps/at", "ps_partkey, ps_suppkey")} updated_at, ps_partkey::integer part_id, ps_suppkey::integer supplier_id, ps_availqty::integer available_quantity,
               ps_supplycost::decimal(12,2) supply_cost, case when h('ps/comment', ps_partkey, ps_suppkey) % 200 = 0 then 'in ""stock""\nrow 2, ' || ps_comment else ps_comment end "comment"
        from tpch_partsupp"""
    )
    for batch in batches:
        _new_offers(database, batch)
    for batch in batches[1:]:
        _offer_changes(database, batch)


def _new_offers(database: Database, batch: Batch) -> None:
    """Two suppliers offer each new part, in the file of the day on which the part's own record comes."""
    database.run(
        f"""insert into partsupp_event by name
        select arrives k, during({_days(batch)}, 'ps/new', id, s) updated_at, id part_id, (1 + (id * 13 + s * 5) % (select count(*) from tpch_supplier))::integer supplier_id,
               pick('ps/new/quantity', id, 9000, s) available_quantity, (100 + pick('ps/new/cost', id, 90000, s) / 100)::decimal(12,2) supply_cost, 'new offer' "comment"
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
        select {k} k, case when n % 7 = 6 then {before} + to_seconds(part_id % 3600) else during({_days(batch)}, 'ps/c/' || {k}, part_id, supplier_id) end updated_at, part_id, supplier_id,
               case when n % 6 <= 3 or n % 7 = 6 then pick('ps/quantity/' || {k}, part_id, 9999, supplier_id) end available_quantity,
               case when n % 6 = 4 then (1 + pick('ps/cost/' || {k}, part_id, 99900, supplier_id) / 100)::decimal(12,2) end supply_cost
        from (select ps_partkey::integer part_id, ps_suppkey::integer supplier_id,
                     row_number() over (order by h('ps/change/' || {k}, ps_partkey, ps_suppkey), ps_partkey, ps_suppkey) - 1 n from tpch_partsupp)
        where n < {changed}"""
    )
