"""UNLOAD: the rows of a query into objects (Redshift guide, "UNLOAD"). One slice writes, one file after the other.

Files get their names when all are written, so that a failed UNLOAD leaves none behind.
"""

from __future__ import annotations

import bz2
import gzip
import json
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from localaws.redshift.copy.unload_command import UnloadCommand
from localaws.redshift.exceptions import RedshiftError, RefusedByRedshiftError, StatementCancelledError
from localaws.redshift.lexer import quote_identifier

__all__ = ["unload"]

_BATCH_ROWS = 32_768
_ENDINGS = {"GZIP": ".gz", "BZIP2": ".bz2", "ZSTD": ".zst"}
_ARROW = {16: pa.bool_(), 20: pa.int64(), 21: pa.int16(), 23: pa.int32(), 700: pa.float32(), 701: pa.float64(), 1082: pa.date32()}
_NUMERIC, _TIMESTAMP, _TIMESTAMPTZ, _BOOL = 1700, 1114, 1184, 16


@dataclass
class _Files:
    """The files of one UNLOAD, under drafts' names until `finish`."""

    command: UnloadCommand
    storage: Path
    made: list[tuple[Path, Path]] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    folder: str = ""
    first: int = 0

    def enter(self, folder: str) -> None:
        """Files that follow are of a partition: below its folder, numbered anew."""
        self.folder, self.first = folder, len(self.made)

    def next_path(self) -> Path:
        number = len(self.made) - self.first
        place = f"0000_part_{number:02d}" if self.command.parallel else f"{number:03d}"
        ending = self.command.extension or (
            (".parquet" if self.command.format == "PARQUET" else "") + _ENDINGS.get(self.command.compression, "")
        )
        if self.command.extension:
            ending = "." + self.command.extension.lstrip(".")
        final = self.storage / self.command.bucket / f"{self.command.key}{self.folder}{place}{ending}"
        final.parent.mkdir(parents=True, exist_ok=True)
        draft = final.with_name(f".{final.name}.{self.run}")
        self.made.append((draft, final))
        self.counts.append(0)
        return draft

    def finish(self) -> None:
        if self.command.clean_path:
            drafts = {draft for draft, _ in self.made}
            for path in set(_existing(self.storage, self.command)) - drafts:
                path.unlink()
        for draft, final in self.made:
            os.replace(draft, final)
        if self.command.manifest:
            self._write_manifest()

    def give_up(self) -> None:
        for draft, _ in self.made:
            draft.unlink(missing_ok=True)

    def _write_manifest(self) -> None:
        root = self.storage / self.command.bucket
        entries = [
            {
                "url": f"s3://{self.command.bucket}/{final.relative_to(root).as_posix()}",
                "meta": {"content_length": final.stat().st_size, "record_count": count},
            }
            for (_, final), count in zip(self.made, self.counts, strict=True)
        ]
        (root / f"{self.command.key}manifest").write_text(json.dumps({"entries": entries}), encoding="utf-8")


def unload(connection: psycopg.Connection, command: UnloadCommand, storage: Path, cancelled: Callable[[], bool] = lambda: False) -> int:
    """Runs the UNLOAD; the number of rows.

    Raises:
        RedshiftError: the bucket does not exist, or something lies at the destination.
    """
    if not (storage / command.bucket).is_dir():
        raise RedshiftError(f"S3ServiceException: The specified bucket does not exist: {command.bucket}")
    if not (command.allow_overwrite or command.clean_path) and _existing(storage, command):
        raise RedshiftError(
            "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually removing the target "
            "files in S3, or using the ALLOWOVERWRITE option."
        )
    files = _Files(command, storage)
    write = _write_parquet if command.format == "PARQUET" else _write_text
    try:
        columns = _columns(connection, command.query)
        if command.partition_by:
            count = _write_partitions(connection, command, files, columns, write, cancelled)
        else:
            count = write(command, files, columns, _records(connection, command.query, cancelled))
        files.finish()
    except BaseException:
        files.give_up()
        raise
    return count


_Column = tuple[str, int, int]
_Writer = Callable[[UnloadCommand, _Files, list[_Column], Iterator[tuple[Any, ...]]], int]
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


def _write_partitions(
    connection: psycopg.Connection,
    command: UnloadCommand,
    files: _Files,
    columns: list[_Column],
    write: _Writer,
    cancelled: Callable[[], bool],
) -> int:
    """A folder `column=value` for each value of the partition columns, in the order that PARTITION BY gives; rows come sorted by them."""
    names = [name for name, _, _ in columns]
    unknown = [name for name in command.partition_by if name not in names]
    if unknown:
        raise RedshiftError(f'column "{unknown[0]}" of PARTITION BY is not in the query of UNLOAD', "42703")
    places = [names.index(name) for name in command.partition_by]
    kept = [place for place in range(len(names)) if command.include or place not in places]
    if not kept:
        raise RefusedByRedshiftError("PARTITION BY all columns needs INCLUDE: the files would have no columns")
    if command.key and not command.key.endswith("/"):
        command = replace(command, key=f"{command.key}/")
        files.command = command
    order = ", ".join(quote_identifier(name) for name in command.partition_by)
    rows = _records(connection, f"SELECT * FROM ({command.query}) AS unloaded ORDER BY {order}", cancelled)
    total = 0
    for values, group in groupby(rows, key=lambda row: tuple(row[place] for place in places)):
        pairs = zip(command.partition_by, values, strict=True)
        files.enter("".join(f"{name}={_NO_VALUE if value is None else quote(value, safe=' :,+@')}/" for name, value in pairs))
        total += write(command, files, [columns[place] for place in kept], (tuple(row[place] for place in kept) for row in group))
    return total


def _existing(storage: Path, command: UnloadCommand) -> list[Path]:
    root = storage / command.bucket
    folder = root / command.key.rpartition("/")[0]
    if not folder.is_dir():
        return []
    return [path for path in folder.rglob("*") if path.is_file() and path.relative_to(root).as_posix().startswith(command.key)]


def _columns(connection: psycopg.Connection, query: str) -> list[tuple[str, int, int]]:
    """Name, type and modifier of each column."""
    result = connection.execute(f"SELECT * FROM ({query}) AS unloaded LIMIT 0").pgresult  # type: ignore[call-overload]
    assert result is not None
    return [((result.fname(i) or b"").decode(), result.ftype(i), result.fmod(i)) for i in range(result.nfields)]


def _records(connection: psycopg.Connection, query: str, cancelled: Callable[[], bool]) -> Iterator[tuple[Any, ...]]:
    """The rows, every value as PostgreSQL writes it."""
    with connection.cursor().copy(f"COPY ({query}) TO STDOUT") as copy:  # type: ignore[call-overload]
        for number, row in enumerate(copy.rows()):
            if number % 10_000 == 0 and cancelled():
                raise StatementCancelledError
            yield row


def _opened(path: Path, compression: str) -> IO[bytes]:
    if compression == "GZIP":
        return gzip.open(path, "wb", compresslevel=6)  # type: ignore[return-value]
    if compression == "BZIP2":
        return bz2.open(path, "wb")
    if compression == "ZSTD":
        return pa.CompressedOutputStream(str(path), "zstd")  # type: ignore[no-any-return]
    return path.open("wb")


def _write_text(command: UnloadCommand, files: _Files, columns: list[_Column], rows: Iterator[tuple[Any, ...]]) -> int:
    names = [name for name, _, _ in columns]
    line = _LINES[command.format](command, names, [kind for _, kind, _ in columns])
    header = (line(tuple(names), True) if command.header else "").encode()
    total, written = 0, 0
    stream = _opened(files.next_path(), command.compression)
    try:
        stream.write(header)
        for row in rows:
            record = line(row, False).encode()
            if written and written + len(record) > command.max_file_size:
                stream.close()
                stream, written = _opened(files.next_path(), command.compression), 0
                stream.write(header)
            stream.write(record)
            written += len(record)
            files.counts[-1] += 1
            total += 1
    finally:
        stream.close()
    return total


_Line = Callable[[tuple[Any, ...], bool], str]


def _csv_line(command: UnloadCommand, names: list[str], kinds: list[int]) -> _Line:
    delimiter, null = command.delimiter or ",", command.null or ""
    special = {delimiter, '"', "\n", "\r"}

    def cell(value: str | None) -> str:
        if value is None:
            return null
        quoted = command.add_quotes or not special.isdisjoint(value) or value == null
        return '"' + value.replace('"', '""') + '"' if quoted else value

    return lambda row, heading: delimiter.join(map(cell, row)) + "\n"


def _text_line(command: UnloadCommand, names: list[str], kinds: list[int]) -> _Line:
    delimiter, null = command.delimiter or "|", command.null or ""
    escaped = {ord(sign): "\\" + sign for sign in ("\\", delimiter, "\n", "\r", *(('"', "'") if command.add_quotes else ()))}

    def cell(value: str | None) -> str:
        if value is None:
            return null
        text = value.translate(escaped) if command.escape else value
        return f'"{text}"' if command.add_quotes else text

    return lambda row, heading: delimiter.join(map(cell, row)) + "\n"


def _json_line(command: UnloadCommand, names: list[str], kinds: list[int]) -> _Line:
    keys = [json.dumps(name) for name in names]
    as_it_is = {20, 21, 23, 700, 701, _NUMERIC, 3802}

    def value(text: str | None, kind: int) -> str:
        if text is None:
            return "null"
        if kind == _BOOL:
            return "true" if text == "t" else "false"
        return text if kind in as_it_is else json.dumps(text, ensure_ascii=False)

    return lambda row, heading: "{" + ",".join(f"{key}:{value(v, kind)}" for key, v, kind in zip(keys, row, kinds, strict=True)) + "}\n"


_LINES: dict[str, Callable[[UnloadCommand, list[str], list[int]], _Line]] = {"CSV": _csv_line, "TEXT": _text_line, "JSON": _json_line}


def _write_parquet(command: UnloadCommand, files: _Files, columns: list[_Column], records: Iterator[tuple[Any, ...]]) -> int:
    schema = pa.schema([(name, _arrow_type(kind, modifier)) for name, kind, modifier in columns])
    total = 0
    rows: list[tuple[Any, ...]] = []
    with pq.ParquetWriter(files.next_path(), schema, compression="snappy") as writer:
        for row in records:
            rows.append(row)
            if len(rows) == _BATCH_ROWS:
                total += _write_rows(writer, schema, rows)
        total += _write_rows(writer, schema, rows)
    files.counts[-1] = total
    return total


def _write_rows(writer: pq.ParquetWriter, schema: pa.Schema, rows: list[tuple[Any, ...]]) -> int:
    count = len(rows)
    values = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    writer.write_table(pa.table([_array(cells, wanted.type) for cells, wanted in zip(values, schema, strict=True)], schema=schema))
    rows.clear()
    return count


def _array(cells: Any, kind: pa.DataType) -> pa.Array:
    if pa.types.is_boolean(kind):
        return pa.array([None if cell is None else cell == "t" for cell in cells], kind)
    texts = pa.array(cells, pa.string())
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        texts = pa.array([None if cell is None else cell.removesuffix("+00") + "Z" for cell in cells], pa.string())
    return texts if pa.types.is_string(kind) else texts.cast(kind)


def _arrow_type(kind: int, modifier: int) -> pa.DataType:
    if kind == _NUMERIC:
        return pa.decimal128((modifier - 4) >> 16 & 65535, (modifier - 4) & 2047) if modifier > 0 else pa.decimal128(38, 10)
    if kind == _TIMESTAMP:
        return pa.timestamp("us")
    if kind == _TIMESTAMPTZ:
        return pa.timestamp("us", tz="UTC")
    return _ARROW.get(kind, pa.string())
