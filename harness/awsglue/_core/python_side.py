"""Functions of the user over records: they run in Python workers on Arrow batches, and what comes out has a schema of its own.

Whatever a function returns is pickled batch by batch beside the types that the batch shows, and kept: the function runs once for each
record although the schema is needed before the frame. Error records travel beside the good ones. A filter keeps the schema, so it needs
none of that.
"""

from __future__ import annotations

import json
import pickle
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
from pyspark import TaskContext, cloudpickle
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.model import merge
from awsglue._core.values import decoder, encode_all, type_of_all

__all__ = ["ERROR", "Batch", "Failure", "Outcome", "batches_of", "filtered", "frames_of", "schema_of_types", "ship"]


def ship(module: str) -> None:
    """Functions of the module are sent to workers by value, so that workers need not import it."""
    cloudpickle.register_pickle_by_value(sys.modules[module])


for _module in ("awsglue._core.model", "awsglue._core.values", __name__):
    ship(_module)

Failure = tuple[Any, str, str]
"""(record, message, stack trace) of a record that failed."""
Outcome = tuple[list[dict[str, Any]], list[Failure]]
Batch = Callable[[int, Iterator[dict[str, Any]]], Iterator[Outcome]]
"""(partition, records) -> good and failed ones, in batches."""

ERROR = "@error"
_KEPT = "records binary, failures binary, types string, failed_types string"


def batches_of(frame: DataFrame, work: Batch) -> DataFrame:
    """Frame of pickled batches of what `work` gives for the frame's records, with the types that each shows. Not evaluated."""
    schema = frame.schema

    def run(arrow: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        context = TaskContext.get()
        partition = context.partitionId() if context is not None else 0
        for good, failed in work(partition, _records(arrow, schema)):
            kinds = type_of_all(good, schema).json()
            failed_kinds = type_of_all([record for record, _, _ in failed], schema).json()
            row = [pickle.dumps(good), pickle.dumps(failed), kinds, failed_kinds]
            yield pa.RecordBatch.from_arrays([pa.array([value]) for value in row], ["records", "failures", "types", "failed_types"])

    return frame.mapInArrow(run, _KEPT)


def frames_of(batches: DataFrame, hint: T.StructType | None = None) -> tuple[DataFrame, DataFrame]:
    """The good records and the failed ones of pickled batches, as frames. Evaluates the batches: their types are needed."""
    rows = batches.select("types", "failed_types").distinct().collect()
    good = schema_of_types(row["types"] for row in rows)
    failed = schema_of_types(row["failed_types"] for row in rows)
    if not good.fields and hint is not None:
        good = hint
    return _decoded(batches, good), _decoded_failures(batches, failed)


def filtered(frame: DataFrame, keep: Callable[[dict[str, Any]], bool]) -> DataFrame:
    """The records that `keep` wants, with a column ERROR: null, or the message and stack of what `keep` raised (such records stay)."""
    schema = frame.schema

    def run(arrow: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        decode = decoder(schema)
        for batch in arrow:
            kept, said = [], []
            for record in _rows(batch):
                wanted, message = _asked(keep, decode(record) if decode else record)
                kept.append(wanted)
                if wanted:
                    said.append(message)
            yield _with_column(batch.filter(pa.array(kept, pa.bool_())), said)

    with_error = T.StructType([*schema.fields, T.StructField(ERROR, T.StringType())])
    return frame.mapInArrow(run, with_error)


def _asked(keep: Callable[[dict[str, Any]], bool], record: dict[str, Any]) -> tuple[bool, str | None]:
    try:
        return bool(keep(record)), None
    except (KeyError, ValueError, TypeError):
        return False, None
    except Exception as error:  # noqa: BLE001 the API makes an error record of it
        return True, json.dumps([str(error), traceback.format_exc()])


def _with_column(batch: pa.RecordBatch, said: list[str | None]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([*batch.columns, pa.array(said, pa.string())], names=[*batch.schema.names, ERROR])


def _records(arrow: Iterable[pa.RecordBatch], schema: T.StructType) -> Iterator[dict[str, Any]]:
    decode = decoder(schema)
    for batch in arrow:
        rows = _rows(batch)
        yield from map(decode, rows) if decode else rows


def _rows(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """What `to_pylist` gives, column by column: it makes an object of Arrow's for each value."""
    names = batch.schema.names
    return [dict(zip(names, row, strict=True)) for row in zip(*map(_values, batch.columns), strict=True)] if names else batch.to_pylist()


def _values(column: pa.Array) -> list[Any]:
    kind = column.type
    is_number = (pa.types.is_integer(kind) or pa.types.is_floating(kind)) and not column.null_count
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return list(column.to_numpy(zero_copy_only=False).tolist() if is_number or is_text else column.to_pylist())


def schema_of_types(texts: Iterable[str]) -> T.StructType:
    """The schema that types written as JSON make together."""
    merged: T.DataType = T.NullType()
    for text in sorted(set(texts)):
        merged = merge(merged, _parsed(text))
    return merged if isinstance(merged, T.StructType) else T.StructType([])


def _parsed(text: str) -> T.DataType:
    value = json.loads(text)
    return T.StructType.fromJson(value) if isinstance(value, dict) else T.NullType()


def _decoded(batches: DataFrame, schema: T.StructType) -> DataFrame:
    def run(arrow: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in arrow:
            for pickled in batch.column(batch.schema.get_field_index("records")).to_pylist():
                yield _arrow(pickle.loads(pickled), schema)

    return batches.mapInArrow(run, schema)


def _decoded_failures(batches: DataFrame, record: T.StructType) -> DataFrame:
    inner = [T.StructField("msg", T.StringType()), T.StructField("stackTrace", T.StringType()), T.StructField("dynamicRecord", record)]
    schema = T.StructType([T.StructField("error", T.StructType(inner))])

    def run(arrow: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in arrow:
            for pickled in batch.column(batch.schema.get_field_index("failures")).to_pylist():
                rows = [{"msg": said, "stackTrace": stack, "dynamicRecord": value} for value, said, stack in pickle.loads(pickled)]
                yield _arrow([{"error": row} for row in rows], schema)

    return batches.where(F.col("failed_types") != '"void"').mapInArrow(run, schema)


def _arrow(rows: list[Any], schema: T.StructType) -> pa.RecordBatch:
    from pyspark.sql.pandas.types import to_arrow_schema

    fields = to_arrow_schema(schema)
    given = [row if isinstance(row, Mapping) else {} for row in rows]
    columns = [[row.get(field.name) for row in given] for field in schema.fields]
    arrays = [
        pa.array(encode_all(column, one.dataType), kind.type) for column, one, kind in zip(columns, schema.fields, fields, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=fields)
