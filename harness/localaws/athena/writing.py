"""What CREATE TABLE AS, INSERT and UNLOAD write: DuckDB makes the files below a work folder, and they are put into S3 from there."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
from sqlglot import exp

from localaws.athena.catalog import storage_of
from localaws.athena.exceptions import QueryFailure, not_supported
from localaws.athena.hive import quoted, string
from localaws.athena.values import athena_type, catalog_type

__all__ = ["FORMATS", "Options", "Written", "described", "hive_columns", "options_of", "write_files"]

_HIVE = "org.apache.hadoop.hive"
_TEXT = ("org.apache.hadoop.mapred.TextInputFormat", f"{_HIVE}.ql.io.HiveIgnoreKeyTextOutputFormat")
FORMATS: Mapping[str, tuple[str, str, str]] = {
    "PARQUET": (
        f"{_HIVE}.ql.io.parquet.MapredParquetInputFormat",
        f"{_HIVE}.ql.io.parquet.MapredParquetOutputFormat",
        f"{_HIVE}.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "TEXTFILE": (*_TEXT, f"{_HIVE}.serde2.lazy.LazySimpleSerDe"),
    "JSON": (*_TEXT, "org.openx.data.jsonserde.JsonSerDe"),
}
"""Input format, output format and serializer of what can be written."""
_COMPRESSIONS = {"PARQUET": ("GZIP", "SNAPPY", "ZSTD", "UNCOMPRESSED", "NONE"), "TEXTFILE": ("GZIP", "NONE"), "JSON": ("GZIP", "NONE")}


@dataclass(frozen=True)
class Written:
    """One file: where it is in S3, and the values of its partition."""

    uri: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Options:
    """Properties of WITH (…)."""

    format: str = "PARQUET"
    compression: str = "GZIP"
    delimiter: str = "\x01"
    location: str = ""
    partitioned_by: tuple[str, ...] = ()


def options_of(properties: Sequence[exp.Expr], allowed: Sequence[str]) -> Options:
    """The properties as they are meant.

    Raises:
        QueryFailure: one is unknown, or asks for what is not written here.
    """
    found = {_property_name(each): _property_value(each) for each in properties}
    unknown = set(found) - set(allowed)
    if unknown:
        raise not_supported(f"The property {', '.join(sorted(unknown))}")
    kind = str(found.get("format", "PARQUET")).upper()
    if kind not in FORMATS:
        raise not_supported(f"Writing the format {kind}")
    compression = str(found.get("write_compression") or found.get("compression") or "GZIP").upper()
    if compression not in _COMPRESSIONS[kind]:
        raise not_supported(f"The compression {compression} of {kind}")
    columns = found.get("partitioned_by", ())
    return Options(
        kind, compression, str(found.get("field_delimiter", "\x01")), str(found.get("external_location", "")),
        tuple(str(column).lower() for column in (columns if isinstance(columns, list) else [columns] if columns else [])),
    )  # fmt: skip


def described(session: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[str, str]]:
    """Names and DuckDB's types of a query's columns."""
    return [(str(row[0]), str(row[1])) for row in session.execute(f"DESCRIBE {sql}").fetchall()]


def write_files(
    session: duckdb.DuckDBPyConnection, sql: str, location: str, options: Options, work: Path, s3: Any, order: Sequence[str] = ()
) -> tuple[list[Written], int]:
    """The rows of `sql` as files below `location`. Returns them and the number of rows.

    Args:
        order: names for the columns in the order in which they come; the query's own without.
    """
    columns = described(session, sql)
    names = list(order) or [name.lower() for name, _ in columns]
    if len(set(names)) != len(names):
        raise QueryFailure("DUPLICATE_COLUMN_NAME", f"Column names are not unique: {', '.join(names)}")
    work.mkdir(parents=True, exist_ok=True)
    numbered = [f"c{at}" for at in range(len(columns))]
    chosen = [
        f"CAST(q.c{at} AS BIGINT) AS {quoted(name)}" if athena_type(kind) == "bigint" else f"q.c{at} AS {quoted(name)}"
        for at, (name, (_, kind)) in enumerate(zip(names, columns, strict=True))
    ]
    query = f"SELECT {', '.join(chosen)} FROM ({sql}) AS q({', '.join(numbered)})"
    target = work / "written"
    count = session.execute(
        f"COPY ({query}) TO {string(str(target if options.partitioned_by else _one_file(target)))} ({_copy(options)})"
    ).fetchall()[0][0]
    stamp = datetime.now(UTC).strftime("%Y%m%d_%H%M%S")
    suffix = ".gz" if options.format != "PARQUET" and options.compression == "GZIP" else ""
    bucket, prefix = storage_of(location.rstrip("/") + "/")
    written: list[Written] = []
    for path in sorted(each for each in target.rglob("*") if each.is_file()):
        folders = path.relative_to(target).parts[:-1]
        values = tuple(unquote(folder.split("=", 1)[1]) for folder in folders)
        key = f"{prefix}{''.join(folder + '/' for folder in folders)}{stamp}_{len(written):05}_{uuid.uuid4()}{suffix}"
        with open(path, "rb") as body:
            s3.put_object(Bucket=bucket, Key=key, Body=body)
        written.append(Written(f"s3://{bucket}/{key}", values))
    return written, int(count)


def hive_columns(columns: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Columns of the catalog for a query's columns."""
    return [{"Name": name.lower(), "Type": catalog_type(kind)} for name, kind in columns]


def _one_file(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "data"


def _copy(options: Options) -> str:
    by = [f"PARTITION_BY ({', '.join(quoted(name) for name in options.partitioned_by)})"] if options.partitioned_by else []
    if options.format == "PARQUET":
        compression = "UNCOMPRESSED" if options.compression == "NONE" else options.compression
        return ", ".join(["FORMAT PARQUET", f"COMPRESSION {compression}", *by])
    packed = f"COMPRESSION {'gzip' if options.compression == 'GZIP' else 'none'}"
    if options.format == "JSON":
        return ", ".join(["FORMAT JSON", packed, *by])
    return ", ".join(
        ["FORMAT CSV", "HEADER false", f"DELIMITER {string(options.delimiter)}", "QUOTE ''", "ESCAPE ''", "NULLSTR '\\N'", packed, *by]
    )


def _property_name(each: exp.Expr) -> str:
    known = {
        exp.FileFormatProperty: "format", exp.PartitionedByProperty: "partitioned_by", exp.ExternalProperty: "external",
        exp.LocationProperty: "external_location",
    }  # fmt: skip
    for kind, name in known.items():
        if isinstance(each, kind):
            return name
    return each.name.lower() if isinstance(each, exp.Property) else each.key


def _property_value(each: exp.Expr) -> Any:
    value = each.args.get("value") or each.this
    if isinstance(value, exp.Array | exp.Schema | exp.Tuple):
        return [item.name for item in value.expressions]
    return value.name if isinstance(value, exp.Expr) else value
