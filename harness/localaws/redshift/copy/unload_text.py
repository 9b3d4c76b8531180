"""UNLOAD to CSV, delimited text and JSON: a line for each row, in a new file when one is full."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from localaws.redshift.copy.unload_command import UnloadCommand
from localaws.redshift.copy.unload_files import Column, UnloadFiles
from localaws.redshift.exceptions import RedshiftError

__all__ = ["write_text"]


def write_text(command: UnloadCommand, files: UnloadFiles, columns: list[Column], rows: Iterator[tuple[Any, ...]]) -> int:
    """The number of rows written."""
    names = [name for name, _, _ in columns]
    line = _LINES[command.format](command, names, [kind for _, kind, _ in columns])
    header = (line(tuple(names)) if command.header else "").encode()
    total, written = 0, 0
    stream = _opened(files.next_path(), command.compression)
    try:
        stream.write(header)
        for row in rows:
            record = line(row).encode()
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


def _opened(path: Path, compression: str) -> IO[bytes]:
    if compression == "GZIP":
        return gzip.open(path, "wb", compresslevel=6)  # type: ignore[return-value]
    if compression == "BZIP2":
        return bz2.open(path, "wb")
    if compression == "ZSTD":
        return pa.CompressedOutputStream(str(path), "zstd")  # type: ignore[no-any-return]
    return path.open("wb")


_Line = Callable[[tuple[Any, ...]], str]


def _csv_line(command: UnloadCommand, names: list[str], kinds: list[int]) -> _Line:
    delimiter, null = command.delimiter or ",", command.null or ""
    special = {delimiter, '"', "\n", "\r"}

    def cell(value: str | None) -> str:
        if value is None:
            return null
        quoted = command.add_quotes or not special.isdisjoint(value) or value == null
        return '"' + value.replace('"', '""') + '"' if quoted else value

    return lambda row: delimiter.join(map(cell, row)) + "\n"


def _text_line(command: UnloadCommand, names: list[str], kinds: list[int]) -> _Line:
    delimiter, null = command.delimiter or "|", command.null or ""
    escaped = {ord(sign): "\\" + sign for sign in ("\\", delimiter, "\n", "\r", *(('"', "'") if command.add_quotes else ()))}

    splits = (delimiter, "\n", "\r") if command.bare else ()

    def cell(value: str | None) -> str:
        if value is None:
            return null
        if any(sign in value for sign in splits) or (command.bare and value == null):
            raise RedshiftError(f"a value of the query has what separates fields or rows of the file, or stands for NULL: {value[:60]!r}")
        text = value.translate(escaped) if command.escape else value
        return f'"{text}"' if command.add_quotes else text

    return lambda row: delimiter.join(map(cell, row)) + "\n"


def _json_line(command: UnloadCommand, names: list[str], kinds: list[int]) -> _Line:
    keys = [json.dumps(name) for name in names]
    as_it_is = {20, 21, 23, 700, 701, 1700, 3802}

    def value(text: str | None, kind: int) -> str:
        if text is None:
            return "null"
        if kind == 16:
            return "true" if text == "t" else "false"
        return text if kind in as_it_is else json.dumps(text, ensure_ascii=False)

    return lambda row: "{" + ",".join(f"{key}:{value(v, kind)}" for key, v, kind in zip(keys, row, kinds, strict=True)) + "}\n"


_LINES: dict[str, Callable[[UnloadCommand, list[str], list[int]], _Line]] = {"CSV": _csv_line, "TEXT": _text_line, "JSON": _json_line}
