"""The independent oracle: what the warehouse must hold after a number of batches.

Written from docs/warehouse.md in DuckDB's SQL. It imports nothing of `libs/`, reads nothing that the pipeline wrote, and computes
every table at once from all records delivered so far, so that it shares neither code nor method with the incremental transforms.

In: the folder that `simulator.generate` made (`log/<batch>/delivered/*.parquet`, `log/<batch>/deleted_customers.parquet`).
Out: a DuckDB connection with one table per dimension and fact, named as in the warehouse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb

__all__ = ["TABLES", "OracleBatch", "expected_warehouse"]

SQL = Path(__file__).parent / "sql"
SOURCES = ("nation", "customer", "orders", "lineitem", "part", "supplier", "partsupp", "currencies", "rates", "scans")
TABLES = {
    "dim_customer": ("customer_key",),
    "dim_part": ("part_key",),
    "dim_supplier": ("supplier_key",),
    "dim_geography": ("geography_key",),
    "dim_currency": ("currency_key",),
    "dim_order_profile": ("order_profile_key",),
    "dim_date": ("date_key",),
    "fact_order_line": ("order_id", "line_number"),
    "fact_fulfilment": ("order_id", "line_number"),
    "fact_inventory_daily": ("snapshot_date_key", "part_id", "supplier_id"),
    "fact_exchange_rate": ("rate_date_key", "currency_code"),
}
"""Every table of the warehouse with the columns that identify a row."""

# Member of a Type 2 dimension: natural key, tracked attributes, Type 1 attributes, and the lines' column that infers it.
TYPE_2 = {
    "customer": ("customer_id", ("address", "nation_id", "market_segment"), ("name", "phone", "account_balance", "comment")),
    "part": ("part_id", ("type", "size", "container", "retail_price", "manufacturer", "category", "brand"), ("name", "comment")),
    "supplier": ("supplier_id", ("address", "nation_id"), ("name", "phone", "account_balance", "comment")),
}

VERSIONS = """
CREATE TABLE version_of_{member} AS
WITH told AS (
    SELECT *, row_number() OVER w = 1 OR ({tracked}, is_deleted) IS DISTINCT FROM (lag(({tracked}, is_deleted)) OVER w) AS starts,
        row_number() OVER w = 1 AS is_first
    FROM {member}_record WINDOW w AS (PARTITION BY {key} ORDER BY sequence)
),
latest AS (SELECT {key}, {type_1} FROM {member}_record QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY sequence DESC) = 1),
started AS (
    SELECT {key}, {tracked}, is_deleted, CASE WHEN is_first THEN b ELSE sequence END AS effective_from FROM told, beginning WHERE starts
),
bounded AS (SELECT *, lead(effective_from) OVER (PARTITION BY {key} ORDER BY effective_from) AS next_from FROM started)
SELECT {key}, {tracked}, {type_1}, effective_from, coalesce(next_from, e) AS effective_to, next_from IS NULL AS is_current,
    FALSE AS is_inferred, is_deleted
FROM bounded JOIN latest USING ({key}), beginning
UNION ALL BY NAME
SELECT DISTINCT {key}, b AS effective_from, e AS effective_to, TRUE AS is_current, TRUE AS is_inferred, FALSE AS is_deleted
FROM line, beginning WHERE {key} IS NOT NULL AND {key} NOT IN (SELECT {key} FROM {member}_record);
"""


@dataclass(frozen=True)
class OracleBatch:
    """A batch as the oracle knows it: its identifier and the last business date it covers."""

    batch_id: str
    business_date: date

    @property
    def window_end(self) -> datetime:
        return datetime.combine(self.business_date + timedelta(days=1), time())


def expected_warehouse(folder: Path, batches: Sequence[OracleBatch]) -> duckdb.DuckDBPyConnection:
    """Every dimension and fact after `batches`, in the order in which they were delivered."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET preserve_insertion_order = false")
    _open_delivered(connection, folder, batches)
    connection.execute((SQL / "10_records.sql").read_text())
    for member, (key, tracked, type_1) in TYPE_2.items():
        connection.execute(VERSIONS.format(member=member, key=key, tracked=", ".join(tracked), type_1=", ".join(type_1)))
    connection.execute((SQL / "20_dimensions.sql").read_text())
    connection.execute((SQL / "30_facts.sql").read_text())
    return connection


def _open_delivered(connection: duckdb.DuckDBPyConnection, folder: Path, batches: Sequence[OracleBatch]) -> None:
    connection.execute("CREATE TABLE batch (batch_no INTEGER, batch_id VARCHAR, business_date DATE, window_end TIMESTAMP)")
    rows = [(number, batch.batch_id, batch.business_date, batch.window_end) for number, batch in enumerate(batches, 1)]
    connection.executemany("INSERT INTO batch VALUES (?, ?, ?, ?)", rows)
    for source in SOURCES:
        _view(connection, f"delivered_{source}", [folder / "log" / batch.batch_id / "delivered" / f"{source}.parquet" for batch in batches])
    _view(connection, "deleted_customer", [folder / "log" / batch.batch_id / "deleted_customers.parquet" for batch in batches])


def _view(connection: duckdb.DuckDBPyConnection, name: str, files: Sequence[Path]) -> None:
    """A view over the batches' files that exist, numbered by batch; a batch that delivered nothing of a source has no file."""
    parts = [
        f"SELECT {number} AS batch_no, * FROM read_parquet('{str(file).replace(chr(39), chr(39) * 2)}')"
        for number, file in enumerate(files, 1)
        if file.exists()
    ]
    if not parts:
        raise FileNotFoundError(f"The simulator's log has no file for {name}: looked for {files[0]} and the other batches' like it.")
    connection.execute(f"CREATE VIEW {name} AS {' UNION ALL BY NAME '.join(parts)}")
