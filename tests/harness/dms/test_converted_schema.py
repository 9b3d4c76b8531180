"""What `etl schema convert` writes drives a task: tables made beforehand, mappings and settings as written, values at their extremes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pymysql
from dms_lab import Running, execute, schema_of

from schema_conversion.convert import convert, written_files
from schema_conversion.reader import read_source

TABLE = """CREATE TABLE `Extremes` (id int unsigned PRIMARY KEY, small smallint unsigned, tall bigint unsigned, exact decimal(65,0),
    word varchar(50) NOT NULL, label enum('a','it''s'), day date NOT NULL, at datetime(6), took time, year year, one bit(1),
    note mediumtext, bytes varbinary(9), ratio double, `oid` int, flags bit(40))"""
HIGHEST = """INSERT INTO `Extremes` VALUES (4294967295, 65535, 18446744073709551615, 99999999999999999999999999999999999999999999999999,
    REPEAT('😀', 50), 'it''s', '9999-12-31', '9999-12-31 23:59:59.999999', '838:59:59', 2155, b'1',
    REPEAT('x', 50000), 0x00FF, 1.5e300, 7, b'1111111111111111111111111111111111111111')"""
LOWEST = (
    """INSERT INTO `Extremes` VALUES (0, 0, 0, -1, '', 'a', '0000-00-00', NULL, '-838:59:59', 1901, b'0', NULL, NULL, -0.1, NULL, b'0')"""
)


def test_what_is_written_migrates_every_value_and_its_changes(
    source: pymysql.connections.Connection[Any], warehouse: psycopg.Connection[Any], start: Callable[..., Running]
) -> None:
    schema = schema_of(source)
    execute(source, "SET sql_mode = ''", TABLE, HIGHEST, LOWEST, "COMMIT")
    conversion = convert(read_source(source, [schema], origin="here"))
    files = written_files(conversion)
    for name in ("01_schemas", "02_tables"):
        warehouse.execute(files[Path(f"sql/{name}.sql")])  # type: ignore[call-overload]

    task = start("converted", files[Path("dms/table_mappings.json")], **json.loads(files[Path("dms/task_settings.json")]))
    task.wait_for(lambda: len(_rows(warehouse, schema)) == 2)
    execute(source, "UPDATE `Extremes` SET id = 4294967294, small = 65534 WHERE id = 4294967295", "COMMIT")
    task.wait_for(lambda: _rows(warehouse, schema)[-1][0] == "4294967294")

    low, high = _rows(warehouse, schema)
    assert high == (
        "4294967294", "65534", "18446744073709551615", "9" * 50, "😀" * 50, "it's", "9999-12-31", "9999-12-31 23:59:59.999999",
        "838:59:59", "2155", "true", "50000", "00ff", "1.5e+300", "7", str(2**40 - 1),
    )  # fmt: skip
    assert low == ("0", "0", "0", "-1", "", "a", None, None, "-838:59:59", "1901", "false", None, None, "-0.1", None, "0")


def _rows(warehouse: psycopg.Connection[Any], schema: str) -> list[tuple[str | None, ...]]:
    names = ["id", "small", "tall", "exact", "word", "label", "day", "at", "took", "year", "one", "LEN(note)"]
    names += ["bytes", "ratio", "oid_", "flags"]
    listed = ", ".join(f"CAST({name} AS VARCHAR(65535))" for name in names)
    return list(warehouse.execute(f'SELECT {listed} FROM "{schema}"."extremes" ORDER BY id').fetchall())  # type: ignore[call-overload]
