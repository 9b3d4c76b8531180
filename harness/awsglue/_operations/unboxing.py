"""Unbox: what a field holds parsed into a struct in its place ("Unbox class"). JSON without a schema shows its own, choices included;
so does a file of Avro in a field of bytes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue import gluetypes
from awsglue._core.api_types import to_spark
from awsglue._core.paths import Path, find
from awsglue._core.python_side import Outcome, ship
from awsglue._core.records import Records, Stage
from awsglue._core.tree import rewrite
from awsglue._operations.python_functions import evaluated
from awsglue.exceptions import BadOptionError

__all__ = ["schema_of_text", "unbox"]

ship(__name__)
_OPTIONS = ("separator", "escaper", "skipFirst", "withSchema", "withHeader", "quoteChar")


def unbox(records: Records, path: str, format: str, options: Mapping[str, Any], stage: Stage) -> Records:
    """The field's value parsed. One that is not of the format makes an error record.

    With `withSchema` JSON is parsed inside the JVM, and what does not fit is null. Raises BadOptionError for a path, format or option
    that there is not.
    """
    unknown = set(options) - set(_OPTIONS)
    if unknown:
        raise BadOptionError("unbox", f"no option {sorted(unknown)[0]!r}", _OPTIONS)
    if format not in ("json", "csv", "avro"):
        raise BadOptionError("unbox", f"format {format!r} is not known", ["json", "csv", "avro"])
    if format == "avro" and options:
        raise BadOptionError("unbox", f"option {min(options)!r} with format 'avro'", ["none: a file of Avro says its schema itself"])
    if format == "json" and options.get("withSchema"):
        schema = schema_of_text(options["withSchema"])
        return records.then(lambda frame: _replaced(frame, path, lambda column: F.from_json(column, schema)), stage)
    parse = {"json": json.loads, "avro": _avro}.get(format) or _csv_parser(options)

    schema_now = records.resolved.schema
    found = find(schema_now, path, "unbox", required=bool(schema_now.fields))
    if found is None:
        return replace(records, stages=(*records.stages, stage))
    steps: Path = found

    def each(_: int, given: Iterator[dict[str, Any]]) -> Iterator[Outcome]:
        good: list[dict[str, Any]] = []
        failed: list[tuple[Any, str, str]] = []
        for record in given:
            try:
                good.append(_with_parsed(record, steps, parse))
            except ValueError as error:
                failed.append((record, f"{'.'.join(steps)} is no {format}: {error}", ""))
        yield good, failed

    return evaluated(records, each, stage)


def _with_parsed(record: dict[str, Any], steps: Path, parse: Any) -> dict[str, Any]:
    step, below = steps[0], steps[1:]
    value = record.get(step)
    if value is None:
        return record
    return {**record, step: _with_parsed(value, below, parse) if below else parse(value)}


def _csv_parser(options: Mapping[str, Any]) -> Any:
    separator, quote = str(options.get("separator", ",")), str(options.get("quoteChar", '"'))
    escape = options.get("escaper") or None
    with_header, skip_first = _is_true(options.get("withHeader")), _is_true(options.get("skipFirst"))
    names = [field.name for field in schema_of_text(options["withSchema"]).fields] if options.get("withSchema") else None

    def parse(text: str) -> dict[str, Any] | list[dict[str, Any]]:
        lines = [line for line in csv.reader(io.StringIO(text), delimiter=separator, quotechar=quote, escapechar=escape) if line]
        header = lines.pop(0) if with_header and lines else names
        lines = lines[1:] if skip_first else lines
        found = [dict(zip(header or [f"col{index}" for index in range(len(line))], line, strict=False)) for line in lines]
        return found[0] if len(found) == 1 else found

    return parse


def _avro(value: Any) -> dict[str, Any] | list[dict[str, Any]]:
    """Records of a file of Avro, whose schema is in it. Raises ValueError for anything else."""
    import fastavro

    if not isinstance(value, bytes | bytearray):
        raise ValueError("it is text, and files of Avro are bytes")
    try:
        found = list(fastavro.reader(io.BytesIO(value)))
    except Exception as error:  # a broken file breaks the reader in many ways
        raise ValueError(str(error) or type(error).__name__) from error
    return found[0] if len(found) == 1 else found  # type: ignore[return-value]


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def schema_of_text(text: str) -> T.StructType:
    """Schema written as JSON, by Spark's StructType.json() or by the API's own types."""
    given = json.loads(text)
    schema = to_spark(gluetypes._deserialize_json_value(given)) if "dataType" in given else T.StructType.fromJson(given)
    assert isinstance(schema, T.StructType)
    return schema


def _replaced(frame: DataFrame, path: str, parse: Any) -> DataFrame:
    found = find(frame.schema, path, "unbox", required=bool(frame.schema.fields))

    def visit(here: Path, _: T.DataType, column: Column) -> list[tuple[str, Column]] | None:
        return [(here[-1], parse(column))] if here == found else None

    return rewrite(frame, visit)
