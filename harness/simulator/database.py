"""The working database of one generation: DuckDB over the files of tpchgen-cli, and the macros that make everything repeatable.

Nothing is random. Whatever looks so is a hash of the seed, a tag and the row's key (`h`), so it depends neither on the order in
which rows are read nor on the number of threads.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb

from simulator.config import SimulatorConfig
from simulator.exceptions import GenerationError

__all__ = ["CURRENCIES", "TPCH_TABLES", "Database", "generate_tpch", "literal", "open_database"]

TPCH_TABLES = ("region", "nation", "customer", "orders", "lineitem", "part", "supplier", "partsupp")

# By nation_id, as TPC-H numbers the nations: ALGERIA, ARGENTINA, BRAZIL, … UNITED STATES.
CURRENCIES = [
    "DZD",
    "ARS",
    "BRL",
    "CAD",
    "EGP",
    "ETB",
    "EUR",
    "EUR",
    "INR",
    "IDR",
    "IRR",
    "IQD",
    "JPY",
    "JOD",
    "KES",
    "MAD",
    "MZN",
    "PEN",
    "CNY",
    "RON",
    "SAR",
    "VND",
    "RUB",
    "GBP",
    "USD",
]

# `tod` and `during` stay between 06:00 and 23:00, which leaves the early hours to bad records: they must be older than the
# overlap of the next extraction, or they would be read and refused a second time.
MACROS = """
create macro h(tag, a, b := 0) as hash('{seed}/' || tag, a::bigint, b::bigint);
create macro pick(tag, a, n, b := 0) as (h(tag, a, b := b) % n::ubigint)::bigint;
create macro tod(day, tag, a, b := 0) as make_timestamp(epoch_us(day::timestamp) + 21600000000 + pick(tag, a, 61200000000, b := b));
create macro hours(day, low, high, tag, a, b := 0) as
    make_timestamp(epoch_us(day::timestamp) + low * 3600000000 + pick(tag, a, (high - low) * 3600000000, b := b));
create macro day_of(first_day, days, tag, a, b := 0) as first_day + pick(tag || '/day', a, days, b := b)::integer;
create macro during(first_day, days, tag, a, b := 0) as tod(day_of(first_day, days, tag, a, b := b), tag, a, b := b);
create macro iso(t) as strftime(t, '%Y-%m-%dT%H:%M:%S.%fZ');
create macro field(t) as case when t is null then '' when regexp_matches(t, '[",\\r\\n]') then '"' || replace(t, '"', '""') || '"'
    else t end;
create macro street(tag, a, b := 0) as
    (1 + pick(tag || '/no', a, 980, b := b))::varchar || ' '
    || ['Mill', 'Harbour', 'Station', 'Königs', 'São João', 'Market', 'Rue de l''Église', 'Calle Peña', '中山', 'Old Bridge'][
        1 + pick(tag || '/st', a, 10, b := b)]
    || ' ' || ['Road', 'Street', 'Allee', 'Square', 'Lane'][1 + pick(tag || '/ty', a, 5, b := b)]
    || ', ' || lpad((pick(tag || '/zip', a, 99999, b := b))::varchar, 5, '0');
create macro phone(nation, tag, a, b := 0) as
    (nation + 10)::varchar || '-' || (100 + pick(tag || '/1', a, 900, b := b))::varchar || '-'
    || (100 + pick(tag || '/2', a, 900, b := b))::varchar || '-' || (1000 + pick(tag || '/3', a, 9000, b := b))::varchar;
"""


class Database:
    """A DuckDB connection with the macros, and short ways to run SQL on it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, config: SimulatorConfig) -> None:
        self.connection, self.config = connection, config

    def run(self, sql: str) -> None:
        self.connection.execute(sql)

    def rows(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()

    def value(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def write_parquet(self, sql: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        self.run(f"copy ({sql}) to {literal(target)} (format parquet, compression zstd)")


def literal(value: object) -> str:
    """A value as an SQL literal."""
    return "'" + str(value).replace("'", "''") + "'"


def generate_tpch(scale: float, folder: Path) -> None:
    """Write the TPC-H tables as Parquet into `folder`."""
    program = Path(sys.executable).with_name("tpchgen-cli")
    if not program.exists():
        raise GenerationError(
            f"tpchgen-cli is not beside {sys.executable}: run `make install`, or install tpchgen-cli in this environment."
        )
    command = [str(program), "parquet", "--quiet", "-s", f"{scale:g}", "-c", "SNAPPY", "-o", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise GenerationError(f"tpchgen-cli ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")


def open_database(config: SimulatorConfig, folder: Path) -> Database:
    """A working database in `folder` (which holds the TPC-H files in `tpch/`), with the macros and the nations."""
    connection = duckdb.connect(str(folder / "work.duckdb"))
    connection.execute(
        f"set memory_limit = '2GB'; set enable_progress_bar = false; set temp_directory = {literal(folder / 'spill')}; set TimeZone = 'UTC'"
    )
    connection.execute(MACROS.replace("{seed}", str(int(config.seed))))
    for table in TPCH_TABLES:
        connection.execute(f"create view tpch_{table} as select * from read_parquet({literal(folder / 'tpch' / (table + '.parquet'))})")
    database = Database(connection, config)
    codes = ", ".join(literal(code) for code in CURRENCIES)
    database.run(
        f"""create table nation as
        select n_nationkey::utinyint nation_id, n_name name, n_regionkey::utinyint region_id, r_name region,
               ([{codes}])[n_nationkey + 1] currency_code
        from tpch_nation join tpch_region on r_regionkey = n_regionkey"""
    )
    return database
