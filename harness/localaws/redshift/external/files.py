"""Files of an external table as PostgreSQL's CSV: Parquet, ORC, AVRO, delimited text, CSV, JSON lines, and Iceberg tables.

Source: Redshift guide, "Data files for queries in Amazon Redshift Spectrum".
"""

from __future__ import annotations

import base64
import csv
import datetime as dt
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from pyarrow import orc

from localaws.redshift.copy.avro_records import avro_values
from localaws.redshift.copy.json_records import compact
from localaws.redshift.exceptions import NotSupportedHereError, RedshiftError
from localaws.redshift.external.catalog import ICEBERG, Definition

__all__ = ["column_type", "data_location", "read_file", "reader_of"]

_PLAIN = {
    **{kind: kind for kind in ("smallint", "bigint", "boolean", "date", "timestamp")},
    "tinyint": "smallint",
    "int": "integer",
    "integer": "integer",
    "float": "real",
    "double": "double precision",
    "string": "varchar(65535)",
    "binary": "bytea",
}
_LENGTH = re.compile(r"(varchar|char|decimal)\((\d+)(?:,\s*(\d+))?\)")
_OUT = pacsv.WriteOptions(include_header=False, quoting_style="all_valid")
_ROWS = 32_768
_Reader = Callable[[Definition, Path, Mapping[str, str | None]], Iterator[bytes]]


def column_type(name: str, kind: str) -> str:
    """PostgreSQL's type for a Hive type.

    Raises:
        NotSupportedHereError: there is none.
    """
    match = _LENGTH.fullmatch(kind)
    if match:
        return f"numeric({match[2]},{match[3] or 0})" if match[1] == "decimal" else f"{match[1]}({match[2]})"
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind == "decimal":
        return "numeric(10,0)"
    if kind.startswith(("struct<", "array<", "map<")):
        return "jsonb"
    raise NotSupportedHereError(f"The type {kind} of the external column {name}")


def reader_of(definition: Definition) -> _Reader:
    """How files of this table are read, by its SerDe.

    Raises:
        NotSupportedHereError: nothing reads them here.
    """
    name = definition.serde.rpartition(".")[2].lower()
    if name not in _READERS:
        what = f"An external table of the SerDe {definition.serde or '(none)'}"
        raise NotSupportedHereError(what, "Parquet, ORC, AVRO, CSV, JSON and Iceberg are.")
    return _READERS[name]


def read_file(definition: Definition, path: Path, uri: str, partition: Mapping[str, str | None]) -> Iterator[bytes]:
    """The file's rows in the order of the columns, then the partition's values.

    Raises:
        RedshiftError: it cannot be read as what the table says.
    """
    try:
        yield from reader_of(definition)(definition, path, partition)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, OSError, EOFError, ValueError, UnicodeDecodeError) as error:
        raise RedshiftError(f"Spectrum Scan Error: file {uri} of table {definition.name} cannot be read: {error}") from error


def _arrow(definition: Definition, batch: pa.RecordBatch, partition: Mapping[str, str | None]) -> bytes:
    """Columns by their names, whatever case; a column that the file has not is NULL."""
    places = {name.lower(): place for place, name in enumerate(batch.schema.names)}
    arrays = []
    for name, kind in definition.columns:
        arrays.append(_texts(batch.column(places[name]), kind) if name in places else pa.nulls(batch.num_rows, pa.string()))
    arrays += [pa.array([partition[key]] * batch.num_rows, pa.string()) for key, _ in definition.keys]
    sink = io.BytesIO()
    pacsv.write_csv(pa.record_batch(arrays, names=[str(place) for place in range(len(arrays))]), sink, _OUT)
    return sink.getvalue()


def _texts(array: pa.Array, kind: str) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_nested(array.type):
        return pa.array([None if value is None else json.dumps(value, default=_json) for value in array.to_pylist()], pa.string())
    if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
        if kind != "binary":
            return array.cast(pa.string())
        return pa.array([None if value is None else f"\\x{value.hex()}" for value in array.to_pylist()], pa.string())
    if pa.types.is_timestamp(array.type):
        return pc.strftime(array.cast(pa.timestamp("us", tz=array.type.tz), safe=False), format="%Y-%m-%d %H:%M:%S")
    return array.cast(pa.string())


def _json(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else str(value)


def _parquet(definition: Definition, path: Path, partition: Mapping[str, str | None]) -> Iterator[bytes]:
    with pq.ParquetFile(path, coerce_int96_timestamp_unit="us") as file:
        for batch in file.iter_batches(batch_size=_ROWS):
            yield _arrow(definition, batch, partition)


def _orc(definition: Definition, path: Path, partition: Mapping[str, str | None]) -> Iterator[bytes]:
    file = orc.ORCFile(path)
    for stripe in range(file.nstripes):
        yield _arrow(definition, file.read_stripe(stripe), partition)


def data_location(definition: Definition) -> str:
    """Where its files are; of an Iceberg table the one metadata file, which is a new one after each commit."""
    if definition.serde != ICEBERG:
        return definition.location
    metadata = definition.options.get("metadata_location", "")
    if not metadata:
        raise RedshiftError(f"Spectrum Scan Error: the Iceberg table {definition.name} has no metadata_location in the catalog")
    return re.sub("^s3[an]://", "s3://", metadata)


def _iceberg(definition: Definition, path: Path, partition: Mapping[str, str | None]) -> Iterator[bytes]:
    from localaws.redshift.external.iceberg import iceberg_batches

    location = data_location(definition)
    storage = path.parents[location.removeprefix("s3://").count("/")]
    for batch in iceberg_batches(storage, location):
        for start in range(0, batch.num_rows, _ROWS):
            yield _arrow(definition, batch.slice(start, _ROWS), partition)


def _opened(path: Path) -> io.BufferedReader | gzip.GzipFile:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _lines(definition: Definition, path: Path, delimiter: str, quote: str) -> Iterator[list[str]]:
    skipped = int(definition.options.get("skip.header.line.count", "0"))
    with io.TextIOWrapper(_opened(path), "utf-8", newline="") as stream:
        for _ in range(skipped):
            stream.readline()
        if quote:
            yield from csv.reader(stream, delimiter=delimiter, quotechar=quote)
        else:
            yield from csv.reader(stream, delimiter=delimiter, quoting=csv.QUOTE_NONE)


def _text_rows(definition: Definition, rows: Iterator[list[str]], null: str | None, partition: Mapping[str, str | None]) -> Iterator[bytes]:
    """Fields by their places; those that are missing are NULL, as are empty ones of anything but text."""
    textual = [column_type(name, kind).startswith(("varchar", "char")) for name, kind in definition.columns]
    values = [partition[key] for key, _ in definition.keys]
    sink = io.StringIO()
    for row in rows:
        if not row:
            continue
        fields = [*row[: len(textual)], *([None] * (len(textual) - len(row)))]
        shown = [
            None if field is None or field == null or (field == "" and not text) else field
            for field, text in zip(fields, textual, strict=True)
        ]
        sink.write(_line([*shown, *values]))
        if sink.tell() > 1 << 20:
            yield sink.getvalue().encode()
            sink = io.StringIO()
    yield sink.getvalue().encode()


def _line(values: list[str | None]) -> str:
    return ",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in values) + "\n"


def _delimited(definition: Definition, path: Path, partition: Mapping[str, str | None]) -> Iterator[bytes]:
    options = definition.options
    delimiter = options.get("field.delim") or options.get("serialization.format") or options.get("delimiter") or "\x01"
    delimiter = "\x01" if delimiter == "1" else delimiter
    # An empty line is a row whose first field is empty.
    rows = (row or [""] for row in _lines(definition, path, delimiter, ""))
    yield from _text_rows(definition, rows, options.get("serialization.null.format", "\\N"), partition)


def _csv(definition: Definition, path: Path, partition: Mapping[str, str | None]) -> Iterator[bytes]:
    options = definition.options
    rows = _lines(definition, path, options.get("separatorChar", ","), options.get("quoteChar", '"'))
    yield from _text_rows(definition, rows, None, partition)


def _json_lines(definition: Definition, path: Path, partition: Mapping[str, str | None]) -> Iterator[bytes]:
    values = [partition[key] for key, _ in definition.keys]
    with io.TextIOWrapper(_opened(path), "utf-8") as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            record = json.loads(line, parse_float=str)
            if not isinstance(record, dict):
                raise ValueError(f"line {number} is no JSON object")
            lower = {name.lower(): value for name, value in record.items()}
            yield _line([*(_field(lower.get(name)) for name, _ in definition.columns), *values]).encode()


def _avro(definition: Definition, path: Path, partition: Mapping[str, str | None]) -> Iterator[bytes]:
    """Fields by their names, whatever case; one that the file has not is NULL."""
    values = [partition[key] for key, _ in definition.keys]
    with path.open("rb") as stream:
        for record in avro_values(stream):
            lower = {name.lower(): value for name, value in record.items()}
            yield _line([*(_avro_field(lower.get(name), kind) for name, kind in definition.columns), *values]).encode()


def _avro_field(value: Any, kind: str) -> str | None:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}" if kind == "binary" else value.decode()
    return value if value is None or isinstance(value, str) else compact(value)


def _field(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


_READERS: dict[str, _Reader] = {
    "parquethiveserde": _parquet,
    "orcserde": _orc,
    "avroserde": _avro,
    ICEBERG: _iceberg,
    "lazysimpleserde": _delimited,
    "opencsvserde": _csv,
    "jsonserde": _json_lines,
}
