"""Parquet and ORC files for COPY, as pieces of PostgreSQL's binary format (guide, "COPY from columnar data formats").

Columns go by their position; what the file has too few of is null with FILLRECORD. A file is read in batches, an ORC file by its stripes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc

from localaws.redshift.copy import binary
from localaws.redshift.copy.command import CopyCommand
from localaws.redshift.copy.fit import check_schema, fitted
from localaws.redshift.copy.objects import SourceObject
from localaws.redshift.copy.target import TargetColumn
from localaws.redshift.exceptions import LoadError

__all__ = ["columnar_pieces"]

_BATCH_ROWS = 32_768
_Opened = tuple[pa.Schema, Iterator[pa.RecordBatch]]
_BROKEN = (pa.ArrowException, OSError)


def columnar_pieces(command: CopyCommand, objects: list[SourceObject], targets: list[TargetColumn], loaded: list[int]) -> Iterator[bytes]:
    """The rows of all files; `loaded` is given the number of records of each.

    Raises:
        LoadError: a file cannot be read, or does not fit the table.
    """
    yield binary.HEADER
    for source in objects:
        try:
            schema, batches = _FORMATS[command.format](source)
        except _BROKEN as error:
            name = command.format.title() if command.format == "PARQUET" else command.format
            raise LoadError(command.name, f"The file is not {name} or is cut off: {error}", file=source.uri) from error
        check_schema(command, source.uri, schema, targets)
        first = 1
        for batch in _read(command, source, batches):
            yield from binary.encode([_column(command, source, first, batch, place, target) for place, target in enumerate(targets)])
            first += batch.num_rows
        loaded.append(first - 1)
    yield binary.TRAILER


def _column(command: CopyCommand, source: SourceObject, first: int, batch: pa.RecordBatch, place: int, target: TargetColumn) -> pa.Array:
    is_there = place < batch.num_columns  # it may be missing with FILLRECORD only
    array = batch.column(place) if is_there else pa.nulls(batch.num_rows, pa.string())
    if not is_there and not target.required:
        return array
    return fitted(command, source.uri, first, array, target)


def _read(command: CopyCommand, source: SourceObject, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except _BROKEN as error:
        raise LoadError(command.name, f"The file cannot be read: {error}", file=source.uri) from error


def _parquet(source: SourceObject) -> _Opened:
    file = pq.ParquetFile(source.path, coerce_int96_timestamp_unit="us")

    def batches() -> Iterator[pa.RecordBatch]:
        with file:
            yield from file.iter_batches(batch_size=_BATCH_ROWS)

    return file.schema_arrow, batches()


def _orc(source: SourceObject) -> _Opened:
    file = orc.ORCFile(source.path)

    def batches() -> Iterator[pa.RecordBatch]:
        for number in range(file.nstripes):
            stripe = file.read_stripe(number)
            for start in range(0, stripe.num_rows, _BATCH_ROWS):
                yield stripe.slice(start, _BATCH_ROWS)

    return file.schema, batches()


_FORMATS: Mapping[str, Callable[[SourceObject], _Opened]] = {"PARQUET": _parquet, "ORC": _orc}
