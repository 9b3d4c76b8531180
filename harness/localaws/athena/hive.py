"""Hive tables as DuckDB reads them: one expression over the files that partition pruning left, cast to the catalog's types."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from localaws.athena.catalog import File
from localaws.athena.exceptions import QueryFailure, not_supported
from localaws.athena.values import duck_type

__all__ = ["HiveSource", "chunk_bytes", "hive_source", "quoted", "string"]

_SERDES: Mapping[str, str] = {
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe": "parquet",
    "org.apache.hadoop.hive.serde2.OpenCSVSerde": "open_csv",
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe": "lazy",
    "org.openx.data.jsonserde.JsonSerDe": "json",
    "org.apache.hive.hcatalog.data.JsonSerDe": "json",
    "com.amazon.emr.hive.serde.S3SelectSerDe": "lazy",
}
_INTEGERS = ("tinyint", "smallint", "int", "integer", "bigint")
_FILE, _PLACE = "__file", "__place"
_LAZY_NULL, _NO_NULL = "\\N", "\x01\x02\x01"
_UPPER_KEY = re.compile(rb'"[^"\\]*[A-Z][^"\\]*"\s*:')


@dataclass(frozen=True)
class HiveSource:
    """SQL of the rows, and the bytes that reading them takes."""

    sql: str
    scanned: int


def hive_source(
    session: duckdb.DuckDBPyConnection, table: Mapping[str, Any], files: list[File], used: Sequence[str], name: str, work: Path
) -> HiveSource:
    """The rows of the files, with the catalog's columns and partition keys.

    Args:
        used: lower-case names of the columns that the query asks for.
        name: of this source; helper tables in the session begin with it.
        work: a folder for files that must be rewritten to be read.

    Raises:
        QueryFailure: the table's serializer is none that is read here.
    """
    descriptor = table["StorageDescriptor"]
    columns = {str(column["Name"]).lower(): str(column["Type"]) for column in descriptor.get("Columns", [])}
    keys = {str(key["Name"]).lower(): str(key["Type"]) for key in table.get("PartitionKeys", [])}
    library = (descriptor.get("SerdeInfo") or {}).get("SerializationLibrary", "")
    kind = _SERDES.get(library)
    if kind is None:
        raise not_supported(f"Reading {table['Name']}, whose serializer is {library or 'not given'},")
    if not files:
        nothing = ", ".join(f"CAST(NULL AS {duck_type(kind)}) AS {quoted(column)}" for column, kind in {**columns, **keys}.items())
        return HiveSource(f"SELECT {nothing} WHERE FALSE", 0)
    if kind == "parquet":
        stored = [column for column in used if column in columns]
        scanned = sum(chunk_bytes(file.path, stored) for file in files)
        source, chosen = _parquet(session, files, columns)
    else:
        scanned = sum(file.size for file in files)
        paths = [file.path for file in files]
        if kind == "json":
            paths = [_lower_keys(path, work / f"{name}-{number}.json") for number, path in enumerate(paths)]
            files[:] = [File(path, file.uri, file.size, file.values) for path, file in zip(paths, files, strict=True)]
            source, chosen = _json(paths, columns, descriptor)
        else:
            source, chosen = _csv(files, columns, table, kind, work / name)
    return HiveSource(_with_keys(session, source, chosen, keys, files, name), scanned)


def _with_keys(
    session: duckdb.DuckDBPyConnection, source: str, chosen: Sequence[str], keys: Mapping[str, str], files: Sequence[File], name: str
) -> str:
    if not keys:
        return f"SELECT {', '.join(chosen)} FROM {source} AS f"
    places = pa.table(
        {
            _PLACE: [str(file.path) for file in files],
            **{key: pa.array([file.values[at] for file in files], pa.string()) for at, key in enumerate(keys)},
        }
    )
    session.register(f"{name}_files", places)
    values = [f"CAST(p.{quoted(key)} AS {duck_type(kind)}) AS {quoted(key)}" for key, kind in keys.items()]
    return f"SELECT {', '.join([*chosen, *values])} FROM {source} AS f JOIN {name}_files AS p ON f.{_FILE} = p.{_PLACE}"


def _parquet(session: duckdb.DuckDBPyConnection, files: Sequence[File], columns: Mapping[str, str]) -> tuple[str, list[str]]:
    source = f"read_parquet({_list(files)}, union_by_name=true, filename='{_FILE}', hive_partitioning=false)"
    there = {row[0].lower(): row[0] for row in session.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    chosen = [
        f"CAST(f.{quoted(there[name])} AS {duck_type(kind)}) AS {quoted(name)}"
        if name in there
        else f"CAST(NULL AS {duck_type(kind)}) AS {quoted(name)}"
        for name, kind in columns.items()
    ]
    return source, chosen


def _json(paths: Sequence[Path], columns: Mapping[str, str], descriptor: Mapping[str, Any]) -> tuple[str, list[str]]:
    serde = (descriptor.get("SerdeInfo") or {}).get("Parameters", {})
    if any(name.startswith("mapping.") for name in serde):
        raise not_supported("A JSON table whose serializer renames members (mapping.…)")
    ignore = str(serde.get("ignore.malformed.json", "false")).lower()
    spec = ", ".join(f"{string(name)}: {string(duck_type(kind))}" for name, kind in columns.items())
    listed = "[" + ", ".join(string(str(path)) for path in paths) + "]"
    source = (
        f"read_json({listed}, format='newline_delimited', columns={{{spec}}}, filename='{_FILE}', hive_partitioning=false, "
        f"ignore_errors={ignore}, maximum_object_size=134217728)"
    )
    return source, [f"f.{quoted(name)}" for name in columns]


def _csv(files: list[File], columns: Mapping[str, str], table: Mapping[str, Any], kind: str, rewritten: Path) -> tuple[str, list[str]]:
    serde = (table["StorageDescriptor"].get("SerdeInfo") or {}).get("Parameters", {})
    parameters = table.get("Parameters", {})
    header = int(parameters.get("skip.header.line.count") or serde.get("skip.header.line.count") or 0)
    if kind == "open_csv":
        delimiter, quote = serde.get("separatorChar", ","), serde.get("quoteChar", '"')
        for at, file in enumerate(files):
            path = _doubled_quotes(
                file.path, rewritten.with_name(f"{rewritten.name}-{at}.csv"), delimiter, quote, serde.get("escapeChar", "\\")
            )
            files[at] = File(path, file.uri, file.size, file.values)
        escape = quote
    else:
        delimiter, quote, escape = (
            serde.get("field.delim") or serde.get("serialization.format") or "\x01",
            "",
            serde.get("escape.delim", ""),
        )
        delimiter = "\x01" if delimiter == "1" and "field.delim" not in serde else delimiter
    delimiter = {"\\t": "\t", "\\001": "\x01", "\\u0001": "\x01"}.get(delimiter, delimiter)
    nested = [name for name, column in columns.items() if "<" in column]
    if nested:
        raise not_supported(f"Reading nested columns from delimited text ({', '.join(nested)} of {table['Name']})")
    spec = ", ".join(f"{string(name)}: 'VARCHAR'" for name in columns)
    source = (
        f"read_csv({_list(files)}, auto_detect=false, header=false, skip={header}, delim={string(delimiter)}, quote={string(quote)}, "
        f"escape={string(escape)}, columns={{{spec}}}, null_padding=true, strict_mode=false, parallel=false, filename='{_FILE}', "
        f"hive_partitioning=false, nullstr={string(_NO_NULL if kind == 'open_csv' else _LAZY_NULL)})"
    )
    cast = _open_cast if kind == "open_csv" else _lazy_cast
    return source, [cast(name, column) for name, column in columns.items()]


def _lazy_cast(name: str, kind: str) -> str:
    """LazySimpleSerDe: `\\N` is null, which the reader knows, and so is what is not of the column's type."""
    value = f"f.{quoted(name)}"
    if kind in ("string", "varchar") or kind.startswith(("varchar(", "char(")):
        return f"{value} AS {quoted(name)}"
    if kind in _INTEGERS:
        value = f"CASE WHEN regexp_full_match({value}, '[+-]?[0-9]+') THEN {value} END"
    if kind == "boolean":
        return f"CASE lower({value}) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END AS {quoted(name)}"
    return f"TRY_CAST({value} AS {duck_type(kind)}) AS {quoted(name)}"


def _open_cast(name: str, kind: str) -> str:
    """OpenCSVSerde: what is not of the column's type fails the query ("Open CSV SerDe", Athena User Guide)."""
    if kind in ("string", "varchar") or kind.startswith(("varchar(", "char(")):
        return f"f.{quoted(name)}"
    if kind == "date":  # days since 1970 there
        return f"DATE '1970-01-01' + CAST(f.{quoted(name)} AS INTEGER) AS {quoted(name)}"
    if kind == "timestamp":  # milliseconds since 1970 there
        return f"epoch_ms(CAST(f.{quoted(name)} AS BIGINT)) AS {quoted(name)}"
    return f"CAST(f.{quoted(name)} AS {duck_type(kind)}) AS {quoted(name)}"


def _doubled_quotes(path: Path, rewritten: Path, delimiter: str, quote: str, escape: str) -> Path:
    """The file itself, or a copy without its escape character: the serializer knows doubled quotes beside it, DuckDB one of both."""
    import csv

    is_gzip = path.suffix == ".gz"
    with gzip.open(path) if is_gzip else open(path, "rb") as file:
        if escape == quote or not any(escape.encode() in line for line in file):
            return path
    rewritten.parent.mkdir(parents=True, exist_ok=True)
    with (
        gzip.open(path, "rt", encoding="utf-8", newline="") if is_gzip else open(path, encoding="utf-8", newline="") as source,
        open(rewritten, "w", encoding="utf-8", newline="") as target,
    ):
        rows = csv.reader(source, delimiter=delimiter, quotechar=quote, escapechar=escape, doublequote=True)
        csv.writer(target, delimiter=delimiter, quotechar=quote, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return rewritten


def _lower_keys(path: Path, rewritten: Path) -> Path:
    """The file itself, or a copy with all members' names in lower case: the serializers do not tell cases apart, DuckDB does."""
    is_gzip = path.suffix == ".gz"
    with gzip.open(path) if is_gzip else open(path, "rb") as file:
        if not any(_UPPER_KEY.search(line) for line in file):
            return path
    rewritten.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "rt", encoding="utf-8") if is_gzip else open(path, encoding="utf-8") as source, open(rewritten, "w") as target:
        for line in source:
            try:
                target.write(json.dumps(_lowered(json.loads(line))) + "\n" if line.strip() else "\n")
            except ValueError:
                target.write(line)  # the reader says what is wrong with it
    return rewritten


def _lowered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.lower(): _lowered(member) for name, member in value.items()}
    return [_lowered(item) for item in value] if isinstance(value, list) else value


def _list(files: Sequence[File]) -> str:
    for file in files:
        if any(sign in str(file.path) for sign in "*?[{"):
            raise QueryFailure("NOT_SUPPORTED", f"{file.uri}: objects whose key holds *, ?, [ or {{ cannot be read by the local Athena.")
    return "[" + ", ".join(string(str(file.path)) for file in files) + "]"


def chunk_bytes(path: Path, columns: Iterable[str]) -> int:
    """Bytes that reading the columns takes from a Parquet file: their chunks, compressed."""
    wanted = {name.lower() for name in columns}
    metadata = pq.read_metadata(path)
    return sum(
        chunk.total_compressed_size
        for group in (metadata.row_group(number) for number in range(metadata.num_row_groups))
        for chunk in (group.column(number) for number in range(metadata.num_columns))
        if chunk.path_in_schema.split(".", 1)[0].lower() in wanted
    )


def string(text: str) -> str:
    """A literal of DuckDB."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A name of DuckDB."""
    return '"' + name.replace('"', '""') + '"'
