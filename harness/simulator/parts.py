"""Parts: every record that ever leaves the source system, in `part_record` (k, part_id, columns…, updated_at)."""

from __future__ import annotations

from simulator.config import Batch
from simulator.database import Database, literal
from simulator.stories import backfill, changing, days_of, event_table, in_history, made_at, tell

__all__ = ["build_parts"]

COLUMNS = {
    "name": "varchar",
    "manufacturer": "varchar",
    "brand": "varchar",
    "type": "varchar",
    "size": "integer",
    "container": "varchar",
    "retail_price": "decimal(12,2)",
    "comment": "varchar",
}
CONTAINERS = "['SM CASE', 'LG BOX', 'MED BAG', 'JUMBO PKG', 'WRAP DRUM']"


def build_parts(database: Database, batches: list[Batch], late: int) -> None:
    """Make `part_record`; late: the number of the backfill. Needs `new_part`."""
    _history(database, batches)
    for batch in batches[1:]:
        _changes(database, batch)
    backfill(database, "part", late, "retail_price", "(700 + part_id % 90)::decimal(12,2)")
    tell(database, "part", ["part_id"], COLUMNS)


def _history(database: Database, batches: list[Batch]) -> None:
    event_table(database, "part", ["part_id"], COLUMNS)
    past = in_history(batches, "p/at", "p_partkey")
    columns = """p_name "name", p_mfgr manufacturer, p_brand brand, p_type "type", p_size "size", p_container container,
        p_retailprice::decimal(12,2) retail_price,
        case when h('p/comment', p_partkey) % 60 = 0 then 'fits "A", ' || p_comment when h('p/comment', p_partkey) % 60 = 1 then '漢字\n'
            || p_comment
             when h('p/comment', p_partkey) % 60 = 2 then 'Größe 🙂, ' || p_comment else p_comment end "comment" """
    # Every 25th part has an older record in the history, of another price and size: versions that the first batch already brings.
    database.run(f"insert into part_event by name select 1 k, {past} updated_at, p_partkey::integer part_id, {columns} from tpch_part")
    database.run(
        """insert into part_event by name select * replace ((retail_price * 0.9)::decimal(12,2) as retail_price, 1 + "size" % 50 as "size",
            '1991-12-30 05:00:00'::timestamp + to_hours(part_id % 24) as updated_at)
        from part_event where h('p/older', part_id) % 25 = 0"""
    )
    database.run(
        f"""insert into part_event by name
        select arrives k, {made_at(batches, "part")} updated_at, id part_id, {columns} from new_part
            join tpch_part on p_partkey = 1 + id * 7919 % (select count(*) from tpch_part) where arrives is not null"""
    )
    # A second record of some new parts, a little later and of another price.
    database.run(
        """insert into part_event by name
        select k, updated_at + to_minutes(7) updated_at, part_id, retail_price + 10 retail_price from part_event
        where part_id in (select id from new_part where id % 2 = 1)"""
    )


def _changes(database: Database, batch: Batch) -> None:
    """Kinds: 0-4 price, 5 type and size, 6 container, 7 comment (Type 1), 8
    and 9 nothing. Every third price changes three times in the batch."""
    k = batch.number
    changing(database, batch, "part", "tpch_part", 20)
    price = "p_retailprice * (0.8 + 0.01 * pick('p/price/' || {0}, id, 40, {1}))"
    database.run(
        f"""insert into part_event by name
        select {k} k, during({days_of(batch)}, 'p/c', id, {k}) updated_at, id part_id,
               case when n % 10 <= 4 then ({price.format(0, k)})::decimal(12,2) end retail_price,
               case when n % 10 = 5 then 'PROMO PLATED ' || ['TIN', 'STEEL', 'BRASS'][1 + pick('p/type', id, 3, {k})] end "type",
               case when n % 10 = 5 then 1 + pick('p/size', id, 50, {k}) end "size", case when n % 10 = 6
                   then {CONTAINERS}[1 + pick('p/box', id, 5, {k})] end container,
               case when n % 10 = 7 then 'line one, "quoted"\nline two é {k}' end "comment"
        from changing join tpch_part on p_partkey = id"""
    )
    for again in (1, 2):
        database.run(
            f"""insert into part_event by name
            select {k} k, during({days_of(batch)}, 'p/c/' || {again}, id, {k}) updated_at, id part_id,
                ({price.format(again, k)})::decimal(12,2) retail_price
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
        select {k} k, {at}, part_id, 51 "size"
        from (select part_id, row_number() over (order by part_id) n
              from (select distinct part_id from part_event where {known} and retail_price is not null)) where n % 3 = 1"""
    )
