"""The files of one batch that `load_mysql` applies: CSV that LOAD DATA reads, the word NULL unquoted for null."""

from __future__ import annotations

from pathlib import Path

from simulator import customers, orders
from simulator.config import Batch
from simulator.database import Database, literal

__all__ = ["DELETES", "FILES", "write_mysql"]

# Applied in this order; a file of no rows is not written. Step 1 of customer is hidden by step 2.
FILES: dict[str, tuple[str, str]] = {
    "customer-1": ("customer", customers.COLUMNS),
    "customer-2": ("customer", customers.COLUMNS),
    "orders-2": ("orders", orders.ORDER_COLUMNS),
    "lineitem-2": ("lineitem", orders.LINE_COLUMNS),
}
REFERENCE = {"region": "region_id, name", "nation": "nation_id, name, region_id, currency_code"}
DELETES = "customer-deletes"
INSTANTS = ("updated_at", "ordered_at")


def write_mysql(database: Database, batch: Batch, folder: Path) -> None:
    """Write the batch's files. The reference lists come with the first batch."""
    folder.mkdir(parents=True, exist_ok=True)
    k = batch.number
    if k == 1:
        _copy(database, "select distinct region_id, region as name from nation order by 1", folder / "region.csv")
        _copy(database, f"select {REFERENCE['nation']} from nation order by 1", folder / "nation.csv")
    queries = {
        "customer-1": f"select {_columns(customers.COLUMNS)} from customer_state where k = {k} and step = 1 order by customer_id",
        "customer-2": f"select {_columns(customers.COLUMNS)} from customer_row where k = {k} order by customer_id",
        "orders-2": f"select {_columns(orders.ORDER_COLUMNS)} from orders_row where k = {k} order by order_id",
        "lineitem-2": f"select {_columns(orders.LINE_COLUMNS)} from lineitem_row where k = {k} order by order_id, line_number",
        DELETES: f"select customer_id from customer_deleted where k = {k} order by customer_id",
    }
    for name, query in queries.items():
        if database.value(f"select count(*) from ({query})"):
            _copy(database, query, folder / f"{name}.csv")


def _columns(columns: str) -> str:
    """The columns, instants with microseconds and flags as 0 or 1, as MySQL reads them."""
    text = []
    for column in columns.split(", "):
        if column in INSTANTS:
            text.append(f"strftime({column}, '%Y-%m-%d %H:%M:%S.%f') {column}")
        else:
            text.append(f"{column}::tinyint {column}" if column == "is_deleted" else f'"{column}"')
    return ", ".join(text)


def _copy(database: Database, query: str, target: Path) -> None:
    database.run(f"copy ({query}) to {literal(target)} (format csv, header false, delimiter ',', quote '\"', escape '\"', nullstr 'NULL')")
