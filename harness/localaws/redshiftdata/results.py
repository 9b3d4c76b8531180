"""Results of statements as the Data API gives them: pages of typed fields or of CSV on disk, and what is known of the columns.

In CSV a null is nothing, an empty text is `""`, there is no header (ColumnMetadata has the names): only AWS could show whether it does
the same.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg

from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.session import Rows

__all__ = ["LARGEST_RESULT", "Page", "read_page", "write_result"]

Page = tuple[list[Any], list[dict[str, Any]], bool]
"""Records, columns, and whether more pages follow."""

LARGEST_RESULT = 500 << 20  # "The maximum query result size is 500 MB (after gzip compression)" (Redshift guide, Data API)
_PAGE_BYTES = 1 << 20
_PAGE_ROWS = 5000
_LONG = {20, 21, 23, 26}
_DOUBLE = {700, 701}
_BOOLEAN = 16
_SPECIAL = re.compile(r'[",\r\n]')
# Precision and scale that the Data API gives for types that have none of their own.
_PRECISION = {20: 19, 21: 5, 23: 10, 700: 8, 701: 17, 16: 1, 1082: 13, 1114: 29, 1184: 35}
_SIGNED = {20, 21, 23, 700, 701, 1700}
_COLUMNS = """
    SELECT c.oid::text, a.attnum::text, a.attname, n.nspname, c.relname, a.attnotnull::text, coalesce(pg_get_expr(d.adbin, d.adrelid), '')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.oid = ANY (%s::oid[]) AND a.attnum > 0
"""


def write_result(connection: psycopg.Connection, rows: Rows, folder: Path, format: str) -> int:
    """Writes the rows as pages of the format (JSON, CSV) into the folder, and the columns; the number of bytes of data.

    Raises:
        RedshiftError: the result is larger than the service keeps.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    first: Any = rows.columns
    record_of = _csv_record if format == "CSV" else _typed_record([_converter(first.ftype(i)) for i in range(first.nfields)])
    raw = [(first.fname(i).decode(), first.ftype(i), first.fmod(i), first.ftable(i), first.ftablecol(i)) for i in range(first.nfields)]
    page: list[Any] = []
    number = size = page_size = 0
    for chunk in rows.chunks:
        for row in range(chunk.ntuples):
            values = [chunk.get_value(row, column) for column in range(first.nfields)]
            page_size += sum(1 if value is None else len(value) for value in values)
            page.append(record_of(values))
            if len(page) >= _PAGE_ROWS or page_size >= _PAGE_BYTES:
                _write_page(folder, number, page)
                number, size, page, page_size = number + 1, size + page_size, [], 0
                if size > LARGEST_RESULT:
                    raise RedshiftError(f"The query result exceeds the maximum size of {LARGEST_RESULT >> 20} MB: select less, or UNLOAD")
    if page or number == 0:
        _write_page(folder, number, page)
        number += 1
    columns = _metadata(connection, raw)
    (folder / "columns.json").write_text(json.dumps({"pages": number, "columns": columns}), encoding="utf-8")
    return size + page_size


def read_page(folder: Path, number: int) -> Page | None:
    """Records, columns and whether more pages follow; None when there is no such page."""
    about = json.loads((folder / "columns.json").read_text(encoding="utf-8"))
    if not 0 <= number < about["pages"]:
        return None
    records = json.loads((folder / f"{number:06d}.json").read_text(encoding="utf-8"))
    return records, about["columns"], number + 1 < about["pages"]


def _write_page(folder: Path, number: int, page: list[Any]) -> None:
    (folder / f"{number:06d}.json").write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")


def _csv_record(values: Sequence[bytes | None]) -> str:
    return ",".join("" if value is None else _quoted(value.decode()) for value in values) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if not text or _SPECIAL.search(text) else text


def _typed_record(converters: Sequence[Callable[[bytes], dict[str, Any]]]) -> Callable[[Sequence[bytes | None]], Any]:
    def record(values: Sequence[bytes | None]) -> list[dict[str, Any]]:
        return [{"isNull": True} if value is None else convert(value) for value, convert in zip(values, converters, strict=True)]

    return record


def _converter(kind: int) -> Callable[[bytes], dict[str, Any]]:
    if kind in _LONG:
        return lambda value: {"longValue": int(value)}
    if kind in _DOUBLE:
        return lambda value: {"doubleValue": float(value)}
    if kind == _BOOLEAN:
        return lambda value: {"booleanValue": value == b"t"}
    return lambda value: {"stringValue": value.decode()}


def _metadata(connection: psycopg.Connection, raw: list[tuple[str, int, int, int, int]]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        types: dict[int, str] = dict(
            cursor.execute("SELECT oid::int, typname FROM pg_type WHERE oid = ANY (%s::oid[])", [[kind for _, kind, *_ in raw]]).fetchall()
        )
        tables = [table for *_, table, _ in raw if table]
        known = {(row[0], row[1]): row[2:] for row in cursor.execute(_COLUMNS, [tables]).fetchall()} if tables else {}
    found = []
    for label, kind, modifier, table, number in raw:
        name, schema, relation, required, default = known.get((str(table), str(number)), (label, "", "", "false", ""))
        precision, scale, length = _sizes(kind, modifier)
        found.append(
            {
                "columnDefault": default or None,
                "isCaseSensitive": kind in (1042, 1043, 25),
                "isCurrency": False,
                "isSigned": kind in _SIGNED,
                "label": label,
                "length": length,
                "name": name,
                "nullable": 0 if required == "true" else 1,
                "precision": precision,
                "scale": scale,
                "schemaName": schema,
                "tableName": relation,
                "typeName": types.get(kind, "varchar"),
            }
        )
    return [{key: value for key, value in column.items() if value is not None} for column in found]


def _sizes(kind: int, modifier: int) -> tuple[int, int, int]:
    if kind == 1700 and modifier > 0:
        return (modifier - 4) >> 16, (modifier - 4) & 2047, 0
    if kind in (1042, 1043):
        length = modifier - 4 if modifier > 0 else 65535
        return length, 0, length
    return _PRECISION.get(kind, 2147483647 if kind == 25 else 0), 6 if kind in (1114, 1184) else 0, 0
