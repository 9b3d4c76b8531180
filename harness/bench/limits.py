"""What this machine can do at best with the same rows: the bounds that the stages are held against.

PostgreSQL's COPY of the staged rows as CSV; a plain Spark JDBC read of `lineitem` that writes nothing; and, as a peer, DuckDB
computing the same star from files in one go (the test oracle: no quality gate, no history of changes, no database).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg

from localaws.engines.endpoint import EndpointEngine
from localaws.engines.mariadb import MariaDBEngine
from localaws.engines.postgres import PostgresEngine
from localaws.engines.spark_conf import spark_environment
from localaws.home import CHECKOUT
from scenario import WarehouseScenario

if TYPE_CHECKING:
    from bench.measure import Line

__all__ = ["limits"]

_CHUNK = 1 << 20
TABLE = "fact_order_line"
PARTITIONS = 4
FETCH = 10_000


def limits(scenario: WarehouseScenario, show: Callable[[str], None]) -> list[Line]:
    """Measures each bound on the engines of a scenario whose batches are loaded."""
    found = []
    for measured in (_copy, _jdbc, _peer):
        line = measured(scenario)
        found.append(line)
        show(f"limit: {line.stage}: {line.seconds:.1f} s, {line.rows:,} rows")
    return found


def _line(stage: str, seconds: float, rows: int) -> Line:
    from bench.measure import Line

    return Line(stage, seconds, rows)


def _copy(scenario: WarehouseScenario) -> Line:
    """COPY of the first batch's staged rows into a table without keys."""
    first = min(scenario.batches)
    staged = scenario.home.s3 / "wholesale-staging" / "load" / f"batch_id={first}" / "*" / TABLE / "*.parquet"
    with tempfile.TemporaryDirectory(dir=scenario.home.root) as folder, duckdb.connect() as connection:
        file = Path(folder, "rows.csv")
        connection.execute("SET TimeZone = 'UTC'")
        connection.read_parquet(str(staged)).write_csv(str(file), header=False)
        with psycopg.connect(**PostgresEngine(scenario.home).conninfo()) as database, database.cursor() as cursor:
            cursor.execute(f"CREATE TEMP TABLE bound (LIKE warehouse.{TABLE})")
            began = time.monotonic()
            with cursor.copy("COPY bound FROM STDIN (FORMAT csv)") as copy, file.open("rb") as rows:
                while chunk := rows.read(_CHUNK):
                    copy.write(chunk)
            seconds = time.monotonic() - began
            count = cursor.execute("SELECT COUNT(*) FROM bound").fetchone()
    return _line(f"PostgreSQL COPY of {TABLE}, CSV, no keys", seconds, int(count[0]) if count else 0)


def _jdbc(scenario: WarehouseScenario) -> Line:
    """A plain Spark JDBC read of lineitem, in a driver of its own; the driver's start is not counted."""
    engine, home = MariaDBEngine(scenario.home), scenario.home
    access: dict[str, Any] = engine.connection_arguments()
    environment = spark_environment(home, EndpointEngine(home).endpoint)
    words = [engine.jdbc_url, access["user"], str(PARTITIONS), str(FETCH)]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("jdbc_read.py")), *words],
        env=environment, input=access["password"], capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds, rows = done.stdout.split()[-2:]
    return _line(f"Spark JDBC read of lineitem, {PARTITIONS} connections, nothing written", float(seconds), int(rows))


def _peer(scenario: WarehouseScenario) -> Line:
    """The oracle's star of all batches. It lies with the tests, which import nothing of the library."""
    sys.path.append(str(CHECKOUT / "tests"))
    try:
        from oracle.expected import OracleBatch, expected_warehouse
    finally:
        sys.path.pop()
    batches = [OracleBatch(batch.batch_id, batch.business_date) for batch in scenario.batches.values() if not batch.is_late]
    began = time.monotonic()
    with expected_warehouse(scenario.home.source, batches) as star:
        seconds = time.monotonic() - began
        count = star.execute(f"SELECT COUNT(*) FROM {TABLE}").fetchone()
    return _line("DuckDB computes the same star (peer)", seconds, int(count[0]) if count else 0)
