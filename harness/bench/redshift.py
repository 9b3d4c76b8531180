"""The local Redshift beside PostgreSQL itself, in one run: what the endpoint adds to a query, and how fast rows come out and go in."""

from __future__ import annotations

import contextlib
import io
import secrets
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from localaws.engines.postgres import PostgresEngine
from localaws.engines.redshift import RedshiftEngine
from localaws.home import Home

__all__ = ["Pair", "measure_redshift", "rows_of"]

_COLUMNS = (
    "id bigint, customer bigint, product integer, amount numeric(12,2), price numeric(12,2), name varchar(40), day date, at timestamp"
)
_TRIVIAL, _MIDDLE = 400, 9
_BLOCK = 1 << 20
_BLOCK_ROWS = 200_000
_MOST_READ = 1_000_000  # libpq holds a whole result
_PLAIN = pacsv.WriteOptions(include_header=False, quoting_style="needed")


@dataclass(frozen=True)
class Pair:
    """The same thing done both ways; seconds."""

    what: str
    direct: float
    endpoint: float
    peak_bytes: int = 0
    """The most memory that the endpoint's process of the session had meanwhile, with what it shares; 0 where it was not looked at."""

    @property
    def share(self) -> float:
        """The endpoint's speed as a share of the direct one."""
        return self.direct / self.endpoint

    def shown(self, seconds: float) -> str:
        return f"{seconds * 1000:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"


def rows_of(megabytes: int) -> int:
    """How many rows make a CSV of about that size."""
    sample = io.BytesIO()
    pacsv.write_csv(_block(5_000_000, 5_001_000), sample, _PLAIN)
    return (megabytes << 20) * 1_000 // len(sample.getvalue())


def measure_redshift(home: Home, rows: int) -> Iterator[Pair]:
    """One line after the other. Both sides are asked in turn, so that a busy machine is busy for both."""
    folder = home.s3 / f"bench-redshift-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    direct = psycopg.connect(**PostgresEngine(home).conninfo(), autocommit=True)
    engine = RedshiftEngine(home)
    before = _children(engine)
    endpoint = psycopg.connect(**engine.connection(), autocommit=True, sslmode="disable")
    memory = _Memory(max(_children(engine) - before))
    try:
        direct.prepare_threshold = endpoint.prepare_threshold = None
        yield _medians("a trivial query", direct, endpoint, "SELECT 1", _TRIVIAL)
        yield _medians("a query of about 100 ms", direct, endpoint, f"SELECT COUNT(*) FROM generate_series(1, {_numbers(direct)})", _MIDDLE)
        yield from _rows(direct, endpoint, memory, folder, rows)
    finally:
        endpoint.close()
        direct.close()
        shutil.rmtree(folder)


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _medians(what: str, direct: psycopg.Connection, endpoint: psycopg.Connection, sql: str, times: int) -> Pair:
    pairs = [(_seconds(lambda: direct.execute(sql).fetchall()), _seconds(lambda: endpoint.execute(sql).fetchall())) for _ in range(times)]  # type: ignore[call-overload]
    return Pair(what, statistics.median(one for one, _ in pairs), statistics.median(other for _, other in pairs))


def _numbers(direct: psycopg.Connection) -> int:
    """How far to count for a tenth of a second."""
    return int(200_000 * 0.1 / _seconds(lambda: direct.execute("SELECT COUNT(*) FROM generate_series(1, 200000)").fetchall()))


def _rows(direct: psycopg.Connection, endpoint: psycopg.Connection, memory: _Memory, folder: Path, rows: int) -> Iterator[Pair]:
    text, columnar = _files(folder, rows)
    bucket = folder.name
    loads = {
        "CSV": f"'s3://{bucket}/{text.name}' IAM_ROLE default CSV",
        "Parquet": f"'s3://{bucket}/{columnar.name}' IAM_ROLE default PARQUET",
    }
    for form, source in loads.items():
        with _table(endpoint) as table:
            plain = _seconds(partial(_copy, direct, table, text))
        with _table(endpoint) as table:
            memory.reset()
            ours = _seconds(partial(endpoint.execute, f"COPY {table} FROM {source}"))  # type: ignore[arg-type]
            loaded = endpoint.execute(f"SELECT COUNT(*) FROM {table}").fetchone()  # type: ignore[call-overload]
            if loaded != (rows,):
                raise AssertionError(f"{rows} rows were to be loaded from {form}, {loaded} are there")
            size = f"{text.stat().st_size >> 20} MB as CSV, which is what is loaded directly"
            yield Pair(f"COPY of {rows:,} rows from {form} ({size})", plain, ours, memory.peak())
            if form == "Parquet":
                read = min(rows, _MOST_READ)
                sql = f"SELECT * FROM {table} LIMIT {read}".encode()
                alone, relayed = (_seconds(partial(connection.pgconn.exec_, sql)) for connection in (direct, endpoint))
                yield Pair(f"reading {read:,} rows of 8 columns", alone, relayed)


@contextlib.contextmanager
def _table(endpoint: psycopg.Connection) -> Iterator[str]:
    name = f"bench_{secrets.token_hex(4)}"
    endpoint.execute(f"CREATE TABLE {name} ({_COLUMNS})")  # type: ignore[call-overload]
    try:
        yield name
    finally:
        endpoint.execute(f"DROP TABLE {name}")  # type: ignore[call-overload]


def _copy(direct: psycopg.Connection, table: str, file: Path) -> None:
    with direct.cursor().copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy, file.open("rb") as stream:  # type: ignore[call-overload]
        while block := stream.read(_BLOCK):
            copy.write(block)


def _children(engine: RedshiftEngine) -> set[int]:
    """The processes of its sessions."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if int(stat.read_text().rpartition(")")[2].split()[1]) == engine.pid:
                found.add(int(stat.parent.name))
    return found


class _Memory:
    """What one process holds, by Linux's account."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")

    def reset(self) -> None:
        """Forgets the peak so far."""
        (self._folder / "clear_refs").write_text("5")

    def peak(self) -> int:
        """Bytes since then."""
        lines = (self._folder / "status").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))


def _files(folder: Path, rows: int) -> tuple[Path, Path]:
    """The same rows as CSV and as Parquet, written block by block."""
    text, columnar = folder / "rows.csv", folder / "rows.parquet"
    schema = _block(0, 1).schema
    with pacsv.CSVWriter(text, schema, write_options=_PLAIN) as as_text, pq.ParquetWriter(columnar, schema) as as_parquet:
        for start in range(0, rows, _BLOCK_ROWS):
            block = _block(start, min(rows, start + _BLOCK_ROWS))
            as_text.write_table(block)
            as_parquet.write_table(block)
    return text, columnar


def _block(start: int, end: int) -> pa.Table:
    numbers = range(start, end)
    cents = pa.array([Decimal(number * 37 % 1_000_000) / 100 for number in range(1000)], pa.decimal128(12, 2))
    places = pa.array([number % 1000 for number in numbers], pa.int32())
    money = cents.take(places)
    return pa.table(
        {
            "id": pa.array(numbers, pa.int64()),
            "customer": pa.array([number * 7919 % 100_003 for number in numbers], pa.int64()),
            "product": places,
            "amount": money,
            "price": money,
            "name": pa.array([f"name of customer {number % 5000}" for number in numbers]),
            "day": pa.array([18_000 + number % 1000 for number in numbers], pa.int32()).cast(pa.date32()),
            "at": pa.array([1_600_000_000_000_000 + number * 1_000_003 for number in numbers], pa.timestamp("us")),
        }
    )
