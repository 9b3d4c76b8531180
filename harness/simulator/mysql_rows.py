"""The rows that each batch brings to MySQL, good and bad, in tables: `customer_row`, `orders_row` and `lineitem_row`.

Each has the batch `k`, the `rule` that a bad row breaks (null for a good one) and the columns of the source table. A bad row is an
extra one with a key that TPC-H leaves free (it uses only eight of each 32 order numbers), so that losing it changes nothing else.
"""

from __future__ import annotations

from simulator import customers, orders
from simulator.config import Batch
from simulator.database import Database, literal
from simulator.dirt import rules_of

__all__ = ["build_mysql_rows"]

LATE_ORDERS = 2  # orders committed late, for each batch after the first
LATE_KEY, BAD_KEY = 8, 16  # added to an order number: gives numbers that TPC-H leaves free
BAD_LINE = 20  # added to a line number


def build_mysql_rows(database: Database, batches: list[Batch]) -> None:
    """Make the three tables of rows. Needs the tables of `customers` and `orders`."""
    database.run(f"create table customer_row as select k, null::varchar rule, {customers.COLUMNS} from customer_state where step = 2")
    for batch in batches:
        verb = "create table {0} as" if batch.number == 1 else "insert into {0} by name"
        for table, state in (("orders_row", orders.orders_state(batch)), ("lineitem_row", orders.lines_state(batch))):
            database.run(f"{verb.format(table)} select {batch.number} k, null::varchar rule, * from ({state})")
    for batch in batches[1:]:
        _late_orders(database, batch)
    for batch in batches:
        _bad_orders(database, batch)
        _bad_lines(database, batch)


def _history(database: Database) -> str:
    """The first business date: extra rows are copies of older orders, which later batches do not touch."""
    return f"date {literal(database.config.first_business_date)}"


def _late_orders(database: Database, batch: Batch) -> None:
    """New orders whose transaction took its time before the last extraction and committed after it. They never ship."""
    k = batch.number
    database.run(
        f"""create or replace temp table late_source as
        select order_id from (select order_id, row_number() over (order by h('o/late', order_id), order_id) n from orders
            where ordered_on < {_history(database)})
        where n > {LATE_ORDERS * (k - 2)} and n <= {LATE_ORDERS * (k - 1)}"""
    )
    high = (
        "(select max(updated_at) from {0} where k < " + str(k) + ") - to_microseconds(30000000 + pick('o/late/at', order_id, 1700000000))"
    )
    database.run(
        f"""insert into orders_row by name
        select {k} k, order_id + {LATE_KEY} order_id, customer_id, 'O' status, currency_code, total_price,
            {high.format("orders_row")} ordered_at, priority,
               clerk, ship_priority, 'committed late' "comment", false is_deleted, {high.format("orders_row")} updated_at
        from orders where order_id in (from late_source)"""
    )
    database.run(
        f"""insert into lineitem_row by name
        select {k} k, order_id + {LATE_KEY} order_id, line_number, part_id, supplier_id, quantity, extended_price, discount, tax,
            'N' return_flag,
               date {literal(batch.business_date)} + 40 + line_number commit_date, ship_instructions, ship_mode, "comment",
                   {high.format("lineitem_row")} updated_at
        from line where order_id in (from late_source)"""
    )


def _bad_orders(database: Database, batch: Batch) -> None:
    k = batch.number
    delivered = database.value(f"select count(*) from orders_row where k = {k}")
    rules = rules_of(database.config, batch, "orders", delivered)
    if not rules:
        return
    used = database.value("select count(*) from orders_row where rule is not null")
    listed = ", ".join(literal(rule) for rule in rules)
    database.run(
        f"""create or replace temp table bad_source as
        select order_id, n, ([{listed}])[n] rule, hours(date {literal(batch.first_day)}, 1, 5, 'o/bad/at', order_id, {k}) bad_at
        from (select order_id, row_number() over (order by h('o/bad', order_id), order_id) - {used} n from orders
            where ordered_on < {_history(database)} - 150)
        where n > 0 and n <= {len(rules)}"""
    )
    database.run(
        f"""insert into orders_row by name
        select {k} k, b.rule, order_id + {BAD_KEY} order_id, case when b.rule = 'null_key' then null else customer_id end customer_id,
            'O' status,
               case when b.rule = 'unknown_code' then ['XXX', 'ZZZ', 'eur'][1 + b.n % 3] else currency_code end currency_code,
               case when b.rule = 'out_of_range' then -total_price else total_price end total_price,
               case when b.rule = 'future_date' then timestamp {literal(batch.window_end)} + to_hours(b.n % 72)
                   else ordered_at end ordered_at,
               priority, clerk, ship_priority, "comment", false is_deleted, b.bad_at updated_at
        from orders o join bad_source b using (order_id)"""
    )
    database.run(
        f"""insert into lineitem_row by name
        select {k} k, 'orphan_key' rule, order_id + {BAD_KEY} order_id, line_number, part_id, supplier_id, quantity, extended_price,
            discount, tax, 'N' return_flag, commit_date,
               ship_instructions, ship_mode, "comment", b.bad_at updated_at
        from line join bad_source b using (order_id)"""
    )


def _bad_lines(database: Database, batch: Batch) -> None:
    """Extra lines of good orders. In turn: a quantity beyond the precision, none, a negative price, a discount above 1."""
    k = batch.number
    delivered = database.value(f"select count(*) from lineitem_row where k = {k}")
    count = len(rules_of(database.config, batch, "lineitem", delivered // 2))
    if count and k == 1:
        count = max(4, count)
    database.run(
        f"""insert into lineitem_row by name
        select {k} k, 'out_of_range' rule, order_id, line_number + {BAD_LINE * k} line_number, part_id, supplier_id,
               case n % 4 when 0 then 12345678.00 when 1 then 0 else quantity end quantity, case when n % 4 = 2 then -extended_price
                   else extended_price end extended_price,
               case when n % 4 = 3 then 1.5 else discount end discount, tax, 'N' return_flag, commit_date, ship_instructions, ship_mode,
                   "comment",
               hours(date {literal(batch.first_day)}, 1, 5, 'l/bad/at', order_id, line_number) updated_at
        from (select order_id, row_number() over (order by h('l/bad', order_id, {k}), order_id) n from orders
            where ordered_on < {_history(database)} - 150) b
        join line using (order_id)
        where b.n <= {count} and line_number = 1"""
    )
