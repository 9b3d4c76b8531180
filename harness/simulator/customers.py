"""Customers: history, changes, intermediate states, touches, late commits, hard deletes and re-inserts.

Tables made: `customer_state` (customer_id, k, step, columns…): the row as it is after step `step` of batch `k`. Step 1 is an
intermediate state that a later change of the same batch hides; step 2 is what an extraction sees. `customer_deleted`
(customer_id, k).
"""

from __future__ import annotations

from math import ceil

from simulator.config import Batch, SimulatorConfig
from simulator.database import Database, literal

__all__ = ["COLUMNS", "build_customers", "new_customer_count"]

COLUMNS = "customer_id, name, address, nation_id, phone, account_balance, market_segment, comment, updated_at"
SEGMENTS = "['AUTOMOBILE', 'BUILDING', 'FURNITURE', 'HOUSEHOLD', 'MACHINERY']"
EVENT_COLUMNS = (
    "(customer_id integer, k integer, step integer, updated_at timestamp, address varchar, nation_id utinyint, "
    "phone varchar, account_balance decimal(12,2), market_segment varchar, comment varchar)"
)


def new_customer_count(config: SimulatorConfig) -> int:
    """How many customers each later batch adds."""
    return max(2, ceil(150_000 * config.scale * config.change_share / 20))


def build_customers(database: Database, batches: list[Batch]) -> None:
    """Make `customer_state` and `customer_deleted`. Needs `new_customer` from the orders."""
    config = database.config
    _base(database, batches)
    database.run(f"create table customer_event {EVENT_COLUMNS}")
    database.run("create table customer_deleted (customer_id integer, k integer)")
    for batch in batches[1:]:
        _changes(database, batch)
        _deletes_and_reinserts(database, batch)
    database.run(
        """create table customer_state as
        with record as (
            select customer_id, visible_k k, 2 step, updated_at, address, nation_id, phone, account_balance, market_segment, comment
            from customer_base
            union all by name from customer_event)
        select r.customer_id, name, last_value(r.address ignore nulls) over story address,
            last_value(r.nation_id ignore nulls) over story nation_id,
               last_value(r.phone ignore nulls) over story phone, last_value(r.account_balance ignore nulls) over story account_balance,
               last_value(r.market_segment ignore nulls) over story market_segment, last_value(r.comment ignore nulls) over story "comment",
               r.updated_at, r.k, r.step
        from record r join customer_base b using (customer_id)
        window story as (partition by r.customer_id order by r.k, r.step)"""
    )
    for batch in batches[1:]:
        _late_commits(database, batch, max(1, new_customer_count(config) // 2))


def _base(database: Database, batches: list[Batch]) -> None:
    first = batches[0].business_date
    count = database.value("select count(*) from tpch_customer")
    history_days = (first - first.replace(year=1992, month=1, day=1)).days
    database.run(
        f"""create table customer_base as
        select c_custkey::integer customer_id,
               case when h('c/name', c_custkey) % 40 = 0 then 'Société ' || c_name when h('c/name', c_custkey) % 40 = 1 then '漢 ' || c_name
                   else c_name end "name",
               c_address address, c_nationkey::utinyint nation_id, c_phone phone, c_acctbal::decimal(12,2) account_balance,
                   c_mktsegment market_segment,
               case when h('c/comment', c_custkey) % 30 = 0 then '🙂 ' || c_comment else c_comment end "comment",
               during(date '1992-01-01', {history_days}, 'c/at', c_custkey) updated_at, 1 visible_k
        from tpch_customer
        union all
        select n.customer_id, 'Customer#' || lpad(n.customer_id::varchar, 9, '0'), street('c/new', n.customer_id), n.nation_id,
               phone(n.nation_id, 'c/new', n.customer_id), (pick('c/new/balance', n.customer_id, 999999) / 100)::decimal(12,2),
               {SEGMENTS}[1 + pick('c/new/segment', n.customer_id, 5)], 'new customer ✓', hours(n.ordered_on, 6, 12, 'c/new/at',
                   n.customer_id), n.k
        from new_customer n"""
    )
    database.run(
        f"""create table customer_role as
        select customer_id, case when r % 100 < 4 then 'late' when r % 100 < 16 and customer_id % 3 = 0 then 'delete' else 'change' end role
        from (select customer_id, h('c/role', customer_id) r from customer_base where customer_id <= {count})"""
    )


def _changes(database: Database, batch: Batch) -> None:
    k, days = batch.number, (batch.business_date - batch.first_day).days + 1
    count = database.value("select count(*) from tpch_customer")
    changed = max(12, ceil(count * database.config.change_share))
    database.run(
        f"""create or replace temp table changing as
        select customer_id, n, n % 10 kind, n % 5 = 0 twice, b.nation_id, day_of(date {literal(batch.first_day)}, {days}, 'c/c',
            customer_id, {k}) on_day
        from (select customer_id, (row_number() over (order by h('c/change', customer_id, {k}), customer_id) - 1) n from customer_role
            where role = 'change')
        join customer_base b using (customer_id)
        where n < {changed}"""
    )
    hidden = f"pick('c/hidden', customer_id, 5, {k})"
    # Kinds: 0-2 address, 3 nation and address, 4-5 segment (never the one in between), 6 address and segment, 7 phone and balance,
    # 8 balance, 9 nothing.
    database.run(
        f"""insert into customer_event by name
        select customer_id, {k} k, 2 step, hours(on_day, 12, 23, 'c/c/at', customer_id, {k}) updated_at,
               case when kind in (0, 1, 2, 3, 6) then street('c/c', customer_id, {k}) end address,
               case when kind = 3 then ((nation_id + 1 + pick('c/c/nation', customer_id, 24, {k})) % 25)::utinyint end nation_id,
               case when kind = 7 then phone(nation_id, 'c/c', customer_id, {k}) end phone,
               case when kind in (7, 8) then (pick('c/c/balance', customer_id, 999999, {k}) / 100 - 999)::decimal(12,2) end account_balance,
               case when kind in (4, 5, 6)
                    then {SEGMENTS}[1 + ({hidden} + 1 + pick('c/c/segment', customer_id, 4, {k})) % 5] end market_segment,
               case when kind = 8 then 'account reviewed, 残高 ok' end "comment"
        from changing"""
    )
    database.run(
        f"""insert into customer_event by name
        select customer_id, {k} k, 1 step, hours(on_day, 6, 12, 'c/c/first', customer_id, {k}) updated_at,
               street('c/hidden', customer_id, {k}) address, {SEGMENTS}[1 + {hidden}] market_segment
        from changing where twice"""
    )


def _deletes_and_reinserts(database: Database, batch: Batch) -> None:
    k = batch.number
    each = new_customer_count(database.config)
    database.run(
        f"""insert into customer_deleted
        select customer_id, {k} from (select customer_id, row_number() over (order by h('c/delete', customer_id), customer_id) n
            from customer_role where role = 'delete')
        where n > {each * (k - 2)} and n <= {each * (k - 1)}"""
    )
    database.run(
        f"""insert into customer_event by name
        select customer_id, {k} k, 2 step, tod(date {literal(batch.business_date)}, 'c/back', customer_id) updated_at,
               case when customer_id % 2 = 0 then street('c/back', customer_id) end address
        from (select customer_id, row_number() over (order by customer_id) n from customer_deleted where k = {k - 1})
        where n <= {max(1, each // 2)}"""
    )


def _late_commits(database: Database, batch: Batch, each: int) -> None:
    """Rows with an updated_at up to 30 minutes before the high-water mark of the extraction before, which did not see them."""
    k = batch.number
    high = f"(select max(updated_at) from customer_state where k < {k} and step = 2)"
    database.run(
        f"""insert into customer_state by name
        select b.customer_id, "name", street('c/late', b.customer_id) address, nation_id, phone, account_balance, market_segment, "comment",
               {high} - to_microseconds(60000000 + pick('c/late/at', b.customer_id, 1700000000)) updated_at,
               {k} k, 2 step
        from (select customer_id, row_number() over (order by h('c/late', customer_id), customer_id) n
              from customer_role join customer_base using (customer_id) where role = 'late'
                  and updated_at < date {literal(database.config.first_business_date)} - 7) c
        join customer_base b using (customer_id)
        where n > {each * (k - 2)} and n <= {each * (k - 1)}"""
    )
