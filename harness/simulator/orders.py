"""Orders and their lines: the whole story of TPC-H, from which the state on any day is a formula.

Tables made: `new_customer` (k, customer_id, nation_id, order_id, ordered_on), `orders` and `line` (every column of the story, with the
instants of each event), `order_event` (order_id, k, marked_at, is_deleted). `orders_state`
    and `lines_state` give SQL of the rows that changed
in a batch, in their state at its end.
"""

from __future__ import annotations

from math import ceil

from simulator.config import Batch
from simulator.customers import new_customer_count
from simulator.database import Database, literal

__all__ = ["LINE_COLUMNS", "ORDER_COLUMNS", "build_orders", "lines_state", "orders_state"]

ORDER_COLUMNS = (
    "order_id, customer_id, status, currency_code, total_price, ordered_at, priority, clerk, ship_priority, comment, is_deleted, updated_at"
)
LINE_COLUMNS = (
    "order_id, line_number, part_id, supplier_id, quantity, extended_price, discount, tax, return_flag, commit_date, ship_date, "
    "receipt_date, return_date, ship_instructions, ship_mode, comment, updated_at"
)


def build_orders(database: Database, batches: list[Batch]) -> None:
    """Make the tables of the story. Needs `renamed` (k, number, part_id,
    supplier_id): what new orders name instead of their part or supplier."""
    _new_customers(database, batches)
    _orders(database)
    _lines(database, batches)
    _soft_deletes(database, batches)


def _window(batch: Batch, column: str) -> str:
    return f"{column} between date {literal(batch.first_day)} and date {literal(batch.business_date)}"


def _new_customers(database: Database, batches: list[Batch]) -> None:
    """The first orders of each later batch, in the order of a hash, are those of its new customers."""
    known = database.value("select max(c_custkey) from tpch_customer")
    count = new_customer_count(database.config)
    database.run("create table new_customer (k integer, customer_id integer, nation_id utinyint, order_id bigint, ordered_on date)")
    for batch in batches[1:]:
        first = known + (batch.number - 2) * count
        database.run(
            f"""insert into new_customer
            select {batch.number}, {first} + n, pick('c/new/nation', {first} + n, 25)::utinyint, o_orderkey, o_orderdate
            from (select o_orderkey, o_orderdate, row_number() over (order by h('o/new', o_orderkey), o_orderkey) n
                  from tpch_orders where {_window(batch, "o_orderdate")})
            where n <= {count}"""
        )


def _orders(database: Database) -> None:
    database.run(
        """create table orders as
        select o_orderkey::bigint order_id, coalesce(n.customer_id, o_custkey)::integer customer_id, nation.currency_code,
            o_totalprice::decimal(15,2) total_price,
               o_orderdate ordered_on,
               case when n.customer_id is null then tod(o_orderdate, 'o/at', o_orderkey) else hours(o_orderdate, 12, 23, 'o/at',
                   o_orderkey) end ordered_at,
               o_orderpriority priority, o_clerk clerk, o_shippriority::integer ship_priority,
               case when h('o/comment', o_orderkey) % 200 = 0 then 'à livrer 📦 ' || o_comment else o_comment end "comment"
        from tpch_orders left join new_customer n on n.order_id = o_orderkey
        left join tpch_customer c on c_custkey = o_custkey
        join nation on nation.nation_id = coalesce(n.nation_id, c_nationkey)"""
    )


def _lines(database: Database, batches: list[Batch]) -> None:
    windows = " union all ".join(
        f"select {b.number} k, date {literal(b.first_day)} low, date {literal(b.business_date)} high" for b in batches
    )
    database.run(
        f"""create table renamed_line as
        with fresh as (
            select l_orderkey order_id, l_linenumber line_number, k, row_number() over (partition by k order by h('l/new', l_orderkey,
                l_linenumber), l_orderkey, l_linenumber) number
            from tpch_orders join ({windows}) w on o_orderdate between low and high join tpch_lineitem on l_orderkey = o_orderkey)
        select order_id, line_number, part_id, supplier_id from fresh join renamed using (k, number)"""
    )
    database.run(
        """create table line as
        with story as (
            select l_orderkey::bigint order_id, l_linenumber::smallint line_number, coalesce(r.part_id, l_partkey)::integer part_id,
                   coalesce(r.supplier_id, l_suppkey)::integer supplier_id, l_quantity::decimal(15,2) quantity,
                       l_extendedprice::decimal(15,2) extended_price,
                   l_discount::decimal(5,2) discount, l_tax::decimal(5,2) tax, case when l_returnflag = 'A' then 'A' else 'N' end kept_flag,
                   l_commitdate commit_date, l_shipdate ship_date, l_receiptdate receipt_date,
                   case when l_returnflag = 'R' or (l_shipdate >= date '1996-01-01' and h('l/return', l_orderkey, l_linenumber) % 8 = 0)
                        then l_receiptdate + 3 + pick('l/return/day', l_orderkey, 25, l_linenumber)::integer end return_date,
                   l_shipinstruct ship_instructions, l_shipmode ship_mode, l_comment "comment"
            from tpch_lineitem left join renamed_line r on r.order_id = l_orderkey and r.line_number = l_linenumber)
        select s.*, o.ordered_on, o.ordered_at, tod(ship_date, 'l/ship', s.order_id, line_number) shipped_at,
               tod(receipt_date, 'l/receipt', s.order_id, line_number) received_at, tod(return_date, 'l/back', s.order_id,
                   line_number) returned_at
        from story s join orders o using (order_id)"""
    )


def _soft_deletes(database: Database, batches: list[Batch]) -> None:
    database.run("create table order_event (order_id bigint, k integer, marked_at timestamp, is_deleted boolean)")
    old = literal(batches[0].business_date)
    total = database.value(f"select count(*) from orders where ordered_on < date {old}")
    each = max(3, ceil(total * database.config.change_share / 50))
    for batch in batches[1:]:
        k = batch.number
        database.run(
            f"""insert into order_event
            select order_id, {k}, tod(date {literal(batch.business_date)}, 'o/delete', order_id), true
            from (select order_id, row_number() over (order by h('o/delete', order_id), order_id) n from orders
                where ordered_on < date {old})
            where n > {each * (k - 2)} and n <= {each * (k - 1)}"""
        )
        database.run(
            f"""insert into order_event
            select order_id, {k}, tod(date {literal(batch.business_date)}, 'o/undelete', order_id), false
            from (select order_id, row_number() over (order by order_id) n from order_event where k = {k - 1} and is_deleted)
                where n <= {max(1, each // 3)}"""
        )


def orders_state(batch: Batch) -> str:
    """SQL of the orders that batch changed (all of the history for the first), as they are at its end."""
    day = f"date {literal(batch.business_date)}"
    touched = f"where ordered_on <= {day}"
    if batch.number > 1:
        touched = f"""where order_id in (
            select order_id from orders where {_window(batch, "ordered_on")}
            union select order_id from line where {_window(batch, "ship_date")}
            union select order_id from order_event where k = {batch.number})"""
    return f"""
        with shipped as (
            select order_id, count(*) filter (ship_date <= {day}) shipped, count(*) lines,
                max(shipped_at) filter (ship_date <= {day}) last_shipped_at
            from line {touched} group by order_id),
        marked as (select order_id, arg_max(is_deleted, marked_at) is_deleted, max(marked_at) marked_at from order_event
            where k <= {batch.number} group by order_id)
        select order_id, customer_id, case when shipped = 0 then 'O' when shipped = lines then 'F' else 'P' end status, currency_code,
            total_price,
               ordered_at, priority, clerk, ship_priority, "comment", coalesce(is_deleted, false) is_deleted,
               greatest(ordered_at, last_shipped_at, marked_at) updated_at
        from orders join shipped using (order_id) left join marked using (order_id)
        {touched}"""


def lines_state(batch: Batch) -> str:
    """SQL of the lines that batch changed (all of the history for the first), as they are at its end."""
    day = f"date {literal(batch.business_date)}"
    touched = f"ordered_on <= {day}"
    if batch.number > 1:
        touched = " or ".join(_window(batch, column) for column in ("ordered_on", "ship_date", "receipt_date", "return_date"))
    return f"""
        select order_id, line_number, part_id, supplier_id, quantity, extended_price, discount, tax,
               case when return_date <= {day} then 'R' else kept_flag end return_flag, commit_date, case when ship_date <= {day}
                   then ship_date end ship_date,
               case when receipt_date <= {day} then receipt_date end receipt_date, case when return_date <= {day}
                   then return_date end return_date,
               ship_instructions, ship_mode, "comment",
               case when return_date <= {day} then returned_at when receipt_date <= {day} then received_at when ship_date <= {day}
                   then shipped_at
                    else ordered_at end updated_at
        from line where {touched}"""
