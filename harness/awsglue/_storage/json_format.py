"""JSON: one value a line, or any values one after the other; arrays at the top are their elements. Mixed fields become choices.

One pass finds the types. When there is no choice and every line is sound, Spark's own reader then reads with that schema inside the JVM;
else Python makes the records, and lines that are no JSON become error records.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from awsglue._core.dynamic_schema import has_choices
from awsglue._core.model import merge
from awsglue._core.python_side import Outcome, batches_of, frames_of, schema_of_types, ship
from awsglue._core.records import Records, Stage
from awsglue._core.values import type_of
from awsglue._storage.options import checked, is_true
from awsglue._storage.request import FileRequest
from awsglue.exceptions import BadOptionError

__all__ = ["READ_OPTIONS", "json_path", "read", "records_of_text"]

ship(__name__)
READ_OPTIONS = ("jsonPath", "multiLine", "multiline", "encoding", "compression")

Parser = Callable[[str], Iterator[Any]]


def read(request: FileRequest) -> Records:
    """Records of JSON files. Nothing is read before the frame or its schema is asked for, but the first line."""
    options = checked("json format", request.options, READ_OPTIONS)
    steps = json_path(str(options["jsonPath"])) if options.get("jsonPath") else []
    whole = bool(steps) or is_true(options.get("multiLine", options.get("multiline"))) or not _is_line_by_line(request)
    if request.as_data_frame and not steps:
        return Records.of(request.spark.read.option("multiLine", str(whole).lower()).json(request.paths))
    text = request.spark.read.text(request.paths, wholetext=whole)

    def parse(value: str) -> Iterator[Any]:
        return _selected(_values(value), steps)

    return records_of_text(text, parse, request, None if whole else request.paths)


def records_of_text(text: DataFrame, parse: Parser, request: FileRequest, lines: list[str] | None = None) -> Records:
    """Records that `parse` finds in each row of a frame `value string`. lines: files that Spark's own reader reads, when it can."""
    made: dict[str, tuple[DataFrame, DataFrame | None]] = {}

    def frames() -> tuple[DataFrame, DataFrame | None]:
        if "frames" not in made:
            made["frames"] = _frames(text, parse, request, lines)
        return made["frames"]

    return Records(lambda: frames()[0], (Stage(request.context or "source", errors=lambda: frames()[1]),))


def _frames(text: DataFrame, parse: Parser, request: FileRequest, lines: list[str] | None) -> tuple[DataFrame, DataFrame | None]:
    if lines is not None:
        schema, is_sound = _inferred(text, parse)
        if is_sound and not has_choices(schema) and schema.fields:
            return request.spark.read.schema(schema).json(lines), None
    batches = batches_of(text, _work(parse)).persist(StorageLevel.MEMORY_AND_DISK)
    good, failed = frames_of(batches, hint=request.declared)
    return good, failed if isinstance(failed.schema.fields[0].dataType, T.StructType) else None


def _work(parse: Parser) -> Callable[[int, Iterator[dict[str, Any]]], Iterator[Outcome]]:
    def work(_: int, rows: Iterator[dict[str, Any]]) -> Iterator[Outcome]:
        good: list[dict[str, Any]] = []
        failed: list[tuple[Any, str, str]] = []
        for row in rows:
            _parse_row(row["value"], parse, good, failed)
            if len(good) >= 5000:
                yield good, failed
                good, failed = [], []
        if good or failed:
            yield good, failed

    return work


def _parse_row(value: str, parse: Parser, good: list[dict[str, Any]], failed: list[tuple[Any, str, str]]) -> None:
    try:
        for record in parse(value):
            if isinstance(record, dict):
                good.append(record)
            else:
                failed.append(({"value": json.dumps(record)}, f"{type(record).__name__} is no record", ""))
    except ValueError as error:
        failed.append(({"value": value[:10000]}, f"Unable to parse: {error}", ""))


def _inferred(text: DataFrame, parse: Parser) -> tuple[T.StructType, bool]:
    """Schema of all records, and whether every row could be parsed to one record (blank rows aside)."""

    def run(arrow: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        merged: T.DataType = T.NullType()
        last, sound = None, True
        for batch in arrow:
            for value in batch.column(0).to_pylist():
                good: list[dict[str, Any]] = []
                failed: list[tuple[Any, str, str]] = []
                _parse_row(value, parse, good, failed)
                sound &= not failed and (len(good) == 1 or not value.strip())
                for record in good:
                    kind = type_of(record)
                    if kind != last:
                        merged, last = merge(merged, kind), kind
        yield pa.RecordBatch.from_pydict({"types": [merged.json()], "sound": [sound]})

    rows = text.mapInArrow(run, "types string, sound boolean").collect()
    return schema_of_types(row["types"] for row in rows), all(row["sound"] for row in rows)


def _values(text: str) -> Iterator[Any]:
    """Values one after the other, arrays taken apart."""
    decoder = json.JSONDecoder()
    position, end = 0, len(text)
    while True:
        while position < end and text[position] in " \t\r\n,\ufeff":
            position += 1
        if position >= end:
            return
        value, position = decoder.raw_decode(text, position)
        yield from value if isinstance(value, list) else [value]


def _is_line_by_line(request: FileRequest) -> bool:
    for row in request.spark.read.text(request.paths[:1]).limit(20).collect():
        if row["value"].strip():
            try:
                json.loads(row["value"])
            except ValueError:
                return "}" in row["value"] and "{" in row["value"]  # one bad line among good ones, not a value over many lines
            return True
    return True


def json_path(text: str) -> list[str | int | None]:
    """Steps of a JsonPath: names, positions, and None for `[*]`.

    >>> json_path("$.records[*].id"), json_path("$['a b'][0]")
    (['records', None, 'id'], ['a b', 0])
    """
    steps: list[str | int | None] = []
    rest = text.strip().removeprefix("$")
    while rest:
        match = re.match(r"\.(\w[\w-]*|\*)|\[(\*|\d+)\]|\[['\"]([^'\"]+)['\"]\]", rest)
        if match is None:
            raise BadOptionError(
                "json format", f"jsonPath {text!r} is not understood at {rest!r}", ["$.name", "$[*]", "$.a.b[*].c", "$['a b']"]
            )
        found = match[1] or match[2] or match[3]
        steps.append(None if found == "*" else int(found) if found.isdigit() else found)
        rest = rest[match.end() :]
    return steps


def _selected(values: Iterator[Any], steps: list[str | int | None]) -> Iterator[Any]:
    if not steps:
        yield from values
        return
    step, below = steps[0], steps[1:]
    for value in values:
        inner: list[Any] = []
        if step is None:
            inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
        elif isinstance(step, int):
            inner = value[step : step + 1] if isinstance(value, list) else []
        elif isinstance(value, dict) and step in value:
            inner = [value[step]]
        yield from _selected(iter(_opened(inner) if not below else inner), below)


def _opened(values: list[Any]) -> list[Any]:
    return [item for value in values for item in (value if isinstance(value, list) else [value])]
