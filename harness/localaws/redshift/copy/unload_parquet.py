"""UNLOAD to Parquet, with the columns' types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from localaws.redshift.copy.unload_command import UnloadCommand
from localaws.redshift.copy.unload_files import Column, UnloadFiles

__all__ = ["write_parquet"]

_BATCH_ROWS = 32_768
_ARROW = {16: pa.bool_(), 20: pa.int64(), 21: pa.int16(), 23: pa.int32(), 700: pa.float32(), 701: pa.float64(), 1082: pa.date32()}
_NUMERIC, _TIMESTAMP, _TIMESTAMPTZ = 1700, 1114, 1184


def write_parquet(command: UnloadCommand, files: UnloadFiles, columns: list[Column], records: Iterator[tuple[Any, ...]]) -> int:
    """The number of rows written: in row groups of ROWGROUPSIZE where that is given, in a new file when one is full."""
    schema = pa.schema([(name, _arrow_type(kind, modifier)) for name, kind, modifier in columns])
    total, groups = 0, _row_groups(command, schema, records)
    group = next(groups, None)
    while True:
        with closing(pa.OSFile(str(files.next_path()), "wb")) as sink, pq.ParquetWriter(sink, schema, compression="snappy") as writer:
            while group is not None:
                writer.write_table(group, row_group_size=max(1, group.num_rows))
                files.counts[-1] += group.num_rows
                total += group.num_rows
                group = next(groups, None)
                if group is not None and sink.tell() + group.nbytes > command.max_file_size:
                    break
        if group is None:
            return total


def _row_groups(command: UnloadCommand, schema: pa.Schema, records: Iterator[tuple[Any, ...]]) -> Iterator[pa.Table]:
    """The rows as tables; ROWGROUPSIZE is of what they are in memory."""
    waiting: list[pa.Table] = []
    while rows := list(islice(records, _BATCH_ROWS)):
        values = zip(*rows, strict=True)
        waiting.append(pa.table([_array(cells, wanted.type) for cells, wanted in zip(values, schema, strict=True)], schema=schema))
        if sum(table.nbytes for table in waiting) >= command.row_group_size:
            yield pa.concat_tables(waiting).combine_chunks()
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


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
